"""A browser to look at Superset."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.server_pages import chromium, log_in
from tests.browser.superset_server import Server, serving
from tests.conftest import Centre
from tests.line import run_line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def executive(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser in which the executive has logged in."""
    context = log_in(browser, server, "executive")
    yield context
    context.close()


@pytest.fixture(scope="session")
def full_demo(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """The demonstration of 60 agents and 120 days, the logs of its last day held back."""
    folder = tmp_path_factory.mktemp("full_demo")
    home, late = folder / "home", folder / "late"
    for arguments in (("demo", "--inbox", str(home / "inbox")), ("run",)):
        command, *rest = arguments
        done = run_line(home, *rest, command=command)
        assert done.returncode == 0, done.stdout + done.stderr
        if command == "demo":
            newest = max((home / "inbox" / "asterisk_queue_log").rglob("*")).name
            for path in sorted((home / "inbox").rglob(newest)):
                target = late / path.relative_to(home / "inbox")
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
    return Centre(home, late)


@pytest.fixture
def served_centre(
    request: pytest.FixtureRequest, server: Server, tmp_path: Path
) -> Iterator[tuple[Centre, Server]]:
    """A centre of one's own to publish in, served by a Superset that is deployed already."""
    centre: Centre = request.getfixturevalue(request.param)
    home = tmp_path / "home"
    shutil.copytree(centre.home, home, symlinks=True)
    for folder in ("superset", "secrets"):
        server.copy(home, folder)
    with serving(home) as of_its_own:
        yield Centre(home, centre.late), of_its_own
