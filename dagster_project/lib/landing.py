"""Landing: from files in the inbox to admitted Parquet, and the tables the warehouse reads of it.

prepare → parse_feed (each feed) → admit or hold (each file) → write_landing_tables
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

import duckdb

from dagster_project.lib import lake
from dagster_project.lib.feeds import Feed
from dagster_project.lib.parsing import Origin, connect, parse, quoted, session
from dagster_project.lib.scanning import Base, FileChangedError, Scan, scan
from dagster_project.lib.settings import Home

DEFAULT_SITE = "default"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileReport:
    """What landing did with one file.

    Attributes:
        status: `parsed` (awaits admission), `unchanged`, `held` (as before, not looked at again),
            `changing` (became shorter while it was read: left for the next run).
        parts: Names of the parts that were parsed, in their order.
        lines_read: Of the whole file as it will stand in the lake; likewise accepted and rejected.
        new_lines: Of these, how many this run read.
        message: Why the file as a whole is not usable, if it is not.
        released_by: Who released this content, if anyone did: it passes whatever its lines say.
    """

    feed: str
    site_id: str
    path: str
    status: str
    parts: tuple[str, ...] = ()
    lines_read: int = 0
    accepted: int = 0
    rejected: int = 0
    new_lines: int = 0
    first_at: str | None = None
    last_at: str | None = None
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    message: str | None = None
    notes: tuple[str, ...] = ()
    released_by: str | None = None

    @property
    def rejected_ratio(self) -> float:
        """Share of lines rejected; 1 for a file that is not usable as a whole."""
        if self.message:
            return 1.0
        return self.rejected / self.lines_read if self.lines_read else 0.0


@dataclass(frozen=True)
class LandingReport:
    """What landing did with all files, and which folders of the inbox it does not know."""

    files: tuple[FileReport, ...]
    unknown: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[FileReport, ...]:
        """Files that keep the run from publishing."""
        return tuple(report for report in self.files if report.status == "held")


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


@dataclass(frozen=True)
class Parser:
    """What parsing needs besides the files."""

    hash_key: str
    threads: int = 2
    memory_limit: str = "4GB"


def unknown_entries(inbox: Path, feeds: Mapping[str, Feed]) -> list[str]:
    """What stands in the inbox and belongs to no feed: folders and loose files by name."""
    if not inbox.is_dir():
        return []
    entries = (entry for entry in sorted(inbox.iterdir()) if not entry.name.startswith("."))
    found = [e.name for e in entries if e.name not in feeds or not e.is_dir()]
    for feed in feeds.values():
        found += [
            file.relative_to(inbox).as_posix()
            for file in _delivered(inbox, feed)
            if not feed.matches(file.name)
        ]
    return found


def _delivered(inbox: Path, feed: Feed) -> Iterator[Path]:
    """Files under the feed's folder; hidden ones and those still being delivered wait."""
    for file in sorted((inbox / feed.name).rglob("*")):
        parts = file.relative_to(inbox).parts
        is_hidden = any(part.startswith(".") for part in parts)
        if not is_hidden and not file.name.endswith((".tmp", ".part", "~")) and file.is_file():
            yield file


def site_of(path: str) -> str:
    """The site of a file by its path in the inbox."""
    sites = [part.removeprefix("site=") for part in path.split("/")[1:-1] if part[:5] == "site="]
    return sites[0] if sites and sites[0] else DEFAULT_SITE


def parse_feed(
    home: Home, inbox: Path, feed: Feed, parser: Parser, log: logging.Logger = _log
) -> list[FileReport]:
    """Parse what is new in one feed's folder to `lake/incoming`; admits nothing.

    Call `lake.prepare` once before. Reports come for every file, in the order of their paths.
    """
    files = [file for file in _delivered(inbox, feed) if feed.matches(file.name)]
    state = _FeedState(home, inbox, feed)
    state.forget_held({file.relative_to(inbox).as_posix() for file in files})
    spill = home.incoming / feed.name / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    jobs = [(number, file) for number, file in enumerate(files)]
    with connect(parser.threads, parser.memory_limit, spill) as con:

        def one(job: tuple[int, Path]) -> FileReport:
            number, file = job
            return _land_file(state, con, file, spill / str(number), parser)

        # Large files use DuckDB's own threads; many small ones need several at once.
        with ThreadPoolExecutor(parser.threads) as pool:
            reports = list(pool.map(one, jobs))
    shutil.rmtree(spill)
    said: set[str] = set()
    for report in reports:
        for note in (*report.notes, *filter(None, (report.message,))):
            if note not in said:
                said.add(note)
                log.warning("%s: %s", report.path, note)
        if report.status == "changing":
            log.warning("%s: changes while it is read; the next run reads it", report.path)
    return reports


