"""Counts an inbox from its raw lines, without the warehouse: `python -m tests.independent.count`.

The rules are those of the design, of the formats, the contracts and the metrics; the code shares
nothing with the models. Where the rules leave room, the docstring of the function says what was
read into them.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.independent import (
    connect,
    exclusions,
    figures,
    freeswitch,
    people,
    raw,
    surveys,
    workforce,
)
from tests.independent.figures import QueueRule, QueueTally, Repeats
from tests.independent.raw import CdrRow, LogCounts, Zone, zone_named
from tests.independent.replay import CALL_EVENTS, SOURCE, Contact, Leg, Offer, Player, Visit, digits
from tests.independent.surveys import References, Survey

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
OUTSIDE_DIGITS = 7
# By so many seconds the log and the agent's own channel may differ.
CHANNEL_TOLERANCE = 5
Row = TypeVar("Row", Visit, Leg, Offer)
CHANNEL_SERIAL = re.compile(r"-[0-9a-f]{8}(;\d)?$")


@dataclass(slots=True)
class AgentTally:
    """One login's day."""

    handled: int = 0
    finished: int = 0
    talk: int = 0
    transferred_out: int = 0
    offers: int = 0
    no_answer: int = 0
    cancelled: int = 0


@dataclass(slots=True)
class Counted:
    """All that the raw lines of an inbox tell."""

    as_of: int | None
    contacts: list[Contact] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    unplaced: list[tuple[str, ...]] = field(default_factory=list)
    call_lines: int = 0
    surveys: list[Survey] = field(default_factory=list)
    references: References = field(default_factory=lambda: References(()))
    # (site, login, employee, work date) → seconds
    available: dict[tuple[str, str, str | None, str], int] = field(default_factory=dict)
    occupied: dict[tuple[str, str, str | None, str], int] = field(default_factory=dict)
    lines: dict[str, LogCounts] = field(default_factory=dict)
    rules: dict[tuple[str, str], QueueRule] = field(default_factory=dict)
    posts: dict[str, list[people.Post]] = field(default_factory=dict)
    shifts: people.Shifts = field(default_factory=people.Shifts)
    identities: people.Validity = field(default_factory=people.Validity)
    # The help desk's names of time zones.
    zone_names: dict[str, str] = field(default_factory=dict)
    presences: dict[tuple[str, str], people.Presence] = field(default_factory=dict)
    shared_identities: list[tuple[str, ...]] = field(default_factory=list)

    def counting(self, rows: list[Row]) -> list[Row]:
        """Those whose contact is in the KPIs."""
        left_out = {one.contact_id for one in self.contacts if one.exclusion is not None}
        return [row for row in rows if row.contact_id not in left_out]

    def agent_days(self) -> dict[tuple[str, str, str], AgentTally]:
        """(site, login, work date) → tally; legs by their CONNECT, offers by their ring."""
        days: dict[tuple[str, str, str], AgentTally] = defaultdict(AgentTally)
        for leg in self.legs:
            day = days[leg.site, leg.agent, leg.work_date]
            day.handled += 1
            day.transferred_out += leg.is_transferred_out
            if leg.talk is not None:
                day.finished += 1
                day.talk += leg.talk
        for offer in self.offers:
            day = days[offer.site, offer.agent, offer.work_date]
            day.offers += 1
            day.no_answer += offer.end_reason == "no_answer"
            day.cancelled += offer.end_reason == "cancelled"
        return dict(days)

    def queue_days(self) -> dict[tuple[str, str, str], QueueTally]:
        """(site, queue, work date) → tally."""
        days: dict[tuple[str, str, str], QueueTally] = defaultdict(QueueTally)
        for visit in self.counting(self.visits):
            rule = figures.rule_for(self.rules, visit.site, visit.queue)
            days[visit.site, visit.queue, visit.work_date].add(visit, rule)
        return dict(days)

    def company(self) -> QueueTally:
        """All visits added up."""
        tally = QueueTally()
        for visit in self.counting(self.visits):
            tally.add(visit, figures.rule_for(self.rules, visit.site, visit.queue))
        return tally

    def reasons(self) -> dict[str, str | None]:
        """Contact id → reason: its own, else that of its first queue, else the queue itself."""
        found: dict[str, str | None] = {}
        for contact in self.contacts:
            queue = contact.visits[0].queue if contact.visits else None
            if queue is None and contact.legs:
                queue = contact.legs[0].queue
            rule = figures.rule_for(self.rules, contact.site, queue) if queue else None
            found[contact.contact_id] = contact.reason or (rule.reason if rule else None) or queue
        return found

    def repeats(self, shared_above: int = figures.SHARED_ABOVE) -> dict[str, Repeats]:
        """Contact id → repeat flags, for the queues' contacts of known customers."""
        queued = [one for one in self.contacts if one.is_queued and one.exclusion is None]
        return figures.repeats(queued, self.reasons(), self.as_of, shared_above)


