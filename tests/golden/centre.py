"""Writes the centre of all cases: its inbox and its configuration.

Everything goes the way of real data, through the real line. Three feeds give exact numerators and
denominators without a telephone: an evaluation of one item is `points / weight`, a training with
both tests a gain in points, a training with a due date a course completed in time or not. Which KPI
reads which of them stands in `common.yml`.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.golden.case import PERSON, Row, own, seed_rows
from tests.line import PROJECT

# A call at each site in each of these months, so that there is a period and a data grade.
CALLS = [date(2026, month, 1) for month in range(4, 12)]
# One call in ten of this site is nobody's: more than 2 % of its legs, so its data are of grade C.
MURKY = "murky"
# Decided by the cases alone, whatever the project's own files say.
CASES_ONLY = (
    "sites", "kpi_targets", "kpi_weights", "kpi_suspensions", "ramp_curves", "tier_rules",
    "pay_plans", "awards", "pay_holds", "objectives", "calendars",
)  # fmt: skip


def write_seeds(of: list[Row], folder: Path) -> None:
    """Every seed of the project; those of scores and pay as the cases say."""
    rows = seed_rows(of)
    folder.mkdir(parents=True)
    for source in sorted((PROJECT / "seeds").glob("*.csv")):
        with source.open(newline="") as file:
            theirs = csv.DictReader(file)
            header = list(theirs.fieldnames or [])
            kept = [] if source.stem in CASES_ONLY else list(theirs)
        unknown = {column for row in rows.get(source.stem, []) for column in row} - set(header)
        assert not unknown, f"{source.stem} has no column {', '.join(sorted(unknown))}"
        _write(folder / source.name, header, [*kept, *rows.pop(source.stem, [])])
    assert not rows, f"the project has no seed {', '.join(rows)}"


def write_inbox(of: list[Row], inbox: Path) -> None:
    """The feeds of all people of all cases."""
    feeds: dict[str, list[Row]] = defaultdict(list)
    for case in of:
        for name, said in case["people"].items():
            for feed, row in _person(case["case"], own(case["case"], name), PERSON | said):
                feeds[feed].append(row)
    sites = [row["site_id"] for row in seed_rows([])["sites"]]
    for site in sites:
        _write_log(inbox / "asterisk_queue_log" / f"site={site}" / "queue_log", site)
        feeds["hr_identities"].append(
            {"site": site, "login": "desk", "employee_id": f"desk.{site}", "valid_from": CALLS[0]}
        )
        feeds["hr_employees"].append(_employee(f"desk.{site}", PERSON))
    for feed, rows in feeds.items():
        header = list(dict.fromkeys(column for row in rows for column in row))
        _write(inbox / feed / "cases.csv", header, rows)


def _person(case: str, identity: str, said: Row) -> Iterator[tuple[str, Row]]:
    """All that the feeds say of one person."""
    yield "hr_employees", _employee(identity, said)
    for day, base_pay in said["raises"].items():
        later = {"base_pay": base_pay, "updated_at": f"{day}T09:00:00Z"}
        yield "hr_employees", _employee(identity, said) | later
    for post in said["posts"]:
        yield (
            "hr_assignments",
            {
                "employee_id": identity,
                "role": own(case, post.get("role", "case")),
                "team": own(case, post.get("team", "case")),
                "department": "cases",
                "site": post.get("site", "north"),
                "valid_from": post.get("from", said["hired"]),
                "valid_to": post.get("until"),
            },
        )
    for day in _working_days(said["works"]):
        starts_at = datetime.combine(day, time(9), UTC)
        ends_at = starts_at + timedelta(hours=said["works"]["hours"])
        yield "hr_schedules", _span(identity, starts_at, ends_at) | {"activity": "work"}
    for day, kind in said["absent"].items():
        starts_at = datetime.combine(day, time(), UTC)
        yield (
            "hr_absences",
            _span(identity, starts_at, starts_at + timedelta(days=1))
            | {"kind": kind, "is_paid": kind != "unpaid"},
        )
    for feed in FEEDS:
        for day, ratio in said.get(feed, {}).items():
            numerator, denominator = (Fraction(part) for part in str(ratio).split("/"))
            yield from FEEDS[feed](identity, day, numerator, denominator)


def _employee(identity: str, said: Row) -> Row:
    return {
        "employee_id": identity,
        "full_name": identity,
        "hire_date": said["hired"],
        "leave_date": said["left"],
        "employment_share": said["share"],
        "base_pay": said["base_pay"],
        "currency": said["currency"],
        "updated_at": "2024-01-01T00:00:00Z",
    }


def _working_days(works: Row | None) -> Iterator[date]:
    if works:
        for later in range((works["until"] - works["from"]).days + 1):
            day = works["from"] + timedelta(days=later)
            if day.weekday() < 5:
                yield day


def _span(identity: str, starts_at: datetime, ends_at: datetime) -> Row:
    return {
        "employee_id": identity,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
    }


def _evaluation(identity: str, day: date, name: str, points: Fraction, weight: Fraction) -> Row:
    return {
        "evaluation_id": f"{identity}:{day}:{name}",
        "employee_id": identity,
        "evaluator_id": "evaluator",
        "evaluated_at": f"{day}T12:00:00Z",
        "item": "all",
        "weight": float(weight),
        "points": float(points),
        "max_points": float(weight or 1),
        "is_applicable": True,
        "error_class": "none",
        "is_autofail": False,
        "is_calibration": False,
    }


def _quality(
    identity: str, day: date, points: Fraction, weight: Fraction
) -> Iterator[tuple[str, Row]]:
    """One form with one item."""
    yield "quality_evaluations", _evaluation(identity, day, "form", points, weight)


def _handling(
    identity: str, day: date, total: Fraction, count: Fraction
) -> Iterator[tuple[str, Row]]:
    """As many forms as the denominator; the first earns the numerator, the others weigh nothing."""
    yield "quality_evaluations", _evaluation(identity, day, "0", total, total)
    for nth in range(1, int(count)):
        yield "quality_evaluations", _evaluation(identity, day, str(nth), Fraction(0), Fraction(0))


def _gain(identity: str, day: date, gain: Fraction, tests: Fraction) -> Iterator[tuple[str, Row]]:
    """As many tested trainings as the denominator; a training gains 100 points at most."""
    for nth in range(int(tests)):
        part = max(min(gain, Fraction(100)), Fraction(-100))
        gain -= part
        yield (
            "hr_training",
            {
                "training_id": f"{identity}:{day}:test{nth}",
                "employee_id": identity,
                "course": "tested",
                "completed_at": f"{day}T12:00:00Z",
                "pre_score": 0 if part >= 0 else float(-part),
                "post_score": float(part) if part >= 0 else 0,
                "max_score": 100,
            },
        )


def _courses(
    identity: str, day: date, completed: Fraction, due: Fraction
) -> Iterator[tuple[str, Row]]:
    """Courses due, the first of them completed on the day itself."""
    for nth in range(int(due)):
        yield (
            "hr_training",
            {
                "training_id": f"{identity}:{day}:due{nth}",
                "employee_id": identity,
                "course": f"due {nth}",
                "due_date": day,
                "completed_at": f"{day}T12:00:00Z" if nth < completed else None,
            },
        )


FEEDS = {
    "gain": _gain,
    "delay": _gain,
    "quality": _quality,
    "load": _quality,
    "handling": _handling,
    "courses": _courses,
}


def _write_log(path: Path, site: str) -> None:
    """Calls of a minute each, answered by the site's desk."""
    lines: list[str] = []
    for day in CALLS:
        for nth in range(10 if site == MURKY else 1):
            at = int(datetime.combine(day, time(10, nth), UTC).timestamp())
            agent = "nobody" if site == MURKY and nth == 9 else "desk"
            call = f"{at}|{at}.{nth}|desk"
            lines += [
                f"{call}|NONE|ENTERQUEUE||3712000{day.month:02}{nth:02}|1",
                f"{at + 5}|{at}.{nth}|desk|{agent}|CONNECT|5|{at}.1{nth}|3",
                f"{at + 45}|{at}.{nth}|desk|{agent}|COMPLETECALLER|5|40|1",
            ]
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def _write(path: Path, header: list[str], rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        written = csv.DictWriter(file, header)
        written.writeheader()
        written.writerows(rows)
