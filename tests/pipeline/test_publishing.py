"""Locking, publishing, restoring and fingerprints, on small files and without Dagster."""

from __future__ import annotations

import fcntl
import os
import time
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib import fingerprint, publishing
from dagster_project.lib.clock import parse_instant
from dagster_project.lib.locking import LockHeldError, RunLock, is_held, read_holder
from dagster_project.lib.settings import Home


def build(home: Home, run_id: str, value: int) -> bool:
    """Build all databases with one value in them."""
    is_restored = publishing.begin_build(home, run_id)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema if not exists landing")
        connection.execute(f"create or replace table landing.run as select {value} as value")
    for name in publishing.DATABASES:
        with duckdb.connect(str(home.build / f"{name}.duckdb")) as connection:
            connection.execute(f"create or replace table main.t as select {value} as value")
    return is_restored


def value(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select value from main.t").fetchall()[0][0]


def landed(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select value from landing.run").fetchall()[0][0]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_one_link_publishes_all_files(home: Home) -> None:
    build(home, "first", 1)
    publishing.publish(home, "first", {"parts": "a"})
    assert value(home.serving / "marts.duckdb") == value(home.current / "warehouse.duckdb") == 1
    assert os.readlink(home.serving / "marts.duckdb") == "current/marts.duckdb"
    assert os.readlink(home.current) == "versions/first"
    assert publishing.published_state(home) == {"parts": "a"}
    assert publishing.dirty_run(home) is None


def test_an_open_reader_keeps_the_old_file_and_a_new_one_sees_the_new(home: Home) -> None:
    build(home, "first", 1)
    publishing.publish(home, "first", {})
    with duckdb.connect(str(home.serving / "marts.duckdb"), read_only=True) as reader:
        build(home, "second", 2)
        publishing.publish(home, "second", {})
        assert reader.execute("select value from main.t").fetchall() == [(1,)]
        assert value(home.versions / "second" / "marts.duckdb") == 2


def test_an_unpublished_build_is_thrown_away(home: Home) -> None:
    build(home, "first", 1)
    publishing.publish(home, "first", {})
    build(home, "killed", 2)
    (home.build / "marts.duckdb.wal").write_bytes(b"half a transaction")
    assert value(home.serving / "marts.duckdb") == 1

    assert publishing.begin_build(home, "next")
    assert value(home.build / "marts.duckdb") == 1
    assert landed(home.warehouse) == 1


def test_a_warehouse_begins_with_what_was_landed_and_nothing_else(home: Home) -> None:
    build(home, "first", 1)
    publishing.publish(home, "first", {})
    assert not publishing.begin_build(home, "second")
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        assert connection.execute("select table_name from duckdb_tables()").fetchall() == [("run",)]
    assert landed(home.warehouse) == 1


def test_a_publication_that_broke_off_is_finished_by_the_next_attempt(home: Home) -> None:
    build(home, "first", 1)
    publishing.publish(home, "first", {})
    build(home, "second", 2)
    version = home.versions / "second"
    version.mkdir()
    os.replace(home.warehouse, version / "warehouse.duckdb")
    os.replace(home.marts, version / "marts.duckdb")
    assert value(home.published_marts) == 1

    publishing.publish(home, "second", {})
    assert value(home.published_marts) == value(home.published_warehouse) == 2
    assert value(home.marts) == 2


def test_a_publication_that_broke_off_and_is_given_up_leaves_the_last_one(home: Home) -> None:
    build(home, "first", 1)
    publishing.publish(home, "first", {})
    build(home, "killed", 2)
    (home.versions / "killed").mkdir()
    os.replace(home.marts, home.versions / "killed" / "marts.duckdb")

    assert publishing.begin_build(home, "next")
    assert value(home.published_marts) == value(home.marts) == 1


def test_a_first_build_that_was_killed_leaves_no_files(home: Home) -> None:
    build(home, "killed", 1)
    assert publishing.begin_build(home, "next")
    assert not (home.build / "warehouse.duckdb").exists()


def test_a_run_killed_between_swap_and_mark_is_finished_later(home: Home) -> None:
    build(home, "first", 1)
    publishing.publish(home, "first", {})
    home.dirty_mark.write_text("first")
    part = home.superseded / "feed" / "part.parquet"
    part.parent.mkdir(parents=True)
    part.touch()

    publishing.finish(home)
    assert not part.exists()
    assert publishing.dirty_run(home) is None
    assert not publishing.begin_build(home, "second")


def test_old_versions_go_after_their_grace_time(home: Home) -> None:
    for number in range(4):
        (home.versions / f"run{number}").mkdir(parents=True)
        age = time.time() - (4 - number) * publishing.GRACE_SECONDS
        os.utime(home.versions / f"run{number}", (age, age))
    publishing.collect(home.versions, "run3")
    assert sorted(path.name for path in home.versions.iterdir()) == ["run2", "run3"]


def test_the_published_version_is_kept_however_old(home: Home) -> None:
    for number in range(3):
        folder = home.versions / f"run{number}"
        folder.mkdir(parents=True)
        os.utime(folder, (number, number))
    publishing.collect(home.versions, "run0")
    assert len(list(home.versions.iterdir())) == 3


def test_the_lock_names_its_holder(home: Home) -> None:
    with RunLock(home.run_lock, "first", 0):
        assert is_held(home.run_lock)
        with pytest.raises(LockHeldError, match="run first"), RunLock(home.run_lock, "second", 0):
            pass
    assert not is_held(home.run_lock)
    with RunLock(home.run_lock, "third", 0) as lock:
        assert lock.crashed is None


def test_the_lock_tells_of_a_crash(home: Home) -> None:
    with RunLock(home.run_lock, "killed", 0):
        text = home.run_lock.read_text()
    home.run_lock.write_text(text)  # what a kill leaves: the name, and no lock
    with RunLock(home.run_lock, "next", 0) as lock:
        assert lock.crashed is not None
        assert lock.crashed.run_id == "killed"


def test_a_lock_of_another_process_is_seen(home: Home) -> None:
    with home.run_lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert is_held(home.run_lock)
    assert read_holder(home.run_lock) is None


def test_results_do_not_depend_on_the_clock_once_all_has_settled() -> None:
    last = datetime(2026, 10, 31, 20)
    early = fingerprint.settled_as_of(datetime(2026, 11, 1), last)
    assert early == "2026-11-01 00:00:00"
    # October's quarter ends with the year, and is final eight days later.
    late = {fingerprint.settled_as_of(datetime(2027, month, 1), last) for month in (2, 3)}
    assert late == {"2027-01-09 00:00:00"}


def test_hours_alone_are_nothing_new_unless_something_happened_in_them() -> None:
    old = {"parts": "a", "as_of": "2026-11-01 09:00:00", "last_event_at": "2026-10-31 20:00:00"}
    later = old | {"as_of": "2026-11-01 23:00:00"}
    assert fingerprint.only_hours_passed(old, later)
    assert not fingerprint.only_hours_passed(old, later | {"as_of": "2026-11-02 00:00:00"})
    assert not fingerprint.only_hours_passed(old, later | {"parts": "b"})
    busy = {"last_event_at": "2026-11-01 10:00:00"}
    assert not fingerprint.only_hours_passed(old | busy, later | busy)
    assert not fingerprint.only_hours_passed({}, later)


def test_a_seed_counts_by_content_and_by_header() -> None:
    old = {"seeds": {"kpis": "h1:c1", "sites": "h1:c1"}}
    new = {"seeds": {"kpis": "h1:c2", "sites": "h2:c3", "tiers": "h1:c1"}}
    assert fingerprint.changed_seeds(old, new) == {"kpis", "sites", "tiers"}
    assert not fingerprint.has_new_header("kpis", old, new)
    assert fingerprint.has_new_header("sites", old, new)
    assert fingerprint.has_new_header("tiers", old, new)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-31", datetime(2026, 10, 31, 23, 59, 59)),
        ("2026-10-31T12:00:00", datetime(2026, 10, 31, 12)),
        ("2026-10-31T12:00:00+02:00", datetime(2026, 10, 31, 10)),
    ],
)
def test_as_of(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


def test_as_of_says_what_it_expects() -> None:
    with pytest.raises(ValueError, match="is no date; expected 2026-10-31"):
        parse_instant("31.10.2026")
