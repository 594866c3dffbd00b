"""Pages printed by the clock, for people who do not log in."""

import subprocess
import sys

import dagster as dg

from dagster_project.lib.settings import load_settings


@dg.op(description="Print pages without people into HOME/paper, and mail them.")
def printed_pages() -> None:
    """Run `meritline paper`, with mail where a server is configured."""
    mail = ["--mail"] if load_settings().mail else []
    subprocess.run([sys.executable, "-m", "dagster_project.cli", "paper", *mail], check=True)


@dg.job(description="The pages as PDF; needs the server (meritline serve).")
def paper() -> None:
    """Print what is published."""
    printed_pages()


every_morning = dg.ScheduleDefinition(
    name="every_morning",
    job=paper,
    cron_schedule="30 5 * * *",
    execution_timezone="UTC",
    description="After the daily run, before people come.",
)
