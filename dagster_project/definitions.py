"""All there is: seeds are checked, files fetched and landed, dbt builds, one link publishes.

`make dagster` shows these definitions; `meritline run` runs the same job in its own process.
"""

import dagster as dg

from dagster_project.defs.bi.dashboards import dashboards
from dagster_project.defs.bi.paper import every_morning, paper
from dagster_project.defs.configuration.assets import configuration
from dagster_project.defs.fetching.assets import fetched_connections
from dagster_project.defs.landing.assets import raw_feeds
from dagster_project.defs.landing.triggers import daily, inbox_changed
from dagster_project.defs.line import LineResource, line
from dagster_project.defs.privacy.retention import monthly, retention_job
from dagster_project.defs.publishing.assets import ops, publication
from dagster_project.defs.quality.checks import mart_checks
from dagster_project.defs.warehouse.assets import models

defs = dg.Definitions(
    assets=[
        configuration,
        *fetched_connections,
        *raw_feeds,
        models,
        publication,
        ops,
        *dashboards,
    ],
    asset_checks=[mart_checks],
    jobs=[line, paper, retention_job],
    schedules=[daily, every_morning, monthly],
    sensors=[inbox_changed],
    resources={"line": LineResource()},
)
