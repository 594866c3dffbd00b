"""Superset on a free port over a published home, and a browser to look at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.superset_server import Server, free_port, script

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

WINDOW = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Serve a copy of a publication: the one that MERITLINE_BROWSER_HOME names, or the tests'."""
    named = os.environ.get("MERITLINE_BROWSER_HOME")
    source = Path(named) if named else request.getfixturevalue("published").home
    home = tmp_path_factory.mktemp("superset") / "home"
    shutil.copytree(source / "serving", home / "serving", symlinks=True)
    deployed = script("deploy", home, "--demo")
    assert deployed.returncode == 0, deployed.stderr
    port = free_port()
    started = script("serve", home, "start", "--port", str(port))
    assert started.returncode == 0, started.stderr
    yield Server(home, port)
    script("serve", home, "stop")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it."""
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail("No Chromium: run tests/browser/install_chromium.sh")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def executive(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser in which the executive has logged in."""
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    page.goto(f"{server.address}/login/")
    page.fill("input[name=username], #username", "executive")
    page.fill("input[type=password]", "executive-demo")
    page.click("button[type=submit], input[type=submit]")
    page.wait_for_url("**/superset/dashboard/executive-scorecard/**")
    page.close()
    yield context
    context.close()
