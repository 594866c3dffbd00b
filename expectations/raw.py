"""What a file must look like before its lines are admitted to the lake.

The table has one row per file that waits for admission; `feed_state` has one row about the feed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.lib import lake
from dagster_project.lib.feeds import Feed
from dagster_project.lib.landing import FileReport
from dagster_project.lib.quality import Severity
from expectations.rules import NoRows, Rule

REPLACE = (
    "have the file delivered again and replace it in the inbox, or remove it; if its lines are "
    "right as they are: meritline release FILE --by WHO --reason TEXT."
)
FEW_FILES = 5
# `typical_lines` is the median of the site's admitted files, NULL when there are only a few.
TABLES = """
create or replace table waiting_files (
    path varchar, site_id varchar, lines_read bigint, accepted bigint, rejected bigint,
    fault varchar, is_released boolean,
    max_rejected_ratio double, typical_lines double
);
create or replace table feed_state (
    is_present boolean, last_at timestamp, as_of timestamp, max_age_hours double
)
"""
QUERY = "select * from waiting_files"


def rules(feed: Feed) -> list[Rule]:
    """Return the rules of one feed; freshness and volume only warn unless it is required."""
    severity = Severity.ERROR if feed.is_required else Severity.WARN
    return [
        NoRows(
            name="usable",
            query="select path, fault from {batch} where not is_released and fault is not null",
            what="A file as a whole cannot be used",
            expected="a complete file with the feed's columns",
            fix=REPLACE,
        ),
        NoRows(
            name="rejected_lines",
            query="select path, rejected, lines_read, max_rejected_ratio from {batch} "
            "where not is_released and rejected > max_rejected_ratio * lines_read",
            what="Too many lines of a file could not be read",
            expected=f"at most {feed.max_rejected_ratio:.0%} of a file's lines rejected",
            fix=f"see the lines in ops.duckdb, marts.rejected_rows; {REPLACE}",
        ),
        NoRows(
            name="lines_add_up",
            query="select path, lines_read, accepted, rejected from {batch} "
            "where lines_read <> accepted + rejected",
            what="Lines of a file got lost while it was read",
            expected="lines read = accepted + rejected",
            fix="this is a fault of the landing, not of the file: report it with the file.",
        ),
        NoRows(
            name="not_empty",
            query="select path from {batch} where lines_read = 0",
            what="A file has no lines",
            expected="at least one line",
            fix="check the export that wrote it.",
            severity=Severity.WARN,
        ),
        NoRows(
            name="volume",
            query="select path, lines_read, typical_lines from {batch} "
            "where not is_released and lines_read < 0.05 * typical_lines",
            what="A file is much smaller than this site's files are",
            expected="at least a twentieth of the median of the site's files",
            fix="check that the export was complete; a grown file is read from where it stopped.",
            severity=severity,
        ),
        NoRows(
            name="freshness",
            query="select is_present, last_at, as_of, max_age_hours from feed_state "
            "where (select count(*) from {batch}) >= 0 and (not is_present "
            "or last_at < as_of - max_age_hours * interval '1' hour)",
            what="The newest event of the feed is old, or there is none",
            expected=f"an event in the {feed.max_age_hours:g} hours before as-of"
            if feed.max_age_hours
            else "at least one file",
            fix="check that the files of the last days arrived in the inbox.",
            severity=severity,
        ),
    ]


def prepare(
    execute: Callable[[str, Sequence[object]], object],
    feed: Feed,
    files: Sequence[FileReport],
    lake_folder: Path,
    as_of: datetime,
) -> None:
    """Fill the tables for one feed whose `files` wait for admission."""
    for statement in TABLES.split(";"):
        execute(statement, ())
    with duckdb.connect() as connection:
        admitted = lake.parts_in(connection, lake_folder)
    for file in files:
        sizes = sorted(
            part.lines_read
            for part in admitted
            if part.site_id == file.site_id and part.path != file.path
        )
        values = (
            *(file.path, file.site_id, file.lines_read, file.accepted, file.rejected),
            *(file.message, file.released_by is not None),
            feed.max_rejected_ratio,
            sizes[len(sizes) // 2] if len(sizes) >= FEW_FILES else None,
        )
        marks = ", ".join("?" * len(values))
        execute(f"insert into waiting_files values ({marks})", values)  # noqa: S608 - only marks
    ends = [item.last_at for item in (*admitted, *files) if item.last_at]
    execute(
        "insert into feed_state values (?, ?, ?, ?)",
        (bool(admitted or files), max(ends, default=None), as_of, feed.max_age_hours),
    )
