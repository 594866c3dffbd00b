"""Expectations on the finished marts: nothing is published past a blocking one."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.defs.line import WAREHOUSE_POOL, LineResource
from dagster_project.defs.results import asset_check_result
from expectations import marts


def _key(mart: str) -> dg.AssetKey:
    return dg.AssetKey(["marts", mart])


@dg.multi_asset_check(
    name="mart_expectations",
    specs=[
        dg.AssetCheckSpec(rule.name, asset=_key(mart), blocking=True, description=rule.expected)
        for mart, rules in marts.SUITES.items()
        for rule in rules
    ],
    pool=WAREHOUSE_POOL,
)
def mart_checks(line: LineResource) -> Iterator[dg.AssetCheckResult]:
    """Run all suites in one pass over the build."""
    with line.run.step("checks"):
        checks = line.run.audit_marts()
    results = {(check.subject, check.check_name): check for check in checks}
    for mart, rules in marts.SUITES.items():
        for rule in rules:
            yield asset_check_result(_key(mart), rule.name, results.get((mart, rule.name)))
