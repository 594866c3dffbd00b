"""Pay plans, awards and holds: what has to hold within and between their rows."""

from __future__ import annotations

from dagster_project.lib.configuration.fields import has_minor_unit
from dagster_project.lib.configuration.models import Award, PayHold, PayPlan
from dagster_project.lib.configuration.tables import Configuration


def check_pay(configuration: Configuration) -> None:
    """Blame plans, awards and holds that contradict themselves."""
    _check_plans(configuration)
    awards = configuration.table(Award)
    for row in awards.rows:
        if not has_minor_unit(row.amount, row.currency):
            awards.blame(
                row.line, "amount", f"nobody can be paid {row.amount} {row.currency}",
                f"an amount in whole units of {row.currency} and its cents", "round the amount",
            )  # fmt: skip
    holds = configuration.table(PayHold)
    for row in holds.rows:
        if (row.released_by is None) != (row.released_at is None):
            holds.blame(
                row.line, "released_at" if row.released_by else "released_by",
                "the field is empty", "both released_by and released_at, or neither",
                "say who released the pay and when",
            )  # fmt: skip
        elif row.released_at is not None and row.released_at < row.decided_at:
            holds.blame(
                row.line, "released_at",
                f"the pay was released on {row.released_at}, before it was held",
                f"{row.decided_at} or later", "correct the days",
            )  # fmt: skip


def _check_plans(configuration: Configuration) -> None:
    table = configuration.table(PayPlan)
    for row in table.rows:
        floor, cap, share = row.floor or 0, row.cap, row.target_share
        if cap is not None and floor > cap:
            table.blame(
                row.line, "floor", f"the floor {floor} is above the cap {cap}",
                "a floor of at most the cap", "correct one of the two",
            )  # fmt: skip
        elif share is not None and (share < floor or (cap is not None and share > cap)):
            table.blame(
                row.line, "target_share",
                f"{share} lies outside {floor} to {cap}",
                "a share from floor to cap", "correct the three",
            )  # fmt: skip
        if (row.gate_kpi is None) != (row.gate_minimum is None):
            table.blame(
                row.line, "gate_minimum" if row.gate_kpi else "gate_kpi", "the field is empty",
                "both gate_kpi and gate_minimum, or neither", "complete the gate or remove it",
            )  # fmt: skip
