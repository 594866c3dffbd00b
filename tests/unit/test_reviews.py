"""A run's reviews on rows small enough to follow: the chain of quarters, and what is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from dagster_project.lib.reviews import reviewed

CANDIDATES = (
    "subject_type varchar, subject_id varchar, period_type varchar, role varchar, score double, "
    "weight_covered double, is_onboarding boolean, period_start date, reference_date date"
)
HELD = (
    "subject_type varchar, subject_id varchar, held_tier varchar, held_role varchar, "
    "period_start date"
)
RULES = (
    "role varchar, tier varchar, entry_score double, exit_score double, max_step integer, "
    "valid_from date, valid_to date"
)
SAMPLES = (
    "subject_type varchar, subject_id varchar, period_type varchar, kpi_code varchar, "
    "role varchar, measured_on varchar, measured_id varchar, shape varchar, "
    "interval_method varchar, aggregation varchar, factor double, numerator double, "
    "denominator double, value double, low_floor double, low_target double, floor double, "
    "target double, stretch double, cap double, weight double, day_count bigint, "
    "square_sum double, period_start date, part_start date, part_end date"
)
LADDER = [
    ("*", "high", 102.0, 100.0, 1, "2026-01-01", None),
    ("*", "middle", 88.0, 85.0, 1, "2026-01-01", None),
    ("*", "low", None, None, 1, "2026-01-01", None),
]


def table(
    con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[Any]]
) -> duckdb.DuckDBPyRelation:
    con.execute(f"create table {name} ({columns})")
    if rows:
        con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
    return con.table(name)


def results(
    candidates: Sequence[Sequence[Any]],
    held: Sequence[Sequence[Any]] = (),
    samples: Sequence[Sequence[Any]] = (),
) -> dict[tuple[str, str, str], dict[str, Any]]:
    with duckdb.connect() as con:
        rows = reviewed(
            table(con, "candidates", CANDIDATES, candidates),
            table(con, "held", HELD, held),
            table(con, "rules", RULES, LADDER),
            table(con, "samples", SAMPLES, samples),
        ).to_pylist()
    return {(r["subject_id"], r["period_type"], str(r["period_start"])): r for r in rows}


def card(
    who: str, period_type: str, start: str, end: str, score: float | None, role: str = "agent"
) -> tuple[Any, ...]:
    covered = 0.5 if score is None else 1.0
    return ("employee", who, period_type, role, score, covered, False, start, end)


def test_months_start_from_the_last_quarter_before_them() -> None:
    found = results(
        [
            card("E1", "month", "2026-06-01", "2026-06-30", 101.0),
            card("E1", "month", "2026-07-01", "2026-07-31", 101.0),
            card("E1", "quarter", "2026-07-01", "2026-09-30", 84.0),
            card("E1", "quarter", "2026-04-01", "2026-06-30", 104.0),
            card("E1", "month", "2026-10-01", "2026-10-31", 86.0),
            # Who was published as high before this run, and was not there for a quarter.
            card("E2", "quarter", "2026-07-01", "2026-09-30", 100.5),
            card("E2", "month", "2026-04-01", "2026-04-30", None),
        ],
        held=[("employee", "E2", "high", "agent", "2026-01-01")],
    )
    tiers = {key: (row["previous_tier"], row["tier"]) for key, row in found.items()}
    assert tiers == {
        ("E1", "quarter", "2026-04-01"): (None, "high"),
        # 84 would be low, but one review moves by one.
        ("E1", "quarter", "2026-07-01"): ("high", "middle"),
        # June belongs to the quarter that gave high, so it has nothing to keep yet.
        ("E1", "month", "2026-06-01"): (None, "middle"),
        ("E1", "month", "2026-07-01"): ("high", "high"),
        ("E1", "month", "2026-10-01"): ("middle", "middle"),
        ("E2", "quarter", "2026-07-01"): ("high", "high"),
        ("E2", "month", "2026-04-01"): ("high", "not_rated"),
    }
    not_rated = found["E2", "month", "2026-04-01"]
    assert not_rated["reason"] == (
        "Not rated: 50% of the weight could be read. The next review starts from high."
    )
    assert (not_rated["held_tier"], not_rated["tier_probability"]) == ("high", None)


def fcr(who: str, resolved: int, contacts: int, part: str = "2026-10-01") -> tuple[Any, ...]:
    return (
        *("employee", who, "month", "fcr", "agent", "employee", who, "higher", "wilson", "ratio"),
        *(1.0, resolved, contacts, resolved / contacts, None, None, 0.55, 0.75, 0.85, 120.0),
        *(31.0, 0, 0.0, "2026-10-01", part, "2026-11-01"),
    )


def aht(who: str, seconds: float, contacts: int, days: int, squares: float) -> tuple[Any, ...]:
    return (
        *("employee", who, "month", "aht", "agent", "employee", who, "asymmetric", "none", "ratio"),
        *(1.0, seconds, contacts, seconds / contacts, 120.0, 240.0, 540.0, 360.0, None, 100.0),
        *(31.0, days, squares, "2026-10-01", "2026-10-01", "2026-11-01"),
    )


def test_more_contacts_make_a_tier_surer() -> None:
    # 80 % resolved is an attainment of 110: high. Six peers tell how people differ.
    people = {"E1": 20, "E2": 200, "E3": 2000}
    peers = {f"P{n}": n for n in range(6)}
    found = results(
        [card(who, "month", "2026-10-01", "2026-10-31", 110.0) for who in people]
        + [card(who, "month", "2026-10-01", "2026-10-31", 80.0) for who in peers],
        samples=[fcr(who, round(0.8 * n), n) for who, n in people.items()]
        + [fcr(who, 130 + 6 * n, 200) for who, n in peers.items()],
    )
    sure = [found[who, "month", "2026-10-01"] for who in people]
    assert [row["tier"] for row in sure] == ["high"] * 3
    few, more, many = (row["tier_probability"] for row in sure)
    assert few < more < many
    assert many > 0.97
    # Sixteen of twenty say little: the peers, who are at 72 %, draw it down.
    assert few < 0.75
    assert all(
        row["tier_probability"] + row["higher_probability"] + row["lower_probability"]
        == pytest.approx(1)
        for row in sure
    )


def test_days_that_differ_make_a_mean_less_sure() -> None:
    # 370 s is 10 / 180 below full attainment: 94.4, middle; high is out of reach.
    # 20 days of 15 contacts: Σ y² / x is 370² × 300 when all days are alike.
    steady, wild = 370**2 * 300 + 19 * 900.0, 370**2 * 300 + 19 * 250_000.0

    def probability(squares: float) -> float:
        rows = [aht(f"E{n}", 111_000, 300, 20, squares) for n in range(4)]
        cards = [card(f"E{n}", "month", "2026-10-01", "2026-10-31", 94.4) for n in range(4)]
        row = results(cards, samples=rows)["E0", "month", "2026-10-01"]
        return float(row["tier_probability"])

    # A contact's deviation of 30 s makes one of 1.7 s in the mean of 300, one of 500 s 28.9 s.
    assert probability(steady) > 0.99
    # Below 88 is above 381.6 s: 0.4 deviations away, on this side alone 34 %.
    assert probability(wild) == pytest.approx(1 - 0.34, abs=0.05)


def test_the_order_of_rows_changes_nothing() -> None:
    cards = [card(f"E{n}", "month", "2026-10-01", "2026-10-31", 95.0) for n in range(7)]
    rows = [fcr(f"E{n}", 140 + n, 200) for n in range(7)]
    rows += [fcr(f"E{n}", 30 + n, 50, "2026-10-20") for n in range(7)]
    there = results(cards, samples=rows)
    back = results(cards[::-1], samples=rows[::-1])
    assert there == back
