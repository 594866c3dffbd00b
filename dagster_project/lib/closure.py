"""Proposing, approving and closing a month in a home: the rules of `closing` on what is there."""

from __future__ import annotations

import csv
import getpass
import importlib.metadata
import shutil
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.lib import (
    closing,
    fingerprint,
    journal,
    ledger,
    ops,
    publishing,
    remembering,
    replaying,
    sealing,
)
from dagster_project.lib.closing import Event, Period, Refused, Standing
from dagster_project.lib.database import quoted
from dagster_project.lib.ops import Outcome
from dagster_project.lib.pay import money
from dagster_project.lib.settings import Home


@dataclass(frozen=True)
class Staged:
    """A month as it would be closed now: its files in a folder, and what the rules ask of it."""

    standing: Standing
    folder: Path
    rows: dict[str, int]
    totals: dict[str, str]


def propose(home: Home, project: Path, period: Period, who: str) -> Staged:
    """Propose the month as it stands; a proposal that stood before ends with it.

    Raises:
        Refused: If nobody may close the month now.
    """
    with staged(home, project, period) as month:
        closing.expect_proposable(period, month.standing)
        event = _event(closing.PROPOSED, period, who, month)
        journal.append(home.journal, lambda events: event)
    return month


def approve(home: Home, project: Path, period: Period, who: str) -> Staged:
    """Approve the figures that another person proposed.

    Raises:
        Refused: If the month, the person or the figures are not those that may be approved.
    """
    with staged(home, project, period) as month:

        def decide(events: Sequence[Event]) -> Event:
            closing.expect_approvable(period, who, month.standing, events)
            return _event(closing.APPROVED, period, who, month)

        journal.append(home.journal, decide)
    return month


def close(home: Home, project: Path, period: Period, who: str) -> Path:
    """Put an approved month into the ledger and return its folder.

    Raises:
        Refused: If the month is not approved as it stands.
    """
    with staged(home, project, period) as month:
        events = journal.read(home.journal)
        closing.expect_closable(period, month.standing, events)
        shutil.copytree(_seeds(home, project), month.folder / ledger.SEEDS)
        sealing.seal_texts(home, month.folder / ledger.SEEDS)
        replaying.keep_code(project, month.folder)
        if differing := replaying.replay(month.folder):
            people = sealing.identities(home, month.folder)
            differing = sorted(sealing.in_text(people, one) for one in differing)
            raise Refused(
                f"The statements of {period} do not follow from what would be closed: "
                f"{'; '.join(differing)}. Run the line (meritline run) and propose them again."
            )
        count = ledger.write_files(home.current.resolve(), month.folder)
        publication = publishing.published_state(home)
        facts = {
            "closed": {"by": who, "at": _now(), "account": _account()},
            "history": [event for event in closing.progress(period, events) if event],
            "publication": {
                "run_id": month.standing.run_id,
                "as_of": str(month.standing.as_of),
                "inputs": publication,
            },
            "code": {**_code(project), "hash": publication["code"]},
            "people": month.standing.people,
            "totals": month.totals,
            "digest": month.standing.digest,
        }
        rows = {**month.rows, ledger.FILES: count}
        try:
            return ledger.seal(home, period, month.folder, facts, rows)
        except FileExistsError:
            raise Refused(f"{period} has just been closed by somebody else.") from None


@contextmanager
def staged(home: Home, project: Path, period: Period) -> Generator[Staged]:
    """Write the published month into a folder that is gone afterwards, unless it was sealed."""
    folder = ledger.staging(home)
    run_id, version = publishing.published_run(home), home.current.resolve()
    rows, facts = dict[str, int](), _Facts()
    if run_id is not None and (version / "pay.duckdb").exists():
        rows = ledger.write_tables(version, period, folder)
        sealing.seal(home, folder)
        facts = _facts(version, period)
    standing = Standing(
        run_id=run_id or "",
        as_of=facts.as_of,
        over_at=over_at(_seeds(home, project), period),
        obstacle=_obstacle(home, project, period),
        unsettled=facts.unsettled,
        people=facts.people,
        # What two persons sign is pay; KPIs that wait for something do not hold it up.
        digest=ledger.digest(folder, (table.file for table in ledger.SIGNED if rows)),
        closed=tuple(ledger.closed(home)),
    )
    try:
        yield Staged(standing, folder, rows, facts.totals)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def over_at(seeds: Path, period: Period) -> datetime:
    """Return when the month has ended at the last of the sites, UTC."""
    with open(seeds / "sites.csv", encoding="utf-8", newline="") as file:
        zones = {row["time_zone"] for row in csv.DictReader(file)} | {"UTC"}
    midnight = datetime.combine(period.end, time())
    ends = (midnight.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for zone in zones)
    return max(ends).replace(tzinfo=None)


