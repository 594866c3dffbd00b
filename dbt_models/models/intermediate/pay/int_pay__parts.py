"""Pays each part of each month: rows in, `pay_rows.paid`, rows out."""

import pyarrow as pa

from dagster_project.lib import pay_rows

AMOUNT = pa.decimal128(18, 3)
LINE = pa.struct(
    [("kind", pa.string()), ("label", pa.string()), ("arithmetic", pa.string()), ("amount", AMOUNT)]
)
SCHEMA = pa.schema(
    [
        ("employee_id", pa.string()),
        ("period_start", pa.date32()),
        ("part_number", pa.int64()),
        ("period_score", pa.decimal128(9, 4)),
        ("score", pa.decimal128(9, 4)),
        ("team_score", pa.decimal128(9, 4)),
        ("bonus_ratio", pa.decimal128(9, 6)),
        ("team_bonus_ratio", pa.decimal128(9, 6)),
        ("own_amount", AMOUNT),
        ("team_amount", AMOUNT),
        ("hold_reasons", pa.list_(pa.string())),
        ("lines", pa.list_(LINE)),
    ]
)


def model(dbt, session):  # noqa: ANN001, ANN201, D103 - what dbt calls
    rows = pay_rows.rows_of(dbt.ref("int_pay__part_inputs"))
    return pa.Table.from_pylist([pay_rows.paid(row) for row in rows], schema=SCHEMA)
