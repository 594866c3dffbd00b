"""Targets, tiers and ramps: levels that have to stand in an order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from dagster_project.lib.configuration.models import (
    Kpi,
    Objective,
    PayPlan,
    RampStep,
    Row,
    Target,
    TierRule,
)
from dagster_project.lib.configuration.tables import Configuration, Table

TWO_SIDED = {"band", "asymmetric"}
# Least and greatest value of a unit; others have no end.
RANGES = {
    "ratio": (0, 1, "a number from 0 to 1 (0.75 for 75 %)"),
    "net_score": (-100, 100, "a number from -100 to 100"),
}
TIERS = ("high", "middle", "low")


def check_targets(configuration: Configuration) -> None:
    """Blame targets whose levels do not fit the KPI's shape, direction or unit."""
    table = configuration.table(Target)
    kpis = {kpi.kpi_code: kpi for kpi in configuration.table(Kpi).rows}
    for row in table.rows:
        kpi = kpis.get(row.kpi_code)
        if kpi is None:
            continue
        levels = ("low_floor", "low_target", "floor", "target", "stretch")
        if not any([_blame_range(table, row, kpi, name) for name in levels]):
            _check_order(table, row, kpi)


def check_ranges(configuration: Configuration) -> None:
    """Blame targets of objectives, and gates of plans, that the KPI's unit cannot reach."""
    kpis = {kpi.kpi_code: kpi for kpi in configuration.table(Kpi).rows}
    objectives, plans = configuration.table(Objective), configuration.table(PayPlan)
    for row in objectives.rows:
        if (kpi := kpis.get(row.kpi_code)) is not None:
            _blame_range(objectives, row, kpi, "target")
    for row in plans.rows:
        if (kpi := kpis.get(row.gate_kpi or "")) is not None:
            _blame_range(plans, row, kpi, "gate_minimum")


def _blame_range(table: Table[Any], row: Row, kpi: Kpi, column: str) -> bool:
    value = getattr(row, column)
    low, high, expected = RANGES.get(kpi.unit, (None, None, ""))
    if value is None or low is None or high is None or low <= value <= high:
        return False
    table.blame(
        row.line, column, f"{kpi.kpi_code} is a {kpi.unit} and cannot be {value}", expected,
        "correct the value",
    )  # fmt: skip
    return True


def _check_order(table: Table[Target], row: Target, kpi: Kpi) -> None:
    """Hold one row against its KPI's shape; the first thing that does not fit is blamed."""

    def blame(column: str, problem: str, expected: str) -> None:
        table.blame(
            row.line, column, problem,
            f"{expected}, since {kpi.kpi_code} has the shape {kpi.shape}",
            f"correct the levels, or the shape in kpis.csv, line {kpi.line}",
        )  # fmt: skip

    low_floor, low_target, stretch = row.low_floor, row.low_target, row.stretch
    if kpi.shape in TWO_SIDED:
        order = "low_floor < low_target <= target < floor"
        if low_floor is None or low_target is None:
            blame("low_floor" if low_floor is None else "low_target", "the field is empty", order)
        elif not low_floor < low_target <= row.target < row.floor:
            seen = f"{low_floor}, {low_target}, {row.target}, {row.floor}"
            blame("target", f"low_floor, low_target, target, floor are {seen}", order)
        elif stretch is not None:
            blame("stretch", f"a stretch of {stretch} leads nowhere", "no stretch")
        elif row.cap not in {None, 100}:
            blame("cap", f"a cap of {row.cap} cannot be reached", "a cap of 100")
        return
    is_higher = kpi.shape == "higher"
    if low_floor is not None or low_target is not None:
        column = "low_target" if low_floor is None else "low_floor"
        blame(column, "there is only one side to fall off", "no low_floor and no low_target")
    elif not (row.floor < row.target if is_higher else row.floor > row.target):
        order = "a floor below the target" if is_higher else "a floor above the target"
        blame("floor", f"the floor is {row.floor}, the target {row.target}", order)
    elif stretch is not None and not (row.target < stretch if is_higher else row.target > stretch):
        order = "a target below the stretch" if is_higher else "a target above the stretch"
        blame("stretch", f"the target is {row.target}, the stretch {stretch}", order)
    elif stretch is None and row.cap not in {None, 100}:
        blame("cap", f"a cap of {row.cap} cannot be reached without a stretch", "a stretch")
    elif stretch is not None and row.cap in {None, 100}:
        blame("cap", "the stretch earns nothing without a cap above 100", "a cap such as 120")


