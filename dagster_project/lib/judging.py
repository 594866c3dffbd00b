"""Which rows of text are good: one SQL query for each format.

The table `judged` has the feed's typed columns, the row's number `_n`, what dates it (`_at`), and
of a bad row its `_text`, the `_problem` (`field|reason`) and the field's `_value`.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from dagster_project.lib.database import quoted
from dagster_project.lib.feeds import SQL_TYPES, Column, Feed
from dagster_project.lib.scanning import PLACEHOLDER
from dagster_project.lib.staging import CDR_FIELDS, Staged

_DISPOSITIONS = ("ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN")
_EARLIEST_EPOCH, _LATEST_EPOCH = 631_152_000, 4_102_444_800  # 1990 and 2100
_NO_TIME = "not a time (expected 2026-10-31T09:30:00, with or without an offset)"
_NO_INTEGER = "not a whole number"
_EARLIEST, _LATEST = "timestamp '1990-01-01'", "timestamp '2100-01-01'"
_NOT_NOW = "not between 1990 and 2100"
_EXPECTED = {
    "integer": _NO_INTEGER,
    "number": "not a number",
    "boolean": "neither true nor false",
    "date": "not a date (expected 2026-10-31)",
    "instant": _NO_TIME,
}
_DAY = "[1-9][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}"
# Casts alone would take 'infinity', years of six digits and years before Christ.
_TIME = f"{_DAY}([ T][0-9:.]+ *(Z|z|UTC|[+-][0-9:]+)?)?"
_OFFSET = r"\d:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|z|UTC|[+-]\d{2}(:?\d{2})?)$"


def judge(con: duckdb.DuckDBPyConnection, feed: Feed, staged: Staged) -> None:
    """Make the table `judged` of the view `staged`."""
    if feed.format == "queue_log":
        select = _queue_log_sql(feed, staged)
    elif feed.format == "cdr":
        select = _cdr_sql(staged)
    elif feed.format == "json_lines":
        select = _json_sql(feed)
    else:
        select = _csv_sql(feed, staged)
    con.execute(f"create or replace temp table judged as {select}")


# ---- Asterisk ------------------------------------------------------------------------------------


def _queue_log_sql(feed: Feed, staged: Staged) -> str:
    is_table = staged.position("event") is not None
    if is_table:
        fields = [
            *(staged.text("time"), staged.text("callid"), staged.text("queuename", "queue")),
            *(staged.text("agent"), staged.text("event")),
            *(staged.text(f"data{i}") for i in range(1, 6)),
        ]
        split = f"select n, {_row(staged)} as text, [{', '.join(fields)}] as p from staged"  # noqa: S608
        # The table has whole seconds, or the wall clock of the exchange.
        epoch = f"coalesce(try_cast(p[1] as bigint), epoch_ms({_time_sql('p[1]')}) // 1000)"
        is_utc = f"try_cast(p[1] as bigint) is not null or {_has_offset('p[1]')}"
        bad_epoch = (
            "when p[1] is null then 'time|empty' "
            f"when epoch is null then {quoted(f'time|{_NO_TIME}')}"
        )
    else:
        split = "select n, c1 as text, string_split(c1, '|') as p from staged where trim(c1) <> ''"
        epoch, is_utc = "try_cast(p[1] as bigint)", "true"
        bad_epoch = f"""
                when len(p) < 5 then 'line|fewer than 5 fields'
                when epoch is null or epoch::varchar <> p[1] then 'epoch|{_NO_INTEGER}'"""
    time = "time" if is_table else "epoch"
    events = ", ".join(quoted(event) for event in feed.events)
    counted = {
        position: f"event in ({', '.join(map(quoted, having))})"
        for position in range(1, 6)
        if (having := [event for event, fields in feed.events.items() if position in fields])
    }
    numbers = " ".join(
        f"when {is_counted} and p[{position + 5}] <> '' "
        f"and try_cast(p[{position + 5}] as bigint) is null then 'data{position}|{_NO_INTEGER}'"
        for position, is_counted in counted.items()
    )
    values = " ".join(f"when 'data{i}' then p[{i + 5}]" for i in range(1, 6))
    # Counts are no numbers of callers; that of DID is the organisation's own.
    data = {
        i: f"case when event = 'DID' or {counted.get(i, 'false')} then p[{i + 5}] "
        f"else masked(p[{i + 5}]) end"
        for i in range(1, 6)
    }
    return f"""
        with split as ({split}),
        named as (
            select *, {epoch} as epoch, {is_utc} as epoch_is_utc, p[5] as event from split
            where text <> {quoted(PLACEHOLDER)}
        ),
        judged as (
            select *, case
                {bad_epoch}
                when epoch not between {_EARLIEST_EPOCH} and {_LATEST_EPOCH}
                    then '{time}|{_NOT_NOW}'
                when event is null then 'event|empty'
                when event not in ({events})
                    then 'event|unknown event (expected one of those in feeds.yml)'
                {numbers}
            end as problem
            from named
        )
        select
            n as _n, case when problem is not null then text end as _text, problem as _problem,
            case split_part(problem, '|', 1)
                when '{time}' then p[1] when 'event' then p[5] {values}
            end as _value,
            epoch_ms(case when problem is null then epoch * 1000 end) as _at,
            epoch, epoch_is_utc,
            nullif(p[2], '') as callid, nullif(p[3], '') as queue,
            nullif(masked_login(p[4]), '') as agent, event,
            nullif({data[1]}, '') as data1,
            case when event = 'ENTERQUEUE' then extension(p[7])
                else nullif({data[2]}, '') end as data2,
            nullif({data[3]}, '') as data3,
            -- The fourth of ENTERQUEUE is the caller's name.
            case when event <> 'ENTERQUEUE' then nullif({data[4]}, '') end as data4,
            case when event <> 'ENTERQUEUE' then nullif({data[5]}, '') end as data5,
            case when event = 'ENTERQUEUE' then hashed(p[7]) end as customer_hash
        from judged"""  # noqa: S608


def _cdr_sql(staged: Staged) -> str:
    has_times = staged.position("start") is not None
    texts = {name: staged.text(name) for name in (*CDR_FIELDS, "linkedid")}
    texts["start"] = staged.text("start", "calldate")
    named = ", ".join(f'{text} as "{name}"' for name, text in texts.items())
    first = "start" if has_times else "calldate"
    times = " ".join(
        f'when "{name}" is not null and ({_time_sql(f"{chr(34)}{name}{chr(34)}")}) is null '
        f"then {quoted(f'{field}|{_NO_TIME}')}"
        for name, field in (("start", first), ("answer", "answer"), ("end", "end"))
    )
    numbers = " ".join(
        f"when {name} is null then '{name}|empty' "
        f"when not regexp_full_match({name}, '-?[0-9]{{1,9}}') "
        f"then '{name}|{_NO_INTEGER}'"
        for name in ("duration", "billsec")
    )
    start, answer, end = (_time_sql(f'"{name}"') for name in ("start", "answer", "end"))
    if not has_times:
        answer = (
            f"case when disposition = 'ANSWERED' then {start} "
            "+ to_seconds(try_cast(duration as bigint) - try_cast(billsec as bigint)) end"
        )
        end = f"{start} + to_seconds(try_cast(duration as bigint))"
    dispositions = ", ".join(map(quoted, _DISPOSITIONS))
    expected = ", ".join(_DISPOSITIONS)
    unknown = quoted(f"disposition|unknown disposition (expected one of {expected})")
    return f"""
        with named as (
            select n, {_row(staged)} as text, {named}
            from staged where c1 is distinct from {quoted(PLACEHOLDER)}
        ),
        judged as (
            select *, case
                when "start" is null then '{first}|empty'
                {times}
                when {start} not between {_EARLIEST} and {_LATEST} then '{first}|{_NOT_NOW}'
                {numbers}
                when disposition is null then 'disposition|empty'
                when disposition not in ({dispositions}) then {unknown}
            end as problem
            from named
        ),
        timed as (
            select *,
                case when problem is null then {start} end as start_at,
                case when problem is null then {answer} end as answer_at,
                case when problem is null then {end} end as end_at
            from judged
        )
        select
            n as _n, case when problem is not null then text end as _text, problem as _problem,
            case split_part(problem, '|', 1)
                when '{first}' then "start" when 'answer' then answer when 'end' then "end"
                when 'duration' then duration when 'billsec' then billsec
                when 'disposition' then disposition
            end as _value,
            start_at as _at,
            accountcode,
            -- Numbers within the house stay readable, those of the outside world do not.
            case when is_outside(src) then hashed(src) end as src_hash,
            extension(src) as src_extension,
            case when not is_outside(dst) then dst end as dst,
            case when is_outside(dst) then hashed(dst) end as dst_hash,
            dcontext, masked(channel) as channel, masked(dstchannel) as dstchannel, lastapp,
            start_at, answer_at, end_at,
            try_cast(duration as bigint) as duration_seconds,
            try_cast(billsec as bigint) as billsec_seconds,
            disposition, amaflags, uniqueid, userfield, linkedid
        from timed"""  # noqa: S608


# ---- declared columns ----------------------------------------------------------------------------


def _csv_sql(feed: Feed, staged: Staged) -> str:
    texts = {column.name: staged.text(*column.headers) for column in feed.columns}
    named = ", ".join(f'{text} as "t_{name}"' for name, text in texts.items())
    rows = (
        f"select n, {_row(staged)} as text, {named} "  # noqa: S608
        f"from staged where c1 is distinct from {quoted(PLACEHOLDER)}"
    )
    problems = [f"when true then {quoted(f'{h}|column is missing')}" for h in staged.missing[:1]]
    fields = {
        column.name: next((h for h in column.headers if staged.position(h)), column.headers[0])
        for column in feed.columns
    }
    return _declared_sql(feed, rows, problems, fields)


def _json_sql(feed: Feed) -> str:
    paths: list[str] = []
    texts: dict[str, str] = {}
    types: dict[str, str] = {}
    for column in feed.columns:
        places = range(len(paths) + 1, len(paths) + len(column.headers) + 1)
        paths += [_json_path(header) for header in column.headers]
        texts[column.name] = ", ".join(f"v[{place}]" for place in places)
        types[column.name] = " ".join(f"when v[{i}] is not null then k[{i}]" for i in places)
    listed = f"[{', '.join(map(quoted, paths))}]"
    named = ", ".join(
        f"nullif(trim(coalesce({texts[name]})), '') as \"t_{name}\", "
        f'case {types[name]} end as "k_{name}"'
        for name in texts
    )
    # One look at a line for all its fields: each extraction reads the line anew. What is no JSON
    # must be NULL before it is looked at, because no condition keeps DuckDB from looking.
    rows = f"""
        select n, text, is_json, is_object, {named} from (
            select n, text, json is not null as is_json, object is not null as is_object,
                json_extract_string(object, {listed}) as v, json_type(object, {listed}) as k
            from (
                select n, text, json, case when json_type(json) = 'OBJECT' then json end as object
                from (
                    select n, c1 as text, case when json_valid(c1) then c1 end as json from staged
                    where trim(c1) <> '' and c1 <> {quoted(PLACEHOLDER)}
                )
            )
        )"""  # noqa: S608
    problems = ["when not is_json then 'line|not JSON'", "when not is_object then 'line|no object'"]
    for column in feed.columns:
        field = column.headers[0]
        problems += [
            f"when \"k_{column.name}\" in ('OBJECT', 'ARRAY') "
            f"then {quoted(f'{field}|an object or a list (expected one value)')}",
            f'when contains("t_{column.name}", chr(0)) then {quoted(f"{field}|NUL byte")}',
        ]
    return _declared_sql(feed, rows, problems, {c.name: c.headers[0] for c in feed.columns})


def _json_path(header: str) -> str:
    keys = (key.replace('"', '\\"') for key in header.split("."))
    return "$" + "".join(f'."{key}"' for key in keys)


def _declared_sql(feed: Feed, rows: str, problems: list[str], fields: Mapping[str, str]) -> str:
    """SQL over rows that have the text of column x in t_x.

    Args:
        feed: What is declared.
        rows: A query.
        problems: What to look at before the columns' own types.
        fields: What each column is called in the file.
    """
    problems = list(problems)
    for column in feed.columns:
        text, field = f'"t_{column.name}"', fields[column.name]
        if column.name in feed.mandatory:
            problems.append(f"when {text} is null then {quoted(f'{field}|empty')}")
        if column.type in _EXPECTED:
            reason = quoted(f"{field}|{_EXPECTED[column.type]}")
            problems.append(f"when {text} is not null and ({_typed(column)}) is null then {reason}")
        if column.name == feed.time:
            is_now = f"({_typed(column)}) between {_EARLIEST} and {_LATEST}"
            problems.append(f"when not ({is_now}) then {quoted(f'{field}|{_NOT_NOW}')}")
    problem = f"case {' '.join(problems)} end" if problems else "null::varchar"
    values = " ".join(f'when {quoted(field)} then "t_{column}"' for column, field in fields.items())
    typed: list[str] = []
    for column in feed.columns:
        typed.append(f'{_typed(column)} as "{column.name}"')
        if column.type == "instant":
            is_utc = "true" if column.is_utc else _has_offset(f'"t_{column.name}"')
            typed.append(f'{is_utc} as "{column.name}_is_utc"')
    time = feed.time
    at = f'case when _problem is null then "{time}" end' if time else "null::timestamp"
    return f"""
        with named as ({rows}),
        judged as (select *, {problem} as _problem from named),
        typed as (
            select
                n as _n, case when _problem is not null then text end as _text, _problem,
                case split_part(_problem, '|', 1) {values} end as _value,
                {", ".join(typed)}
            from judged
        )
        select *, {at} as _at from typed"""  # noqa: S608


def _row(staged: Staged) -> str:
    """SQL for the text of a whole row."""
    cells = ", ".join(f"c{i}" for i in range(1, len(staged.names) + 1))
    return f"concat_ws(',', {cells})" if cells else "''"


def _has_offset(text: str) -> str:
    return f"regexp_matches({text}, {quoted(_OFFSET)})"


def _time_sql(text: str) -> str:
    """SQL for a time without regard to its offset, NULL where it is none."""
    is_time = f"regexp_full_match({text}, {quoted(_TIME)})"
    return f"case when {is_time} then try_cast({text} as timestamp) end"


def _typed(column: Column) -> str:
    """The SQL that turns a field's text into its type, NULL where it cannot."""
    text = f'"t_{column.name}"'
    match column.type:
        case "integer":
            # Files that passed through a spreadsheet or data frame have 5.0 for 5.
            is_whole = f"regexp_full_match({text}, '[+-]?[0-9]+(\\.0+)?')"
            whole = f"regexp_replace({text}, '\\.0+$', '')"
            return f"case when {is_whole} then try_cast({whole} as bigint) end"
        case "number":
            return f"try_cast({text} as {SQL_TYPES['number']})"
        case "boolean":
            return (
                f"case when lower({text}) in ('true', 't', 'yes', 'y', '1') then true "
                f"when lower({text}) in ('false', 'f', 'no', 'n', '0') then false end"
            )
        case "date":
            is_day = f"regexp_full_match({text}, {quoted(_TIME)})"
            return f"case when {is_day} then try_cast({text} as date) end"
        case "instant":
            # Casting to a timestamp would ignore the offset.
            tight = f"regexp_replace({text}, '\\s+([Zz]|[+-][0-9:]+)$', '\\1')"
            return (
                f"case when not regexp_full_match({text}, {quoted(_TIME)}) then null "
                f"when {_has_offset(text)} "
                f"then try_cast({tight} as timestamptz) at time zone 'UTC' "
                f"else try_cast({text} as timestamp) end"
            )
        case "hash":
            return f"hashed_reference({text})"
        case "extension":
            return f"extension({text})"
        case "login":
            return f"masked_login({text})"
        case _:
            return text
