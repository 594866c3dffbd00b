"""Third-party files, each alone in an inbox, through the whole line: the published figures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.line import PROJECT, run_line

SHARED = PROJECT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SHARED.is_dir(), reason=f"the third-party files are not there: {SHARED}"
    ),
]


class Published:
    """What one run published."""

    def __init__(self, home: Path) -> None:
        """Opens the marts for reading."""
        self.home = home
        self.marts = duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True)
        self.marts.execute("use marts.marts")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Answer of the marts."""
        return self.marts.execute(query).fetchall()

    def ledger(self, feed: str) -> list[tuple[Any, ...]]:
        """Lines read, accepted, rejected and duplicate of a feed's files."""
        with duckdb.connect(str(self.home / "serving" / "ops.duckdb"), read_only=True) as ops:
            return ops.execute(
                "select sum(lines_read), sum(accepted), sum(rejected), sum(duplicates)"
                " from marts.load_ledger where feed = ? group by path",
                [feed],
            ).fetchall()


def publish(folder: Path, feed: str, source: Path) -> Published:
    """Runs the line over an inbox that holds one file."""
    inbox, home = folder / "inbox", folder / "home"
    target = inbox / feed / source.name
    target.parent.mkdir(parents=True)
    shutil.copyfile(source, target)
    run = run_line(home, "--inbox", str(inbox))
    assert run.returncode == 0, run.stdout + run.stderr
    return Published(home)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    source = SHARED / "asterisk_queue_log" / "queue_log"
    published = publish(tmp_path_factory.mktemp("log"), "asterisk_queue_log", source)
    yield published
    published.marts.close()


@pytest.fixture(scope="module")
def cdr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    source = SHARED / "asterisk_cdr" / "smallcdr.csv"
    published = publish(tmp_path_factory.mktemp("cdr"), "asterisk_cdr", source)
    yield published
    published.marts.close()


def test_log_lines_are_accounted_for(log: Published) -> None:
    assert log.ledger("asterisk_queue_log") == [(278, 278, 0, 0)]


def test_log_contacts(log: Published) -> None:
    rows = log.rows(
        "select outcome, count(*), sum(wait_seconds) from fct_contacts group by 1 order by 1"
    )
    # 13+45+17+32+17+21+15+23+17+10+2+3 = 215; 1+2+36+6+84+4+5+5 = 143
    assert [row[:2] for row in rows] == [("abandoned", 12), ("answered", 8), ("unfinished", 1)]
    assert [row[2] for row in rows[:2]] == [215, 143]


def test_log_visits(log: Published) -> None:
    rows = log.rows(
        "select outcome, count(*), sum(wait_seconds) from fct_queue_visits group by 1 order by 1"
    )
    assert rows == [("abandoned", 12, 215), ("answered", 8, 143), ("unfinished", 1, None)]
    unfinished = log.rows("select contact_id from fct_queue_visits where outcome = 'unfinished'")
    assert [row[0].rsplit(":", 1)[-1] for row in unfinished] == ["1266839768.534"]


def test_log_legs(log: Published) -> None:
    # 3+4+8+12+5+13+0 = 45
    rows = log.rows(
        "select count(*), count(talk_seconds), count(ended_at), sum(talk_seconds)"
        " from fct_contact_legs"
    )
    assert rows == [(8, 7, 7, 45)]
    unfinished = log.rows(
        "select contact_id, ended_at, talk_seconds"
        " from fct_contact_legs where end_reason = 'unfinished'"
    )
    assert [(row[0].rsplit(":", 1)[-1], *row[1:]) for row in unfinished] == [
        ("1266839761.533", None, None)
    ]


def test_log_offers(log: Published) -> None:
    rows = log.rows("select end_reason, count(*) from fct_offers group by 1 order by 1")
    assert rows == [("answered", 8), ("no_answer", 221)]
    # The file logs the rings that nobody took in milliseconds.
    longest = log.rows("select max(ring_seconds) from fct_offers where end_reason = 'no_answer'")
    lines = (SHARED / "asterisk_queue_log" / "queue_log").read_text().splitlines()
    rings = [int(line.split("|")[5]) for line in lines if "|RINGNOANSWER|" in line]
    assert len(rings) == 221
    assert longest == [(max(rings) / 1000,)]


def test_log_places_every_event(log: Published) -> None:
    assert log.rows("select count(*) from unplaced_events") == [(0,)]


def test_cdr_rows_are_accounted_for(cdr: Published) -> None:
    # The two equal rows are two rows.
    assert cdr.ledger("asterisk_cdr") == [(45, 45, 0, 0)]
    with duckdb.connect() as connection:
        raw = cdr.home / "lake" / "raw" / "asterisk_cdr" / "*.parquet"
        count = connection.execute(f"select count(*) from read_parquet('{raw}')").fetchall()
    assert count == [(45,)]


def test_cdr_contacts_and_legs(cdr: Published) -> None:
    assert cdr.rows("select count(*), count(distinct contact_id) from fct_contacts") == [(37, 37)]
    assert cdr.rows("select count(*), sum(talk_seconds) from fct_contact_legs") == [(27, 7408)]
    assert cdr.rows("select count(*) from fct_queue_visits") == [(0,)]
