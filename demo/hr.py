"""What HR's systems export: people, schedules, absences, and what is done to develop people."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta

from demo.clock import SiteClock, utc_text
from demo.organisation import TRAINING_DAYS, Employee, Site
from demo.plants import GOOD_COURSE, USELESS_COURSE, Plan
from demo.rota import Rota
from demo.tickets import salesforce_user
from demo.writing import Files, Row

ABSENCE_KINDS = ("sick", "unplanned", "statutory", "unpaid")
GOAL_TARGETS = {"fcr": 0.75, "csat": 0.8, "aht": 300}


def instant_text(site: Site, clock: SiteClock) -> Callable[[int], str]:
    """Return how a site's tools write instants: Manila's write the local wall clock."""
    return clock.text if site.site_id == "manila" else clock.text_with_offset


def write_people(files: Files, people: list[Employee]) -> None:
    """Write employees, assignments and identities of all sites."""
    employees: list[Row] = []
    assignments: list[Row] = []
    identities: list[Row] = []
    for person in people:
        head = (person.employee_id, person.full_name, person.email, person.hire_date)
        share, currency = f"{person.employment_share:g}", person.site.currency
        first_seen = utc_text(person.hire_date, 9)
        employees.append((*head, None, share, person.base_pay, currency, first_seen))
        if person.leave_date is not None:
            # The export keeps the older state of a record that changed.
            seen = utc_text(person.leave_date - timedelta(days=14), 15)
            employees.append((*head, person.leave_date, share, person.base_pay, currency, seen))
        assignments += [
            (person.employee_id, a.role, a.team, a.department, a.supervisor_id,
             person.site.site_id, person.site.vendor, person.shift, a.valid_from, a.valid_to)
            for a in person.assignments
        ]  # fmt: skip
        identities += _identities(person)
    files.table(
        "hr_employees/employees.csv",
        "employee_id full_name email hire_date leave_date employment_share base_pay currency"
        " updated_at",
        employees,
    )
    files.table(
        "hr_assignments/assignments.csv",
        "employee_id role team department supervisor_id site vendor shift valid_from valid_to",
        assignments,
    )
    files.table(
        "hr_identities/identities.csv", "site login employee_id valid_from valid_to", identities
    )


def _identities(person: Employee) -> list[Row]:
    rows: list[Row] = []
    for identity in person.identities:
        logins = [identity.login]
        if "/" in identity.login:
            # Queues know agents by name, call records by device.
            logins.append(f"SIP/{identity.login.rpartition('/')[2]}")
        elif person.extension:
            # The outbound dialler knows the extension, Salesforce an id of its own.
            logins += [person.extension, salesforce_user(person)]
        rows += [
            (identity.site_id or person.site.site_id, login, person.employee_id,
             identity.valid_from, identity.valid_to)
            for login in dict.fromkeys(logins)
        ]  # fmt: skip
    return rows


def write_schedules(files: Files, site: Site, clock: SiteClock, rota: Rota) -> None:
    """Write one site's shifts, with the breaks and meetings inside them."""
    months: dict[str, list[Row]] = defaultdict(list)
    text = instant_text(site, clock)
    for day, shifts in rota.shifts.items():
        rows = months[f"{day:%Y-%m}"]
        for shift in shifts:
            if shift.employee.site is not site:
                continue  # a guest, whose own site plans the day
            person = shift.employee.employee_id
            rows.append((person, text(shift.starts_at), text(shift.ends_at), shift.activity))
            # Breaks and meetings stand inside the shift, which remains one row.
            rows.extend(
                (person, text(begin), text(begin + seconds), reason)
                for begin, seconds, reason in sorted(shift.pauses)
            )
    for month, rows in months.items():
        files.table(
            f"hr_schedules/site={site.site_id}/schedules-{month}.csv",
            "employee_id starts_at ends_at activity",
            rows,
        )


def write_absences(
    files: Files, site: Site, clock: SiteClock, rota: Rota, rng: random.Random
) -> int:
    """Write who was planned and did not come, and who was on leave; return the unplanned ones."""
    months: dict[str, list[Row]] = defaultdict(list)
    text = instant_text(site, clock)
    unplanned = 0
    for day, shifts in rota.shifts.items():
        for shift in shifts:
            if shift.employee.site is not site:
                continue
            if shift.activity == "leave":
                kind = "annual"
            elif shift.activity == "work" and shift.is_sick:
                kind = rng.choices(ABSENCE_KINDS, (62, 18, 10, 10))[0]
                unplanned += kind in ("sick", "unplanned", "unpaid")
            else:
                continue
            months[f"{day:%Y-%m}"].append(
                (shift.employee.employee_id, text(shift.starts_at), text(shift.ends_at), kind,
                 "false" if kind in ("unpaid", "unplanned") else "true")
            )  # fmt: skip
    for month, rows in months.items():
        files.table(
            f"hr_absences/site={site.site_id}/absences-{month}.csv",
            "employee_id starts_at ends_at kind is_paid",
            rows,
        )
    return unplanned


