"""Says what becomes of each appeal: rows in, `adjustments.judge_appeal`, rows out."""

import pyarrow as pa

from dagster_project.lib import adjustments
from dagster_project.lib.closing import Period

SCHEMA = pa.schema(
    [
        *(
            (name, pa.string())
            for name in (
                *("appeal_id", "employee_id", "period", "kpi_code", "contact_ref", "text"),
                *("decision", "decided_by", "status", "currency"),
            )
        ),
        ("amount", pa.decimal128(18, 3)),
        ("filed_at", pa.timestamp("us")),
        ("decided_at", pa.timestamp("us")),
        ("deadline_date", pa.date32()),
    ]
)


def model(dbt, session):  # noqa: ANN001, ANN201, D103 - what dbt calls
    periods = dbt.source("ledger", "closed_periods").project("period, closed_at").fetchall()
    closed_at = {Period.parse(period): at for period, at in periods}
    currencies = {}
    if closed_at:
        rows = session.sql(
            "select period_start, employee_id, currency "
            "from warehouse.ledger.compensation_inputs where currency is not null"
        ).fetchall()
        currencies = {(Period.of(start), employee): currency for start, employee, currency in rows}
    days = int(dbt.config.get("appeal_days"))
    appeals = dbt.ref("stg_hr__appeals")
    results = []
    for values in appeals.order("appeal_id").fetchall():
        row = dict(zip(appeals.columns, values, strict=True))
        status, deadline = adjustments.judge_appeal(row, closed_at, currencies, days)
        # A month without a deadline is open, or none.
        currency = deadline and currencies.get((Period.parse(row["period"]), row["employee_id"]))
        results.append(row | {"status": status, "deadline_date": deadline, "currency": currency})
    return pa.Table.from_pylist(results, schema=SCHEMA)
