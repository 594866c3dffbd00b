"""Plays a site's queue_log from its first event to its last, one call's state at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.independent.raw import Zone

# The log and the CDR are two feeds of one source.
SOURCE = "asterisk"
OUTSIDE_DIGITS = 7
REUSED_AFTER_SECONDS = 24 * 3600
NO_CALL = frozenset({"", "NONE", "REALTIME"})
VISIT_ENDS = {
    "ABANDON": ("abandoned", 2),
    "EXITWITHTIMEOUT": ("timed_out", 2),
    "EXITEMPTY": ("exited_empty", 2),
    "EXITWITHKEY": ("exited_by_key", 3),
}
LEG_ENDS = {
    "COMPLETEAGENT": ("agent", 1),
    "COMPLETECALLER": ("caller", 1),
    "BLINDTRANSFER": ("blind_transfer", 3),
    "TRANSFER": ("blind_transfer", 3),
    "ATTENDEDTRANSFER": ("attended_transfer", 3),
}
RINGS = {"RINGNOANSWER": "no_answer", "RINGCANCELED": "cancelled"}
CALL_EVENTS = frozenset({"ENTERQUEUE", "CONNECT", *VISIT_ENDS, *LEG_ENDS, *RINGS})
TRANSFERS = frozenset({"blind_transfer", "attended_transfer"})


@dataclass(slots=True)
class Contact:
    """One contact; times are epochs."""

    contact_id: str
    feed: str
    site: str
    callid: str
    customer: str | None = None
    started_at: int = 0
    ended_at: int | None = None
    work_date: str = ""
    outcome: str | None = None
    direction: str = "inbound"
    extension: str | None = None
    exclusion: str | None = None
    reason: str | None = None
    has_cdr: bool = False
    other_ids: set[str] = field(default_factory=set)
    visits: list[Visit] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)

    @property
    def is_queued(self) -> bool:
        """Whether a queue handed it out, or was to."""
        return bool(self.visits) or any(leg.queue is not None for leg in self.legs)

    @property
    def wait(self) -> int | None:
        """Sum of the visits' waits; None when none is known."""
        waits = [visit.wait for visit in self.visits if visit.wait is not None]
        return sum(waits) if waits else None

    @property
    def talk(self) -> int | None:
        """Sum of the finished legs' talks; None when there is none."""
        talks = [leg.talk for leg in self.legs if leg.talk is not None]
        return sum(talks) if talks else None


@dataclass(slots=True)
class Visit:
    """One entry into one queue."""

    contact_id: str
    site: str
    number: int
    queue: str
    enqueued_at: int
    work_date: str
    outcome: str = "unfinished"
    left_at: int | None = None
    wait: int | None = None


@dataclass(slots=True)
class Leg:
    """One agent's talk with a contact."""

    contact_id: str
    site: str
    number: int
    queue: str | None
    agent: str
    channel_id: str | None
    offered_at: int | None
    answered_at: int
    work_date: str
    end_reason: str | None = "unfinished"
    ended_at: int | None = None
    talk: int | None = None
    employee: str | None = None
    # Seconds from the answer to the end of the agent's own channel; None without its record.
    channel_talk: int | None = None
    differs: bool = False
    # Only sources that log them have them.
    hold: int | None = None
    wrap: int | None = None

    @property
    def handle(self) -> int:
        """Seconds of talk, hold and after-call work."""
        return (self.talk or 0) + (self.hold or 0) + (self.wrap or 0)

    @property
    def is_transferred_out(self) -> bool:
        """Whether the agent passed the contact on."""
        return self.end_reason in TRANSFERS


@dataclass(slots=True)
class Offer:
    """One ring to one agent, dated by the line that tells of it; rings are in milliseconds."""

    contact_id: str
    site: str
    queue: str
    agent: str
    told_at: int
    work_date: str
    end_reason: str
    ring_milliseconds: int | None
    employee: str | None = None

    @property
    def rung_at_milliseconds(self) -> int:
        """When the ring began."""
        return self.told_at * 1000 - (self.ring_milliseconds or 0)


@dataclass(slots=True)
class Played:
    """What one site's log tells."""

    contacts: list[Contact] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    unplaced: list[tuple[str, ...]] = field(default_factory=list)


class Call:
    """What is open of one callid."""

    __slots__ = ("contact", "last", "leg", "use", "visit")

    def __init__(self, epoch: int) -> None:
        """A callid that is seen for the first time."""
        self.use = 1
        self.last = epoch
        self.contact: Contact | None = None
        self.visit: Visit | None = None
        self.leg: Leg | None = None


def digits(text: str) -> str | None:
    """The digits of a caller's number: the customer; None where there are none."""
    kept = "".join(char for char in text if char in "0123456789")
    return kept or None


def number_at(data: list[str], index: int) -> int | None:
    """The whole number in a data field, None when it is absent or not one."""
    if index < len(data):
        text = data[index].strip()
        if text.isdigit():
            return int(text)
    return None


