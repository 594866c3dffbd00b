"""What listeners and complainers say, and which customers come back.

A form's item belongs to a class of error and may fail the whole form; it does so when it is missed:
when it has fewer than its most points. What does not apply or cannot be weighs nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from tests.independent.figures import SHARED_ABOVE
from tests.independent.people import Post, post_on
from tests.independent.raw import Zone, read_csv
from tests.independent.records import Record, is_yes, local, site_zone, standing
from tests.independent.replay import Contact
from tests.independent.surveys import Held, References

CRITICAL = ("customer", "business", "compliance")
RETENTION_DAYS = 30


@dataclass(slots=True)
class Evaluation:
    """One listening to one contact."""

    evaluation_id: str
    folder: str
    employee: str | None
    contact_ref: str | None
    evaluated_at: int
    is_calibration: bool
    is_failed: bool = False
    has_applied: bool = False
    earned: Fraction = Fraction(0)
    weight: Fraction = Fraction(0)
    errors: set[str] = field(default_factory=set)


def evaluations(inbox: Path, zones: dict[str, Zone], as_of: int | None) -> list[Evaluation]:
    """Every evaluation, calibrations among them."""
    items: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for site, row in standing(
        read_csv(inbox, "quality_evaluations"),
        lambda _, row: (row["evaluation_id"], row["item"]),
        lambda site, row: local(site_zone(zones, site), row["evaluated_at"]),
        as_of,
    ):
        items[row["evaluation_id"]].append((site, row))
    return [evaluation(name, mine, zones) for name, mine in items.items()]


def evaluation(name: str, items: list[tuple[str, Record]], zones: dict[str, Zone]) -> Evaluation:
    """One evaluation of its items."""
    site, head = items[-1]
    at = site_zone(zones, site).epoch_of(head["evaluated_at"])
    found = Evaluation(
        name,
        site,
        head["employee_id"],
        head["contact_ref"],
        at,
        any(is_yes(row["is_calibration"]) for _, row in items),
    )
    for _, row in items:
        share = share_of(row)
        if share is None:
            continue
        found.has_applied = True
        weight = Fraction(row["weight"] or 0)
        found.weight += weight
        found.earned += weight * share
        if share < 1:
            found.is_failed |= is_yes(row["is_autofail"])
            if row["error_class"] in CRITICAL:
                found.errors.add(row["error_class"])
    if found.is_failed:
        found.earned = Fraction(0)
    return found


@dataclass(slots=True)
class Place:
    """Where and when an evaluation counts."""

    contact: Contact | None
    site: str
    day: str


def place(
    one: Evaluation, references: References, posts: dict[str, list[Post]], zones: dict[str, Zone]
) -> Place:
    """At the contact's site, else the employee's, else that of its folder; by that site's date."""
    contact = references.held(one.folder, one.contact_ref, one.evaluated_at).contact
    date_there = site_zone(zones, one.folder).date_of(one.evaluated_at)
    post = post_on(posts.get(one.employee or ""), date_there)
    site = contact.site if contact else (post.site if post else None) or one.folder
    return Place(contact, site, site_zone(zones, site).date_of(one.evaluated_at))


def share_of(item: Record) -> Fraction | None:
    """Points as a share of the most; None of what does not apply or cannot be."""
    if not is_yes(item["is_applicable"]) or not item["points"] or not item["max_points"]:
        return None
    points, most = Fraction(item["points"]), Fraction(item["max_points"])
    if most <= 0 or not 0 <= points <= most or Fraction(item["weight"] or 0) < 0:
        return None
    return points / most


@dataclass(slots=True)
class Complaint:
    """One complaint that was found valid."""

    complaint_id: str
    site: str
    held: Held
    day: str


def complaints(
    inbox: Path, zones: dict[str, Zone], references: References, as_of: int | None
) -> Iterator[Complaint]:
    """Every valid complaint, by the delivery that closed it last, else by the last delivery."""
    known = (
        (site, row)
        for site, row in read_csv(inbox, "complaints")
        if as_of is None or site_zone(zones, site).epoch_of(row["received_at"] or "") <= as_of
    )
    for site, row in standing(
        known,
        lambda _, row: row["complaint_id"],
        lambda site, row: local(site_zone(zones, site), row["closed_at"]),
        as_of,
    ):
        if is_yes(row["is_valid"]):
            zone = site_zone(zones, site)
            at = zone.epoch_of(row["received_at"])
            held = references.held(site, row["contact_ref"], at)
            where = held.leg.site if held.leg else site
            day = site_zone(zones, where).date_of(at)
            yield Complaint(row["complaint_id"], where, held, day)


@dataclass(slots=True, frozen=True)
class Return:
    """A customer who was seen at a site on a day, told when the days of waiting end."""

    customer: str
    site: str
    told_on: str
    is_seen_again: bool


def returns(contacts: Iterable[Contact]) -> list[Return]:
    """Every customer and day that the contacts reach thirty days beyond."""
    called = [one for one in contacts if one.direction == "inbound" and one.customer is not None]
    times = Counter((one.customer, one.work_date) for one in called)
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    days: dict[str, set[str]] = defaultdict(set)
    for one in called:
        customer = one.customer or ""
        if times[customer, one.work_date] <= SHARED_ABOVE:
            sites[customer, one.work_date].add(one.site)
            days[customer].add(one.work_date)
    last = max((one.work_date for one in called), default="")
    found: list[Return] = []
    for (customer, day), seen_at in sites.items():
        told_on = (date.fromisoformat(day) + timedelta(days=RETENTION_DAYS)).isoformat()
        if told_on <= last:
            again = any(day < other <= told_on for other in days[customer])
            found.extend(Return(customer, site, told_on, again) for site in sorted(seen_at))
    return found
