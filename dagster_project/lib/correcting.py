"""Decisions on adjustments, and acknowledgements of statements: rules on what a home has."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import adjustments, journal, ledger, sealing
from dagster_project.lib.adjustments import Adjustment, Decision
from dagster_project.lib.closing import Event, Period, Refused, next_open, person
from dagster_project.lib.database import quoted
from dagster_project.lib.remembering import ACKNOWLEDGED
from dagster_project.lib.settings import Home


def listed(home: Home) -> list[Adjustment]:
    """Return the adjustments of the last publication with what was decided on them since."""
    return _listed(home, journal.read(home.journal))


def accept(home: Home, identity: str, who: str, is_deduction_agreed: bool) -> Adjustment:
    """Write down a person's yes and return the adjustment as it stands then.

    Raises:
        LookupError: If there is no such adjustment.
        Refused: If this person may not accept it, or nobody may any more.
    """
    return _decide(home, identity, lambda one: adjustments.accept(one, who, is_deduction_agreed))


def reject(home: Home, identity: str, who: str, note: str) -> Adjustment:
    """Write down a person's no and return the adjustment as it stands then.

    Raises:
        LookupError: If there is no such adjustment.
        Refused: If it is decided already.
    """
    return _decide(home, identity, lambda one: adjustments.reject(one, who, note))


def acknowledge(home: Home, period: Period, employee: str, who: str) -> Event:
    """Write down that somebody has taken note of their statement; the first time counts.

    Raises:
        LookupError: If the employee has no statement in the month.
        Refused: If the month is not closed.
    """
    folder = ledger.folder_of(home, period)
    if folder is None:
        raise Refused(
            f"{period} is not closed, so its statements may still change. They can be "
            f"acknowledged after: meritline close {period} --by WHO"
        )
    statement = statement_of(home, folder, employee)
    if not statement:
        raise LookupError(f"{employee} has no statement in {period}; see {folder}")

    def decide(events: Sequence[Event]) -> Event:
        text = json.dumps(statement, default=str)
        return {
            "kind": ACKNOWLEDGED,
            "period": str(period),
            "employee_id": employee,
            "by": who,
            "statement_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }

    for event in journal.read(home.journal):
        if (event["kind"], event.get("period"), event.get("employee_id")) == (
            *(ACKNOWLEDGED, str(period), employee),
        ):
            return event
    return journal.append(home.journal, decide)


def statement_of(home: Home, folder: Path, employee: str) -> list[tuple[Any, ...]]:
    """Return the lines of a closed statement: number, kind, label, arithmetic, amount, currency."""
    tokens = {one.employee_id: one.token for one in sealing.identities(home, folder)}
    with duckdb.connect() as connection:
        file = quoted(str(folder / ledger.RESULTS / "statements.parquet"))
        return connection.execute(
            "select line_number, kind, label, arithmetic, amount, currency "  # noqa: S608
            f"from {file} where employee_id = ? order by line_number",
            [tokens.get(employee, employee)],
        ).fetchall()


def _decide(home: Home, identity: str, rule: Callable[[Adjustment], Event]) -> Adjustment:
    def decide(events: Sequence[Event]) -> Event:
        return rule(_find(_listed(home, events), identity))

    journal.append(home.journal, decide)
    return _find(listed(home), identity)


def _find(found: Sequence[Adjustment], identity: str) -> Adjustment:
    for one in found:
        if one.adjustment_id == identity:
            return one
    raise LookupError(f"There is no adjustment {identity!r}; meritline adjust lists all there are.")


def _listed(home: Home, events: Sequence[Event]) -> list[Adjustment]:
    made = adjustments.decisions(events)
    closed = [one.period for one in ledger.closed(home)]
    if not home.published_pay.exists():
        return []
    with duckdb.connect(str(home.published_pay), read_only=True) as connection:
        relation = connection.sql("select * from pay.marts.adjustments order by adjustment_id")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return [_as_it_stands(row, made.get(row["adjustment_id"]), closed) for row in rows]


def _as_it_stands(
    row: Mapping[str, Any], decision: Decision | None, closed: Sequence[Period]
) -> Adjustment:
    """Put a published row and what was decided since together."""
    period = Period.parse(row["period_label"])
    published = Adjustment(
        adjustment_id=row["adjustment_id"],
        employee_id=row["employee_id"],
        period=period,
        kind=row["kind"],
        currency=row["currency"],
        amount=row["amount"],
        reason=row["reason"],
        state=row["state"],
        paid_in=Period.parse(row["paid_in_label"]),
        closed_amount=row["closed_amount"],
        restated_amount=row["restated_amount"],
        accepted_by=tuple((row["accepted_by"] or "").split("; ")) if row["accepted_by"] else (),
        rejected_by=row["rejected_by"] or "",
        note=row["note"] or "",
        appeal_id=row["appeal_id"] or "",
    )
    if published.state in {"approved", "rejected"}:
        return published
    published = dataclasses.replace(published, paid_in=next_open(period, closed))
    if decision is None or decision.amount != published.amount:
        return published
    names = list(published.accepted_by)
    names += [one for one in decision.accepted_by if person(one) not in map(person, names)]
    state = "rejected" if decision.rejected_by else "approved" if decision.paid_in else ""
    return dataclasses.replace(
        published,
        accepted_by=tuple(names),
        rejected_by=decision.rejected_by,
        note=decision.note,
        state=state or ("accepted once" if names else "proposed"),
        paid_in=decision.paid_in or published.paid_in,
    )
