"""The page *Quality and customer*: what customers and evaluators say, with the marts' numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.server_pages import chart, choose, open_dashboard, rows_of, wait_until_drawn
from tests.browser.superset_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.slow

SLUG = "quality-and-customer"
TALL = 3200
CARDS = {
    "Quality score": "quality_score",
    "Satisfaction": "csat",
    "Net promoter score": "nps",
    "First contact resolution": "fcr",
    "Complaints per 1,000": "complaint_rate",
    "Customers retained": "retention_rate",
    "Tickets reopened": "reopen_rate",
}


@pytest.fixture(scope="module")
def page(executive: BrowserContext, server: Server) -> Iterator[Page]:
    opened = open_dashboard(executive, server, SLUG, TALL)
    yield opened
    opened.close()


def month(page: Page) -> str:
    """The days of the month that the page shows, as a condition on `work_date`."""
    label = page.locator(".ml-scope").first.inner_text().split(", ")[1]
    return f"strftime(work_date, '%Y-%m') = '{label}'"


def shown(kpi: str, value: float | None) -> str:
    """A figure as people read it."""
    if value is None:
        return "–"
    written = {"nps": "{:.0f}", "complaint_rate": "{:.2f}"}
    return written[kpi].format(value) if kpi in written else f"{100 * value:.1f}%"


def of_company(server: Server, page: Page, kpi: str, what: str = "value") -> Any:  # noqa: ANN401
    label = page.locator(".ml-scope").first.inner_text().split(", ")[1]
    found = server.published(
        f"select {what} from marts.marts.kpi_results where subject_type = 'company' "
        f"and period_type = 'month' and period_label = '{label}' and kpi_code = '{kpi}'",
    )
    return found[0][0] if found else None


def test_leading_figures_are_those_of_the_marts(page: Page, server: Server) -> None:
    cards = page.locator(".ml-card")
    found = dict(
        zip(
            cards.locator(".ml-name").all_inner_texts(),
            cards.locator(".ml-value").all_inner_texts(),
            strict=True,
        )
    )
    assert found == {name: shown(kpi, of_company(server, page, kpi)) for name, kpi in CARDS.items()}
    assert sum(value != "–" for value in found.values()) >= 5


def test_rates_stand_with_their_range_and_their_cases(page: Page, server: Server) -> None:
    label = page.locator(".ml-scope").first.inner_text().split(", ")[1]
    for title, kpi in (
        ("First contact resolution, with its range", "fcr"),
        ("Satisfaction, with its range", "csat"),
    ):
        wanted = server.published(
            f"""
            select subject_label, value, lower_bound, upper_bound, numerator, denominator
            from marts.marts.kpi_results
            where period_type = 'month' and period_label = '{label}' and kpi_code = '{kpi}'
                and subject_type in ('company', 'site', 'vendor', 'team') and value is not null
            """,
        )
        found = {(row[0], row[1], row[3], row[4]) for row in rows_of(chart(page, title))}
        assert found == {
            (
                name,
                f"{100 * value:.1f}%",
                f"{100 * lower:.1f} – {100 * upper:.1f}%",
                f"{above:,.0f} of {below:,.0f}",
            )
            for name, value, lower, upper, above, below in wanted
        }


def test_reasons_add_up_to_first_contact_resolution(page: Page, server: Server) -> None:
    wanted = server.published(
        f"""
        with counted as (
            select *, outcome = 'answered' and is_final and not is_shared_number as counts
            from marts.marts.fct_contact_repeats
            where {month(page)}
        )
        select count(*), count(*) filter (where counts and is_repeated),
            count(*) filter (where counts)
        from counted group by reason
        """,
    )
    found = rows_of(chart(page, "Why customers call, and how often once is enough"))
    assert sorted((row[1], row[2]) for row in found) == sorted(
        (f"{contacts:,}", f"{repeated:,}") for contacts, repeated, _ in wanted
    )
    assert sum(counted for *_, counted in wanted) == of_company(server, page, "fcr", "denominator")


def test_complaints_and_misses_are_counted_as_in_the_marts(page: Page, server: Server) -> None:
    complaints = server.published(
        f"""
        select count(*), count(*) filter (where is_valid), count(*) filter (where is_valid is null),
            count(*) filter (where closed_at is null)
        from marts.marts.fct_complaints where {month(page)} and not is_excluded group by reason
        """,
    )
    found = [
        (row[1], row[2], row[4], row[5])
        for row in rows_of(chart(page, "Complaints by reason"))
        if row[1] != "0"
    ]
    assert sorted(found) == sorted(tuple(map(str, counts)) for counts in complaints)
    assert found, "the demo has complaints in every month"
    items = server.published(
        f"""
        select upper(item[1]) || item[2:], count(*), count(*) filter (where is_missed),
            count(*) filter (where is_missed and error_class <> 'none')
        from marts.marts.fct_quality_items
        join marts.marts.fct_quality_evaluations using (evaluation_id)
        where {month(page)} and is_applicable and invalid_reason is null
            and not is_calibration and not is_excluded
        group by item
        """,
    )
    missing = rows_of(chart(page, "What evaluations find missing"))
    assert {(row[0], row[1], row[2], row[3]) for row in missing} == {
        (item, *map(str, counts)) for item, *counts in items
    }


def test_answers_and_tickets_are_those_of_the_marts(page: Page, server: Server) -> None:
    [(answers, top)] = server.published(
        "select count(*), count(*) filter (where is_top_answer) from marts.marts.fct_surveys "
        f"where {month(page)} and question = 'csat' and is_valid and not is_excluded",
    )
    questions = {row[0]: row for row in rows_of(chart(page, "What customers answered"))}
    assert questions["Satisfied?"][1:3] == [f"{answers:,}", f"{100 * top / answers:.0f}%"]
    [(came,)] = server.published(
        f"select count(*) from marts.marts.fct_tickets where {month(page)} and not is_deleted",
    )
    [(solved, reopened)] = server.published(
        "select count(*), count(*) filter (where is_reopened) from marts.marts.fct_ticket_cycles "
        f"where {month(page)} and not is_deleted",
    )
    tickets = rows_of(chart(page, "Tickets by priority"))
    assert [sum(int(row[at].replace(",", "")) for row in tickets) for at in (1, 4, 6)] == [
        came,
        solved,
        reopened,
    ]


def test_choosing_a_team_moves_the_figures_to_it(executive: BrowserContext, server: Server) -> None:
    page = open_dashboard(executive, server, SLUG, TALL)
    days = month(page)
    [(team, evaluations)] = server.published(
        f"""
        select team, count(*)
        from marts.marts.fct_quality_evaluations as evaluation
        join marts.marts.dim_employee as person
            on person.employee_id = evaluation.employee_id and work_date >= valid_from
            and (work_date < valid_to or valid_to is null)
        where {days} and not is_calibration and not is_excluded
        group by team order by 2 desc limit 1
        """,
    )
    choose(page, SLUG, "team", team)
    page.wait_for_function(
        "team => document.querySelector('.ml-scope')?.innerText.startsWith(team)", arg=team
    )
    wait_until_drawn(page)
    greeting = next(
        row for row in rows_of(chart(page, "What evaluations find missing")) if row[0] == "Greeting"
    )
    assert greeting[1] == str(evaluations), "every evaluation has a greeting"
    page.close()