def write_training(
    files: Files, people: list[Employee], clocks: dict[str, SiteClock], plan: Plan, first: date,
    last: date, rng: random.Random,
) -> None:  # fmt: skip
    """Write courses with their tests: one for all, one for newcomers, and the planted two."""
    rows: list[Row] = []

    def book(
        person: Employee, course: str, due: date, done: date | None, pre: float, gain: float
    ) -> None:
        clock = clocks[person.site.site_id]
        before = min(95, max(5, round(rng.gauss(pre, 9))))
        after = min(100, max(0, before + round(rng.gauss(gain, 7))))
        is_done = done is not None and done <= last
        at = clock.text_with_offset(clock.at(done, 900 + rng.randrange(120))) if is_done else None
        rows.append(
            (f"T{len(rows) + 1:05d}", person.employee_id, course, due, at,
             before, after if is_done else None, 100)
        )  # fmt: skip

    due = first + timedelta(days=round((last - first).days * 0.5))
    for person in people:
        if not person.takes_calls:
            continue
        if person.hire_date >= first:
            ready = person.hire_date + timedelta(days=TRAINING_DAYS - 1)
            book(person, "welcome", ready, ready, 35, 45)
        elif person.employed_on(due):
            luck = rng.random()
            late = rng.randrange(3, 20)
            early = due - timedelta(days=rng.randrange(0, 15))
            done = early if luck < 0.86 else due + timedelta(days=late) if luck < 0.94 else None
            book(person, "privacy_basics", due, max(done, first) if done else None, 72, 11)
        for course in (GOOD_COURSE, USELESS_COURSE):
            done = plan.trained[course].get(person.employee_id)
            if done is not None:
                book(person, course, done + timedelta(days=7), done, 52, 30)
    files.table(
        "hr_training/training.csv",
        "training_id employee_id course due_date completed_at pre_score post_score max_score",
        rows,
    )


def _months(first: date, last: date) -> list[tuple[date, date]]:
    """Return the first and last day within the period of every month that it touches."""
    months: list[tuple[date, date]] = []
    day = first
    while day <= last:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        months.append((day, min(last, following - timedelta(days=1))))
        day = following
    return months


