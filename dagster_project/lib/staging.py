"""From files to rows of text (c1..cn and their number n), whatever their format.

What cannot be read as a row stands in `taken_out`, with a placeholder in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from dagster_project.lib.database import count, limits, quoted
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


@dataclass(frozen=True)
class Reading:
    """How DuckDB reads a file as it stands; files that are read alike are read by one statement.

    Attributes:
        staged: What the rows are.
        width: Columns of each row.
        skip: Lines before the first row.
    """

    staged: Staged
    width: int
    delimiter: str = ","
    quote: str = '"'
    skip: int = 0


def folded(name: str) -> str:
    """A header as it is compared."""
    return name.lower().replace("_", "").replace(" ", "")


def reading(feed: Feed, scanned: Scan) -> Reading | None:
    """Return how a file can be read as it stands; None for one that needs a way of its own."""
    is_empty = scanned.source.stat().st_size == 0
    if scanned.kind == "parquet" or scanned.damage or is_empty or not scanned.is_clean:
        return None
    if _has_lines(feed, scanned):
        return Reading(Staged(), 1, NO_DELIMITER, "")
    first = read_header(scanned.source)
    width = len(first)
    staged, widths = _shape(feed, scanned, first)
    # Of one column alone, DuckDB takes blank lines for records.
    if width < 2 or width not in widths or _starts_blank(scanned.source):
        return None
    named = replace(staged, names=staged.names[:width])
    return Reading(named, width, skip=int(scanned.has_header))


def stage(con: duckdb.DuckDBPyConnection, feed: Feed, scans: Sequence[Scan], work: Path) -> Staged:
    """Make the view `staged` and the table `taken_out`.

    Args:
        con: From `session`.
        feed: What is declared of the files.
        scans: What their bytes said: of one file, or of several that are read alike. Their rows
            come in this order, and `n` counts through all of them.
        work: Folder for copies.

    Raises:
        duckdb.Error: When one of several files is not what it looked like.
    """
    con.execute("create or replace temp table taken_out (n bigint, reason varchar, text varchar)")
    if found := reading(feed, scans[0]):
        try:
            _keep(con, [scanned.source for scanned in scans], found)
        except duckdb.Error as error:
            if len(scans) > 1 or "CSV" not in str(error):
                raise
        else:
            return found.staged
    [scanned] = scans
    if scanned.kind == "parquet":
        return _stage_parquet(con, feed, scanned, work)
    if _has_lines(feed, scanned):
        return _stage_lines(con, scanned, work)
    return _stage_records(con, feed, scanned, work)


def staged_rows(con: duckdb.DuckDBPyConnection, scans: Sequence[Scan]) -> list[tuple[int, int]]:
    """Return for each staged file the number of rows before its first one, and of its own."""
    if len(scans) == 1:
        return [(0, count(con, "staged"))]
    found = con.execute(
        "select filename, min(rowid), count(*) from staged_rows group by filename"
    ).fetchall()
    rows = {str(name): (int(first), int(own)) for name, first, own in found}
    return [rows.get(str(scanned.source), (0, 0)) for scanned in scans]


def _has_lines(feed: Feed, scanned: Scan) -> bool:
    """Whether each line of the file is one text."""
    is_log = feed.format == "queue_log" and not scanned.has_header
    return is_log or feed.format == "json_lines"


def _shape(feed: Feed, scanned: Scan, first: Sequence[str]) -> tuple[Staged, range]:
    """What the records of a file are, by its first one, and how many fields each may have."""
    if scanned.has_header:
        return _described(feed, first), range(len(first), len(first) + 1)
    if feed.format == "cdr":
        return Staged(CDR_FIELDS), CDR_WIDTHS
    return Staged(feed.header), range(len(feed.header), len(feed.header) + 1)


def _stage_lines(con: duckdb.DuckDBPyConnection, scanned: Scan, work: Path) -> Staged:
    copy, rejects = work / "clean", Rejects(work / "rejects.csv")
    clean_lines(scanned.source, copy, rejects)
    _take_out(con, rejects)
    _keep(con, [copy], Reading(Staged(), 1, NO_DELIMITER, ""))
    return Staged()


def _stage_records(con: duckdb.DuckDBPyConnection, feed: Feed, scanned: Scan, work: Path) -> Staged:
    first = read_header(scanned.source)
    staged, widths = _shape(feed, scanned, first)
    if not first:
        con.execute("create or replace temp table staged_rows (c1 varchar)")
        _number(con)
        return replace(staged, names=staged.names[:1])
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
    _keep(con, [copy], Reading(staged, widths.stop - 1))
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
            own.execute(
                f"copy (select {columns} from {source}) to {quoted(str(kept))} "  # noqa: S608
                "(format parquet, compression snappy)"
            )
    except duckdb.Error as error:
        return _unreadable(con, f"no readable Parquet file: {str(error).splitlines()[0]}")
    # What is one text a row in files is one here too.
    is_text = feed.format == "json_lines" and len(names) == 1
    if not (is_text or feed.format == "csv" or feed.begins_with_header(names)):
        return _unreadable(
            con, f"a Parquet file with {listed(names)}; expected the columns of {feed.format}"
        )
    con.execute(
        "create or replace temp view staged as select *, file_row_number + 1 as n "  # noqa: S608
        f"from read_parquet({quoted(str(kept))}, file_row_number = true)"
    )
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


def _keep(con: duckdb.DuckDBPyConnection, sources: Sequence[Path], how: Reading) -> None:
    """Read the rows of text of some files, in their order."""
    names = [f"c{i}" for i in range(1, how.width + 1)]
    sources = [source for source in sources if source.stat().st_size]
    if not sources:
        con.execute(
            "create or replace temp table staged_rows "
            f"({', '.join(f'{name} varchar' for name in names)})"
        )
        return _number(con)
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    files = ", ".join(quoted(str(source)) for source in sources)
    con.execute(
        f"create or replace temp table staged_rows as select * from read_csv([{files}], "  # noqa: S608
        f"delim = {quoted(how.delimiter)}, quote = {quoted(how.quote)}, "
        f"escape = {quoted(how.quote)}, header = false, skip = {how.skip}, auto_detect = false, "
        f"compression = 'none', filename = true, columns = {{{columns}}})"
    )
    return _number(con)


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
