"""What HR's records tell of a person's day: attendance, adherence, turnover and training.

Of overlapping rows of a schedule the one that starts later holds, since a break stands inside its
shift. The same goes for absences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from tests.independent.people import FOREVER, Post, Shifts, Span, merged, post_on, without
from tests.independent.raw import DEFAULT_SITE, Zone, read_csv, zone_named
from tests.independent.records import Record, local, site_zone, standing

UNPLANNED = frozenset({"sick", "unplanned"})
STATUTORY = frozenset({"statutory"})
YEAR_DAYS = 365


@dataclass(slots=True, frozen=True)
class Piece:
    """A span in which one thing was planned, or one kind of absence held."""

    start: int
    end: int
    kind: str
    site: str


def inside(spans: list[Span], frame: list[Span]) -> list[Span]:
    """What two lists of disjoint spans share."""
    return [
        (max(a[0], b[0]), min(a[1], b[1]))
        for a in spans
        for b in frame
        if a[0] < b[1] and b[0] < a[1]
    ]


def length(spans: list[Span]) -> int:
    """Seconds."""
    return sum(end - start for start, end in spans)


def hr_rows(
    inbox: Path,
    feed: str,
    key: tuple[str, ...],
    version: str | None,
    zones: dict[str, Zone],
    as_of: int | None,
) -> list[tuple[str, Record]]:
    """Standing records of an HR feed."""
    return standing(
        read_csv(inbox, feed),
        lambda _, row: tuple(row.get(field) for field in key),
        lambda site, row: local(site_zone(zones, site), row.get(version)) if version else None,
        as_of,
    )


def employees(inbox: Path, zones: dict[str, Zone], as_of: int | None) -> dict[str, Record]:
    """Everybody HR knows."""
    rows = hr_rows(inbox, "hr_employees", ("employee_id",), "updated_at", zones, as_of)
    return {row["employee_id"]: row for _, row in rows}


class Staff:
    """Everybody's records and posts, and the clocks they go by."""

    def __init__(
        self, inbox: Path, zones: dict[str, Zone], posts: dict[str, list[Post]], as_of: int | None
    ) -> None:
        """Reads who works here."""
        self.inbox, self.zones, self.posts, self.as_of = inbox, zones, posts, as_of
        self.known = employees(inbox, zones, as_of)

    def site(self, employee: str, folder: str, day: str) -> str:
        """Where one works on a day: by the post, else by the folder that the record came in."""
        post = post_on(self.posts.get(employee), day)
        return (post.site if post else None) or folder

    def clock(self, employee: str, folder: str, text: str) -> Zone:
        """The clock of a record: its folder's, else that of the employee's site."""
        site = folder if folder != DEFAULT_SITE else self.site(employee, folder, text[:10])
        return site_zone(self.zones, site)

    def local(self, employee: str, folder: str, text: str | None) -> int | None:
        """An instant of a record."""
        return self.clock(employee, folder, text).epoch_of(text) if text else None

    def rows(self, feed: str, *key: str) -> list[tuple[str, Record]]:
        """Standing records of a feed whose rows have no version."""
        return hr_rows(self.inbox, feed, key, None, self.zones, None)

    def pieces(self, feed: str, kind: str, first: str) -> dict[str, list[Piece]]:
        """Employee → disjoint pieces of a feed of spans; `first` comes before all other kinds."""
        spans: dict[str, list[Piece]] = defaultdict(list)
        for folder, row in self.rows(feed, "employee_id", "starts_at"):
            employee = row["employee_id"]
            start = self.local(employee, folder, row["starts_at"])
            end = self.local(employee, folder, row["ends_at"])
            if start is not None and (end is None or start < end):
                end = FOREVER if end is None else end
                spans[employee].append(Piece(start, end, row[kind].lower(), folder))
        return {employee: joined(uncovered(mine, first)) for employee, mine in spans.items()}


def uncovered(rows: list[Piece], first: str) -> Iterator[Piece]:
    """Each row without what later ones cover."""
    ordered = sorted(rows, key=lambda row: (row.kind == first, row.start, -row.end))
    for index, row in enumerate(ordered):
        covers = merged((later.start, later.end) for later in ordered[index + 1 :])
        for start, end in without([(row.start, row.end)], covers):
            yield Piece(start, end, row.kind, row.site)


def joined(rows: Iterable[Piece]) -> list[Piece]:
    """Pieces of one kind that follow each other are one."""
    found: list[Piece] = []
    for row in sorted(rows, key=lambda row: row.start):
        last = found[-1] if found else None
        if last and (last.end, last.kind, last.site) == (row.start, row.kind, row.site):
            found[-1] = Piece(last.start, row.end, row.kind, row.site)
        else:
            found.append(row)
    return found


def of_kinds(rows: list[Piece], kinds: frozenset[str]) -> list[Span]:
    """Spans of some kinds."""
    return merged((row.start, row.end) for row in rows if row.kind in kinds)


@dataclass(slots=True, frozen=True)
class Daily:
    """Amounts of a person's day; the site is where the record came from."""

    employee: str
    site: str
    day: str
    amounts: dict[str, int | Fraction]


