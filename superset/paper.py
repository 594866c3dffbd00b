"""Pages and statements as PDF or pictures, for people who do not log in.

Chromium opens each page of the running server as the administrator, whom Superset itself signs in;
a page is one sheet, as long as the page is. Statements are drawn from `pay.duckdb`, without a
server: one file for each person, with what the mart says and how it was worked out.

python superset/paper.py [--home DIR] --port N --to DIR [--format pdf|png] [PAGE …]
python superset/paper.py [--home DIR] --to DIR [--format pdf|png] --statements 2026-10
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import jinja2
from roles import load_roles, page_datasets, row_rules
from superset_home import SOURCE, superset_home
from wording import catalogue, worded_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTH, TALL = 1440, 4000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRAW_SECONDS = 90
LOADING = ".loading, [data-test=loading-indicator], .ant-skeleton"


def pages_for_everybody() -> list[str]:
    """The pages of roles that see everybody: nobody's own."""
    wanted = [
        page for role in load_roles().values() if role.sees == "everybody" for page in role.pages
    ]
    return list(dict.fromkeys(wanted))


def pages_without_people() -> list[str]:
    """Those of them in which no row is about a person: what may be sent round unasked."""
    about_people = set[str]().union(
        *(rule["datasets"] for name, rule in row_rules().items() if name.startswith("People "))
    )
    reads = page_datasets()
    return [page for page in pages_for_everybody() if not reads[page] & about_people]


def sign_in() -> dict[str, str]:
    """The cookies of a session of the administrator."""
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from superset.extensions import machine_auth_provider_factory, security_manager

        user = security_manager.find_user(username="admin")
        cookies: dict[str, str] = machine_auth_provider_factory.instance.get_cookies(user)
    return cookies


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser, without a window."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise RuntimeError("There is no Chromium: install it (tests/browser/install_chromium.sh).")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def wait_until_drawn(page: Page) -> None:
    """Wait until no chart has been loading for a while."""
    page.wait_for_selector("[data-test=dashboard-component-chart-holder]", timeout=60_000)
    loading, quiet, deadline = page.locator(LOADING), 0, time.monotonic() + DRAW_SECONDS
    while quiet < 10:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{page.url} is still loading after {DRAW_SECONDS} s")
        quiet = 0 if loading.count() else quiet + 1
        page.wait_for_timeout(150)


def print_page(page: Page, file: Path) -> None:
    """One sheet as long as the page."""
    page.set_viewport_size({"width": WIDTH, "height": TALL})
    wait_until_drawn(page)
    bottom = page.evaluate(
        "Math.ceil(Math.max(...[...document.querySelectorAll("
        "'[data-test=dashboard-component-chart-holder]')]"
        ".map(e => e.getBoundingClientRect().bottom))) + 24"
    )
    page.set_viewport_size({"width": WIDTH, "height": bottom})
    wait_until_drawn(page)
    if file.suffix == ".png":
        page.screenshot(path=file)
    else:
        page.emulate_media(media="screen")
        page.pdf(path=file, width=f"{WIDTH}px", height=f"{bottom}px", print_background=True)


def print_pages(port: int, folder: Path, kind: str, pages: list[str]) -> Iterator[Path]:
    """Print pages of the running server into a folder."""
    address = f"http://localhost:{port}"
    cookies: list[Any] = [
        {"name": name, "value": value, "url": address} for name, value in sign_in().items()
    ]
    with chromium() as browser:
        context = browser.new_context(locale=os.environ.get("MERITLINE_LOCALE") or "en")
        context.add_cookies(cookies)
        for slug in pages:
            page = context.new_page()
            page.goto(f"{address}/superset/dashboard/{slug}/?standalone=2")
            file = folder / f"{slug}.{kind}"
            print_page(page, file)
            page.close()
            yield file


def print_statements(period: str, folder: Path, kind: str) -> Iterator[Path]:
    """Print the statement of each person who is paid for a month."""
    words = catalogue()
    text = worded_text((SOURCE / "statement.html").read_text(encoding="utf-8"), words)
    template = jinja2.Environment(autoescape=True).from_string(text)
    path = superset_home().database("pay")
    with duckdb.connect(str(path), read_only=True) as pay, chromium() as browser:
        page = browser.new_page(viewport={"width": 820, "height": 1160})
        people = _rows(
            pay,
            "from marts.compensation_inputs where period_label = ? order by employee_id",
            period,
        )
        for person in people:
            lines = _rows(
                pay,
                "from marts.statements where employee_id = ? and period_start = ? "
                "order by line_number",
                *(person["employee_id"], person["period_start"]),
            )
            page.set_content(
                template.render(
                    locale=os.environ.get("MERITLINE_LOCALE") or "en",
                    person=person,
                    lines=lines,
                    currency=person["currency"],
                )
            )
            # An id may have signs that a file's name must not.
            name = "".join(sign if sign.isalnum() else "_" for sign in person["employee_id"])
            file = folder / f"{period}-{name}.{kind}"
            if kind == "png":
                page.screenshot(path=file, full_page=True)
            else:
                page.pdf(path=file, prefer_css_page_size=True)
            yield file


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, *values: object
) -> list[dict[str, Any]]:
    found = connection.execute(query, values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def main(arguments: list[str] | None = None) -> int:
    """Print from the command line."""
    parser = argparse.ArgumentParser(description="Print pages of the running server.")
    parser.add_argument("--home", type=Path, help="Meritline's home (default: MERITLINE_HOME)")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--to", type=Path, required=True, help="the folder")
    parser.add_argument("--format", choices=["pdf", "png"], default="pdf")
    parser.add_argument("--statements", metavar="PERIOD", help="a month, instead of pages")
    parser.add_argument("page", nargs="*", help="its slug; default: all without people")
    options = parser.parse_args(arguments)
    if options.home:
        os.environ["MERITLINE_HOME"] = str(options.home.resolve())
    known = pages_for_everybody()
    if unknown := sorted(set(options.page) - set(known)):
        print(f"No page is called {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    options.to.mkdir(mode=0o700, parents=True, exist_ok=True)
    pages = options.page or pages_without_people()
    files = (
        print_statements(options.statements, options.to, options.format)
        if options.statements
        else print_pages(options.port, options.to, options.format, pages)
    )
    for file in files:
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
