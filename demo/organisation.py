"""Who works in the simulated call centre: sites, teams, people, their skills and their logins."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain

from demo.names import shuffled_names, user_name

# A newcomer learns for this many days before the first call.
TRAINING_DAYS = 7

QUEUES = ("billing", "technical", "orders", "retention")


@dataclass(frozen=True, slots=True)
class Site:
    """One location with its own switchboard."""

    site_id: str
    time_zone: str
    vendor: str
    currency: str
    agent_base_pay: int
    teams: tuple[str, ...]
    shift_starts: tuple[tuple[str, int], ...]  # label, local minute of the day
    weekend_start: int | None  # None: weekends run the same shifts as weekdays
    switchboard: str  # asterisk, connect
    logs_agent_logins: bool  # AGENTLOGIN / AGENTLOGOFF rather than ADDMEMBER / REMOVEMEMBER
    wrap_seconds: int  # mean after-call work of every contact, where the switchboard records it
    number_prefix: str
    number_digits: int
    employee_number: int  # the first HR number


SITES = (
    Site(
        site_id="riga",
        time_zone="Europe/Riga",
        vendor="in_house",
        currency="EUR",
        agent_base_pay=1350,
        teams=("Riga North", "Riga Centre", "Riga Harbour"),
        shift_starts=(("early", 480), ("day", 540), ("day", 600), ("late", 690)),
        weekend_start=540,
        switchboard="asterisk",
        logs_agent_logins=True,
        wrap_seconds=0,
        number_prefix="3712",
        number_digits=7,
        employee_number=1001,
    ),
    Site(
        site_id="manila",
        time_zone="Asia/Manila",
        vendor="Pacific Contact",
        currency="PHP",
        agent_base_pay=28500,
        teams=("Manila Bay", "Manila Makati", "Manila Quezon"),
        shift_starts=(("early", 480), ("day", 600), ("day", 780), ("late", 930), ("night", 1050)),
        weekend_start=None,
        switchboard="asterisk",
        logs_agent_logins=False,
        wrap_seconds=0,
        number_prefix="639",
        number_digits=9,
        employee_number=2001,
    ),
    Site(
        site_id="dublin",
        time_zone="Europe/Dublin",
        vendor="Atlantic Care",
        currency="EUR",
        agent_base_pay=2250,
        teams=("Dublin Liffey", "Dublin Docklands"),
        shift_starts=(("early", 480), ("day", 540), ("day", 600), ("late", 690)),
        weekend_start=540,
        switchboard="connect",
        logs_agent_logins=False,
        wrap_seconds=28,
        number_prefix="3538",
        number_digits=8,
        employee_number=3001,
    ),
)

# How a team's coaching shows in its people, in standard deviations of skill.
_TEAM_EFFECT = (0.45, -0.05, -0.5)


@dataclass(slots=True)
class Assignment:
    """Role, team and supervisor from a day on; `valid_to` is the first day after."""

    role: str
    team: str
    department: str
    supervisor_id: str | None
    valid_from: date
    valid_to: date | None = None


@dataclass(slots=True)
class Identity:
    """A login that belongs to a person from a day on; `valid_to` is the first day after."""

    login: str
    valid_from: date
    valid_to: date | None = None
    site_id: str = ""  # where, if not at the person's own site


@dataclass(slots=True)
class Employee:
    """One person: what HR knows, and the skills that only the simulation knows."""

    employee_id: str
    full_name: str
    email: str
    site: Site
    hire_date: date
    employment_share: float
    base_pay: int
    shift: str
    shift_start: int
    index: int  # position among the site's people, for rotas
    leave_date: date | None = None  # the last day of employment
    assignments: list[Assignment] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    queues: tuple[str, ...] = ()
    speed: float = 0.0
    quality: float = 0.0
    no_answer_rate: float = 0.0
    extension: str = ""  # of the outbound dialler, at the site that has one
    # What is planted in a person: see `demo.plants`.
    talk_share: float = 1.0
    hang_up_rate: float = 0.38  # share of the calls that the agent ends
    resolve_shift: float = 0.0  # in log odds
    feeling_shift: float = 0.0  # in points of a satisfaction answer
    gains: list[tuple[date, float]] = field(default_factory=list)  # skill from a day on
    # Logins that telephony uses before (or without) HR having recorded them: login, from, to.
    unrecorded_logins: list[Identity] = field(default_factory=list)

    @property
    def user_name(self) -> str:
        """Return the person's name in computer systems."""
        return self.email.partition("@")[0]

    @property
    def takes_calls(self) -> bool:
        """Whether the person is a member of any queue."""
        return bool(self.queues)

    def login_on(self, day: date) -> str:
        """Return the login the person uses on a day."""
        for identity in (*self.unrecorded_logins, *self.identities):
            if (
                not identity.site_id
                and identity.valid_from <= day
                and (identity.valid_to is None or day < identity.valid_to)
            ):
                return identity.login
        return self.identities[-1].login

    def is_known_as(self, site_id: str, login: str, day: date) -> bool:
        """Whether HR has this login of a site as this person's on a day."""
        return any(
            identity.login == login
            and (identity.site_id or self.site.site_id) == site_id
            and identity.valid_from <= day
            and (identity.valid_to is None or day < identity.valid_to)
            for identity in self.identities
        )

    def employed_on(self, day: date) -> bool:
        """Whether the person is employed on a day."""
        return self.hire_date <= day and (self.leave_date is None or day <= self.leave_date)

    def assignment_on(self, day: date) -> Assignment:
        """Return the role, team and supervisor of a day, the nearest one outside employment."""
        for assignment in self.assignments:
            if assignment.valid_to is None or day < assignment.valid_to:
                return assignment
        return self.assignments[-1]

    def quality_on(self, day: date) -> float:
        """Return the skill of a day: talent, tenure and what training has added."""
        gained = sum(gain for since, gain in self.gains if since <= day)
        return self.quality + gained + 1.1 * self.experience(day)

    def experience(self, day: date) -> float:
        """Return the skill that tenure has added so far: -1 for a beginner, towards 0."""
        return -math.exp(-max(0, (day - self.hire_date).days) / 75.0)