class _FeedState:
    """What the lake knows of one feed before its files are read."""

    def __init__(self, home: Home, inbox: Path, feed: Feed) -> None:
        self.home, self.inbox, self.feed = home, inbox, feed
        self.live: dict[str, list[lake.Part]] = {}
        with duckdb.connect() as con:
            for part in lake.parts_in(con, home.raw / feed.name):
                self.live.setdefault(part.path, []).append(part)
        self.held = lake.held_notes(home, feed)
        self.released = lake.released(home)
        self._last: dict[str, int] = {}
        for top in (home.raw, home.superseded, home.held):
            for name in lake.names_in(top / feed.name):
                self._last[name.path_hash] = max(self._last.get(name.path_hash, 0), name.sequence)

    def forget_held(self, present: set[str]) -> None:
        """A held file that was removed is held no more."""
        for path in [path for path in self.held if path not in present]:
            lake.drop_held(self.home, self.feed, path)
            del self.held[path]

    def last_sequence(self, path: str) -> int:
        return self._last.get(lake.path_hash(path), 0)

    def base(self, path: str) -> Base | None:
        """The whole lines known of a file."""
        whole = [part for part in self.live.get(path, []) if part.is_terminated and part.name.end]
        if not whole or not self.feed.grows:
            return None
        last = max(whole, key=lambda part: part.name.end)
        return Base(last.name.end, last.sha256, last.row_count, last.started_at)

    def is_read(self, path: str, size: int, mtime_ns: int) -> bool:
        """Whether all of the file, as it stands there, is in the lake."""
        return any(
            part.name.end == size and part.size == size and part.mtime_ns == mtime_ns
            for part in self.live.get(path, [])
        )


def _land_file(
    state: _FeedState, con: duckdb.DuckDBPyConnection, file: Path, work: Path, parser: Parser
) -> FileReport:
    """Parse one file if there is anything new in it."""
    path = file.relative_to(state.inbox).as_posix()
    try:
        stat = file.stat()
    except FileNotFoundError:
        return FileReport(state.feed.name, site_of(path), path, "changing")
    nothing = FileReport(
        state.feed.name,
        site_of(path),
        path,
        "unchanged",
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
    )
    note = state.held.get(path)
    if note is not None:
        if (note["size"], note["mtime_ns"]) == (stat.st_size, stat.st_mtime_ns):
            return _as_held(note, state.released)
        lake.drop_held(state.home, state.feed, path)
    if state.is_read(path, stat.st_size, stat.st_mtime_ns):
        return nothing
    work.mkdir()
    try:
        for copy in (False, True):
            report = _read(state, con, file, nothing, work, parser, copy=copy)
            if report is not None:
                return report
    except (FileChangedError, FileNotFoundError):
        pass
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return replace(nothing, status="changing")


def _as_held(note: dict[str, object], released: Mapping[tuple[str, str], str]) -> FileReport:
    names = FileReport.__dataclass_fields__
    known = {key: value for key, value in note.items() if key in names}
    for key in ("parts", "notes"):
        known[key] = tuple(cast(list[str], known[key]))
    report = FileReport(**known)  # pyright: ignore[reportArgumentType]
    by = released.get((report.path, report.sha256))
    return replace(report, status="parsed" if by else "held", released_by=by)


