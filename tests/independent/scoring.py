"""Scores of a period, from its measures, the settings and HR's records.

A subject's period is cut, KPI by KPI, into parts in which nothing that decides changes: the post,
the weight, the target, the step of the ramp, a suspension. Each part has its own numerator and
denominator, and counts by its days among all days on which a scheme holds for the subject.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests.independent.people import Post, post_on

Seed = list[dict[str, str]]
Subject = tuple[str, str]
# (subject, measure) → day → amount
Measures = dict[tuple[Subject, str], dict[str, Fraction]]

ANY = "*"
# A score needs at least this share of the weight.
LEAST_COVERED = 1 - Fraction("0.4")
FACTORS = {"per_thousand": 1000, "per_hour": 3600, "net_score": 100}
CORNERS = ("low_floor", "low_target", "floor", "target", "stretch")
NOWHERE = Post("", "9999-12-31", None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Corners:
    """Where attainment bends, and the cap."""

    low_floor: Fraction | None
    low_target: Fraction | None
    floor: Fraction | None
    target: Fraction | None
    stretch: Fraction | None
    cap: Fraction | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds on a day for one KPI of a subject; days with equal rules make a part."""

    role: str | None
    team: str | None
    site: str | None
    measured: Subject
    scheme: str
    weight: Fraction
    corners: Corners | None
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A range of days under the same rules."""

    kpi: str
    start: str
    end: str
    rules: Rules
    exposure: Fraction
    numerator: Fraction
    denominator: Fraction
    value: Fraction | None
    attainment: Fraction | None
    is_reliable: bool
    applies: bool

    @property
    def nominal(self) -> Fraction:
        """Share of the score before anything is missing."""
        return self.exposure * self.rules.weight


@dataclass(frozen=True, slots=True)
class Card:
    """A score with its parts; None when too little can be read."""

    score: Fraction | None
    covered: Fraction
    parts: list[Part]

    def effective(self, part: Part) -> Fraction:
        """The part's weight when those that don't apply have given theirs away."""
        applying = sum((one.nominal for one in self.parts if one.applies), Fraction(0))
        return part.nominal / applying if part.applies else Fraction(0)


@dataclass(frozen=True)
class Settings:
    """The seeds that decide scores."""

    kpis: Seed
    targets: Seed
    weights: Seed
    suspensions: Seed
    ramps: Seed


@dataclass(frozen=True)
class People:
    """Who stood where, from when until when."""

    posts: dict[str, list[Post]]
    hired: dict[str, str | None]
    left: dict[str, str | None]

    def post(self, subject: Subject, day: str) -> Post | None:
        """Where a subject stands on a day; None when it is not employed on it."""
        kind, name = subject
        if kind != "employee":
            return NOWHERE
        hired, left = self.hired.get(name), self.left.get(name)
        if (hired and day < hired) or (left and day > left):
            return None
        return post_on(self.posts.get(name), day)


def days_of(period_type: str, start: str, until: str) -> list[str]:
    """The days of a month or quarter up to and with one."""
    first = date.fromisoformat(start)
    months = {"month": 1, "quarter": 3}[period_type]
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    last = min(date(year, month + 1, 1) - timedelta(days=1), date.fromisoformat(until))
    return [(first + timedelta(days=later)).isoformat() for later in range((last - first).days + 1)]


def holding(rows: Iterable[dict[str, str]], day: str) -> Iterator[dict[str, str]]:
    """Rows that hold on a day."""
    return (row for row in rows if row["valid_from"] <= day < (row["valid_to"] or "9999"))


def weights_on(settings: Settings, kind: str, role: str | None, day: str) -> Seed:
    """The scheme of a day: the role's own rows, else those for every role."""
    rows = [row for row in holding(settings.weights, day) if row["subject_type"] == kind]
    return [row for row in rows if row["role"] == role] or [
        row for row in rows if row["role"] == ANY
    ]


def corners_on(
    settings: Settings, kpi: str, subject: Subject, post: Post, hired: str | None, day: str
) -> Corners | None:
    """The target of a day, moved by the ramp; site goes before role, role before kind."""
    wanted = {"site_id": post.site, "role": post.role, "subject_type": subject[0]}
    fitting = [
        row
        for row in holding(settings.targets, day)
        if row["kpi_code"] == kpi
        and all(row[column] in (value, ANY) for column, value in wanted.items())
    ]
    if not fitting:
        return None
    row = max(fitting, key=lambda row: [row[column] != ANY for column in wanted])
    factor = ramp_on(settings, kpi, post.role, hired, day) if subject[0] == "employee" else 1
    moved = [Fraction(row[corner]) * factor if row[corner] else None for corner in CORNERS]
    return Corners(*moved, Fraction(row["cap"]) if row["cap"] else None)


def ramp_on(
    settings: Settings, kpi: str, role: str | None, hired: str | None, day: str
) -> Fraction:
    """What targets are multiplied by, so long after the hire: by the curve of that day."""
    if hired is None:
        return Fraction(1)
    tenure = (date.fromisoformat(day) - date.fromisoformat(hired)).days
    rows = [row for row in holding(settings.ramps, hired) if row["kpi_code"] == kpi]
    curve = [row for row in rows if row["role"] == role] or [
        row for row in rows if row["role"] == ANY
    ]
    steps = [row for row in curve if int(row["tenure_days_from"]) <= tenure]
    step = max(steps, key=lambda row: int(row["tenure_days_from"]), default=None)
    return Fraction(step["target_factor"]) if step else Fraction(1)


