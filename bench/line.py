"""The line itself, measured by what it reports: Dagster's events of the run."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.centre import AS_OF, Centre
from bench.measuring import apart, bytes_in, measured

# The stages, and how the keys of their steps begin.
STAGES = {
    "load": ("raw__", "fetched__"),
    "build": ("dbt_build",),
    "audit": ("mart_expectations",),
    "publish": ("serving__publication",),
}
SLOWEST = 15


def run(centre: Centre, name: str, memory: str | None) -> dict[str, Any]:
    """Run the line once and return what it took, by stage."""
    command = [sys.executable, "-m", "dagster_project.cli", "run", "--as-of", AS_OF]
    command += ["--home", str(centre.home), "--inbox", str(centre.inbox)]
    cost = measured(command, centre.log / f"{name}.log", environment(memory))
    if "Published" not in cost.said:
        raise RuntimeError(f"The line published nothing: see {centre.log / name}.log")
    log = apart(told, centre.home)
    return {
        **cost.as_json(),
        "start": round(log.began - cost.began, 2),
        "stages": log.stages,
        "line": round(sum(log.stages.values()), 2),
        "slowest_steps": slowest(log.steps),
        "models": round(sum(log.models.values()), 2),
        "tests": round(sum(log.tests.values()), 2),
        "slowest": slowest(log.models | log.tests),
        "disk": disk(centre.home),
    }


def environment(memory: str | None) -> dict[str, str]:
    """The settings of a measured process; the key is no secret, the callers are simulated."""
    limit = {"MERITLINE_MEMORY": memory} if memory else {}
    return {"MERITLINE_HASH_KEY": "bench", "COLUMNS": "200", **limit}


@dataclass(frozen=True)
class Told:
    """What the log of a run says: when its first step began, and seconds of steps and dbt nodes."""

    began: float
    steps: dict[str, float]
    models: dict[str, float]
    tests: dict[str, float]

    @property
    def stages(self) -> dict[str, float]:
        """Seconds by stage."""
        return {
            stage: round(sum(s for key, s in self.steps.items() if key.startswith(starts)), 2)
            for stage, starts in STAGES.items()
        }


def told(home: Path) -> Told:
    """Read Dagster's log of the last run."""
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    models: dict[str, float] = {}
    tests: dict[str, float] = {}
    with dg.DagsterInstance.get() as instance:
        run_id = instance.get_runs(limit=1)[0].run_id
        spans = {
            step.step_key: (step.start_time, step.end_time)
            for step in instance.get_run_step_stats(run_id)
            if step.start_time and step.end_time
        }
        for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
            if (
                (made := entry.asset_materialization)
                and made.asset_key
                and "seconds" in made.metadata
            ):
                models[made.asset_key.path[-1]] = float(str(made.metadata["seconds"].value))
        for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
            check: Any = entry.get_dagster_event().event_specific_data
            if "seconds" in check.metadata:
                name = f"{check.asset_key.path[-1]} {check.check_name}"
                tests[name] = float(check.metadata["seconds"].value)
    began = min(start for start, _ in spans.values())
    return Told(began, {key: end - start for key, (start, end) in spans.items()}, models, tests)


def slowest(seconds: Mapping[str, float]) -> dict[str, float]:
    """Return those that took longest, the longest first."""
    names = sorted(seconds, key=seconds.__getitem__, reverse=True)[:SLOWEST]
    return {name: round(seconds[name], 2) for name in names}


def disk(home: Path) -> dict[str, int]:
    """Return the bytes of what a run leaves."""
    version = (home / "serving" / "current").resolve()
    return {
        "lake": bytes_in(home / "lake"),
        **{name: bytes_in(version / f"{name}.duckdb") for name in ("warehouse", "marts", "pay")},
        "publication": bytes_in(version),
        "home": bytes_in(home),
    }
