"""The feeds that landing knows, read from `feeds.yml`."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

FEEDS_FILE = Path(__file__).resolve().parents[1] / "feeds.yml"
FORMATS = ("queue_log", "cdr", "csv")
SQL_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DECIMAL(18,4)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "hash": "VARCHAR",
}
_QUEUE_LOG_COLUMNS = {
    "epoch": "BIGINT",
    **dict.fromkeys(("callid", "queue", "agent", "event"), "VARCHAR"),
    **{f"data{n}": "VARCHAR" for n in range(1, 6)},
    "customer_hash": "VARCHAR",
}
_CDR_COLUMNS = {
    **dict.fromkeys(("accountcode", "src_hash", "dst", "dst_hash", "dcontext"), "VARCHAR"),
    **dict.fromkeys(("channel", "dstchannel", "lastapp"), "VARCHAR"),
    **dict.fromkeys(("start_at", "answer_at", "end_at"), "TIMESTAMP"),
    **dict.fromkeys(("duration_seconds", "billsec_seconds"), "BIGINT"),
    **dict.fromkeys(("disposition", "amaflags", "uniqueid", "userfield", "linkedid"), "VARCHAR"),
}
PROVENANCE_COLUMNS = {
    "_path": "VARCHAR",
    "_part": "VARCHAR",
    "_site_id": "VARCHAR",
    "_line_number": "BIGINT",
    "_file_started_at": "TIMESTAMP",
}


class FeedError(ValueError):
    """`feeds.yml` says something that cannot be meant."""


@dataclass(frozen=True)
class Column:
    """One column of a CSV feed."""

    name: str
    type: str
    header: str


@dataclass(frozen=True)
class Feed:
    """One feed: where its files are, how they are written, what makes a row."""

    name: str
    description: str
    format: str
    files: tuple[str, ...]
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()
    latest: str | None = None
    required: tuple[str, ...] = ()
    time: str | None = None
    is_required: bool = False
    max_rejected_ratio: float = 0.05
    max_age_hours: float | None = None
    events: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])

    @property
    def grows(self) -> bool:
        """Whether files of this feed are appended to, so that only new bytes need reading."""
        return self.format in ("queue_log", "cdr")

    @property
    def time_column(self) -> str | None:
        """The raw column that dates a row."""
        return {"queue_log": "epoch", "cdr": "start_at"}.get(self.format, self.time)

    @property
    def mandatory(self) -> tuple[str, ...]:
        """Columns of a CSV feed that no row may leave empty."""
        return self.key + tuple(name for name in self.required if name not in self.key)

    def matches(self, name: str) -> bool:
        """Whether a file of this name belongs to the feed."""
        return any(fnmatch.fnmatch(name, pattern) for pattern in self.files)

    def data_columns(self) -> dict[str, str]:
        """Name and SQL type of the columns of the raw table, without those of provenance."""
        if self.format == "queue_log":
            return dict(_QUEUE_LOG_COLUMNS)
        if self.format == "cdr":
            return dict(_CDR_COLUMNS)
        result: dict[str, str] = {}
        for column in self.columns:
            result[column.name] = SQL_TYPES[column.type]
            if column.type == "instant":
                result[f"{column.name}_is_utc"] = "BOOLEAN"
        return result

    def raw_columns(self) -> dict[str, str]:
        """Name and SQL type of all columns of the raw table."""
        return {**self.data_columns(), **PROVENANCE_COLUMNS}


def load_feeds(path: Path = FEEDS_FILE) -> dict[str, Feed]:
    """Read and check the declarations.

    Raises:
        FeedError: With the feed, the entry, what was seen and what was expected.
    """
    document = cast(object, yaml.safe_load(path.read_text(encoding="utf-8")))
    if not isinstance(document, dict):
        raise FeedError(f"{path}: expected a mapping of feed names")
    entries = cast(dict[str, dict[str, Any]], document)
    return {name: _feed(path, name, entry) for name, entry in entries.items()}


def _feed(path: Path, name: str, entry: dict[str, Any]) -> Feed:
    known = set(Feed.__dataclass_fields__) - {"name"}
    if unknown := sorted(set(entry) - known):
        raise FeedError(f"{path}: {name}: unknown {', '.join(unknown)}; known: {sorted(known)}")
    if entry.get("format") not in FORMATS:
        raise FeedError(
            f"{path}: {name}: format is {entry.get('format')!r}; expected one of {FORMATS}"
        )
    columns = tuple(
        _column(path, name, column, declared)
        for column, declared in cast(dict[str, Any], entry.get("columns") or {}).items()
    )
    events = cast(dict[str, list[int]], entry.get("events") or {})
    feed = Feed(
        name=name,
        description=str(entry.get("description") or ""),
        format=str(entry["format"]),
        files=tuple(entry.get("files") or ("*",)),
        columns=columns,
        key=tuple(entry.get("key") or ()),
        latest=entry.get("latest"),
        required=tuple(entry.get("required") or ()),
        time=entry.get("time"),
        is_required=bool(entry.get("is_required", False)),
        max_rejected_ratio=float(entry.get("max_rejected_ratio", 0.05)),
        max_age_hours=entry.get("max_age_hours"),
        events={event: tuple(fields) for event, fields in events.items()},
    )
    _check(path, feed)
    return feed


def _column(path: Path, feed: str, name: str, declared: Any) -> Column:  # noqa: ANN401 (YAML)
    details = cast(dict[str, Any], declared) if isinstance(declared, dict) else {"type": declared}
    if details.get("type") not in SQL_TYPES:
        raise FeedError(
            f"{path}: {feed}.{name}: type is {details.get('type')!r}; "
            f"expected one of {', '.join(SQL_TYPES)}"
        )
    return Column(name=name, type=str(details["type"]), header=str(details.get("from", name)))


def _check(path: Path, feed: Feed) -> None:
    if feed.format == "csv" and not feed.columns:
        raise FeedError(f"{path}: {feed.name}: a csv feed needs columns")
    if feed.format == "queue_log" and not feed.events:
        raise FeedError(f"{path}: {feed.name}: a queue_log feed needs its events")
    names = {column.name for column in feed.columns}
    named = {*feed.key, *feed.required, *filter(None, (feed.latest, feed.time))}
    if missing := sorted(named - names):
        raise FeedError(f"{path}: {feed.name}: {', '.join(missing)} is no column of the feed")
