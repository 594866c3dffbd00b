"""The job, and the resource that is one run of the line."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.lib.clock import parse_instant
from dagster_project.lib.line import LineRun, settle_in
from dagster_project.lib.settings import load_settings

# Steps of one pool never run at the same time, not even those of two runs.
WAREHOUSE_POOL = "warehouse"
OPS_KEY = dg.AssetKey(["serving", "ops"])


class LineResource(dg.ConfigurableResource):
    """Holds the lock while a run lasts and publishes `ops.duckdb` when it ends, in any way."""

    inbox: str = ""
    as_of: str = ""
    wait_seconds: float = 600

    _run: LineRun = PrivateAttr()

    @property
    def run(self) -> LineRun:
        """The run that the steps work on."""
        return self._run

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[Self]:
        """Be one run: Dagster sets this up before the first step and tears it down after all."""
        settings = load_settings()
        dagster_run, instance = context.run, context.instance
        if dagster_run is None or instance is None:
            raise dg.DagsterInvariantViolationError("The line needs a Dagster run to belong to.")
        self._run = LineRun(
            settings,
            Path(self.inbox).absolute() if self.inbox else settings.home.inbox,
            dagster_run.run_id,
            parse_instant(self.as_of) if self.as_of else None,
            self.wait_seconds,
        )
        settle_in()
        with self._run as run:
            crashed = instance.get_run_by_id(run.crashed.run_id) if run.crashed else None
            if crashed is not None and not crashed.is_finished:
                instance.report_run_failed(crashed, f"killed: {run.crashed}")
            yield self
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                OPS_KEY, description=str(run.outcome), metadata={"run": run.run_id}
            )
        )


# One process for all steps: the run's lock and memory live in it.
line = dg.define_asset_job(
    "line",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Land, build, audit and publish; one run at a time.",
)
