"""Everybody's reviews in a run: rows of the warehouse in, rows of `int_tiers__reviewed` out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from itertools import groupby
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from dagster_project.lib.odds import (
    Mean,
    Part,
    Peers,
    Rate,
    Target,
    mean_peers,
    rate_peers,
    tier_odds,
    unit_variances,
)
from dagster_project.lib.tiers import (
    Candidate,
    Ladder,
    Review,
    Rule,
    Standing,
    held_level,
    ladder_of,
    review,
)

Row = Mapping[str, Any]
Subject = tuple[str, str]
TEXTS = (
    *("subject_type", "subject_id", "period_type", "previous_tier", "tier", "movement", "reason"),
    *("held_tier", "held_role"),
)
# Periods whose probabilities are told.
SAMPLED = {"month", "quarter"}
PROBABILITIES = ("tier_probability", "higher_probability", "lower_probability")


def reviewed(
    candidates: duckdb.DuckDBPyRelation,
    held: duckdb.DuckDBPyRelation,
    rules: duckdb.DuckDBPyRelation,
    samples: duckdb.DuckDBPyRelation,
) -> Any:  # noqa: ANN401 - an Arrow table; pyarrow has no types
    """Review every candidate, quarters first and in order, and say how sure each tier is.

    The arguments are the models `int_tiers__candidates`, `int_tiers__held` and
    `int_tiers__samples` and the seed `tier_rules`.
    """
    standings: dict[Subject, list[tuple[date, Standing]]] = defaultdict(list)
    for row in _rows(held):
        standings[row["subject_type"], row["subject_id"]].append(
            (row["period_start"], Standing(row["held_tier"], row["held_role"]))
        )
    known_rules = [Rule(**{f.name: row[f.name] for f in fields(Rule)}) for row in _rows(rules)]
    ladders: dict[tuple[str | None, date], Ladder] = {}
    columns: dict[str, list[Any]] = {name: [] for name in (*TEXTS, *PROBABILITIES, "period_start")}
    for (period_type, start), rows in _by_period(candidates):
        parts = _parts(_of(samples, period_type, start)) if period_type in SAMPLED else {}
        quarter = _quarter(start)
        for row in rows:
            subject = (row["subject_type"], row["subject_id"])
            before = _last_before(standings[subject], quarter)
            place = (row["role"], row["reference_date"])
            if place not in ladders:
                ladders[place] = ladder_of(known_rules, *place)
            done = review(_candidate(row), before, ladders[place])
            if period_type == "quarter":
                standings[subject].append((start, done.standing))
            own = parts.get(row["subject_id"], []) if row["subject_type"] == "employee" else []
            key = f"{row['subject_id']} {period_type} {start}"
            odds = _odds(key, own, done, before, row["role"], ladders[place])
            values = (
                *(*subject, period_type, before.tier, done.tier, str(done.movement), done.reason),
                *(done.standing.tier, done.standing.role, *odds, start),
            )
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
    return _table(columns)


def _table(columns: dict[str, list[Any]]) -> Any:  # noqa: ANN401
    arrow: Any = pa
    kinds = dict.fromkeys(TEXTS, "string") | dict.fromkeys(PROBABILITIES, "double")
    schema = [(name, kinds.get(name, "date32")) for name in columns]
    return arrow.table(columns, schema=arrow.schema(schema))


def _rows(relation: duckdb.DuckDBPyRelation) -> list[Row]:
    names = relation.columns
    return [dict(zip(names, values, strict=True)) for values in relation.fetchall()]


def _by_period(candidates: duckdb.DuckDBPyRelation) -> Iterator[tuple[tuple[str, date], list[Row]]]:
    """Give the periods with their rows: quarters first and in order, since all others start there.

    A quarter of days at a time, so that neither all of them are in memory nor each is a query.
    """
    chunks = _rows(
        candidates.project(
            "period_type, cast(date_trunc('quarter', period_start) as date) as quarter"
        ).distinct()
    )
    for chunk in sorted(
        chunks,
        key=lambda row: (row["period_type"] != "quarter", row["period_type"], row["quarter"]),
    ):
        rows = _rows(
            candidates.filter(
                f"period_type = '{chunk['period_type']}' "
                f"and date_trunc('quarter', period_start) = '{chunk['quarter']}'"
            )
        )
        rows.sort(key=lambda row: (row["period_start"], row["subject_type"], row["subject_id"]))
        for start, group in groupby(rows, key=lambda row: row["period_start"]):
            yield (chunk["period_type"], start), list(group)


def _of(relation: duckdb.DuckDBPyRelation, period_type: str, start: date) -> list[Row]:
    return _rows(relation.filter(f"period_type = '{period_type}' and period_start = '{start}'"))


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _last_before(standings: list[tuple[date, Standing]], quarter: date) -> Standing:
    return next((held for start, held in reversed(standings) if start < quarter), Standing())


def _candidate(row: Row) -> Candidate:
    reason = None
    if row["score"] is None:
        covered = row["weight_covered"] or 0.0
        reason = f"{covered:.0%} of the weight could be read"
    return Candidate(row["role"], row["score"], row["is_onboarding"], reason)


def _odds(
    key: str, parts: list[Part], done: Review, before: Standing, role: str | None, ladder: Ladder
) -> tuple[float | None, float | None, float | None]:
    """Return the probabilities of the tier, of a higher and of a lower one."""
    names = [rule.tier for rule in ladder]
    if not parts or done.tier not in names:
        return None, None, None
    odds = tier_odds(key, parts, ladder, held_level(ladder, before, role))
    level = names.index(done.tier)
    return float(odds[level]), float(odds[level + 1 :].sum()), float(odds[:level].sum())


def _parts(rows: list[Row]) -> dict[str, list[Part]]:
    """Return each person's parts in one period, with what sample and peers tell of them."""
    parts: dict[str, list[Part]] = defaultdict(list)
    alike = sorted(rows, key=lambda row: (*_peer_group(row), row["subject_id"], row["part_start"]))
    for _, group in groupby(alike, key=_peer_group):
        members = list(group)
        for row, belief in zip(members, _beliefs(members), strict=True):
            target = Target(**{f.name: row[f.name] for f in fields(Target)})
            parts[row["subject_id"]].append(
                Part(
                    row["kpi_code"],
                    row["part_start"].isoformat(),
                    row["weight"],
                    target,
                    belief,
                    row["factor"],
                )
            )
    return parts


