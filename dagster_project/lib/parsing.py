"""From the bytes of one file to Parquet parts, by DuckDB.

Every format is staged the same way (rows of text with their number), judged by one SQL expression
(`problem`: NULL, or `field|reason`) and written as accepted and rejected rows of one or two parts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import duckdb

from dagster_project.lib.feeds import SQL_TYPES, Column, Feed
from dagster_project.lib.scanning import (
    LONGEST_TEXT,
    NO_DELIMITER,
    PLACEHOLDER,
    Base,
    Rejects,
    Scan,
    clean_lines,
    clean_records,
    read_header,
)

# Rows of larger files wait on disk rather than in memory between the two looks at them.
LARGE_FILE = 64 << 20
CDR_WIDTHS = range(16, 19)
CDR_FIELDS = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
    *("uniqueid", "userfield"),
)
_CDR_DISPOSITIONS = ("ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN")
_EARLIEST_EPOCH, _LATEST_EPOCH = 631_152_000, 4_102_444_800  # 1990 and 2100
_EXPECTED = {
    "integer": "not a whole number",
    "number": "not a number",
    "boolean": "neither true nor false",
    "date": "not a date (expected 2026-10-31)",
    "instant": "not a time (expected 2026-10-31T09:30:00, with or without an offset)",
}
_OFFSET = r"\d:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|z|[+-]\d{2}(:?\d{2})?)$"


@dataclass(frozen=True)
class Origin:
    """Where a file stands and what it is there."""

    feed: Feed
    path: str
    site_id: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class ParsedPart:
    """One part as it was written, not yet admitted."""

    name: str
    lines_read: int
    accepted: int
    rejected: int
    first_at: str | None
    last_at: str | None


@dataclass(frozen=True)
class Parsed:
    """What became of one file.

    Attributes:
        parts: What was written.
        notes: What the log should say once.
        message: Why the file as a whole is not usable, if it is not.
    """

    parts: tuple[ParsedPart, ...]
    notes: tuple[str, ...]
    message: str | None


@dataclass(frozen=True)
class _Staged:
    """What the rows in the view `staged` (c1..cn, n) are."""

    names: list[str]
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    message: str | None = None


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def connect(threads: int, memory_limit: str, spill: Path) -> duckdb.DuckDBPyConnection:
    """The database that parses: in memory, with room on disk. Take a `session` of it."""
    con = duckdb.connect()
    con.execute(f"set threads = {threads}")
    con.execute(f"set memory_limit = {quoted(memory_limit)}")
    con.execute(f"set temp_directory = {quoted(str(spill))}")
    # Pushed down to the scan, the condition on `problem` would split each line a dozen times over.
    con.execute("set disabled_optimizers = 'filter_pushdown'")
    con.execute("create macro digits(x) as nullif(regexp_replace(x, '[^0-9]', '', 'g'), '')")
    con.execute(
        "create macro hashed(x) as left(sha256(getvariable('hash_key') || ':' || digits(x)), 24)"
    )
    return con


def session(con: duckdb.DuckDBPyConnection, hash_key: str) -> duckdb.DuckDBPyConnection:
    """A connection for one file: its clock in UTC, and the key that numbers are hashed with."""
    cursor = con.cursor()
    cursor.execute("set timezone = 'UTC'")
    # As a variable the key stands in no statement, so no error message can show it.
    cursor.execute("set variable hash_key = ?", [hash_key])
    return cursor


def parse(
    con: duckdb.DuckDBPyConnection,
    origin: Origin,
    scanned: Scan,
    base: Base | None,
    *,
    target: Path,
    work: Path,
    name_part: Callable[[int, int, str], str],
) -> Parsed:
    """Write the parts of one file.

    Args:
        con: From `session`.
        origin: What the file is.
        scanned: What its bytes said.
        base: What was known of it before, where it has grown.
        target: Folder for the parts.
        work: Folder for copies.
        name_part: Gives the name of a part from (start, end, sha256).
    """
    staged = _stage(con, origin.feed, scanned, work)
    _judge(con, origin.feed, staged)
    row_count = _count(con, "staged")
    has_tail = scanned.split < scanned.end
    whole_count = row_count - 1 if has_tail and row_count else row_count
    spans = [(scanned.start, scanned.split, scanned.sha256_at_split, 1, whole_count)]
    if has_tail:
        tail = (scanned.split, scanned.end, scanned.sha256, whole_count + 1, row_count)
        spans = [*spans, tail] if scanned.split > scanned.start else [tail]
    if scanned.damage:
        # The place where a cut stream ends counts as one record that could not be read.
        row_count += 1
        spans = [(*spans[0][:4], row_count)]
        reason = f"{scanned.damage}; deliver it again"
        con.execute("insert into taken_out values (?, ?, '')", [row_count, reason])
    before = base.row_count if base and scanned.start else 0
    started_at = base.started_at if base and scanned.start else None
    summaries = [_summary(con, first, last) for *_, first, last in spans]
    started_at = started_at or min((s.first_at for s in summaries if s.first_at), default=None)
    parts: list[ParsedPart] = []
    for (start, end, sha256, first, last), summary in zip(spans, summaries, strict=True):
        part = name_part(start, end, sha256)
        facts = {
            "path": origin.path,
            "feed": origin.feed.name,
            "site_id": origin.site_id,
            "size": str(origin.size),
            "mtime_ns": str(origin.mtime_ns),
            "end": str(end),
            "sha256": sha256,
            "is_terminated": str(int(end == scanned.split)),
            "row_count": str(before + last),
            "lines_read": str(summary.lines_read),
            "accepted": str(summary.accepted),
            "rejected": str(summary.lines_read - summary.accepted),
            "started_at": started_at or "",
            "first_at": summary.first_at or "",
            "last_at": summary.last_at or "",
        }
        if summary.lines_read > summary.accepted:
            _write(
                con,
                _rejected_sql(origin, first, last, before),
                target / f"{part}.rejected",
                {},
            )
        _write(
            con,
            _accepted_sql(origin, part, first, last, before, started_at),
            target / f"{part}.parquet",
            facts,
        )
        parts.append(
            ParsedPart(
                part,
                summary.lines_read,
                summary.accepted,
                summary.lines_read - summary.accepted,
                summary.first_at,
                summary.last_at,
            )
        )
    return Parsed(tuple(parts), staged.notes, staged.message or scanned.damage)


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    return cast(tuple[int], con.execute(f"select count(*) from {relation}").fetchone())[0]  # noqa: S608


# ---- staging: rows of text, c1..cn and their number n ------------------------------------------


def _stage(con: duckdb.DuckDBPyConnection, feed: Feed, scanned: Scan, work: Path) -> _Staged:
    con.execute("create or replace temp table taken_out (n bigint, reason varchar, text varchar)")
    if scanned.kind == "parquet":
        return _stage_parquet(con, feed, scanned)
    if feed.format == "queue_log":
        staged = _stage_lines(con, scanned, work)
    else:
        staged = _stage_records(con, feed, scanned, work)
    return staged


def _stage_lines(con: duckdb.DuckDBPyConnection, scanned: Scan, work: Path) -> _Staged:
    source = scanned.source
    if not scanned.is_clean:
        source, rejects = work / "clean", Rejects(work / "rejects.csv")
        clean_lines(scanned.source, source, rejects)
        _take_out(con, rejects)
    _keep(con, source, 1, delimiter=NO_DELIMITER, quote="", skip=0, work=work)
    return _Staged(["line"])


def _stage_records(
    con: duckdb.DuckDBPyConnection, feed: Feed, scanned: Scan, work: Path
) -> _Staged:
    has_header = feed.format == "csv"
    header = read_header(scanned.source)
    names = header if has_header else list(CDR_FIELDS)
    width = len(header)
    staged = _described(feed, names) if has_header else _Staged(names)
    if width == 0:
        con.execute("create temp table staged_rows (c1 varchar)")
        _number(con)
        return _Staged(names[:1])
    fits = has_header or width in CDR_WIDTHS
    if scanned.is_clean and fits and not _starts_blank(scanned.source):
        try:
            _keep(
                con,
                scanned.source,
                width,
                delimiter=",",
                quote='"',
                skip=int(has_header),
                work=work,
            )
        except duckdb.Error as error:
            if "CSV" not in str(error):
                raise
        else:
            return replace(staged, names=names[:width])
    widths = range(width, width + 1) if has_header else CDR_WIDTHS
    copy, rejects = work / "clean", Rejects(work / "rejects.csv")
    clean_records(
        scanned.source,
        copy,
        rejects,
        widths=widths,
        has_header=has_header,
        ends_in_tail=scanned.split < scanned.end,
    )
    _take_out(con, rejects)
    _keep(con, copy, widths.stop - 1, delimiter=",", quote='"', skip=0, work=work)
    return staged


def _stage_parquet(con: duckdb.DuckDBPyConnection, feed: Feed, scanned: Scan) -> _Staged:
    if feed.format != "csv":
        return _unreadable(con, f"a Parquet file in {feed.name}; expected {feed.format}")
    source = f"read_parquet({quoted(str(scanned.source))})"
    try:
        described = con.execute(f"describe select * from {source}").fetchall()  # noqa: S608
        names = [str(row[0]) for row in described]
        columns = ", ".join(
            f'"{name.replace(chr(34), chr(34) * 2)}"::varchar as c{i}'
            for i, name in enumerate(names, 1)
        )
        con.execute(f"create temp table staged_rows as select {columns} from {source}")  # noqa: S608
    except duckdb.Error as error:
        return _unreadable(con, f"no readable Parquet file: {str(error).splitlines()[0]}")
    _number(con)
    return _described(feed, names)


def _unreadable(con: duckdb.DuckDBPyConnection, reason: str) -> _Staged:
    """A file of which nothing can be read counts as one rejected record."""
    con.execute("create or replace temp table staged_rows as select ? as c1", [PLACEHOLDER])
    con.execute("insert into taken_out values (1, ?, '')", [reason])
    _number(con)
    return _Staged(["line"], message=reason)


def _described(feed: Feed, names: list[str]) -> _Staged:
    """Compare the header with the declaration."""
    if not names:
        return _Staged(names)
    known = {column.header for column in feed.columns}
    mandatory = [column.header for column in feed.columns if column.name in feed.mandatory]
    unknown = [name for name in names if name not in known]
    missing = tuple(header for header in mandatory if header not in names)
    notes = (f"columns ignored: {', '.join(unknown)}",) if unknown else ()
    message = None
    if missing:
        message = (
            f"column {', '.join(missing)} is missing; the header is {', '.join(names)}; "
            f"expected {', '.join(column.header for column in feed.columns)}"
        )
    return _Staged(names, missing, notes, message)


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
    con.execute(f"copy ({select}) to {quoted(str(kept))} (format parquet, compression snappy)")
    con.execute(
        "create or replace temp view staged as select *, file_row_number + 1 as n "  # noqa: S608
        f"from read_parquet({quoted(str(kept))}, file_row_number = true)"
    )
    return None


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


# ---- judging: one view of typed columns with `problem`, `value`, `text` and `at` ----------------


def _judge(con: duckdb.DuckDBPyConnection, feed: Feed, staged: _Staged) -> None:
    if feed.format == "queue_log":
        select = _queue_log_sql(feed)
    elif feed.format == "cdr":
        select = _cdr_sql(staged)
    else:
        select = _csv_sql(feed, staged)
    con.execute(f"create or replace temp view judged as {select}")


def _queue_log_sql(feed: Feed) -> str:
    events = ", ".join(quoted(event) for event in feed.events)
    numbers: list[str] = []
    for position in range(1, 6):
        having = [event for event, fields in feed.events.items() if position in fields]
        if having:
            numbers.append(
                f"when event in ({', '.join(map(quoted, having))}) and p[{position + 5}] <> '' and "
                f"try_cast(p[{position + 5}] as bigint) is null "
                f"then 'data{position}|not a whole number'"
            )
    values = " ".join(f"when 'data{i}' then p[{i + 5}]" for i in range(1, 6))
    return f"""
        with split as (
            select n, c1 as text, string_split(c1, '|') as p
            from staged where trim(c1) <> '' and c1 <> {quoted(PLACEHOLDER)}
        ),
        named as (
            select *, try_cast(p[1] as bigint) as epoch, p[5] as event from split
        ),
        judged as (
            select *, case
                when len(p) < 5 then 'line|fewer than 5 fields'
                when epoch is null or epoch::varchar <> p[1] then 'epoch|not a whole number'
                when epoch not between {_EARLIEST_EPOCH} and {_LATEST_EPOCH}
                    then 'epoch|not between 1990 and 2100'
                when event not in ({events}) then 'event|unknown event'
                {" ".join(numbers)}
            end as problem
            from named
        )
        select
            n, text, problem,
            case split_part(problem, '|', 1)
                when 'epoch' then p[1] when 'event' then p[5] {values}
            end as value,
            epoch_ms(case when problem is null then epoch * 1000 end) as at,
            epoch,
            nullif(p[2], '') as callid, nullif(p[3], '') as queue, nullif(p[4], '') as agent, event,
            nullif(p[6], '') as data1,
            case when event <> 'ENTERQUEUE' then nullif(p[7], '') end as data2,
            nullif(p[8], '') as data3,
            -- The fourth of ENTERQUEUE is the caller's name.
            case when event <> 'ENTERQUEUE' then nullif(p[9], '') end as data4,
            case when event <> 'ENTERQUEUE' then nullif(p[10], '') end as data5,
            case when event = 'ENTERQUEUE' then hashed(p[7]) end as customer_hash
        from judged"""  # noqa: S608


def _cdr_sql(staged: _Staged) -> str:
    fields = {
        name: (f"nullif(trim(c{i}), '')" if i <= len(staged.names) else "null::varchar")
        for i, name in enumerate(CDR_FIELDS, 1)
    }
    named = ", ".join(f'{text} as "{name}"' for name, text in fields.items())
    times = " ".join(
        f'when "{name}" is not null and try_cast("{name}" as timestamp) is null '
        f"then '{name}|{_EXPECTED['instant']}'"
        for name in ("start", "answer", "end")
    )
    numbers = " ".join(
        f"when {name} is null or not regexp_full_match({name}, '-?[0-9]+') "
        f"or try_cast({name} as bigint) is null then '{name}|not a whole number'"
        for name in ("duration", "billsec")
    )
    dispositions = ", ".join(map(quoted, _CDR_DISPOSITIONS))
    row = ", ".join(f"c{i}" for i in range(1, len(staged.names) + 1))
    is_outside = "coalesce(length(digits({})) >= 7, false)"
    return f"""
        with named as (
            select n, concat_ws(',', {row}) as text, {named}
            from staged where c1 is distinct from {quoted(PLACEHOLDER)}
        ),
        judged as (
            select *, case
                when "start" is null then 'start|empty'
                {times}
                {numbers}
                when disposition is null then 'disposition|empty'
                when disposition not in ({dispositions}) then 'disposition|unknown disposition'
            end as problem
            from named
        )
        select
            n, text, problem,
            case split_part(problem, '|', 1)
                when 'start' then "start" when 'answer' then answer when 'end' then "end"
                when 'duration' then duration when 'billsec' then billsec
                when 'disposition' then disposition
            end as value,
            case when problem is null then try_cast("start" as timestamp) end as at,
            accountcode,
            -- Numbers within the house stay readable, those of the outside world do not.
            case when {is_outside.format("src")} then hashed(src) end as src_hash,
            case when not {is_outside.format("dst")} then dst end as dst,
            case when {is_outside.format("dst")} then hashed(dst) end as dst_hash,
            dcontext, channel, dstchannel, lastapp,
            try_cast("start" as timestamp) as start_at,
            try_cast(answer as timestamp) as answer_at,
            try_cast("end" as timestamp) as end_at,
            try_cast(duration as bigint) as duration_seconds,
            try_cast(billsec as bigint) as billsec_seconds,
            disposition, amaflags, uniqueid, userfield, null::varchar as linkedid
        from judged"""  # noqa: S608


def _csv_sql(feed: Feed, staged: _Staged) -> str:
    positions = {name: i for i, name in reversed(list(enumerate(staged.names, 1)))}
    texts = {
        column.name: f"nullif(trim(c{positions[column.header]}), '')"
        if column.header in positions
        else "null::varchar"
        for column in feed.columns
    }
    named = ", ".join(f'{text} as "t_{name}"' for name, text in texts.items())
    problems = [f"when true then {quoted(f'{h}|column is missing')}" for h in staged.missing[:1]]
    for column in feed.columns:
        text = f'"t_{column.name}"'
        if column.name in feed.mandatory:
            problems.append(f"when {text} is null then {quoted(f'{column.header}|empty')}")
        if column.type in _EXPECTED:
            reason = quoted(f"{column.header}|{_EXPECTED[column.type]}")
            problems.append(f"when {text} is not null and ({_typed(column)}) is null then {reason}")
    problem = f"case {' '.join(problems)} end" if problems else "null::varchar"
    values = " ".join(
        f'when {quoted(column.header)} then "t_{column.name}"' for column in feed.columns
    )
    typed: list[str] = []
    for column in feed.columns:
        typed.append(f'{_typed(column)} as "{column.name}"')
        if column.type == "instant":
            typed.append(f'{_has_offset(column)} as "{column.name}_is_utc"')
    at = f'case when problem is null then "{feed.time}" end' if feed.time else "null::timestamp"
    row = ", ".join(f"c{i}" for i in range(1, len(staged.names) + 1)) or "''"
    return f"""
        with named as (
            select n, concat_ws(',', {row}) as text, {named}
            from staged where c1 is distinct from {quoted(PLACEHOLDER)}
        ),
        judged as (select *, {problem} as problem from named),
        typed as (
            select n, text, problem,
                case split_part(problem, '|', 1) {values} end as value,
                {", ".join(typed)}
            from judged
        )
        select *, {at} as at from typed"""  # noqa: S608


def _has_offset(column: Column) -> str:
    return f'regexp_matches("t_{column.name}", {quoted(_OFFSET)})'


def _typed(column: Column) -> str:
    """The SQL that turns a field's text into its type, NULL where it cannot."""
    text = f'"t_{column.name}"'
    match column.type:
        case "integer":
            is_whole = f"regexp_full_match({text}, '[+-]?[0-9]+')"
            return f"case when {is_whole} then try_cast({text} as bigint) end"
        case "number":
            return f"try_cast({text} as {SQL_TYPES['number']})"
        case "boolean":
            return (
                f"case when lower({text}) in ('true', 't', 'yes', 'y', '1') then true "
                f"when lower({text}) in ('false', 'f', 'no', 'n', '0') then false end"
            )
        case "date":
            return f"try_cast({text} as date)"
        case "instant":
            # Casting to a timestamp would ignore the offset.
            tight = f"regexp_replace({text}, '\\s+([Zz]|[+-][0-9:]+)$', '\\1')"
            return (
                f"case when {_has_offset(column)} "
                f"then try_cast({tight} as timestamptz) at time zone 'UTC' "
                f"else try_cast({text} as timestamp) end"
            )
        case "hash":
            return f"hashed({text})"
        case _:
            return text


