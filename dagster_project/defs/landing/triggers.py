"""What starts a run: the clock, and new files in the inbox."""

import time

import dagster as dg

from dagster_project.defs.line import line
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.fingerprint import inbox_state
from dagster_project.lib.settings import load_settings

# Files that are still being written are left alone until they have been quiet for so long. Not so
# logs that grow: what is missing is read by the run after, and a busy exchange is never quiet.
QUIET_SECONDS = 5
GROWING = {folder for feed in load_feeds().values() if feed.grows for folder in feed.inbox_folders}
# In the terminal a line for each of Dagster's 2,500 events takes seconds; they are in the UI.
QUIETLY = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

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
    # Dagster looks every five seconds; asked for five, it skips every second look that comes early.
    minimum_interval_seconds=4,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="When files were added, replaced or have grown, and are quiet.",
)
def inbox_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run when the inbox differs from what it was at the last request."""
    state, changed_at = inbox_state(load_settings().home.inbox, GROWING)
    if state == context.cursor:
        return dg.SkipReason("The inbox has not changed.")
    if time.time() - changed_at < QUIET_SECONDS:
        return dg.SkipReason("The inbox is still changing.")
    filters = dg.RunsFilter(job_name=line.name, statuses=UNDER_WAY)
    if context.instance.get_run_ids(filters, limit=1):
        # Runs do not pile up: what has come meanwhile is one run's work when this one is over.
        return dg.SkipReason("A run is under way.")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_config=QUIETLY)], cursor=state)
