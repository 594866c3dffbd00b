"""Weights, schemes and KPIs: what has to hold between the rows of scoring's seeds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any

from dagster_project.lib.configuration.fields import EVERY, ROLES_ARE_FOR
from dagster_project.lib.configuration.mistakes import listed
from dagster_project.lib.configuration.models import (
    Award,
    Dated,
    Kpi,
    Objective,
    PayPlan,
    Suspension,
    Target,
    Weight,
)
from dagster_project.lib.configuration.tables import Configuration, Table

# The smallest subject for which a KPI says something → the subjects it cannot be had for.
TOO_SMALL = {"team": {"employee"}, "site": {"employee", "team", "department"}}
TOLERANCE = Decimal("0.000001")


def check_kpis(configuration: Configuration, as_of: date) -> None:
    """Blame KPIs whose columns contradict each other; warn of definitions due for review."""
    table = configuration.table(Kpi)
    for kpi in table.rows:
        _check_formula(table, kpi)
        if kpi.review_date is not None and kpi.review_date < as_of and not kpi.is_retired:
            table.blame(
                kpi.line, "review_date",
                f"the definition of {kpi.kpi_code} was to be reviewed by {kpi.review_date}",
                "a day to come", f"let {kpi.owner} review it and set the next day", warns=True,
            )  # fmt: skip


def _check_formula(table: Table[Kpi], kpi: Kpi) -> None:
    fits = "correct one of the two"
    aggregation = kpi.aggregation or ("sum" if kpi.denominator is None else "ratio")
    in_seconds = kpi.numerator.endswith("_seconds")
    per_second = (kpi.denominator or "").endswith("_seconds")
    if aggregation == "ratio" and kpi.denominator is None:
        table.blame(
            kpi.line, "denominator", "a ratio has no denominator", "a measure of fct_measures",
            "name the measure below the line, or make the aggregation sum",
        )  # fmt: skip
    elif aggregation in {"sum", "reviews"} and kpi.denominator is not None:
        table.blame(
            kpi.line, "denominator", f"the aggregation {aggregation} has a denominator",
            "none", "leave it empty, or make the aggregation ratio",
        )  # fmt: skip
    elif kpi.interval_method == "wilson" and (aggregation, kpi.unit) != ("ratio", "ratio"):
        table.blame(
            kpi.line, "interval_method",
            f"wilson is no interval of a {aggregation} in {kpi.unit}",
            "wilson for a ratio between 0 and 1, else none", fits,
        )  # fmt: skip
    elif in_seconds and not per_second and kpi.unit != "seconds":
        table.blame(
            kpi.line, "unit", f"{kpi.numerator} over {kpi.denominator} is no {kpi.unit}",
            "seconds", fits,
        )  # fmt: skip


def check_uses(configuration: Configuration) -> None:
    """Blame uses of KPIs that are retired or that the subject cannot have."""
    kpis = {kpi.kpi_code: kpi for kpi in configuration.table(Kpi).rows}
    shown = configuration.tables["kpis"].shown
    uses: list[tuple[Table[Any], Any, str, str]] = []
    for model in (Weight, Objective):
        table = configuration.table(model)
        uses += [
            (table, row, "kpi_code", getattr(row, "measured_on", None) or row.subject_type)
            for row in table.rows
        ]
    plans, awards = configuration.table(PayPlan), configuration.table(Award)
    uses += [(plans, row, "gate_kpi", ROLES_ARE_FOR) for row in plans.rows]
    uses += [(awards, row, "kpi_code", ROLES_ARE_FOR) for row in awards.rows]
    retired: dict[tuple[str, str], list[int]] = {}
    for table, row, column, subject_type in uses:
        kpi = kpis.get(getattr(row, column) or "")
        if kpi is None:
            continue
        is_over = isinstance(row, Dated) and row.valid_to is not None
        if kpi.is_retired and not is_over:
            retired.setdefault((table.model.file, kpi.kpi_code), []).append(row.line)
        elif subject_type in TOO_SMALL.get(kpi.lowest_subject or "", ()) or (
            kpi.aggregation == "reviews" and subject_type != "employee"
        ):
            table.blame(
                row.line, column, f"{kpi.kpi_code} says nothing about one {subject_type}",
                "a KPI whose lowest_subject is the subject or smaller",
                f"weigh another KPI, or look at lowest_subject in {shown}, line {kpi.line}",
            )  # fmt: skip
    for (name, code), lines in retired.items():
        used = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(map(str, lines))}"
        configuration.tables[name].blame(
            lines[0], "gate_kpi" if name == "pay_plans" else "kpi_code",
            f"{code} is retired ({shown}, line {kpis[code].line}) and still used ({used})",
            "a KPI in use", "end the rows with valid_to, or bring the KPI back",
        )  # fmt: skip


def check_scopes(configuration: Configuration) -> None:
    """Blame queues, for which nothing is measured, and roles of subjects that have none."""
    for model in (Target, Suspension):
        table = configuration.table(model)
        for row in table.rows:
            if row.queue_id != EVERY:
                table.blame(
                    row.line, "queue_id", f"queue {row.queue_id!r}: no KPI is kept by queue",
                    EVERY, "set the queue to *; a site can be named in site_id",
                )  # fmt: skip
    weights = configuration.table(Weight)
    for row in weights.rows:
        if row.measured_on is not None and row.subject_type != ROLES_ARE_FOR:
            weights.blame(
                row.line, "measured_on", f"a {row.subject_type} has figures of its own", "nothing",
                "leave it empty; only people are scored on the figures of their unit",
            )  # fmt: skip
    for model in (Target, Weight):
        table = configuration.table(model)
        for row in table.rows:
            if row.role != EVERY and row.subject_type not in {ROLES_ARE_FOR, EVERY}:
                table.blame(
                    row.line, "role", f"a {row.subject_type} has no role {row.role!r}", EVERY,
                    "set the role to *, or the subject_type to employee",
                )  # fmt: skip


def check_weights(configuration: Configuration) -> None:
    """Blame schemes that compete for a role, and weights that do not sum to 1 on a day."""
    table = configuration.table(Weight)
    _check_competing(table)
    groups = table.groups("scheme", "subject_type", "role")
    wrong = {key: found for key, rows in groups.items() if (found := _wrong_sum(rows))}
    for (one, (day, total)), (other, (_, rest)) in combinations(wrong.items(), 2):
        # A slip in one cell leaves two halves behind: that is one mistake.
        if one[0] == other[0] and abs(total + rest - 1) <= TOLERANCE:
            small, large = sorted((one, other), key=lambda key: len(groups[key]))
            column = next(i for i, (a, b) in enumerate(zip(small, large, strict=True)) if a != b)
            row = groups[small][0]
            table.blame(
                row.line, ("scheme", "subject_type", "role")[column],
                f"{small[column]!r} of scheme {small[0]} has only a part of the weights, "
                f"{large[column]!r} has the rest", f"weights that sum to 1 from {day} on",
                f"correct {small[column]!r} to {large[column]!r}, or give both all their weights",
            )  # fmt: skip
            wrong[one] = wrong[other] = (day, Decimal(1))
    for key, (day, total) in wrong.items():
        if total != 1:
            _blame_sum(table, groups[key], day, total)


def _wrong_sum(rows: list[Weight]) -> tuple[date, Decimal] | None:
    """Return the first day on which weights do not sum to 1, and what they sum to."""
    last = max(row.end for row in rows)
    for day in sorted({day for row in rows for day in (row.valid_from, row.end)} - {last}):
        total = sum((row.weight for row in rows if row.covers(day)), Decimal(0))
        if abs(total - 1) > TOLERANCE:
            return day, total
    return None


def _blame_sum(table: Table[Weight], rows: list[Weight], day: date, total: Decimal) -> None:
    counting = [row for row in rows if row.covers(day)]
    changed = [row for row in rows if row.valid_from == day] or [
        row for row in rows if row.end == day
    ]
    row = changed[0]
    lines = f"lines {', '.join(str(one.line) for one in counting)}" if counting else "no line"
    table.blame(
        row.line, "weight",
        f"the weights of scheme {row.scheme} ({row.subject_type}, role {row.role}) sum to "
        f"{total.normalize():f} on {day} ({lines})", "a sum of 1 on every day",
        "correct the weights, or the days on which they begin and end",
    )  # fmt: skip


def _check_competing(table: Table[Weight]) -> None:
    for (subject_type, role), rows in table.groups("subject_type", "role").items():
        by_scheme: dict[str, list[Weight]] = {}
        for row in rows:
            by_scheme.setdefault(row.scheme, []).append(row)
        for one, other in combinations(by_scheme.values(), 2):
            few, many = sorted((one, other), key=len)
            clash = _first_common(few, many)
            if clash is not None:
                table.blame(
                    clash.line, "scheme",
                    f"{subject_type}, role {role} has scheme {few[0].scheme} and scheme "
                    f"{many[0].scheme} (line {many[0].line}) at once", "one scheme a day",
                    f"correct the scheme to {many[0].scheme}, or end one where the other begins",
                )  # fmt: skip


def _first_common(some: Iterable[Weight], others: Iterable[Weight]) -> Weight | None:
    return next(
        (a for a in some for b in others if a.valid_from < b.end and b.valid_from < a.end), None
    )


def check_weighted_have_targets(configuration: Configuration) -> None:
    """Blame KPIs that are weighted and have no target that could fit."""
    weights, targets = configuration.table(Weight), configuration.table(Target)
    if not (targets.is_sure_of("kpi_code") and targets.is_sure_of("subject_type")):
        return
    aimed = {
        (text.get("kpi_code", ""), text.get("subject_type", "")) for text in targets.texts.values()
    }
    missing: dict[str, list[Weight]] = {}
    for row in weights.rows:
        if not {(row.kpi_code, row.subject_type), (row.kpi_code, EVERY)} & aimed:
            missing.setdefault(row.kpi_code, []).append(row)
    for code, rows in missing.items():
        table_lines = listed(row.line for row in rows)
        weights.blame(
            rows[0].line, "kpi_code",
            f"{code} is weighted (line {table_lines}) and has no target",
            f"a row for {code} in {targets.shown}", "add a target, or weigh another KPI",
        )  # fmt: skip
