"""Who the ledger's people are: tokens in its files, and one key for each person beside it.

What is closed never changes, and still a person must be able to be forgotten. So a closed month
knows people by tokens made at random; id and name stand in its `people.json`, encrypted with a key
of the person's own that lies in `secrets/`. When that key is destroyed, hashes, control totals and
replays are what they were, and nobody can say any more whose rows they are.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import duckdb
from cryptography.fernet import Fernet

from dagster_project.lib import ledger, publishing
from dagster_project.lib.database import quoted
from dagster_project.lib.settings import Home

PEOPLE = "people.json"
PREFIX = "person-"
# Columns that say whose row it is, and those that show a name.
_IDS = ("employee_id", "subject_id")
_NAMES = {"full_name", "subject_label", "employee_label"}


@dataclass(frozen=True)
class Identity:
    """Who a token stands for, as of a closing."""

    token: str
    employee_id: str
    full_name: str | None


def new_token() -> str:
    """Make a name that says nothing; of letters alone, so that nothing takes it for a number."""
    return PREFIX + "".join(secrets.choice(string.ascii_lowercase) for _ in range(10))


def tokens(home: Home, people: Iterable[str]) -> dict[str, str]:
    """Return each person's token, made when there is none; the erased are called by theirs."""
    keys = _read(home)
    unknown = {one for one in people if one not in keys and not one.startswith(PREFIX)}
    for one in sorted(unknown):
        keys[one] = {"token": new_token(), "key": Fernet.generate_key().decode()}
    if unknown:
        _write(home, keys)
    return {one: keys[one]["token"] if one in keys else one for one in people}


def number(home: Home, employee_id: str, digits: str) -> str:
    """Return a number in place of a person's own: always the same one, while they have a key."""
    key = _read(home)[employee_id]["key"]
    drawn = int(hmac.new(key.encode(), digits.encode(), "sha256").hexdigest(), 16)
    # No extension begins with zero; a longer number is as long as it was.
    kept = max(len(digits), 6) - 1
    return ("9" if len(digits) > kept and kept > 5 else "0") + f"{drawn % 10**kept:0{kept}d}"


def destroy(home: Home, employee_id: str) -> None:
    """Forget a person's key for good."""
    keys = _read(home)
    if keys.pop(employee_id, None) is not None:
        _write(home, keys)


def seal(home: Home, folder: Path) -> None:
    """Put tokens in place of people in the tables of a staged month, and their names under lock."""
    with _connection() as connection:
        names = _people_in(connection, folder)
        known = tokens(home, names)
        people = [Identity(known[one], one, name) for one, name in names.items()]
        rows = [(one.employee_id, one.full_name, one.token, one.token) for one in people]
        _write_swaps(connection, rows)
        for file in _tables(folder):
            swapped = connection.sql(swapped_rows(connection, file))
            sealed = file.with_name(f".{file.name}")
            ledger.write_parquet(connection, swapped, sealed)
            os.replace(sealed, file)
    keys = _read(home)
    entries = {
        one.token: _fernet(keys[one.employee_id]["key"]).encrypt(
            json.dumps([one.employee_id, one.full_name]).encode()
        )
        for one in people
        if one.employee_id in keys
    }
    text = json.dumps({token: entries[token].decode() for token in sorted(entries)}, indent=1)
    (folder / PEOPLE).write_text(text + "\n", encoding="utf-8")


def seal_texts(home: Home, folder: Path) -> None:
    """Put tokens in place of people in the settings that are kept with a month."""
    known = {one: entry["token"] for one, entry in _read(home).items()}
    for file in folder.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        sealed = re.sub(r"[^\s,;|\"]+", lambda word: known.get(word[0], word[0]), text)
        if sealed != text:
            file.write_text(sealed, encoding="utf-8")


def identities(home: Home, folder: Path) -> list[Identity]:
    """Return who the tokens of a closed month stand for, as far as there are keys."""
    file = folder / PEOPLE
    if not file.exists():
        return []
    sealed = cast(dict[str, str], json.loads(file.read_text(encoding="utf-8")))
    found: list[Identity] = []
    for one in _read(home).values():
        if one["token"] in sealed:
            opened = _fernet(one["key"]).decrypt(sealed[one["token"]].encode())
            employee_id, full_name = cast(tuple[str, str | None], json.loads(opened))
            found.append(Identity(one["token"], employee_id, full_name))
    return found


