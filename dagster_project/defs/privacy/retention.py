"""Deleting by age, once a month; the line that follows publishes without it."""

from datetime import UTC, datetime

import dagster as dg

from dagster_project.lib import retention
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.locking import RunLock
from dagster_project.lib.settings import load_settings


@dg.op
def delete_old_files(context: dg.OpExecutionContext) -> None:
    """Delete what `seeds/retention.csv` lets go."""
    settings = load_settings()
    home, today = settings.home, datetime.now(UTC).replace(tzinfo=None)
    with RunLock(home.run_lock, context.run_id, 600):
        old = retention.old_files(home, settings.seeds, load_feeds(), today)
        retention.delete(home, home.inbox, old)
    context.log.info(f"{len(old)} files were older than they are kept.")


@dg.job(description="Delete files that are older than seeds/retention.csv keeps them.")
def retention_job() -> None:
    """Do nothing else: the next run of the line builds anew what was made of the files."""
    delete_old_files()


monthly = dg.ScheduleDefinition(
    name="retention",
    job=retention_job,
    cron_schedule="0 3 1 * *",
    execution_timezone="UTC",
    description="On the first of each month, before the day's run.",
)
