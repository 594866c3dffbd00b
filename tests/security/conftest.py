"""Everybody who can log in, and what each role has."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.browser.superset_server import SUPERSET, Server
from tests.security.client import Client

LOG_INS = {
    "executive": "Executive",
    "hr": "HR",
    "analyst": "Analyst",
    "supervisor": "Supervisor",
    "agent": "Agent",
    "operator": "Operator",
}


@pytest.fixture(scope="session")
def roles() -> ModuleType:
    """What the roles are declared to be."""
    sys.path.insert(0, str(SUPERSET))
    import roles

    return roles


@pytest.fixture(scope="session")
def client(server: Server) -> Callable[[str], Client]:
    """Log in once as each."""
    known: dict[str, Client] = {}

    def log_in(user: str) -> Client:
        if user not in known:
            known[user] = Client(server, user)
        return known[user]

    return log_in
