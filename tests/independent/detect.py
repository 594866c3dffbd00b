"""What the data alone tell: logins that two people use, and times in which a site was silent."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tests.independent.raw import Zone
from tests.independent.replay import Leg, Visit

# A hang-up and the next answer may be logged in one second.
TOLERANCE_SECONDS = 1
SHARED_TALKS = 3
SHARED_SECONDS = 60
HALF_HOUR = 1800
AROUND = 10
EXPECTED_CONTACTS = 20
# Both of the busiest stretch of a silence and of what is looked at before and after it.
STRETCH = 6
# Fewer others of the kind tell nothing.
FEWEST = 3


@dataclass(slots=True)
class Overlaps:
    """One login's talks of one day that went on at the same time."""

    talks: int = 0
    seconds: int = 0

    @property
    def is_shared(self) -> bool:
        """Whether nobody could have done that alone."""
        return self.talks >= SHARED_TALKS and self.seconds >= SHARED_SECONDS


def overlapping(legs: Iterable[Leg]) -> dict[tuple[str, str, str], Overlaps]:
    """(site, login, work date) → talks during which another of the login's began."""
    days: dict[tuple[str, str, str], list[Leg]] = defaultdict(list)
    for leg in legs:
        if leg.ended_at is not None:
            days[leg.site, leg.agent, leg.work_date].append(leg)
    return {key: found for key, mine in days.items() if (found := overlaps(mine)).talks}


def overlaps(legs: list[Leg]) -> Overlaps:
    """The talks of one login's day."""
    legs.sort(key=lambda leg: (leg.answered_at, leg.contact_id, leg.number))
    found = Overlaps()
    for index, leg in enumerate(legs):
        until = (leg.ended_at or 0) - TOLERANCE_SECONDS
        found.talks += any(later.answered_at < until for later in legs[index + 1 :])
    edges = sorted(
        [(leg.answered_at, 1) for leg in legs] + [(leg.ended_at or 0, -1) for leg in legs]
    )
    talking, since = 0, 0
    for at, change in edges:
        if talking >= 2:
            found.seconds += at - since
        talking, since = talking + change, at
    return found


@dataclass(slots=True, frozen=True)
class Silence:
    """A time in which contacts were to be expected at a site and none came."""

    site: str
    start: int
    end: int
    expected: Fraction


def silences(visits: Iterable[Visit], zones: dict[str, Zone]) -> Iterator[Silence]:
    """Between two entries into a queue: the whole half hours that others days had contacts in.

    What is to be expected in a half hour is the mean of the ten before and the ten after it of the
    same local time, of working days or of weekends alike; of three at least. Some three hours must
    have expected enough, also at the pace of the three hours before and after the silence.
    """
    by_site: dict[str, list[int]] = defaultdict(list)
    for visit in visits:
        by_site[visit.site].append(visit.enqueued_at)
    for site, times in by_site.items():
        times.sort()
        usual = Usual(times, zones[site])
        for start, end in itertools.pairwise(times):
            first = -(-start // HALF_HOUR) * HALF_HOUR
            last = end - end % HALF_HOUR
            expected = [usual.expected(at) or 0 for at in range(first, last, HALF_HOUR)]
            busiest = max(
                (sum(expected[at : at + STRETCH], Fraction(0)) for at in range(len(expected))),
                default=Fraction(0),
            )
            if busiest < EXPECTED_CONTACTS:
                continue
            came, usually = usual.around(first, last)
            if busiest * came >= EXPECTED_CONTACTS * usually:
                yield Silence(site, start, end, sum(expected, Fraction(0)))


class Usual:
    """How many contacts come in a half hour of a day."""

    def __init__(self, times: list[int], zone: Zone) -> None:
        """Counts every half hour from the first contact's to the last one's, by the local clock."""
        self.zone = zone
        self.counts = Counter(at - at % HALF_HOUR for at in times)
        self.alike: dict[tuple[bool, int], list[int]] = defaultdict(list)
        for at in range(min(self.counts), max(self.counts) + 1, HALF_HOUR):
            self.alike[self.kind(at)].append(at)

    def kind(self, at: int) -> tuple[bool, int]:
        """Whether it is a weekend's, and the minute of the local day."""
        moment = datetime.fromtimestamp(at, self.zone.zone)
        return moment.weekday() > 4, moment.hour * 60 + moment.minute

    def around(self, first: int, last: int) -> tuple[int, Fraction]:
        """What came in the half hours before and after, and what usually comes in them."""
        width = STRETCH * HALF_HOUR
        sides = (*range(first - width, first, HALF_HOUR), *range(last, last + width, HALF_HOUR))
        told = {at: mean for at in sides if (mean := self.expected(at)) is not None}
        return sum(self.counts[at] for at in told), sum(told.values(), Fraction(0))

    def expected(self, at: int) -> Fraction | None:
        """The mean of those of its kind around."""
        alike = self.alike[self.kind(at)]
        if at not in alike:
            return None
        here = alike.index(at)
        near = alike[max(0, here - AROUND) : here] + alike[here + 1 : here + 1 + AROUND]
        if len(near) < FEWEST:
            return None
        return Fraction(sum(self.counts[one] for one in near), len(near))
