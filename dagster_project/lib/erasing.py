"""Forgetting a person: another name in every file that has theirs, and no way back.

The person's rows stay and count, under a token that nobody can resolve: it is random, and the key
that opens the ledger's entries is destroyed. What was made from the files (warehouse, marts, pay,
what analysts see) is made from them anew, in new files, by the run that follows.
"""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import journal, lake, landing, ledger, publishing, sealing
from dagster_project.lib.closing import Refused
from dagster_project.lib.database import quoted
from dagster_project.lib.rewriting import Rewrite, rewrite, rewrite_duckdb, texts, words
from dagster_project.lib.settings import Home

# Made anew from the files, or again by whoever wants it: nothing to be kept.
_DERIVED = ("docs", "paper", "whatif", "serving/whatif", "superset/cache", "build/dbt")
# Written by others than this module, or never.
_ELSEWHERE = {"serving", "ledger", "secrets", "build", "inbox"}
# Fields of a line of a CDR in which an extension may stand alone.
_CDR_FIELDS = 5


@dataclass(frozen=True)
class Person:
    """What a person is called by, and what they are called from now on.

    Attributes:
        own: Words that are the person's alone, wherever they stand.
        shared: Names that others have too: theirs only in lines that have an own word.
        logins: Logins by site, since another one may have the same for somebody else.
        alone: Those of them that nobody else has anywhere.
        numbers: Logins by site that are numbers, which are words only where a login stands.
    """

    employee_id: str
    token: str
    own: Mapping[str, str]
    shared: Mapping[str, str] = field(default_factory=dict[str, str])
    logins: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, dict[str, str]])
    alone: Mapping[str, str] = field(default_factory=dict[str, str])
    numbers: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, dict[str, str]])


def person(home: Home, employee_id: str) -> Person:
    """Find out what a person is called in all that HR ever delivered.

    Raises:
        LookupError: If HR never named this person.
    """
    with duckdb.connect() as connection:
        for feed in ("hr_employees", "hr_identities"):
            files = quoted(str(home.raw / feed / "*.parquet"))
            connection.execute(
                f"create view {feed} as from read_parquet({files}, union_by_name = true)"
            )
        named = connection.execute(
            "select full_name, email, (select count(distinct employee_id) from hr_employees as "
            "others where others.full_name = mine.full_name) from hr_employees as mine "
            "where employee_id = ? group by all",
            [employee_id],
        ).fetchall()
        held = connection.execute(
            "select site, login, (select bool_and(employee_id = $who) from hr_identities as others "
            "where others.login = mine.login) from hr_identities as mine group by all "
            "having bool_and(employee_id = $who) order by all",
            {"who": employee_id},
        ).fetchall()
    if not named or employee_id.startswith(sealing.PREFIX):
        raise LookupError(f"HR never named {employee_id!r}; expected an employee_id.")
    token = sealing.tokens(home, [employee_id])[employee_id]
    own, shared = {employee_id: token}, dict[str, str]()
    for name, email, people in named:
        if email:
            own[email] = f"{token}@erased.invalid"
        for spelling in _spellings(name or ""):
            (own if people == 1 else shared)[spelling] = token
    logins, numbers = dict[str, dict[str, str]](), dict[str, dict[str, str]]()
    alone: dict[str, str] = {}
    for number, (site, login, is_alone) in enumerate(held):
        kind, slash, name = str(login).rpartition("/")
        if name.isdecimal():
            # A number of the same kind: direction and attribution read whether it is one.
            other = sealing.number(home, employee_id, name)
            numbers.setdefault(site, {})[name] = other
        else:
            other = f"{token}-{number}" if number else token
        if slash or not name.isdecimal():
            logins.setdefault(site, {})[login] = f"{kind}{slash}{other}"
            if is_alone:
                alone[login] = logins[site][login]
    return Person(employee_id, token, own, shared, logins, alone, numbers)


