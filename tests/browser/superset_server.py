"""Superset for tests: its scripts as a person runs them, its API, its metadata."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import duckdb

REPOSITORY = Path(__file__).resolve().parents[2]
SUPERSET = REPOSITORY / "superset"
# What a copy of a served home is without: the server's process, which a stop by the copy would
# stop, and what that process is writing.
OF_THE_PROCESS = shutil.ignore_patterns("*.pid", "superset.db*", "cache")


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def script(
    name: str, home: Path, *arguments: str, locale: str = "en"
) -> subprocess.CompletedProcess[str]:
    """Run one of Superset's scripts on a home."""
    environment = {**os.environ, "MERITLINE_HOME": str(home), "MERITLINE_LOCALE": locale}
    return subprocess.run(
        [sys.executable, str(SUPERSET / f"{name}.py"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@dataclass
class Server:
    """A served home."""

    home: Path
    port: int
    log_size_at_start: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where the server answers."""
        return f"http://localhost:{self.port}"

    def metadata(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read, or change, Superset's own database."""
        with sqlite3.connect(self.home / "superset" / "superset.db", timeout=30) as connection:
            return connection.execute(query, values).fetchall()

    def published(
        self, query: str, *values: object, database: str = "marts"
    ) -> list[tuple[Any, ...]]:
        """Read what is published; a name without a schema is one of the marts."""
        path = self.home / "serving" / f"{database}.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("set schema = 'marts'")
            return connection.execute(query, values).fetchall()

    def copy(self, home: Path, folder: str = "") -> None:
        """Copy the home, or a folder of it, while it is served."""
        shutil.copytree(
            self.home / folder,
            home / folder,
            symlinks=True,
            ignore=OF_THE_PROCESS,
            dirs_exist_ok=True,
        )
        if folder in ("", "superset"):
            self.metadata("vacuum into ?", str(home / "superset" / "superset.db"))

    def call(self, path: str, user: str, body: object | None = None) -> dict[str, Any]:
        """Call the API as one of the demonstration's users."""
        if user not in self.tokens:
            login = {"username": user, "password": f"{user}-demo", "provider": "db"}
            self.tokens[user] = self._request("/api/v1/security/login", None, login)["access_token"]
        return self._request(path, self.tokens[user], body)

    def _request(self, path: str, token: str | None, body: object | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        request = urllib.request.Request(  # noqa: S310 - this machine, http
            self.address + path,
            data=json.dumps(body).encode() if body is not None else None,
            headers=headers,
        )
        with opener.open(request, timeout=60) as answer:
            return dict(json.load(answer))

    def query(
        self, dataset: str, columns: list[str], filters: dict[str, str], user: str = "executive"
    ) -> list[dict[str, Any]]:
        """Ask a dataset as a chart does, through the cache."""
        [(number,)] = self.metadata("select id from tables where table_name = ?", dataset)
        body = {
            "datasource": {"id": number, "type": "table"},
            "queries": [
                {
                    "columns": columns,
                    "filters": [
                        {"col": column, "op": "IN", "val": [value]}
                        for column, value in filters.items()
                    ],
                    "row_limit": 1000,
                }
            ],
        }
        return list(self.call("/api/v1/chart/data", user, body)["result"][0]["data"])


@contextmanager
def serving(home: Path, locale: str = "en") -> Iterator[Server]:
    """Serve a home that is deployed, on a port of its own."""
    port = free_port()
    started = script("serve", home, "start", "--port", str(port), locale=locale)
    assert started.returncode == 0, started.stderr
    try:
        yield Server(home, port, (home / "superset" / "superset.log").stat().st_size)
    finally:
        script("serve", home, "stop")


@contextmanager
def deployed(source: Path, home: Path, locale: str = "en") -> Iterator[Server]:
    """Deploy and serve a copy of what another home publishes, with the demonstration's users."""
    shutil.copytree(source / "serving", home / "serving", symlinks=True)
    done = script("deploy", home, "--demo", locale=locale)
    assert done.returncode == 0, done.stderr
    with serving(home, locale) as server:
        yield server
