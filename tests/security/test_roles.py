"""Each role may do what it is declared to do, and none of some fifty other things."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
import requests

from tests.browser.superset_server import Server
from tests.security.attempts import Things, files, forbidden, foreign_data, things_of
from tests.security.client import Call, Client
from tests.security.conftest import LOG_INS

pytestmark = pytest.mark.slow
EVERYBODY = pytest.mark.parametrize("user", LOG_INS)


def things(server: Server, roles: ModuleType, user: str) -> Things:
    declared = roles.load_roles()[LOG_INS[user]]
    return things_of(server, roles.page_datasets(), declared.pages)


def is_refused(answer: requests.Response) -> bool:
    """Turned away, or sent to another page; what breaks the server is not refused."""
    return 300 <= answer.status_code < 500


def said(what: str, answer: requests.Response) -> str:
    """For a message: what was asked, and the answer."""
    return f"{what}: {answer.status_code} {answer.text[:200]}"


@EVERYBODY
def test_what_is_not_allowed_is_refused(
    server: Server, roles: ModuleType, client: Callable[[str], Client], user: str
) -> None:
    role = roles.load_roles()[LOG_INS[user]]
    attempts = dict(forbidden(things(server, roles, user), role.queries, role.exports))
    assert len(attempts) >= 40
    done = {what: client(user).send(call) for what, call in attempts.items()}
    assert {
        what: (a.status_code, a.text[:200]) for what, a in done.items() if not is_refused(a)
    } == {}


def test_the_attempts_are_such_that_could_succeed(
    server: Server, roles: ModuleType, client: Callable[[str], Client]
) -> None:
    """What only reads is answered to an administrator: it is the right that was missing."""
    attempts = dict(foreign_data(things(server, roles, "operator")))
    done = {
        what: client("admin").send(call)
        for what, call in attempts.items()
        if what not in {"explore it in the old way", "keep a form about it", "see its data"}
    }
    assert [said(what, answer) for what, answer in done.items() if not answer.ok] == []


@EVERYBODY
def test_a_role_has_its_pages_and_no_others(
    roles: ModuleType, client: Callable[[str], Client], user: str
) -> None:
    listed = client(user).send(Call("GET", "/api/v1/dashboard/?q=(page_size:100)")).json()
    there = set(roles.page_datasets())
    pages = roles.load_roles()[LOG_INS[user]].pages
    assert {page["slug"] for page in listed["result"]} == there & set(pages)


@pytest.mark.parametrize("user", ["supervisor", "agent"])
def test_every_dataset_answers_under_row_rules(
    server: Server, roles: ModuleType, client: Callable[[str], Client], user: str
) -> None:
    """The rules name columns and tables: a mistake would be an empty page for some."""
    wanted = set()
    for page in roles.load_roles()[LOG_INS[user]].pages:
        wanted |= roles.page_datasets().get(page, set())
    failed = {}
    for number, uuid, name in server.metadata(
        "select id, lower(hex(uuid)), table_name from tables"
    ):
        if uuid not in {one.replace("-", "") for one in wanted}:
            continue
        (column,) = server.metadata(
            "select column_name from table_columns where table_id = ? and expression is null "
            "order by id limit 1",
            number,
        )
        answer = client(user).ask(number, list(column), row_limit=5)
        if answer.status_code != 200:
            failed[name] = answer.text[:300]
    assert failed == {}


def test_who_has_not_logged_in_sees_nothing(server: Server, roles: ModuleType) -> None:
    known = things(server, roles, "operator")
    calls = [*dict(files(known)).values(), *dict(foreign_data(known)).values()]
    for path in ("/api/v1/dashboard/", "/api/v1/chart/", "/superset/welcome/", "/sqllab/"):
        calls.append(Call("GET", path))
    for call in calls:
        answer = requests.request(
            call.method,
            server.address + call.path,
            json=call.body,
            allow_redirects=False,
            timeout=60,
        )
        assert is_refused(answer), (call, answer.text[:200])


def test_guessing_passwords_is_slowed_down(server: Server) -> None:
    login = {"username": "nobody", "password": "guess", "provider": "db"}
    url = f"{server.address}/api/v1/security/login"
    # Each of the two workers counts thirty a minute, and a minute may end meanwhile.
    codes = []
    while len(codes) <= 2 * 2 * 30 and 429 not in codes:
        codes.append(requests.post(url, json=login, timeout=60).status_code)
    assert codes[0] == 401
    assert codes[-1] == 429
    # Nobody else is kept out by it.
    Client(server, "admin")


def test_forms_need_the_token_of_their_page(
    server: Server, client: Callable[[str], Client]
) -> None:
    login = {"username": "admin", "password": "admin-demo"}
    with requests.Session() as session:
        session.post(f"{server.address}/login/", data=login, timeout=60)
        assert session.get(f"{server.address}/api/v1/me/", timeout=60).status_code == 401
    admin = client("admin")
    call = Call("POST", "/api/v1/css_template/", {"template_name": "without token", "css": ""})
    token = admin.session.headers.pop("X-CSRFToken")
    assert is_refused(admin.send(call))
    admin.session.headers["X-CSRFToken"] = token
    assert admin.send(call).status_code == 201
    server.metadata("delete from css_templates where template_name = 'without token'")


def test_pages_say_what_browsers_may_load(server: Server) -> None:
    headers = requests.get(f"{server.address}/login/", timeout=60).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Lax" in headers["Set-Cookie"]
