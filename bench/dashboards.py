"""The dashboards' queries: what the charts of all pages ask, as people see it and in DuckDB alone.

A browser opens every page of every role once and notes what its charts ask; some of
each person's are then asked by one user, and by sixteen at once who never pause. `uncached` and
`cached` are whole answers of Superset; `duckdb` is the SQL of all, without Superset around it.
`pages` is what one person waits for who opens a page: the first one after log-in, and again.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb

from bench.centre import Centre
from tests.browser.server_pages import LOADING, chromium, log_in
from tests.browser.superset_server import Server, free_port
from tests.browser.test_load import PEOPLE, USERS, Question, Reader, read_pages

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

# As superset/duckdb_access.py opens files.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": "2",
    "memory_limit": "1GB",
}
# One user alone asks so often, for there to be a percentile.
PASSES = 3
SHOWN = 5
QUESTIONS = 24
LIMIT_SECONDS = 0.3
OPENINGS = 3
# A page is drawn when nothing of it has been loading for so long.
STILL_SECONDS = 1.2

Job = tuple[str, Callable[[], object]]


def run(centre: Centre) -> dict[str, Any]:
    """Serve the home, and measure its pages."""
    with served(centre) as server:
        readers = read_all(server)
        drawn = draw_pages(server)
        asked = {
            (name, number): (reader, question)
            for name, reader in readers.items()
            for number, question in enumerate(q for page in reader.pages for q in page)
        }
        queries = {key: sql_of(server, *one) for key, one in asked.items()}
        results = {
            kind: {
                users: answers([_some(asked, name, force=force) for name in (PEOPLE * 2)[:users]])
                for users in (1, USERS)
            }
            for kind, force in (("uncached", True), ("cached", False))
        }
    return {
        "charts": len(asked),
        **results,
        "duckdb": in_duckdb(centre, queries),
        "pages": drawn,
    }


def _some(
    asked: Mapping[tuple[str, int], tuple[Reader, Question]], name: str, *, force: bool
) -> list[Job]:
    """Return some of the questions of one person, anywhere on their pages."""
    own: list[Job] = [
        (str(key), partial(ask, *one, force=force)) for key, one in asked.items() if key[0] == name
    ]
    return own[:: max(1, len(own) // QUESTIONS)]


@contextmanager
def served(centre: Centre) -> Generator[Server]:
    """Deploy and serve the home with the demonstration's log-ins."""
    port = free_port()
    command = [sys.executable, "-m", "dagster_project.cli", "serve"]
    home = ["--home", str(centre.home)]
    environment = {**os.environ, "MERITLINE_PORT": str(port)}
    with (centre.log / "serve.log").open("w") as log:
        subprocess.run(
            [*command, "--demo-users", *home], env=environment, stdout=log, stderr=log, check=True
        )
        try:
            yield Server(centre.home, port)
        finally:
            subprocess.run(
                [*command, "stop", *home], env=environment, stdout=log, stderr=log, check=True
            )


def read_all(server: Server) -> dict[str, Reader]:
    """Open every page of every role in a browser."""
    with chromium() as browser:
        return {name: read_pages(browser, server, name) for name in dict.fromkeys(PEOPLE)}


def draw_pages(server: Server) -> dict[str, Any]:
    """Open each page as a person does, one after the other; return the seconds until it is drawn.

    `first` is the first opening after log-in, `again` the quickest of the next ones; the charts are
    in the cache, since every page has been read before.
    """
    first: dict[str, float] = {}
    again: dict[str, float] = {}
    for name in dict.fromkeys(PEOPLE):
        with chromium() as browser:
            context = log_in(browser, server, name)
            listed = context.request.get(f"{server.address}/api/v1/dashboard/").json()["result"]
            for slug in (dashboard["slug"] for dashboard in listed):
                if slug not in first:
                    seconds = [_seconds_to_draw(context, server, slug) for _ in range(OPENINGS)]
                    first[slug], again[slug] = seconds[0], min(seconds[1:])
    return {
        kind: {
            "median": round(statistics.median(seconds.values()), 2),
            "worst": round(max(seconds.values()), 2),
            "each": {slug: round(one, 2) for slug, one in seconds.items()},
        }
        for kind, seconds in (("first", first), ("again", again))
    }


