"""Raw lines of every event and quirk, through the whole line: rows worked out by hand.

The cases stand in `lines/*.yml`, each with its raw lines, the rows that must come of them and why:

    site      the folder that its files lie in; a site of its own unless the case needs a time zone
    log       lines of its queue_log; `files` names further files by feed or by feed and name
    later     files that arrive after a first run; one of an earlier name takes its place
    only      what its callids and agents begin with, where several cases share a site
    <table>   rows of a published table as text: the names of some columns, then a line a row

In these rows `-` is NULL, `contact` is the contact's id without source and site, `customer` the
number that was hashed, and an instant the number of seconds since 2026-10-24 00:00:00 UTC (epoch
1792800000) or, more than eight days from there, an ISO text. A table that a case does not name is
not looked at, except that `unplaced_events` must have nothing of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.line import AS_OF, run_line

FOLDER = Path(__file__).parent / "lines"
START = datetime(2026, 10, 24)
DELIVERIES = ("files", "later")
# Each table's name and order in the marts, and the column by which `only` chooses.
MARTS = {
    "contacts": ("fct_contacts", "contact_id", "callid"),
    "visits": ("fct_queue_visits", "contact_id, visit_number", "callid"),
    "legs": ("fct_contact_legs", "contact_id, leg_number", "callid"),
    "offers": ("fct_offers", "contact_id, offer_number", "callid"),
    "states": ("fct_agent_states", "agent_login, started_at", "agent_login"),
    "unplaced": ("unplaced_events", "event_at, file_path, line_number", "callid"),
}
OPS = {"ledger": ("load_ledger", "path"), "rejected": ("rejected_rows", "path, line_number")}
WORDS = {"name", "why", "site", "only", "log", *DELIVERIES, *MARTS, *OPS}

Case = dict[str, Any]

pytestmark = pytest.mark.slow


def load_cases() -> list[Case]:
    """Every case; a mistyped word is a mistake, not a case without expectations."""
    cases = [
        case for file in sorted(FOLDER.glob("*.yml")) for case in yaml.safe_load(file.read_text())
    ]
    for case in cases:
        assert case.keys() <= WORDS, (case["name"], case.keys() - WORDS)
        assert case["why"], case["name"]
        case.setdefault("site", case["name"].replace(" ", "_"))
        if "log" in case:
            case.setdefault("files", {})["asterisk_queue_log/queue_log"] = case["log"]
    names = [case["name"] for case in cases]
    assert sorted(set(names)) == sorted(names)
    return cases


CASES = load_cases()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases in one inbox, delivered in two runs."""
    home = tmp_path_factory.mktemp("lines")
    for delivery in DELIVERIES:
        for case in CASES:
            for name, content in case.get(delivery, {}).items():
                feed, _, file = name.partition("/")
                file = file or case["name"].replace(" ", "_") + ".csv"
                path = home / "inbox" / feed / f"site={case['site']}" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
        done = run_line(home, "--as-of", AS_OF)
        assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="module")
def published(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name in ("marts", "ops"):
            file = home / "serving" / f"{name}.duckdb"
            connection.execute(f"attach '{file}' as {name} (read_only)")
        yield connection


def written(value: object, numbers: dict[str, str]) -> str:
    """A value as a case writes it."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        seconds = (value - START).total_seconds()
        return f"{seconds:.10g}" if 0 <= seconds < 8 * 86400 else value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}"
    text = str(value)
    return numbers.get(text, text.replace(" ", "_")) or "''"


def numbers_in(case: Case) -> dict[str, str]:
    """The callers' numbers that a case's files hold, by their hash."""
    content = " ".join(text for key in DELIVERIES for text in case.get(key, {}).values())
    found = re.findall(r"\+?[0-9]{7,}", content)
    return {
        hashlib.sha256(f"test:{number.lstrip('+')}".encode()).hexdigest()[:24]: number
        for number in found
    }


def answer(
    published: duckdb.DuckDBPyConnection, case: Case, table: str, columns: list[str]
) -> list[str]:
    """The rows of a table that belong to a case, as it writes them."""
    column_of = {
        "contact": "regexp_replace(contact_id, '^[^:]*:[^:]*:', '')",
        "customer": "customer_key",
        "file": "parse_filename(path)",
    }
    chosen = ", ".join(column_of.get(column, column) for column in columns)
    if table in OPS:
        name, order = OPS[table]
        query = f"select {chosen} from ops.marts.{name} where path like ? order by {order}"
        rows = published.execute(query, [f"%/site={case['site']}/%"]).fetchall()
    else:
        name, order, key = MARTS[table]
        query = (
            f"select {chosen} from marts.marts.{name} "
            f"where site_id = ? and starts_with({key}, ?) order by {order}"
        )
        rows = published.execute(query, [case["site"], case.get("only", "")]).fetchall()
    numbers = numbers_in(case)
    return [" ".join(written(value, numbers) for value in row) for row in rows]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_lines(published: duckdb.DuckDBPyConnection, case: Case) -> None:
    for table in (*MARTS, *OPS):
        if table in case or table == "unplaced":
            columns, *expected = case.get(table, "event").splitlines()
            found = answer(published, case, table, columns.split())
            assert found == [" ".join(row.split()) for row in expected], (table, case["why"])