def _read(
    state: _FeedState,
    con: duckdb.DuckDBPyConnection,
    file: Path,
    nothing: FileReport,
    work: Path,
    parser: Parser,
    *,
    copy: bool,
) -> FileReport | None:
    """Scan and parse; None when the file changed under the reader's hands."""
    feed, path = state.feed, nothing.path
    base = state.base(path)
    scanned = scan(
        file,
        nothing.size,
        base,
        grows=feed.grows,
        has_header=feed.format == "csv",
        work=work,
        copy=copy,
    )
    if not _is_new(state, path, scanned):
        return nothing
    sequence = state.last_sequence(path)

    def name_part(start: int, end: int, sha256: str) -> str:
        nonlocal sequence
        sequence += 1
        return str(lake.PartName(lake.path_hash(path), sequence, start, end, sha256[:12]))

    origin = Origin(feed, path, nothing.site_id, nothing.size, nothing.mtime_ns)
    target = state.home.incoming / feed.name
    with session(con, parser.hash_key) as cursor:
        parsed = parse(cursor, origin, scanned, base, target=target, work=work, name_part=name_part)
    if not copy and _has_changed(file, nothing):
        for part in parsed.parts:
            for suffix in ("parquet", "rejected"):
                (target / f"{part.name}.{suffix}").unlink(missing_ok=True)
        return None
    kept = [p for p in state.live.get(path, []) if p.name.start < scanned.start]
    every = (*kept, *parsed.parts)
    return replace(
        nothing,
        status="parsed",
        parts=tuple(part.name for part in parsed.parts),
        lines_read=sum(part.lines_read for part in every),
        accepted=sum(part.accepted for part in every),
        rejected=sum(part.rejected for part in every),
        new_lines=sum(part.lines_read for part in parsed.parts),
        first_at=min((part.first_at for part in every if part.first_at), default=None),
        last_at=max((part.last_at for part in every if part.last_at), default=None),
        sha256=scanned.sha256,
        message=parsed.message,
        notes=parsed.notes,
        released_by=state.released.get((path, scanned.sha256)),
    )


def _has_changed(file: Path, seen: FileReport) -> bool:
    stat = file.stat()
    return (stat.st_size, stat.st_mtime_ns) != (seen.size, seen.mtime_ns)


def _is_new(state: _FeedState, path: str, scanned: Scan) -> bool:
    """Whether the bytes say anything that the lake does not have."""
    live = {(part.name.start, part.name.end, part.sha256) for part in state.live.get(path, [])}
    spans = [(scanned.start, scanned.split, scanned.sha256_at_split)]
    if scanned.split < scanned.end:
        spans.append((scanned.split, scanned.end, scanned.sha256))
    if scanned.start == scanned.split and (scanned.start or len(spans) > 1):
        spans = spans[1:]
    return any(span not in live for span in spans)


def admit(home: Home, feed: Feed, reports: Iterable[FileReport]) -> None:
    """Move parsed files to the live parts, which may replace earlier ones."""
    for report in reports:
        lake.admit_parts(home, feed, report.parts)
        lake.drop_held(home, feed, report.path)
    lake.supersede(home, feed)


def hold(home: Home, feed: Feed, report: FileReport, reason: str) -> FileReport:
    """Put a parsed file aside until it is replaced, removed or released."""
    kept = replace(report, status="held")
    note: dict[str, object] = {**asdict(kept), "reason": reason}
    lake.hold_parts(home, feed, report.parts, note)
    return kept


def land(
    home: Home,
    inbox: Path,
    feeds: Mapping[str, Feed],
    parser: Parser,
    log: logging.Logger = _log,
) -> LandingReport:
    """Land everything with the declared limit of rejected lines as the only judge."""
    lake.prepare(home, feeds.values())
    unknown = unknown_entries(inbox, feeds)
    for name in unknown:
        log.warning("%s in the inbox belongs to no feed and is not read", name)
    reports: list[FileReport] = []
    for feed in feeds.values():
        passed: list[FileReport] = []
        for report in parse_feed(home, inbox, feed, parser, log):
            if report.status != "parsed":
                reports.append(report)
            elif report.released_by or report.rejected_ratio <= feed.max_rejected_ratio:
                passed.append(report)
            else:
                reason = report.message or (
                    f"{report.rejected} of {report.lines_read} lines rejected; "
                    f"at most {feed.max_rejected_ratio:.0%} may be"
                )
                reports.append(hold(home, feed, report, reason))
        admit(home, feed, passed)
        reports += passed
    return LandingReport(tuple(reports), tuple(unknown))


# ---- the tables of the warehouse -----------------------------------------------------------------


