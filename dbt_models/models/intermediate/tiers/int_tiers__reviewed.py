"""One row per subject and period: the tier, what it was reached from, and how sure it is."""

from dagster_project.lib.reviews import reviewed


def model(dbt, session):  # noqa: ANN001, ANN201, D103 - dbt's own signature
    dbt.config(materialized="table")
    return reviewed(
        candidates=dbt.ref("int_tiers__candidates"),
        held=dbt.ref("int_tiers__held"),
        rules=dbt.ref("tier_rules"),
        samples=dbt.ref("int_tiers__samples"),
    )
