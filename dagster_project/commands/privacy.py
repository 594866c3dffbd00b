"""`meritline erase | retention`."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
from rich.console import Console
from rich.markup import escape

from dagster_project.commands.closing import named
from dagster_project.commands.usage import UsageError
from dagster_project.lib import erasing, retention
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.locking import RunLock
from dagster_project.lib.settings import Home, Settings

if TYPE_CHECKING:
    # What argparse calls the object that parsers are added to.
    from argparse import _SubParsersAction

DONE, FOUND = 0, 1
Command = Callable[[argparse.Namespace, Settings, Console], int]


def erase(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Take a person out of everything, publish anew, and look whether anything is left."""
    home = settings.home
    inbox = options.inbox.absolute() if options.inbox else home.inbox
    with _lock(settings, "erase", options.wait):
        try:
            who = erasing.person(home, options.person)
        except LookupError as error:
            raise UsageError(str(error.args[0])) from None
        changed = erasing.erase(home, inbox, settings.seeds, who)
        erasing.note(
            home,
            kind="erased",
            token=who.token,
            by=options.by,
            reason=options.reason,
            files=changed,
        )
    out.print(f"{changed:,} files rewritten; the person is {who.token} from now on.")
    code = _publish(options, settings, out)
    if code:
        out.print("[red]The last publication still has the person.[/red] Mend what held the run")
        out.print("back, and run again: meritline run")
        return code
    if left := erasing.places(home, inbox, who):
        for file in left:
            out.print(f"[red]still there[/red]  {escape(file)}")
        return FOUND
    out.print("Searched byte by byte: the person is in no file.")
    return DONE


def retain(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Delete what is older than `seeds/retention.csv` keeps it, and publish without it."""
    home = settings.home
    inbox = options.inbox.absolute() if options.inbox else home.inbox
    today = datetime.now(UTC).replace(tzinfo=None)
    old = retention.old_files(home, settings.seeds, load_feeds(), today)
    for one in old:
        out.print(f"{escape(one.path)}: ends {one.last_at:%Y-%m-%d}")
    if options.dry_run or not old:
        out.print(f"{len(old):,} files are older than they are kept.")
        return DONE
    with _lock(settings, "retention", options.wait):
        retention.delete(home, inbox, old)
    return _publish(options, settings, out)


def add_parsers(
    commands: _SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    inbox: argparse.ArgumentParser,
    seeds: argparse.ArgumentParser,
    run: Command,
) -> None:
    """Add the commands on personal data; `run` is what publishes."""
    waiting = argparse.ArgumentParser(add_help=False)
    waiting.add_argument("--wait", type=float, default=600, help="seconds to wait for a run")
    waiting.set_defaults(run=run)
    parents = [common, inbox, seeds, waiting]

    one = commands.add_parser("erase", parents=parents, help="take a person out of everything")
    one.add_argument("person", metavar="PERSON", help="the HR id")
    one.add_argument("--by", required=True, type=named, metavar="WHO", help="who decides it")
    one.add_argument("--reason", required=True, type=named, metavar="TEXT", help="and why")
    one.set_defaults(command=erase)

    one = commands.add_parser(
        "retention", parents=parents, help="delete what seeds/retention.csv lets go"
    )
    one.add_argument("--dry-run", action="store_true", help="only say what would go")
    one.set_defaults(command=retain)


def _publish(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Run the line with what the last publication knew, so that nothing else changes."""
    options.as_of = _published_as_of(settings.home)
    return options.run(options, settings, out)


def _published_as_of(home: Home) -> str:
    if not home.published_marts.exists():
        return ""
    with duckdb.connect(str(home.published_marts), read_only=True) as connection:
        row = connection.execute("select as_of from marts.marts.publication").fetchone()
    return row[0].isoformat() if row else ""


def _lock(settings: Settings, what: str, wait_seconds: float) -> RunLock:
    return RunLock(settings.home.run_lock, f"{what} {uuid.uuid4()}", wait_seconds)
