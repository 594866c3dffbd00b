"""Compares closed months with what they would be today: rows in, `lib.adjustments`, rows out."""

import json
from collections import defaultdict

import pyarrow as pa

from dagster_project.lib import adjustments
from dagster_project.lib.closing import Period
from dagster_project.lib.reasons import Changes, Month

AMOUNT = pa.decimal128(18, 3)
SCHEMA = pa.schema(
    [
        *(
            (name, pa.string())
            for name in (
                *("adjustment_id", "employee_id", "period", "kind", "state", "paid_in", "currency"),
                *("reason", "accepted_by", "rejected_by", "note", "appeal_id"),
            )
        ),
        ("closed_amount", AMOUNT),
        ("restated_amount", AMOUNT),
        ("amount", AMOUNT),
    ]
)


def model(dbt, session):  # noqa: ANN001, ANN201, D103 - what dbt calls
    statements, parts = dbt.ref("int_pay__statements"), dbt.ref("int_pay__part_results")
    scores = dbt.ref("score_parts").filter("subject_type = 'employee' and period_type = 'month'")
    events = [json.loads(event) for _, event in dbt.source("ledger", "decisions").fetchall()]
    made = adjustments.decisions(sorted(events, key=lambda event: event["number"]))
    periods = _rows(dbt.source("ledger", "closed_periods").order("period_start"))
    closed = [Period.parse(row["period"]) for row in periods]
    files = _grouped(_rows(dbt.source("ledger", "file_changes")), "period_start")
    seeds = _grouped(_rows(dbt.source("ledger", "seed_changes")), "period_start")

    found = adjustments.decided(made, closed)
    currencies = {}
    for row, period in zip(periods, closed, strict=True):
        month = Month(
            period,
            *_single(_kept(session, "compensation_inputs"), statements, period),
            *_several(_kept(session, "score_parts"), scores, period, "subject_id"),
            *_several(_kept(session, "compensation_parts"), parts, period, "employee_id"),
            Changes(files[period.start], seeds[period.start], row["is_code_changed"]),
        )
        found += adjustments.recalculations(month, made, closed)
        for employee, kept in month.closed.items():
            if kept["currency"] is not None:
                currencies[period, employee] = kept["currency"]
    found += adjustments.of_appeals(_rows(dbt.ref("int_pay__appeals")), currencies, made, closed)
    return pa.Table.from_pylist(
        [
            vars(one)
            | {
                "period": str(one.period),
                "paid_in": str(one.paid_in),
                "accepted_by": "; ".join(one.accepted_by) or None,
            }
            for one in found
        ],
        schema=SCHEMA,
    )


def _kept(session, table: str):  # noqa: ANN001, ANN202 - DuckDB's
    return session.table(f"warehouse.ledger.{table}")


def _single(kept, today, period: Period) -> tuple:  # noqa: ANN001 - DuckDB's
    """Rows of the ledger and of today by employee, who has one of them a month."""
    return tuple({row["employee_id"]: row for row in _of(rows, period)} for rows in (kept, today))


def _several(kept, today, period: Period, key: str) -> tuple:  # noqa: ANN001 - DuckDB's
    """Rows of the ledger and of today by employee, in the order of their parts."""
    return tuple(_grouped(_of(rows.order("part_start"), period), key) for rows in (kept, today))


def _of(relation, period: Period) -> list[dict]:  # noqa: ANN001 - DuckDB's
    return _rows(relation.filter(f"period_start = date '{period.start}'"))


def _rows(relation) -> list[dict]:  # noqa: ANN001 - DuckDB's
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def _grouped(rows: list[dict], key: str) -> defaultdict:
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups
