"""What starts a run: the clock, and new files in the inbox."""

import time

import dagster as dg

from dagster_project.defs.line import line
from dagster_project.lib.fingerprint import inbox_state
from dagster_project.lib.settings import load_settings

# Files that are still being written are left alone until they have been quiet for so long.
QUIET_SECONDS = 30

daily = dg.ScheduleDefinition(
    name="daily",
    job=line,
    cron_schedule="0 4 * * *",
    execution_timezone="UTC",
    description="Every day, when all sites have closed the day before.",
)


@dg.sensor(
    name="inbox_changed",
    job=line,
    minimum_interval_seconds=60,
    description="When files were added, replaced or have grown, and are quiet.",
)
def inbox_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run when the inbox differs from what it was at the last request."""
    state, changed_at = inbox_state(load_settings().home.inbox)
    if state == context.cursor:
        return dg.SkipReason("The inbox has not changed.")
    if time.time() - changed_at < QUIET_SECONDS:
        return dg.SkipReason("The inbox is still changing.")
    return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=state)
