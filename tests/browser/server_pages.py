"""Dashboards in a browser: opened, and drawn to the end."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
from playwright.sync_api import sync_playwright

from tests.browser.superset_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

WINDOW = {"width": 1440, "height": 900}
CHART = "[data-test=dashboard-component-chart-holder]"
LOADING = f"{CHART} .loading, [data-test=loading-indicator], .ant-skeleton"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, as the system has it."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise RuntimeError("No Chromium: run tests/browser/install_chromium.sh")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            yield browser
        finally:
            browser.close()


def log_in(browser: Browser, server: Server, user: str) -> BrowserContext:
    """A browser in which one of the demonstration's users has logged in."""
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    page.goto(f"{server.address}/login/")
    page.fill("input[name=username], #username", user)
    page.fill("input[type=password]", f"{user}-demo")
    page.click("button[type=submit], input[type=submit]")
    page.wait_for_url("**/superset/dashboard/**")
    page.close()
    return context


def open_dashboard(context: BrowserContext, server: Server, slug: str, height: int) -> Page:
    """Open a dashboard in a window that shows all of it and wait until it is drawn."""
    page = context.new_page()
    page.set_viewport_size({"width": 1440, "height": height})
    page.goto(f"{server.address}/superset/dashboard/{slug}/")
    page.wait_for_selector(f"{CHART} .ml-card", timeout=60_000)
    wait_until_drawn(page)
    return page


def wait_until_drawn(page: Page) -> None:
    """Wait until no chart has been loading for a while."""
    loading = page.locator(LOADING)
    quiet, deadline = 0, time.monotonic() + 60
    while quiet < 8:
        assert time.monotonic() < deadline, "the dashboard is still loading after a minute"
        quiet = 0 if loading.count() else quiet + 1
        page.wait_for_timeout(150)


def choose(page: Page, slug: str, name: str, value: str) -> None:
    """Set one of a dashboard's filters to a value."""
    page.locator(f"#NATIVE_FILTER-{slug}-{name}").click(force=True)
    page.locator(f".ant-select-item-option[title='{value}']").click()
    page.keyboard.press("Escape")
    page.locator("[data-test=filter-bar__apply-button]").click()


def chart(page: Page, title: str) -> Locator:
    """The chart of a title."""
    return page.locator(CHART, has=page.get_by_text(title, exact=True))


def rows_of(chart: Locator) -> list[list[str]]:
    """The cells of a chart's table, row by row, without the names of groups."""
    rows = chart.locator("tbody tr:not(.ml-group)")
    return [rows.nth(number).locator("td").all_inner_texts() for number in range(rows.count())]


def shown_rows(page: Page, title: str) -> list[list[str]]:
    """The table of a chart as people read it."""
    return [[" ".join(cell.split()) for cell in row] for row in rows_of(chart(page, title))]


def one(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> tuple[Any, ...]:
    """The one row that a query has."""
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def card(page: Page, name: str) -> Locator:
    """The card of a name."""
    title = page.locator(".ml-name", has_text=re.compile(f"^{re.escape(name)}$"))
    return page.locator(".ml-card", has=title)
