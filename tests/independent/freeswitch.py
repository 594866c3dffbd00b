"""FreeSWITCH's CDRs: no queue, a row for each side of a call, tied by the other side's id.

The side whose row names the other by `bleg_uuid` called; the one it names is the agent's. A row
that names none and is named by none is a call of its own, answered or not.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from tests.independent.connect import extension, outside
from tests.independent.raw import Zone, feed_files, read_text
from tests.independent.records import site_zone
from tests.independent.replay import Contact, Leg

SOURCE = "freeswitch"
COLUMNS = 15


@dataclass(slots=True)
class Row:
    """One row; local times as instants."""

    site: str
    caller: str
    called: str
    start: int
    answer: int | None
    end: int
    billsec: int
    uuid: str
    other: str | None


def rows(inbox: Path, zones: dict[str, Zone], as_of: int | None) -> list[Row]:
    """Every row that had ended, each once."""
    found: dict[tuple[str, str], Row] = {}
    for site, path in feed_files(inbox, "freeswitch_cdr"):
        zone = site_zone(zones, site)
        for fields in csv.reader(io.StringIO(read_text(path), newline="")):
            if len(fields) != COLUMNS or not fields[10]:
                continue
            try:
                row = Row(
                    site,
                    fields[1],
                    fields[2],
                    zone.epoch_of(fields[4]),
                    zone.epoch_of(fields[5]) if fields[5] else None,
                    zone.epoch_of(fields[6]),
                    int(fields[8]),
                    fields[10],
                    fields[11] or None,
                )
            except ValueError:
                continue
            if as_of is None or row.end <= as_of:
                found[site, row.uuid] = row
    return list(found.values())


def contacts(inbox: Path, zones: dict[str, Zone], as_of: int | None) -> list[Contact]:
    """Every call: its calling row, and the row that this one names if that was delivered."""
    known = rows(inbox, zones, as_of)
    called = {(row.site, row.other) for row in known if row.other}
    by_id = {(row.site, row.uuid): row for row in known}
    found = []
    for row in known:
        if (row.site, row.uuid) not in called:
            other = by_id.get((row.site, row.other)) if row.other else None
            found.append(contact_of(row, other, site_zone(zones, row.site)))
    return found


def contact_of(row: Row, other: Row | None, zone: Zone) -> Contact:
    """One call; the answered side is the second where there are two."""
    contact = Contact(f"{SOURCE}:{row.site}:{row.uuid}", SOURCE, row.site, row.uuid)
    contact.started_at = row.start
    contact.ended_at = max(row.end, other.end if other else row.end)
    contact.work_date = zone.date_of(row.start)
    if outside(row.caller):
        contact.direction = "inbound"
    else:
        contact.direction = "outbound" if outside(row.called) else "internal"
    if contact.direction == "internal":
        contact.extension = extension(row.caller)
    contact.customer = outside(row.caller) or outside(row.called)
    side = other or row
    if side.answer is not None:
        numbers = (side.caller, side.called)
        is_outbound = contact.direction == "outbound"
        agent = (
            row.caller
            if is_outbound
            else next((one for one in reversed(numbers) if extension(one)), row.called)
        )
        contact.legs.append(
            Leg(
                contact.contact_id,
                row.site,
                1,
                None,
                agent,
                side.uuid,
                side.start,
                side.answer,
                zone.date_of(side.answer),
                None,
                side.end,
                side.billsec,
            )
        )
    contact.outcome = "answered" if contact.legs else None
    return contact
