"""The database that parses files: in memory, with the functions that keep numbers private."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import duckdb

# A run of so many digits is a number of the outside world.
OUTSIDE_DIGITS = 7
_MACROS = rf"""
create macro digits(x) as nullif(regexp_replace(x, '[^0-9]', '', 'g'), '');

create macro keyed(x) as left(sha256(getvariable('hash_key') || ':' || x), 24);

-- A number however it is written; words such as 'anonymous' are none.
create macro hashed(x) as keyed(digits(x));

-- A number, or an address or id that has letters too.
create macro hashed_reference(x) as case
    when not regexp_matches(x, '[0-9@]') then null
    when regexp_matches(x, '[A-Za-z@]') then keyed(lower(x))
    else hashed(x)
end;

create macro is_outside(x) as coalesce(length(digits(x)) >= {OUTSIDE_DIGITS}, false);

create macro extension(x) as
    case when regexp_full_match(x, '[0-9*#]+') and not is_outside(x) then x end;

-- Numbers of the outside world inside a channel's name or a dialled extension. A uniqueid
-- (1790000000.1) and the serial number that ends a channel's name (-0000001a) are none.
create macro masked_tokens(tokens, serial) as array_to_string(list_transform(
    tokens,
    lambda token, i: case
        when length(token) >= {OUTSIDE_DIGITS} and token[1] between '0' and '9'
            and not coalesce(tokens[i + 1], '') ^@ '.'
        then keyed(token) else token end
), '') || serial;

create macro serial_of(x) as regexp_extract(x, '-0[0-9a-f]{{7}}(;[0-9]+)?$');

create macro masked(x) as case
    when not regexp_matches(x, '[0-9]{{{OUTSIDE_DIGITS},}}([^0-9.]|$)') then x
    else masked_tokens(
        regexp_extract_all(left(x, length(x) - length(serial_of(x))), '[0-9]+|[^0-9]+'),
        serial_of(x)
    )
end;

-- What an agent logs in with is no caller's number, unless it is the phone that rings.
create macro masked_login(x) as
    case when contains(x, '/') and not x ^@ 'Agent/' then masked(x) else x end;
"""


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def connect(threads: int, memory_limit: str, spill: Path) -> duckdb.DuckDBPyConnection:
    """The database that parses: in memory, with room on disk. Take a `session` of it."""
    con = duckdb.connect()
    con.execute(f"set threads = {threads}")
    con.execute(f"set memory_limit = {quoted(memory_limit)}")
    con.execute(f"set temp_directory = {quoted(str(spill))}")
    con.execute(_MACROS)
    return con


def limits(con: duckdb.DuckDBPyConnection) -> dict[str, str | bool | int | float | list[str]]:
    """What a connection may use, as the configuration of another one."""
    names = ("threads", "memory_limit", "temp_directory")
    settings = ", ".join(f"current_setting({quoted(name)})" for name in names)
    values = con.execute(f"select {settings}").fetchone()
    return {name: str(value) for name, value in zip(names, values or (), strict=True)}


def session(con: duckdb.DuckDBPyConnection, hash_key: str) -> duckdb.DuckDBPyConnection:
    """A connection for one file: its clock in UTC, and the key that numbers are hashed with."""
    cursor = con.cursor()
    cursor.execute("set timezone = 'UTC'")
    # As a variable the key stands in no statement, so no error message can show it.
    cursor.execute("set variable hash_key = ?", [hash_key])
    return cursor


def count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Number of rows."""
    return cast(tuple[int], con.execute(f"select count(*) from {relation}").fetchone())[0]  # noqa: S608
