"""The executive's pages: leading figures on the first screen, and the marts' numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.browser.server_pages import chart, choose, open_dashboard, wait_until_drawn
from tests.browser.superset_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.slow

DASHBOARDS = ("executive-scorecard", "operations", "data-quality")
TALL = 3000


def marts_value(server: Server, query: str) -> object:
    with duckdb.connect(str(server.home / "serving" / "marts.duckdb"), read_only=True) as marts:
        row = marts.execute(query).fetchone()
    assert row is not None
    return row[0]


def shown_month(page: Page) -> date:
    """The month on which the scorecard opened."""
    name = page.locator(".ml-scope").first.inner_text().split(", ")[1]
    return datetime.strptime(name, "%B %Y").date()


def service_level(server: Server, month: date, subject: str = "subject_type = 'company'") -> str:
    value = marts_value(
        server,
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


def test_service_level_on_the_screen_is_the_marts(
    executive: BrowserContext, server: Server
) -> None:
    page = open_dashboard(executive, server, "executive-scorecard", 900)
    assert card(page, "Service level") == service_level(server, shown_month(page))
    page.close()


def test_choosing_a_site_moves_the_figures_to_it(executive: BrowserContext, server: Server) -> None:
    page = open_dashboard(executive, server, "executive-scorecard", 900)
    site = marts_value(
        server,
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
    score = marts_value(
        server,
        "select score from marts.marts.scorecards where subject_type = 'company' "
        f"and period_type = 'month' and period_start = '{shown_month(page)}'",
    )
    assert isinstance(score, float)
    parts = chart(page, "What makes up the score")
    assert parts.locator(".ml-total").inner_text().split() == ["Score", f"{score:.1f}"]
    points = [text.split(" of ")[0] for text in parts.locator("td.ml-strong").all_inner_texts()]
    scored = [float(number) for number in points if number != "–"]
    assert sum(scored) == pytest.approx(score, abs=0.05 * (len(scored) + 1))
    objectives = marts_value(
        server,
        "select count(*) from marts.marts.objective_results where subject_type <> 'employee' "
        f"and period_type = 'month' and period_start = '{shown_month(page)}'",
    )
    assert chart(page, "Objectives").locator("tbody tr").count() == objectives
    page.close()
