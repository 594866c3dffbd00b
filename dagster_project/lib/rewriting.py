"""Other words in files of every kind that a home has: text, gzip, Parquet, SQLite, DuckDB.

A file in which nothing is found is left as it is, to the byte; any other is written whole beside
its place and replaced in one step. Databases are written anew, since what is updated in them stays
in their free pages.
"""

from __future__ import annotations

import gzip
import importlib
import os
import re
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb

Rewrite = Callable[[str], str]
_SQLITE, _GZIP = b"SQLite format 3\0", b"\x1f\x8b"


def words(replacements: Mapping[str, str]) -> Rewrite:
    """Return a function that replaces whole words, however they are capitalised, longest first."""
    if not replacements:
        return lambda text: text
    new = {old.casefold(): word for old, word in replacements.items()}
    listed = "|".join(re.escape(one) for one in sorted(replacements, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)
    return lambda text: pattern.sub(lambda found: new[found[0].casefold()], text)


def rewrite(file: Path, change: Rewrite) -> bool:
    """Rewrite a file of any kind but DuckDB's; return whether it had anything to replace."""
    if file.suffix == ".parquet":
        return _rewrite_parquet(file, change)
    content = file.read_bytes()
    if content.startswith(_SQLITE):
        return _rewrite_sqlite(file, change)
    is_packed = content.startswith(_GZIP)
    text = (_unpacked(content) if is_packed else content).decode("utf-8", "surrogateescape")
    changed = "".join(map(change, text.splitlines(keepends=True)))
    if changed == text:
        return False
    again = changed.encode("utf-8", "surrogateescape")
    _replace(file, lambda beside: beside.write_bytes(gzip.compress(again) if is_packed else again))
    return True


def rewrite_duckdb(source: Path, target: Path, change: Rewrite) -> None:
    """Write a DuckDB file to a new one, by way of memory."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{source}' as old (read_only)")
        connection.execute("attach ':memory:' as clean")
        connection.execute("copy from database old to clean")
        connection.create_function("change", change, ["VARCHAR"], "VARCHAR")  # pyright: ignore
        for table, column in text_columns(connection, "clean"):
            connection.execute(
                f"update {table} set {column} = change({column}) "  # noqa: S608 - names of tables
                f"where {column} <> change({column})"
            )
        connection.execute(f"attach '{target}' as new")
        connection.execute("copy from database clean to new")


def text_columns(connection: duckdb.DuckDBPyConnection, database: str) -> Iterator[tuple[str, str]]:
    """Name each text column of a database, with its table."""
    rows = connection.execute(
        "select columns.schema_name, columns.table_name, column_name from duckdb_columns() as "
        "columns join duckdb_tables() as tables using (database_name, schema_name, table_name) "
        "where database_name = ? and columns.data_type = 'VARCHAR'",
        [database],
    ).fetchall()
    for schema, table, column in rows:
        yield f'"{database}"."{schema}"."{table}"', f'"{column}"'


def texts(file: Path) -> Iterator[str]:
    """Return what can be read in a file: its bytes, and what is packed in them."""
    content = file.read_bytes()
    yield content.decode("utf-8", "replace")
    if content.startswith(_GZIP):
        yield _unpacked(content).decode("utf-8", "replace")
    elif file.suffix == ".parquet":
        pq: Any = importlib.import_module("pyarrow.parquet")
        for column in pq.read_table(file).itercolumns():
            yield "\n".join(map(str, column.unique().to_pylist()))
    elif file.suffix == ".duckdb":
        # By another name, because this process may have the file open with other settings.
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            same = Path(folder) / "same.duckdb"
            same.hardlink_to(file)
            with duckdb.connect(str(same), read_only=True) as connection:
                for table, column in text_columns(connection, same.stem):
                    query = f"select distinct {column} from {table}"  # noqa: S608 - its own names
                    rows = connection.execute(query).fetchall()
                    yield "\n".join(str(value) for (value,) in rows)


def _unpacked(content: bytes) -> bytes:
    """Unpack gzip, of a broken stream as much as can be read."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        with suppress(zlib.error):
            return zlib.decompressobj(31).decompress(content)
        return content


def _rewrite_parquet(file: Path, change: Rewrite) -> bool:
    # Unlike DuckDB, pyarrow keeps what a file says of itself.
    pa: Any = importlib.import_module("pyarrow")
    pq: Any = importlib.import_module("pyarrow.parquet")
    table = pq.read_table(file)
    is_changed = False
    for number, field in enumerate(table.schema):
        if not pa.types.is_string(field.type):
            continue
        before = table.column(number).to_pylist()
        after = [value if value is None else change(value) for value in before]
        if after != before:
            table = table.set_column(number, field, pa.array(after, field.type))
            is_changed = True
    if is_changed:
        _replace(file, lambda beside: pq.write_table(table, beside))
    return is_changed


def _rewrite_sqlite(file: Path, change: Rewrite) -> bool:
    def traced(value: bytes) -> bool:
        text = value.decode("latin-1")
        return change(text) != text

    with closing(sqlite3.connect(file, timeout=60)) as connection:
        connection.create_function("change", 1, change)
        connection.create_function("traced", 1, traced)
        before = connection.total_changes
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        for (table,) in tables.fetchall():
            for _, name, *_ in connection.execute(f'pragma table_info("{table}")').fetchall():
                column = f'"{name}"'
                connection.execute(
                    f'update "{table}" set {column} = change({column}) '  # noqa: S608
                    f"where typeof({column}) = 'text' and {column} <> change({column})"
                )
                # What is pickled is a cache's.
                connection.execute(
                    f"delete from \"{table}\" where typeof({column}) = 'blob' "  # noqa: S608
                    f"and length({column}) > 0 and traced({column})"
                )
        connection.commit()
        is_changed = connection.total_changes > before
        if is_changed:
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
    return is_changed


def _replace(file: Path, write: Callable[[Path], object]) -> None:
    beside = file.with_name(f".{file.name}.rewritten")
    write(beside)
    shutil.copymode(file, beside)
    os.replace(beside, file)
