"""Business hours: the part of a span of time in which a help desk was open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.independent.people import Span, merged

DAY_MINUTES = 24 * 60


@dataclass(slots=True)
class Schedule:
    """Weekly opening hours on a local clock, and the dates on which nobody works.

    Hours are minutes since the week began on Sunday at 00:00 by the wall clock: 09:00 is 09:00 also
    on the day on which the clocks change.
    """

    zone: str
    hours: list[tuple[int, int]] = field(default_factory=list)
    holidays: set[str] = field(default_factory=set)

    def open_on(self, day: date) -> Iterator[Span]:
        """Opening hours of a local date as instants."""
        if day.isoformat() in self.holidays:
            return
        midnight = (day.weekday() + 1) % 7 * DAY_MINUTES
        for start, end in self.hours:
            first, last = max(start, midnight), min(end, midnight + DAY_MINUTES)
            if first < last:
                yield self.instant(day, first - midnight), self.instant(day, last - midnight)

    def instant(self, day: date, minutes: int) -> int:
        """A wall clock's minute of a date: the second of two, one later where there is none."""
        moment = datetime.combine(day, time()) + timedelta(minutes=minutes)
        zone = ZoneInfo(self.zone)
        return max(int(moment.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))

    def seconds(self, start: int, end: int) -> int:
        """Open seconds between two instants."""
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(start, zone).date()
        last = datetime.fromtimestamp(end, zone).date()
        open_spans: list[Span] = []
        while day <= last:
            open_spans.extend(self.open_on(day))
            day += timedelta(days=1)
        return overlap(merged(open_spans), [(start, end)])


def overlap(one: list[Span], other: list[Span]) -> int:
    """Seconds that are in both of two lists of disjoint spans."""
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other if a[0] < b[1])


def dates_of(first: str, last: str) -> Iterator[str]:
    """Every date from one to another, both included."""
    day, end = date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
    while day <= end:
        yield day.isoformat()
        day += timedelta(days=1)


def schedules(
    rows: list[dict[str, str | None]], holidays: list[dict[str, str | None]]
) -> dict[str, Schedule]:
    """Schedule id → its hours and holidays, from the help desk's own tables."""
    closed: dict[str, set[str]] = defaultdict(set)
    for row in holidays:
        start = row["start_date"] or ""
        closed[row["schedule_id"] or ""].update(dates_of(start, row["end_date"] or start))
    found: dict[str, Schedule] = {}
    for row in rows:
        name = row["id"] or ""
        schedule = found.setdefault(name, Schedule(row["time_zone"] or "UTC", [], closed[name]))
        start, end = int(row["start_time"] or 0), int(row["end_time"] or 0)
        if start < end:
            schedule.hours.append((start, end))
        else:
            # Over the end of the week.
            schedule.hours += [(start, 7 * DAY_MINUTES), (0, end)]
    return found