def _peer_group(row: Row) -> tuple[str, str, str]:
    return row["kpi_code"], row["role"] or "", row["measured_on"]


def _beliefs(rows: list[Row]) -> list[Rate | Mean]:
    """Return what is known of the parts of one KPI of people in one role.

    A person's parts are read apart and count as one peer.
    """
    people = sorted({row["measured_id"] for row in rows})
    place = {person: number for number, person in enumerate(people)}
    sums = {name: np.zeros(len(people)) for name in ("numerator", "denominator", "square", "days")}
    for row in rows:
        if row["aggregation"] != "ratio":
            continue
        person = place[row["measured_id"]]
        numerator, denominator = row["numerator"], row["denominator"]
        sums["numerator"][person] += numerator
        sums["denominator"][person] += denominator
        sums["square"][person] += max(row["square_sum"] - numerator**2 / denominator, 0.0)
        sums["days"][person] += row["day_count"]
    if rows[0]["interval_method"] == "wilson":
        peers = rate_peers(sums["numerator"], sums["denominator"])
        return [Rate(row["numerator"], row["denominator"], peers) for row in rows]
    if rows[0]["aggregation"] == "ratio":
        return _means(rows, place, sums)
    # A count varies as Poisson's; of medians and reviews the marts hold no spread.
    is_count = rows[0]["aggregation"] == "sum"
    return [Mean(row["value"] / row["factor"], row["value"] if is_count else 0.0) for row in rows]


def _means(
    rows: list[Row], place: dict[str, int], sums: dict[str, NDArray[np.float64]]
) -> list[Rate | Mean]:
    units = unit_variances(sums["square"], sums["days"])
    peers: Peers | None = mean_peers(
        sums["numerator"] / sums["denominator"], units / sums["denominator"]
    )
    return [
        Mean(
            row["numerator"] / row["denominator"],
            float(units[place[row["measured_id"]]]) / row["denominator"],
            peers,
        )
        for row in rows
    ]
