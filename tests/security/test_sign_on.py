"""Logging in by an identity provider: a real one, of this machine, through the whole exchange."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest
import requests
from oidc_provider_mock import User, run_server_in_thread

from tests.browser.superset_server import Server, serving
from tests.security.client import data_call, take_token

pytestmark = pytest.mark.slow


def leader(server: Server) -> str:
    """The e-mail of somebody who leads people and has no log-in of the demonstration."""
    taken = {email for (email,) in server.metadata("select email from ab_user")}
    emails = server.published(
        "select distinct email from access where reason = 'supervisor' order by 1"
    )
    return next(str(email) for (email,) in emails if email not in taken)


@pytest.fixture(scope="module")
def provided(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A copy of the served home, to which people come from an identity provider."""
    home = tmp_path_factory.mktemp("provided") / "home"
    server.copy(home)
    email = leader(server)
    people = (
        User(sub="leader", claims={"email": email.upper(), "groups": ["team-leads"]}),
        User(sub="stranger", claims={"email": "stranger@example.com", "groups": ["visitors"]}),
        User(
            sub="unproven",
            claims={"email": email, "email_verified": False, "groups": ["team-leads"]},
        ),
    )
    with run_server_in_thread(user_claims=people) as provider, pytest.MonkeyPatch.context() as set_:
        set_.setenv("MERITLINE_OIDC_ISSUER", f"http://localhost:{provider.server_port}")
        set_.setenv("MERITLINE_OIDC_CLIENT_ID", "meritline")
        set_.setenv("MERITLINE_OIDC_CLIENT_SECRET", "of the test")
        set_.setenv("MERITLINE_OIDC_ROLES", "team-leads=Supervisor")
        # The provider of the test speaks http.
        set_.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with serving(home) as provided:
            yield provided


def come_in(server: Server, subject: str) -> requests.Session:
    """Log in as a browser does: sent to the provider, back with its word."""
    session = requests.Session()
    asked = session.get(f"{server.address}/login/oidc", timeout=60)
    assert asked.ok, asked.text[:500]
    assert server.address not in asked.url
    back = session.post(asked.url, data={"sub": subject}, timeout=60)
    assert back.url.startswith(server.address), back.url
    return session


def pages_of(server: Server, session: requests.Session) -> set[str]:
    """The pages that are listed for whoever has logged in; nobody has none."""
    answer = session.get(f"{server.address}/api/v1/dashboard/?q=(page_size:100)", timeout=60)
    return {page["slug"] for page in answer.json().get("result", [])} if answer.ok else set()


def test_who_comes_in_has_the_role_of_the_group_and_the_own_people(
    provided: Server, roles: ModuleType
) -> None:
    session = come_in(provided, "leader")
    me = session.get(f"{provided.address}/api/v1/me/", timeout=60).json()["result"]
    assert me["email"] == leader(provided) or me["email"] == me["username"]
    expected = set(roles.load_roles()["Supervisor"].pages) & set(roles.page_datasets())
    assert pages_of(provided, session) == expected

    [(dataset,)] = provided.metadata("select id from tables where table_name = 'members'")
    take_token(provided, session)
    call = data_call(dataset, ["employee_id"])
    answer = session.post(provided.address + call.path, json=call.body, timeout=60)
    assert answer.ok, answer.text[:500]
    seen = {row["employee_id"] for row in answer.json()["result"][0]["data"]}
    own = provided.published("select employee_id from access where email = ?", me["email"])
    assert seen
    assert seen <= {employee for (employee,) in own}


def test_who_is_in_no_known_group_sees_no_page(provided: Server) -> None:
    assert pages_of(provided, come_in(provided, "stranger")) == set()


def test_an_email_that_nobody_has_verified_lets_nobody_in(provided: Server) -> None:
    session = come_in(provided, "unproven")
    assert session.get(f"{provided.address}/api/v1/me/", timeout=60).status_code == 401
    assert pages_of(provided, session) == set()


def test_a_password_of_the_demonstration_is_of_no_use(provided: Server) -> None:
    login = {"username": "admin", "password": "admin-demo", "provider": "db"}
    answer = requests.post(f"{provided.address}/api/v1/security/login", json=login, timeout=60)
    assert answer.status_code in {400, 401}
