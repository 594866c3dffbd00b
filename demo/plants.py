"""What is planted in the demo for others to find from the data alone, and the record of it.

A plan is drawn before anything runs. It changes people (who works how well), rotas (who works
where, under which login) and what the switchboards go through; `as_truths` says so in words that
stand beside the inbox. Truths that need weeks are left out of a short demo.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from demo.clock import SiteClock
from demo.organisation import SITES, TRAINING_DAYS, Employee, Identity
from demo.rota import Rota, Shift

WEEKS_NEEDED_DAYS = 42  # a shorter demo has no room for a before and an after
GOOD_COURSE, USELESS_COURSE = "active_listening", "product_basics"


@dataclass(frozen=True, slots=True)
class Misrouting:
    """Callers of one queue land in another for a while."""

    site_id: str
    starts_at: int
    ends_at: int
    wanted_queue: str
    queue: str

    def holds(self, at: int, queue: str) -> bool:
        """Whether a caller of a queue is misrouted now."""
        return queue == self.wanted_queue and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Failure:
    """A queue's answers are wrong for a while, whoever gives them."""

    queue: str
    starts_at: int
    ends_at: int
    odds: float  # what is taken off the log odds that a call resolves

    def holds(self, at: int, queue: str) -> bool:
        """Whether an answer given now is one of the wrong ones."""
        return queue == self.queue and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Disturbances:
    """What one site's switchboard goes through."""

    outage: tuple[int, int] | None = None
    misrouting: Misrouting | None = None
    failure: Failure | None = None


@dataclass(slots=True)
class Plan:
    """All that is planted."""

    disturbances: dict[str, Disturbances]
    lenient_rater: str
    trained: dict[str, dict[str, date]]  # course: employee_id: day
    truths: dict[str, object] = field(default_factory=dict)


def plant(
    people: dict[str, list[Employee]],
    rotas: dict[str, Rota],
    clocks: dict[str, SiteClock],
    first: date,
    days: int,
    rng: random.Random,
) -> Plan:
    """Change people and rotas and return the plan; `people` and `rotas` are by site."""
    agents = {
        site: [person for person in members if person.takes_calls]
        for site, members in people.items()
    }
    last = first + timedelta(days=days - 1)
    lead = [p for p in people["riga"] if p.assignments[0].role == "team_lead"][1]
    truths: dict[str, object] = {}
    plan = Plan({}, lead.employee_id, {}, truths)
    _plant_lenient_rater(truths, lead)
    _plant_careers(truths, people, first, last)
    _plant_early_hanger(truths, agents["manila"])
    _plant_two_sites(truths, agents["manila"], rotas, clocks["manila"])
    _plant_shared_login(truths, agents["riga"], rotas["riga"], first, days)
    outage = _plant_outage(truths, rotas["manila"], clocks["manila"], first, days)
    misrouting = _plant_incident(truths, clocks["riga"], first, days)
    failures: dict[str, Failure] = {}
    if days >= WEEKS_NEEDED_DAYS:
        failures = _plant_failure(truths, clocks, first, days)
    plan.trained = _plant_training(truths, agents, first, days, rng)
    for site in SITES:
        name = site.site_id
        plan.disturbances[name] = Disturbances(
            outage=outage if name == "manila" else None,
            misrouting=misrouting if name == "riga" else None,
            failure=failures.get(name),
        )
    return plan


def _weekday_near(first: date, days: int, share: float) -> date:
    """Return a working day at about a share of the period, neither its first nor its last."""
    day = first + timedelta(days=min(days - 2, max(1, round(days * share))))
    if day.weekday() >= 5:
        day -= timedelta(days=day.weekday() - 4)
    return day if day > first else day + timedelta(days=3)


def _plant_lenient_rater(truths: dict[str, object], lead: Employee) -> None:
    truths["lenient_rater"] = {
        "employee_id": lead.employee_id,
        "site": lead.site.site_id,
        "effect": "about 1 point of 5 in reviews, about 15 points of 100 in evaluations",
        "shows_in": "hr_reviews (source supervisor) against the other sources of the same people;"
        " quality_evaluations against other evaluators, calibrations above all",
    }


