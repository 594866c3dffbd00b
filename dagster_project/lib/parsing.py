"""From the bytes of files to Parquet parts, by DuckDB.

Every format is staged the same way (rows of text with their number), judged by one SQL expression
and written as accepted and rejected rows of one or two parts for each file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import duckdb

from dagster_project.lib.database import quoted
from dagster_project.lib.feeds import Feed
from dagster_project.lib.judging import judge
from dagster_project.lib.scanning import LONGEST_TEXT, Base, Scan
from dagster_project.lib.staging import Staged, stage, staged_rows


@dataclass(frozen=True)
class Origin:
    """Where a file stands and what it is there."""

    feed: Feed
    path: str
    site_id: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Delivered:
    """A file whose bytes have been looked at.

    Attributes:
        origin: What the file is.
        scanned: What its bytes said.
        base: What was known of it before, where it has grown.
        name_part: Gives the name of a part from (start, end, sha256).
    """

    origin: Origin
    scanned: Scan
    base: Base | None
    name_part: Callable[[int, int, str], str]


@dataclass(frozen=True)
class ParsedPart:
    """One part as it was written, not yet admitted."""

    name: str
    lines_read: int
    accepted: int
    rejected: int
    first_at: str | None
    last_at: str | None


@dataclass(frozen=True)
class Parsed:
    """What became of one file.

    Attributes:
        parts: What was written.
        notes: What the log should say once.
        message: Why the file as a whole is not usable, if it is not.
    """

    parts: tuple[ParsedPart, ...]
    notes: tuple[str, ...]
    message: str | None


def parse(
    con: duckdb.DuckDBPyConnection, files: Sequence[Delivered], *, target: Path, work: Path
) -> list[Parsed]:
    """Write the parts of one file, or of several that are read alike.

    Args:
        con: From `session`.
        files: Of one feed.
        target: Folder for the parts.
        work: Folder for copies.

    Raises:
        duckdb.Error: When one of several files is not what it looked like; nothing is written.
    """
    feed, scans = files[0].origin.feed, [file.scanned for file in files]
    staged = stage(con, feed, scans, work)
    judge(con, feed, staged)
    return [
        _write_parts(con, file, staged, before, own, target)
        for file, (before, own) in zip(files, staged_rows(con, scans), strict=True)
    ]


def _write_parts(
    con: duckdb.DuckDBPyConnection,
    file: Delivered,
    staged: Staged,
    rows_before: int,
    row_count: int,
    target: Path,
) -> Parsed:
    """Write what was judged of one file, whose rows come after those of other files."""
    origin, scanned, base = file.origin, file.scanned, file.base
    has_tail = scanned.split < scanned.end
    whole_count = row_count - 1 if has_tail and row_count else row_count
    spans = [(scanned.start, scanned.split, scanned.sha256_at_split, 1, whole_count)]
    if has_tail:
        tail = (scanned.split, scanned.end, scanned.sha256, whole_count + 1, row_count)
        spans = [*spans, tail] if scanned.split > scanned.start else [tail]
    if scanned.damage:
        # The place where a cut stream ends counts as one record that could not be read.
        row_count += 1
        spans = [(*spans[0][:4], row_count)]
        reason = f"{scanned.damage}; deliver it again"
        con.execute("insert into taken_out values (?, ?, '')", [row_count, reason])
    before = base.row_count if base and scanned.start else 0
    started_at = base.started_at if base and scanned.start else None
    rows = [_Rows(rows_before + first, rows_before + last) for *_, first, last in spans]
    summaries = [_summary(con, of) for of in rows]
    started_at = started_at or min((s.first_at for s in summaries if s.first_at), default=None)
    parts: list[ParsedPart] = []
    for (start, end, sha256, _, last), of, summary in zip(spans, rows, summaries, strict=True):
        part = file.name_part(start, end, sha256)
        facts = {
            "path": origin.path,
            "feed": origin.feed.name,
            "site_id": origin.site_id,
            "size": str(origin.size),
            "mtime_ns": str(origin.mtime_ns),
            "end": str(end),
            "sha256": sha256,
            "is_terminated": str(int(end == scanned.split)),
            "row_count": str(before + last),
            "lines_read": str(summary.lines_read),
            "accepted": str(summary.accepted),
            "rejected": str(summary.lines_read - summary.accepted),
            "started_at": started_at or "",
            "first_at": summary.first_at or "",
            "last_at": summary.last_at or "",
        }
        # What is added to a row's number to make it that of its line.
        shift = before - rows_before
        if summary.lines_read > summary.accepted:
            _write(con, _rejected_sql(origin, of, shift), target / f"{part}.rejected", {})
        _write(
            con,
            _accepted_sql(origin, part, of, shift, started_at),
            target / f"{part}.parquet",
            facts,
        )
        parts.append(
            ParsedPart(
                part,
                summary.lines_read,
                summary.accepted,
                summary.lines_read - summary.accepted,
                summary.first_at,
                summary.last_at,
            )
        )
    return Parsed(tuple(parts), staged.notes, staged.message or scanned.damage)


@dataclass(frozen=True)
class _Rows:
    """Rows by their numbers, the last one included."""

    first: int
    last: int


@dataclass(frozen=True)
class _Summary:
    lines_read: int
    accepted: int
    first_at: str | None
    last_at: str | None


def _summary(con: duckdb.DuckDBPyConnection, of: _Rows) -> _Summary:
    row = con.execute(
        """
        select count(*), count(*) filter (_problem is null), min(_at)::varchar, max(_at)::varchar,
            (select count(*) from taken_out where n between $first and $last)
        from judged where _n between $first and $last
        """,
        {"first": of.first, "last": of.last},
    ).fetchone()
    read, accepted, first_at, last_at, taken_out = cast(
        tuple[int, int, str | None, str | None, int], row
    )
    return _Summary(read + taken_out, accepted, first_at, last_at)


def _accepted_sql(origin: Origin, part: str, of: _Rows, shift: int, started_at: str | None) -> str:
    columns = ", ".join(f'"{name}"' for name in origin.feed.data_columns())
    started = "null::timestamp"
    if started_at and origin.feed.grows:
        started = f"timestamp {quoted(started_at)}"
    return (
        f"select {columns}, {quoted(origin.path)} as _path, {quoted(part)} as _part, "  # noqa: S608
        f"{quoted(origin.site_id)} as _site_id, _n + {shift} as _line_number, "
        f"{started} as _file_started_at "
        f"from judged where _problem is null and _n between {of.first} and {of.last}"
    )


def _rejected_sql(origin: Origin, of: _Rows, shift: int) -> str:
    return (
        f"select {quoted(origin.path)} as path, n + {shift} as line_number, field, value, "  # noqa: S608
        "reason, text from ("
        "select _n as n, split_part(_problem, '|', 1) as field, "
        f"left(_value, {LONGEST_TEXT}) as value, "
        f"split_part(_problem, '|', 2) as reason, left(_text, {LONGEST_TEXT}) as text "
        "from judged where _problem is not null "
        "union all select n, 'line', null, reason, text from taken_out) "
        f"where n between {of.first} and {of.last} order by n"
    )


def _write(
    con: duckdb.DuckDBPyConnection, select: str, target: Path, facts: Mapping[str, str]
) -> None:
    """Write beside, make it last, then give it its name: it is there whole or not at all."""
    beside = target.with_name(f"{target.name}.tmp")
    metadata = ", ".join(f'"{key}": {quoted(value)}' for key, value in facts.items())
    options = f", kv_metadata {{{metadata}}}" if facts else ""
    con.execute(
        f"copy ({select}) to {quoted(str(beside))} (format parquet, compression zstd{options})"
    )
    make_last(beside)
    os.replace(beside, target)


def make_last(path: Path) -> None:
    """Force a file's bytes onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
