"""Fetching: what is new in databases and APIs becomes Parquet files beside the inbox.

dlt extracts, retries, and remembers the cursor. Each feed of a connection is a pipeline of its
own, so that one that fails keeps no other from arriving. Importing dlt takes seconds: import this
module only where something is to be fetched.
"""

# Neither pyarrow nor SQLAlchemy 1.4 says its types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, quote_plus, unquote, urlsplit

import pyarrow as pa
import sqlalchemy as sa
from pyarrow import parquet
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from dagster_project.lib.feeds import Feed
from dagster_project.lib.parsing import make_last
from dagster_project.lib.progress import LOGGER
from dagster_project.lib.settings import Home, quiet_dlt
from dagster_project.lib.sources import Source, resolved
from dagster_project.lib.staging import folded

quiet_dlt()

import dlt  # noqa: E402
from dlt.common import jsonpath  # noqa: E402
from dlt.extract.resource import DltResource  # noqa: E402
from dlt.pipeline.pipeline import Pipeline  # noqa: E402
from dlt.sources.helpers.rest_client.paginators import (  # noqa: E402
    OffsetPaginator,
    PageNumberPaginator,
    RangePaginator,
)
from dlt.sources.rest_api import rest_api_resources  # noqa: E402
from dlt.sources.sql_database import sql_table  # noqa: E402

DATABASE_ATTEMPTS = 3
MOST_PASSES = 5
ROWS_PER_FILE = 500_000
Record = dict[str, Any]
Secret = Callable[[str], str | None]

# The cursors stand in the home and nowhere else.
dlt.config["restore_from_destination"] = False
dlt.config["load.delete_completed_jobs"] = True
dlt.config["extract.data_writer.file_max_items"] = ROWS_PER_FILE


@dataclass(frozen=True)
class Fetched:
    """What came of one source: rows in new files, or why there are none."""

    source: Source
    rows: int = 0
    fault: str | None = None


def fetch(home: Home, source: Source, feed: Feed, secret: Secret, *, anew: bool = False) -> Fetched:
    """Bring what is new of one source; a source that fails is told, not raised.

    Args:
        home: The home folder.
        source: What to fetch.
        feed: The feed that it fills.
        secret: Gives a secret by the name of its variable.
        anew: Forget the cursor and fetch everything again.
    """
    work = home.dlt / "work" / source.name
    shutil.rmtree(work, ignore_errors=True)
    try:
        return Fetched(source, _fetch(home, work, source, feed, secret, anew=anew))
    except Exception as error:
        return Fetched(source, fault=_told(error, [secret(v) or "" for v in source.variables]))
    finally:
        # With it goes dlt's account of the run, which may quote an address with a secret in it.
        shutil.rmtree(work, ignore_errors=True)


def _fetch(
    home: Home, work: Path, source: Source, feed: Feed, secret: Secret, *, anew: bool
) -> int:
    """Fetch into files, then move the cursor: what is killed in between is fetched once more.

    dlt works on a copy of what it remembers, since killed at the wrong moment it stays stuck.
    """
    kept = home.dlt / "cursors" / source.name
    kept.mkdir(parents=True, exist_ok=True)
    versions = sorted(kept.iterdir())
    memory = work / "pipelines" / source.name
    if versions and not anew:
        shutil.copytree(versions[-1], memory)
    pipeline = dlt.pipeline(
        source.name,
        pipelines_dir=str(work / "pipelines"),
        dataset_name="rows",
        destination=dlt.destinations.filesystem(
            bucket_url=str(work / "loaded"),
            layout="{table_name}/{load_id}-{file_id}.{ext}",
            warn_unsafe_layout_separators=False,
        ),
    )
    if source.kind == "sql_database":
        _run_database(pipeline, source, feed, secret)
    else:
        _run(pipeline, _api_pages(source, secret), source, feed)
    rows = _publish(home, work / "loaded" / "rows" / source.feed, source)
    (memory / "trace.pickle").unlink(missing_ok=True)
    for package in (memory / "load" / "loaded").glob("*"):
        shutil.rmtree(package)
    for file in memory.rglob("*"):
        make_last(file)
    number = int(versions[-1].name) + 1 if versions else 1
    os.replace(memory, kept / f"{number:09}")
    for version in versions:
        shutil.rmtree(version)
    return rows


def _run(pipeline: Pipeline, pages: DltResource, source: Source, feed: Feed) -> None:
    seen: set[bytes] | None = set() if source.kind == "rest_api" else None

    @dlt.transformer(name=source.feed)
    def as_text(page: list[Record]) -> Iterator[pa.Table]:
        # Text, as in a delivered file: what it means is judged by landing alone, and a column
        # that changes its type in the source goes on being one column.
        records = _texts(page, source, feed)
        if seen is not None:
            records = [record for record in records if not _is_repeated(record, seen)]
        if records:
            names = list(dict.fromkeys(name for record in records for name in record))
            schema = pa.schema([(name, pa.string()) for name in names])
            yield pa.Table.from_pylist(records, schema=schema)

    # Names of columns stay as they are.
    schema = dlt.Schema("fetched", normalizers=cast(Any, {"names": "direct", "json": None}))
    pipeline.run(pages | as_text, schema=schema, loader_file_format="parquet")