class Player:
    """Plays one site's events in order."""

    def __init__(self, site: str, zone: Zone) -> None:
        """Starts with nothing open."""
        self.site = site
        self.zone = zone
        self.calls: dict[str, Call] = {}
        self.out = Played()

    def play(self, events: list[list[str]]) -> Played:
        """The whole log."""
        for fields in events:
            callid = fields[1].strip()
            event = fields[4].strip()
            if event not in CALL_EVENTS:
                if callid not in NO_CALL and callid in self.calls:
                    self.calls[callid].last = int(fields[0])
                continue
            if callid in NO_CALL:
                self.out.unplaced.append(tuple(fields))
                continue
            self.place(int(fields[0]), callid, event, fields)
        for contact in self.out.contacts:
            finish(contact, self.zone)
        return self.out

    def place(self, epoch: int, callid: str, event: str, fields: list[str]) -> None:
        """One call event."""
        call = self.calls.get(callid)
        if call is None:
            call = self.calls[callid] = Call(epoch)
        queue, agent, data = fields[2].strip(), fields[3].strip(), fields[5:]
        if event == "ENTERQUEUE":
            if epoch - call.last > REUSED_AFTER_SECONDS:
                call.use += 1
                call.contact = None
            self.enter(call, callid, epoch, queue, data)
        elif event == "CONNECT":
            self.connect(call, callid, epoch, queue, agent, data)
        elif event in VISIT_ENDS:
            if call.visit is None or call.visit.queue != queue:
                self.out.unplaced.append(tuple(fields))
            else:
                outcome, index = VISIT_ENDS[event]
                leave(call.visit, outcome, epoch, number_at(data, index))
                call.visit = None
        elif event in LEG_ENDS:
            if call.leg is None or (call.leg.queue, call.leg.agent) != (queue, agent):
                self.out.unplaced.append(tuple(fields))
            else:
                reason, index = LEG_ENDS[event]
                hang_up(call.leg, reason, epoch, number_at(data, index))
                call.leg = None
        else:
            ring = number_at(data, 0)
            self.offer(call, callid, epoch, queue, agent, RINGS[event], ring)
        call.last = epoch

    def contact_id(self, call: Call, callid: str) -> str:
        """Id of the contact that the callid stands for now."""
        again = f":{call.use}" if call.use > 1 else ""
        return f"{SOURCE}:{self.site}:{callid}{again}"

    def contact(self, call: Call, callid: str, epoch: int) -> Contact:
        """The callid's contact, made when this is its first visit or leg."""
        if call.contact is None:
            call.contact = Contact(
                self.contact_id(call, callid),
                "queue_log",
                self.site,
                callid,
                started_at=epoch,
            )
            self.out.contacts.append(call.contact)
        return call.contact

    def enter(self, call: Call, callid: str, epoch: int, queue: str, data: list[str]) -> None:
        """ENTERQUEUE opens a visit; what was open stays unfinished."""
        contact = self.contact(call, callid, epoch)
        if contact.customer is None and len(data) > 1:
            contact.customer = digits(data[1])
            if contact.customer and len(contact.customer) < OUTSIDE_DIGITS:
                # A colleague is no customer.
                contact.extension, contact.customer = contact.customer, None
        call.leg = None
        call.visit = Visit(
            contact.contact_id,
            self.site,
            len(contact.visits) + 1,
            queue,
            epoch,
            self.zone.date_of(epoch),
        )
        contact.visits.append(call.visit)
        self.out.visits.append(call.visit)

    def connect(
        self, call: Call, callid: str, epoch: int, queue: str, agent: str, data: list[str]
    ) -> None:
        """CONNECT makes a leg and an offer, and answers the visit that waits, if one does."""
        contact = self.contact(call, callid, epoch)
        if call.visit is not None and call.visit.queue == queue:
            leave(call.visit, "answered", epoch, number_at(data, 0))
            call.visit = None
        seconds = number_at(data, 2)
        ring = None if seconds is None else seconds * 1000
        self.offer(call, callid, epoch, queue, agent, "answered", ring)
        call.leg = Leg(
            contact.contact_id,
            self.site,
            len(contact.legs) + 1,
            queue,
            agent,
            data[1].strip() or None if len(data) > 1 else None,
            None if seconds is None else epoch - seconds,
            epoch,
            self.zone.date_of(epoch),
        )
        contact.legs.append(call.leg)
        self.out.legs.append(call.leg)

    def offer(
        self,
        call: Call,
        callid: str,
        epoch: int,
        queue: str,
        agent: str,
        reason: str,
        ring: int | None,
    ) -> None:
        """A ring to an agent, which ends with the line that tells of it."""
        self.out.offers.append(
            Offer(
                self.contact_id(call, callid),
                self.site,
                queue,
                agent,
                epoch,
                self.zone.date_of(epoch),
                reason,
                ring,
            )
        )


def leave(visit: Visit, outcome: str, epoch: int, logged: int | None) -> None:
    """Ends a visit; the logged wait wins over the difference of the epochs."""
    visit.outcome = outcome
    visit.left_at = epoch
    visit.wait = epoch - visit.enqueued_at if logged is None else logged


def hang_up(leg: Leg, reason: str, epoch: int, logged: int | None) -> None:
    """Ends a leg; the logged talk wins over the difference of the epochs."""
    leg.end_reason = reason
    leg.ended_at = epoch
    leg.talk = epoch - leg.answered_at if logged is None else logged


def finish(contact: Contact, zone: Zone) -> None:
    """Settles what follows from all of a contact's visits and legs."""
    contact.work_date = zone.date_of(contact.started_at)
    if contact.legs:
        contact.outcome = "answered"
    elif contact.visits:
        contact.outcome = contact.visits[-1].outcome
    ends = [visit.left_at for visit in contact.visits] + [leg.ended_at for leg in contact.legs]
    known = [end for end in ends if end is not None]
    last_open = (contact.visits and contact.visits[-1].outcome == "unfinished") or (
        contact.legs and contact.legs[-1].ended_at is None
    )
    contact.ended_at = None if last_open or not known else max(known)
