"""Check results of the line as Dagster shows them."""

import dagster as dg

from dagster_project.lib.quality import CheckResult, Severity


def asset_check_result(
    key: dg.AssetKey, name: str, check: CheckResult | None
) -> dg.AssetCheckResult:
    """Return what Dagster is told of the check `name` on the asset `key`.

    Dagster wants an answer from every check; one that had nothing to judge passes.
    """
    if check is None:
        return dg.AssetCheckResult(
            check_name=name, asset_key=key, passed=True, description="There was nothing to judge."
        )
    is_error = check.severity is Severity.ERROR
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=check.is_passed,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=check.message or None,
        metadata={"observed": check.observed, "expected": check.expected},
    )
