"""Check results of the line as Dagster shows them."""

import dagster as dg

from dagster_project.lib.quality import CheckResult, Severity


def asset_check_result(key: dg.AssetKey, check: CheckResult) -> dg.AssetCheckResult:
    """Return what Dagster is told of a check on the asset `key`."""
    is_error = check.severity is Severity.ERROR
    return dg.AssetCheckResult(
        check_name=check.check_name,
        asset_key=key,
        passed=check.is_passed,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=check.message or None,
        metadata={"observed": check.observed, "expected": check.expected},
    )
