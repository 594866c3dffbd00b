"""The one dbt build of a run, in this process.

In process, so that a killed run leaves no orphan that goes on writing, and a warm process saves
dbt's long start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from dagster_project.lib import fingerprint
from dagster_project.lib.quality import CheckResult, Layer, Severity, failure_message
from dagster_project.lib.settings import Home

FAILED_STATUSES = {"error", "fail", "runtime error"}
SHOWN_ROWS = 5


class SeedsError(ValueError):
    """A seed is missing, so that the project cannot even be read."""


class BuildError(Exception):
    """A model did not build, or dbt could not start: nobody's data is at fault."""


@dataclass(frozen=True)
class Refresh:
    """How much of the warehouse a build has to do over."""

    full: bool
    scores: bool


@dataclass(frozen=True)
class NodeResult:
    """What dbt says about one node."""

    unique_id: str
    name: str
    kind: str
    path: str
    status: str
    seconds: float
    failures: int
    message: str
    sql: str
    is_on_seeds: bool

    @property
    def is_failed(self) -> bool:
        """Tell whether dbt counts the node as an error."""
        return self.status in FAILED_STATUSES


def manifest(project: Path, home: Home) -> Path:
    """Return dbt's manifest of the project, parsed again when the project changed."""
    target = home.build / "dbt"
    path, mark = target / "manifest.json", target / "manifest.fingerprint"
    seeds = ",".join(sorted(fingerprint.seed_hashes(project)))
    wanted = f"{fingerprint.code_hash(project)} {seeds}"
    if not (path.exists() and mark.exists() and mark.read_text(encoding="utf-8") == wanted):
        _expect_seeds(project)
        target.mkdir(parents=True, exist_ok=True)
        _invoke(project, home, ["parse"], lambda event: None)
        mark.write_text(wanted, encoding="utf-8")
    return path


def _expect_seeds(project: Path) -> None:
    declared: set[str] = set()
    for path in (project / "seeds").glob("*.yml"):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        declared.update(seed["name"] for seed in document.get("seeds", []))
    if missing := declared - fingerprint.seed_hashes(project).keys():
        names = ", ".join(f"seeds/{name}.csv" for name in sorted(missing))
        raise SeedsError(
            f"{names} is missing. Bring it back, if only with its header: every seed that "
            "seeds/*.yml describes has to be there."
        )


