"""Landing: from files in the inbox to admitted Parquet.

lake.prepare → parse_feed (each feed) → admit or hold (each file) → landed.write_landing_tables
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import duckdb

from dagster_project.lib import lake
from dagster_project.lib.database import connect, session
from dagster_project.lib.feeds import Feed
from dagster_project.lib.parsing import Delivered, Origin, Parsed, parse
from dagster_project.lib.scanning import Base, FileChangedError, Scan, scan
from dagster_project.lib.settings import Home
from dagster_project.lib.staging import Reading, reading

DEFAULT_SITE = "default"
# So many files are looked at before they are parsed, unless they have so many bytes already: most
# of what a small file costs is the planning of a statement, which those that are read alike share.
BATCH_FILES, BATCH_BYTES = 32, 8 << 20
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

    @property
    def fault(self) -> str:
        """What is wrong with the file, for the reason why it is held."""
        return self.message or f"{self.rejected} of {self.lines_read} lines rejected"


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
    known = {folder for feed in feeds.values() for folder in feed.inbox_folders}
    found = [path_in(inbox, e) for e in entries if e.name not in known or not e.is_dir()]
    for feed in feeds.values():
        found += [
            path_in(inbox, file) for file in _delivered(inbox, feed) if not feed.matches(file.name)
        ]
    return found


def path_in(folder: Path, file: Path) -> str:
    r"""The path of a file as it is called everywhere: bytes that are no UTF-8 as `\xe4`."""
    return os.fsencode(file.relative_to(folder)).decode("utf-8", "backslashreplace")


def _delivered(inbox: Path, feed: Feed) -> Iterator[Path]:
    """Files under the feed's folders; hidden ones and those still being delivered wait."""
    for file in sorted(f for folder in feed.inbox_folders for f in (inbox / folder).rglob("*")):
        parts = file.relative_to(inbox).parts
        is_hidden = any(part.startswith(".") for part in parts)
        if not is_hidden and not file.name.endswith((".tmp", ".part", "~")) and file.is_file():
            yield file


def deliveries(home: Home, inbox: Path, feed: Feed) -> dict[str, Path]:
    """Return a feed's files by their path: in the inbox, or `fetched/…` under the home."""
    files = {
        path_in(inbox, file): file for file in _delivered(inbox, feed) if feed.matches(file.name)
    }
    fetched = _delivered(home.fetched, feed)
    return files | {path_in(home.root, file): file for file in fetched}


def site_of(path: str) -> str:
    """The site of a file by its path."""
    sites = [part.removeprefix("site=") for part in path.split("/")[1:-1] if part[:5] == "site="]
    return sites[0] if sites and sites[0] else DEFAULT_SITE


def parse_feed(
    home: Home, inbox: Path, feed: Feed, parser: Parser, log: logging.Logger = _log
) -> list[FileReport]:
    """Parse what is new of one feed, delivered or fetched, to `lake/incoming`; admits nothing.

    Call `lake.prepare` once before. Reports come for every file, in the order of their paths.
    """
    files = deliveries(home, inbox, feed)
    state = _FeedState(home, feed)
    state.forget_held(set(files))
    if not files:
        return []
    spill = home.incoming / feed.name / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    with connect(parser.threads, parser.memory_limit, spill) as con:

        def land(job: tuple[int, list[tuple[str, Path]]]) -> list[FileReport]:
            number, batch = job
            return _land_files(state, con, batch, spill / str(number), parser)

        # Large files use DuckDB's own threads; many small ones need several at once.
        with ThreadPoolExecutor(parser.threads) as pool:
            batches = pool.map(land, enumerate(_batches(files)))
            reports = [report for batch in batches for report in batch]
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

    def __init__(self, home: Home, feed: Feed) -> None:
        self.home, self.feed = home, feed
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


def _batches(files: Mapping[str, Path]) -> Iterator[list[tuple[str, Path]]]:
    """Group files in their order; a large one ends its group."""
    batch: list[tuple[str, Path]] = []
    size = 0
    for path, file in files.items():
        batch.append((path, file))
        with suppress(FileNotFoundError):
            size += file.stat().st_size
        if len(batch) == BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _land_files(
    state: _FeedState,
    con: duckdb.DuckDBPyConnection,
    files: Iterable[tuple[str, Path]],
    work: Path,
    parser: Parser,
) -> list[FileReport]:
    """Parse those files that have anything new in them; report on all, in their order."""
    reports: dict[str, FileReport] = {}
    alike: dict[Reading | str, list[_Unread]] = {}
    try:
        for number, (path, file) in enumerate(files):
            found = _look(state, path, file, work / str(number))
            if isinstance(found, FileReport):
                reports[path] = found
            else:
                reports[path] = found.nothing
                alike.setdefault(found.reading or path, []).append(found)
        for unread in alike.values():
            for report in _parse_alike(state, con, unread, work, parser):
                reports[report.path] = report
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return list(reports.values())


