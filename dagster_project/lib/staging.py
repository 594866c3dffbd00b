"""From a file to rows of text (c1..cn and their number n), whatever its format.

What cannot be read as a row stands in `taken_out`, with a placeholder in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from dagster_project.lib.database import limits, quoted
from dagster_project.lib.feeds import Feed
from dagster_project.lib.scanning import (
    NO_DELIMITER,
    PLACEHOLDER,
    Rejects,
    Scan,
    clean_lines,
    clean_records,
    read_header,
)

# Rows of larger files wait on disk rather than in memory between the two looks at them.
LARGE_FILE = 64 << 20
# Of a header that is none a message shows only so much.
LONGEST_NAME, MOST_NAMES = 40, 40
CDR_WIDTHS = range(16, 19)
CDR_FIELDS = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
    *("uniqueid", "userfield"),
)


@dataclass(frozen=True)
class Staged:
    """What the rows in the view `staged` (c1..cn, n) are.

    Attributes:
        names: What c1..cn are called; nothing where a row is one line.
        missing: Headers of mandatory columns that the file does not have.
        notes: What the log should say once.
        message: Why the file as a whole is not usable, if it is not.
    """

    names: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    message: str | None = None

    def position(self, *names: str) -> int | None:
        """Number of the first of these columns that the file has, from 1."""
        known = [folded(name) for name in self.names]
        return next((known.index(n) + 1 for n in map(folded, names) if n in known), None)

    def text(self, *names: str) -> str:
        """SQL for the text of the first of these columns that the file has."""
        position = self.position(*names)
        return f"nullif(trim(c{position}), '')" if position else "null::varchar"


def folded(name: str) -> str:
    """A header as it is compared."""
    return name.lower().replace("_", "").replace(" ", "")


def stage(con: duckdb.DuckDBPyConnection, feed: Feed, scanned: Scan, work: Path) -> Staged:
    """Make the view `staged` and the table `taken_out`.

    Args:
        con: From `session`.
        feed: What is declared of the file.
        scanned: What its bytes said.
        work: Folder for copies.
    """
    con.execute("create or replace temp table taken_out (n bigint, reason varchar, text varchar)")
    if scanned.kind == "parquet":
        return _stage_parquet(con, feed, scanned, work)
    if feed.format == "json_lines" or (feed.format == "queue_log" and not scanned.has_header):
        return _stage_lines(con, scanned, work)
    return _stage_records(con, feed, scanned, work)


def _stage_lines(con: duckdb.DuckDBPyConnection, scanned: Scan, work: Path) -> Staged:
    source = scanned.source
    if not scanned.is_clean:
        source, rejects = work / "clean", Rejects(work / "rejects.csv")
        clean_lines(scanned.source, source, rejects)
        _take_out(con, rejects)
    _keep(con, source, 1, delimiter=NO_DELIMITER, quote="", skip=0, work=work)
    return Staged()


def _stage_records(con: duckdb.DuckDBPyConnection, feed: Feed, scanned: Scan, work: Path) -> Staged:
    first = read_header(scanned.source)
    width = len(first)
    if scanned.has_header:
        staged, widths = _described(feed, first), range(width, width + 1)
    elif feed.format == "cdr":
        staged, widths = Staged(CDR_FIELDS), CDR_WIDTHS
    else:
        staged, widths = Staged(feed.header), range(len(feed.header), len(feed.header) + 1)
    if width == 0:
        con.execute("create temp table staged_rows (c1 varchar)")
        _number(con)
        return replace(staged, names=staged.names[:1])
    # Of one column alone, DuckDB takes blank lines for records.
    is_plain = scanned.is_clean and width > 1 and not _starts_blank(scanned.source)
    if is_plain and width in widths:
        skip = int(scanned.has_header)
        try:
            _keep(con, scanned.source, width, delimiter=",", quote='"', skip=skip, work=work)
        except duckdb.Error as error:
            if "CSV" not in str(error):
                raise
        else:
            return replace(staged, names=staged.names[:width])
    copy, rejects = work / "clean", Rejects(work / "rejects.csv")
    clean_records(
        scanned.source,
        copy,
        rejects,
        widths=widths,
        has_header=scanned.has_header,
        ends_in_tail=scanned.split < scanned.end,
    )
    _take_out(con, rejects)
    _keep(con, copy, widths.stop - 1, delimiter=",", quote='"', skip=0, work=work)
    return staged


def _stage_parquet(con: duckdb.DuckDBPyConnection, feed: Feed, scanned: Scan, work: Path) -> Staged:
    # A folder `site=riga` is no column of the file.
    source = f"read_parquet({quoted(str(scanned.source))}, hive_partitioning = false)"
    kept = work / "staged"
    try:
        # A damaged file can take down the database that reads it: it gets one of its own.
        with duckdb.connect(config=limits(con)) as own:
            described = own.execute(f"describe select * from {source}").fetchall()  # noqa: S608
            names = [str(row[0]) for row in described]
            columns = ", ".join(
                f'"{name.replace(chr(34), chr(34) * 2)}"::varchar as c{i}'
                for i, name in enumerate(names, 1)
            )
            _copy(own, f"select {columns} from {source}", kept)  # noqa: S608
    except duckdb.Error as error:
        return _unreadable(con, f"no readable Parquet file: {str(error).splitlines()[0]}")
    # What is one text a row in files is one here too.
    is_text = feed.format == "json_lines" and len(names) == 1
    if not (is_text or feed.format == "csv" or feed.begins_with_header(names)):
        return _unreadable(
            con, f"a Parquet file with {listed(names)}; expected the columns of {feed.format}"
        )
    _number_kept(con, kept)
    return Staged() if is_text else _described(feed, names)


def _unreadable(con: duckdb.DuckDBPyConnection, reason: str) -> Staged:
    """A file of which nothing can be read counts as one rejected record."""
    con.execute("create or replace temp table staged_rows as select ? as c1", [PLACEHOLDER])
    con.execute("insert into taken_out values (1, ?, '')", [reason])
    _number(con)
    return Staged(("line",), message=reason)


def listed(names: Sequence[str]) -> str:
    """Names of columns in a message; what a broken file has in their place stays short."""
    shown = [name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…" for name in names]
    if len(shown) > MOST_NAMES:
        shown[MOST_NAMES:] = [f"and {len(shown) - MOST_NAMES} more"]
    return "".join(c if c.isprintable() else "\ufffd" for c in ", ".join(shown))


def _described(feed: Feed, names: Sequence[str]) -> Staged:
    """Compare the header with the declaration."""
    staged = Staged(tuple(names))
    if not names or not feed.columns:
        return staged
    known = {folded(header) for column in feed.columns for header in column.headers}
    unknown = [name for name in names if folded(name) not in known]
    missing = tuple(
        column.headers[0]
        for column in feed.columns
        if column.name in feed.mandatory and not staged.position(*column.headers)
    )
    notes = (f"columns ignored: {listed(unknown)}",) if unknown else ()
    message = None
    if missing:
        message = (
            f"column {listed(missing)} is missing; the header is {listed(names)}; "
            f"expected {listed([column.headers[0] for column in feed.columns])}"
        )
    return Staged(staged.names, missing, notes, message)


def _starts_blank(source: Path) -> bool:
    with source.open("rb") as stream:
        return not stream.readline(1 << 16).strip()


def _keep(
    con: duckdb.DuckDBPyConnection,
    source: Path,
    width: int,
    *,
    delimiter: str,
    quote: str,
    skip: int,
    work: Path,
) -> None:
    """Read rows of text once, in their order, and keep them for the two looks at them."""
    names = [f"c{i}" for i in range(1, width + 1)]
    if source.stat().st_size == 0:
        con.execute(f"create temp table staged_rows ({', '.join(f'{n} varchar' for n in names)})")
        return _number(con)
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    select = (
        f"select {', '.join(names)} from read_csv({quoted(str(source))}, "  # noqa: S608
        f"delim = {quoted(delimiter)}, quote = {quoted(quote)}, escape = {quoted(quote)}, "
        f"header = false, skip = {skip}, auto_detect = false, compression = 'none', "
        f"columns = {{{columns}}})"
    )
    if source.stat().st_size < LARGE_FILE:
        con.execute(f"create or replace temp table staged_rows as {select}")
        return _number(con)
    kept = work / "staged"
    _copy(con, select, kept)
    return _number_kept(con, kept)


def _copy(con: duckdb.DuckDBPyConnection, select: str, target: Path) -> None:
    con.execute(f"copy ({select}) to {quoted(str(target))} (format parquet, compression snappy)")


def _number_kept(con: duckdb.DuckDBPyConnection, kept: Path) -> None:
    con.execute(
        "create or replace temp view staged as select *, file_row_number + 1 as n "  # noqa: S608
        f"from read_parquet({quoted(str(kept))}, file_row_number = true)"
    )


def _number(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create or replace temp view staged as select *, rowid + 1 as n from staged_rows")


def _take_out(con: duckdb.DuckDBPyConnection, rejects: Rejects) -> None:
    rejects.close()
    if rejects.path.stat().st_size:
        con.execute(
            "insert into taken_out select n, reason, text from read_csv(?, delim = ',', "
            "quote = '\"', escape = '\"', header = false, auto_detect = false, "
            "columns = {'n': 'BIGINT', 'reason': 'VARCHAR', 'text': 'VARCHAR'})",
            [str(rejects.path)],
        )
