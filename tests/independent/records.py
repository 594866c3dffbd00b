"""Records that are delivered again when they change: which of them stand at an instant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.independent.raw import Zone, feed_files, read_csv, read_text, zone_named

Record = dict[str, Any]
YES = frozenset({"true", "t", "1", "yes", "y"})


def utc(text: str | None) -> int | None:
    """Epoch of an instant that is UTC where it names no offset; fractions of a second go."""
    if not text:
        return None
    moment = datetime.fromisoformat(text.strip())
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def local(zone: Zone, text: str | None) -> int | None:
    """Epoch of an instant that is local to the site where it names no offset."""
    return zone.epoch_of(text) if text else None


def is_yes(text: object) -> bool:
    """Whether a field says so."""
    return str(text or "").strip().lower() in YES


def site_zone(zones: dict[str, Zone], site: str) -> Zone:
    """The site's clock; UTC of one that nobody named."""
    return zones.get(site) or zone_named("UTC")


def read_tables(inbox: Path, *names: str) -> Iterator[tuple[str, Record]]:
    """(site, record) of the CSV files of a feed, whichever of its folders they lie in."""
    for name in names:
        yield from read_csv(inbox, name)


def read_json_lines(inbox: Path, name: str) -> Iterator[tuple[str, Record]]:
    """(site, record) of every line that holds one."""
    for site, path in feed_files(inbox, name):
        for line in read_text(path).split("\n"):
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield site, record


def standing(
    rows: Iterable[tuple[str, Record]],
    key: Callable[[str, Record], object],
    version: Callable[[str, Record], int | None],
    as_of: int | None,
) -> list[tuple[str, Record]]:
    """Of each key the record with the greatest version that was there at `as_of`.

    A version that comes after `as_of` is not there yet and hides nothing. Of two equal versions
    the later delivered stands.
    """
    kept: dict[object, tuple[int, str, Record]] = {}
    for site, row in rows:
        at = version(site, row)
        if at is None:
            at = -1 << 62
        elif as_of is not None and at > as_of:
            continue
        name = key(site, row)
        if name not in kept or at >= kept[name][0]:
            kept[name] = (at, site, row)
    return [(site, row) for _, site, row in kept.values()]
