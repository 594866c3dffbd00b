"""The lake's parts: their names, what they know of themselves, and how they move.

The lake is its own ledger. A part is whole or absent; which parts of a path are live follows from
their names alone, so that a run that was killed between two moves is put right by the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import duckdb

from dagster_project.lib.database import quoted
from dagster_project.lib.feeds import Feed
from dagster_project.lib.parsing import make_last
from dagster_project.lib.settings import Home

EMPTY = "_empty.parquet"
_NAME = re.compile(r"([0-9a-f]{12})-(\d{6})-(\d+)-(\d+)-([0-9a-f]{12})")
_REJECTED_COLUMNS = {
    "path": "VARCHAR",
    "line_number": "BIGINT",
    "field": "VARCHAR",
    "value": "VARCHAR",
    "reason": "VARCHAR",
    "text": "VARCHAR",
}


@dataclass(frozen=True, order=True)
class PartName:
    """What the name of a part says: of which path, in which order, which bytes."""

    path_hash: str
    sequence: int
    start: int
    end: int
    content: str

    @classmethod
    def parse(cls, text: str) -> PartName | None:
        """Read a name (with or without suffix); None when it is not a part's."""
        found = _NAME.fullmatch(text.split(".")[0])
        if not found:
            return None
        path_hash, sequence, start, end, content = found.groups()
        return cls(path_hash, int(sequence), int(start), int(end), content)

    def __str__(self) -> str:
        """The name without folder and suffix."""
        return f"{self.path_hash}-{self.sequence:06d}-{self.start}-{self.end}-{self.content}"


@dataclass(frozen=True)
class Part:
    """A part in the lake and the facts in its metadata."""

    name: PartName
    file: Path
    path: str
    feed: str
    site_id: str
    size: int
    mtime_ns: int
    sha256: str
    is_terminated: bool
    row_count: int
    lines_read: int
    accepted: int
    rejected: int
    started_at: str | None
    first_at: str | None
    last_at: str | None


def path_hash(path: str) -> str:
    """What stands for a path in the names of its parts."""
    return hashlib.sha256(path.encode()).hexdigest()[:12]


def names_in(folder: Path) -> list[PartName]:
    """Parts that stand in a folder, by their names."""
    found = (PartName.parse(file.name) for file in folder.glob("*.parquet"))
    return sorted(name for name in found if name)


def parts_in(con: duckdb.DuckDBPyConnection, folder: Path) -> list[Part]:
    """Parts that stand in a folder, with their facts."""
    files = [str(folder / f"{name}.parquet") for name in names_in(folder)]
    if not files:
        return []
    rows = con.execute(
        "select file_name, decode(key), decode(value) from parquet_kv_metadata(?)", [files]
    ).fetchall()
    facts: dict[str, dict[str, str]] = {}
    for file, key, value in cast(list[tuple[str, str, str]], rows):
        facts.setdefault(file, {})[key] = value
    return [_part(Path(file), facts[file]) for file in files]


def _part(file: Path, facts: dict[str, str]) -> Part:
    name = PartName.parse(file.name)
    if name is None:  # pragma: no cover (names_in gives only names that parse)
        raise ValueError(file)
    return Part(
        name=name,
        file=file,
        path=facts["path"],
        feed=facts["feed"],
        site_id=facts["site_id"],
        size=int(facts["size"]),
        mtime_ns=int(facts["mtime_ns"]),
        sha256=facts["sha256"],
        is_terminated=facts["is_terminated"] == "1",
        row_count=int(facts["row_count"]),
        lines_read=int(facts["lines_read"]),
        accepted=int(facts["accepted"]),
        rejected=int(facts["rejected"]),
        started_at=facts["started_at"] or None,
        first_at=facts["first_at"] or None,
        last_at=facts["last_at"] or None,
    )


def site_of(file: Path) -> str | None:
    """The site of a part, where it says it."""
    with duckdb.connect() as con:
        row = con.execute(
            "select decode(value) from parquet_kv_metadata(?) where decode(key) = 'site_id'",
            [str(file)],
        ).fetchone()
    return str(row[0]) if row else None


def prepare(home: Home, feeds: Iterable[Feed]) -> None:
    """Make the lake's folders and put right what a killed run left.

    Call it once at the beginning of a run, before anything is parsed.
    """
    shutil.rmtree(home.incoming, ignore_errors=True)
    with duckdb.connect() as con:
        for feed in feeds:
            for top in (home.raw, home.superseded, home.rejected, home.held, home.incoming):
                folder = top / feed.name
                folder.mkdir(parents=True, exist_ok=True)
                for leftover in folder.glob("*.tmp"):
                    leftover.unlink()
            for top in (home.raw, home.superseded):
                _write_empty(con, top / feed.name / EMPTY, feed.raw_columns())
            _write_empty(con, home.rejected / feed.name / EMPTY, _REJECTED_COLUMNS)
            _sweep_held(home, feed)
            supersede(home, feed)
            _sweep_rejected(home, feed)


def _write_empty(con: duckdb.DuckDBPyConnection, file: Path, columns: dict[str, str]) -> None:
    """A Parquet file of no rows keeps a feed that has no files yet readable."""
    if file.exists():
        described = con.execute(f"describe select * from read_parquet({quoted(str(file))})")  # noqa: S608
        if {str(row[0]): str(row[1]) for row in described.fetchall()} == columns:
            return
    select = ", ".join(f'null::{type_} as "{name}"' for name, type_ in columns.items())
    beside = file.with_name(f"{file.name}.tmp")
    con.execute(f"copy (select {select} where false) to {quoted(str(beside))} (format parquet)")
    make_last(beside)
    os.replace(beside, file)