def build_organisation(
    agents: int, first: date, last: date, rng: random.Random
) -> dict[str, list[Employee]]:
    """Return the people of each site: `agents` phone agents in all, their leads and managers."""
    days = (last - first).days + 1
    people: dict[str, list[Employee]] = {}
    head_id = f"E{SITES[0].employee_number - 1}"
    for site, count in zip(SITES, agents_by_site(agents), strict=True):
        people[site.site_id] = _build_site(site, count, first, days, head_id, rng)
    head = _person(SITES[0], head_id, "Helen Whitfield", 0, first, rng)
    head.base_pay = 5200
    head.assignments.append(Assignment("manager", "Management", "Operations", None, head.hire_date))
    people[SITES[0].site_id].append(head)
    return people


def agents_by_site(agents: int) -> tuple[int, int, int]:
    """Split the phone agents over the sites, about 5 : 5 : 2."""
    dublin = max(2, round(agents / 6))
    manila = (agents - dublin) // 2
    return agents - dublin - manila, manila, dublin


def _build_site(
    site: Site, count: int, first: date, days: int, head_id: str, rng: random.Random
) -> list[Employee]:
    names = shuffled_names(site.site_id, rng)
    teams = site.teams[: max(2, min(len(site.teams), round(count / 8)))]
    numbers = _numbers(site.employee_number)

    def hire(index: int) -> Employee:
        return _person(site, f"E{next(numbers)}", next(names), index, first, rng)

    manager = hire(0)
    manager.base_pay = site.agent_base_pay * 3
    manager.assignments.append(
        Assignment("manager", f"{site.site_id.title()} Management", "Operations", head_id,
                   manager.hire_date)
    )  # fmt: skip
    leads: dict[str, Employee] = {}
    for team in teams:
        lead = hire(0)
        lead.base_pay = round(site.agent_base_pay * 1.6)
        lead.assignments.append(
            Assignment("team_lead", team, _department(site, team), manager.employee_id,
                       lead.hire_date)
        )  # fmt: skip
        leads[team] = lead
    for number, person in enumerate((manager, *leads.values())):
        login = f"SIP/{1901 + number}" if site.switchboard == "asterisk" else person.user_name
        person.identities.append(Identity(login, person.hire_date))
    members: list[Employee] = []
    for index in range(count):
        team = teams[index % len(teams)]
        person = hire(index)
        effect = _TEAM_EFFECT[site.teams.index(team)]
        person.quality = rng.gauss(effect, 0.75)
        person.speed = 0.35 * person.quality + rng.gauss(0.4 * effect, 0.8)
        person.no_answer_rate = min(
            0.12, max(0.008, rng.gauss(0.035 - 0.012 * person.quality, 0.012))
        )
        is_vip = index % 9 == 4
        person.queues = _skills(site, team, is_vip, count, rng)
        # Small demos have their part-timer too.
        if index % 10 == 7 or (count < 8 and site.site_id == "manila" and index == 3):
            person.employment_share = rng.choice((0.5, 0.75))
        person.base_pay = round(
            person.base_pay * person.employment_share * (1.15 if is_vip else 1.0)
        )
        person.assignments.append(
            Assignment("vip_agent" if is_vip else "agent", team, _department(site, team),
                       leads[team].employee_id, person.hire_date)
        )  # fmt: skip
        members.append(person)
    _centre(members)
    _careers(members, leads, site, first, days)
    if site.switchboard == "asterisk":
        _logins(members, first, days)
    else:
        for number, person in enumerate(members):
            person.identities.append(Identity(person.user_name, person.hire_date))
            person.extension = str(4001 + number)
    return [manager, *leads.values(), *members]


def _numbers(first: int) -> Iterator[int]:
    """Number the people of a site, or their logins: of four digits, of five once those are out."""
    return chain(range(first, first + 900), range(10 * first, 10 * first + 9000))


