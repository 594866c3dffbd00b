"""Reads the cases in `cases/*.yml`.

    case     its name, which its roles, teams and people bear: `role_change.ana`; a role, team or
             person that a row names by a plain word is the case's own
    says     what happens, in words
    seeds    rows of configuration beyond `common.yml`, columns left out as in `DEFAULTS`
    people   by name: what HR and the feeds know of them (`PERSON`), for each KPI the days with
             numerator/denominator, and under `expect` what must come of it
    teams    by name: only `expect`

`expect` has a period (2026-09, 2026-Q3) and what is looked at (`WORDS`). Numbers are claims
(`arithmetic.py`): the working stands there and is worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.golden.arithmetic import claim

FOLDER = Path(__file__).parent / "cases"
COMMON = Path(__file__).parent / "common.yml"

Row = dict[str, Any]

ALWAYS = {"valid_from": "2026-01-01"}
# What a row of a seed says where a case says nothing; `case` stands for its name.
DEFAULTS: dict[str, Row] = {
    "kpi_weights": {"scheme": "case", "subject_type": "employee", "role": "case", **ALWAYS},
    "kpi_targets": {
        "subject_type": "*",
        "role": "case",
        "site_id": "*",
        "queue_id": "*",
        "cap": 120,
        **ALWAYS,
    },
    "kpi_suspensions": {"queue_id": "*", "reason": "case"},
    "ramp_curves": {"role": "case", **ALWAYS},
    "tier_rules": {"role": "case", "max_step": 1, **ALWAYS},
    "pay_plans": {
        "plan": "case",
        "role": "case",
        "rule": "proportional",
        "floor": 0,
        "cap": "0.20",
        "minimum_data_grade": "C",
        "team_share": 0,
        **ALWAYS,
    },
    "awards": {
        "award": "case",
        "role": "case",
        "period_type": "month",
        "kpi_code": "score",
        "winners": 1,
        "minimum_reliability": 0,
        "currency": "EUR",
    },
    "pay_holds": {},
}
KPIS = ("gain", "delay", "quality", "load", "handling", "courses")
# What HR says of a person of whom a case says nothing.
PERSON: Row = {
    "hired": date(2024, 1, 1),
    "left": None,
    "share": 1,
    "base_pay": 3000,
    "currency": "EUR",
    # Day on which HR writes another base pay: the new one.
    "raises": {},
    # Posts: role, team, site, from, until; one from the hire on in the case's own role and team.
    "posts": [{}],
    # Hours on each of Monday to Friday: from, until (a day that is worked too), hours.
    "works": None,
    # Day: kind, for the whole day.
    "absent": {},
}
WORDS = {"score", "tier", "covered", "weights", "attainments", "parts", "rank", "pay"}
PAY = {"bonus", "own", "team", "awards", "total", "eligible", "currency", "held", "parts"}
OWN = {"role", "team", "employee_id", "scheme", "plan", "award"}


@dataclass(frozen=True)
class Expected:
    """What must come of one subject in one period."""

    case: str
    subject_type: str
    subject_id: str
    period_type: str
    period_start: date
    period: str
    what: Row

    def __str__(self) -> str:
        """As pytest names it."""
        return f"{self.subject_id}-{self.period}"


def cases() -> list[Row]:
    """Every case; a mistyped word is a mistake, not a case without expectations."""
    found: list[Row] = [
        case for file in sorted(FOLDER.glob("*.yml")) for case in yaml.safe_load(file.read_text())
    ]
    for case in found:
        name = case["case"]
        _expect_words(name, case, {"case", "says", "seeds", "people", "teams"})
        _expect_words(name, case.get("seeds", {}), {*DEFAULTS, "kpis"})
        for person in case["people"].values():
            _expect_words(name, person, {*PERSON, *KPIS, "expect"})
        for expected in expectations([case]):
            _expect_words(str(expected), expected.what, WORDS)
            _expect_words(f"{expected}, pay", expected.what.get("pay", {}), PAY)
    names = [case["case"] for case in found]
    assert sorted(set(names)) == sorted(names), "two cases have one name"
    return found


def expectations(of: list[Row]) -> Iterator[Expected]:
    """What the cases expect, subject by subject and period by period."""
    for case in of:
        for subject_type, subjects in (
            ("employee", case["people"]),
            ("team", case.get("teams", {})),
        ):
            for name, subject in subjects.items():
                for period, what in subject.get("expect", {}).items():
                    yield Expected(
                        case["case"],
                        subject_type,
                        own(case["case"], name),
                        *period_named(str(period)),
                        str(period),
                        what,
                    )


def period_named(period: str) -> tuple[str, date]:
    """Type and first day of `2026-09` or `2026-Q3`."""
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return "quarter", date(int(year), int(part[1:]) * 3 - 2, 1)
    return "month", date(int(year), int(part), 1)


def own(case: str, word: str) -> str:
    """The case's own role, team or person of that name."""
    return word if word == "*" else case if word == "case" else f"{case}.{word}"


def seed_rows(of: list[Row]) -> dict[str, list[Row]]:
    """The rows of every seed: the common ones and those of the cases."""
    rows: dict[str, list[Row]] = yaml.safe_load(COMMON.read_text())
    for case in of:
        for seed, mine in case.get("seeds", {}).items():
            rows.setdefault(seed, [])
            rows[seed] += [
                {
                    column: own(case["case"], value)
                    if column in OWN or (column, value) == ("reason", "case")
                    else value
                    for column, value in {**DEFAULTS.get(seed, {}), **row}.items()
                }
                for row in mine
            ]
    return rows


def number(text: object) -> float:
    """The number that a claim claims."""
    return float(claim(text))


def _expect_words(where: str, found: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(found.keys() - known)
    assert not unknown, f"{where}: {', '.join(unknown)} is none of {', '.join(sorted(known))}"