def _publish(home: Home, loaded: Path, source: Source) -> int:
    """Give finished files their names, which landing finds, and count their rows.

    What is fetched whole each time (for want of a cursor, or in the time before it) is often what
    was fetched the last time: such a file says nothing new and is dropped.
    """
    target = home.fetched / source.feed / f"site={source.site}"
    target.mkdir(parents=True, exist_ok=True)
    loads: dict[str, list[Path]] = {}
    for file in sorted(target.glob(f"*-{source.connection_name}-*.parquet")):
        loads.setdefault(file.name.partition("-")[0], []).append(file)
    known = {_digest(file) for file in loads[max(loads)]} if loads else set[str]()
    rows = 0
    for file in sorted(loaded.glob("*.parquet")):
        if _digest(file) in known:
            file.unlink()
            continue
        load_id, _, file_id = file.name.partition("-")
        make_last(file)
        rows += parquet.read_metadata(file).num_rows
        os.replace(file, target / f"{load_id}-{source.connection_name}-{file_id}")
    make_last(target)
    return rows


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# ---- databases -----------------------------------------------------------------------------------


def _run_database(pipeline: Pipeline, source: Source, feed: Feed, secret: Secret) -> None:
    connection = resolved(source.connection, secret)
    url = sa.engine.make_url(connection["url"])
    if "password" in connection:
        url = url.set(password=connection["password"])
    engine = sa.create_engine(url)
    schema, _, table = source.place.rpartition(".")
    try:
        for attempt in range(1, DATABASE_ATTEMPTS + 1):
            try:
                rows = sql_table(
                    credentials=engine,
                    table=table,
                    schema=schema or cast(Any, sa.inspect(engine)).default_schema_name,
                    incremental=_incremental(source),
                    reflection_level="minimal",
                    query_adapter_callback=lambda query, table, incremental, _: _query(
                        query, table, incremental, source, feed
                    ),
                )
                return _run(pipeline, rows, source, feed)
            except Exception as error:
                is_lost = isinstance(_root(error), OperationalError | InterfaceError)
                if not is_lost or attempt == DATABASE_ATTEMPTS:
                    raise
                time.sleep(attempt)
    finally:
        engine.dispose()


def _incremental(source: Source) -> Any:  # noqa: ANN401 (dlt's generic class)
    if source.cursor is None:
        return None
    # From the cursor's value on, that value included: rows of the same instant may come later.
    # dlt remembers which of them it had by all their columns; by the table's key it would take one
    # for known that was changed since.
    return dlt.sources.incremental(
        source.cursor,
        lag=source.lag_seconds or None,
        on_cursor_value_missing="include",
        primary_key=lambda row: list(cast(Record, row)),
    )


def _query(
    query: Any,  # noqa: ANN401 (dlt's alias)
    table: Any,  # noqa: ANN401 (SQLAlchemy's class)
    incremental: Any,  # noqa: ANN401
    source: Source,
    feed: Feed,
) -> Any:  # noqa: ANN401
    """Only what the feed wants, from where the cursor begins, in an order that repeats itself."""
    if missing := sorted(set(source.columns.values()) - set(table.c.keys())):
        raise LookupError(
            f"{source.place} has no column {', '.join(missing)}; it has {', '.join(table.c.keys())}"
        )
    order = list(table.primary_key.columns)
    if source.cursor is not None:
        cursor = table.c[source.cursor]
        order = [cursor, *order]
        if source.initial is not None and incremental.last_value is None:
            begins = cursor >= _typed(source.initial, cursor)
            query = query.where(begins | cursor.is_(None))
    if known := _headers(feed):
        wanted = {*source.columns.values(), source.cursor}
        columns = [c for c in table.c if c.key in wanted or folded(c.key) in known]
        query = query.with_only_columns(*columns)
    return query.order_by(*order) if order else query


def _typed(value: str | float, column: Any) -> object:  # noqa: ANN401 (SQLAlchemy's class)
    """The cursor's first value as the column's type has it."""
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(str(value))
    if kind is date:
        return date.fromisoformat(str(value))
    return kind(value) if kind in (int, float, Decimal, str) else value


# ---- APIs ----------------------------------------------------------------------------------------


