"""Amazon Connect: a chain of contact records is one contact.

Every transfer writes a record with an id of its own; the first one's id stands in all of them. A
record that was put into a queue is a visit, one that an agent was connected to is a leg. Hold and
after-call work are logged. A record comes at least once; the greatest LastUpdateTimestamp stands.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tests.independent.raw import Zone
from tests.independent.records import Record, read_json_lines, site_zone, standing, utc
from tests.independent.replay import Contact, Leg, Visit, digits

SOURCE = "connect"
OUTSIDE_DIGITS = 7


def inside(record: Record, name: str) -> Record:
    """A nested object, empty where there is none."""
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def chains(inbox: Path, as_of: int | None) -> dict[tuple[str, str], list[Record]]:
    """(site, id of the first record) → the chain's records in the order of their beginnings."""
    rows = standing(
        read_json_lines(inbox, "connect_contact_records"),
        lambda site, row: (site, row.get("ContactId")),
        lambda _, row: utc(row.get("LastUpdateTimestamp")),
        as_of,
    )
    found: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for site, row in rows:
        if as_of is not None and (utc(row["InitiationTimestamp"]) or 0) > as_of:
            continue
        found[site, row.get("InitialContactId") or row["ContactId"]].append(row)
    for records in found.values():
        records.sort(key=lambda row: (utc(row["InitiationTimestamp"]), row["ContactId"]))
    return found


def outside(number: object) -> str | None:
    """The digits of a number of the outside world."""
    found = digits(str(number or ""))
    return found if found and len(found) >= OUTSIDE_DIGITS else None


def contacts(inbox: Path, zones: dict[str, Zone], as_of: int | None) -> list[Contact]:
    """Every chain as a contact with its visits and legs."""
    return [
        contact_of(site, callid, records, site_zone(zones, site))
        for (site, callid), records in chains(inbox, as_of).items()
    ]


def contact_of(site: str, callid: str, records: list[Record], zone: Zone) -> Contact:
    """One chain."""
    contact = Contact(f"{SOURCE}:{site}:{callid}", SOURCE, site, callid)
    contact.other_ids = {record["ContactId"] for record in records}
    contact.started_at = utc(records[0]["InitiationTimestamp"]) or 0
    if records[0].get("InitiationMethod") == "OUTBOUND":
        contact.direction = "outbound"
    contact.reason = next(
        (one for one in (inside(row, "Attributes").get("reason") for row in records) if one), None
    )
    following = {record.get("PreviousContactId"): record for record in records}
    for record in records:
        address = inside(record, "CustomerEndpoint").get("Address")
        contact.customer = contact.customer or outside(address)
        add_visit(contact, record, following.get(record["ContactId"]), zone)
        add_leg(contact, record, record["ContactId"] in following, zone)
    contact.extension = extension(inside(records[0], "CustomerEndpoint").get("Address"))
    first = contact.visits[0].enqueued_at if contact.visits else contact.started_at
    contact.work_date = zone.date_of(first)
    ends = [utc(record.get("DisconnectTimestamp")) for record in records]
    known = [end for end in ends if end is not None]
    contact.ended_at = max(known) if len(known) == len(ends) else None
    if contact.legs:
        contact.outcome = "answered"
    elif contact.visits:
        contact.outcome = contact.visits[-1].outcome
    return contact


def add_visit(contact: Contact, record: Record, following: Record | None, zone: Zone) -> None:
    """The record's entry into a queue, and how it left it."""
    queue = inside(record, "Queue")
    enqueued_at = utc(queue.get("EnqueueTimestamp"))
    if enqueued_at is None:
        return
    visit = Visit(
        contact.contact_id,
        contact.site,
        len(contact.visits) + 1,
        queue.get("Name") or "",
        enqueued_at,
        zone.date_of(enqueued_at),
    )
    connected_at = utc(inside(record, "Agent").get("ConnectedToAgentTimestamp"))
    ended_at = utc(record.get("DisconnectTimestamp"))
    if connected_at is not None or ended_at is not None:
        visit.outcome = "answered" if connected_at is not None else left_for(following)
        visit.left_at = utc(queue.get("DequeueTimestamp")) or connected_at or ended_at
        logged = queue.get("Duration")
        visit.wait = int(logged) if logged is not None else (visit.left_at or 0) - enqueued_at
    contact.visits.append(visit)


def left_for(following: Record | None) -> str:
    """How a visit ended that no agent answered: by what came after it."""
    method = following.get("InitiationMethod") if following else None
    return {"CALLBACK": "exited_by_key", "QUEUE_TRANSFER": "timed_out"}.get(
        str(method), "abandoned"
    )


def add_leg(contact: Contact, record: Record, is_followed: bool, zone: Zone) -> None:
    """The record's agent, if one was connected."""
    agent = inside(record, "Agent")
    connected_at = utc(agent.get("ConnectedToAgentTimestamp"))
    if connected_at is None:
        return
    leg = Leg(
        contact.contact_id,
        contact.site,
        len(contact.legs) + 1,
        inside(record, "Queue").get("Name"),
        agent.get("Username") or "unknown",
        record["ContactId"],
        None,
        connected_at,
        zone.date_of(connected_at),
    )
    ended_at = utc(record.get("DisconnectTimestamp"))
    if ended_at is None:
        ended_at = utc(agent.get("AfterContactWorkStartTimestamp"))
    if ended_at is not None:
        leg.ended_at = ended_at
        leg.end_reason = end_reason(record, is_followed)
        leg.talk = number(agent.get("AgentInteractionDuration"), ended_at - connected_at)
        leg.hold = number(agent.get("CustomerHoldDuration"))
        leg.wrap = number(agent.get("AfterContactWorkDuration"))
    contact.legs.append(leg)


def number(value: object, otherwise: int | None = None) -> int | None:
    """Logged seconds."""
    return otherwise if value is None else int(str(value))


def extension(address: object) -> str | None:
    """The number of a caller within the house."""
    found = digits(str(address or ""))
    return found if found and len(found) < OUTSIDE_DIGITS else None


def end_reason(record: Record, is_followed: bool) -> str:
    """Who ended the talk; whoever passed the contact on did."""
    if record.get("NextContactId") or is_followed:
        return "attended_transfer" if record.get("TransferCompletedTimestamp") else "blind_transfer"
    return "agent" if record.get("DisconnectReason") == "AGENT_DISCONNECT" else "caller"
