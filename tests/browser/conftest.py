"""A browser to look at Superset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.server_pages import chromium, log_in
from tests.browser.superset_server import Server

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
