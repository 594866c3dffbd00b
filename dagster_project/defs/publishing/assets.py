"""The publication, and `ops.duckdb` which follows every run."""

import dagster as dg

from dagster_project.defs.landing.assets import RETRIES
from dagster_project.defs.line import OPS_KEY, WAREHOUSE_POOL, LineResource
from dagster_project.defs.warehouse.assets import models


@dg.asset(
    key=["serving", "publication"],
    deps=[key for key in models.keys if key.path[0] == "marts"],
    group_name="serving",
    owners=["team:data"],
    kinds={"duckdb"},
    description="Whole database files of one run behind one link: serving/current.",
    retry_policy=RETRIES,
    pool=WAREHOUSE_POOL,
)
def publication(line: LineResource) -> dg.MaterializeResult:
    """Copy the audited build beside the old publication and swap the link."""
    with line.run.step("publication"):
        version = line.run.publish()
    return dg.MaterializeResult(metadata={"folder": dg.MetadataValue.path(str(version))})


# Written when the run ends, by the resource: also by a run that fails before it publishes.
ops = dg.AssetSpec(
    OPS_KEY,
    deps=[publication],
    group_name="serving",
    owners=["team:data"],
    kinds={"duckdb"},
    description="Runs, check results, the load ledger and rejected lines, after every run.",
)
