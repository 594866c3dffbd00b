"""What the models see of the ledger and the journal: tables in the warehouse, before each build.

The schema `ledger` has the rows of the closed months as they were closed, what people decided on
adjustments, and what has changed since each closing: files, and rows of settings.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import adjustments, fingerprint, journal, ledger, sealing
from dagster_project.lib.closing import Event, Period
from dagster_project.lib.database import quoted
from dagster_project.lib.settings import Home

ACKNOWLEDGED = "acknowledged"
_SCHEMA = {
    "closed_periods": "period varchar, period_start date, closed_at timestamp, closed_by varchar, "
    "proposed_by varchar, approved_by varchar, run_id varchar, manifest_sha256 varchar, "
    "is_code_changed boolean",
    "decisions": "number integer, event varchar",
    "approved_adjustments": "adjustment_id varchar, employee_id varchar, reason varchar, "
    "currency varchar, amount decimal(18, 3), closed_period_start date, period_start date",
    "acknowledgements": "period_start date, employee_id varchar, acknowledged_at timestamp, "
    "acknowledged_by varchar",
    "file_changes": "period_start date, feed varchar, path varchar, change varchar, "
    "first_at timestamp, last_at timestamp",
    "seed_changes": "period_start date, seed varchar, line integer, change varchar, "
    "kpi_code varchar, role varchar, text varchar",
}


def state(home: Home) -> dict[str, str]:
    """Return hashes that stand for what is closed, decided and acknowledged."""
    events = journal.read(home.journal)
    return {
        "closed": ledger.state_hash(home),
        "decisions": _hash(adjustments.of_adjustments(events)),
        "acknowledgements": _hash(one for one in events if one["kind"] == ACKNOWLEDGED),
    }


def write_tables(
    connection: duckdb.DuckDBPyConnection, home: Home, project: Path, seeds: Path
) -> None:
    """Write the schema `ledger` anew.

    Args:
        connection: The warehouse, writable, in which the landing tables are those of this run.
        home: The home folder.
        project: The code, to tell whether its models are those of the closings.
        seeds: The settings of this run.
    """
    events = journal.read(home.journal)
    closed = [one.period for one in ledger.closed(home)]
    connection.execute("begin")
    connection.execute("drop schema if exists ledger cascade")
    connection.execute("create schema ledger")
    for name, columns in _SCHEMA.items():
        connection.execute(f"create table ledger.{name} ({columns})")
    _insert(connection, "closed_periods", [_closed_period(home, project, one) for one in closed])
    decided = list(adjustments.of_adjustments(events))
    _insert(
        connection,
        "decisions",
        [(one["number"], json.dumps(dict(one), ensure_ascii=False)) for one in decided],
    )
    _insert(connection, "approved_adjustments", list(_approved(decided)))
    _insert(connection, "acknowledgements", list(_acknowledged(events)))
    for period in closed:
        _remember_results(connection, home, home.ledger / str(period))
        _insert(connection, "seed_changes", list(_seed_changes(home, period, seeds)))
        connection.execute(
            f"""
            insert into ledger.file_changes
            with closed as (
                from {quoted(str(home.ledger / str(period) / ledger.FILES))}
            ),
            today as (from landing.files where state <> 'gone')
            select ?, feed, path, 'new', first_at, last_at from today
            where part not in (select part from closed)
            union all
            select ?, feed, path, 'gone', first_at, last_at from closed
            where part not in (select part from today)
            """,  # noqa: S608 - a path of our own
            [period.start, period.start],
        )
    connection.execute("commit")


def _remember_results(connection: duckdb.DuckDBPyConnection, home: Home, folder: Path) -> None:
    """Add the results of a closed month, in which columns may stand that other months lack."""
    sealing.reveal(connection, home, folder)
    for table in ledger.RESULT_TABLES:
        rows = sealing.swapped_rows(connection, folder / table.file)
        name = f"ledger.{table.name}"
        connection.execute(f"create table if not exists {name} as {rows} limit 0")
        known = {str(column) for column, *_ in connection.execute(f"describe {name}").fetchall()}
        for column, kind, *_ in connection.execute(f"describe {rows}").fetchall():
            if column not in known:
                connection.execute(f"alter table {name} add column {column} {kind}")
        connection.execute(f"insert into {name} by name {rows}")


def forget_closed(connection: duckdb.DuckDBPyConnection) -> None:
    """Let nothing be closed in a copy of a warehouse, so that closed months are computed too."""
    for table in ledger.RESULT_TABLES:
        connection.execute(f"drop table if exists ledger.{table.name}")
    for name in ("closed_periods", "file_changes", "seed_changes"):
        connection.execute(f"delete from ledger.{name}")  # noqa: S608 - names from code


def _closed_period(home: Home, project: Path, period: Period) -> tuple[Any, ...]:
    folder = home.ledger / str(period)
    manifest = ledger.read_manifest(folder)
    by = {event["kind"]: event["by"] for event in manifest["history"]}
    return (
        *(str(period), period.start, _instant(manifest["closed"]["at"]), manifest["closed"]["by"]),
        *(by.get("proposed"), by.get("approved"), manifest["publication"]["run_id"]),
        ledger.sha256(folder / ledger.MANIFEST),
        manifest["code"]["hash"] != fingerprint.code_hash(project),
    )


def _approved(events: Iterable[Event]) -> Iterator[tuple[Any, ...]]:
    for one in adjustments.decisions(events).values():
        if one.paid_in is not None and not one.rejected_by:
            yield (
                *(one.adjustment_id, one.employee_id),
                f"Adjustment {one.adjustment_id} of {one.period}: {one.reason}",
                *(one.currency, Decimal(one.amount), one.period.start, one.paid_in.start),
            )


def _acknowledged(events: Iterable[Event]) -> Iterator[tuple[Any, ...]]:
    for event in events:
        if event["kind"] == ACKNOWLEDGED:
            yield (
                *(Period.parse(event["period"]).start, event["employee_id"]),
                *(_instant(event["at"]), event["by"]),
            )


def _seed_changes(home: Home, period: Period, seeds: Path) -> Iterator[tuple[Any, ...]]:
    """Compare settings row by row, wherever in the file a row stands."""
    kept = home.ledger / str(period) / ledger.SEEDS
    people = sealing.identities(home, kept.parent)
    for name in sorted({path.name for folder in (kept, seeds) for path in folder.glob("*.csv")}):
        closed = [
            (line, sealing.in_text(people, text), row) for line, text, row in _rows(kept / name)
        ]
        today = _rows(seeds / name)
        for change, rows, others in (("gone", closed, today), ("new", today, closed)):
            left = Counter(text for _, text, _ in others)
            for line, text, row in rows:
                if left[text]:
                    left[text] -= 1
                else:
                    seed = name.removesuffix(".csv")
                    kpi, role = row.get("kpi_code"), row.get("role")
                    yield period.start, seed, line, change, kpi, role, text


def _rows(file: Path) -> list[tuple[int, str, dict[str, str]]]:
    """Line number, text and fields of each row; a field that says nothing is not told."""
    if not file.exists():
        return []
    with open(file, encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        return [
            (
                reader.line_num,
                ", ".join(f"{k}={v}" for k, v in row.items() if v not in {"", "*", None}),
                row,
            )
            for row in reader
        ]


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into ledger.{table} values ({marks})", rows)  # noqa: S608


def _hash(events: Iterable[Event]) -> str:
    return fingerprint.hash_text(json.dumps([dict(one) for one in events], sort_keys=True))


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC")
