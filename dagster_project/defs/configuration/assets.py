"""The configuration is judged before anything else runs."""

import dagster as dg

from dagster_project.defs.line import LineResource
from dagster_project.defs.results import asset_check_result
from dagster_project.lib.configuration import CHECK

CONFIGURATION_KEY = dg.AssetKey(["seeds", "configuration"])


@dg.asset(
    key=CONFIGURATION_KEY,
    group_name="config",
    owners=["team:data"],
    kinds={"csv"},
    description="What the organisation decides: every file in seeds/, held against the others.",
    check_specs=[
        dg.AssetCheckSpec(
            CHECK, asset=CONFIGURATION_KEY, blocking=True, description="No mistake in any seed."
        )
    ],
)
def configuration(line: LineResource) -> dg.MaterializeResult:
    """Read and check all seeds; a mistake ends the run here."""
    with line.run.step("configuration"):
        checks = line.run.check_configuration()
    if failed := [check.message for check in checks if check.is_blocking_failure]:
        raise dg.Failure("\n".join(failed), allow_retries=False)
    return dg.MaterializeResult(
        metadata={"warnings": sum(not check.is_passed for check in checks)},
        check_results=[asset_check_result(CONFIGURATION_KEY, CHECK, None)],
    )