# ---- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Summary:
    lines_read: int
    accepted: int
    first_at: str | None
    last_at: str | None


def _summary(con: duckdb.DuckDBPyConnection, first: int, last: int) -> _Summary:
    row = con.execute(
        """
        select count(*), count(*) filter (problem is null), min("at")::varchar, max("at")::varchar,
            (select count(*) from taken_out where n between $first and $last)
        from judged where n between $first and $last
        """,
        {"first": first, "last": last},
    ).fetchone()
    read, accepted, first_at, last_at, taken_out = cast(
        tuple[int, int, str | None, str | None, int], row
    )
    return _Summary(read + taken_out, accepted, first_at, last_at)


def _accepted_sql(
    origin: Origin, part: str, first: int, last: int, before: int, started_at: str | None
) -> str:
    columns = ", ".join(f'"{name}"' for name in origin.feed.data_columns())
    started = "null::timestamp"
    if started_at and origin.feed.grows:
        started = f"timestamp {quoted(started_at)}"
    return (
        f"select {columns}, {quoted(origin.path)} as _path, {quoted(part)} as _part, "  # noqa: S608
        f"{quoted(origin.site_id)} as _site_id, n + {before} as _line_number, "
        f"{started} as _file_started_at "
        f"from judged where problem is null and n between {first} and {last}"
    )


def _rejected_sql(origin: Origin, first: int, last: int, before: int) -> str:
    return (
        f"select {quoted(origin.path)} as path, n + {before} as line_number, field, value, "  # noqa: S608
        "reason, text from ("
        "select n, split_part(problem, '|', 1) as field, value, "
        f"split_part(problem, '|', 2) as reason, left(text, {LONGEST_TEXT}) as text "
        "from judged where problem is not null "
        "union all select n, 'line', null, reason, text from taken_out) "
        f"where n between {first} and {last} order by n"
    )


def _write(
    con: duckdb.DuckDBPyConnection, select: str, target: Path, facts: Mapping[str, str]
) -> None:
    """Write beside, make it last, then give it its name: it is there whole or not at all."""
    beside = target.with_name(f"{target.name}.tmp")
    metadata = ", ".join(f'"{key}": {quoted(value)}' for key, value in facts.items())
    options = f", kv_metadata {{{metadata}}}" if facts else ""
    con.execute(
        f"copy ({select}) to {quoted(str(beside))} (format parquet, compression zstd{options})"
    )
    make_last(beside)
    os.replace(beside, target)


def make_last(path: Path) -> None:
    """Force a file's bytes onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
