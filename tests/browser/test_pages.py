"""Each page of each role, in both languages and at two widths: whole, in words, for everybody."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.browser.server_pages import CHART, WINDOW, log_in, open_dashboard, wait_until_drawn
from tests.browser.superset_server import REPOSITORY, SUPERSET, Server, deployed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.slow

TALL, PHONE = 3200, 390
# A word with an underscore is a name that only the database should know.
RAW_NAME = re.compile(r"\b[a-z][a-z0-9]*_[a-z0-9_]+\b")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ROLES: dict[str, Any] = yaml.safe_load((SUPERSET / "roles.yaml").read_text(encoding="utf-8"))
PAGES = [(role.lower(), page) for role, declared in ROLES.items() for page in declared["pages"]]
# Whose page it is: the role that opens on it, else the first that has it.
READERS = {page: user for user, page in reversed(PAGES)}
READERS |= {role["pages"][0]: user.lower() for user, role in reversed(ROLES.items())}
CUT = """
[...document.querySelectorAll('.ml-card, .ml-name, .ml-value, ' +
    '[data-test=slice-header] .header-title, [data-test=editable-title]')]
.filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1)
.map(e => e.innerText || e.value)
"""
OVERFLOWING = """
width => [...document.querySelectorAll('[data-test=dashboard-component-chart-holder]')]
.filter(e => e.getBoundingClientRect().right > width + 1)
.map(e => e.innerText.split('\\n')[0])
"""
NAMED = """
[...document.querySelectorAll('[title], [aria-label]')]
.filter(e => e.closest('.dashboard-content, [data-test=dashboard-filters-panel]'))
.map(e => e.getAttribute('title') || e.getAttribute('aria-label')).join('\\n')
"""


def faults(page: Page) -> list[str]:
    """What nobody should see: errors, empty charts, raw names, cut titles."""
    # What a log or a message says is shown as it is.
    page.add_style_tag(content=".ml-said { display: none }")
    found = [
        f"alert: {text}"
        for text in page.locator("[role=alert], .ant-alert-error").all_inner_texts()
    ]
    charts = page.locator(CHART)
    for number in range(charts.count()):
        text = charts.nth(number).inner_text()
        title = text.splitlines()[0] if text else f"chart {number}"
        if "No results were returned" in text or "没有返回" in text:
            found.append(f"empty: {title}")
        # Critical errors are a KPI.
        if "error" in text.lower().replace("critical error", ""):
            found.append(f"error: {title}: {text[:200]}")
        if not charts.nth(number).locator("canvas, table, .ml-card, .ml-lead, .ml-empty").count():
            found.append(f"shows nothing: {title}")
    said = page.locator("body").inner_text() + page.evaluate(NAMED)
    found += [f"raw name: {name}" for name in sorted(set(RAW_NAME.findall(said)))]
    found += [f"mark: {mark}" for mark in re.findall(r"\[\[.*?\]\]", said)]
    return found + [f"cut: {text}" for text in page.evaluate(CUT)]


def shut_out(page: Page) -> list[str]:
    """What keeps somebody out, by axe, in what the pages' own templates draw."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page, context={"include": [[".handlebars"]]}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
        # The frame around is Superset's.
        if "ml-" in node["html"]
    ]


def take_picture(page: Page, slug: str) -> None:
    """Keep the first screen for the documentation."""
    page.set_viewport_size(WINDOW)
    page.mouse.move(0, 0)
    wait_until_drawn(page)
    page.screenshot(path=REPOSITORY / "docs" / f"{slug}.png")
    page.set_viewport_size({"width": WINDOW["width"], "height": TALL})
    wait_until_drawn(page)


def faults_on_a_phone(page: Page) -> list[str]:
    """The same at a phone's width, without leaving the page."""
    page.set_viewport_size({"width": PHONE, "height": TALL})
    page.wait_for_timeout(500)
    wait_until_drawn(page)
    found = [f"on a phone, {fault}" for fault in faults(page)]
    return found + [f"too wide: {title}" for title in page.evaluate(OVERFLOWING, PHONE)]


@contextmanager
def everybody(browser: Browser, server: Server) -> Iterator[dict[str, BrowserContext]]:
    """A browser of each role."""
    logged_in = {user: log_in(browser, server, user) for user in map(str.lower, ROLES)}
    yield logged_in
    for context in logged_in.values():
        context.close()


@pytest.fixture(scope="module")
def contexts(browser: Browser, server: Server) -> Iterator[dict[str, BrowserContext]]:
    with everybody(browser, server) as logged_in:
        yield logged_in


@pytest.mark.parametrize(("user", "slug"), PAGES)
def test_page_is_whole_and_in_words(
    contexts: dict[str, BrowserContext], server: Server, user: str, slug: str
) -> None:
    page = open_dashboard(contexts[user], server, slug, TALL)
    if READERS[slug] == user and os.environ.get("MERITLINE_SCREENSHOTS") == "1":
        take_picture(page, slug)
    assert page.locator(CHART).count() >= 7
    assert faults(page) == []
    if READERS[slug] == user:
        assert shut_out(page) == []
    assert faults_on_a_phone(page) == []
    page.close()


@pytest.fixture(scope="module")
def chinese(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same publication, deployed in Chinese."""
    home = tmp_path_factory.mktemp("chinese") / "home"
    with deployed(server.home, home, locale="zh") as in_chinese:
        yield in_chinese


@pytest.fixture(scope="module")
def chinese_contexts(browser: Browser, chinese: Server) -> Iterator[dict[str, BrowserContext]]:
    with everybody(browser, chinese) as logged_in:
        yield logged_in


def english_left(page: Page, server: Server) -> list[str]:
    """Texts of the catalogue that the page still says in English, labels of the marts apart."""
    catalogue = yaml.safe_load((SUPERSET / "locales" / "zh.yaml").read_text(encoding="utf-8"))
    labels = server.published(
        "select distinct kpi_label from dim_kpi union "
        "select distinct objective_label from objective_results union "
        "select distinct subject_label from scorecards union "
        "select distinct queue_label from fct_queue_intervals"
    )
    said = {line.strip() for line in page.locator("body").inner_text().splitlines()}
    return sorted((said & catalogue.keys()) - {label for (label,) in labels})


@pytest.mark.parametrize(("user", "slug"), PAGES)
def test_page_is_whole_and_in_chinese(
    chinese_contexts: dict[str, BrowserContext], chinese: Server, user: str, slug: str
) -> None:
    page = open_dashboard(chinese_contexts[user], chinese, slug, TALL)
    assert faults(page) == []
    assert english_left(page, chinese) == []
    titles = page.locator("[data-test=slice-header] .header-title").all_inner_texts()
    assert [title for title in titles if title.strip() and not CHINESE.search(title)] == []
    assert faults_on_a_phone(page) == []
    page.close()