def needed_refresh(manifest_path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Refresh:
    """Decide what to build anew.

    Everything when models or fact-shaping seeds changed or as-of went back. Seeds tagged `scoring`
    only score again what was measured before.
    """
    if not old:
        return Refresh(full=True, scores=True)
    changed = fingerprint.changed_seeds(old, new)
    nodes = json.loads(manifest_path.read_text(encoding="utf-8"))["nodes"].values()
    scoring = {
        node["name"]
        for node in nodes
        if node["resource_type"] == "seed" and "scoring" in node["tags"]
    }
    full = (
        old["code"] != new["code"]
        # Going back in time, rows would have to be taken out that no new file names.
        or new["as_of"] < old["as_of"]
        or any(
            name not in scoring or fingerprint.has_new_header(name, old, new) for name in changed
        )
    )
    return Refresh(full=full, scores=bool(changed))


def build(
    project: Path,
    home: Home,
    as_of: datetime,
    refresh: Refresh,
    show: Callable[[str, int, int], None],
) -> list[NodeResult]:
    """Run `dbt build` and return what became of each node; `show(name, done, total)` meanwhile."""
    done = 0

    def listen(event: Any) -> None:  # noqa: ANN401 - dbt's generated message class
        nonlocal done
        if event.info.name == "LogStartLine":
            show(event.data.node_info.node_name, done, event.data.total)
            done += 1

    variables = {"as_of": as_of.strftime("%Y-%m-%d %H:%M:%S"), "rescore": refresh.scores}
    arguments = ["build", "--exclude-resource-type", "unit_test", "--vars", json.dumps(variables)]
    if refresh.full:
        arguments.append("--full-refresh")
    outcome = _invoke(project, home, arguments, listen)
    return [_node_result(result) for result in outcome.results]


def check_results(home: Home, nodes: list[NodeResult]) -> Iterator[CheckResult]:
    """Turn dbt's tests, and seeds that could not be loaded, into check results."""
    for node in nodes:
        is_test = node.kind == "test"
        if node.status == "skipped" or not (is_test or (node.kind == "seed" and node.is_failed)):
            continue
        is_passed = node.status in {"pass", "success"}
        if is_test:
            what, expected = f"The dbt test {node.name} failed", "no row"
            observed = "no row" if is_passed else _failing_rows(home, node)
        else:
            what, expected, observed = (
                "The seed could not be loaded",
                "a readable CSV",
                node.message,
            )
        yield CheckResult(
            layer=Layer.SEEDS if node.is_on_seeds else Layer.MODELS,
            check_name=node.name,
            subject=node.path,
            severity=Severity.WARN if node.status == "warn" else Severity.ERROR,
            is_passed=is_passed,
            observed=observed,
            expected=expected,
            message=""
            if is_passed
            else failure_message(
                what,
                node.path,
                observed,
                expected,
                "correct the rows of this file in seeds/ and run again."
                if node.is_on_seeds
                else "look at these rows in build/warehouse.duckdb or build/marts.duckdb, "
                "then correct the input or the model and run again.",
            ),
        )


def model_errors(nodes: list[NodeResult]) -> str:
    """Describe the models that did not build; empty when all did."""
    return "\n".join(
        f"{node.path}: {node.message}" for node in nodes if node.kind == "model" and node.is_failed
    )


def _invoke(project: Path, home: Home, arguments: list[str], listen: Callable[[Any], None]) -> Any:  # noqa: ANN401
    # Importing dbt takes seconds: only those who build pay for it.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ["MERITLINE_HOME"] = str(home.root)
    folder = str(project / "dbt_models")
    outcome = dbtRunner(callbacks=[listen]).invoke(  # pyright: ignore[reportUnknownMemberType]
        [
            *("--log-level", "none", "--log-path", str(home.logs)),
            *arguments,
            *("--project-dir", folder, "--profiles-dir", folder),
            *("--target-path", str(home.build / "dbt")),
        ]
    )
    # Otherwise the adapter keeps the files open for as long as this process lives.
    DuckDBConnectionManager.close_all_connections()
    if outcome.result is None or (outcome.exception and not outcome.result):
        raise BuildError(f"dbt {arguments[0]} did not run: {outcome.exception}")
    return outcome.result


def _node_result(result: Any) -> NodeResult:  # noqa: ANN401 - dbt's class has no useful types
    node = result.node
    kind = str(node.resource_type)
    parents: list[str] = list(getattr(node.depends_on, "nodes", []))
    attached: str = getattr(node, "attached_node", None) or ""
    is_on_seeds = (
        kind == "seed"
        or attached.startswith("seed.")
        or (bool(parents) and all(parent.startswith("seed.") for parent in parents))
    )
    path = str(node.original_file_path)
    if is_on_seeds and kind == "test":
        seed = (attached or parents[0]).rpartition(".")[2]
        path = f"seeds/{seed}.csv"
    return NodeResult(
        unique_id=str(node.unique_id),
        name=str(node.name),
        kind=kind,
        path=path.removeprefix("../") if is_on_seeds else f"dbt_models/{path}",
        status=str(result.status),
        seconds=float(result.execution_time),
        failures=int(result.failures or 0),
        message=" ".join(str(result.message or "").split()),
        sql=str(getattr(node, "compiled_code", None) or ""),
        is_on_seeds=is_on_seeds,
    )


def _failing_rows(home: Home, node: NodeResult) -> str:
    if not node.failures or not node.sql:
        return node.message
    with duckdb.connect(str(home.build / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{home.build / 'marts.duckdb'}' as marts (read_only)")
        try:
            rows = connection.sql(f"select * from ({node.sql}) limit {SHOWN_ROWS}")  # noqa: S608
            return f"{node.failures} rows, such as {describe_rows(rows)}"
        except duckdb.Error:
            return node.message


def describe_rows(rows: duckdb.DuckDBPyRelation) -> str:
    """Write a few rows as `column=value` text for a message."""
    columns = rows.columns
    return "; ".join(
        ", ".join(f"{name}={value}" for name, value in zip(columns, row, strict=True))
        for row in rows.fetchall()
    )
