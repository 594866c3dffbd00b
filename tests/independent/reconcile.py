"""Why two counts that one would expect to be equal are not, from the raw files."""

from __future__ import annotations

from collections import Counter

from tests.independent.connect import SOURCE as CONNECT
from tests.independent.count import Counted
from tests.independent.replay import Contact

Key = tuple[str, str]


def reasons(counted: Counted) -> dict[Key, int]:
    """(comparison, reason) → by how much the right count exceeds the left one."""
    found: Counter[Key] = Counter()
    for contact in counted.contacts:
        found.update(of_queues(contact))
        found.update(of_channels(contact))
    differing = sum(leg.differs for leg in counted.legs)
    found["talk_in_log_and_channel", "differs_from_channel"] = -differing
    found["call_lines", "unplaced"] = -len(counted.unplaced)
    return {key: amount for key, amount in found.items() if amount}


def of_queues(contact: Contact) -> dict[Key, int]:
    """Contacts against visits, answered visits and answered offers against legs."""
    queued = sum(leg.queue is not None for leg in contact.legs)
    past_queues = len(contact.legs) - queued
    answered = sum(visit.outcome == "answered" for visit in contact.visits)
    found: dict[Key, int] = {("answered_visits_and_legs", "outside_any_queue"): past_queues}
    if contact.visits:
        found["contacts_and_visits", "further_queues"] = len(contact.visits) - 1
        found["answered_visits_and_legs", "further_talks"] = queued - answered
    else:
        reason = "connect_without_enterqueue" if queued else "outside_any_queue"
        found["contacts_and_visits", reason] = -1
        found["answered_visits_and_legs", "connect_without_enterqueue"] = queued
    if contact.feed == CONNECT:
        found["answered_offers_and_legs", "source_tells_no_offers"] = queued
    found["answered_offers_and_legs", "outside_any_queue"] = past_queues
    return found


def of_channels(contact: Contact) -> dict[Key, int]:
    """Contacts that the log has against those that the channels' records have."""
    if contact.feed == "cdr":
        return {("queue_log_and_cdr", "outside_any_queue"): 1}
    if contact.feed == "queue_log" and not contact.has_cdr:
        return {("queue_log_and_cdr", "without_cdr"): -1}
    return {}


def totals(counted: Counted) -> dict[str, tuple[int, int]]:
    """Comparison → left and right count."""
    visits = counted.visits
    answered = sum(visit.outcome == "answered" for visit in visits)
    offers = sum(offer.end_reason == "answered" for offer in counted.offers)
    logged = sum(one.feed == "queue_log" for one in counted.contacts)
    recorded = sum(one.feed == "cdr" or one.has_cdr for one in counted.contacts)
    compared = sum(leg.channel_talk is not None for leg in counted.legs)
    agreeing = compared - sum(leg.differs for leg in counted.legs)
    return {
        "talk_in_log_and_channel": (compared, agreeing),
        "contacts_and_visits": (len(counted.contacts), len(visits)),
        "answered_visits_and_legs": (answered, len(counted.legs)),
        "answered_offers_and_legs": (offers, len(counted.legs)),
        "queue_log_and_cdr": (logged, recorded),
        "call_lines": (counted.call_lines, counted.call_lines - len(counted.unplaced)),
    }
