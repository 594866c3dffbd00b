"""Superset as somebody sees it who has logged in and knows its interface well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from tests.browser.superset_server import Server


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    body: Any = None
    arguments: dict[str, Any] = field(default_factory=dict)


class Client:
    """One user's session, with all that Superset's own pages would send along."""

    def __init__(self, server: Server, user: str, password: str | None = None) -> None:
        """Log in."""
        self.server, self.user = server, user
        self.session = requests.Session()
        login = {"username": user, "password": password or f"{user}-demo", "provider": "db"}
        answer = self.session.post(
            f"{server.address}/api/v1/security/login", json=login, timeout=60
        )
        answer.raise_for_status()
        # The token of a form belongs to the session, in which the form then logs in as browsers do.
        token = take_token(server, self.session, answer.json()["access_token"])
        form = {"username": login["username"], "password": login["password"], "csrf_token": token}
        self.session.post(f"{server.address}/login/", data=form, timeout=60).raise_for_status()

    def send(self, call: Call) -> requests.Response:
        """Send one request as it is."""
        return self.session.request(
            call.method,
            self.server.address + call.path,
            json=call.body,
            timeout=60,
            allow_redirects=False,
            **call.arguments,
        )

    def ask(self, dataset: int, columns: list[Any], **query: object) -> requests.Response:
        """Ask a dataset as a chart does."""
        return self.send(data_call(dataset, columns, **query))

    def rows(self, dataset: int, columns: list[Any], **query: object) -> list[dict[str, Any]]:
        """The rows of such an answer."""
        answer = self.ask(dataset, columns, **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["result"][0]["data"])

    def sql(self, database: int, sql: str) -> requests.Response:
        """Run a text in SQL Lab."""
        body = {"database_id": database, "sql": sql, "runAsync": False, "queryLimit": 100}
        return self.send(Call("POST", "/api/v1/sqllab/execute/", body))


def take_token(server: Server, session: requests.Session, bearer: str | None = None) -> str:
    """Let a session, or whoever has this bearer token, send forms."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    token = session.get(
        f"{server.address}/api/v1/security/csrf_token/", headers=headers, timeout=60
    ).json()["result"]
    session.headers.update({"X-CSRFToken": token, "Referer": server.address})
    return str(token)


def data_call(
    dataset: int, columns: list[Any], result_format: str = "json", **query: object
) -> Call:
    """The request of a chart."""
    body = {
        "datasource": {"id": dataset, "type": "table"},
        "result_format": result_format,
        "result_type": query.pop("result_type", "full"),
        "queries": [{"columns": columns, "row_limit": 10_000, **query}],
    }
    return Call("POST", "/api/v1/chart/data", body)
