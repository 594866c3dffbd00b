"""What others think of the work: surveys, evaluations, complaints, incidents and appeals."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from demo.calls import Leg, Survey
from demo.clock import SiteClock
from demo.hr import instant_text
from demo.organisation import Employee, Site
from demo.plants import Misrouting, Plan
from demo.writing import Files, Row

EVALUATIONS_A_MONTH = 4
COMPLAINT_RATE = 0.003
# Item, weight, class of error when points are lost, whether a failure fails the whole evaluation,
# how often the item applies.
FORM = (
    ("greeting", 10, "none", False, 1.0),
    ("identification", 15, "compliance", True, 0.9),
    ("listening", 20, "customer", False, 1.0),
    ("solution", 30, "customer", False, 1.0),
    ("documentation", 15, "business", False, 0.93),
    ("closing", 10, "none", False, 1.0),
)
COMPLAINT_REASONS = ("wrong answer", "rude", "promise not kept", "long wait", "sent in circles")


def write_surveys(
    files: Files, site: Site, clock: SiteClock, surveys: Sequence[Survey], rng: random.Random
) -> None:
    """Write answers, one row a question; satisfaction is always asked, the rest not always."""
    months: dict[str, list[Row]] = defaultdict(list)
    text = instant_text(site, clock)
    for number, survey in enumerate(sorted(surveys, key=lambda s: (s.answered_at, s.callid)), 1):
        at = survey.answered_at
        rows = months[clock.local_month(at)]
        head = (f"{site.site_id[0].upper()}S{number:06d}", survey.callid, f"+{survey.number}",
                text(at))  # fmt: skip
        rows.append((*head, "csat", survey.answer, 5))
        if rng.random() < 0.5:
            recommends = round(2.6 * survey.feeling - 3.4 + rng.gauss(0, 1.3))
            rows.append((*head, "nps", min(10, max(0, recommends)), 10))
        if rng.random() < 0.35:
            ease = round(1.35 * survey.feeling - 0.2 + rng.gauss(0, 0.9))
            rows.append((*head, "ces", min(7, max(1, ease)), 7))
        if rng.random() < 0.6:
            says = survey.is_resolved if rng.random() < 0.93 else not survey.is_resolved
            rows.append((*head, "resolved", "yes" if says else "no", None))
    header = "survey_id contact_ref customer_ref answered_at question answer scale_max"
    for month, rows in months.items():
        files.table(f"surveys/site={site.site_id}/surveys-{month}.csv", header, rows)


def write_evaluations(
    files: Files,
    site: Site,
    clock: SiteClock,
    people: list[Employee],
    legs: Sequence[Leg],
    plan: Plan,
    rng: random.Random,
) -> None:
    """Write evaluations of real talks, by the site's team leads in turn, and calibrations."""
    leads = [p.employee_id for p in people if p.assignments[0].role == "team_lead"]
    talks: dict[tuple[str, str], list[Leg]] = defaultdict(list)
    for leg in legs:
        if leg.is_known and leg.ended_at - leg.answered_at >= 40:
            month = clock.local_month(leg.answered_at)
            talks[month, leg.employee.employee_id].append(leg)
    months: dict[str, list[Row]] = defaultdict(list)
    end = clock.midnight(_day_after(clock, legs))
    number = 0

    def evaluate(leg: Leg, evaluator: str, at: int, is_calibration: bool) -> None:
        nonlocal number
        number += 1
        head = (f"{site.site_id[0].upper()}E{number:05d}", leg.callid, leg.employee.employee_id,
                evaluator, "voice", 3, instant_text(site, clock)(at))  # fmt: skip
        months[clock.local_month(at)] += [
            (*head, *item, "true" if is_calibration else "false")
            for item in _items(leg, 1.0 if evaluator == plan.lenient_rater else 0.0, rng)
        ]

    for month in sorted({month for month, _ in talks}):
        for (talk_month, _), mine in talks.items():
            if talk_month != month:
                continue
            # A short month has fewer.
            wanted = EVALUATIONS_A_MONTH * min(
                1.0, len({leg.answered_at // 86_400 for leg in mine}) / 15
            )
            count = int(wanted) + (rng.random() < wanted % 1)
            for leg in rng.sample(mine, min(count, len(mine))):
                day = date.fromisoformat(clock.text(leg.ended_at)[:10])
                at = clock.at(day + timedelta(days=rng.randrange(1, 5)), 540 + rng.randrange(480))
                if at < end:
                    evaluate(leg, rng.choice(leads), at, is_calibration=False)
        everything = [leg for (m, _), mine in talks.items() if m == month for leg in mine]
        for leg in rng.sample(everything, min(2, len(everything))):
            day = date.fromisoformat(clock.text(leg.ended_at)[:10])
            at = clock.at(day + timedelta(days=rng.randrange(1, 4)), 600 + rng.randrange(300))
            for number_of_lead, lead in enumerate(leads):
                if at < end:
                    evaluate(leg, lead, at + 60 * number_of_lead, is_calibration=True)
    header = (
        "evaluation_id contact_ref employee_id evaluator_id form form_version evaluated_at item"
        " weight points max_points is_applicable error_class is_autofail is_calibration"
    )
    for month, rows in sorted(months.items()):
        files.table(
            f"quality_evaluations/site={site.site_id}/evaluations-{month}.csv", header, rows
        )


def _day_after(clock: SiteClock, legs: Sequence[Leg]) -> date:
    last = max((leg.ended_at for leg in legs), default=0)
    return date.fromisoformat(clock.text(last)[:10]) + timedelta(days=1)


def _items(leg: Leg, leniency: float, rng: random.Random) -> list[Row]:
    """Return item, weight, points, max_points, is_applicable, error_class, is_autofail."""
    rows: list[Row] = []
    skill = 0.74 + 0.09 * leg.quality + (0.06 if leg.is_resolved else -0.12) + rng.gauss(0, 0.06)
    for item, weight, error_class, fails_all, applies in FORM:
        if rng.random() >= applies:
            rows.append((item, weight, None, 10, "false", "none", "false"))
            continue
        if fails_all:
            is_wrong = rng.random() < 0.045 * (1 - 0.9 * leniency) * (1.6 if skill < 0.7 else 1.0)
            points = 0 if is_wrong else 10
        else:
            share = skill + 0.2 * leniency + rng.gauss(0, 0.12)
            points = min(10, max(0, round(10 * share)))
            is_wrong = points <= 5
        rows.append(
            (item, weight, points, 10, "true", error_class if is_wrong else "none",
             "true" if fails_all and is_wrong else "false")
        )  # fmt: skip
    return rows


def write_complaints(
    files: Files, site: Site, clock: SiteClock, legs: Sequence[Leg], rng: random.Random
) -> None:
    """Write complaints: most about an unresolved talk, some that name no contact."""
    rows: list[Row] = []
    text = instant_text(site, clock)
    end = clock.midnight(_day_after(clock, legs))
    for leg in legs:
        chance = COMPLAINT_RATE * (2.6 if not leg.is_resolved else 0.45)
        if leg.number == "anonymous" or rng.random() >= chance * max(0.2, 1 - 0.35 * leg.quality):
            continue
        at = leg.ended_at + 1800 + int(rng.expovariate(1 / 100_000.0))
        closed = at + 86_400 + int(rng.expovariate(1 / 400_000.0))
        is_valid = rng.random() < 0.65
        names_contact = rng.random() < 0.8
        if at >= end:
            continue
        is_closed = closed < end
        rows.append(
            (f"{site.site_id[0].upper()}C{len(rows) + 1:05d}",
             leg.callid if names_contact else None, f"+{leg.number}", text(at),
             rng.choice(COMPLAINT_REASONS), str(is_valid).lower() if is_closed else None,
             text(closed) if is_closed else None)
        )  # fmt: skip
    files.table(
        f"complaints/site={site.site_id}/complaints.csv",
        "complaint_id contact_ref customer_ref received_at reason is_valid closed_at",
        rows,
    )


def write_incidents(files: Files, clock: SiteClock, misrouting: Misrouting) -> None:
    """Write the one incident that somebody declared."""
    files.table(
        "incidents/incidents.csv",
        "incident_id site queue starts_at ends_at reason",
        [
            ("INC-1", misrouting.site_id, misrouting.queue,
             clock.text_with_offset(misrouting.starts_at),
             clock.text_with_offset(misrouting.ends_at),
             f"The menu sent callers of {misrouting.wanted_queue} to {misrouting.queue}")
        ],
    )  # fmt: skip


def write_appeals(
    files: Files,
    people: list[Employee],
    clocks: dict[str, SiteClock],
    legs: dict[str, list[Leg]],
    last: date,
    rng: random.Random,
) -> None:
    """Write a few appeals against last month's figures: open, upheld and rejected."""
    rows: list[Row] = []
    agents = [
        person
        for person in people
        if person.takes_calls and any(leg.employee is person for leg in legs[person.site.site_id])
    ]
    period = f"{last:%Y-%m}"
    managers = {p.site.site_id: p.employee_id for p in people if p.assignments[0].role == "manager"}
    for number, person in enumerate(rng.sample(agents, min(5, len(agents))), 1):
        clock = clocks[person.site.site_id]
        filed = clock.at(last - timedelta(days=rng.randrange(2, 6)), 700 + rng.randrange(200))
        mine = [leg for leg in legs[person.site.site_id] if leg.employee is person]
        leg = rng.choice([leg for leg in mine if leg.ended_at < filed] or mine)
        code = rng.choice(("fcr", "csat", "aht"))
        decision = ("open", "upheld", "rejected")[number % 3]
        claim = "The customer called again about something else"
        head = (f"AP{number:03d}", person.employee_id, period, code, leg.callid, claim,
                clock.text_with_offset(filed))  # fmt: skip
        rows.append((*head, "open", None, None, None))
        if decision != "open":
            decided = clock.text_with_offset(filed + rng.randrange(20_000, 90_000))
            amount = 25 if decision == "upheld" else None
            rows.append((*head, decision, managers[person.site.site_id], decided, amount))
    files.table(
        "appeals/appeals.csv",
        "appeal_id employee_id period kpi_code contact_ref text filed_at decision decided_by"
        " decided_at amount",
        rows,
    )
