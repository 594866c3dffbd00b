"""Review scores: each source's mean rating, weighted by the organisation's weight of the source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests.independent.people import post_on
from tests.independent.raw import zone_named
from tests.independent.subjects import period_start
from tests.independent.workforce import Staff

ANY_ROLE = "*"


@dataclass(slots=True, frozen=True)
class Rating:
    """One rating as a share of its scale."""

    employee: str
    rater: str | None
    source: str
    share: Fraction
    day: str


def ratings(staff: Staff) -> list[Rating]:
    """Every rating on its scale that was given by the end of the count."""
    found: list[Rating] = []
    for folder, row in staff.rows("hr_reviews", "review_id"):
        employee = row["employee_id"]
        at = staff.local(employee, folder, row["rated_at"])
        if at is None or (staff.as_of is not None and at > staff.as_of):
            continue
        if not row["rating"] or not row["scale_max"]:
            continue
        share = Fraction(row["rating"]) / Fraction(row["scale_max"])
        if 0 <= share <= 1:
            zone = staff.clock(employee, folder, row["rated_at"])
            found.append(Rating(employee, row["rater_id"], row["source"], share, zone.date_of(at)))
    return found


def score(
    mine: Iterable[Rating], role: str | None, day: str, seed: list[dict[str, str]]
) -> tuple[int, Fraction] | None:
    """(ratings, weighted mean) of the sources that enough raters of a person make up.

    Weights are those of a day, of the role before those of all roles. A rater without a name is
    one of many.
    """
    by_source: dict[str, list[Rating]] = defaultdict(list)
    for rating in mine:
        by_source[rating.source].append(rating)
    count, total, weights = 0, Fraction(0), Fraction(0)
    for source, given in by_source.items():
        rows = [
            row
            for row in seed
            if row["source"] == source
            and row["valid_from"] <= day < (row["valid_to"] or "9999")
            and row["role"] in (role, ANY_ROLE)
        ]
        if not rows:
            continue
        row = max(rows, key=lambda one: one["role"] != ANY_ROLE)
        names = {rating.rater for rating in given if rating.rater}
        nameless = sum(not rating.rater for rating in given)
        if len(names) + nameless < int(row["minimum_raters"]):
            continue
        weight = Fraction(row["weight"])
        total += weight * sum((one.share for one in given), Fraction(0)) / len(given)
        weights += weight
        count += len(given)
    return (count, total / weights) if weights else None


def scores(
    staff: Staff, seed: list[dict[str, str]], period_type: str
) -> dict[tuple[str, str], tuple[int, Fraction]]:
    """(employee, period start) → (ratings, score), by the weights of the period's last day.

    Of a period that is not over, by those of the day of the count.
    """
    by_period: dict[tuple[str, str], list[Rating]] = defaultdict(list)
    for rating in ratings(staff):
        by_period[rating.employee, period_start(period_type, rating.day)].append(rating)
    today = "9999" if staff.as_of is None else zone_named("UTC").date_of(staff.as_of)
    found: dict[tuple[str, str], tuple[int, Fraction]] = {}
    for (employee, start), mine in by_period.items():
        day = min(last_day(period_type, start), today)
        post = post_on(staff.posts.get(employee), day)
        if scored := score(mine, post.role if post else None, day, seed):
            found[employee, start] = scored
    return found


def last_day(period_type: str, start: str) -> str:
    """The last date of the period that begins on a date."""
    day = date.fromisoformat(start)
    while period_start(period_type, (day + timedelta(days=1)).isoformat()) == start:
        day += timedelta(days=1)
    return day.isoformat()
