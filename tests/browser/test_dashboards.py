"""What people see: every dashboard opens, whole, in words, with the marts' numbers."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.browser.superset_server import REPOSITORY, Server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.slow

DASHBOARDS = ("executive-scorecard", "operations")
CHART = "[data-test=dashboard-component-chart-holder]"
# A word with an underscore is a name that only the database should know.
RAW_NAME = re.compile(r"\b[a-z][a-z0-9]*_[a-z0-9_]+\b")
TALL = 3000


def open_dashboard(context: BrowserContext, server: Server, slug: str, height: int) -> Page:
    """Open a dashboard in a window that shows all of it and wait until it is drawn."""
    page = context.new_page()
    page.set_viewport_size({"width": 1440, "height": height})
    page.goto(f"{server.address}/superset/dashboard/{slug}/")
    page.wait_for_selector(CHART)
    wait_until_drawn(page)
    return page


def wait_until_drawn(page: Page) -> None:
    """Wait until no chart has been loading for a while."""
    loading = page.locator(f"{CHART} .loading, [data-test=loading-indicator], .ant-skeleton")
    quiet, deadline = 0, time.monotonic() + 60
    while quiet < 8:
        assert time.monotonic() < deadline, "the dashboard is still loading after a minute"
        quiet = 0 if loading.count() else quiet + 1
        page.wait_for_timeout(150)


def marts_value(server: Server, query: str) -> object:
    with duckdb.connect(str(server.home / "serving" / "marts.duckdb"), read_only=True) as marts:
        row = marts.execute(query).fetchone()
    assert row is not None
    return row[0]


def company_service_level(server: Server, subject: str = "subject_type = 'company'") -> str:
    value = marts_value(
        server,
        f"""
        select value from marts.marts.kpi_results
        where kpi_code = 'service_level' and period_type = 'month' and {subject}
        order by period_start desc limit 1
        """,
    )
    assert isinstance(value, float)
    return f"{100 * value:.1f}%"


def card(page: Page, name: str) -> str:
    return page.locator(".ml-card", has_text=name).locator(".ml-value").first.inner_text()


@pytest.mark.parametrize("slug", DASHBOARDS)
def test_dashboard_is_whole_and_in_words(
    executive: BrowserContext, server: Server, slug: str
) -> None:
    page = open_dashboard(executive, server, slug, TALL)
    charts = page.locator(CHART)
    assert charts.count() >= 7
    assert page.locator("[role=alert], .ant-alert-error").count() == 0
    for number in range(charts.count()):
        text = charts.nth(number).inner_text()
        title = text.splitlines()[0] if text else f"chart {number}"
        assert "No results were returned" not in text, f"{title} is empty"
        assert "error" not in text.lower(), f"{title}: {text}"
        drawn = charts.nth(number).locator("canvas, table, .ml-card, .ml-lead").count()
        assert drawn, f"{title} shows nothing"
    visible = page.locator("body").inner_text()
    assert not RAW_NAME.findall(visible)
    named = page.evaluate(
        "[...document.querySelectorAll('[title], [aria-label]')]"
        ".filter(e => e.closest('.dashboard-content, [data-test=dashboard-filters-panel]'))"
        ".map(e => e.getAttribute('title') || e.getAttribute('aria-label')).join('\\n')"
    )
    assert not RAW_NAME.findall(named)
    page.close()


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
    if os.environ.get("MERITLINE_SCREENSHOTS") == "1":
        page.mouse.move(0, 0)
        page.screenshot(path=REPOSITORY / "docs" / f"{slug}.png")
    page.close()


def test_service_level_on_the_screen_is_the_marts(
    executive: BrowserContext, server: Server
) -> None:
    page = open_dashboard(executive, server, "executive-scorecard", 900)
    assert card(page, "Service level") == company_service_level(server)
    page.close()


def test_choosing_a_site_moves_the_figures_to_it(executive: BrowserContext, server: Server) -> None:
    page = open_dashboard(executive, server, "executive-scorecard", 900)
    site = marts_value(
        server,
        "select min(site_label) from marts.marts.scorecards where subject_type = 'site'",
    )
    page.locator("#NATIVE_FILTER-executive-scorecard-site").click(force=True)
    page.locator(f".ant-select-item-option[title='{site}']").click()
    page.keyboard.press("Escape")
    page.locator("[data-test=filter-bar__apply-button]").click()
    page.wait_for_function(
        "site => document.querySelector('.ml-scope')?.innerText.startsWith(site)", arg=site
    )
    wait_until_drawn(page)
    of_site = company_service_level(server, f"subject_type = 'site' and site_label = '{site}'")
    assert card(page, "Service level") == of_site
    page.close()
