"""Amounts per subject and day of what does not come from a switchboard."""

from __future__ import annotations

from pathlib import Path

from tests.independent import quality, tickets, workforce, working
from tests.independent.count import Counted
from tests.independent.raw import Zone
from tests.independent.records import site_zone
from tests.independent.replay import Contact
from tests.independent.subjects import Adder, Amounts, Subject, add_telephony
from tests.independent.surveys import Held

UNKNOWN = "unknown"


def included(contact: Contact | None) -> bool:
    """Whether what is said of a contact counts: not where the contact itself does not."""
    return contact is None or contact.exclusion is None


def holder(adder: Adder, held: Held, site: str, day: str) -> list[Subject]:
    """Whoever held the contact."""
    return adder.persons(site, held.login, held.employee, day)


def add_surveys(adder: Adder) -> None:
    """What customers answer."""
    for one in adder.counted.surveys:
        if not included(one.held.contact):
            continue
        subjects = holder(adder, one.held, one.site, one.work_date)
        if one.question == "csat":
            adder.add(subjects, one.work_date, csat_top=int(one.is_top), csat_answers=1)
        elif one.question == "nps":
            adder.add(subjects, one.work_date, nps_balance=one.balance, nps_answers=1)
        elif one.question == "ces":
            adder.add(subjects, one.work_date, ces_points=one.ease, ces_answers=1)
        elif one.question == "resolved":
            adder.add(subjects, one.work_date, resolved_yes=one.answer, resolved_answers=1)


def add_quality(adder: Adder, inbox: Path, zones: dict[str, Zone]) -> None:
    """What listeners find, for the employee whom they name; what customers complain of."""
    counted = adder.counted
    known = workforce.employees(inbox, zones, counted.as_of)
    for one in quality.evaluations(inbox, zones, counted.as_of):
        found = quality.place(one, counted.references, counted.posts, zones)
        if one.is_calibration or not included(found.contact):
            continue
        employee = one.employee if one.employee in known else None
        without = {f"without_{name}": int(name not in one.errors) for name in quality.CRITICAL}
        adder.add(
            adder.persons(found.site, UNKNOWN, employee, found.day),
            found.day,
            quality_earned=one.earned,
            quality_weight=one.weight,
            evaluations=1,
            **without,
        )
    for one in quality.complaints(inbox, zones, counted.references, counted.as_of):
        if included(one.held.contact):
            subjects = holder(adder, one.held, one.site, one.day)
            adder.add(subjects, one.day, valid_complaints=1)


def add_returns(adder: Adder) -> None:
    """Customers who came back, or did not."""
    counted = (one for one in adder.counted.contacts if one.exclusion is None)
    for one in quality.returns(counted):
        adder.add(adder.places(one.site), one.told_on, retained=int(one.is_seen_again), seen=1)


def add_tickets(adder: Adder, inbox: Path, zones: dict[str, Zone]) -> None:
    """Solutions on their day, first responses on theirs; deleted tickets nowhere."""
    counted: Counted = adder.counted
    people = tickets.People(inbox, zones, counted.identities, counted.as_of)
    for ticket in tickets.read(inbox, counted.as_of, counted.zone_names):
        if ticket.is_deleted:
            continue
        zone = site_zone(zones, ticket.site)
        for cycle in ticket.cycles:
            employee = people.at(ticket.site, cycle.assignee, cycle.solved_at)
            day = counted.shifts.date_of(employee, cycle.solved_at, zone)
            login = f"{ticket.source}/{cycle.assignee}" if cycle.assignee else UNKNOWN
            adder.add(
                adder.persons(ticket.site, login, employee, day),
                day,
                solved_cycles=int(cycle.is_reopened is not None),
                reopened_cycles=int(bool(cycle.is_reopened)),
                resolved_cycles=int(cycle.is_measured),
                resolution=cycle.seconds * int(cycle.is_measured),
                resolution_business=(cycle.business or 0) * int(cycle.is_measured),
                business_cycles=int(cycle.business is not None and cycle.is_measured),
            )
        if ticket.responded_at is not None:
            employee = people.at(ticket.site, ticket.responder, ticket.responded_at)
            day = counted.shifts.date_of(employee, ticket.responded_at, zone)
            adder.add(
                adder.persons(ticket.site, f"{ticket.source}/{ticket.responder}", employee, day),
                day,
                response=ticket.responded_at - ticket.created_at,
                responded=1,
                response_business=ticket.response_business or 0,
                business_responded=int(ticket.response_business is not None),
            )


def add_workforce(adder: Adder, inbox: Path, zones: dict[str, Zone]) -> None:
    """What HR knows, for the team of the day and the site of the post."""
    counted = adder.counted
    staff = workforce.Staff(inbox, zones, counted.posts, counted.as_of)
    worked, known = working.working(counted, zones), working.told(counted, zones)
    for one in (
        *workforce.attendance(staff, counted.shifts),
        *workforce.adherence(staff, counted.shifts, worked, known),
        *workforce.headcount(staff, months(counted, staff)),
        *workforce.trainings(staff),
    ):
        site = staff.site(one.employee, one.site, one.day)
        adder.add(adder.persons(site, UNKNOWN, one.employee, one.day), one.day, **one.amounts)


def months(counted: Counted, staff: workforce.Staff) -> set[str]:
    """Months with contacts or planned work."""
    planned = {one.day[:7] for one in workforce.plan(staff, counted.shifts)}
    return planned | {one.work_date[:7] for one in counted.contacts}


def all_amounts(
    counted: Counted, vendors: dict[str, str], inbox: Path, zones: dict[str, Zone]
) -> Amounts:
    """(subject, day) → measure → amount, of everything."""
    adder = Adder(counted, vendors)
    add_telephony(adder)
    add_surveys(adder)
    add_quality(adder, inbox, zones)
    add_returns(adder)
    add_tickets(adder, inbox, zones)
    add_workforce(adder, inbox, zones)
    return adder.amounts
