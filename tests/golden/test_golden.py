"""The line scores and pays every case as it was worked out by hand, and what holds for all of them.

One file, because one run of the line serves all of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from tests.golden.arithmetic import claim
from tests.golden.case import Expected, cases, expectations, number
from tests.golden.conftest import Built
from tests.golden.crowd import MONTH, VERSIONS, accounted, generated, score_again, versions
from tests.independent.scoring import days_of
from tests.line import AS_OF

pytestmark = pytest.mark.slow

CASES = cases()
EXPECTED = list(expectations(CASES))
NOT_RATED = "not rated"
SUBJECT = "subject_type = ? and subject_id = ? and period_type = ? and period_start = ?"
# What a sum of doubles may differ in.
NEAR = 1e-9
# How pay is called in `compensation_inputs`.
AMOUNTS = {
    "bonus": "bonus_amount",
    "own": "own_amount",
    "team": "team_amount",
    "awards": "award_amount",
    "total": "total_amount",
    "parts": "part_count",
}


def near(expected: float) -> object:
    """What differs in the ninth digit after the point only."""
    return pytest.approx(expected, rel=0, abs=NEAR)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert all(case["says"] and list(expectations([case])) for case in CASES)


@pytest.mark.parametrize("expected", EXPECTED, ids=str)
def test_case(golden: Built, expected: Expected) -> None:
    assert list(differences(golden, expected)) == []


def differences(golden: Built, expected: Expected) -> Iterator[str]:
    """What came out otherwise, in words."""
    for word, (wanted, found) in compared(golden, expected):
        if found != wanted:
            yield f"{word}: expected {wanted}, found {found}"


def compared(golden: Built, expected: Expected) -> Iterator[tuple[str, tuple[object, object]]]:
    """Everything that the case expects of the subject and period, beside what was published."""
    what = expected.what
    subject = (
        expected.subject_type,
        expected.subject_id,
        expected.period_type,
        expected.period_start,
    )
    (card,) = golden.rows(f"from marts.marts.scorecards where {SUBJECT}", *subject)
    if what.get("score") == NOT_RATED:
        yield "score", (None, card["score"])
    elif "score" in what:
        yield "score", (near(number(what["score"])), card["score"])
    for word in ("tier", "rank"):
        if word in what:
            yield word, (what[word], card[word])
    if "covered" in what:
        yield "covered", (near(number(what["covered"])), card["weight_covered"])
    results = {
        row["kpi_code"]: row
        for row in golden.rows(f"from marts.marts.kpi_results where {SUBJECT}", *subject)
    }
    for word, column in (("weights", "effective_weight"), ("attainments", "attainment")):
        for kpi, text in what.get(word, {}).items():
            yield f"{kpi}, {word}", (near(number(text)), results[kpi][column])
    for kpi, parts in what.get("parts", {}).items():
        found = golden.rows(
            f"from marts.marts.score_parts where {SUBJECT} and kpi_code = ? order by part_start",
            *subject,
            kpi,
        )
        yield (
            f"{kpi}, parts",
            (
                [(day, near(number(text))) for day, text in parts.items()],
                [(row["part_start"], row["points"] or 0) for row in found],
            ),
        )
    if "pay" in what:
        yield from paid(golden, expected)


def paid(golden: Built, expected: Expected) -> Iterator[tuple[str, tuple[object, object]]]:
    """What the case expects in the pay of the month."""
    (pay,) = golden.rows(
        "from pay.marts.compensation_inputs where employee_id = ? and period_start = ?",
        expected.subject_id,
        expected.period_start,
    )
    for word, wanted in expected.what["pay"].items():
        if word in AMOUNTS:
            # Amounts are decimals: to the last digit.
            claimed = claim(wanted)
            amount = Decimal(claimed.numerator) / Decimal(claimed.denominator)
            yield word, (amount, pay[AMOUNTS[word]])
        elif word == "eligible":
            yield word, (near(number(wanted)), pay["eligible_ratio"])
        elif word == "held":
            yield word, (bool(wanted), pay["is_held"])
            reason = str(pay["hold_reason"] or "")
            yield "reason", (wanted or "", wanted if wanted and wanted in reason else reason)
        else:
            yield word, (wanted, pay[word])


@pytest.fixture(scope="module")
def workshop(golden: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A copy of the built home in which scores can be made anew from other figures."""
    home = tmp_path_factory.mktemp("workshop") / "home"
    shutil.copytree(golden.home / "build", home / "build")
    return Built(home, golden.seeds)


def test_generated_people(workshop: Built) -> None:
    """Many people in one build, each in three versions: as it was, once more, and better."""
    figures = versions(generated(80))
    with score_again(workshop, figures) as marts:
        _parts_sum_to_scores(marts)
        found = dict(
            marts.execute(
                """
                select subject_id, score from scorecards
                where team = 'crowd' and period_type = 'month' and period_start = ?
                """,
                [MONTH],
            ).fetchall()
        )
    # Enough of them are rated to say something.
    assert sum(score is not None for score in found.values()) > len(figures) / 4
    told_apart = {name: figures[name] for name in figures if not name.endswith(".again")}
    expected = accounted(workshop.seeds, told_apart, days_of("month", str(MONTH), AS_OF))
    for name, score in expected.items():
        wanted = None if score is None else near(float(score))
        assert found.get(name) == wanted, (figures[name], found.get(name), wanted)
    for name, (person, _) in figures.items():
        nth, _, version = name.partition(".")
        if version == "once":
            once, again, better = (found.get(f"{nth}.{other}") for other in VERSIONS)
            assert once == again, (person, "the order of rows decides")
            # Below the line nothing changed, so neither does what is missing.
            assert (better is None) == (once is None), person
            assert once is None or better >= once - NEAR, (person, once, better)


