"""Tickets of the help desk: who solved what when, how long it took and whether it held.

A cycle runs from the ticket's creation, or from a reopening, to the status solved or closed; it is
reopened when a status that is neither follows. It is the assignee's of that moment. The first
response is the first public comment of a person of the house. A deleted ticket counts nowhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.independent import workforce
from tests.independent.business import Schedule, schedules
from tests.independent.people import FOREVER, Validity
from tests.independent.raw import Zone
from tests.independent.records import Record, is_yes, read_tables, standing, utc

DONE = frozenset({"solved", "closed"})
STAFF = frozenset({"agent", "admin"})
BOT_WORDS = frozenset({"bot", "chatbot", "answerbot", "autoresponder", "automation", "noreply"})


@dataclass(slots=True)
class Cycle:
    """One way of a ticket from open to solved."""

    started_at: int
    solved_at: int
    assignee: str | None
    # None where the source does not tell.
    is_reopened: bool | None = False
    # A case that was entered as closed was nobody's work.
    is_worked: bool = True
    # Only the ticket's last update tells when it was solved at the latest.
    is_estimated: bool = False
    business: int | None = None

    @property
    def seconds(self) -> int:
        """Calendar seconds."""
        return self.solved_at - self.started_at

    @property
    def is_measured(self) -> bool:
        """Whether its length says something."""
        return self.is_worked and not self.is_estimated


@dataclass(slots=True)
class Ticket:
    """One ticket as it stood at the end of the count."""

    source: str
    site: str
    ticket_id: str
    status: str | None
    created_at: int
    updated_at: int
    requester: str | None
    submitter: str | None
    assignee: str | None
    is_deleted: bool
    cycles: list[Cycle] = field(default_factory=list)
    responder: str | None = None
    responded_at: int | None = None
    response_business: int | None = None


@dataclass(slots=True)
class Desk:
    """The tables of a help desk as they stood."""

    inbox: Path
    as_of: int | None
    tables: dict[str, list[tuple[str, Record]]] = field(default_factory=dict)

    def table(self, name: str, key: Iterable[str], *versions: str) -> list[tuple[str, Record]]:
        """Standing records of a table, in either of the names that exports give its folder."""
        fields = tuple(key)
        return standing(
            read_tables(self.inbox, f"zendesk_{name}s", f"zendesk_{name}"),
            lambda site, row: (site, *(row.get(one) for one in fields)),
            lambda _, row: next((utc(row[one]) for one in versions if row.get(one)), None),
            self.as_of,
        )

    def not_yet_updated(self) -> list[tuple[str, Record]]:
        """Tickets that were there, but of which only later versions were delivered."""
        rows = list(read_tables(self.inbox, "zendesk_tickets", "zendesk_ticket"))
        known = {(site, row["id"]) for site, row in self.table("ticket", ("id",), "updated_at")}
        found: dict[tuple[str, str], Record] = {}
        for site, row in rows:
            if self.as_of is None or (utc(row["created_at"]) or 0) > self.as_of:
                continue
            if (site, row["id"]) not in known:
                found[site, row["id"]] = row | {"status": None, "assignee_id": None}
        return [(site, row) for (site, _), row in found.items()]


def read(inbox: Path, as_of: int | None, zone_names: dict[str, str] | None = None) -> list[Ticket]:
    """Every ticket; `zone_names` are the IANA names of the help desk's own."""
    desk = Desk(inbox, as_of)
    history = desk.table(
        "ticket_field_history",
        ("ticket_id", "field_name", "updated", "updated_at"),
        "updated",
        "updated_at",
    ) + desk.table("ticket_field_historie", ("ticket_id", "field_name", "updated"), "updated")
    changes: dict[tuple[str, str, str], list[tuple[int, str]]] = defaultdict(list)
    for site, row in history:
        at = utc(row.get("updated") or row.get("updated_at")) or 0
        changes[site, row["ticket_id"], row["field_name"]].append((at, row.get("value") or ""))
    for mine in changes.values():
        mine.sort()
    solved_at = {
        (site, row["ticket_id"]): utc(row.get("solved_at"))
        for site, row in desk.table("ticket_metric", ("id",), "updated_at")
    }
    tickets: list[Ticket] = []
    for site, row in [*desk.table("ticket", ("id",), "updated_at"), *desk.not_yet_updated()]:
        ticket = Ticket(
            "zendesk",
            site,
            row["id"],
            row["status"] or status_of(changes.get((site, row["id"], "status"), [])),
            utc(row["created_at"]) or 0,
            utc(row["updated_at"]) or 0,
            row.get("requester_id"),
            row.get("submitter_id"),
            row.get("assignee_id"),
            row["status"] == "deleted",
        )
        ticket.cycles = cycles(
            ticket,
            changes.get((site, ticket.ticket_id, "status"), []),
            changes.get((site, ticket.ticket_id, "assignee_id"), []),
            solved_at.get((site, ticket.ticket_id)),
        )
        tickets.append(ticket)
    respond(desk, tickets)
    clock(desk, tickets, zone_names or {})
    return tickets + cases(inbox, as_of)


