"""Places the candidates of each award: rows in, `pay_rows.judged`, rows out."""

import pyarrow as pa

from dagster_project.lib import pay_rows

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("award", "period_type", "role", "currency", "kpi_code")),
        ("period_start", pa.date32()),
        *((name, pa.string()) for name in ("employee_id", "employee_label", "period_label")),
        ("is_final", pa.bool_()),
        ("paid_period_start", pa.date32()),
        ("value", pa.decimal128(18, 6)),
        ("reliability", pa.decimal128(9, 6)),
        ("place", pa.int32()),
        ("is_winner", pa.bool_()),
        ("is_tied", pa.bool_()),
        ("reason", pa.string()),
        ("amount", pa.decimal128(18, 3)),
    ]
)


def model(dbt, session):  # noqa: ANN001, ANN201, D103 - what dbt calls
    candidates = pay_rows.rows_of(dbt.ref("int_pay__award_candidates"))
    return pa.Table.from_pylist(pay_rows.judged(candidates), schema=SCHEMA)