def _api_pages(source: Source, secret: Secret) -> DltResource:
    connection = resolved(source.connection, secret)
    records = source.records or "$"

    def look(response: Any, *_: object, **__: object) -> None:  # noqa: ANN401 (as dlt has it)
        # dlt takes an answer of another shape for an empty page.
        if response.ok and not jsonpath.find_values(records, response.json()):
            raise LookupError(f"{response.url} answers without {records}")

    endpoint: dict[str, Any] = {
        "path": source.place,
        "params": resolved(source.params, secret),
        "data_selector": records,
        "response_actions": [look],
    }
    if paginator := _paginator(source.paginator or connection.pop("paginator", None)):
        endpoint["paginator"] = paginator
    if source.cursor:
        endpoint["incremental"] = {
            "cursor_path": source.cursor,
            "initial_value": source.initial,
            "start_param": source.since,
            "lag": source.lag_seconds or None,
            "on_cursor_value_missing": "include",
        }
    client = {key: connection[key] for key in ("base_url", "auth", "headers") if key in connection}
    config = {"client": client, "resources": [{"name": source.feed, "endpoint": endpoint}]}
    return rest_api_resources(cast(Any, config))[0]


def _paginator(declared: Mapping[str, Any] | None) -> object:
    """Numbered pages are read until they are settled; the others are dlt's own."""
    settled: dict[str, Callable[..., object]] = {
        "page_number": _SettledPages,
        "offset": _SettledOffsets,
    }
    if declared is None or declared["type"] not in settled:
        return declared
    arguments = {key: value for key, value in declared.items() if key != "type"}
    return settled[declared["type"]](**{"total_path": None, **arguments})


class _Settled(RangePaginator):
    """Reads all pages again until that brings nothing new.

    While pages are read by number, a record that is added or changed moves others from a page not
    yet read to one that was: they would be missed, and the cursor has passed them.
    """

    def init_request(self, request: Any) -> None:  # noqa: ANN401 (as dlt has it)
        self._seen: set[bytes] = set()
        self._passes, self._is_settled = 1, True
        super().init_request(request)

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:  # noqa: ANN401
        for record in data or []:
            if not _is_repeated(record, self._seen):
                self._is_settled = False
        super().update_state(response, data)
        if self._has_next_page or self._is_settled:
            return
        if self._passes == MOST_PASSES:
            LOGGER.warning("%s: still changing after %d passes.", response.url, MOST_PASSES)
            return
        self._passes, self._is_settled = self._passes + 1, True
        self._has_next_page, self.current_value = True, self.initial_value


class _SettledPages(_Settled, PageNumberPaginator):
    """Pages by number."""


class _SettledOffsets(_Settled, OffsetPaginator):
    """Pages by offset."""


# ---- records as text -----------------------------------------------------------------------------


def _headers(feed: Feed) -> set[str]:
    """What a file may call the feed's columns, as it is compared; nothing where all is wanted."""
    return {folded(header) for column in feed.columns for header in column.headers}


def _texts(page: Sequence[Record], source: Source, feed: Feed) -> list[dict[str, str | None]]:
    """Records as rows of a delivered file: under the feed's names, and only what it wants."""
    if feed.format == "json_lines":
        return [{"line": _text(record)} for record in page]
    known, given = _headers(feed), {folded(name) for name in source.columns}
    renamed = set(source.columns.values())
    rows: list[dict[str, str | None]] = []
    for record in page:
        row = {name: _text(_value(record, path)) for name, path in source.columns.items()}
        for name, value in record.items():
            is_wanted = folded(name) in known if known else name not in renamed
            if is_wanted and folded(name) not in given:
                row[name] = _text(value)
        rows.append(row)
    return rows


def _value(record: Record, path: str) -> object:
    """A field by its name, or by the names on the way to it."""
    if path in record:
        return record[path]
    value: object = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = cast(Mapping[str, object], value).get(name)
    return value


def _text(value: object) -> str | None:
    """A value as a delivered file would have it."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(sep=" ")
        case Decimal():
            return format(value, "f")
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _is_repeated(record: object, seen: set[bytes]) -> bool:
    text = json.dumps(record, sort_keys=True, default=str)
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    is_known = digest in seen
    seen.add(digest)
    return is_known


# ---- what went wrong -----------------------------------------------------------------------------


def _root(error: BaseException) -> BaseException:
    """The error that the others were raised from; dlt and SQLAlchemy wrap it."""
    while not isinstance(error, SQLAlchemyError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _told(error: BaseException, secrets: Sequence[str]) -> str:
    root = _root(error)
    origin = getattr(root, "orig", None) or root
    text = " ".join(f"{type(origin).__name__}: {origin}".split())
    # Longest first, so that no part of one is left standing; in an address it is written otherwise.
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(filter(None, forms), key=len, reverse=True):
        text = text.replace(form, "***")
    return text


def _forms(secret: str) -> Iterator[str]:
    """How a secret may be written; of one that is an address, its password alone as well."""
    password = urlsplit(secret).password if "://" in secret else None
    for text in filter(None, (secret, password, unquote(password or ""))):
        yield from (text, quote(text), quote(text, safe=""), quote_plus(text))