def status_of(history: list[tuple[int, str]]) -> str:
    """The last status that the history tells of."""
    return history[-1][1] if history else "new"


def cases(inbox: Path, as_of: int | None) -> list[Ticket]:
    """Salesforce's cases: they tell when they were closed last, and of no reopening."""
    rows = list(read_tables(inbox, "salesforce_cases"))
    known = standing(
        rows,
        lambda site, row: (site, row["Id"]),
        lambda _, row: utc(row["LastModifiedDate"]),
        as_of,
    )
    found: list[Ticket] = []
    for site, row in known:
        ticket = Ticket(
            "salesforce",
            site,
            row["Id"],
            row["Status"].lower(),
            utc(row["CreatedDate"]) or 0,
            utc(row["LastModifiedDate"]) or 0,
            None,
            None,
            row["OwnerId"],
            is_yes(row["IsDeleted"]),
        )
        closed_at = utc(row["ClosedDate"])
        if closed_at is not None and (as_of is None or closed_at <= as_of):
            is_worked = not is_yes(row["IsClosedOnCreate"])
            ticket.cycles = [Cycle(ticket.created_at, closed_at, ticket.assignee, None, is_worked)]
        found.append(ticket)
    return found


def cycles(
    ticket: Ticket,
    statuses: list[tuple[int, str]],
    assignees: list[tuple[int, str]],
    measured_at: int | None,
) -> list[Cycle]:
    """The ticket's solutions in their order.

    A ticket that is solved though its history does not say so was so when the help desk's own
    figures say it, or at the latest at its last update.
    """
    found: list[Cycle] = []
    started_at: int | None = ticket.created_at
    for at, value in statuses:
        status = value.lower()
        if status == "deleted":
            continue
        if status in DONE and started_at is not None:
            found.append(Cycle(started_at, at, held_by(ticket, assignees, at)))
            started_at = None
        elif status not in DONE and started_at is None:
            found[-1].is_reopened = True
            started_at = at
    if (ticket.status or "").lower() in DONE and started_at is not None:
        at = measured_at if measured_at is not None and not statuses else ticket.updated_at
        found.append(Cycle(started_at, at, held_by(ticket, assignees, at)))
        found[-1].is_reopened = False if statuses else None
        found[-1].is_estimated = bool(statuses) or measured_at is None
    return found


def held_by(ticket: Ticket, assignees: list[tuple[int, str]], at: int) -> str | None:
    """Whom the ticket was assigned to at an instant, as far as its history goes."""
    if not assignees:
        return ticket.assignee
    before = [value for moment, value in assignees if moment <= at]
    return (before[-1] or None) if before else None


