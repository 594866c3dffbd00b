"""Who is planned to work when: shifts, breaks, meetings, training, leave and sickness."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from demo.clock import SiteClock
from demo.organisation import TRAINING_DAYS, Employee, Site

HALF_HOUR = 1800


@dataclass(slots=True, eq=False)
class Shift:
    """One person's planned day; `pauses` are (start, seconds, reason) inside it."""

    employee: Employee
    day: date
    starts_at: int
    ends_at: int
    activity: str = "work"
    pauses: list[tuple[int, int, str]] = field(default_factory=list)
    is_sick: bool = False
    is_elsewhere: bool = False  # worked at another site, in whose rota it stands too
    login: str = ""  # used on this day, if not the person's own

    @property
    def comes(self) -> bool:
        """Whether the person comes and takes calls here."""
        return self.activity == "work" and not self.is_sick and not self.is_elsewhere


@dataclass(slots=True)
class Rota:
    """All shifts of one site, and the staffing that its planner expects from them."""

    shifts: dict[date, list[Shift]]

    def staffing(self, day: date, midnight: int) -> list[float]:
        """Return the expected number of agents on the phone in each half hour of the day."""
        slots = [0.0] * 54
        for shift in self.shifts[day]:
            if shift.activity != "work" or shift.is_elsewhere:
                continue
            begin, end = shift.starts_at - midnight, shift.ends_at - midnight
            for slot in range(begin // HALF_HOUR, min(53, (end - 1) // HALF_HOUR) + 1):
                inside = min(end, (slot + 1) * HALF_HOUR) - max(begin, slot * HALF_HOUR)
                slots[slot] += 0.87 * inside / HALF_HOUR
        return slots


def plan_rota(
    people: list[Employee], clock: SiteClock, first: date, last: date, rng: random.Random
) -> Rota:
    """Plan every phone agent's days; who is sick stays in the plan but does not come."""
    agents = [person for person in people if person.takes_calls]
    days = (last - first).days + 1
    # Every so many weeks it is somebody's turn to work the weekend.
    cycle = 5 if len(agents) >= 12 else 3
    holidays = {
        person.employee_id: first + timedelta(days=rng.randrange(days))
        for person in agents
        if rng.random() < days / 150
    }
    bad_days = {first + timedelta(days=n) for n in range(days) if rng.random() < 0.03}
    shifts: dict[date, list[Shift]] = {}
    for number in range(days):
        day = first + timedelta(days=number)
        absence = 0.13 if day in bad_days else 0.022
        shifts[day] = []
        for person in agents:
            if not person.employed_on(day) or not _works_on(person, day, cycle):
                continue
            shift = _shift(person, clock, day, rng)
            away = holidays.get(person.employee_id)
            if (day - person.hire_date).days < TRAINING_DAYS:
                shift.activity = "training"
                shift.pauses.clear()
            elif away is not None and 0 <= (day - away).days < 7:
                shift.activity = "leave"
                shift.pauses.clear()
            shift.is_sick = rng.random() < absence
            shifts[day].append(shift)
    return Rota(shifts)


def _works_on(person: Employee, day: date, cycle: int) -> bool:
    week, weekday = divmod(day.toordinal() - 1, 7)  # ordinal 1 was a Monday
    if person.site.weekend_start is None:
        # Seven days a week: two fifths have the weekend off, the others two days inside the week.
        # Those who start at one hour rest on different days, or nobody would be there at it.
        turn = person.index + person.index // len(person.site.shift_starts) + week
        off = ((5, 6), (5, 6), (1, 2), (3, 6), (2, 4))[turn % 5]
        return weekday not in off
    if (person.index + week) % cycle == 0:
        return weekday not in ((1, 3), (2, 4))[person.index % 2]
    return weekday < 5


def _shift(person: Employee, clock: SiteClock, day: date, rng: random.Random) -> Shift:
    site: Site = person.site
    is_weekend = day.weekday() >= 5
    start = site.weekend_start if is_weekend and site.weekend_start else person.shift_start
    minutes = 510 if person.employment_share == 1.0 else round(480 * person.employment_share)
    begin, end = clock.at(day, start), clock.at(day, start + minutes)
    shift = Shift(person, day, begin, end)

    # The golden ratio spreads neighbours of one shift evenly, so that never all are at lunch.
    rank = person.index // len(site.shift_starts)
    turn = (rank * 0.618034 + day.toordinal() * 0.381966 + rng.random() * 0.1) % 1.0

    def pause(earliest: int, latest: int, seconds: int, reason: str) -> None:
        at = earliest + (latest - earliest) * turn
        shift.pauses.append((begin + 300 * round(at / 5), seconds, reason))

    if not is_weekend and person.index % 5 == day.weekday():
        pause(20, 55, 1800, "meeting")
    if minutes == 510:
        pause(90, 155, 900, "break")
        pause(190, 310, 1800, "break")
        pause(360, 440, 900, "break")
    else:
        pause(minutes // 2 - 30, minutes // 2 + 30, 900, "break")
    return shift