def write_landing_tables(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    feeds: Mapping[str, Feed],
    run_id: str,
    as_of: datetime,
) -> None:
    """Write `landing.files`, `landing.log_duplicates` and `landing.run` into the warehouse.

    What the tables said before is what the last publication saw, so `con` must be the warehouse of
    the last publication (or an empty one).

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
        published = {
            str(row[0])
            for row in con.execute(
                "select part from landing.files where state <> 'gone'"
            ).fetchall()
        }
        previous = con.execute("select max(as_of) from landing.run").fetchone()
        _write_log_duplicates(con, home, feeds, "landing.log_duplicates")
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


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[LedgerRow]) -> None:
    # Lists of values in one statement: many times faster than a statement for each row.
    names = list(LedgerRow.__dataclass_fields__)
    values = ", ".join(f"unnest(${name})" for name in names)
    con.execute(
        f"insert into {table} select {values}",
        {name: [getattr(row, name) for row in rows] for name in names},
    )


def ledger(home: Home, feeds: Mapping[str, Feed]) -> list[LedgerRow]:
    """One row for each live and each held part, from the lake alone."""
    with duckdb.connect() as con:
        _write_log_duplicates(con, home, feeds, "log_duplicates")
        rows = _ledger(con, home, feeds, "log_duplicates", set())
        for feed in feeds.values():
            parts = lake.parts_in(con, home.held / feed.name)
            rows += [_ledger_row(part, 0, "held") for part in parts]
    return [replace(row, state="live") if row.state == "new" else row for row in rows]


def write_ops_tables(
    con: duckdb.DuckDBPyConnection, home: Home, feeds: Mapping[str, Feed], schema: str
) -> None:
    """Write `load_ledger` and `rejected_rows` (without what the lines say) into a schema."""
    con.execute(
        f"create or replace table {schema}.load_ledger (feed varchar, site_id varchar, "
        "path varchar, part varchar, first_at timestamp, last_at timestamp, lines_read bigint, "
        "accepted bigint, rejected bigint, duplicates bigint, state varchar)"
    )
    rows = ledger(home, feeds)
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
    published: set[str],
) -> list[LedgerRow]:
    duplicates: dict[str, int] = {}
    rows: list[LedgerRow] = []
    counted = con.execute(
        f"select part, count(*) from {duplicates_table} group by all"  # noqa: S608
    ).fetchall()
    duplicates.update(cast(list[tuple[str, int]], counted))
    for feed in feeds.values():
        if feed.key:
            duplicates.update(_key_duplicates(con, home, feed))
        for part in lake.parts_in(con, home.raw / feed.name):
            state = "seen" if str(part.name) in published else "new"
            rows.append(_ledger_row(part, duplicates.get(str(part.name), 0), state))
        for part in lake.parts_in(con, home.superseded / feed.name):
            # What was replaced before anyone saw it was never there.
            if str(part.name) in published:
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
    con: duckdb.DuckDBPyConnection, home: Home, feeds: Mapping[str, Feed], table: str
) -> None:
    """List the lines of keyless logs that stand in more than one file of a site.

    Of each distinct line as many are kept as the file that has it most often has; of files that
    have it equally often the one that starts first keeps it. Only files whose times overlap can
    share a line, so only those are compared.
    """
    con.execute(f"create or replace table {table} (feed varchar, part varchar, line_number bigint)")
    for feed in feeds.values():
        if feed.key:
            continue
        spans: dict[str, tuple[str, str, str]] = {}
        for part in lake.parts_in(con, home.raw / feed.name):
            if part.first_at and part.last_at:
                _, first, last = spans.get(part.path, ("", part.first_at, part.last_at))
                spans[part.path] = (
                    part.site_id,
                    min(first, part.first_at),
                    max(last, part.last_at),
                )
        windows = _overlaps(spans)
        if not windows:
            continue
        con.execute(
            "create or replace temp table shared_times "
            "(path varchar, low timestamp, high timestamp)"
        )
        con.executemany("insert into shared_times values (?, ?, ?)", windows)
        time = "epoch_ms(epoch * 1000)" if feed.format == "queue_log" else feed.time_column
        paths = {path for path, _, _ in windows}
        parts = [
            str(part.file)
            for part in lake.parts_in(con, home.raw / feed.name)
            if part.path in paths
        ]
        content = ", ".join(f'"{name}"' for name in feed.data_columns())
        con.execute(
            f"""
            insert into {table}
            with lines as (
                select _site_id, _path, _part, _line_number, _file_started_at,
                    md5(row({content})::varchar) as content
                from read_parquet(?, union_by_name = true) as raw
                join shared_times on raw._path = shared_times.path
                where {time} between shared_times.low and shared_times.high
            ),
            counted as (
                select _site_id, content, _path, count(*) as times,
                    min(_file_started_at) as started_at
                from lines group by _site_id, content, _path
            ),
            placed as (
                select _site_id, content, _path, row_number() over (
                    partition by _site_id, content order by times desc, started_at, _path
                ) as place
                from counted
            )
            select {quoted(feed.name)}, lines._part, lines._line_number
            from lines join placed using (_site_id, content, _path)
            where placed.place > 1
            order by all
            """,  # noqa: S608
            [parts],
        )
        con.execute("drop table shared_times")


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