def respond(desk: Desk, tickets: list[Ticket]) -> None:
    """Finds each ticket's first public comment by a person of the house."""
    staff = {
        (site, row["id"])
        for site, row in desk.table("user", ("id",), "updated_at", "created_at")
        if row.get("role") in STAFF and not is_bot(row)
    }
    said: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for site, row in desk.table("ticket_comment", ("id",), "created", "created_at"):
        author = row.get("user_id") or ""
        if (site, author) in staff and is_yes(row.get("public") or row.get("is_public")):
            at = utc(row.get("created") or row.get("created_at")) or 0
            said[site, row["ticket_id"]].append((at, author))
    for ticket in tickets:
        answers = [
            (at, author)
            for at, author in said.get((ticket.site, ticket.ticket_id), ())
            if author != ticket.requester
            # With these words the ticket was opened in the customer's name.
            and (at, author) != (ticket.created_at, ticket.submitter)
        ]
        if answers:
            ticket.responded_at, ticket.responder = min(answers)


def is_bot(user: Record) -> bool:
    """Whether a user of the help desk is a program: one of its words says so."""
    text = f"{user.get('name') or ''} {user.get('email') or ''} {user.get('role') or ''}".lower()
    return bool(BOT_WORDS & set(re.split(r"[^a-z]+", text)))


def clock(desk: Desk, tickets: list[Ticket], zone_names: dict[str, str]) -> None:
    """Adds business seconds by the schedules that the ticket got, or by the site's oldest."""
    by_site: dict[str, list[Record]] = defaultdict(list)
    for site, row in desk.table("schedule", ("id", "start_time")):
        by_site[site].append(
            row | {"time_zone": zone_names.get(row["time_zone"], row["time_zone"])}
        )
    holidays = [row for _, row in desk.table("schedule_holiday", ("id", "schedule_id"))]
    applied: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for site, row in desk.table("ticket_schedule", ("ticket_id", "created_at"), "created_at"):
        applied[site, row["ticket_id"]].append((utc(row["created_at"]) or 0, row["schedule_id"]))
    for site, rows in by_site.items():
        hours = schedules(rows, holidays)
        first = min((utc(row.get("created_at")) or 0, row["id"]) for row in rows)[1]
        for ticket in (one for one in tickets if one.site == site):
            changes = sorted(applied.get((site, ticket.ticket_id), []))
            known = [(at, hours[name]) for at, name in changes if name in hours]
            known = known or [(-FOREVER, hours[first])]
            if ticket.responded_at is not None:
                ticket.response_business = business(known, ticket.created_at, ticket.responded_at)
            for cycle in ticket.cycles:
                cycle.business = business(known, cycle.started_at, cycle.solved_at)


def business(known: list[tuple[int, Schedule]], start: int, end: int) -> int:
    """Open seconds by schedules that follow each other; the first counts from the beginning."""
    total = 0
    for index, (since, schedule) in enumerate(known):
        until = known[index + 1][0] if index + 1 < len(known) else end
        first, last = max(start, since) if index else start, min(end, until)
        if first < last:
            total += schedule.seconds(first, last)
    return total


class People:
    """Who the users of a help desk are."""

    def __init__(
        self, inbox: Path, zones: dict[str, Zone], identities: Validity, as_of: int | None
    ) -> None:
        """Knows what HR and the help desk know."""
        self.identities = identities
        self.known = workforce.employees(inbox, zones, as_of)
        self.addresses: dict[str, set[str]] = defaultdict(set)
        for employee, row in self.known.items():
            self.addresses[(row["email"] or "").lower()].add(employee)
        self.users = {
            (site, row["id"]): row
            for site, row in Desk(inbox, as_of).table("user", ("id",), "updated_at", "created_at")
        }
        self.logins = {(site, login.lower()): (site, login) for site, login in identities.rows}

    def at(self, site: str, user: str | None, epoch: int) -> str | None:
        """The employee whose login is the user's address or id, else whose address it is.

        Two people with one address are nobody; last comes the HR id that the help desk keeps.
        """
        row = self.users.get((site, user or ""), {})
        address = (row.get("email") or "").lower()
        for login in (address, (user or "").lower()):
            key = self.logins.get((site, login))
            employee = self.identities.at(key, epoch) if login and key else None
            if employee:
                return employee
        owners = self.addresses.get(address, set()) if address else set()
        if len(owners) == 1:
            return next(iter(owners))
        external = row.get("external_id")
        return external if external in self.known else None
