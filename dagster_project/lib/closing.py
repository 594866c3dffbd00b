"""Who may close a month, and when: states and rules, without a file or a clock.

A month is open, then proposed, then approved by another person, then closed. Proposals and
approvals are events of the journal and are bound to the figures that stood there (their `digest`):
figures that have changed since have to be proposed again. That a month is closed is said by its
folder in the ledger alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Event = Mapping[str, Any]
PROPOSED, APPROVED = "proposed", "approved"


class Refused(Exception):
    """A rule forbids it; the message says which one, and who may do what next."""


class State(StrEnum):
    """How far the closing of a month is."""

    OPEN = "open"
    PROPOSED = "proposed"
    APPROVED = "approved"
    CLOSED = "closed"


@dataclass(frozen=True, order=True)
class Period:
    """A calendar month."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `2026-10`."""
        found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
        if not found or found[1] == "0000":
            raise ValueError(f"{text!r} is no month; expected one such as 2026-10")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Period:
        """Return the month of a day."""
        return cls(day.year, day.month)

    @property
    def start(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def next(self) -> Period:
        """The month after it."""
        return Period(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def end(self) -> date:
        """The first day that is no more of it."""
        return self.next.start

    def __str__(self) -> str:
        """As it is written in commands and folders."""
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True)
class Closed:
    """What the ledger's manifest says of a closed month."""

    period: Period
    by: str
    at: str


@dataclass(frozen=True)
class Standing:
    """What is published of a month and how the last run went, as far as the rules ask.

    Attributes:
        run_id: The publication; empty when there is none.
        as_of: Until when it knows what happened, UTC.
        over_at: When the month has ended at every site, UTC.
        obstacle: Why the last run or the settings stand in the way; empty when they don't.
        unsettled: KPIs that count in somebody's score and may still change by waiting alone.
        people: How many have a row in `compensation_inputs`.
        digest: Hash of the figures that would be closed.
        closed: What is closed already, in the order of closing.
    """

    run_id: str
    as_of: datetime | None
    over_at: datetime
    obstacle: str
    unsettled: tuple[str, ...]
    people: int
    digest: str
    closed: tuple[Closed, ...]


def person(name: str) -> str:
    """Return a name by which two spellings of one person are one."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def named(text: str) -> str:
    """Read the name of who acts."""
    if not person(text):
        raise ValueError("a name is expected, such as 'Anna Berg'")
    return " ".join(text.split())


def progress(period: Period, events: Iterable[Event]) -> tuple[Event | None, Event | None]:
    """Return the proposal that stands and its approval, if it has one."""
    proposal: Event | None = None
    approval: Event | None = None
    for event in events:
        if event.get("period") != str(period):
            continue
        if event["kind"] == PROPOSED:
            proposal, approval = event, None
        elif event["kind"] == APPROVED:
            approval = event
    return proposal, approval


def state(period: Period, events: Iterable[Event], closed: Sequence[Closed]) -> State:
    """Return how far a month is."""
    if any(one.period == period for one in closed):
        return State.CLOSED
    proposal, approval = progress(period, events)
    if approval is not None:
        return State.APPROVED
    return State.OPEN if proposal is None else State.PROPOSED


def next_open(period: Period, closed: Iterable[Period]) -> Period:
    """Return the first month after a closed one that is not closed itself."""
    taken = set(closed)
    following = period.next
    while following in taken:
        following = following.next
    return following


def expect_proposable(period: Period, standing: Standing) -> None:
    """Refuse what nobody may close now.

    Raises:
        Refused: With the first rule that forbids it.
    """
    for one in standing.closed:
        if one.period == period:
            raise Refused(
                f"{period} was closed by {one.by} on {one.at} and never changes. What has to be "
                "corrected becomes an adjustment in the next open month: meritline adjust"
            )
    if later := [one.period for one in standing.closed if one.period > period]:
        raise Refused(
            f"{period} lies before {min(later)}, which is closed. Months close in their order, "
            "since each one is chained to the one before; it stays open."
        )
    if not standing.run_id:
        raise Refused("Nothing is published yet, so there is nothing to close: meritline run")
    if standing.obstacle:
        raise Refused(standing.obstacle)
    if standing.as_of is None or standing.as_of < standing.over_at:
        raise Refused(
            f"{period} is not over: the publication knows what happened until {standing.as_of} "
            f"UTC, and the month ends at the last site at {standing.over_at} UTC. Run the line "
            f"after that, then: meritline propose {period} --by WHO"
        )
    if not standing.people:
        raise Refused(
            f"Nobody has compensation inputs in {period}, so there is nothing to close. Look "
            "whether the month is the right one and whether its files were delivered."
        )
    if standing.unsettled:
        raise Refused(
            f"{', '.join(standing.unsettled)} counts in scores of {period} and is not final yet: "
            "its days of waiting go on after the month's end. Wait for them and run the line, or "
            "weigh its settled form in seeds/kpi_weights.csv, which counts what became final in "
            "the month (fcr_settled for fcr)."
        )


def expect_approvable(
    period: Period, who: str, standing: Standing, events: Sequence[Event]
) -> None:
    """Refuse the approval of what nobody proposed, of other figures, or by the same person.

    Raises:
        Refused: With the first rule that forbids it.
    """
    expect_proposable(period, standing)
    proposal, approval = progress(period, events)
    if proposal is None:
        raise Refused(
            f"{period} is open: somebody has to propose it first: "
            f"meritline propose {period} --by WHO"
        )
    if person(proposal["by"]) == person(who):
        raise Refused(
            f"{proposal['by']} proposed {period}, so another person has to approve it: "
            f"meritline approve {period} --by SOMEBODY_ELSE"
        )
    _expect_same_figures(period, standing, proposal, "proposed")
    if approval is not None:
        raise Refused(
            f"{period} was approved by {approval['by']} on {approval['at']}. It can be closed: "
            f"meritline close {period} --by WHO"
        )


def expect_closable(period: Period, standing: Standing, events: Sequence[Event]) -> None:
    """Refuse to close what two persons have not agreed on as it stands.

    Raises:
        Refused: With the first rule that forbids it.
    """
    expect_proposable(period, standing)
    proposal, approval = progress(period, events)
    if proposal is None:
        raise Refused(
            f"{period} is open. One person proposes it (meritline propose {period} --by WHO), "
            f"another one approves it (meritline approve {period} --by SOMEBODY_ELSE), then it "
            "can be closed."
        )
    if approval is None:
        raise Refused(
            f"{period} was proposed by {proposal['by']} and is not approved. Anybody but "
            f"{proposal['by']} may do that: meritline approve {period} --by SOMEBODY_ELSE"
        )
    _expect_same_figures(period, standing, approval, "approved")


def _expect_same_figures(period: Period, standing: Standing, event: Event, verb: str) -> None:
    if event["digest"] != standing.digest:
        raise Refused(
            f"The figures of {period} are not those that {event['by']} {verb} on {event['at']}: "
            f"run {standing.run_id} changed them. Look at them and propose them again: "
            f"meritline propose {period} --by WHO"
        )