def write_development(
    files: Files, people: list[Employee], clocks: dict[str, SiteClock], first: date, last: date,
    rng: random.Random,
) -> None:  # fmt: skip
    """Write goals, coaching sessions and action plans of the phone agents."""
    goals: list[Row] = []
    sessions: list[Row] = []
    actions: list[Row] = []
    agents = [person for person in people if person.takes_calls]
    weak = sorted(agents, key=lambda person: person.quality)[: len(agents) // 3]
    for begin, end in _months(first, last):
        for person in agents:
            if not (person.employed_on(begin) and person.employed_on(end)):
                continue
            clock = clocks[person.site.site_id]
            coach = person.assignment_on(begin).supervisor_id
            code = rng.choice(("fcr", "csat", "aht"))
            goal_id = f"G{len(goals) + 1:05d}"
            goals.append(
                (goal_id, person.employee_id, code, "month", begin.replace(day=1),
                 GOAL_TARGETS[code], clock.text_with_offset(clock.at(begin, 615)))
            )  # fmt: skip
            kinds = [("monthly", 0)]
            if person in weak:
                kinds += [("weekly", 7), ("weekly", 14), ("weekly", 21)]
            if rng.random() < 0.12:
                kinds.append(("ad_hoc", rng.randrange(2, 20)))
            for kind, after in kinds:
                held = begin + timedelta(days=after + rng.randrange(0, 4))
                if held > min(end, last - timedelta(days=1)):
                    continue
                at = clock.at(held, 600 + 15 * rng.randrange(24))
                seen = at + rng.randrange(3600, 86_400)
                seen_text = clock.text_with_offset(seen) if rng.random() < 0.85 else None
                sessions.append(
                    (f"C{len(sessions) + 1:05d}", person.employee_id, coach,
                     clock.text_with_offset(at), kind, code,
                     rng.choice(_SUMMARIES[code]), seen_text)
                )  # fmt: skip
            if person in weak and rng.random() < 0.75:
                actions += _versions(
                    person, f"A{len(goals):05d}", goal_id, code, coach, begin, last, clock, rng
                )
    files.table(
        "hr_goals/goals.csv",
        "goal_id employee_id kpi_code period_type period_start target agreed_at",
        goals,
    )
    files.table(
        "hr_coaching/coaching.csv",
        "session_id employee_id coach_id held_at kind kpi_code summary acknowledged_at",
        sessions,
    )
    files.table(
        "hr_actions/actions.csv",
        "action_id employee_id goal_id step resource owner_id due_date checkpoint_date status"
        " progress_ratio updated_at",
        actions,
    )


_SUMMARIES = {
    "fcr": ("Check the whole account before the call ends", "Ask whether all is answered"),
    "csat": ("Say what happens next, and when", "Let the customer finish"),
    "aht": ("Use the search before asking colleagues", "Write notes while talking, not after"),
}
_STEPS = {
    "fcr": ("Listen to five own calls that came back", "knowledge base"),
    "csat": ("Sit with a colleague of the top quarter", "team lead"),
    "aht": ("Practise the order screens", "training system"),
}


def _versions(
    person: Employee, action_id: str, goal_id: str, code: str, owner: str | None, begin: date,
    last: date, clock: SiteClock, rng: random.Random,
) -> list[Row]:  # fmt: skip
    """Return an action as the export shows it: a row for every state that it went through."""
    step, resource = _STEPS[code]
    rows: list[Row] = []
    states = [("open", 0.0, 1), ("in_progress", 0.5, 9)]
    states.append(("done", 1.0, 17) if rng.random() < 0.7 else ("in_progress", 0.7, 20))
    for status, progress, after in states:
        day = begin + timedelta(days=after)
        if day >= last:
            break
        rows.append(
            (action_id, person.employee_id, goal_id, step, resource, owner,
             begin + timedelta(days=21), begin + timedelta(days=10), status, progress,
             clock.text_with_offset(clock.at(day, 870)))
        )  # fmt: skip
    return rows


def write_reviews(
    files: Files, people: list[Employee], clocks: dict[str, SiteClock], plan: Plan, first: date,
    last: date, rng: random.Random,
) -> None:  # fmt: skip
    """Write ratings: monthly by peers and customers, quarterly by oneself and the supervisor."""
    by_quarter: dict[str, list[Row]] = defaultdict(list)
    number = 0
    rounds = [end for _, end in _months(first, last) if (end - first).days >= 6]
    criteria = ("attitude", "teamwork", "skill", "communication")
    for end in rounds:
        is_quarter = end.month % 3 == 0 or end == rounds[-1]
        for person in people:
            if not person.takes_calls or not person.employed_on(end):
                continue
            clock = clocks[person.site.site_id]
            lead = person.assignment_on(end).supervisor_id or ""
            peers = [
                other.employee_id
                for other in people
                if other is not person and other.takes_calls and other.site is person.site
            ]
            raters = [("peer", rater, 0.1) for rater in rng.sample(peers, min(2, len(peers)))]
            raters.append(("customer", "", 0.0))
            if is_quarter:
                raters.append(("supervisor", lead, 1.0 if lead == plan.lenient_rater else 0.0))
                raters.append(("self", person.employee_id, 0.35))
            for source, rater, leniency in raters:
                at = clock.at(end - timedelta(days=rng.randrange(1, 5)), 560 + rng.randrange(400))
                # Manila's supervisors rate out of ten.
                scale = 10 if source == "supervisor" and person.site.site_id == "manila" else 5
                for criterion in criteria if source != "customer" else ("attitude", "skill"):
                    number += 1
                    share = (
                        0.62 + 0.2 * leniency + 0.08 * person.quality_on(end) + rng.gauss(0, 0.09)
                    )
                    rating = min(scale, max(1, round(share * scale)))
                    quarter = f"{end.year}-q{(end.month + 2) // 3}"
                    by_quarter[quarter].append(
                        (f"R{number:06d}", person.employee_id, rater or None, source, criterion,
                         rating, scale, clock.text_with_offset(at))
                    )  # fmt: skip
    for quarter, rows in by_quarter.items():
        files.table(
            f"hr_reviews/reviews-{quarter}.csv",
            "review_id employee_id rater_id source criterion rating scale_max rated_at",
            rows,
        )
