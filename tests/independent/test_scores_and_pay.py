"""A month's scores and pay equal an independent account of measures, settings and HR's records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import LAST_DAY, Centre
from tests.independent import pay, people, raw, scoring, workforce
from tests.independent.count import SEEDS
from tests.independent.scoring import Card, Part, Subject

pytestmark = pytest.mark.slow
MONTH = "2026-10-01"
# The last digit that floating point may differ in.
NEAR = 1e-9


@pytest.fixture(scope="module")
def marts(published: Centre) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts, read only."""
    path = published.home / "serving" / "marts.duckdb"
    with duckdb.connect(str(path), read_only=True) as opened:
        opened.execute("use marts.marts")
        yield opened


@pytest.fixture(scope="module")
def cards(published: Centre, marts: duckdb.DuckDBPyConnection) -> dict[Subject, Card]:
    """Every subject's score of the month."""
    settings = settings_of(SEEDS)
    staff = people_of(published.home / "inbox")
    days = scoring.days_of("month", MONTH, LAST_DAY)
    measures = measures_of(marts)
    subjects = {subject for subject, _ in measures} | {("employee", name) for name in staff.posts}
    found = {
        subject: scoring.card(settings, staff, measures, subject, days)
        for subject in sorted(subjects)
    }
    # What has no KPI's figures, such as the site of records without a site, has no card.
    named = set(
        marts.execute("select distinct subject_type, subject_id from scorecards").fetchall()
    )
    assert not [one for one in found.keys() - named if found[one].score is not None]
    return {subject: found[subject] for subject in found.keys() & named if found[subject].parts}


@pytest.fixture(scope="module")
def paid(
    published: Centre, marts: duckdb.DuckDBPyConnection, cards: dict[Subject, Card]
) -> dict[str, pay.Paid]:
    """What everybody with a plan is paid for the month."""
    inbox = published.home / "inbox"
    staff = people_of(inbox)
    zones = {
        row["site_id"]: raw.zone_named(row["time_zone"]) for row in raw.read_seed(SEEDS, "sites")
    }
    days = scoring.days_of("month", MONTH, LAST_DAY)
    kpis = {row["kpi_code"]: row for row in raw.read_seed(SEEDS, "kpis")}
    grades = rows(marts, "select subject_id, data_grade, subject_type from scorecards")
    month = pay.Month(
        days,
        staff,
        cards,
        {name: grade for name, (grade, kind) in grades.items() if kind == "employee"},
        month_values(measures_of(marts), kpis, days),
        kpis,
        *(raw.read_seed(SEEDS, name) for name in ("pay_plans", "tier_rules", "pay_holds")),
    )
    worked = pay.hours(
        workforce.Staff(inbox, zones, staff.posts, None), people.Shifts(inbox, zones), days
    )
    contracts: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for _, row in raw.read_csv(inbox, "hr_employees"):
        contracts[row["employee_id"] or ""].append(row)
    found = {
        employee: pay.pay(
            month, employee, pay.contract(versions, days[-1]), worked.get(employee, (0, 0))
        )
        for employee, versions in contracts.items()
    }
    with_plan = {employee: one for employee, one in found.items() if one is not None}
    pay.award(month, raw.read_seed(SEEDS, "awards"), with_plan)
    return with_plan


def month_values(
    measures: scoring.Measures, kpis: dict[str, dict[str, str]], days: list[str]
) -> dict[tuple[str, str], Fraction]:
    """(employee, KPI) → value of the month, of KPIs that are a quotient."""
    found: dict[tuple[str, str], Fraction] = {}
    until = scoring.following(days[-1])
    for subject in {subject for subject, _ in measures if subject[0] == "employee"}:
        for kpi, row in kpis.items():
            above, below = (
                scoring.total(measures.get((subject, row[side]), {}), days[0], until)
                for side in ("numerator", "denominator")
            )
            if below and row["aggregation"] == "ratio":
                found[subject[1], kpi] = scoring.FACTORS.get(row["unit"], 1) * above / below
    return found


def settings_of(seeds: Path) -> scoring.Settings:
    """What the organisation decides."""
    names = ("kpis", "kpi_targets", "kpi_weights", "kpi_suspensions", "ramp_curves")
    return scoring.Settings(*(raw.read_seed(seeds, name) for name in names))


def people_of(inbox: Path) -> scoring.People:
    """Whom HR knows, and where they stand."""
    known = workforce.employees(inbox, {}, None)
    left = {name: row["leave_date"] for name, row in known.items()}
    return scoring.People(
        people.posts(inbox, {name: day[:10] for name, day in left.items() if day}),
        {name: row["hire_date"] for name, row in known.items()},
        left,
    )


def measures_of(marts: duckdb.DuckDBPyConnection) -> scoring.Measures:
    """Everything measured, exactly as it is written down."""
    found: scoring.Measures = defaultdict(dict)
    for kind, name, measure, amount, day in marts.execute(
        "select subject_type, subject_id, measure, amount, work_date::varchar from fct_measures"
    ).fetchall():
        found[(kind, name), measure][day] = Fraction(repr(amount))
    return dict(found)