def _seconds_to_draw(context: BrowserContext, server: Server, slug: str) -> float:
    page = context.new_page()
    began = time.monotonic()
    page.goto(f"{server.address}/superset/dashboard/{slug}/", wait_until="commit")
    still_since: float | None = None
    while True:
        is_drawn = page.locator(".ml-card").count() and not page.locator(LOADING).count()
        now = time.monotonic()
        still_since = (still_since or now) if is_drawn else None
        if still_since is not None and now - still_since > STILL_SECONDS:
            page.close()
            return still_since - began
        page.wait_for_timeout(25)


def ask(reader: Reader, question: Question, **changes: object) -> dict[str, Any]:
    """Ask for a chart as its page does, with changes to the question."""
    body = json.dumps(json.loads(question["body"]) | changes)
    answer = reader.session.post(reader.address + question["path"], data=body, timeout=60)
    result = answer.json()["result"][0] if answer.ok else {"error": answer.text[:300]}
    if result.get("error"):
        raise RuntimeError(f"{reader.name}: {result['error']}")
    return dict(result)


def sql_of(server: Server, reader: Reader, question: Question) -> tuple[str, str]:
    """Return the database and the text of the query that answers a question."""
    dataset = json.loads(question["body"])["datasource"]["id"]
    [(address,)] = server.metadata(
        "select dbs.sqlalchemy_uri from tables join dbs on tables.database_id = dbs.id "
        "where tables.id = ?",
        dataset,
    )
    text = ask(reader, question, result_type="query")["query"]
    return address.removeprefix("duckdb:///"), text


def in_duckdb(centre: Centre, queries: Mapping[Any, tuple[str, str]]) -> dict[int, Any]:
    """Run the queries' texts on the published files, every user each distinct one."""
    distinct = sorted(set(queries.values()))
    files = {name for name, _ in distinct}
    connections = {
        name: duckdb.connect(str(centre.home / "serving" / name), read_only=True, config=SETTINGS)
        for name in files
    }

    def execute(name: str, text: str) -> object:
        with connections[name].cursor() as cursor:
            return cursor.execute(text).fetchall()

    jobs: list[Job] = [(text, partial(execute, name, text)) for name, text in distinct]
    found = {1: answers([jobs * PASSES]), USERS: answers([jobs] * USERS)}
    for connection in connections.values():
        connection.close()
    return found


def answers(users: Sequence[Sequence[Job]]) -> dict[str, Any]:
    """Let each user do their jobs in an order of their own, all users at once, without a pause."""
    seconds: dict[str, list[float]] = {}

    def work(number: int) -> None:
        jobs = list(users[number])
        random.Random(number).shuffle(jobs)  # noqa: S311 - an order, no secret
        for name, job in jobs:
            began = time.monotonic()
            job()
            seconds.setdefault(name, []).append(time.monotonic() - began)

    with ThreadPoolExecutor(len(users)) as crowd:
        list(crowd.map(work, range(len(users))))
    everything = [one for several in seconds.values() for one in several]
    by_job = {name: percentile(several) for name, several in seconds.items()}
    slowest = sorted(by_job, key=by_job.__getitem__, reverse=True)[:SHOWN]
    return {
        "answers": len(everything),
        "median": round(statistics.median(everything), 4),
        "p95": round(percentile(everything), 4),
        "over_limit": sum(one > LIMIT_SECONDS for one in by_job.values()),
        "distinct": len(by_job),
        "worst_p95": round(by_job[slowest[0]], 4),
        "slowest": {name: round(by_job[name], 4) for name in slowest},
    }


def percentile(seconds: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(seconds)[max(0, -(-len(seconds) * 95 // 100) - 1)]
