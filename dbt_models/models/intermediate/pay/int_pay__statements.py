"""Puts each person's month together: parts, awards, holds and adjustments in, `pay_rows.stated`."""

import pyarrow as pa

from dagster_project.lib.pay_rows import by_person, rows_of, stated

AMOUNT = pa.decimal128(18, 3)
LINE = pa.struct(
    [("kind", pa.string()), ("label", pa.string()), ("arithmetic", pa.string()), ("amount", AMOUNT)]
)
SCHEMA = pa.schema(
    [
        ("employee_id", pa.string()),
        ("currency", pa.string()),
        ("hold_reason", pa.string()),
        ("awards", pa.string()),
        ("bonus_amount", AMOUNT),
        ("award_amount", AMOUNT),
        ("held_amount", AMOUNT),
        ("adjustment_amount", AMOUNT),
        ("total_amount", AMOUNT),
        ("lines", pa.list_(LINE)),
        ("period_start", pa.date32()),
    ]
)


def model(dbt, session):  # noqa: ANN001, ANN201, D103 - what dbt calls
    # dbt only sees references that stand by themselves.
    parts = rows_of(dbt.ref("int_pay__parts"))
    awards = rows_of(dbt.ref("int_pay__awards"))
    adjustments = rows_of(dbt.ref("int_pay__adjustments"))
    holds = rows_of(dbt.ref("int_pay__holds"))
    base_pay = rows_of(dbt.ref("int_pay__base_pay"))
    months = rows_of(dbt.ref("int_pay__months"))

    inputs = (
        by_person(parts, "period_start", "part_number"),
        by_person(
            [row for row in awards if row["is_winner"]],
            *("paid_period_start", "period_type", "award", "role", "kpi_code"),
        ),
        by_person(adjustments, "period_start", "adjustment_id"),
    )
    decided = by_person(holds, "period_start", "reason", "decided_by")
    currencies = {(row["employee_id"], row["period_start"]): row["currency"] for row in base_pay}
    # A quarter's award whose last month has not begun is not paid yet.
    known = {row["period_start"] for row in months}
    results = [
        {"employee_id": person[0], "period_start": person[1]}
        | stated(
            *(rows.get(person, []) for rows in (*inputs, decided)),
            currencies.get(person),
        )
        for person in sorted({person for rows in inputs for person in rows})
        if person[1] in known
    ]
    return pa.Table.from_pylist(results, schema=SCHEMA)