def attained(value: Fraction, shape: str, corners: Corners) -> Fraction | None:
    """Attainment, piecewise linear between the corners."""
    floor, target, cap = corners.floor, corners.target, corners.cap
    if target is None or floor is None:
        return None
    if shape in ("band", "asymmetric"):
        low_floor, low_target = corners.low_floor, corners.low_target
        if low_floor is None or low_target is None:
            return None
        if value < low_target:
            return max(100 * (value - low_floor) / (low_target - low_floor), Fraction(0))
        if value > target:
            return max(100 * (floor - value) / (floor - target), Fraction(0))
        return Fraction(100)
    # Both ways: how far from the floor to the target, 1 on it.
    way = (value - floor) / (target - floor)
    if way <= 1:
        return max(100 * way, Fraction(0))
    if corners.stretch is None or cap is None:
        return Fraction(100)
    return min(100 + (cap - 100) * (value - target) / (corners.stretch - target), cap)


def card(
    settings: Settings, people: People, measures: Measures, subject: Subject, days: list[str]
) -> Card:
    """One subject's score of some days."""
    posts = {day: post for day in days if (post := people.post(subject, day)) is not None}
    kpis = {row["kpi_code"]: row for row in settings.kpis}
    rules: dict[str, dict[str, Rules]] = defaultdict(dict)
    for day, post in posts.items():
        for row in weights_on(settings, subject[0], post.role, day):
            kpi = row["kpi_code"]
            rules[kpi][day] = Rules(
                post.role,
                post.team,
                post.site,
                measured(row["measured_on"], subject, post),
                row["scheme"],
                Fraction(row["weight"]),
                corners_on(settings, kpi, subject, post, people.hired.get(subject[1]), day),
                any(
                    row["kpi_code"] == kpi and row["site_id"] in (post.site, ANY)
                    for row in holding(settings.suspensions, day)
                ),
            )
    scheme_days = {day for by_day in rules.values() for day in by_day}
    parts = [
        part
        for kpi, by_day in rules.items()
        for part in cut(kpis[kpi], by_day, subject, sorted(scheme_days), measures, days)
    ]
    return scored(parts)


def measured(on: str, subject: Subject, post: Post) -> Subject:
    """Whose figures are read: one's own, or those of a unit that one belongs to."""
    if not on:
        return subject
    if on == "company":
        return on, on
    return on, getattr(post, on) or ""


def scored(parts: list[Part]) -> Card:
    """The score of parts that together are everything."""
    nominal = sum((part.nominal for part in parts), Fraction(0))
    applying = sum((part.nominal for part in parts if part.applies), Fraction(0))
    covered = applying / nominal if nominal else Fraction(0)
    if not applying or covered < LEAST_COVERED:
        return Card(None, covered, parts)
    points = sum(
        (part.nominal * (part.attainment or 0) for part in parts if part.applies), Fraction(0)
    )
    return Card(points / applying, covered, parts)


def cut(
    kpi: dict[str, str],
    by_day: dict[str, Rules],
    subject: Subject,
    scheme_days: list[str],
    measures: Measures,
    days: list[str],
) -> Iterator[Part]:
    """The parts of one KPI, with what was measured in them.

    What is dated on a day without any part, such as an answer after the last day, is the part's
    before it, unless the figures are others' and not one's own.
    """
    spans: list[tuple[str, str, int, Rules]] = []
    for day, rules in sorted(by_day.items()):
        if spans and spans[-1][1] == day and spans[-1][3] == rules:
            start, _, count, _ = spans.pop()
            spans.append((start, following(day), count + 1, rules))
        else:
            spans.append((day, following(day), 1, rules))
    sums: list[tuple[Fraction, Fraction]] = []
    for start, end, _, rules in spans:
        until = next((day for day in scheme_days if day >= end), following(days[-1]))
        if rules.measured != subject:
            until = end
        above, below = (
            total(measures.get((rules.measured, kpi[side]), {}), start, until)
            for side in ("numerator", "denominator")
        )
        sums.append((above, below))
    counting = [
        below for (_, _, _, rules), (_, below) in zip(spans, sums, strict=True)
        if not rules.is_suspended
    ]  # fmt: skip
    is_reliable = sum(counting) >= Fraction(kpi["minimum_denominator"])
    factor = FACTORS.get(kpi["unit"], 1)
    for (start, end, count, rules), (above, below) in zip(spans, sums, strict=True):
        value = factor * above / below if below else None
        attainment = (
            attained(value, kpi["shape"], rules.corners)
            if value is not None and rules.corners
            else None
        )
        yield Part(
            kpi["kpi_code"],
            start,
            end,
            rules,
            Fraction(count, len(scheme_days)),
            above,
            below,
            value,
            attainment,
            is_reliable,
            is_reliable and attainment is not None and not rules.is_suspended,
        )


def total(by_day: dict[str, Fraction], start: str, end: str) -> Fraction:
    """The sum of some days, the last one not included."""
    return sum((amount for day, amount in by_day.items() if start <= day < end), Fraction(0))


def following(day: str) -> str:
    """The next day."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def by_kpi(parts: list[Part], what: Callable[[Part], Fraction]) -> dict[str, Fraction]:
    """Sums over each KPI's parts."""
    ordered = sorted(parts, key=lambda part: part.kpi)
    return {
        kpi: sum((what(part) for part in mine), Fraction(0))
        for kpi, mine in itertools.groupby(ordered, key=lambda part: part.kpi)
    }


def mean_attainments(parts: list[Part]) -> dict[str, Fraction]:
    """KPI → mean of its parts' attainments by their nominal weights, where there are any."""
    read = [part for part in parts if part.attainment is not None]
    weights = by_kpi(read, lambda part: part.nominal)
    sums = by_kpi(read, lambda part: part.nominal * (part.attainment or 0))
    return {kpi: sums[kpi] / weight for kpi, weight in weights.items() if weight}