def _sweep_held(home: Home, feed: Feed) -> None:
    """A held file is held by its note; parts without one were on their way."""
    folder = home.held / feed.name
    named = {part for note in folder.glob("*.json") for part in _parts(_note(note))}
    for file in folder.glob("*.parquet"):
        if file.stem not in named:
            file.unlink()


def _sweep_rejected(home: Home, feed: Feed) -> None:
    """Rejected rows stand only beside a part that is live or held."""
    alive = {*names_in(home.raw / feed.name), *names_in(home.held / feed.name)}
    for name in names_in(home.rejected / feed.name):
        if name not in alive:
            (home.rejected / feed.name / f"{name}.parquet").unlink()


def supersede(home: Home, feed: Feed) -> list[str]:
    """Move parts that later ones replace out of the live ones.

    Of one path, a part replaces the earlier parts that begin where it begins or later.
    """
    by_path: dict[str, list[PartName]] = {}
    for name in names_in(home.raw / feed.name):
        by_path.setdefault(name.path_hash, []).append(name)
    moved: list[str] = []
    for names in by_path.values():
        lowest: int | None = None
        for name in sorted(names, key=lambda n: -n.sequence):
            if lowest is not None and name.start >= lowest:
                file = f"{name}.parquet"
                os.replace(home.raw / feed.name / file, home.superseded / feed.name / file)
                (home.rejected / feed.name / file).unlink(missing_ok=True)
                moved.append(str(name))
            lowest = name.start if lowest is None else min(lowest, name.start)
    return moved


def clear_superseded(home: Home) -> None:
    """Delete replaced parts: call it after the publication that took them in."""
    for file in home.superseded.glob("*/*.parquet"):
        if file.name != EMPTY:
            file.unlink()


def admit_parts(home: Home, feed: Feed, parts: Iterable[str]) -> None:
    """Move parts, parsed in this run or held before, to the live ones."""
    for part in parts:
        file = f"{part}.parquet"
        _move_rejected(home, feed, part)
        for folder in (home.incoming / feed.name, home.held / feed.name):
            # A killed run may have moved it already.
            if (folder / file).exists():
                os.replace(folder / file, home.raw / feed.name / file)
    make_last(home.raw / feed.name)


def hold_parts(home: Home, feed: Feed, parts: Iterable[str], note: dict[str, object]) -> None:
    """Put parts aside; the note, written last, makes the file a held one."""
    folder = home.held / feed.name
    for part in parts:
        _move_rejected(home, feed, part)
        incoming = home.incoming / feed.name / f"{part}.parquet"
        if incoming.exists():
            os.replace(incoming, folder / incoming.name)
    file = folder / f"{path_hash(str(note['path']))}.json"
    beside = file.with_name(f"{file.name}.tmp")
    beside.write_text(json.dumps(note, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    make_last(beside)
    os.replace(beside, file)


def drop_held(home: Home, feed: Feed, path: str) -> None:
    """Forget a held file, because it was replaced, removed or admitted."""
    file = home.held / feed.name / f"{path_hash(path)}.json"
    if not file.exists():
        return
    parts = _parts(_note(file))
    file.unlink()
    for part in parts:
        held = home.held / feed.name / f"{part}.parquet"
        if held.exists():
            held.unlink()
            (home.rejected / feed.name / f"{part}.parquet").unlink(missing_ok=True)


def held_notes(home: Home, feed: Feed) -> dict[str, dict[str, object]]:
    """The held files of a feed by path."""
    notes = (_note(file) for file in sorted((home.held / feed.name).glob("*.json")))
    return {str(note["path"]): note for note in notes}


def _parts(note: dict[str, object]) -> list[str]:
    return cast(list[str], note["parts"])


def _note(file: Path) -> dict[str, object]:
    return cast(dict[str, object], json.loads(file.read_text(encoding="utf-8")))


def _move_rejected(home: Home, feed: Feed, part: str) -> None:
    rejected = home.incoming / feed.name / f"{part}.rejected"
    if rejected.exists():
        os.replace(rejected, home.rejected / feed.name / f"{part}.parquet")


def released(home: Home) -> dict[tuple[str, str], str]:
    """Who released which content: (path, sha256) to name."""
    if not home.releases.exists():
        return {}
    lines = home.releases.read_text(encoding="utf-8").splitlines()
    entries = [cast(dict[str, str], json.loads(line)) for line in lines if line.strip()]
    return {(entry["path"], entry["sha256"]): entry["by"] for entry in entries}


def release(home: Home, feeds: Iterable[Feed], path: str, by: str, reason: str) -> None:
    """Let a held file pass at the next run.

    Args:
        home: The home folder.
        feeds: All feeds.
        path: The held file's path in the inbox, as `ops` names it.
        by: Who takes responsibility.
        reason: Why the content is right as it is.

    Raises:
        LookupError: When no such file is held; the message names those that are.
    """
    held = {p: note for feed in feeds for p, note in held_notes(home, feed).items()}
    if path not in held:
        names = ", ".join(sorted(held)) or "none"
        raise LookupError(f"{path} is not held; held files: {names}")
    entry = {
        "path": path,
        "sha256": str(held[path]["sha256"]),
        "by": by,
        "reason": reason,
        "released_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with home.releases.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
