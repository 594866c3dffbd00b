"""Generated people: figures and posts of a month for many at once, scored in one build."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import duckdb
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.golden.conftest import Built
from tests.independent import raw, scoring
from tests.independent.people import Post
from tests.line import AS_OF, PROJECT

MONTH = date(2026, 9, 1)
# KPI: its two measures, and in which direction more of the numerator is better.
KPIS = {
    "gain": ("gained_points", "courses_tested", 1),
    "quality": ("quality_points", "quality_weight", 1),
    "courses": ("courses_completed_in_time", "courses_due", 1),
    "crowd_wait": ("wait_answered_seconds", "answered", -1),
    # Right from 240 to 360 seconds: neither way is better everywhere.
    "crowd_time": ("handle_seconds", "finished", 0),
}
# The least and greatest numerator of one in the denominator: beyond the corners of attainment.
RANGES = {
    "gain": (-2, 26),
    "quality": (0.6, 1),
    "courses": (0, 1),
    "crowd_wait": (0, 80),
    "crowd_time": (90, 600),
}
Day = tuple[date, str, float, float]
FOREVER = date(9999, 12, 31)
ROLES = ("crowd", "crowd_seniors")
SITES = ("north", "south")
VERSIONS = ("once", "again", "better")


@dataclass(frozen=True)
class Stay:
    """A post from one day until before another; open when there is none."""

    role: str
    site: str
    since: date
    until: date | None


@dataclass(frozen=True)
class Person:
    """Figures of a month, and how much better one KPI of it might have been."""

    hired: date
    left: date | None
    stays: list[Stay]
    days: list[Day]
    improved: str
    by: float

    def better(self) -> list[Day]:
        """The same month with one KPI better on each of its days, never beyond what can be."""
        sign = KPIS[self.improved][2]
        least, most = RANGES[self.improved]
        found = []
        for day, kpi, above, below in self.days:
            if kpi == self.improved:
                above = min(max(above + sign * self.by * below, least * below), most * below)
            found.append((day, kpi, above, below))
        return found


@st.composite
def careers(draw: st.DrawFn) -> tuple[date, date | None, list[Stay]]:
    """Hired long ago, lately or in the month; with up to two moves in it, and perhaps an end."""
    hired = MONTH + timedelta(days=draw(st.sampled_from([-900, -50, -20, -5, 0, 4, 15])))
    moves = sorted(draw(st.sets(st.integers(1, 29), max_size=2)))
    since = [hired, *(day for move in moves if (day := MONTH + timedelta(days=move)) > hired)]
    last = draw(st.none() | st.integers(20, 29))
    left = None if last is None else MONTH + timedelta(days=last)
    end = None if left is None else left + timedelta(days=1)
    begins = [day for day in since if end is None or day < end]
    stays = [
        Stay(draw(st.sampled_from(ROLES)), draw(st.sampled_from(SITES)), day, until)
        for day, until in zip(begins, [*begins[1:], end], strict=True)
    ]
    return hired, left, stays


@st.composite
def months(draw: st.DrawFn) -> Person:
    """Each KPI on a few days; sometimes on so few that something is missing or unreliable."""
    days: list[Day] = []
    when = {kpi: draw(st.sets(st.integers(0, 29), min_size=1, max_size=8)) for kpi in sorted(KPIS)}
    for later, kpi in sorted((later, kpi) for kpi, mine in when.items() for later in mine):
        below = draw(st.integers(1, 60))
        least, most = RANGES[kpi]
        # Thousandths, as files write them.
        share = draw(st.integers(round(least * 1000), round(most * 1000)))
        days.append((MONTH + timedelta(days=later), kpi, share * below / 1000, float(below)))
    improved = draw(st.sampled_from([kpi for kpi, (_, _, sign) in KPIS.items() if sign]))
    return Person(*draw(careers()), days, improved, draw(st.integers(1, 200)) / 100)


def generated(count: int) -> list[Person]:
    """As many examples of hypothesis, for one build: a build an example would take hours."""
    found: list[Person] = []

    @settings(max_examples=count, phases=[Phase.generate], database=None, deadline=None)
    @given(months())
    def collect(person: Person) -> None:
        found.append(person)

    collect()
    return found


def versions(crowd: list[Person]) -> dict[str, tuple[Person, list[Day]]]:
    """Everybody three times: as it was, once more, and better."""
    found: dict[str, tuple[Person, list[Day]]] = {}
    for nth, person in enumerate(crowd):
        found[f"{nth}.once"] = (person, person.days)
        found[f"{nth}.again"] = (person, person.days)
        found[f"{nth}.better"] = (person, person.better())
    return found


def score_again(
    workshop: Built, figures: dict[str, tuple[Person, list[Day]]]
) -> duckdb.DuckDBPyConnection:
    """Score people who did this, the rows lying in an order of chance; the rest did nothing."""
    rows = [
        ("employee", name, measure, amount, day)
        for name, (_, days) in figures.items()
        for day, kpi, above, below in days
        for measure, amount in zip(KPIS[kpi][:2], (above, below), strict=True)
        if amount
    ]
    random.Random(len(rows)).shuffle(rows)
    file = workshop.home / "build" / "marts.duckdb"
    with duckdb.connect(str(file)) as opened:
        opened.execute("use marts.marts")
        opened.execute("delete from fct_measures")
        opened.executemany("insert into fct_measures values (?, ?, ?, ?, ?)", rows)
        opened.executemany(
            """
            insert into dim_employee
                (employee_id, role, team, site_id, hire_date, leave_date, valid_from, valid_to)
            values (?, ?, 'crowd', ?, ?, ?, ?, ?)
            """,
            [
                (name, stay.role, stay.site, person.hired, person.left, stay.since, stay.until)
                for name, (person, _) in figures.items()
                for stay in person.stays
            ],
        )
    project, parsed = str(PROJECT / "dbt_models"), str(workshop.home / "build" / "dbt")
    # What lies between the figures and the scores.
    wanted = ["fct_measures+,+scorecards", "fct_measures+,+score_parts"]
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "run", "--select", *wanted),
            *("--exclude", "fct_measures", "--project-dir", project, "--profiles-dir", project),
            *("--target-path", parsed, "--log-path", parsed),
            *("--vars", f"{{as_of: '{AS_OF} 23:59:59', rescore: true}}"),
        ],
        env=os.environ
        | {"MERITLINE_HOME": str(workshop.home), "MERITLINE_SEEDS": str(workshop.seeds)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    connection = duckdb.connect(str(file), read_only=True)
    connection.execute("use marts.marts")
    return connection


def accounted(
    seeds: Path, figures: dict[str, tuple[Person, list[Day]]], days: list[str]
) -> dict[str, Fraction | None]:
    """The same people's scores by the independent account (`tests/independent`)."""
    names = ("kpis", "kpi_targets", "kpi_weights", "kpi_suspensions", "ramp_curves")
    decided = scoring.Settings(*(raw.read_seed(seeds, name) for name in names))
    people = scoring.People({}, {}, {})
    measures: scoring.Measures = {}
    for name, (person, done) in figures.items():
        people.hired[name] = str(person.hired)
        people.left[name] = str(person.left) if person.left else None
        people.posts[name] = [
            Post(
                str(stay.since),
                str(stay.until or FOREVER),
                stay.role,
                "crowd",
                None,
                stay.site,
                None,
            )
            for stay in person.stays
        ]
        for day, kpi, above, below in done:
            for measure, amount in zip(KPIS[kpi][:2], (above, below), strict=True):
                mine = measures.setdefault((("employee", name), measure), {})
                mine[str(day)] = Fraction(repr(amount))
    return {
        name: scoring.card(decided, people, measures, ("employee", name), days).score
        for name in figures
    }