def _centre(members: list[Employee]) -> None:
    """Shift the skills to a mean of 0, so that small demos are not good or bad by chance."""
    speed = sum(person.speed for person in members) / len(members)
    quality = sum(person.quality for person in members) / len(members)
    for person in members:
        person.speed -= speed
        person.quality -= quality


def _person(
    site: Site, employee_id: str, full_name: str, index: int, first: date, rng: random.Random
) -> Employee:
    label, start = site.shift_starts[index % len(site.shift_starts)]
    return Employee(
        employee_id=employee_id,
        full_name=full_name,
        email=f"{user_name(full_name)}@example.com",
        site=site,
        hire_date=first - timedelta(days=int(20 + rng.expovariate(1 / 500.0))),
        employment_share=1.0,
        base_pay=round(site.agent_base_pay * rng.uniform(0.9, 1.12)),
        shift=label,
        shift_start=start,
        index=index,
    )


def _department(site: Site, team: str) -> str:
    return "Technical Support" if team == site.teams[-1] else "Customer Care"


def _skills(site: Site, team: str, is_vip: bool, count: int, rng: random.Random) -> tuple[str, ...]:
    # A handful of agents can only keep short queues when everybody serves everything.
    if is_vip or count < 8 or rng.random() < 0.75:
        return QUEUES
    if _department(site, team) == "Technical Support":
        return ("technical", "orders", rng.choice(("billing", "retention")))
    return ("billing", "orders", rng.choice(("technical", "technical", "retention")))


def _middle_of_a_month(first: date, days: int, share: float) -> date:
    """Return the 16th that is nearest to a share of the period, or that day if there is none."""
    aim = first + timedelta(days=round(days * share))
    candidates = [
        day for day in (first + timedelta(days=n) for n in range(3, days - 2)) if day.day == 16
    ]
    return min(candidates, key=lambda day: abs((day - aim).days)) if candidates else aim


def _reassign(
    person: Employee, since: date, *, role: str | None = None, lead: Employee | None = None
) -> None:
    """End the person's assignment and begin a new one with another role or another team."""
    old = person.assignments[-1]
    old.valid_to = since
    new = lead.assignments[0] if lead else old
    person.assignments.append(
        Assignment(
            role=role or old.role,
            team=new.team,
            department=new.department,
            supervisor_id=lead.employee_id if lead else old.supervisor_id,
            valid_from=since,
        )
    )


def _careers(
    members: list[Employee], leads: dict[str, Employee], site: Site, first: date, days: int
) -> None:
    """Move, promote and hire some; one person leaves."""
    teams = list(leads)
    if len(members) < 4:
        return
    mover = members[1]
    elsewhere = teams[0] if mover.assignments[0].team != teams[0] else teams[-1]
    _reassign(mover, _middle_of_a_month(first, days, 0.5), lead=leads[elsewhere])
    promoted = members[2]
    _reassign(promoted, _middle_of_a_month(first, days, 0.7), role="vip_agent")
    promoted.queues = QUEUES
    if site is SITES[0]:
        members[3].leave_date = first + timedelta(days=round(days * 0.55))
        members[3].assignments[-1].valid_to = members[3].leave_date + timedelta(days=1)
    hires = max(1, round(len(members) * 0.08))
    for number, person in enumerate(members[-hires:]):
        person.hire_date = first + timedelta(days=round(days * (0.2 + 0.4 * (number + 1) / hires)))
        person.assignments[0].valid_from = person.hire_date


def _logins(members: list[Employee], first: date, days: int) -> None:
    """Give everybody a login, with the irregularities that real directories have."""
    for number, person in zip(_numbers(1001), members, strict=False):
        until = person.leave_date + timedelta(days=1) if person.leave_date else None
        person.identities.append(Identity(f"Agent/{number}", person.hire_date, until))
    # The last one hired inherits the login of the one who left.
    newest = members[-1]
    for leaver in members:
        until = leaver.identities[0].valid_to
        if until is not None and newest.hire_date >= until:
            newest.identities[0].login = leaver.identities[0].login
    # A renamed login: one person, two logins, one after the other.
    renamed = members[0]
    change = first + timedelta(days=round(days * 0.4))
    renamed.identities[0].valid_to = change
    renamed.identities.append(Identity(f"Agent/{1301 + len(members)}", change))
    if renamed.site is SITES[0]:
        # A borrowed desk: for a day or two somebody works under a login that HR never recorded.
        borrowed = first + timedelta(days=round(days * 0.3))
        borrowed += timedelta(days=-borrowed.weekday() % 7)  # a Monday, when nobody is off
        members[2].unrecorded_logins.append(
            Identity("Agent/1999", borrowed, borrowed + timedelta(days=max(1, days // 60)))
        )
    # HR records a newcomer's login a few days after the first call.
    recorded = newest.hire_date + timedelta(days=TRAINING_DAYS + days // 40)
    newest.unrecorded_logins.append(
        Identity(newest.identities[0].login, newest.hire_date, recorded)
    )
    newest.identities[0].valid_from = recorded
