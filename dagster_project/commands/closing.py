"""`meritline propose | approve | close | adjust | acknowledge | replay`."""

from __future__ import annotations

import argparse
import uuid
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from dagster_project.lib import closing, closure, correcting, journal, ledger, replaying, sealing
from dagster_project.lib.adjustments import Adjustment
from dagster_project.lib.closing import Period, Refused
from dagster_project.lib.line import PROJECT
from dagster_project.lib.locking import RunLock
from dagster_project.lib.pay import money
from dagster_project.lib.remembering import ACKNOWLEDGED
from dagster_project.lib.settings import Home, Settings

if TYPE_CHECKING:
    # What argparse calls the object that parsers are added to.
    from argparse import _SubParsersAction

DONE, FAULTY, WRONG_USE = 0, 1, 2


def propose(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Propose a month for closing."""
    period, who = options.period, options.by
    with _lock(settings.home, "propose", options.wait):
        month = closure.propose(settings.home, PROJECT, period, who)
    out.print(f"{period} is proposed by {escape(who)}: {_figures(month)}.")
    out.print(f"Another person may approve it: meritline approve {period} --by SOMEBODY_ELSE")
    return DONE


def approve(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Approve a month that somebody else proposed."""
    period, who = options.period, options.by
    with _lock(settings.home, "approve", options.wait):
        month = closure.approve(settings.home, PROJECT, period, who)
    out.print(f"{period} is approved by {escape(who)}: {_figures(month)}.")
    out.print(f"It can be closed: meritline close {period} --by WHO")
    return DONE


def close(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Put an approved month into the ledger."""
    with _lock(settings.home, "close", options.wait):
        folder = closure.close(settings.home, PROJECT, options.period, options.by)
    manifest = ledger.sha256(folder / ledger.MANIFEST)
    out.print(f"{options.period} is closed by {escape(options.by)}: {folder}")
    out.print(f"manifest     sha256 {manifest}")
    return DONE


def adjust(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """List adjustments of closed months, or decide on one."""
    home, identity = settings.home, options.adjustment
    if (options.accept or options.reject) and not (identity and options.by):
        options.usage("who decides on which one? meritline adjust ID --accept --by WHO")
    if options.reject and not options.reason:
        options.usage("why? meritline adjust ID --reject --by WHO --reason TEXT")
    try:
        if options.accept:
            one = correcting.accept(home, identity, options.by, options.deduct)
        elif options.reject:
            one = correcting.reject(home, identity, options.by, options.reason)
        else:
            found = correcting.listed(home)
            for one in found:
                if identity in {None, one.adjustment_id}:
                    _show_adjustment(one, out)
            if not found:
                out.print("There are no adjustments: no closed month has changed.")
            return DONE
    except LookupError as error:
        out.print(f"[red]{escape(str(error.args[0]))}[/red]")
        return WRONG_USE
    _show_adjustment(one, out)
    if one.state == "accepted once":
        out.print(
            "Another person has to accept it as well: "
            f"meritline adjust {one.adjustment_id} --accept --by SOMEBODY_ELSE"
        )
    else:
        out.print("The next run takes it in: meritline run")
    return DONE


def acknowledge(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Write down that somebody has taken note of their statement of a closed month."""
    period, employee = options.period, options.employee
    try:
        event = correcting.acknowledge(settings.home, period, employee, options.by)
    except LookupError as error:
        out.print(f"[red]{escape(str(error.args[0]))}[/red]")
        return WRONG_USE
    out.print(
        f"The statement of {escape(employee)} for {period} is acknowledged by "
        f"{escape(event['by'])}, {event['at']}."
    )
    return DONE


def replay(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Check a closed month's files and compute its statements again from them."""
    folder = ledger.folder_of(settings.home, options.period)
    if folder is None:
        raise Refused(f"{options.period} is not closed, so there is nothing to replay.")
    faults = ledger.faults(folder) + ledger.chain_faults(settings.home)
    # What was changed is not worth being computed with.
    faults = faults or replaying.replay(folder)
    people = sealing.identities(settings.home, folder)
    for fault in faults:
        out.print(f"[red]{escape(sealing.in_text(people, fault))}[/red]")
    if faults:
        out.print(f"{options.period} is not what was closed. Bring {folder} back from a backup.")
        return FAULTY
    manifest = ledger.read_manifest(folder)
    out.print(
        f"{len(manifest['files'])} files are as they were closed, and follow from the month before."
    )
    statements = manifest["files"][replaying.STATEMENTS]
    out.print(
        f"{manifest['people']} statements, {statements['rows']} lines: computed again, the same "
        f"bytes, sha256 {statements['sha256']}"
    )
    return DONE


def show(home: Home, out: Console) -> None:
    """Say how far each month is that somebody proposed or closed."""
    closed = ledger.closed(home)
    events = journal.read(home.journal)
    for one in closed:
        read = sum(
            event["kind"] == ACKNOWLEDGED and event["period"] == str(one.period) for event in events
        )
        out.print(
            f"closed       {one.period} by {escape(one.by)}, {one.at}; "
            f"{read} statements acknowledged"
        )
    months = {event["period"] for event in events if event["kind"] == closing.PROPOSED}
    for text in sorted(months - {str(one.period) for one in closed}):
        proposal, approval = closing.progress(Period.parse(text), events)
        assert proposal is not None  # noqa: S101 - the month is in `months` by its proposal
        words = f"{text} by {escape(proposal['by'])}, {proposal['at']}"
        if approval is None:
            out.print(f"proposed     {words}; waits for another person's approval")
        else:
            out.print(
                f"approved     {words}, and by {escape(approval['by'])}, {approval['at']}; "
                "waits for meritline close"
            )
    waiting = [one for one in correcting.listed(home) if one.state in {"proposed", "accepted once"}]
    if waiting:
        out.print(f"adjustments  {len(waiting)} wait for a decision: meritline adjust")


def add_parsers(
    commands: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add the commands of closing."""
    month = argparse.ArgumentParser(add_help=False)
    month.add_argument("period", type=_period, metavar="PERIOD", help="a month such as 2026-10")
    by = argparse.ArgumentParser(add_help=False)
    by.add_argument("--by", required=True, type=named, metavar="WHO", help="who decides it")

    _add_closing(commands, common, month, by)

    one = commands.add_parser(
        "adjust", parents=[common], help="corrections of closed months: list them, decide on one"
    )
    one.add_argument("adjustment", nargs="?", help="its id; default: all are listed")
    decision = one.add_mutually_exclusive_group()
    decision.add_argument("--accept", action="store_true", help="one of the two persons' yes")
    decision.add_argument("--reject", action="store_true", help="no, for a reason")
    one.add_argument("--deduct", action="store_true", help="yes, take a negative amount off pay")
    one.add_argument("--by", type=named, metavar="WHO", help="who decides it")
    one.add_argument("--reason", type=named, metavar="TEXT", help="why it is rejected")
    one.set_defaults(command=adjust, usage=one.error)

    one = commands.add_parser(
        "acknowledge",
        parents=[common, month, by],
        help="take note of one's statement of a closed month",
    )
    one.add_argument("employee", metavar="EMPLOYEE", help="the HR id")
    one.set_defaults(command=acknowledge)

    one = commands.add_parser(
        "replay", parents=[common, month], help="compute a closed month's statements again"
    )
    one.set_defaults(command=replay)


def _add_closing(
    commands: _SubParsersAction[argparse.ArgumentParser], *parents: argparse.ArgumentParser
) -> None:
    waiting = argparse.ArgumentParser(add_help=False)
    waiting.add_argument("--wait", type=float, default=600, help="seconds to wait for a run")
    for command, words in (
        (propose, "propose a month for closing"),
        (approve, "approve a month that another person proposed"),
        (close, "put an approved month into the ledger, for good"),
    ):
        one = commands.add_parser(command.__name__, parents=[*parents, waiting], help=words)
        one.set_defaults(command=command)


def _show_adjustment(one: Adjustment, out: Console) -> None:
    by = f" by {' and '.join(one.accepted_by)}" if one.accepted_by else ""
    if one.rejected_by:
        by = f" by {one.rejected_by}: {one.note}"
    amount = f"{'+' * (one.amount > 0)}{money(one.amount, one.currency)} {one.currency}"
    words = f"{amount} for {one.employee_id}, in {one.paid_in}; {one.state}{by}"
    out.print(escape(f"{one.adjustment_id}  {words}\n    {one.reason}"))


def _figures(month: closure.Staged) -> str:
    totals = ", ".join(f"{amount} {currency}" for currency, amount in month.totals.items())
    return f"{month.standing.people} people, {totals}, of run {month.standing.run_id}"


def _lock(home: Home, what: str, wait_seconds: float) -> RunLock:
    """Keep runs from publishing, and others from closing, meanwhile."""
    return RunLock(home.run_lock, f"{what} {uuid.uuid4()}", wait_seconds)


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def named(text: str) -> str:
    """Read a name or a reason from the command line."""
    try:
        return closing.named(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
