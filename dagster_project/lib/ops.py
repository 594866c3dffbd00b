"""`ops.duckdb`: what every run did and found, published whether or not the marts were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import duckdb

from dagster_project.lib import lake, landed, publishing
from dagster_project.lib.feeds import Feed
from dagster_project.lib.quality import CheckResult
from dagster_project.lib.settings import Home

SCHEMA = """
create schema if not exists marts;
create table if not exists marts.runs (
    run_id varchar primary key,
    started_at timestamp,
    finished_at timestamp,
    as_of timestamp,
    outcome varchar,
    message varchar
);
create table if not exists marts.quality_results (
    run_id varchar,
    checked_at timestamp,
    layer varchar,
    check_name varchar,
    subject varchar,
    severity varchar,
    is_passed boolean,
    observed varchar,
    expected varchar,
    message varchar
);
create or replace table marts.feeds (
    feed varchar primary key,
    feed_label varchar,
    is_required boolean,
    max_age_hours double
);
create or replace table marts.held_files (
    feed varchar,
    site_id varchar,
    path varchar,
    reason varchar
);
"""


class Outcome(StrEnum):
    """How a run ended."""

    PUBLISHED = "published"
    NOTHING_NEW = "nothing new"
    HELD_BACK = "held back"
    WRONG_SEEDS = "wrong seeds"
    FAILED = "failed"
    KILLED = "killed"

    @property
    def exit_code(self) -> int:
        """The process's exit code, part of the stable interface."""
        return {"published": 0, "nothing new": 0, "held back": 1, "wrong seeds": 2}.get(self, 3)


@dataclass(frozen=True)
class Run:
    """One row of `runs`."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    as_of: datetime | None
    outcome: Outcome
    message: str


def publish(
    home: Home,
    feeds: Mapping[str, Feed],
    runs: Iterable[Run],
    results: Sequence[CheckResult],
    landed_rows: Sequence[landed.LedgerRow] | None = None,
) -> None:
    """Write the next `ops.duckdb` from the last one and swap its link.

    `runs` ends with the run that writes; the results are its own, and so is what landed, where it
    got so far as to tell the warehouse.
    """
    rows = [
        (r.run_id, r.started_at, r.finished_at, r.as_of, str(r.outcome), r.message) for r in runs
    ]
    run_id, finished_at = rows[-1][0], rows[-1][2]
    home.ops_versions.mkdir(parents=True, exist_ok=True)
    target = home.ops_versions / f"{run_id}.duckdb"
    part = home.ops_versions / f".{run_id}.build"
    part.unlink(missing_ok=True)
    if home.ops.exists():
        publishing.copy_file(home.ops, part)
    with duckdb.connect(str(part)) as connection:
        connection.execute("begin")
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        _insert(connection, "runs", rows, "insert or replace")
        _insert(
            connection,
            "quality_results",
            [
                (
                    *(run_id, finished_at, str(check.layer), check.check_name, check.subject),
                    *(str(check.severity), check.is_passed),
                    *(check.observed, check.expected, check.message),
                )
                for check in results
            ],
        )
        _insert(
            connection,
            "feeds",
            [(f.name, f.label, f.is_required, f.max_age_hours) for f in feeds.values()],
        )
        _insert(
            connection,
            "held_files",
            [
                (feed.name, note["site_id"], path, note["reason"])
                for feed in feeds.values()
                for path, note in lake.held_notes(home, feed).items()
            ],
        )
        landed.write_ops_tables(connection, home, feeds, "marts", landed_rows)
        connection.execute("commit")
        connection.execute("checkpoint")
    part.replace(target)
    publishing.swap_link(home.ops, f"ops/{target.name}")
    publishing.collect(home.ops_versions, run_id)


def last_run(home: Home, run_id: str | None = None) -> Run | None:
    """Return a run (the newest unless told which) as `ops.duckdb` has it."""
    if not home.ops.exists():
        return None
    with duckdb.connect(str(home.ops), read_only=True) as connection:
        row = connection.execute(
            "select run_id, started_at, finished_at, as_of, outcome, message from marts.runs "
            "where run_id = coalesce(?, run_id) order by started_at desc, run_id limit 1",
            [run_id],
        ).fetchone()
    if row is None:
        return None
    run, started_at, finished_at, as_of, outcome, message = row
    return Run(run, started_at, finished_at, as_of, Outcome(outcome), message)


def _insert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: Sequence[tuple[Any, ...]],
    verb: str = "insert",
) -> None:
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join(["unnest(?)"] * len(columns))
        connection.execute(f"{verb} into marts.{table} select {lists}", columns)
