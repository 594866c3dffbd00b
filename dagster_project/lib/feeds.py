"""The feeds that landing knows, read from `feeds.yml`."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

FEEDS_FILE = Path(__file__).resolve().parents[1] / "feeds.yml"
# Names of files of each format, where the declaration gives none.
FORMATS = {
    "queue_log": ("*",),
    "cdr": ("*.csv", "*.csv.*"),
    "csv": ("*.csv", "*.csv.gz", "*.parquet"),
    "json_lines": ("*",),
}
# What the first line of a log names when it is an export of Asterisk's table of the same content.
_TABLE_HEADERS = {
    "queue_log": {"time", "callid", "event"},
    "cdr": {"duration", "billsec", "disposition"},
}
SQL_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DECIMAL(18,4)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "hash": "VARCHAR",
    "extension": "VARCHAR",
    "login": "VARCHAR",
}
_QUEUE_LOG_COLUMNS = {
    "epoch": "BIGINT",
    "epoch_is_utc": "BOOLEAN",
    **dict.fromkeys(("callid", "queue", "agent", "event"), "VARCHAR"),
    **{f"data{n}": "VARCHAR" for n in range(1, 6)},
    "customer_hash": "VARCHAR",
}
_CDR_COLUMNS = {
    **dict.fromkeys(("accountcode", "src_hash", "src_extension"), "VARCHAR"),
    **dict.fromkeys(("dst", "dst_hash", "dcontext"), "VARCHAR"),
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
    """One column of a declared feed.

    Attributes:
        name: Its name in the lake.
        type: One of `SQL_TYPES`.
        headers: Its names in files, or its paths in JSON objects; the first that is there counts.
        is_utc: Whether an instant without an offset is UTC rather than local.
    """

    name: str
    type: str
    headers: tuple[str, ...]
    is_utc: bool = False


@dataclass(frozen=True)
class Feed:
    """One feed: where its files are, how they are written, what makes a row.

    Attributes:
        label: What people call it.
        folders: Further folders of the inbox with files of this feed.
        header: Names of the fields, where files have no header.
        latest: The column that tells which of two rows of one key is the later.
        required: Columns that no row may leave empty, besides the key.
        time: The column that dates a row.
    """

    name: str
    description: str
    format: str
    files: tuple[str, ...]
    label: str = ""
    folders: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
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
        return self.format in _TABLE_HEADERS or bool(self.header)

    @property
    def inbox_folders(self) -> tuple[str, ...]:
        """Folders of the inbox in which files of this feed are delivered."""
        return (self.name, *self.folders)

    @property
    def time_column(self) -> str | None:
        """The raw column that dates a row."""
        return {"queue_log": "epoch", "cdr": "start_at"}.get(self.format, self.time)

    @property
    def mandatory(self) -> tuple[str, ...]:
        """Columns of a declared feed that no row may leave empty."""
        named = (*self.key, *self.required)
        return tuple(name for name in dict.fromkeys(named) if name not in PROVENANCE_COLUMNS)

    def matches(self, name: str) -> bool:
        """Whether a file of this name belongs to the feed."""
        return any(fnmatch.fnmatch(name, pattern) for pattern in self.files)

    def begins_with_header(self, first: list[str]) -> bool:
        """Whether a file whose first line has these fields begins with a header."""
        if self.format in _TABLE_HEADERS:
            return _TABLE_HEADERS[self.format] <= {name.lower() for name in first}
        return self.format == "csv" and not self.header

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


def load_feeds(path: Path = FEEDS_FILE, locale: str = "en") -> dict[str, Feed]:
    """Read and check the declarations; labels are those of a language.

    Raises:
        FeedError: With the feed, the entry, what was seen and what was expected.
    """
    document = cast(object, yaml.safe_load(path.read_text(encoding="utf-8")))
    if not isinstance(document, dict):
        raise FeedError(f"{path}: expected a mapping of feed names")
    entries = cast(dict[str, dict[str, Any]], document)
    feeds = {name: _feed(path, name, entry, locale) for name, entry in entries.items()}
    folders = [folder for feed in feeds.values() for folder in feed.inbox_folders]
    if shared := sorted({folder for folder in folders if folders.count(folder) > 1}):
        raise FeedError(f"{path}: {', '.join(shared)} is the folder of more than one feed")
    return feeds


def _feed(path: Path, name: str, entry: dict[str, Any], locale: str) -> Feed:
    known = {*Feed.__dataclass_fields__, "label_zh"} - {"name"}
    if unknown := sorted(set(entry) - known):
        raise FeedError(f"{path}: {name}: unknown {', '.join(unknown)}; known: {sorted(known)}")
    if entry.get("format") not in FORMATS:
        raise FeedError(
            f"{path}: {name}: format is {entry.get('format')!r}; "
            f"expected one of {', '.join(FORMATS)}"
        )
    columns = tuple(
        _column(path, name, column, declared)
        for column, declared in cast(dict[str, Any], entry.get("columns") or {}).items()
    )
    events = cast(dict[str, list[int]], entry.get("events") or {})
    feed = Feed(
        name=name,
        description=str(entry.get("description") or ""),
        label=str(
            entry.get(f"label_{locale}")
            or entry.get("label")
            or name.replace("_", " ").capitalize()
        ),
        format=str(entry["format"]),
        files=tuple(entry.get("files") or FORMATS[entry["format"]]),
        folders=tuple(entry.get("folders") or ()),
        header=tuple(entry.get("header") or ()),
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
    if unknown := sorted(set(details) - {"type", "from", "is_utc"}):
        raise FeedError(
            f"{path}: {feed}.{name}: unknown {', '.join(unknown)}; known: type, from, is_utc"
        )
    headers = details.get("from") or name
    return Column(
        name=name,
        type=str(details["type"]),
        headers=tuple(cast(list[str], headers) if isinstance(headers, list) else [str(headers)]),
        is_utc=bool(details.get("is_utc", False)),
    )


def _check(path: Path, feed: Feed) -> None:
    if feed.format not in _TABLE_HEADERS and not feed.columns:
        raise FeedError(f"{path}: {feed.name}: a {feed.format} feed needs columns")
    if feed.format == "queue_log" and not feed.events:
        raise FeedError(f"{path}: {feed.name}: a queue_log feed needs its events")
    fields = set(feed.header)
    if absent := [c.name for c in feed.columns if fields and not fields.intersection(c.headers)]:
        raise FeedError(f"{path}: {feed.name}: {', '.join(absent)} is no field of the header")
    names = {column.name for column in feed.columns}
    named = {*feed.key, *feed.required, *filter(None, (feed.latest, feed.time))}
    # Some keys hold within a site only.
    if missing := sorted(named - names - {"_site_id"}):
        raise FeedError(f"{path}: {feed.name}: {', '.join(missing)} is no column of the feed")
