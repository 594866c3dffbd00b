"""Sixteen people at their pages while the line runs: no error, and all on the new figures."""

from __future__ import annotations

import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.browser.server_pages import log_in, wait_until_drawn
from tests.browser.superset_server import Server
from tests.conftest import Centre
from tests.line import AS_OF, start_line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

PEOPLE = ("executive", "supervisor", "hr", "agent", "operator", "supervisor", "analyst", "agent")
USERS = 2 * len(PEOPLE)
CHARTS_AT_ONCE = 6  # as browsers ask one server
CHART_DATA = "/api/v1/chart/data"
READING_SECONDS = (10.0, 30.0)  # for a page of some fifteen charts

Question = dict[str, str]


@dataclass
class Reader:
    """One user, logged in, and what the pages of that user ask for."""

    name: str
    address: str
    cookies: dict[str, str]
    headers: dict[str, str]
    pages: list[list[Question]]
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Keep the session that the browser began, with as many connections."""
        self.session = requests.Session()
        self.session.mount("http://", HTTPAdapter(pool_maxsize=CHARTS_AT_ONCE))
        self.session.cookies.update(self.cookies)
        self.session.headers.update(self.headers)

    def ask(self, question: Question) -> None:
        """Ask for one chart as the page does."""
        began = time.monotonic()
        try:
            answer = self.session.post(
                self.address + question["path"], data=question["body"].encode(), timeout=60
            )
        except requests.RequestException as error:
            self.errors.append(f"{self.name}: {error}")
            return
        self.seconds.append(time.monotonic() - began)
        if answer.status_code != 200 or answer.json()["result"][0].get("error"):
            self.errors.append(f"{self.name}: {answer.status_code} {answer.text[:300]}")

    def look_around(self, until: threading.Event, dice: random.Random) -> None:
        """Open one page after the other, and read each for a while."""
        with ThreadPoolExecutor(CHARTS_AT_ONCE) as charts:
            while not until.wait(dice.uniform(*READING_SECONDS)):
                list(charts.map(self.ask, dice.choice(self.pages)))

    def shown_run(self, dataset: int) -> str:
        """The run whose figures this user is shown."""
        body: dict[str, Any] = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [{"columns": ["run_id"], "row_limit": 1}],
        }
        answer = self.session.post(self.address + CHART_DATA, json=body, timeout=60).json()
        return str(answer["result"][0]["data"][0]["run_id"])


def read_pages(browser: Browser, server: Server, name: str) -> Reader:
    """Log in, open every page of the role in a browser, and note what it asks for."""
    context = log_in(browser, server, name)
    listed = context.request.get(f"{server.address}/api/v1/dashboard/").json()["result"]
    pages: list[list[Question]] = []
    headers: dict[str, str] = {}
    for slug in [dashboard["slug"] for dashboard in listed]:
        asked: list[Question] = []
        opened = context.new_page()

        def note(request: Request, asked: list[Question] = asked) -> None:
            address = urlsplit(request.url)
            if address.path == CHART_DATA and request.post_data:
                path = f"{address.path}?{address.query}"
                asked.append({"path": path, "body": request.post_data})
                headers.update(
                    {
                        key: value
                        for key, value in request.headers.items()
                        if key in ("content-type", "x-csrftoken", "referer")
                    }
                )

        opened.on("request", note)
        opened.goto(f"{server.address}/superset/dashboard/{slug}/")
        opened.wait_for_selector(".ml-card", timeout=60_000)
        wait_until_drawn(opened)
        opened.close()
        pages.append(asked)
    cookies = {one.get("name", ""): one.get("value", "") for one in context.cookies()}
    context.close()
    return Reader(name, server.address, cookies, headers, pages)


@pytest.mark.drill
@pytest.mark.parametrize(
    ("served_centre", "seconds"),
    [
        ("published", 20),
        ("full_demo", 300),
    ],
    indirect=["served_centre"],
)
def test_sixteen_readers_while_the_line_runs(
    browser: Browser, served_centre: tuple[Centre, Server], seconds: int
) -> None:
    centre, server = served_centre
    first = {name: read_pages(browser, server, name) for name in dict.fromkeys(PEOPLE)}
    readers = [
        Reader(name, server.address, one.cookies, one.headers, one.pages)
        for name in PEOPLE * (USERS // len(PEOPLE))
        for one in [first[name]]
    ]
    [(dataset,)] = server.metadata("select id from tables where table_name = 'publication'")
    before = readers[0].shown_run(dataset)
    over = threading.Event()
    with ThreadPoolExecutor(USERS) as crowd, ExitStack() as afterwards:
        afterwards.callback(over.set)
        busy = [
            crowd.submit(reader.look_around, over, random.Random(number))
            for number, reader in enumerate(readers)
        ]
        began = time.monotonic()
        centre.deliver()
        line = start_line(centre.home, *(["--as-of", AS_OF] if seconds < 60 else []))
        stdout, stderr = line.communicate(timeout=1800)
        published = time.monotonic()
        assert line.returncode == 0, stdout + stderr
        print(f"the line took {published - began:.0f} s")
        with ThreadPoolExecutor(USERS) as asking:
            shown = set(asking.map(lambda reader: reader.shown_run(dataset), readers))
        assert before not in shown
        assert len(shown) == 1
        print(f"everybody was on its figures {time.monotonic() - published:.1f} s later")
        assert time.monotonic() - published < 10
        over.wait(max(0.0, seconds - (time.monotonic() - began)))
    for one in busy:
        one.result()
    errors = [error for reader in readers for error in reader.errors]
    asked = sorted(second for reader in readers for second in reader.seconds)
    p95 = statistics.quantiles(asked, n=20)[-1]
    print(f"{len(asked)} charts, median {statistics.median(asked):.3f} s, p95 {p95:.3f} s")
    assert errors == []
    if seconds >= 300:
        assert p95 < 1