def erase(home: Home, inbox: Path, seeds: Path, who: Person) -> int:
    """Take a person out of every file of a home but the published ones; return how many changed.

    The home's lock must be held. It may be repeated after a kill: what is done stays done.

    Raises:
        Refused: If settings, or a month closed without keys, name the person.
    """
    _expect_erasable(home, seeds, who)
    everywhere = _rewriter(who, None, None)
    changed = 0
    delivered = set[str]()
    for folder, root in ((inbox, inbox), (home.fetched, home.root)):
        for file in _files(folder):
            path = landing.path_in(root, file)
            delivered.add(lake.path_hash(path))
            feed = path.removeprefix("fetched/").partition("/")[0]
            changed += rewrite(file, _rewriter(who, feed, landing.site_of(path)))
    for file in _files(home.root):
        place = file.relative_to(home.root)
        if place.parts[0] in _ELSEWHERE or file == home.journal or home.fetched in file.parents:
            continue
        part = lake.PartName.parse(file.name) if home.lake in file.parents else None
        if part is None:
            changed += rewrite(file, everywhere)
        # What lies in the inbox lands again; what was archived has nothing but its part.
        elif part.path_hash not in delivered:
            feed, site = file.parent.name, lake.site_of(file)
            changed += rewrite(file, _rewriter(who, feed, site))
    journal.rename(home.journal, everywhere)
    for name in _DERIVED:
        shutil.rmtree(home.root / name, ignore_errors=True)
    (home.serving / "whatif.duckdb").unlink(missing_ok=True)
    _rewrite_ops(home, everywhere)
    publishing.ask_for_new_build(home)
    sealing.destroy(home, who.employee_id)
    return changed


def note(home: Home, **facts: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Write down that data was deleted: when, by whom and why."""
    entry = {"at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"), **facts}
    with home.deletions.open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry, ensure_ascii=False) + "\n")


def places(home: Home, inbox: Path, who: Person) -> list[str]:
    """Name the files in which the person still stands: bytes, and what is packed in them."""
    traced = words(dict.fromkeys([*who.own, *who.alone], ""))
    found: list[str] = []
    for file in {*_files(home.root), *_files(inbox)}:
        if any(traced(text) != text for text in texts(file)):
            found.append(str(file))
    return sorted(found)


def _expect_erasable(home: Home, seeds: Path, who: Person) -> None:
    traced = words({who.employee_id: ""})
    for file in sorted(seeds.glob("*.csv")):
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            if traced(line) != line:
                raise Refused(
                    f"{file}, line {number}, names {who.employee_id}. Settings are yours: take the "
                    f"row out, or write {who.token} for the person, and erase again."
                )
    for one in ledger.closed(home):
        if not (home.ledger / str(one.period) / sealing.PEOPLE).exists():
            raise Refused(
                f"{one.period} was closed before people had keys, so nobody in it can be forgotten."
            )


def _rewriter(who: Person, feed: str | None, site: str | None) -> Rewrite:
    """Return what rewrites the lines of a file: of a feed and site, or of any other file."""
    own, shared = words({**who.own, **who.alone}), words(who.shared)
    # HR's list of logins has the sites in its lines.
    sites = {site or "", *who.logins, *who.numbers} if feed == "hr_identities" else {site or ""}
    of_sites = [
        (words({one: ""}), words(who.logins.get(one, {})), who.numbers.get(one, {}))
        for one in sites
        if one in who.logins or one in who.numbers
    ]

    def change(line: str) -> str:
        changed = own(line)
        if changed != line:
            changed = shared(changed)
        for named, logins, numbers in of_sites:
            if feed != "hr_identities" or named(line) != line:
                changed = _renumbered(logins(changed), numbers, feed or "")
        return changed

    return change


def _renumbered(line: str, numbers: Mapping[str, str], feed: str) -> str:
    """Replace numbers that are whole fields: in a CDR among the first ones, or a caller's in <>."""
    is_cdr = feed in {"asterisk_cdr", "freeswitch_cdr"}
    if not numbers or not (is_cdr or feed.startswith(("hr_identities", "zendesk", "salesforce"))):
        return line
    fields = line.split(",", _CDR_FIELDS if is_cdr else -1)
    for place, text in enumerate(fields[:_CDR_FIELDS] if is_cdr else fields):
        bare = text.strip('"\r\n')
        if bare in numbers:
            fields[place] = text.replace(bare, numbers[bare])
        elif is_cdr and "<" in text:
            fields[place] = words(numbers)(text)
    return ",".join(fields)


def _rewrite_ops(home: Home, change: Rewrite) -> None:
    """Write the operations file anew and let the old ones go."""
    if not home.ops.exists():
        return
    last = home.ops.resolve()
    beside = last.with_name(f".{last.name}.rewritten")
    beside.unlink(missing_ok=True)
    rewrite_duckdb(last, beside, change)
    beside.replace(last)
    for file in home.ops_versions.iterdir():
        if file != last:
            file.unlink()


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def _spellings(name: str) -> Iterator[str]:
    """A name as it may be written: with and without accents, and as JSON escapes it."""
    if name:
        folded = unicodedata.normalize("NFKD", name)
        plain = "".join(one for one in folded if not unicodedata.combining(one))
        yield from {name, plain, json.dumps(name)[1:-1]}
