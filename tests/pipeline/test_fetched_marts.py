"""What stands in databases and behind an API gives the marts that its rows in files give."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.conftest import Centre
from tests.line import AS_OF, differences, ops_rows, published_tables, run_line
from tests.pipeline.api import TOKEN, Api, serve
from tests.pipeline.postgresql import PASSWORD, Server, postgresql

pytestmark = pytest.mark.slow

# Files and tables have other names and line numbers.
WHERE_IT_STOOD = ("file_path", "line_number")
TABLES = {
    "hr_employees": {
        **dict.fromkeys(("employee_id", "full_name", "email"), "text"),
        **dict.fromkeys(("hire_date", "leave_date"), "date"),
        **{"employment_share": "numeric", "base_pay": "numeric", "currency": "text"},
        "updated_at": "timestamptz",
    },
    "hr_identities": {
        **dict.fromkeys(("site", "login", "employee_id"), "text"),
        **dict.fromkeys(("valid_from", "valid_to"), "date"),
    },
}
# Asterisk's realtime table has whole seconds, newer ones the clock of the exchange.
CLOCKS = {"riga": "bigint", "manila": "timestamp"}
MANILA = ZoneInfo("Asia/Manila")
EVENT = ("callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5")


@pytest.fixture(scope="module")
def fetched(
    published: Centre, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, int]]]:
    """A home of the same rows, and how many of each feed stood in a source."""
    home = tmp_path_factory.mktemp("fetched") / "home"
    shutil.copytree(published.home / "inbox", home / "inbox")
    with postgresql() as server, serve() as api, pytest.MonkeyPatch.context() as environment:
        counts = {feed: fill_table(server, home / "inbox", feed) for feed in TABLES}
        counts["asterisk_queue_log"] = sum(
            fill_log(server, home / "inbox", site) for site in CLOCKS
        )
        api.records = [dict(row) for row in taken(home / "inbox" / "surveys" / "site=riga")]
        counts["surveys"] = len(api.records)
        (home / "sources.yml").write_text(yaml.safe_dump(declared(server, api)))
        environment.setenv("EXCHANGE_PASSWORD", PASSWORD)
        environment.setenv("SURVEY_TOKEN", TOKEN)
        done = run_line(home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout + done.stderr
    yield home, counts
    shutil.rmtree(home)


def test_marts_of_what_was_fetched_are_those_of_what_was_delivered(
    published: Centre, fetched: tuple[Path, dict[str, int]]
) -> None:
    home, _ = fetched
    delivered = published_tables(published.home, leave_out=WHERE_IT_STOOD)
    assert len(delivered["fct_contacts"]) > 0
    assert differences(published_tables(home, leave_out=WHERE_IT_STOOD), delivered) == []


def test_every_fetched_row_landed_and_none_came_from_a_file(
    fetched: tuple[Path, dict[str, int]],
) -> None:
    home, counts = fetched
    landed = ops_rows(
        home,
        "select feed, sum(lines_read)::bigint, sum(rejected)::bigint from marts.load_ledger "
        "where path like 'fetched/%' group by feed",
    )
    assert {feed: (read, rejected) for feed, read, rejected in landed} == {
        feed: (count, 0) for feed, count in counts.items()
    }
    delivered = ops_rows(
        home,
        "select feed, site_id from marts.load_ledger where path not like 'fetched/%' "
        "and (feed in ('hr_employees', 'hr_identities', 'asterisk_queue_log') "
        "or feed = 'surveys' and site_id = 'riga')",
    )
    assert delivered == []


# ---- from files to sources -----------------------------------------------------------------------


def declared(server: Server, api: Api) -> dict[str, object]:
    """What `sources.yml` says."""
    logs = [
        {"feed": "asterisk_queue_log", "site": site, "table": f"queue_log_{site}", "cursor": "time"}
        for site in CLOCKS
    ]
    return {
        "exchange": {
            "kind": "sql_database",
            "url": server.url(),
            "password": {"env": "EXCHANGE_PASSWORD"},
            "feeds": [
                {"feed": "hr_employees", "table": "hr_employees", "cursor": "updated_at"},
                {"feed": "hr_identities", "table": "hr_identities"},
                *logs,
            ],
        },
        "voices": {
            "kind": "rest_api",
            "base_url": api.url,
            "auth": {"type": "bearer", "token": {"env": "SURVEY_TOKEN"}},
            "paginator": {"type": "page_number", "base_page": 1, "has_more_path": "has_more"},
            "feeds": [
                {
                    "feed": "surveys",
                    "site": "riga",
                    "path": "numbered",
                    "records": "surveys",
                    "cursor": "answered_at",
                    "since": "since",
                }
            ],
        },
    }


def taken(folder: Path) -> list[dict[str, str]]:
    """Rows of the CSV files of a folder, which is gone afterwards."""
    rows = [
        row
        for file in sorted(folder.rglob("*.csv"))
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    ]
    shutil.rmtree(folder)
    return rows


def fill(
    server: Server, table: str, columns: dict[str, str], rows: list[tuple[object, ...]]
) -> int:
    """Make a table of rows; their number."""
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} ({described})")
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"insert into {table} values ({marks})", rows)
    connection.close()
    return len(rows)


def fill_table(server: Server, inbox: Path, feed: str) -> int:
    """HR's own database, with types where files have text."""
    rows = taken(inbox / feed)
    columns = TABLES[feed]
    return fill(
        server, feed, columns, [tuple(row[name] or None for name in columns) for row in rows]
    )


def fill_log(server: Server, inbox: Path, site: str) -> int:
    """The exchange's log as a table: what was written first comes first within a second."""
    folder = inbox / "asterisk_queue_log" / f"site={site}"
    files = sorted(folder.iterdir())
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    shutil.rmtree(folder)
    rows: list[tuple[object, ...]] = []
    for number, line in enumerate(lines):
        epoch, *event = line.split("|")
        at: object = int(epoch)
        if CLOCKS[site] == "timestamp":
            instant = datetime.fromtimestamp(int(epoch), MANILA).replace(tzinfo=None)
            at = instant + timedelta(microseconds=number)
        rows.append((number, at, *event, *[""] * (len(EVENT) - len(event))))
    columns = {"id": "bigint primary key", "time": CLOCKS[site], **dict.fromkeys(EVENT, "text")}
    return fill(server, f"queue_log_{site}", columns, rows)