def reveal(connection: duckdb.DuckDBPyConnection, home: Home, folder: Path) -> None:
    """Let `swapped_rows` read a closed month's files with the people in them."""
    people = identities(home, folder)
    rows = [(one.token, one.token, one.employee_id, one.full_name) for one in people]
    _write_swaps(connection, rows)


def swapped_rows(connection: duckdb.DuckDBPyConnection, file: Path) -> str:
    """Return a query of a file's rows in which other names stand, as they were laid down last."""
    described = connection.execute(f"describe from {quoted(str(file))}").fetchall()
    columns = {str(name): str(kind) for name, kind, *_ in described}
    ids = [name for name in _IDS if name in columns]
    if not ids:
        return f"select * from {quoted(str(file))}"  # noqa: S608 - a path of our own
    replaced = [
        f"{_swapped(name, ids[0])} as {name}" for name, kind in columns.items() if kind == "VARCHAR"
    ]
    return (
        f"select kept.* replace ({', '.join(replaced)}) from {quoted(str(file))} as kept "  # noqa: S608
        f"left join swaps on kept.{ids[0]} = swaps.old_id"
    )


def in_text(people: Iterable[Identity], text: str) -> str:
    """Put the ids that tokens stand for into a text."""
    for one in people:
        text = text.replace(one.token, one.employee_id)
    return text


def _swapped(column: str, whose: str) -> str:
    value = f"kept.{column}"
    if column == whose:
        return f"coalesce(swaps.new_id, {value})"
    if column in _NAMES:
        return f"case when swaps.new_id is null or {value} is null then {value} else new_name end"
    text = f"regexp_replace({value}, '\\b' || regexp_escape(old_id) || '\\b', new_id, 'g')"
    return (
        f"case when contains({value}, old_id) or contains({value}, old_name) "
        f"then replace({text}, coalesce(old_name, old_id), new_id) else {value} end"
    )


def _write_swaps(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[tuple[str | None, ...]]
) -> None:
    connection.execute(
        "create or replace temp table swaps "
        "(old_id varchar, old_name varchar, new_id varchar, new_name varchar)"
    )
    if rows:
        connection.executemany("insert into swaps values (?, ?, ?, ?)", rows)


def _people_in(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, str | None]:
    """Return the people of a staged month with their names."""
    found: dict[str, str | None] = {}
    for file in _tables(folder):
        described = connection.execute(f"describe from {quoted(str(file))}").fetchall()
        columns = {str(name) for name, *_ in described}
        whose = next((name for name in _IDS if name in columns), None)
        if whose is None:
            continue
        name = next(iter(sorted(columns & _NAMES)), "null::varchar")
        where = "subject_type = 'employee'" if whose == "subject_id" else "true"
        rows = connection.execute(
            f"select {whose}, max({name}) from {quoted(str(file))} where {where} "  # noqa: S608
            f"and {whose} is not null and {whose} not like 'login:%' group by 1 order by 1"
        ).fetchall()
        for who, known in cast(list[tuple[str, str | None]], rows):
            found[who] = found.get(who) or known
    return found


def _tables(folder: Path) -> list[Path]:
    """Return the tables of a month that have people in them."""
    files = [folder / table.file for table in ledger.TABLES]
    return [file for file in files if file.exists()]


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    # One thread, as `ledger.write_parquet` needs it.
    connection.execute("set threads = 1")
    connection.execute("set timezone = 'UTC'")
    return connection


def _fernet(key: str) -> Fernet:
    return Fernet(key.encode())


def _read(home: Home) -> dict[str, dict[str, str]]:
    if not home.person_keys.exists():
        return {}
    return cast(dict[str, dict[str, str]], json.loads(home.person_keys.read_text(encoding="utf-8")))


def _write(home: Home, keys: Mapping[str, Mapping[str, str]]) -> None:
    home.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    publishing.write_durably(home.person_keys, json.dumps(keys, indent=1, sort_keys=True))
