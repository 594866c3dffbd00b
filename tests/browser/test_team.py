"""What a supervisor sees: the own people and nobody else, with the marts' numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.browser.server_pages import (
    card,
    chart,
    log_in,
    one,
    open_dashboard,
    shown_rows,
)
from tests.browser.superset_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

TALL = 3600


@pytest.fixture(scope="module")
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = log_in(browser, server, "supervisor")
    yield open_dashboard(context, server, "team", TALL)
    context.close()


@pytest.fixture(scope="module")
def team(server: Server) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts, with `team`: the standings of the supervisor's people by period."""
    [(email,)] = server.metadata("select email from ab_user where username = 'supervisor'")
    with duckdb.connect() as marts:
        marts.execute(f"attach '{server.home}/serving/marts.duckdb' as marts (read_only)")
        marts.execute(
            """
            create table team as
            select k.*, p.person_label
            from marts.marts.scorecards as k
            inner join marts.marts.access as a on a.employee_id = k.subject_id
            inner join marts.marts.dim_person as p on p.employee_id = k.subject_id
            where a.email = $1 and k.subject_type = 'employee'
            """,
            [email.lower()],
        )
        yield marts


@pytest.fixture
def member(page: Page) -> str:
    """Whose score is shown in detail."""
    return shown(page)[0]


def shown(page: Page) -> tuple[str, str]:
    """The member and the period that the page shows."""
    name, period = page.locator(".ml-scope").first.inner_text().rsplit(", ", 1)
    return name, period


def test_cards_are_the_marts(page: Page, team: duckdb.DuckDBPyConnection) -> None:
    period = shown(page)[1]
    people, median, high, middle, low, unsure = one(
        team,
        """
        select count(*), median(score), count(*) filter (tier = 'high'),
            count(*) filter (tier = 'middle'), count(*) filter (tier = 'low'),
            count(*) filter (tier_probability < 0.7)
        from team where period_label = $1
        """,
        period,
    )
    overdue, waiting = one(
        team,
        """
        select count(*) filter (is_overdue), count(*) from marts.marts.fct_due_items
        where employee_id in (select subject_id from team where period_label = $1)
        """,
        period,
    )
    assert people > 1
    expected = {
        "People": people,
        "Median score": f"{median:.1f}",
        "High": high,
        "Middle": middle,
        "Low": low,
        "Near another tier": unsure,
        "Overdue": overdue,
    }
    assert {name: card(page, name).locator(".ml-value").inner_text() for name in expected} == {
        name: str(value) for name, value in expected.items()
    }
    assert card(page, "Overdue").locator(".ml-foot").inner_text() == f"{waiting} open in all"


def test_members_are_the_own_people(page: Page, team: duckdb.DuckDBPyConnection) -> None:
    standings = team.execute(
        """
        select person_label || ' ' || team, score, tier_probability from team
        where period_label = $1 order by 1
        """,
        [shown(page)[1]],
    ).fetchall()
    table = sorted(shown_rows(page, "Members by tier"))
    assert [row[0] for row in table] == [name for name, _, _ in standings]
    for row, (_, score, probability) in zip(table, standings, strict=True):
        if score is not None:
            assert row[1] == f"{score:.1f}"
        # "54% could be another tier"
        assert row[3].split()[0] == ("–" if probability is None else f"{100 * probability:.0f}%")


def test_parts_sum_to_the_score_of_the_member(
    page: Page, team: duckdb.DuckDBPyConnection, member: str
) -> None:
    *parts, total = shown_rows(page, "Score, part by part")
    (score,) = one(
        team,
        "select score from team where person_label = $1 and period_label = $2",
        member,
        shown(page)[1],
    )
    assert total[:2] == ["Score", f"{score:.1f}"]
    points = [float(row[4].split()[0]) for row in parts if row[4] != "–"]
    assert sum(points) == pytest.approx(score, abs=0.05 * (len(points) + 1))


def test_figures_of_the_member_say_what_they_rest_on(
    page: Page, team: duckdb.DuckDBPyConnection, member: str
) -> None:
    value, calls, lower, upper = one(
        team,
        """
        select k.value, k.denominator, k.lower_bound, k.upper_bound
        from marts.marts.kpi_results as k
        inner join team as t using (subject_type, subject_id, period_type, period_start)
        where t.person_label = $1 and t.period_label = $2 and k.kpi_code = 'transfer_rate'
        """,
        member,
        shown(page)[1],
    )
    table = shown_rows(page, "How far the figures can be relied upon")
    [row] = [row for row in table if row[0] == "Transfer rate"]
    assert row[1:3] == [f"{100 * value:.1f}%", f"{calls:,.0f}"]
    assert row[4] == f"{100 * lower:.1f}% – {100 * upper:.1f}%"
    assert card(page, "Transfer rate").locator(".ml-value").inner_text() == row[1]
    assert chart(page, "KPIs against target").locator(".ml-card").count() == len(table)


def test_next_coaching_is_where_most_can_be_gained(
    page: Page, team: duckdb.DuckDBPyConnection
) -> None:
    needs = team.execute(
        """
        select t.person_label, max(100 * p.effective_weight - p.points) as gain
        from (
            select subject_id, period_start, kpi_code, period_type,
                sum(effective_weight) as effective_weight, sum(points) as points
            from marts.marts.score_parts
            where subject_type = 'employee' and status = 'scored' group by all
        ) as p
        inner join team as t using (subject_id, period_type, period_start)
        where t.period_label = $1 group by 1 having gain > 1e-9 order by gain desc, 1
        """,
        [shown(page)[1]],
    ).fetchall()
    assert [(row[0], row[4]) for row in shown_rows(page, "What to coach next")] == [
        (name, f"+{gain:.1f}") for name, gain in needs
    ]
