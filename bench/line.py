"""The line itself, measured by what it reports: Dagster's events of the run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from bench.centre import AS_OF, Centre
from bench.measuring import apart, bytes_in, measured

STAGES = ("load", "build", "audit", "publish")
# What the steps of the job are called, by how their keys begin.
STEPS = {
    "raw__": "load",
    "fetched__": "load",
    "dbt_build": "build",
    "mart_expectations": "audit",
    "serving__publication": "publish",
}
SLOWEST = 15


def run(centre: Centre, name: str, memory: str | None) -> dict[str, Any]:
    """Run the line once and return what it took, by stage."""
    command = [sys.executable, "-m", "dagster_project.cli", "run", "--as-of", AS_OF]
    command += ["--home", str(centre.home), "--inbox", str(centre.inbox)]
    cost = measured(command, centre.log / f"{name}.log", environment(memory))
    if "Published" not in cost.said:
        raise RuntimeError(f"The line published nothing: see {centre.log / name}.log")
    first_step, seconds, nodes = apart(told, centre.home)
    stages = {stage: round(seconds.get(stage, 0.0), 2) for stage in STAGES}
    return {
        **cost.as_json(),
        "start": round(first_step - cost.began, 2),
        "stages": stages,
        "line": round(sum(stages.values()), 2),
        "slowest": nodes,
        "disk": disk(centre.home),
    }


def environment(memory: str | None) -> dict[str, str]:
    """The settings of a measured process; the key is no secret, the callers are simulated."""
    limit = {"MERITLINE_MEMORY": memory} if memory else {}
    return {"MERITLINE_HASH_KEY": "bench", "COLUMNS": "200", **limit}


def told(home: Path) -> tuple[float, dict[str, float], dict[str, float]]:
    """Read the log of the last run: its first step, seconds by stage, the slowest dbt nodes."""
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    seconds: dict[str, float] = {}
    nodes: dict[str, float] = {}
    with dg.DagsterInstance.get() as instance:
        run_id = instance.get_runs(limit=1)[0].run_id
        steps = [
            (step.step_key, step.start_time, step.end_time)
            for step in instance.get_run_step_stats(run_id)
            if step.start_time and step.end_time
        ]
        for key, began, ended in steps:
            stage = next((name for start, name in STEPS.items() if key.startswith(start)), "other")
            seconds[stage] = seconds.get(stage, 0.0) + ended - began
        for kind in (
            dg.DagsterEventType.ASSET_MATERIALIZATION,
            dg.DagsterEventType.ASSET_CHECK_EVALUATION,
        ):
            for entry in instance.all_logs(run_id, of_type=kind):
                data: Any = entry.get_dagster_event().event_specific_data
                said = getattr(data, "materialization", data)
                if "seconds" in said.metadata:
                    parts = [said.asset_key.path[-1], getattr(said, "check_name", "")]
                    nodes[" ".join(filter(None, parts))] = said.metadata["seconds"].value
    slowest = sorted(nodes, key=nodes.__getitem__, reverse=True)[:SLOWEST]
    first_step = min(began for _, began, _ in steps)
    return first_step, seconds, {name: round(nodes[name], 2) for name in slowest}


def disk(home: Path) -> dict[str, int]:
    """Return the bytes of what a run leaves."""
    build, version = home / "build", (home / "serving" / "current").resolve()
    return {
        "lake": bytes_in(home / "lake"),
        **{name: bytes_in(build / f"{name}.duckdb") for name in ("warehouse", "marts", "pay")},
        "publication": bytes_in(version),
        "home": bytes_in(home),
    }
