"""What published tables must hold, row by row: a query and the rows that the raw files give.

Fractions are rounded to nine decimals on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.independent import (
    access,
    detect,
    exclusions,
    quality,
    raw,
    reconcile,
    tickets,
    workforce,
)
from tests.independent.count import SEEDS, Counted
from tests.independent.people import FOREVER
from tests.independent.raw import Zone
from tests.independent.records import site_zone

Rows = Iterable[tuple[Any, ...]]


@dataclass(frozen=True)
class Source:
    """What the raw files tell."""

    counted: Counted
    inbox: Path
    zones: dict[str, Zone]


def rounded(value: Fraction | None) -> float | None:
    """As the queries round."""
    return None if value is None else round(float(value), 9)


def contacts(source: Source) -> Rows:
    """Where contacts come from, and which leave the KPIs."""
    for one in source.counted.contacts:
        yield one.contact_id, one.direction, one.exclusion


def handling(source: Source) -> Rows:
    """Legs' hold and after-call work, where a source logs them."""
    for one in source.counted.legs:
        yield one.contact_id, one.number, one.talk, one.hold, one.wrap


def incidents(source: Source) -> Rows:
    """Incidents that had begun."""
    known = exclusions.incidents(source.inbox, source.zones, source.counted.as_of)
    for one in known:
        yield one.incident_id, one.site, one.queue, one.start


def people_of(source: Source) -> tickets.People:
    """Who the users of the help desk are."""
    counted = source.counted
    return tickets.People(source.inbox, source.zones, counted.identities, counted.as_of)


def tickets_of(source: Source) -> list[tickets.Ticket]:
    """Every ticket."""
    return tickets.read(source.inbox, source.counted.as_of, source.counted.zone_names)


def ticket_rows(source: Source) -> Rows:
    """Tickets with their first response."""
    people = people_of(source)
    for one in tickets_of(source):
        yield (
            one.source,
            one.site,
            one.ticket_id,
            one.status,
            one.is_deleted,
            len(one.cycles),
            sum(bool(cycle.is_reopened) for cycle in one.cycles),
            people.at(one.site, one.responder, one.responded_at) if one.responded_at else None,
            None if one.responded_at is None else one.responded_at - one.created_at,
            one.response_business,
        )


def cycle_rows(source: Source) -> Rows:
    """Solutions with who solved them."""
    people = people_of(source)
    for ticket in tickets_of(source):
        zone = site_zone(source.zones, ticket.site)
        for number, one in enumerate(ticket.cycles, start=1):
            employee = people.at(ticket.site, one.assignee, one.solved_at)
            yield (
                ticket.source,
                ticket.site,
                ticket.ticket_id,
                number,
                employee,
                one.solved_at,
                one.seconds,
                one.business,
                one.is_reopened,
                source.counted.shifts.date_of(employee, one.solved_at, zone),
            )


def evaluation_rows(source: Source) -> Rows:
    """Evaluations with their score and their critical errors."""
    known = workforce.employees(source.inbox, source.zones, source.counted.as_of)
    for one in quality.evaluations(source.inbox, source.zones, source.counted.as_of):
        counted = source.counted
        found = quality.place(one, counted.references, counted.posts, source.zones)
        yield (
            one.evaluation_id,
            found.contact.contact_id if found.contact else None,
            one.employee if one.employee in known else None,
            rounded(one.weight) if one.has_applied else None,
            rounded(one.earned) if one.has_applied else None,
            one.is_failed,
            *(name in one.errors for name in quality.CRITICAL),
            one.is_calibration,
            found.day,
        )


def complaint_rows(source: Source) -> Rows:
    """Valid complaints with who held the contact."""
    counted = source.counted
    for one in quality.complaints(source.inbox, source.zones, counted.references, counted.as_of):
        yield one.complaint_id, one.held.employee, one.day


def survey_rows(source: Source) -> Rows:
    """Answers that count."""
    for one in source.counted.surveys:
        yield (
            one.survey_id,
            one.question,
            one.held.employee,
            one.work_date,
            one.balance if one.question == "nps" else None,
            rounded(one.ease) if one.question == "ces" else None,
            one.is_top if one.question == "csat" else None,
            bool(one.answer) if one.question == "resolved" else None,
        )


def staff_of(source: Source) -> workforce.Staff:
    """Who works here."""
    counted = source.counted
    return workforce.Staff(source.inbox, source.zones, counted.posts, counted.as_of)


def schedule_rows(source: Source) -> Rows:
    """What was planned, each minute once."""
    staff = staff_of(source)
    for employee, mine in staff.pieces("hr_schedules", "activity", "leave").items():
        for one in mine:
            zone = site_zone(source.zones, one.site)
            day = source.counted.shifts.date_of(employee, one.start, zone)
            yield employee, one.kind, one.start, one.end, day