def near(expected: Fraction | None) -> object:
    """Equal but for the ninth digit."""
    return None if expected is None else pytest.approx(float(expected), rel=0, abs=NEAR)


def rows(marts: duckdb.DuckDBPyConnection, query: str) -> dict[Any, tuple[Any, ...]]:
    """The month's rows of subjects that have a scheme, by their first columns."""
    where = f"period_type = 'month' and period_start = date '{MONTH}'"
    found = marts.execute(f"{query} where {where}").fetchall()
    return {row[0]: row[1:] for row in found}


def test_there_is_something_to_compare(cards: dict[Subject, Card]) -> None:
    people_scored = [one for (kind, _), one in cards.items() if kind == "employee" and one.score]
    assert len(people_scored) >= 6
    assert any(not part.applies for card in cards.values() for part in card.parts)
    # Somebody changed role, team or ramp within the month.
    assert any(part.start != MONTH for card in cards.values() for part in card.parts)


def test_scorecards(marts: duckdb.DuckDBPyConnection, cards: dict[Subject, Card]) -> None:
    published = rows(
        marts, "select (subject_type, subject_id), score, weight_covered from scorecards"
    )
    expected = {subject: (near(card.score), near(card.covered)) for subject, card in cards.items()}
    assert {key: row for key, row in published.items() if key in expected} == expected
    # Whoever has no scheme has no score.
    assert not [key for key, row in published.items() if key not in expected and row[0] is not None]


def test_parts(marts: duckdb.DuckDBPyConnection, cards: dict[Subject, Card]) -> None:
    published = rows(
        marts,
        """
        select
            (subject_type, subject_id, kpi_code, part_start::varchar),
            part_end::varchar, coalesce(numerator, 0), coalesce(denominator, 0), value,
            attainment, nominal_weight, coalesce(effective_weight, 0), coalesce(points, 0),
            status = 'scored'
        from score_parts
        """,
    )
    expected = {
        (*subject, part.kpi, part.start): (
            part.end,
            near(part.numerator),
            near(part.denominator),
            near(part.value),
            near(part.attainment),
            near(part.nominal),
            near(card.effective(part)),
            near(points(card, part)),
            part.applies,
        )
        for subject, card in cards.items()
        for part in card.parts
    }
    assert published == expected


def test_kpi_results(marts: duckdb.DuckDBPyConnection, cards: dict[Subject, Card]) -> None:
    published = rows(
        marts,
        """
        select
            (subject_type, subject_id, kpi_code), weight, coalesce(effective_weight, 0),
            coalesce(contribution, 0), attainment
        from kpi_results
        """,
    )
    expected: dict[Any, tuple[Any, ...]] = {}
    for subject, card in cards.items():
        attainments = scoring.mean_attainments(card.parts)
        effective = scoring.by_kpi(card.parts, card.effective)
        contributions = scoring.by_kpi(card.parts, lambda part, card=card: points(card, part))
        for kpi, weight in scoring.by_kpi(card.parts, lambda part: part.nominal).items():
            # A KPI without a value has no row; its part says that it is missing.
            if (*subject, kpi) not in published:
                assert effective[kpi] == 0 and kpi not in attainments
                continue
            expected[*subject, kpi] = (
                near(weight),
                near(effective[kpi]),
                near(contributions[kpi]),
                near(attainments.get(kpi)),
            )
    assert {key: row for key, row in published.items() if key in expected} == expected


def points(card: Card, part: Part) -> Fraction:
    """What a part adds to the score; nothing when nobody is rated on a rest."""
    return Fraction(0) if card.score is None else card.effective(part) * (part.attainment or 0)


def test_pay_is_of_all_kinds(paid: dict[str, pay.Paid]) -> None:
    assert any(one.own for one in paid.values())
    assert any(one.team for one in paid.values())
    assert len({one.currency for one in paid.values()}) == 2


def test_compensation_inputs(published: Centre, paid: dict[str, pay.Paid]) -> None:
    with duckdb.connect(str(published.home / "serving" / "pay.duckdb"), read_only=True) as opened:
        found = opened.execute(
            f"""
            select
                employee_id, currency, base_pay, scheduled_seconds, unpaid_seconds, score,
                own_amount, team_amount, bonus_amount, award_amount, is_held, held_amount,
                total_amount
            from pay.marts.compensation_inputs
            where period_start = date '{MONTH}'
            """
        ).fetchall()
    expected = {
        employee: (
            one.currency,
            one.base_pay,
            one.scheduled,
            one.unpaid,
            one.score,
            one.own,
            one.team,
            one.bonus,
            one.awards,
            one.is_held,
            one.held,
            one.total,
        )
        for employee, one in paid.items()
    }
    # Decimals equal fractions only when they are the same number.
    assert {row[0]: tuple(map(exact, row[1:])) for row in found} == expected


def exact(value: object) -> object:
    """A decimal as a fraction."""
    return Fraction(value) if isinstance(value, Decimal) else value