def _plant_careers(
    truths: dict[str, object], people: dict[str, list[Employee]], first: date, last: date
) -> None:
    everybody = [person for members in people.values() for person in members]
    truths["team_movers"] = [
        {
            "employee_id": person.employee_id,
            "from_team": old.team,
            "to_team": new.team,
            "day": new.valid_from,
        }
        for person in everybody
        for old, new in zip(person.assignments, person.assignments[1:], strict=False)
        if old.team != new.team
    ]
    truths["promoted"] = [
        {"employee_id": person.employee_id, "role": new.role, "day": new.valid_from}
        for person in everybody
        for old, new in zip(person.assignments, person.assignments[1:], strict=False)
        if old.role != new.role
    ]
    truths["part_timers"] = [
        {"employee_id": person.employee_id, "employment_share": person.employment_share}
        for person in everybody
        if person.employment_share < 1
    ]
    truths["new_hires"] = [
        {
            "employee_id": person.employee_id,
            "hire_date": person.hire_date,
            "first_day_on_calls": person.hire_date + timedelta(days=TRAINING_DAYS),
        }
        for person in everybody
        if person.hire_date >= first
    ]
    truths["leavers"] = [
        {"employee_id": person.employee_id, "leave_date": person.leave_date}
        for person in everybody
        if person.leave_date is not None and person.leave_date <= last
    ]
    truths["unrecorded_logins"] = [
        {
            "employee_id": person.employee_id,
            "site": person.site.site_id,
            "login": login.login,
            "from": login.valid_from,
            "before": login.valid_to,
        }
        for person in everybody
        for login in person.unrecorded_logins
    ]


def _plant_early_hanger(truths: dict[str, object], agents: list[Employee]) -> None:
    person = agents[5 if len(agents) >= 12 else 0]
    # As quick and as good as most, so that what is planted is not what was there anyway.
    person.speed, person.quality = 0.0, 0.0
    person.talk_share = 0.5
    person.hang_up_rate = 0.92
    person.resolve_shift = -1.1
    person.feeling_shift = -1.0
    truths["early_hang_up"] = {
        "employee_id": person.employee_id,
        "site": person.site.site_id,
        "effect": "talks half as long as others would, ends 92 % of the calls (others 38 %); of"
        " 100 calls some 25 more stay unresolved, satisfaction is a point of 5 lower",
        "shows_in": "short talks ended by the agent together with repeats and low CSAT",
    }


def _days_at_work(rota: Rota) -> dict[str, dict[date, Shift]]:
    """Return the days on which each person comes, by employee_id."""
    found: dict[str, dict[date, Shift]] = {}
    for day, shifts in rota.shifts.items():
        for shift in shifts:
            if shift.comes:
                found.setdefault(shift.employee.employee_id, {})[day] = shift
    return found


def _plant_two_sites(
    truths: dict[str, object], agents: list[Employee], rotas: dict[str, Rota], clock: SiteClock
) -> None:
    """Let somebody from Manila take Riga's calls every third day, at Riga's hours."""
    at_work = _days_at_work(rotas["manila"])
    wanted = agents[11 if len(agents) >= 14 else 2]
    # In a short demo that person may be on leave.
    person = max(
        (wanted, *agents[1:4]),
        key=lambda one: min(5, len(at_work.get(one.employee_id, ()))),
    )
    login = "Agent/1501"
    days = sorted(at_work[person.employee_id])[1::3]
    for day in days:
        mine = at_work[person.employee_id][day]
        # 16:00 to 23:30 in Manila is 10:00 to 17:30 in Riga, an hour earlier in its winter.
        mine.starts_at, mine.ends_at = clock.at(day, 960), clock.at(day, 1410)
        mine.pauses = [(mine.starts_at + 12_600, 1800, "break")]
        mine.is_elsewhere = True
        guest = Shift(
            person, day, mine.starts_at, mine.ends_at, pauses=list(mine.pauses), login=login
        )
        rotas["riga"].shifts[day].append(guest)
    person.identities.append(Identity(login, person.hire_date, site_id="riga"))
    truths["two_sites"] = {
        "employee_id": person.employee_id,
        "sites": ["manila", "riga"],
        "logins": {"manila": person.identities[0].login, "riga": login},
        "days_in_riga": days,
        "shows_in": "legs of one employee_id at both sites, never on one day",
    }


def _plant_shared_login(
    truths: dict[str, object], agents: list[Employee], rota: Rota, first: date, days: int
) -> None:
    """Let two people of one site work under one login on a few days."""
    wanted = 5 if days >= 28 else 3
    since = first + timedelta(days=round(days * (0.6 if days >= 28 else 0.15)))
    at_work = _days_at_work(rota)

    def common(pair: tuple[Employee, Employee]) -> list[date]:
        one, other = (at_work.get(person.employee_id, {}) for person in pair)
        return [
            day
            for day in sorted(one)
            if day >= since
            and day in other
            and min(one[day].ends_at, other[day].ends_at)
            - max(one[day].starts_at, other[day].starts_at)
            >= 4 * 3600
        ]

    usual = (agents[5], agents[6]) if len(agents) >= 10 else (agents[1], agents[0])
    able = [person for person in agents if not person.unrecorded_logins]
    pairs = [usual] + [(one, other) for one in able for other in able if one is not other]
    # In a short demo the usual two may never meet.
    holder, guest = max(pairs, key=lambda pair: min(wanted, len(common(pair))))
    shared = common((holder, guest))[:wanted]
    for day in shared:
        at_work[guest.employee_id][day].login = holder.login_on(day)
    truths["shared_login"] = {
        "site": holder.site.site_id,
        "login": sorted({holder.login_on(day) for day in shared}),
        "holder": holder.employee_id,
        "guest": guest.employee_id,
        "days": shared,
        "shows_in": "legs of one login that overlap, in a large demo about a hundred a day;"
        " no other login has any",
    }


