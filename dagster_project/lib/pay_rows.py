"""Rows of the warehouse as what `pay.py` computes with, and back: what dbt's Python models call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from dagster_project.lib import pay

Row = Mapping[str, Any]
KPI_DIGITS = 6
AWARD = ("award", "period_type", "role", "currency", "kpi_code", "period_start")


def rows_of(relation: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a DuckDB relation
    """Read a relation as one dictionary a row."""
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def by_person(rows: Iterable[Row], month: str, *order: str) -> dict[tuple[Any, Any], list[Row]]:
    """Group rows by employee and month, in an order that does not depend on theirs."""
    groups: defaultdict[tuple[Any, Any], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: [(row[name] is None, row[name]) for name in order]):
        groups[row["employee_id"], row[month]].append(row)
    return groups


def paid(row: Row) -> dict[str, Any]:
    """Pay one row of `int_pay__part_inputs`."""
    part = _part(row)
    result = pay.pay_part(part)
    return {
        "employee_id": row["employee_id"],
        "period_start": row["period_start"],
        "part_number": row["part_number"],
        "period_score": pay.pay_score(row["period_score"]),
        "score": part.score,
        "team_score": part.team_score,
        "bonus_ratio": result.ratio,
        "team_bonus_ratio": result.team_ratio,
        "own_amount": result.own_amount,
        "team_amount": result.team_amount,
        "hold_reasons": list(result.holds),
        "lines": [vars(line) for line in result.lines],
    }


def judged(candidates: Iterable[Row]) -> list[dict[str, Any]]:
    """Judge all awards of `int_pay__award_candidates`."""
    ordered = sorted(candidates, key=_award)
    return [row for _, group in groupby(ordered, _award) for row in _one_award(list(group))]


def stated(
    parts: Sequence[Row],
    awards: Sequence[Row],
    adjustments: Sequence[Row],
    holds: Sequence[Row],
    currency: str | None,
) -> dict[str, Any]:
    """Put one person's month together, from rows of `int_pay__parts` and its neighbours."""
    digits = pay.minor_digits(currency)
    result = pay.statement(
        [_paid_part(row, digits) for row in parts],
        [_extra(_award_label(row), row, digits) for row in awards],
        [_extra(row["reason"], row, digits) for row in adjustments],
        _holds(holds),
        currency,
    )
    return {
        "currency": currency,
        "hold_reason": "; ".join(result.hold_reasons) or None,
        "awards": "; ".join(_award_label(row) for row in awards) or None,
        "bonus_amount": result.bonus,
        "award_amount": result.awards,
        "held_amount": result.held,
        "adjustment_amount": result.adjustments,
        "total_amount": result.total,
        "lines": [vars(line) for line in result.lines],
    }


def _part(row: Row) -> pay.Part:
    return pay.Part(
        role=row["role"],
        plan=pay.Plan(
            name=row["plan"],
            rule=pay.Rule(row["rule"]),
            floor=_decimal(row["floor"]) or pay.ZERO,
            target_share=_decimal(row["target_share"]) or pay.ZERO,
            cap=_decimal(row["cap"]),
            team_share=_decimal(row["team_share"]) or pay.ZERO,
            gate_kpi=row["gate_kpi"],
            gate_minimum=_decimal(row["gate_minimum"]),
            minimum_data_grade=row["minimum_data_grade"],
        ),
        bands=pay.Bands(_decimal(row["middle_score"]), _decimal(row["high_score"])),
        work=pay.Work(
            row["days"],
            row["month_days"],
            row["scheduled_seconds"] or 0,
            row["unpaid_seconds"] or 0,
        ),
        base_pay=row["base_pay"],
        currency=row["currency"],
        score=pay.pay_score(row["score"]),
        team=row["counted_team"],
        team_score=pay.pay_score(row["team_score"]),
        data_grade=row["data_grade"],
        gate_value=_decimal(row["gate_value"]),
        gate_shape=row["gate_shape"] or "higher",
    )


def _paid_part(row: Row, digits: int) -> pay.PaidPart:
    """Read a part back: columns have three decimals, a statement those of its currency."""

    def line(row: Row) -> pay.Line:
        value = row["amount"]
        amount = None if value is None else pay.round_half_up(value, digits)
        return pay.Line(row["kind"], row["label"], row["arithmetic"], amount)

    return pay.PaidPart(
        row["bonus_ratio"],
        row["team_bonus_ratio"],
        pay.round_half_up(row["own_amount"], digits),
        pay.round_half_up(row["team_amount"], digits),
        tuple(row["hold_reasons"]),
        tuple(line(one) for one in row["lines"]),
    )


def _award(row: Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in AWARD)


def _one_award(rows: Sequence[Row]) -> list[dict[str, Any]]:
    award = rows[0]
    by_employee = {row["employee_id"]: row for row in rows}
    reliability = {
        name: _rounded(row["reliability"]) or pay.ZERO for name, row in by_employee.items()
    }
    standings = pay.judge(
        [pay.Candidate(name, _merit(row), reliability[name]) for name, row in by_employee.items()],
        award["winners"] or 1,
        _decimal(award["minimum_reliability"]) or pay.ZERO,
    )
    prize = pay.round_half_up(
        _decimal(award["amount"]) or pay.ZERO, pay.minor_digits(award["currency"])
    )
    return [
        {
            **by_employee[standing.employee_id],
            **vars(standing),
            "value": _value(by_employee[standing.employee_id]),
            "reliability": reliability[standing.employee_id],
            "amount": prize if standing.is_winner else pay.ZERO,
        }
        for standing in standings
    ]


def _value(row: Row) -> Decimal | None:
    return pay.pay_score(row["value"]) if row["kpi_code"] == "score" else _rounded(row["value"])


def _merit(row: Row) -> Decimal | None:
    """What decides: the value in its KPI's direction; its attainment where a middle is best."""
    value = _value(row)
    if value is None or row["kpi_code"] == "score" or row["shape"] == "higher":
        return value
    return -value if row["shape"] == "lower" else _rounded(row["attainment"])


def _award_label(row: Row) -> str:
    tied = ", tied" if row["is_tied"] else ""
    result = f"place {row['place']} by {row['kpi_code']} {pay.plain(row['value'])}{tied}"
    return f"{row['award']} {row['period_label']}: {result}"


def _extra(label: str, row: Row, digits: int) -> pay.Extra:
    return pay.Extra(label, pay.round_half_up(row["amount"], digits))


def _holds(rows: Sequence[Row]) -> pay.Holds:
    waiting = [row for row in rows if row["released_by"] is None]
    return pay.Holds(
        tuple(f"{row['reason']} ({row['decided_by']})" for row in waiting),
        ""
        if waiting
        else "; ".join(
            f"Released by {row['released_by']} on {row['released_at']}: {row['reason']}"
            for row in rows
        ),
    )


def _decimal(value: object) -> Decimal | None:
    """A number of a seed (text) or of a mart (the shortest decimal that names the double)."""
    return None if value is None else Decimal(str(value))


def _rounded(value: object) -> Decimal | None:
    number = _decimal(value)
    return None if number is None else pay.round_half_up(number, KPI_DIGITS)