def attach_cdr(counted: Counted, site: str, rows: list[CdrRow], zone: Zone) -> None:
    """Adds one site's CDR rows: facts to contacts of the queue log, else contacts of their own.

    Rows of one linkedid are one call, so one that is tied to a callid ties them all. Rows without
    any id cannot be told apart from one another's calls and stay out.
    """
    contacts: dict[str, list[Contact]] = defaultdict(list)
    for contact in counted.contacts:
        if contact.site == site:
            contacts[contact.callid].append(contact)
    calls: dict[str, list[CdrRow]] = defaultdict(list)
    for row in rows:
        call = row.linkedid or row.uniqueid
        if call:
            calls[call].append(row)
    for call, mine in calls.items():
        ties = {call, *(row.uniqueid for row in mine)} & contacts.keys()
        for callid in ties:
            for contact, its in by_use(contacts[callid], mine):
                contact.has_cdr = True
                if contact.customer is None:
                    contact.customer = caller_of(its)
                for leg in contact.legs:
                    cut(leg, its)
        if not ties:
            contact_of_cdr(counted, site, call, mine, zone)


def by_use(contacts: list[Contact], rows: list[CdrRow]) -> Iterator[tuple[Contact, list[CdrRow]]]:
    """Rows with that use of their callid which began last before they ended."""
    uses = sorted(contacts, key=lambda contact: contact.started_at)
    for index, contact in enumerate(uses):
        after = uses[index + 1].started_at if index + 1 < len(uses) else people.FOREVER
        its = [
            row for row in rows if row.end < after and (index == 0 or row.end >= contact.started_at)
        ]
        if its:
            yield contact, its


def caller_of(rows: list[CdrRow]) -> str | None:
    """The first row's caller when that is an outside number: extensions are no customers."""
    return outside(min(rows, key=lambda row: row.start).src)


def outside(number: str) -> str | None:
    """The digits of a number of the outside world; None for an extension."""
    found = digits(number)
    return found if found and len(found) >= OUTSIDE_DIGITS else None


def cut(leg: Leg, rows: list[CdrRow]) -> None:
    """Ends a leg with its agent's own channel when the call went on without the agent.

    A transfer that queue_log did not see bills the agent the rest of the call. The agent's row is
    the one of the bridged channel, else the latest that was up at the CONNECT; that the call went
    on is another answered row that begins when the agent's ends.
    """
    if leg.ended_at is None or leg.talk is None:
        return
    up = [row for row in rows if row.disposition == "ANSWERED"]
    own = [row for row in up if row.uniqueid == leg.channel_id] or [
        row for row in up if row.start <= leg.answered_at <= row.end
    ]
    if not own:
        return
    last = max(own, key=lambda row: row.start)
    leg.channel_talk = max(0, last.end - leg.answered_at)
    leg.differs = abs(leg.talk - leg.channel_talk) > CHANNEL_TOLERANCE
    goes_on = any(row is not last and row.start >= last.end for row in up)
    if goes_on and leg.answered_at <= last.end < leg.ended_at:
        leg.talk = min(leg.talk, last.end - leg.answered_at)
        leg.ended_at = last.end