def _plant_outage(
    truths: dict[str, object], rota: Rota, clock: SiteClock, first: date, days: int
) -> tuple[int, int]:
    """Let Manila's switchboard be down for two hours and a half when many are at work."""

    def at_work(day: date) -> int:
        begin = clock.at(day, 945)
        return sum(s.comes and s.starts_at < begin < s.ends_at for s in rota.shifts[day])

    aim = first + timedelta(days=round(days * 0.75))
    candidates = [
        day for day in rota.shifts if day.weekday() < 5 and abs((day - aim).days) <= 3
        and first < day < first + timedelta(days=days - 1)
    ]  # fmt: skip
    day = max(candidates, key=at_work)
    outage = (clock.at(day, 945), clock.at(day, 1095))
    truths["outage"] = {
        "site": "manila",
        "starts_at": clock.text_with_offset(outage[0]),
        "ends_at": clock.text_with_offset(outage[1]),
        "effect": "no line in queue_log or Master.csv; calls that ran are cut without an end;"
        " then QUEUESTART and the agents are added again; not in the incidents feed",
    }
    return outage


def _plant_incident(
    truths: dict[str, object], clock: SiteClock, first: date, days: int
) -> Misrouting:
    day = _weekday_near(first, days, 0.5)
    misrouting = Misrouting("riga", clock.at(day, 660), clock.at(day, 720), "billing", "orders")
    truths["incident"] = {
        "site": "riga",
        "queue": "orders",
        "starts_at": clock.text_with_offset(misrouting.starts_at),
        "ends_at": clock.text_with_offset(misrouting.ends_at),
        "effect": "callers of billing land in orders and four of five are transferred back",
        "shows_in": "the incidents feed; transfers out of orders in that hour",
    }
    return misrouting


def _plant_failure(
    truths: dict[str, object], clocks: dict[str, SiteClock], first: date, days: int
) -> dict[str, Failure]:
    start = first + timedelta(days=round(days * 0.55))
    start -= timedelta(days=start.weekday())
    end = start + timedelta(days=14)
    truths["knowledge_failure"] = {
        "queue": "technical",
        "sites": ["riga", "manila"],
        "from": start,
        "before": end,
        "effect": "of 100 technical calls some 40 more than usual stay unresolved",
        "shows_in": "FCR of most agents falls at once, for the reason technical alone, and"
        " recovers after; dublin's does not fall",
    }
    return {
        site: Failure("technical", clocks[site].midnight(start), clocks[site].midnight(end), 1.75)
        for site in ("riga", "manila")
    }


def _plant_training(
    truths: dict[str, object],
    agents: dict[str, list[Employee]],
    first: date,
    days: int,
    rng: random.Random,
) -> dict[str, dict[str, date]]:
    """Send some to a course that helps and others to one that does not."""
    trained: dict[str, dict[str, date]] = {GOOD_COURSE: {}, USELESS_COURSE: {}}
    day = _weekday_near(first, days, 0.3)
    for site in ("riga", "manila"):
        # Nobody whose numbers move for another reason.
        pool = [
            person
            for person in agents[site]
            if person.talk_share == 1.0
            and person.leave_date is None
            and (first - person.hire_date).days > 60
        ]
        rng.shuffle(pool)
        size = max(1, len(pool) // 4)
        for course, chosen in (
            (GOOD_COURSE, pool[:size]),
            (USELESS_COURSE, pool[size : 2 * size]),
        ):
            for person in chosen:
                trained[course][person.employee_id] = day
                if course == GOOD_COURSE and days >= WEEKS_NEEDED_DAYS:
                    person.gains.append((day + timedelta(days=1), 1.2))
    if days >= WEEKS_NEEDED_DAYS:
        truths["training_that_works"] = {
            "course": GOOD_COURSE,
            "completed_on": day,
            "employee_ids": sorted(trained[GOOD_COURSE]),
            "effect": "tests gain some 30 of 100; 1.2 standard deviations of skill, so some 8 of"
            " 100 calls more resolved, and better evaluations and CSAT after the day",
        }
        truths["training_that_does_not"] = {
            "course": USELESS_COURSE,
            "completed_on": day,
            "employee_ids": sorted(trained[USELESS_COURSE]),
            "effect": "tests gain some 30 of 100, the work stays as it was",
        }
    return trained
