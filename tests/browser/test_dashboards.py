"""The executive's pages: leading figures on the first screen, and the marts' numbers."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from tests.browser.server_pages import (
    chart,
    choose,
    open_dashboard,
    shown_rows,
    wait_until_drawn,
)
from tests.browser.superset_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.slow

HEADLINE = {
    "Overall score": "score",
    "Service level": "service_level",
    "Abandonment": "abandonment_rate",
    "Handling time": "aht",
    "First contact resolution": "fcr",
    "Satisfaction": "csat",
    "Occupancy": "occupancy",
}
MATRIX = (
    *("score", "service_level", "abandonment_rate", "aht", "occupancy", "fcr", "csat"),
    "transfer_rate",
)
DASHBOARDS = ("executive-scorecard", "operations", "data-quality")
TALL = 3000


def written(unit: str, value: float | None) -> str:
    """A figure as people read it."""
    if value is None:
        return "–"
    minutes, seconds = divmod(round(value), 60)
    forms = {"ratio": f"{100 * value:.1f}%", "seconds": f"{minutes}:{seconds:02d}"}
    return forms.get(unit, f"{value:.1f}")


def shown_month(page: Page) -> date:
    """The month on which the scorecard opened."""
    name = page.locator(".ml-scope").first.inner_text().split(", ")[1]
    return datetime.strptime(name, "%B %Y").date()


def service_level(server: Server, month: date, subject: str = "subject_type = 'company'") -> str:
    [(value,)] = server.published(
        f"""
        select value from marts.marts.kpi_results
        where kpi_code = 'service_level' and period_type = 'month' and {subject}
            and period_start = '{month}'
        """,
    )
    assert isinstance(value, float)
    return f"{100 * value:.1f}%"


def card(page: Page, name: str) -> str:
    return page.locator(".ml-card", has_text=name).locator(".ml-value").first.inner_text()


@pytest.mark.parametrize("slug", DASHBOARDS)
def test_first_screen_shows_the_leading_figures(
    executive: BrowserContext, server: Server, slug: str
) -> None:
    page = open_dashboard(executive, server, slug, 900)
    cards = page.locator(".ml-card")
    assert cards.count() == 7
    for number in range(7):
        box = cards.nth(number).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 450
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1440
    page.close()


def test_every_unit_has_the_figures_of_the_marts(executive: BrowserContext, server: Server) -> None:
    page = open_dashboard(executive, server, "executive-scorecard", TALL)
    month = shown_month(page)
    results = server.published(
        f"""
        select subject_type, subject_label, kpi_code, unit, value from marts.marts.kpi_results
        where period_type = 'month' and period_start = '{month}'
            and subject_type in ('company', 'site', 'vendor', 'department', 'team')
        union all
        select subject_type, subject_label, 'score', 'score', score from marts.marts.scorecards
        where period_type = 'month' and period_start = '{month}'
            and subject_type in ('company', 'site', 'vendor', 'department', 'team')
        """,
    )
    figures = {(kind, unit, kpi): written(of, value) for kind, unit, kpi, of, value in results}
    company = {kpi: text for (kind, _, kpi), text in figures.items() if kind == "company"}
    for name, kpi in HEADLINE.items():
        assert card(page, name) == company[kpi], name

    units = {(kind, unit) for kind, unit, _ in figures if kind != "company"}
    rows = [
        [unit, *(figures.get((kind, unit, kpi), "–") for kpi in MATRIX)] for kind, unit in units
    ]
    # Of whom nothing is measured, such as a team of managers, nothing is shown.
    expected = sorted(row for row in rows if set(row[1:]) != {"–"})
    assert len(expected) >= 5
    table = shown_rows(page, "Side by side: sites, vendors, departments, teams")
    # The third cell is the change of the score.
    assert sorted(row[:2] + row[3:] for row in table) == expected
    page.close()


def test_queues_have_the_calls_that_the_marts_have_one_by_one(
    executive: BrowserContext, server: Server
) -> None:
    page = open_dashboard(executive, server, "operations", TALL)
    visits = server.published(
        """
        select site_label, queue_label, outcome, wait_seconds from marts.marts.fct_queue_visits
        where not is_excluded and is_queued and work_date > (
            select max(work_date) - 28 from marts.marts.fct_queue_intervals
        )
        """,
    )
    outcomes = Counter(outcome for _, _, outcome, _ in visits)
    waits = [wait for _, _, outcome, wait in visits if outcome == "answered"]
    assert card(page, "Offered") == f"{len(visits):,}"
    assert card(page, "Answered") == f"{outcomes['answered']:,}"
    assert card(page, "Abandoned") == f"{100 * outcomes['abandoned'] / len(visits):.1f}%"
    assert card(page, "Median wait") == written("seconds", statistics.median(waits))
    assert card(page, "Longest wait") == written("seconds", max(wait for *_, wait in visits))

    offered = Counter((site, queue) for site, queue, _, _ in visits)
    answered = Counter((site, queue) for site, queue, how, _ in visits if how == "answered")
    abandoned = Counter((site, queue) for site, queue, how, _ in visits if how == "abandoned")
    shown = {(row[0], row[1]): tuple(row[2:5]) for row in shown_rows(page, "Queues")}
    assert len(shown) >= 3
    assert shown == {
        queue: (f"{count:,}", f"{answered[queue]:,}", f"{100 * abandoned[queue] / count:.1f}%")
        for queue, count in offered.items()
    }
    page.close()


def test_choosing_a_site_moves_the_figures_to_it(executive: BrowserContext, server: Server) -> None:
    page = open_dashboard(executive, server, "executive-scorecard", 900)
    [(site,)] = server.published(
        "select min(site_label) from marts.marts.scorecards where subject_type = 'site'",
    )
    choose(page, "executive-scorecard", "site", str(site))
    page.wait_for_function(
        "site => document.querySelector('.ml-scope')?.innerText.startsWith(site)", arg=site
    )
    wait_until_drawn(page)
    subject = f"subject_type = 'site' and site_label = '{site}'"
    of_site = service_level(server, shown_month(page), subject)
    assert card(page, "Service level") == of_site
    page.close()


def test_parts_of_the_score_sum_to_it(executive: BrowserContext, server: Server) -> None:
    page = open_dashboard(executive, server, "executive-scorecard", TALL)
    [(score,)] = server.published(
        "select score from marts.marts.scorecards where subject_type = 'company' "
        f"and period_type = 'month' and period_start = '{shown_month(page)}'",
    )
    assert isinstance(score, float)
    parts = chart(page, "What makes up the score")
    assert parts.locator(".ml-total").inner_text().split() == ["Score", f"{score:.1f}"]
    points = [text.split(" of ")[0] for text in parts.locator("td.ml-strong").all_inner_texts()]
    scored = [float(number) for number in points if number != "–"]
    assert sum(scored) == pytest.approx(score, abs=0.05 * (len(scored) + 1))
    [(objectives,)] = server.published(
        "select count(*) from marts.marts.objective_results where subject_type <> 'employee' "
        f"and period_type = 'month' and period_start = '{shown_month(page)}'",
    )
    assert chart(page, "Objectives").locator("tbody tr").count() == objectives
    page.close()
