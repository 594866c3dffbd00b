"""All there is: files land, dbt builds, checks guard, one link publishes, dashboards read.

`make dagster` shows these definitions; `meritline run` runs the same job in its own process.
"""

import dagster as dg

from dagster_project.defs.bi.dashboards import dashboards
from dagster_project.defs.landing.assets import raw_feeds
from dagster_project.defs.landing.triggers import daily, inbox_changed
from dagster_project.defs.line import LineResource, line
from dagster_project.defs.publishing.assets import ops, publication
from dagster_project.defs.quality.checks import mart_checks
from dagster_project.defs.warehouse.assets import models

defs = dg.Definitions(
    assets=[*raw_feeds, models, publication, ops, *dashboards],
    asset_checks=[mart_checks],
    jobs=[line],
    schedules=[daily],
    sensors=[inbox_changed],
    resources={"line": LineResource()},
)