@dataclass(frozen=True)
class _Unread:
    """A file that has something new in it; `nothing` is the report of one that has not."""

    file: Path
    nothing: FileReport
    scanned: Scan
    base: Base | None
    reading: Reading | None


def _look(
    state: _FeedState, path: str, file: Path, work: Path, *, copy: bool = False
) -> FileReport | _Unread:
    """Look at the bytes of one file; with `copy` what is read of it stays as it is now."""
    changing = FileReport(state.feed.name, site_of(path), path, "changing")
    try:
        stat = file.stat()
    except FileNotFoundError:
        return changing
    nothing = replace(changing, status="unchanged", size=stat.st_size, mtime_ns=stat.st_mtime_ns)
    note = state.held.get(path)
    if note is not None:
        if (note["size"], note["mtime_ns"]) == (stat.st_size, stat.st_mtime_ns):
            return _as_held(note, state.released)
        lake.drop_held(state.home, state.feed, path)
    if state.is_read(path, stat.st_size, stat.st_mtime_ns):
        return nothing
    feed, base = state.feed, state.base(path)
    work.mkdir(parents=True, exist_ok=True)
    try:
        scanned = scan(
            file,
            nothing.size,
            base,
            grows=feed.grows,
            is_header=feed.begins_with_header,
            work=work,
            copy=copy,
        )
        if not _is_new(state, path, scanned):
            return nothing
        return _Unread(file, nothing, scanned, base, reading(feed, scanned))
    except (FileChangedError, FileNotFoundError):
        return replace(nothing, status="changing")


def _parse_alike(
    state: _FeedState,
    con: duckdb.DuckDBPyConnection,
    unread: list[_Unread],
    work: Path,
    parser: Parser,
) -> Iterator[FileReport]:
    """Parse files that are read alike; one that changed meanwhile is read again, from a copy."""
    try:
        reports = _parse(state, con, unread, work, parser)
    except duckdb.Error:
        if len(unread) > 1:
            # One of them is not what it looked like.
            for one in unread:
                yield from _parse_alike(state, con, [one], work, parser)
            return
        if not _has_changed(unread[0]):
            raise
        reports = [unread[0].nothing]
    for one, report in zip(unread, reports, strict=True):
        if _has_changed(one):
            _forget(state, report)
            again = _look(state, report.path, one.file, work / "again", copy=True)
            if isinstance(again, _Unread):
                [again] = _parse(state, con, [again], work, parser)
            shutil.rmtree(work / "again", ignore_errors=True)
            yield again
        else:
            yield report


def _has_changed(unread: _Unread) -> bool:
    """Whether a file is another one than that which was looked at."""
    try:
        stat = unread.file.stat()
    except FileNotFoundError:
        return True
    return (stat.st_size, stat.st_mtime_ns) != (unread.nothing.size, unread.nothing.mtime_ns)


def _forget(state: _FeedState, report: FileReport) -> None:
    """Delete the parts of a file that changed while it was read."""
    for part in report.parts:
        for suffix in ("parquet", "rejected"):
            (state.home.incoming / state.feed.name / f"{part}.{suffix}").unlink(missing_ok=True)


def _as_held(note: dict[str, object], released: Mapping[tuple[str, str], str]) -> FileReport:
    names = FileReport.__dataclass_fields__
    known = {key: value for key, value in note.items() if key in names}
    for key in ("parts", "notes"):
        known[key] = tuple(cast(list[str], known[key]))
    report = FileReport(**known)  # pyright: ignore[reportArgumentType]
    by = released.get((report.path, report.sha256))
    return replace(report, status="parsed" if by else "held", released_by=by)


def _parse(
    state: _FeedState,
    con: duckdb.DuckDBPyConnection,
    unread: list[_Unread],
    work: Path,
    parser: Parser,
) -> list[FileReport]:
    """Write the parts of files that are read alike."""
    files = [_delivered_file(state, one) for one in unread]
    with session(con, parser.hash_key) as cursor:
        parsed = parse(cursor, files, target=state.home.incoming / state.feed.name, work=work)
    return [_report(state, *pair) for pair in zip(unread, parsed, strict=True)]


def _delivered_file(state: _FeedState, one: _Unread) -> Delivered:
    path, feed = one.nothing.path, state.feed
    sequence = state.last_sequence(path)

    def name_part(start: int, end: int, sha256: str) -> str:
        nonlocal sequence
        sequence += 1
        return str(lake.PartName(lake.path_hash(path), sequence, start, end, sha256[:12]))

    origin = Origin(feed, path, one.nothing.site_id, one.nothing.size, one.nothing.mtime_ns)
    return Delivered(origin, one.scanned, one.base, name_part)


def _report(state: _FeedState, one: _Unread, parsed: Parsed) -> FileReport:
    path, scanned = one.nothing.path, one.scanned
    kept = [p for p in state.live.get(path, []) if p.name.start < scanned.start]
    every = (*kept, *parsed.parts)
    return replace(
        one.nothing,
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
