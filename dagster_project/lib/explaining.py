"""A number, taken apart down to the contacts behind it, from the published marts alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

PARTS = """
    select kpi_code, part_start, part_end, status, numerator, denominator, value, target,
        attainment, nominal_weight, effective_weight, points
    from marts.marts.score_parts
    where subject_type = $subject_type and subject_id = $subject_id
        and period_type = $period_type and period_start = $period_start
    order by nominal_weight desc, kpi_code, part_start
"""


@dataclass(frozen=True)
class Period:
    """A period that has a name: `2026-10`, `2026 Q3`, `2026-W43` or a day."""

    period_type: str
    period_start: date
    period_end: date


@dataclass(frozen=True)
class ScorePart:
    """One line of a score; `points` of all lines sum to it. Weights are shares of 1."""

    kpi_code: str
    part_start: date
    part_end: date
    status: str
    numerator: float | None
    denominator: float | None
    value: float | None
    target: float | None
    attainment: float | None
    nominal_weight: float
    effective_weight: float | None
    points: float | None


@dataclass(frozen=True)
class Behind:
    """What one contact adds to a measure; `amount` in the measure's unit."""

    measure: str
    contact_id: str | None
    work_date: date
    amount: float


class Explainer:
    """Reads one publication. Raises LookupError for what it does not hold."""

    def __init__(self, marts: Path) -> None:
        """Open the published marts, read only."""
        if not marts.exists():
            raise LookupError(f"{marts} is not there yet: publish with `meritline run` first.")
        self._connection = duckdb.connect(str(marts), read_only=True)

    def period(self, label: str) -> Period:
        """Find a period by its name."""
        found = self._connection.execute(
            "select distinct period_type, period_start, cast(period_start + case period_type "
            "when 'day' then interval '1 day' when 'week' then interval '7 days' "
            "when 'month' then interval '1 month' else interval '3 months' end as date) "
            "from marts.marts.scorecards where period_label = ?",
            [label],
        ).fetchall()
        if not found:
            known = self._connection.execute(
                "select distinct period_label from marts.marts.scorecards "
                "where period_type in ('month', 'quarter') order by 1 desc limit 6"
            ).fetchall()
            labels = ", ".join(str(row[0]) for row in known)
            raise LookupError(f"No period is called {label!r}. There are {labels}.")
        return Period(*found[0])

    def score(self, employee: str, period: Period) -> list[ScorePart]:
        """Return the parts of an employee's score."""
        rows = self._connection.execute(
            PARTS,
            {
                "subject_type": "employee",
                "subject_id": employee,
                "period_type": period.period_type,
                "period_start": period.period_start,
            },
        ).fetchall()
        if not rows:
            raise LookupError(
                f"{employee} has no scheme in this period: no score, and nothing to explain."
            )
        return [ScorePart(*row) for row in rows]

    def contacts(self, employee: str, period: Period, kpi_code: str) -> Iterator[Behind]:
        """Yield the contacts behind a KPI's numerator and denominator, by measure and day."""
        measures = self._connection.execute(
            "select measures.measure, mart, condition, amount, day "
            "from marts.marts.dim_kpi as kpis inner join marts.marts.dim_measure as measures "
            "on measures.measure in (kpis.numerator_measure, kpis.denominator_measure) "
            "where kpi_code = ? order by measures.measure = kpis.denominator_measure",
            [kpi_code],
        ).fetchall()
        if not measures:
            raise LookupError(
                f"{kpi_code} is no KPI that contacts make: seeds/kpis.csv names its measures, and "
                "the mart dim_measure those that have contacts."
            )
        for measure, mart, condition, amount, day in measures:
            # The words between are our own model's, not anybody's input.
            query = (
                f"select contact_id, {day}, cast({amount} as double) from marts.marts.{mart} "  # noqa: S608
                f"where employee_id = ? and {day} >= ? and {day} < ? and ({condition}) "
                f"order by {day}, contact_id"
            )
            values = [employee, period.period_start, period.period_end]
            for contact_id, work_date, added in self._connection.execute(query, values).fetchall():
                yield Behind(str(measure), contact_id, work_date, float(added))
