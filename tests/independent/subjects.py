"""Every KPI's numerator and denominator per subject and day, added up from what was counted.

KPIs are of the work that queues hand out: a contact that stands in no queue's log, a call from desk
to desk or past the queues, is a contact with its legs, and no agent's or queue's figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

from tests.independent import figures
from tests.independent.count import Counted
from tests.independent.figures import QueueTally
from tests.independent.people import post_on

Subject = tuple[str, str]
Amount = int | Fraction
Amounts = dict[tuple[Subject, str], dict[str, Amount]]

MEASURES = {
    "contacts_handled": ("handled", None),
    "aht": ("handle_seconds", "finished"),
    "asa": ("wait_answered", "answered"),
    "service_level": ("met", "base"),
    "abandonment_rate": ("abandoned", "queued"),
    "transfer_rate": ("transferred_out", "handled"),
    "ring_no_answer": ("no_answer", "answerable"),
    "repeat_rate": ("repeats", "known_contacts"),
    "fcr": ("resolved", "fcr_contacts"),
    "fcr_settled": ("settled_resolved", "settled"),
    "csat": ("csat_top", "csat_answers"),
    "occupancy": ("occupied", "staffed"),
    "nps": ("nps_balance", "nps_answers"),
    "ces": ("ces_points", "ces_answers"),
    "resolved_rate": ("resolved_yes", "resolved_answers"),
    "quality_score": ("quality_earned", "quality_weight"),
    "customer_accuracy": ("without_customer", "evaluations"),
    "business_accuracy": ("without_business", "evaluations"),
    "compliance_accuracy": ("without_compliance", "evaluations"),
    "complaint_rate": ("valid_complaints", "handled"),
    "retention_rate": ("retained", "seen"),
    "reopen_rate": ("reopened_cycles", "solved_cycles"),
    "first_response_time": ("response", "responded"),
    "first_response_time_business": ("response_business", "business_responded"),
    "resolution_time": ("resolution", "resolved_cycles"),
    "resolution_time_business": ("resolution_business", "business_cycles"),
    "adherence": ("adherent", "adherence_base"),
    "absenteeism": ("unplanned_absent", "scheduled"),
    "attrition": ("leaver_days", "headcount_days"),
    "training_completion": ("courses_in_time", "courses_due"),
    "training_gain": ("gained_points", "courses_tested"),
} | {
    f"service_level_{variant}": (f"{variant}_met", f"{variant}_base")
    for variant in figures.service_levels(QueueTally())
}


class Adder:
    """Adds amounts to all subjects that share in them."""

    def __init__(self, counted: Counted, vendors: dict[str, str]) -> None:
        """Knows the sites' vendors and the employees' posts."""
        self.counted = counted
        self.vendors = vendors
        self.amounts: Amounts = defaultdict(lambda: defaultdict(int))

    def places(self, site: str, vendor: str | None = None) -> list[Subject]:
        """The site, the vendor (the site's, unless an employee has another) and the company."""
        vendor = vendor or self.vendors.get(site)
        found: list[Subject] = [("site", site), ("company", "company")]
        return [*found, ("vendor", vendor)] if vendor else found

    def persons(self, site: str, login: str, employee: str | None, day: str) -> list[Subject]:
        """Who did it, in which team and department on that day, and the places."""
        post = post_on(self.counted.posts.get(employee or ""), day)
        found = self.places(site, post.vendor if post else None)
        found.append(("employee", employee or f"login:{site}:{login}"))
        if post and post.team:
            found.append(("team", post.team))
        if post and post.department:
            found.append(("department", post.department))
        return found

    def add(self, subjects: Iterable[Subject], day: str, **amounts: Amount) -> None:
        """Adds on one day."""
        for subject in subjects:
            mine = self.amounts[subject, day]
            for measure, amount in amounts.items():
                mine[measure] += amount


def add_telephony(adder: Adder) -> None:
    """What the switchboards tell."""
    add_queues(adder)
    add_work(adder)
    add_states(adder)
    add_customers(adder)


def add_queues(adder: Adder) -> None:
    """What belongs to queues: by the visits' days."""
    for (site, _, day), tally in adder.counted.queue_days().items():
        levels: dict[str, int] = {}
        for variant, (met, base) in figures.service_levels(tally).items():
            levels[f"{variant}_met"] = met
            levels[f"{variant}_base"] = base
        adder.add(
            adder.places(site),
            day,
            queued=tally.queued,
            answered=tally.answered,
            abandoned=tally.abandoned,
            wait_answered=tally.wait_answered,
            met=tally.met,
            base=tally.base,
            **levels,
        )


def add_work(adder: Adder) -> None:
    """What belongs to agents: legs by their CONNECT, offers by their ring, states by their day."""
    for leg in adder.counted.counting(adder.counted.legs):
        if leg.queue is None:
            continue
        subjects = adder.persons(leg.site, leg.agent, leg.employee, leg.work_date)
        adder.add(
            subjects,
            leg.work_date,
            handled=1,
            transferred_out=int(leg.is_transferred_out),
            finished=int(leg.talk is not None),
            handle_seconds=leg.handle if leg.talk is not None else 0,
        )
    for offer in adder.counted.counting(adder.counted.offers):
        subjects = adder.persons(offer.site, offer.agent, offer.employee, offer.work_date)
        adder.add(
            subjects,
            offer.work_date,
            no_answer=int(offer.end_reason == "no_answer"),
            answerable=int(offer.end_reason != "cancelled"),
        )


def add_states(adder: Adder) -> None:
    """Staffed is occupied and available together."""
    counted = adder.counted
    for key in counted.occupied.keys() | counted.available.keys():
        site, login, employee, day = key
        occupied = counted.occupied.get(key, 0)
        adder.add(
            adder.persons(site, login, employee, day),
            day,
            occupied=occupied,
            staffed=occupied + counted.available.get(key, 0),
        )


def add_customers(adder: Adder) -> None:
    """Repeats of all contacts; resolutions with the first handler.

    A contact whose seven days have not passed has no resolution yet and waits outside.
    """
    flags = adder.counted.repeats()
    for contact in adder.counted.contacts:
        flag = flags.get(contact.contact_id)
        if flag is None:
            continue
        adder.add(
            adder.places(contact.site),
            contact.work_date,
            repeats=int(flag.is_repeat),
            known_contacts=1,
        )
        if contact.legs and flag.is_final:
            first = contact.legs[0]
            subjects = adder.persons(contact.site, first.agent, first.employee, contact.work_date)
            adder.add(
                subjects, contact.work_date, resolved=int(not flag.has_repeat), fcr_contacts=1
            )
            # The same a week later, for those whose months have to be final when they end.
            over = (date.fromisoformat(contact.work_date) + timedelta(days=7)).isoformat()
            subjects = adder.persons(contact.site, first.agent, first.employee, over)
            adder.add(subjects, over, settled_resolved=int(not flag.has_repeat), settled=1)


def period_start(period_type: str, day: str) -> str:
    """First date of the day's period; weeks begin on Monday."""
    moment = date.fromisoformat(day)
    if period_type == "week":
        moment -= timedelta(days=moment.weekday())
    elif period_type == "month":
        moment = moment.replace(day=1)
    elif period_type == "quarter":
        moment = moment.replace(month=(moment.month - 1) // 3 * 3 + 1, day=1)
    return moment.isoformat()


def kpi_sums(
    amounts: Amounts, period_type: str
) -> dict[tuple[str, ...], tuple[Amount, Amount | None]]:
    """(kpi, subject type, subject, period start) → (numerator, denominator)."""
    sums: dict[tuple[Subject, str], dict[str, Amount]] = defaultdict(lambda: defaultdict(int))
    for (subject, day), mine in amounts.items():
        period = sums[subject, period_start(period_type, day)]
        for measure, amount in mine.items():
            period[measure] += amount
    found: dict[tuple[str, ...], tuple[Amount, Amount | None]] = {}
    for ((subject_type, subject_id), start), mine in sums.items():
        for kpi, (over, under) in MEASURES.items():
            numerator = mine.get(over, 0)
            denominator = None if under is None else mine.get(under, 0)
            if denominator or (under is None and numerator):
                found[kpi, subject_type, subject_id, start] = (numerator, denominator)
    return found