def contact_of_cdr(
    counted: Counted,
    site: str,
    call: str,
    rows: list[CdrRow],
    zone: Zone,
) -> None:
    """A contact outside any queue: a leg per ANSWERED row, billsec its talk.

    Of an outbound row (from within the house to an outside number) the agent is the calling
    channel, of any other the called one. The customer is whichever of the two is outside.
    """
    rows = sorted(rows, key=lambda row: row.start)
    contact = Contact(f"{SOURCE}:{site}:{call}", "cdr", site, call)
    contact.started_at = rows[0].start
    contact.ended_at = max(row.end for row in rows)
    contact.work_date = zone.date_of(contact.started_at)
    contact.customer = caller_of(rows) or outside(rows[0].dst)
    if not outside(rows[0].src):
        contact.direction = "outbound" if outside(rows[0].dst) else "internal"
    for row in rows:
        if row.disposition != "ANSWERED":
            continue
        answered_at = row.end - row.billsec if row.answer is None else row.answer
        is_outbound = not outside(row.src) and outside(row.dst)
        channel = row.channel if is_outbound or not row.dstchannel else row.dstchannel
        agent = CHANNEL_SERIAL.sub("", channel)
        leg = Leg(
            contact.contact_id,
            site,
            len(contact.legs) + 1,
            None,
            agent,
            row.uniqueid,
            row.start,
            answered_at,
            zone.date_of(answered_at),
            None,
            row.end,
            row.billsec,
        )
        contact.legs.append(leg)
        counted.legs.append(leg)
    contact.outcome = "answered" if contact.legs else None
    counted.contacts.append(contact)


def attribute(
    counted: Counted, known: people.Validity, shifts: people.Shifts, zones: dict[str, Zone]
) -> None:
    """Says whose legs and offers they are, and moves them to the day of the shift's start."""
    for leg in counted.legs:
        zone = zones.get(leg.site) or zone_named("UTC")
        leg.employee = known.at((leg.site, leg.agent), leg.answered_at)
        leg.work_date = shifts.date_of(leg.employee, leg.answered_at, zone)
    for offer in counted.offers:
        zone = zones.get(offer.site) or zone_named("UTC")
        offer.employee = known.at((offer.site, offer.agent), offer.told_at)
        offer.work_date = shifts.date_of(offer.employee, offer.told_at, zone)


def staffing(
    counted: Counted,
    events: dict[str, list[list[str]]],
    known: people.Validity,
    shifts: people.Shifts,
    zones: dict[str, Zone],
) -> None:
    """Seconds available and occupied per login and day, split at midnight unless in a shift."""
    legs: dict[tuple[str, str], list[Leg]] = defaultdict(list)
    for leg in counted.legs:
        legs[leg.site, leg.agent].append(leg)
    for site, log in events.items():
        zone = zones.get(site) or zone_named("UTC")
        for agent, presence in people.presences(log).items():
            counted.presences[site, agent] = presence
            spans = people.staffing(presence, legs[site, agent])
            for totals, mine in (
                (counted.occupied, spans.occupied),
                (counted.available, spans.available),
            ):
                for start, end in mine:
                    for first, last in zone.days_of(start, end):
                        employee = known.at((site, agent), first)
                        day = (site, agent, employee, shifts.date_of(employee, first, zone))
                        totals[day] = totals.get(day, 0) + last - first