@dataclass(slots=True, frozen=True)
class Planned:
    """A part of a plan up to the end of the count, and what of it was not missed."""

    employee: str
    site: str
    day: str
    activity: str
    span: Span
    present: list[Span]


def plan(staff: Staff, shifts: Shifts) -> Iterator[Planned]:
    """Everybody's plan, leave left out: leave is not planned work."""
    away = staff.pieces("hr_absences", "kind", "statutory")
    for employee, mine in staff.pieces("hr_schedules", "activity", "leave").items():
        absent = merged((one.start, one.end) for one in away.get(employee, ()))
        for piece in mine:
            end = piece.end if staff.as_of is None else min(piece.end, staff.as_of)
            if piece.kind == "leave" or piece.start >= end:
                continue
            zone = site_zone(staff.zones, piece.site)
            day = shifts.date_of(employee, piece.start, zone)
            span = (piece.start, end)
            yield Planned(employee, piece.site, day, piece.kind, span, without([span], absent))


def attendance(staff: Staff, shifts: Shifts) -> Iterator[Daily]:
    """Scheduled seconds and those missed unplanned; what is a right of law leaves both sides."""
    away = staff.pieces("hr_absences", "kind", "statutory")
    for one in plan(staff, shifts):
        absent = away.get(one.employee, [])
        due = without([one.span], of_kinds(absent, STATUTORY))
        missed = inside(due, of_kinds(absent, UNPLANNED))
        amounts: dict[str, int | Fraction] = {
            "scheduled": length(due),
            "unplanned_absent": length(missed),
        }
        yield Daily(one.employee, one.site, one.day, amounts)


def adherence(
    staff: Staff, shifts: Shifts, working: dict[str, list[Span]], told: set[tuple[str, str]]
) -> Iterator[Daily]:
    """Planned seconds of people who were not absent, and those kept.

    Work is kept by working, anything else by not working. `told` are the (employee, day) of which
    the telephony could tell: those of a login at a site that told of log-ins on that day.
    """
    for one in plan(staff, shifts):
        if (one.employee, one.day) not in told:
            continue
        kept = length(inside(one.present, merged(working.get(one.employee, ()))))
        base = length(one.present)
        adherent = kept if one.activity == "work" else base - kept
        yield Daily(one.employee, one.site, one.day, {"adherent": adherent, "adherence_base": base})


def headcount(staff: Staff, months: set[str]) -> Iterator[Daily]:
    """Everybody employed on the days of some months, a leaver's last day included.

    A year's days for each who leaves make the rate annual.
    """
    for day in days_of(months, staff.as_of):
        for employee in staff.known.keys() | staff.posts.keys():
            record = staff.known.get(employee)
            left = (record["leave_date"] if record else None) or ""
            posts = staff.posts.get(employee)
            if posts:
                is_there = post_on(posts, day) is not None
            else:
                is_there = bool(record) and (record["hire_date"] or "") <= day
                is_there = is_there and (not left or day <= left)
            if is_there:
                leaver_days = YEAR_DAYS * int(day == left)
                amounts: dict[str, int | Fraction] = {
                    "headcount_days": 1,
                    "leaver_days": leaver_days,
                }
                yield Daily(employee, DEFAULT_SITE, day, amounts)


def days_of(months: set[str], as_of: int | None) -> Iterator[str]:
    """Every date of some months (`2026-10`), up to the end of the count."""
    last = date.max.isoformat() if as_of is None else zone_named("UTC").date_of(as_of)
    for month in sorted(months):
        day = date.fromisoformat(f"{month}-01")
        while day.isoformat()[:7] == month and day.isoformat() <= last:
            yield day.isoformat()
            day += timedelta(days=1)


def trainings(staff: Staff) -> Iterator[Daily]:
    """Courses due and done in time; gains in points of 100 where both tests are on the scale."""
    for folder, row in staff.rows("hr_training", "training_id"):
        employee, due = row["employee_id"], (row["due_date"] or "")[:10]
        done_at = staff.local(employee, folder, row["completed_at"])
        done = None
        if done_at is not None and (staff.as_of is None or done_at <= staff.as_of):
            done = staff.clock(employee, folder, row["completed_at"]).date_of(done_at)
        left = (staff.known.get(employee) or {}).get("leave_date") or "9999"
        last = "9999" if staff.as_of is None else zone_named("UTC").date_of(staff.as_of)
        if due and due <= min(left, last):
            in_time = int(done is not None and done <= due)
            amounts: dict[str, int | Fraction] = {"courses_due": 1, "courses_in_time": in_time}
            yield Daily(employee, folder, due, amounts)
        gain = gained(row)
        if done and gain is not None:
            yield Daily(employee, folder, done, {"gained_points": gain, "courses_tested": 1})


def gained(row: Record) -> Fraction | None:
    """Points of 100 between the two tests."""
    if not (row["pre_score"] and row["post_score"] and row["max_score"]):
        return None
    before, after, most = (Fraction(row[name]) for name in ("pre_score", "post_score", "max_score"))
    if most <= 0 or not (0 <= before <= most and 0 <= after <= most):
        return None
    return 100 * (after - before) / most
