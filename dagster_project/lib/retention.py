"""Deleting by age: what `seeds/retention.csv` says may go, from the inbox and from the lake.

A file goes as a whole, when all that it tells is older than its feed is kept. What was made of it
goes with the next publication, which is built from nothing but the files that are left.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.lib import erasing, lake, landing, publishing
from dagster_project.lib.feeds import Feed
from dagster_project.lib.settings import Home


@dataclass(frozen=True)
class Old:
    """A file that grew too old: its path as it is called everywhere, and when it ends."""

    feed: Feed
    path: str
    last_at: datetime
    parts: tuple[lake.PartName, ...]


def kept_days(seeds: Path) -> dict[str, int]:
    """Return for how many days each feed is kept; feeds that are not named are kept for good."""
    file = seeds / "retention.csv"
    if not file.exists():
        return {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {row["feed"]: int(row["days"]) for row in csv.DictReader(lines)}


def old_files(home: Home, seeds: Path, feeds: Mapping[str, Feed], today: datetime) -> list[Old]:
    """Return the files that may go by now, by their paths."""
    found: list[Old] = []
    with duckdb.connect() as connection:
        for name, days in kept_days(seeds).items():
            parts: dict[str, list[lake.Part]] = {}
            for part in lake.parts_in(connection, home.raw / name) if name in feeds else ():
                parts.setdefault(part.path, []).append(part)
            for path, of_path in sorted(parts.items()):
                last_at = max(map(_ends, of_path))
                if last_at < today - timedelta(days=days):
                    names = tuple(part.name for part in of_path)
                    found.append(Old(feeds[name], path, last_at, names))
    return found


def delete(home: Home, inbox: Path, old: list[Old]) -> None:
    """Delete files and their parts, write it down, and let the next build begin without them.

    The home's lock must be held.
    """
    for one in old:
        delivered = landing.deliveries(home, inbox, one.feed).get(one.path)
        if delivered is not None:
            delivered.unlink()
        for name in one.parts:
            for folder in (home.raw, home.rejected):
                (folder / one.feed.name / f"{name}.parquet").unlink(missing_ok=True)
        erasing.note(home, kind="retention", path=one.path, last_at=str(one.last_at))
    if old:
        publishing.ask_for_new_build(home)


def _ends(part: lake.Part) -> datetime:
    """When a part ends; of what has no time of its own, when it was written."""
    if part.last_at:
        return datetime.fromisoformat(part.last_at)
    return datetime.fromtimestamp(part.mtime_ns / 1e9, UTC).replace(tzinfo=None)