def count(inbox: Path, seeds: Path = SEEDS, as_of: int | None = None) -> Counted:
    """Everything in an inbox up to and including the instant `as_of` (an epoch)."""
    zones = {row["site_id"]: zone_named(row["time_zone"]) for row in raw.read_seed(seeds, "sites")}
    counted = Counted(as_of, rules=figures.queue_rules(raw.read_seed(seeds, "queues")))
    counted.zone_names = {
        row["zendesk_name"]: row["time_zone"] for row in raw.read_seed(seeds, "zendesk_time_zones")
    }
    events, counted.lines["asterisk_queue_log"] = raw.queue_events(inbox, zones)
    cdr, counted.lines["asterisk_cdr"] = raw.cdr_rows(inbox, zones)
    if as_of is not None:
        events = {
            site: [line for line in log if int(line[0]) <= as_of] for site, log in events.items()
        }
        cdr = {site: [row for row in rows if row.end <= as_of] for site, rows in cdr.items()}
    counted.call_lines = sum(
        fields[4].strip() in CALL_EVENTS for log in events.values() for fields in log
    )
    for site, log in events.items():
        played = Player(site, zones.get(site) or zone_named("UTC")).play(log)
        counted.contacts.extend(played.contacts)
        counted.visits.extend(played.visits)
        counted.legs.extend(played.legs)
        counted.offers.extend(played.offers)
        counted.unplaced.extend(played.unplaced)
    known = counted.identities = people.identities(inbox, zones)
    for site, rows in cdr.items():
        attach_cdr(counted, site, rows, zones.get(site) or zone_named("UTC"))
    for contact in (
        *connect.contacts(inbox, zones, as_of),
        *freeswitch.contacts(inbox, zones, as_of),
    ):
        counted.contacts.append(contact)
        counted.visits.extend(contact.visits)
        counted.legs.extend(contact.legs)
    exclusions.exclude(
        counted.contacts,
        exclusions.incidents(inbox, zones, as_of),
        exclusions.rules(raw.read_seed(seeds, "exclusion_rules")),
    )
    shifts = counted.shifts = people.Shifts(inbox, zones)
    counted.shared_identities = known.overlaps()
    leavers = {
        employee: row["leave_date"]
        for employee, row in workforce.employees(inbox, zones, as_of).items()
        if row["leave_date"]
    }
    counted.posts = people.posts(inbox, leavers)
    attribute(counted, known, shifts, zones)
    staffing(counted, events, known, shifts, zones)
    counted.references = References(counted.contacts)
    counted.surveys = surveys.answers(inbox, zones, counted.references, as_of)
    return counted


def summary(counted: Counted) -> dict[str, Any]:
    """The totals, for people."""
    tally = counted.company()
    talks = [leg.talk for leg in counted.legs if leg.talk is not None]
    flags = counted.repeats()
    csat = [survey for survey in counted.surveys if survey.question == "csat"]
    top = sum(survey.is_top for survey in csat)
    handled_ids = {leg.contact_id for leg in counted.legs}
    base = [flag for contact, flag in flags.items() if contact in handled_ids]
    occupied, free = sum(counted.occupied.values()), sum(counted.available.values())
    waits = [visit.wait or 0 for visit in counted.visits if visit.outcome == "answered"]
    return {
        "lines": {feed: asdict(lines) for feed, lines in counted.lines.items()},
        "contacts": len(counted.contacts),
        "contacts_by_feed": dict(Counter(one.feed for one in counted.contacts)),
        "contacts_by_outcome": dict(Counter(str(one.outcome) for one in counted.contacts)),
        "visits": len(counted.visits),
        "visits_by_outcome": dict(Counter(visit.outcome for visit in counted.visits)),
        "wait_by_outcome": {
            outcome: sum(v.wait or 0 for v in counted.visits if v.outcome == outcome)
            for outcome in sorted({visit.outcome for visit in counted.visits})
        },
        "legs": len(counted.legs),
        "legs_by_end": dict(Counter(leg.end_reason for leg in counted.legs)),
        "legs_finished": len(talks),
        "legs_unattributed": sum(leg.employee is None for leg in counted.legs),
        "talk_seconds": sum(talks),
        "offers": dict(Counter(offer.end_reason for offer in counted.offers)),
        "unplaced": dict(Counter(fields[4] for fields in counted.unplaced)),
        "queues": asdict(tally),
        "service_levels": {
            variant: round(100 * met / of, 2) if of else None
            for variant, (met, of) in figures.service_levels(tally).items()
        },
        "asa": sum(waits) / len(waits) if waits else None,
        "repeat": [sum(flag.is_repeat for flag in flags.values()), len(flags)],
        "fcr": [sum(not flag.has_repeat for flag in base), len(base)],
        "fcr_final": [
            sum(not flag.has_repeat for flag in base if flag.is_final),
            sum(flag.is_final for flag in base),
        ],
        "csat": [top, len(csat), figures.wilson(top, len(csat))],
        "occupancy": [occupied, occupied + free],
    }


def main() -> None:
    """Prints the totals of an inbox."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inbox", type=Path)
    parser.add_argument("--seeds", type=Path, default=SEEDS)
    parser.add_argument("--as-of", help="ISO date or instant (UTC); later events stay out")
    arguments = parser.parse_args()
    as_of = raw.instant(arguments.as_of) if arguments.as_of else None
    print(json.dumps(summary(count(arguments.inbox, arguments.seeds, as_of)), indent=2))


if __name__ == "__main__":
    main()