def check_tiers(configuration: Configuration) -> None:
    """Blame tiers that one leaves above where one enters, out of order, or missing."""
    table = configuration.table(TierRule)
    for row in table.rows:
        if row.tier == "low":
            if row.entry_score is not None or row.exit_score is not None:
                table.blame(
                    row.line, "entry_score", "the lowest tier has a threshold",
                    "none, since it takes the rest", "leave entry_score and exit_score empty",
                )  # fmt: skip
        elif row.entry_score is None or row.exit_score is None:
            column = "entry_score" if row.entry_score is None else "exit_score"
            table.blame(
                row.line, column, f"the tier {row.tier} has no {column}", "a score such as 88",
                "add the threshold",
            )  # fmt: skip
        elif row.exit_score > row.entry_score:
            table.blame(
                row.line, "exit_score",
                f"one leaves the tier below {row.exit_score} and enters it at {row.entry_score}",
                "an exit_score of at most the entry_score", "correct the thresholds",
            )  # fmt: skip
    for (role,), rows in table.groups("role").items():
        for day in sorted({row.valid_from for row in rows}):
            if _blame_tiers_of(table, role, {r.tier: r for r in rows if r.covers(day)}):
                break


def _blame_tiers_of(table: Table[TierRule], role: str, tiers: dict[str, TierRule]) -> bool:
    first = next(iter(tiers.values()))
    missing = [tier for tier in TIERS if tier not in tiers]
    if missing:
        table.blame(
            first.line, "tier", f"role {role} has no tier {' and no '.join(missing)}",
            "high, middle and low on every day", "add the rows",
        )  # fmt: skip
        return True
    high, middle = tiers["high"], tiers["middle"]
    for column in ("entry_score", "exit_score"):
        upper, lower = getattr(high, column), getattr(middle, column)
        if upper <= lower:
            table.blame(
                high.line, column,
                f"high has {upper}, middle (line {middle.line}) has {lower}",
                "a higher one for the higher tier", "put the tiers in order",
            )  # fmt: skip
            return True
    return False


def check_ramps(configuration: Configuration) -> None:
    """Blame curves that do not begin on the first day, rise in the file, and come closer to 1."""
    table = configuration.table(RampStep)
    for (role, code, _), rows in table.groups("role", "kpi_code", "valid_from").items():
        first = rows[0]
        for earlier, later in pairwise(rows):
            if later.tenure_days_from <= earlier.tenure_days_from:
                table.blame(
                    later.line, "tenure_days_from",
                    f"step {later.tenure_days_from} follows step {earlier.tenure_days_from} "
                    f"(line {earlier.line})", "steps that ascend", "put the steps in order",
                )  # fmt: skip
                break
            if abs(later.target_factor - 1) > abs(earlier.target_factor - 1):
                table.blame(
                    later.line, "target_factor",
                    f"the factor goes from {earlier.target_factor} to {later.target_factor}",
                    "factors that come closer to 1 with tenure", "correct the factors",
                )  # fmt: skip
                break
        else:
            if first.tenure_days_from != 0:
                table.blame(
                    first.line, "tenure_days_from",
                    f"the ramp of {code} for role {role} begins on day {first.tenure_days_from}",
                    "a first step from day 0 on", "add the step, or begin with 0",
                )  # fmt: skip