def absence_rows(source: Source) -> Rows:
    """Who was away, each minute once."""
    for employee, mine in staff_of(source).pieces("hr_absences", "kind", "statutory").items():
        for one in mine:
            yield employee, one.kind, one.start, None if one.end == FOREVER else one.end


def training_rows(source: Source) -> Rows:
    """What courses gave, where both tests are known."""
    for one in workforce.trainings(staff_of(source)):
        if "gained_points" in one.amounts:
            yield one.employee, one.day, rounded(Fraction(one.amounts["gained_points"]))


def access_rows(source: Source) -> Rows:
    """Whom each address lets see, and why."""
    vendors = {row["site_id"]: row["vendor"] for row in raw.read_seed(SEEDS, "sites")}
    return access.seen(staff_of(source), vendors)


def shared_logins(source: Source) -> Rows:
    """Logins that two people used at once."""
    for (site, login, day), found in detect.overlapping(source.counted.legs).items():
        if found.is_shared:
            yield site, login, day, found.talks, found.seconds


def outages(source: Source) -> Rows:
    """Silences."""
    for one in detect.silences(source.counted.visits, source.zones):
        yield one.site, one.start, one.end, round(float(one.expected), 1)


def differences(source: Source) -> Rows:
    """Why counts differ."""
    for (comparison, reason), amount in reconcile.reasons(source.counted).items():
        yield comparison, reason, amount


def counts(source: Source) -> Rows:
    """Counts that are compared."""
    for comparison, (left, right) in reconcile.totals(source.counted).items():
        yield comparison, left, right


@dataclass(frozen=True)
class Table:
    """A query on the marts and what it must give."""

    query: str
    rows: Callable[[Source], Rows]


TABLES = {
    "contacts": Table(
        "select contact_id, direction, exclusion_reason from fct_contacts",
        contacts,
    ),
    "handling": Table(
        """
        select
            contact_id, leg_number, talk_seconds::bigint, hold_seconds::bigint,
            wrap_seconds::bigint
        from fct_contact_legs
        """,
        handling,
    ),
    "incidents": Table(
        "select incident_id, site_id, queue_id, epoch(started_at)::bigint from fct_incidents",
        incidents,
    ),
    "tickets": Table(
        """
        select
            source, site_id, ticket_id, status, is_deleted, cycle_count, coalesce(reopen_count, 0),
            responder_employee_id, first_response_seconds, first_response_business_seconds
        from fct_tickets
        """,
        ticket_rows,
    ),
    "cycles": Table(
        """
        select
            source, site_id, ticket_id, cycle_number, employee_id, epoch(solved_at)::bigint,
            resolution_seconds, resolution_business_seconds, is_reopened, work_date::varchar
        from fct_ticket_cycles
        """,
        cycle_rows,
    ),
    "evaluations": Table(
        """
        select
            evaluation_id, contact_id, employee_id, round(applicable_weight, 9),
            round(earned_weight, 9), is_autofailed, has_customer_error, has_business_error,
            has_compliance_error, is_calibration, work_date::varchar
        from fct_quality_evaluations
        """,
        evaluation_rows,
    ),
    "complaints": Table(
        "select complaint_id, employee_id, work_date::varchar from fct_complaints where is_valid",
        complaint_rows,
    ),
    "surveys": Table(
        """
        select
            survey_id, question, employee_id, work_date::varchar, promoter_balance,
            round(ease_points, 9), is_top_answer, is_resolved
        from fct_surveys
        where is_valid
        """,
        survey_rows,
    ),
    "schedules": Table(
        """
        select
            employee_id, activity, epoch(started_at)::bigint, epoch(ended_at)::bigint,
            work_date::varchar
        from fct_schedules
        """,
        schedule_rows,
    ),
    "absences": Table(
        """
        select employee_id, kind, epoch(started_at)::bigint, epoch(ended_at)::bigint
        from fct_absences
        """,
        absence_rows,
    ),
    "training": Table(
        """
        select employee_id, completed_date::varchar, round(gain_points, 9)
        from fct_training
        where gain_points is not null
        """,
        training_rows,
    ),
    "access": Table(
        "select email, employee_id, reason from access",
        access_rows,
    ),
    "shared_logins": Table(
        """
        select site_id, agent_login, work_date::varchar, overlap_count, overlap_seconds
        from shared_logins
        """,
        shared_logins,
    ),
    "outages": Table(
        """
        select
            site_id, epoch(started_at)::bigint, epoch(ended_at)::bigint,
            round(expected_contacts, 1)
        from outages
        """,
        outages,
    ),
    "differences": Table(
        """
        select comparison, reason, sum(reason_count)::bigint
        from reconciliation
        group by 1, 2
        having sum(reason_count) <> 0
        """,
        differences,
    ),
    "counts": Table(
        """
        select comparison, sum(left_count)::bigint, sum(right_count)::bigint
        from (
            select distinct site_id, work_date, comparison, left_count, right_count
            from reconciliation
        )
        group by 1
        """,
        counts,
    ),
}
