"""What landing did, as tables: for the warehouse, and for `ops`.

They follow from the lake alone, which is its own ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import duckdb

from dagster_project.lib import lake
from dagster_project.lib.database import quoted
from dagster_project.lib.feeds import Feed
from dagster_project.lib.settings import Home


@dataclass(frozen=True)
class LedgerRow:
    """One part of one file: lines_read = accepted + rejected + duplicates."""

    feed: str
    site_id: str
    path: str
    part: str
    first_at: datetime | None
    last_at: datetime | None
    lines_read: int
    accepted: int
    rejected: int
    duplicates: int
    state: str


def write_landing_tables(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feeds: Mapping[str, Feed],
    run_id: str,
    as_of: datetime,
) -> list[LedgerRow]:
    """Write `landing.files`, `landing.log_duplicates` and `landing.run` into the warehouse.

    What the tables said before is what the last publication saw, so `con` must be the warehouse of
    the last publication (or an empty one). Returns the rows of `landing.files`.

    Args:
        con: The warehouse, writable.
        home: The home folder.
        feeds: All feeds.
        run_id: The run that builds.
        as_of: Its point in time, UTC.
    """
    con.execute("begin")
    try:
        con.execute("create schema if not exists landing")
        con.execute(
            "create table if not exists landing.files (feed varchar, site_id varchar, "
            "path varchar, part varchar, first_at timestamp, last_at timestamp, "
            "lines_read bigint, accepted bigint, rejected bigint, duplicates bigint, state varchar)"
        )
        con.execute(
            "create table if not exists landing.run "
            "(run_id varchar, as_of timestamp, previous_as_of timestamp)"
        )
        known = con.execute(
            "select feed, part, duplicates from landing.files where state <> 'gone'"
        ).fetchall()
        published: dict[str, dict[str, int]] = {}
        for name, part, duplicates in cast(list[tuple[str, str, int]], known):
            published.setdefault(name, {})[part] = duplicates
        previous = con.execute("select max(as_of) from landing.run").fetchone()
        _write_log_duplicates(con, home, feeds, "landing.log_duplicates", published)
        rows = _ledger(con, home, feeds, "landing.log_duplicates", published)
        con.execute("delete from landing.files")
        if rows:
            _insert(con, "landing.files", rows)
        con.execute("delete from landing.run")
        con.execute(
            "insert into landing.run values (?, ?, ?)",
            [run_id, as_of, previous[0] if previous else None],
        )
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    return rows


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[LedgerRow]) -> None:
    # Lists of values in one statement: many times faster than a statement for each row.
    names = list(LedgerRow.__dataclass_fields__)
    values = ", ".join(f"unnest(${name})" for name in names)
    con.execute(
        f"insert into {table} select {values}",
        {name: [getattr(row, name) for row in rows] for name in names},
    )


def ledger(
    home: Home, feeds: Mapping[str, Feed], landed: Sequence[LedgerRow] | None = None
) -> list[LedgerRow]:
    """One row for each live and each held part, from the lake alone.

    `landed` is what `write_landing_tables` returned, where nothing has been admitted since.
    """
    with duckdb.connect() as con:
        if landed is None:
            _write_log_duplicates(con, home, feeds, "log_duplicates", {})
            landed = _ledger(con, home, feeds, "log_duplicates", {})
        rows = [replace(row, state="live") for row in landed if row.state != "gone"]
        for feed in feeds.values():
            parts = lake.parts_in(con, home.held / feed.name)
            rows += [_ledger_row(part, 0, "held") for part in parts]
    return rows


def write_ops_tables(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feeds: Mapping[str, Feed],
    schema: str,
    landed: Sequence[LedgerRow] | None = None,
) -> None:
    """Write `load_ledger` and `rejected_rows` (without what the lines say) into a schema."""
    con.execute(
        f"create or replace table {schema}.load_ledger (feed varchar, site_id varchar, "
        "path varchar, part varchar, first_at timestamp, last_at timestamp, lines_read bigint, "
        "accepted bigint, rejected bigint, duplicates bigint, state varchar)"
    )
    rows = ledger(home, feeds, landed)
    if rows:
        _insert(con, f"{schema}.load_ledger", rows)
    # A file that grew stands in several parts; people ask for the file.
    con.execute(
        f"create or replace table {schema}.load_ledger as select feed, site_id, path, "  # noqa: S608
        "min(first_at) as first_at, max(last_at) as last_at, "
        "sum(lines_read)::bigint as lines_read, "
        "sum(accepted)::bigint as accepted, sum(rejected)::bigint as rejected, "
        f"sum(duplicates)::bigint as duplicates, state from {schema}.load_ledger "
        "group by feed, site_id, path, state order by feed, path"
    )
    con.execute(
        f"create or replace table {schema}.rejected_rows "
        "(feed varchar, path varchar, line_number bigint, field varchar, reason varchar)"
    )
    for feed in feeds.values():
        files = str(home.rejected / feed.name / "*.parquet")
        con.execute(
            f"insert into {schema}.rejected_rows select {quoted(feed.name)}, path, line_number, "  # noqa: S608
            f"field, reason from read_parquet({quoted(files)}) order by path, line_number"
        )


def _ledger(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feeds: Mapping[str, Feed],
    duplicates_table: str,
    published: Mapping[str, Mapping[str, int]],
) -> list[LedgerRow]:
    """Tell of each part.

    `published` has, by feed and part, the duplicates of those that the publication knows.
    """
    duplicates: dict[str, int] = {}
    rows: list[LedgerRow] = []
    counted = con.execute(
        f"select part, count(*) from {duplicates_table} group by all"  # noqa: S608
    ).fetchall()
    duplicates.update(cast(list[tuple[str, int]], counted))
    for feed in feeds.values():
        live = lake.parts_in(con, home.raw / feed.name)
        known = published.get(feed.name, {})
        if feed.key and live:
            # Which rows others replace is looked for anew where files came or went.
            is_same = {str(part.name) for part in live} == set(known)
            duplicates.update(known if is_same else _key_duplicates(con, home, feed))
        for part in live:
            state = "seen" if str(part.name) in known else "new"
            rows.append(_ledger_row(part, duplicates.get(str(part.name), 0), state))
        for part in lake.parts_in(con, home.superseded / feed.name):
            # What was replaced before anyone saw it was never there.
            if str(part.name) in known:
                rows.append(_ledger_row(part, 0, "gone"))
    return rows


def _ledger_row(part: lake.Part, duplicates: int, state: str) -> LedgerRow:
    return LedgerRow(
        feed=part.feed,
        site_id=part.site_id,
        path=part.path,
        part=str(part.name),
        first_at=datetime.fromisoformat(part.first_at) if part.first_at else None,
        last_at=datetime.fromisoformat(part.last_at) if part.last_at else None,
        lines_read=part.lines_read,
        accepted=part.accepted - duplicates,
        rejected=part.rejected,
        duplicates=duplicates,
        state=state,
    )


def _key_duplicates(
    con: duckdb.DuckDBPyConnection, home: Home, feed: Feed
) -> list[tuple[str, int]]:
    """Rows of each part that a later row of the same key replaces."""
    files = str(home.raw / feed.name / "*.parquet")
    latest = f'"{feed.latest}" desc nulls last, ' if feed.latest else ""
    key = ", ".join(f'"{name}"' for name in feed.key)
    rows = con.execute(
        f"""
        select _part, count(*) from (
            select _part, row_number() over (
                partition by {key} order by {latest}_path desc, _line_number desc
            ) as place
            from read_parquet({quoted(files)}, union_by_name = true)
        )
        where place > 1 group by _part
        """  # noqa: S608
    ).fetchall()
    return cast(list[tuple[str, int]], rows)


def _write_log_duplicates(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feeds: Mapping[str, Feed],
    table: str,
    published: Mapping[str, Mapping[str, int]],
) -> None:
    """List the lines of keyless logs that stand in more than one file of a site.

    Of each distinct line as many are kept as the file that has it most often has; of files that
    have it equally often the one that starts first keeps it. Only files whose times overlap can
    share a line, so only those are compared; and where the table tells already of the parts that
    are published, only in the times of those that came or went since.
    """
    con.execute(
        f"create table if not exists {table} (feed varchar, part varchar, line_number bigint)"
    )
    for feed in feeds.values():
        if feed.key:
            continue
        parts = lake.parts_in(con, home.raw / feed.name)
        known = published.get(feed.name, {})
        live = {str(part.name) for part in parts}
        if live == set(known):
            continue
        spans: dict[str, tuple[str, str, str]] = {}
        changed: dict[str, tuple[str, str]] = {}
        for part in parts:
            if part.first_at and part.last_at:
                _, first, last = spans.get(part.path, ("", part.first_at, part.last_at))
                first, last = min(first, part.first_at), max(last, part.last_at)
                spans[part.path] = (part.site_id, first, last)
                if str(part.name) not in known:
                    _widen(changed, part.site_id, part.first_at, part.last_at)
        if gone := sorted(set(known) - live):
            times = con.execute(
                "select site_id, first_at::varchar, last_at::varchar from landing.files "
                "where part in (select unnest(?)) and first_at is not null",
                [gone],
            ).fetchall()
            for site, first, last in cast(list[tuple[str, str, str]], times):
                _widen(changed, site, first, last)
        windows = _overlaps(spans)
        if known:
            # A line that stood in a file that is gone may stand in no other one now.
            windows = [
                (path, max(first, changed[site][0]), min(last, changed[site][1]))
                for path, (site, first, last) in spans.items()
                if site in changed and first <= changed[site][1] and last >= changed[site][0]
            ]
        con.execute(
            "create or replace temp table shared_times "
            "(path varchar, low timestamp, high timestamp)"
        )
        if windows:
            con.executemany("insert into shared_times values (?, ?, ?)", windows)
        paths = {path for path, _, _ in windows}
        time = "epoch_ms(epoch * 1000)" if feed.format == "queue_log" else feed.time_column
        content = ", ".join(f'"{name}"' for name in feed.data_columns())
        empty = home.raw / feed.name / lake.EMPTY
        con.execute(
            f"""
            create or replace temp table shared_lines as
            select _site_id, _path, _part, _line_number, _file_started_at,
                md5(row({content})::varchar) as content
            from read_parquet(?, union_by_name = true) as raw
            join shared_times on raw._path = shared_times.path
            where {time} between shared_times.low and shared_times.high
            """,  # noqa: S608
            [[str(empty), *(str(part.file) for part in parts if part.path in paths)]],
        )
        con.execute(
            f"""
            delete from {table} where feed = $feed and (
                part not in (select unnest($live)) or (part, line_number) in (
                    select (_part, _line_number) from shared_lines
                )
            )
            """,  # noqa: S608
            {"feed": feed.name, "live": sorted(live)},
        )
        con.execute(
            f"""
            insert into {table}
            with counted as (
                select _site_id, content, _path, count(*) as times,
                    min(_file_started_at) as started_at
                from shared_lines group by _site_id, content, _path
            ),
            placed as (
                select _site_id, content, _path, row_number() over (
                    partition by _site_id, content order by times desc, started_at, _path
                ) as place
                from counted
            )
            select {quoted(feed.name)}, lines._part, lines._line_number
            from shared_lines as lines join placed using (_site_id, content, _path)
            where placed.place > 1
            order by all
            """  # noqa: S608
        )
        con.execute("drop table shared_times")
        con.execute("drop table shared_lines")


def _widen(spans: dict[str, tuple[str, str]], site: str, first: str, last: str) -> None:
    low, high = spans.get(site, (first, last))
    spans[site] = (min(low, first), max(high, last))


def _overlaps(spans: Mapping[str, tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """For each file that shares time with another one of its site: the time it may share."""
    windows: dict[str, tuple[str, str]] = {}
    open_files: list[str] = []
    for path in sorted(spans, key=lambda p: (spans[p][0], spans[p][1], p)):
        site, first, _ = spans[path]
        open_files = [o for o in open_files if spans[o][0] == site and spans[o][2] >= first]
        for other in open_files:
            low, high = first, min(spans[path][2], spans[other][2])
            for one in (path, other):
                known = windows.get(one, (low, high))
                windows[one] = (min(known[0], low), max(known[1], high))
        open_files.append(path)
    return [(path, low, high) for path, (low, high) in windows.items()]
