"""What a closed month would come to today, less what it was closed with.

Pure functions over rows (dictionaries by column). Amounts are decimals of a currency. The rows of
`today` are computed anew by every run from all files and settings there are now; those of `closed`
lie in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dagster_project.lib.closing import Period, Refused, next_open, person
from dagster_project.lib.pay import money
from dagster_project.lib.reasons import Month, Row, explain

RECALCULATION, APPEAL = "recalculation", "appeal"
ACCEPTED, REJECTED = "accepted", "rejected"
ZERO = Decimal(0)


@dataclass(frozen=True)
class Decision:
    """What people decided on an adjustment: who accepted it, or who rejected it and why."""

    adjustment_id: str
    employee_id: str
    period: Period
    kind: str
    currency: str
    amount: Decimal
    reason: str
    accepted_by: tuple[str, ...] = ()
    rejected_by: str = ""
    note: str = ""
    paid_in: Period | None = None
    appeal_id: str = ""

    @property
    def is_made(self) -> bool:
        """Whether it is over: rejected, or accepted by as many as it needs."""
        return bool(self.rejected_by) or self.paid_in is not None


@dataclass(frozen=True)
class Adjustment:
    """One correction of a closed month. `paid_in` is the open month it goes into."""

    adjustment_id: str
    employee_id: str
    period: Period
    kind: str
    currency: str
    amount: Decimal
    reason: str
    state: str
    paid_in: Period
    closed_amount: Decimal | None = None
    restated_amount: Decimal | None = None
    accepted_by: tuple[str, ...] = ()
    rejected_by: str = ""
    note: str = ""
    appeal_id: str = ""


def payable(row: Row | None) -> dict[str, Decimal]:
    """Return what a month itself pays, by currency: without adjustments of earlier months."""
    if row is None or row["currency"] is None:
        return {}
    return {row["currency"]: row["total_amount"] - row["adjustment_amount"]}


def of_adjustments(events: Iterable[Row]) -> Iterator[Row]:
    """Keep the events of the journal that are about adjustments."""
    return (event for event in events if event["kind"] in {ACCEPTED, REJECTED})


def decisions(events: Iterable[Row]) -> dict[str, Decision]:
    """Return what was decided on each adjustment, by the events of the journal.

    Whoever accepted another amount than the one that stands now accepted nothing.
    """
    made: dict[str, Decision] = {}
    for event in of_adjustments(events):
        before = made.get(event["adjustment_id"])
        amount = Decimal(event["amount"])
        accepted = before.accepted_by if before is not None and before.amount == amount else ()
        is_accepted = event["kind"] == ACCEPTED
        made[event["adjustment_id"]] = Decision(
            adjustment_id=event["adjustment_id"],
            employee_id=event["employee_id"],
            period=Period.parse(event["period"]),
            kind=event["adjustment_kind"],
            currency=event["currency"],
            amount=amount,
            reason=event["reason"],
            accepted_by=tuple(event["accepted_by"]) if is_accepted else accepted,
            rejected_by="" if is_accepted else event["by"],
            note=event.get("note", ""),
            paid_in=Period.parse(event["paid_in"]) if event.get("paid_in") else None,
            appeal_id=event.get("appeal_id", ""),
        )
    return made


def recalculations(
    month: Month, made: Mapping[str, Decision], closed: Iterable[Period]
) -> list[Adjustment]:
    """Return what still differs from the closed amounts when all that was decided is counted."""
    found: list[Adjustment] = []
    paid_in = next_open(month.period, closed)
    for employee in sorted(month.closed.keys() | month.today.keys()):
        before, after = payable(month.closed.get(employee)), payable(month.today.get(employee))
        reason = ""
        for currency in sorted(before.keys() | after.keys()):
            decided = [
                one
                for one in made.values()
                if one.is_made
                and (one.kind, one.employee_id) == (RECALCULATION, employee)
                and (one.period, one.currency) == (month.period, currency)
            ]
            was, now = before.get(currency, ZERO), after.get(currency, ZERO)
            amount = now - was - sum((one.amount for one in decided), ZERO)
            if not amount:
                continue
            reason = reason or explain(month, employee)
            number = len(decided) + 1
            other = "" if len(before.keys() | after.keys()) == 1 else f"-{currency}"
            identity = f"{month.period}-{employee}{other}-{number}"
            standing = made.get(identity)
            accepted = (
                standing.accepted_by if standing is not None and standing.amount == amount else ()
            )
            found.append(
                Adjustment(
                    adjustment_id=identity,
                    employee_id=employee,
                    period=month.period,
                    kind=RECALCULATION,
                    currency=currency,
                    amount=amount,
                    reason=reason,
                    state="accepted once" if accepted else "proposed",
                    paid_in=paid_in,
                    closed_amount=was,
                    restated_amount=now,
                    accepted_by=accepted,
                )
            )
    return found


def decided(made: Mapping[str, Decision], closed: Iterable[Period]) -> list[Adjustment]:
    """Return the adjustments that are over, as they were decided."""
    taken = list(closed)
    return [
        Adjustment(
            adjustment_id=one.adjustment_id,
            employee_id=one.employee_id,
            period=one.period,
            kind=one.kind,
            currency=one.currency,
            amount=one.amount,
            reason=one.reason,
            state="rejected" if one.rejected_by else "approved",
            paid_in=one.paid_in or next_open(one.period, taken),
            accepted_by=one.accepted_by,
            rejected_by=one.rejected_by,
            note=one.note,
            appeal_id=one.appeal_id,
        )
        for one in made.values()
        if one.is_made
    ]


# ---- decisions -----------------------------------------------------------------------------------


def accept(adjustment: Adjustment, who: str, is_deduction_agreed: bool) -> dict[str, Any]:
    """Return the event of a person's yes; the second person's makes it part of an open month.

    Raises:
        Refused: If it is decided already, by the same person, or takes money back unasked.
    """
    _expect_undecided(adjustment)
    if person(who) in map(person, adjustment.accepted_by):
        raise Refused(
            f"{who} accepted {adjustment.adjustment_id} already, so another person has to: "
            f"meritline adjust {adjustment.adjustment_id} --accept --by SOMEBODY_ELSE"
        )
    if person(who) == person(adjustment.employee_id):
        raise Refused(
            f"{adjustment.adjustment_id} is {who}'s own pay, on which other people decide: "
            f"meritline adjust {adjustment.adjustment_id} --accept --by SOMEBODY_ELSE"
        )
    if adjustment.amount < 0 and not is_deduction_agreed:
        amount = f"{money(-adjustment.amount, adjustment.currency)} {adjustment.currency}"
        raise Refused(
            f"{adjustment.adjustment_id} would take {amount} from the pay of "
            f"{adjustment.employee_id} in {adjustment.paid_in}, which is never done by itself. "
            "If it was agreed that it may be deducted, add --deduct; if not: "
            f"meritline adjust {adjustment.adjustment_id} --reject --by WHO --reason TEXT"
        )
    event = {**_event(adjustment, ACCEPTED, who), "accepted_by": [*adjustment.accepted_by, who]}
    if adjustment.accepted_by:
        event["paid_in"] = str(adjustment.paid_in)
    return event


def reject(adjustment: Adjustment, who: str, note: str) -> dict[str, str]:
    """Return the event of a person's no: the difference is not proposed again as it stands.

    Raises:
        Refused: If it is decided already.
    """
    _expect_undecided(adjustment)
    return {**_event(adjustment, REJECTED, who), "note": note}


def _expect_undecided(adjustment: Adjustment) -> None:
    if adjustment.state == "rejected":
        raise Refused(
            f"{adjustment.adjustment_id} was rejected by {adjustment.rejected_by}: "
            f"{adjustment.note} What is found later is proposed under a number of its own."
        )
    if adjustment.state == "approved":
        raise Refused(
            f"{adjustment.adjustment_id} was accepted by {' and '.join(adjustment.accepted_by)} "
            f"and is paid in {adjustment.paid_in}."
        )


def _event(adjustment: Adjustment, kind: str, who: str) -> dict[str, str]:
    return {
        "kind": kind,
        "adjustment_id": adjustment.adjustment_id,
        "employee_id": adjustment.employee_id,
        "period": str(adjustment.period),
        "adjustment_kind": adjustment.kind,
        "currency": adjustment.currency,
        "amount": str(adjustment.amount),
        "reason": adjustment.reason,
        "appeal_id": adjustment.appeal_id,
        "by": who,
    }


# ---- appeals -------------------------------------------------------------------------------------


def judge_appeal(
    appeal: Row,
    closed_at: Mapping[Period, datetime],
    currencies: Mapping[tuple[Period, str], str],
    days: int,
) -> tuple[str, date | None]:
    """Return what becomes of an appeal, and until when it could be filed.

    Args:
        appeal: period, employee_id, filed_at, decision, amount.
        closed_at: When each closed month was closed, UTC.
        currencies: Currency of each person in each closed month.
        days: So many days after the closing an appeal may be filed.
    """
    try:
        period = Period.parse(appeal["period"] or "")
    except ValueError:
        return "unknown period", None
    deadline = None
    if period in closed_at:
        deadline = closed_at[period].date() + timedelta(days=days)
        if appeal["filed_at"].date() > deadline:
            return "too late", deadline
    if appeal["decision"] != "upheld":
        return appeal["decision"] or "open", deadline
    if deadline is None:
        return "upheld, waits for the closing", None
    if appeal["amount"] is None:
        return "upheld, without an amount", deadline
    if (period, appeal["employee_id"]) not in currencies:
        return "upheld, but not in the closed month", deadline
    return "upheld", deadline


def of_appeals(
    appeals: Iterable[Row],
    currencies: Mapping[tuple[Period, str], str],
    made: Mapping[str, Decision],
    closed: Iterable[Period],
) -> list[Adjustment]:
    """Turn upheld appeals (`status` = upheld) into adjustments, unless they are decided already.

    Who decided the appeal has accepted its adjustment with it.
    """
    found: list[Adjustment] = []
    taken = list(closed)
    for appeal in appeals:
        identity = f"appeal-{appeal['appeal_id']}"
        standing = made.get(identity)
        if appeal["status"] != "upheld" or (standing is not None and standing.is_made):
            continue
        period, amount = Period.parse(appeal["period"]), Decimal(appeal["amount"])
        names = [appeal["decided_by"]] if appeal["decided_by"] else []
        if standing is not None and standing.amount == amount:
            names += [one for one in standing.accepted_by if person(one) not in map(person, names)]
        about = f" on {appeal['kpi_code']}" if appeal["kpi_code"] else ""
        ref = f", contact {appeal['contact_ref']}" if appeal["contact_ref"] else ""
        found.append(
            Adjustment(
                adjustment_id=identity,
                employee_id=appeal["employee_id"],
                period=period,
                kind=APPEAL,
                currency=currencies[period, appeal["employee_id"]],
                amount=amount,
                reason=f"Appeal {appeal['appeal_id']}{about}{ref}, filed "
                f"{appeal['filed_at']:%Y-%m-%d}, upheld by {appeal['decided_by'] or 'nobody'}",
                state="accepted once" if names else "proposed",
                paid_in=next_open(period, taken),
                accepted_by=tuple(names),
                appeal_id=appeal["appeal_id"],
            )
        )
    return found
