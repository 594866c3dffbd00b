"""The page *Compensation*: what a month pays and what still waits, with the figures of pay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from dagster_project.lib.publishing import swap_link
from tests.browser.server_pages import chart, choose, log_in, open_dashboard, rows_of
from tests.browser.superset_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.slow

SLUG = "compensation"
TALL = 3000


@pytest.fixture(scope="module")
def hr(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    context = log_in(browser, server, "hr")
    yield context
    context.close()


@pytest.fixture(scope="module")
def page(hr: BrowserContext, server: Server) -> Iterator[Page]:
    opened = open_dashboard(hr, server, SLUG, TALL)
    yield opened
    opened.close()


def pay(server: Server, query: str) -> list[tuple[Any, ...]]:
    return server.published(query, database="pay")


def month(page: Page) -> str:
    """The month that the page shows, as a condition."""
    label = chart(page, "Statement of the chosen person").locator(".ml-scope").inner_text()
    return f"period_label = '{label.split(', ')[1]}'"


def card(page: Page, name: str) -> str:
    return page.locator(".ml-card", has_text=name).locator(".ml-value").first.inner_text()


def test_month_opens_with_its_people_and_what_it_costs(page: Page, server: Server) -> None:
    [(people, held, earning, score)] = pay(
        server,
        "select count(*), count(*) filter (where is_held), "
        "count(*) filter (where bonus_amount > 0), median(score) "
        f"from compensation_inputs where {month(page)}",
    )
    assert card(page, "People") == str(people)
    assert card(page, "Held") == str(held)
    assert card(page, "Earn a bonus") == str(earning)
    assert card(page, "Median score") == ("–" if score is None else f"{score:.1f}")
    wanted = pay(
        server,
        f"""
        select currency, count(*), sum(base_pay), sum(bonus_amount), sum(award_amount),
            sum(held_amount), sum(adjustment_amount), sum(total_amount)
        from compensation_inputs where {month(page)} group by currency
        """,
    )
    budget = rows_of(chart(page, "Budget by currency"))
    assert sorted([*row[:4], *row[5:]] for row in budget) == sorted(
        [currency, str(people), *(f"{amount:,.2f}" for amount in amounts)]
        for currency, people, *amounts in wanted
    )


def test_inputs_name_everybody_with_what_they_get(page: Page, server: Server) -> None:
    table = chart(page, "Inputs of the month, by person")
    found = [[cell.strip() for cell in row] for row in rows_of(table)]
    people = pay(
        server,
        "select full_name, base_pay, bonus_amount, total_amount from compensation_inputs "
        f"where {month(page)} order by full_name",
    )
    wanted = {name: [f"{amount:,.2f}" for amount in amounts] for name, *amounts in people}
    assert len(found) == min(15, len(people))
    for row in found:
        assert [row[4], row[9], row[13]] == wanted[row[0]]


def test_statement_is_the_persons_line_by_line(hr: BrowserContext, server: Server) -> None:
    page = open_dashboard(hr, server, SLUG, TALL)
    [(person, name, currency)] = pay(
        server,
        f"""
        with first_names as (
            from compensation_inputs where {month(page)} order by full_name limit 5
        )
        select employee_id, full_name, currency from first_names
        order by bonus_amount desc, full_name limit 1
        """,
    )
    choose(page, SLUG, "person", name)
    statement = chart(page, "Statement of the chosen person")
    statement.get_by_text(f"{name}, ").wait_for()
    wanted = pay(
        server,
        f"""
        select amount from statements
        where employee_id = '{person}' and strftime(period_start, '%Y-%m') = '{month(page)[-8:-1]}'
        order by line_number
        """,
    )
    amounts = [row[2] for row in rows_of(statement)]
    assert amounts == ["" if a is None else f"{a:,.2f} {currency}" for (a,) in wanted]
    page.close()


def test_what_waits_and_what_was_won_is_listed(page: Page, server: Server) -> None:
    holds = pay(
        server,
        f"select full_name, held_amount, currency from compensation_inputs where {month(page)} "
        "and is_held",
    )
    shown = chart(page, "Held back, and why")
    assert sorted((row[0], row[2]) for row in rows_of(shown)) == sorted(
        (name, f"{amount:,.2f} {currency}") for name, amount, currency in holds
    )
    assert holds or "Nobody's pay is held." in shown.inner_text()
    [(start,)] = pay(
        server, f"select min(period_start) from compensation_inputs where {month(page)}"
    )
    won = pay(
        server,
        "select employee_label, amount, currency from award_results "
        f"where is_winner and period_start = '{start}'",
    )
    # Other charts have a column of that name.
    awards = chart(page, "Awards").last
    # A name is followed by a note where a place is shared.
    found = sorted((row[2].removesuffix("Shared place").strip(), row[3]) for row in rows_of(awards))
    assert found == sorted((name, f"{amount:,.2f} {currency}") for name, amount, currency in won)


def test_every_month_says_how_far_it_is(page: Page, server: Server) -> None:
    months = pay(
        server,
        """
        select period_label, count(*), bool_and(is_final), bool_and(is_closed)
        from compensation_inputs group by period_label order by period_label desc
        """,
    )
    states = {(True, True): "● Closed", (True, False): "○ Over, not closed"}
    assert [row[:3] for row in rows_of(chart(page, "State of closing"))] == [
        [label, states.get((final, closed), "◐ Running: a projection"), str(people)]
        for label, people, final, closed in months
    ]


@pytest.fixture
def asked(server: Server) -> Iterator[None]:
    """Serve an answer to a question about other settings."""
    link = server.home / "serving" / "whatif.duckdb"
    before = os.readlink(link)
    answer = link.parent / "whatif" / "answer.duckdb"
    shutil.copy(link.resolve(), answer)
    with duckdb.connect(str(answer)) as whatif:
        whatif.execute(
            """
            insert into marts.whatif_settings values ('r', 'AHT weighs 0.30 instead of 0.20.');
            insert into marts.whatif_budget values
                ('as set', '2026-10', 'EUR', 40, 7, 1000, 1234.5, 234.5, '2026-10-01');
            insert into marts.whatif_scores by name
            select 'as set' as scenario, 'employee' as subject_type, 'E1' as subject_id,
                'quarter' as period_type, '2026 Q3' as period_label, 'Anna' as subject_label,
                'middle' as tier, 'high' as whatif_tier, 99.04 as score, 103.5 as whatif_score,
                true as is_moved;
            """
        )
    swap_link(link, "whatif/answer.duckdb")
    yield
    swap_link(link, before)
    answer.unlink()


def test_other_settings_stand_beside_when_somebody_asked(
    page: Page, hr: BrowserContext, server: Server, request: pytest.FixtureRequest
) -> None:
    assert "Nobody has asked" in chart(page, "What other settings would cost").inner_text()
    request.getfixturevalue("asked")
    answered = open_dashboard(hr, server, SLUG, TALL)
    cost = chart(answered, "What other settings would cost")
    assert "AHT weighs 0.30 instead of 0.20." in cost.inner_text()
    assert rows_of(cost)[0][3:] == ["7 of 40", "1,000.00", "1,234.50", "+234.50"]
    assert rows_of(chart(answered, "Who would move to another tier"))[0][4:] == [
        *("Middle", "High", "99.0", "103.5")
    ]
    answered.close()