@dataclass(frozen=True)
class _Facts:
    as_of: datetime | None = None
    unsettled: tuple[str, ...] = ()
    people: int = 0
    totals: dict[str, str] = field(default_factory=dict[str, str])


def _facts(version: Path, period: Period) -> _Facts:
    """Ask a publication what the rules want to know of a month."""
    with duckdb.connect() as connection:
        for name in ("marts", "pay"):
            file = quoted(str(version / f"{name}.duckdb"))
            connection.execute(f"attach {file} as {name} (read_only)")
        (as_of,) = _row(connection, "select as_of from marts.marts.publication")
        unsettled = connection.execute(
            "select distinct kpi_code from marts.marts.kpi_results where period_type = 'month' "
            "and period_start = ? and subject_type in ('employee', 'team') and weight > 0 "
            "and not is_final order by 1",
            [period.start],
        ).fetchall()
        (people,) = _row(
            connection,
            "select count(distinct employee_id) from pay.marts.compensation_inputs "
            "where period_start = ?",
            period.start,
        )
        totals = connection.execute(
            "select coalesce(currency, 'no currency'), sum(total_amount) "
            "from pay.marts.compensation_inputs where period_start = ? group by 1 order by 1",
            [period.start],
        ).fetchall()
    return _Facts(
        as_of,
        tuple(code for (code,) in unsettled),
        people,
        {currency: money(amount, currency) for currency, amount in totals},
    )


def _obstacle(home: Home, project: Path, period: Period) -> str:
    last = ops.last_run(home)
    if last is not None and last.outcome not in {Outcome.PUBLISHED, Outcome.NOTHING_NEW}:
        return (
            f"{period} cannot be closed while the last run ({last.started_at} UTC) is "
            f"{last.outcome}: {last.message} Correct what it names and run again: meritline run"
        )
    state = publishing.published_state(home)
    if state and state.get("closing", {}).get("decisions") != remembering.state(home)["decisions"]:
        return (
            f"Adjustments were decided since the publication, and {period} may be the month in "
            "which they are paid. Run the line first: meritline run"
        )
    if state and state["code"] != fingerprint.code_hash(project):
        return (
            f"The models changed since the publication, so they are not what {period} was "
            "computed with. Run the line: meritline run"
        )
    return ""


def _seeds(home: Home, project: Path) -> Path:
    """Return the settings that the publication was made with."""
    kept = home.current.resolve() / publishing.SEEDS
    return kept if kept.is_dir() else project / "seeds"


def _event(kind: str, period: Period, who: str, month: Staged) -> Event:
    return {
        "kind": kind,
        "period": str(period),
        "by": who,
        "account": _account(),
        "run_id": month.standing.run_id,
        "people": month.standing.people,
        "totals": month.totals,
        "digest": month.standing.digest,
    }


def _code(project: Path) -> dict[str, Any]:
    """Name the version of the code, by its commit where it is a working copy."""
    version = {"version": importlib.metadata.version("meritline")}
    git = ["git", "-C", str(project)]
    commit = subprocess.run(
        [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    if commit.returncode:
        return version
    changes = subprocess.run(
        [*git, "status", "--porcelain"], capture_output=True, text=True, check=False
    )
    return {**version, "commit": commit.stdout.strip(), "is_changed": bool(changes.stdout)}


def _row(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> tuple[Any, ...]:
    return cast(tuple[Any, ...], connection.execute(query, list(values)).fetchone())


def _account() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
