"""Sums over what was counted: service levels, repeats, waits' percentiles, Wilson's interval."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction

from tests.independent.replay import Contact, Visit

REPEAT_SECONDS = 7 * 24 * 3600
SHARED_ABOVE = 5
WILSON_Z = 1.959963984540054
HALF = Fraction(1, 2)
NINE_TENTHS = Fraction(9, 10)


@dataclass(slots=True)
class QueueRule:
    """What the organisation decided for one queue."""

    reason: str | None
    threshold: int
    short_abandon: int
    variant: str


def queue_rules(seed: list[dict[str, str]]) -> dict[tuple[str, str], QueueRule]:
    """(site, queue) → rule, either of them `*` for all."""
    return {
        (row.get("site_id") or "*", row.get("queue_id") or "*"): QueueRule(
            row.get("reason") or None,
            int(row["answer_threshold_seconds"]),
            int(row["short_abandon_seconds"]),
            row["service_level_variant"],
        )
        for row in seed
    }


def rule_for(rules: dict[tuple[str, str], QueueRule], site: str, queue: str) -> QueueRule:
    """The most particular rule: of the queue before the default, of the site before all sites."""
    for key in ((site, queue), ("*", queue), (site, "*"), ("*", "*")):
        if key in rules:
            return rules[key]
    return QueueRule(None, 20, 5, "offered_base")


@dataclass(slots=True)
class QueueTally:
    """Visits of some queues and days, added up."""

    entered: int = 0
    queued: int = 0
    answered: int = 0
    abandoned: int = 0
    timed_out: int = 0
    exited_by_key: int = 0
    exited_empty: int = 0
    unfinished: int = 0
    wait_answered: int = 0
    answered_within: int = 0
    abandoned_within: int = 0
    short_abandons: int = 0
    met: int = 0
    base: int = 0

    def add(self, visit: Visit, rule: QueueRule) -> None:
        """One visit more."""
        self.entered += 1
        setattr(self, visit.outcome, getattr(self, visit.outcome) + 1)
        if visit.outcome == "unfinished":
            return
        one = QueueTally(queued=1)
        wait = visit.wait or 0
        if visit.outcome == "answered":
            one.answered = 1
            one.answered_within = int(wait <= rule.threshold)
            self.wait_answered += wait
        elif visit.outcome == "abandoned":
            one.abandoned = 1
            one.abandoned_within = int(wait <= rule.threshold)
            one.short_abandons = int(wait <= rule.short_abandon)
        met, base = service_levels(one)[rule.variant]
        self.queued += 1
        self.answered_within += one.answered_within
        self.abandoned_within += one.abandoned_within
        self.short_abandons += one.short_abandons
        self.met += met
        self.base += base


def service_levels(tally: QueueTally) -> dict[str, tuple[int, int]]:
    """Variant → (met, base); *queued* stands where the box says "answered + abandoned"."""
    return {
        "all_within": (tally.answered_within + tally.abandoned_within, tally.queued),
        "answered_base": (tally.answered_within, tally.answered),
        "offered_base": (tally.answered_within, tally.queued),
        "late_abandons": (tally.answered_within, tally.queued - tally.abandoned_within),
        "short_as_met": (tally.answered_within + tally.short_abandons, tally.queued),
        "short_removed": (tally.answered_within, tally.queued - tally.short_abandons),
    }


@dataclass(slots=True)
class Repeats:
    """What becomes of one contact of a known customer."""

    is_repeat: bool
    has_repeat: bool
    is_final: bool


def repeats(
    contacts: list[Contact],
    reasons: dict[str, str | None],
    as_of: int | None,
    shared_above: int = SHARED_ABOVE,
) -> dict[str, Repeats]:
    """Contact id → whether it repeats another of its customer, and whether another repeats it.

    It repeats any contact of the customer in the 7 days before; it is repeated only for the same
    reason. On a day on which a number has more than `shared_above` contacts it is nobody's: those
    contacts are left out, though others may follow them or be followed by them.
    """
    by_customer: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.customer is not None:
            by_customer[contact.customer].append(contact)
    found: dict[str, Repeats] = {}
    for mine in by_customer.values():
        days = Counter(contact.work_date for contact in mine)
        mine.sort(key=lambda contact: (contact.started_at, contact.contact_id))
        next_of: dict[str | None, int] = {}
        for index in range(len(mine) - 1, -1, -1):
            contact = mine[index]
            reason = reasons[contact.contact_id]
            following = next_of.get(reason)
            before = mine[index - 1].started_at if index else None
            if days[contact.work_date] <= shared_above:
                found[contact.contact_id] = Repeats(
                    before is not None and contact.started_at - before <= REPEAT_SECONDS,
                    following is not None and following - contact.started_at <= REPEAT_SECONDS,
                    as_of is None or contact.started_at + REPEAT_SECONDS <= as_of,
                )
            next_of[reason] = contact.started_at
    return found


def percentile(values: list[int], share: Fraction) -> float | None:
    """Linear interpolation between the closest ranks; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    rank = share * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (rank - low) * (ordered[high] - ordered[low]))


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share; None of nothing."""
    if of == 0:
        return None
    share = hits / of
    spread = WILSON_Z * WILSON_Z
    centre = share + spread / (2 * of)
    half = WILSON_Z * math.sqrt(share * (1 - share) / of + spread / (4 * of * of))
    scale = 1 + spread / of
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