def test_parts_sum_to_scores(golden: Built) -> None:
    with duckdb.connect(str(golden.home / "serving" / "marts.duckdb"), read_only=True) as marts:
        marts.execute("use marts.marts")
        _parts_sum_to_scores(marts)


def _parts_sum_to_scores(marts: duckdb.DuckDBPyConnection) -> None:
    """Points sum to the score and weights to 1, for every subject and period."""
    keys = "subject_type, subject_id, period_type, period_start"
    ((rated,),) = marts.execute(
        "select count(*) from scorecards where score is not null"
    ).fetchall()
    assert rated > 50
    wrong = marts.execute(
        f"""
        with sums as (
            select {keys}, sum(points) as points, sum(effective_weight) as weights,
                sum(nominal_weight) as nominal
            from score_parts
            group by all
        )
        select {keys}, score, points, weights, nominal
        from scorecards
        left join sums using ({keys})
        where (score is not null or points is not null)
            and not coalesce(
                abs(points - score) < {NEAR} and abs(weights - 1) < {NEAR}
                and abs(nominal - 1) < {NEAR}, false
            )
        """
    ).fetchall()
    assert wrong == []


def test_contributions_sum_to_scores(golden: Built) -> None:
    wrong = golden.rows(
        f"""
        with sums as (
            select subject_type, subject_id, period_type, period_start,
                sum(contribution) as contribution
            from marts.marts.kpi_results
            group by all
        )
        from marts.marts.scorecards
        inner join sums using (subject_type, subject_id, period_type, period_start)
        select subject_id, period_type, period_start, score, contribution
        where score is not null and not coalesce(abs(score - contribution) < {NEAR}, false)
        """
    )
    assert wrong == []


def test_people_sum_to_teams_and_company(golden: Built) -> None:
    """Each day's figures of people are those of the teams and the company they were in."""
    wrong = golden.rows(
        """
        with placed as (
            select measures.*, people.team, people.department
            from marts.marts.fct_measures as measures
            left join marts.marts.dim_employee as people
                on measures.subject_id = people.employee_id
                and measures.work_date >= people.valid_from
                and measures.work_date < coalesce(people.valid_to, date '9999-12-31')
            where measures.subject_type = 'employee'
        ),
        added as (
            select 'team' as subject_type, team as subject_id, work_date, measure,
                sum(amount::decimal(28, 9)) as amount
            from placed where team is not null group by all
            union all
            select 'department', department, work_date, measure, sum(amount::decimal(28, 9))
            from placed where department is not null group by all
            union all
            select 'company', 'company', work_date, measure, sum(amount::decimal(28, 9))
            from placed group by all
        ),
        told as (
            select subject_type, subject_id, work_date, measure, amount::decimal(28, 9) as amount
            from marts.marts.fct_measures
            where subject_type in ('team', 'department')
                -- What belongs to queues is told of the company and of nobody's desk.
                or (
                    subject_type = 'company'
                    and measure in (select measure from placed)
                )
        )
        (from added except from told) union all (from told except from added)
        """
    )
    assert wrong == []


def test_parts_of_people_sum_to_their_team(golden: Built) -> None:
    """Whoever moved within the month brought each team what was done in it."""
    wrong = golden.rows(
        """
        with people as (
            select team, sum(numerator) as numerator, sum(denominator) as denominator
            from marts.marts.score_parts
            where subject_type = 'employee' and measured_on = 'employee' and kpi_code = 'gain'
                and period_type = 'month' and period_start = date '2026-09-01'
            group by team
        )
        select people.*, teams.numerator, teams.denominator
        from people
        inner join marts.marts.score_parts as teams
            on people.team = teams.subject_id and teams.subject_type = 'team'
            and teams.kpi_code = 'gain' and teams.period_type = 'month'
            and teams.period_start = date '2026-09-01'
        where split_part(people.team, '.', 1) in ('team_move', 'team_sum', 'role_change')
            and (people.numerator, people.denominator) <> (teams.numerator, teams.denominator)
        """
    )
    assert wrong == []


def test_pay_is_the_sum_of_the_statements(golden: Built) -> None:
    """Person by person, and per currency over all; decimals, so to the last digit."""
    wrong = golden.rows(
        """
        with lines as (
            select employee_id, period_start, currency,
                sum(case when kind <> 'total' then amount end) as amount,
                sum(case when kind = 'total' then amount end) as total
            from pay.marts.statements
            group by all
        )
        select * from pay.marts.compensation_inputs as inputs
        full join lines using (employee_id, period_start)
        where (inputs.total_amount, inputs.total_amount, inputs.currency)
            is distinct from (lines.amount, lines.total, lines.currency)
        """
    )
    assert wrong == []
    totals = golden.rows(
        """
        select currency, sum(total_amount) as total,
            sum(own_amount + team_amount + award_amount - held_amount + adjustment_amount) as sum
        from pay.marts.compensation_inputs
        group by currency
        """
    )
    assert {row["currency"] for row in totals} == {"EUR", "PHP", "JPY"}
    assert all(row["total"] == row["sum"] for row in totals)
