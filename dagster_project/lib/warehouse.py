"""The one dbt build of a run, in this process.

In process, so that a killed run leaves no orphan that goes on writing, and a warm process saves
dbt's long start.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import fingerprint
from dagster_project.lib.configuration.published import load_published
from dagster_project.lib.configuration.validation import validate
from dagster_project.lib.quality import CheckResult, Layer, Severity, failure_message
from dagster_project.lib.settings import Home, use_home

# Where dbt keeps what it has parsed.
PARSED = "partial_parse.msgpack"
FAILED_STATUSES = {"error", "fail", "runtime error"}
SHOWN_ROWS = 5
# How DuckDB says that a row breaks a mart's contract.
_NULL_FOUND = re.compile(r"NOT NULL constraint failed: \w+\.(\w+)")


class SeedsError(ValueError):
    """There are mistakes in the seeds; the message has one line for each."""


class BuildError(Exception):
    """A model did not build, or dbt could not start: nobody's data is at fault."""


@dataclass(frozen=True)
class Refresh:
    """How much of the warehouse a build has to do over."""

    full: bool
    scores: bool


@dataclass(frozen=True)
class Models:
    """The project as dbt read it; `scoring_seeds` are those that measure nothing."""

    manifest: Any
    scoring_seeds: set[str]


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

    @property
    def missing_column(self) -> str | None:
        """The column of a mart that may not be NULL, and was, so that the mart was not built."""
        found = _NULL_FOUND.search(self.message) if self.kind == "model" else None
        return found[1] if found else None


def manifest(project: Path, home: Home, seeds: Path) -> Path:
    """Return dbt's manifest of the project, parsed again when the project changed."""
    target = home.build / "dbt"
    path, mark = target / "manifest.json", target / "manifest.fingerprint"
    names = ",".join(sorted(fingerprint.seed_hashes(seeds)))
    code = fingerprint.code_hash(project)
    # What is parsed names the lake's files, so that it is of no use to a copy of the home.
    wanted = f"{version('dbt-core')} {home.root} {project} {code} {seeds} {names}"
    kept = (path, mark, target / PARSED)
    if not (all(one.exists() for one in kept) and mark.read_text(encoding="utf-8") == wanted):
        # dbt would stop at the first one, and say less.
        found = validate(seeds, date.min, load_published(home))
        if mistakes := [str(one) for one in found if not one.is_warning]:
            raise SeedsError("\n".join(mistakes))
        target.mkdir(parents=True, exist_ok=True)
        mark.unlink(missing_ok=True)
        _invoke(project, home, seeds, ["parse"])
        mark.write_text(wanted, encoding="utf-8")
    return path


def needed_refresh(manifest_path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Refresh:
    """Decide what to build anew.

    Everything when models, language or fact-shaping seeds changed or as-of went back. Seeds tagged
    `scoring` only score again what was measured before.
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
        or old.get("locale", "en") != new["locale"]
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
    seeds: Path,
    as_of: datetime,
    locale: str,
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

    variables = {
        "as_of": as_of.strftime("%Y-%m-%d %H:%M:%S"),
        "locale": locale,
        "rescore": refresh.scores,
    }
    # `manifest` wrote what dbt would write again; killed meanwhile, it would leave half a file,
    # which no later run could read.
    arguments = ["build", "--no-write-json", "--exclude-resource-type", "unit_test"]
    arguments += ["--vars", json.dumps(variables)]
    if refresh.full:
        arguments.append("--full-refresh")
    outcome = _invoke(project, home, seeds, arguments, listen, _parsed(home))
    return [_node_result(result) for result in outcome.results]


def document(project: Path, home: Home, seeds: Path) -> Path:
    """Write dbt's documentation of the project as one file; it needs no data."""
    target = home.build / "docs"
    _invoke(
        project, home, seeds, ["docs", "generate", "--static", "--empty-catalog"], target=target
    )
    home.docs.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(target / "static_index.html", home.docs / "models.html"))


def read_models(project: Path, home: Home, seeds: Path, target: Path) -> Models:
    """Read the project for `home`, keeping what dbt remembers of it in `target`."""
    memory = target / PARSED
    if not memory.exists() and (home.build / "dbt" / PARSED).exists():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(home.build / "dbt" / PARSED, memory)
    parsed = _invoke(project, home, seeds, ["parse"], target=target)
    return Models(
        parsed,
        {
            str(node.name)
            for node in parsed.nodes.values()
            if node.resource_type == "seed" and "scoring" in node.tags
        },
    )


def score_again(
    project: Path,
    home: Home,
    seeds: Path,
    models: Models,
    as_of: datetime,
    locale: str,
    selection: Iterable[str],
) -> None:
    """Build months and quarters of the selected models in `home`, from what is measured there."""
    variables = {
        "as_of": as_of.strftime("%Y-%m-%d %H:%M:%S"),
        "locale": locale,
        "rescore": True,
        "period_types": ["month", "quarter"],
    }
    arguments = ["run", "--vars", json.dumps(variables), "--select", *selection]
    outcome = _invoke(project, home, seeds, arguments, parsed=models.manifest)
    if errors := model_errors([_node_result(result) for result in outcome.results]):
        raise BuildError(errors)


def check_results(home: Home, nodes: list[NodeResult]) -> Iterator[CheckResult]:
    """Turn dbt's tests, broken contracts and seeds that could not be loaded into check results."""
    for node in nodes:
        is_test, column = node.kind == "test", node.missing_column
        is_broken = node.is_failed and (node.kind == "seed" or column is not None)
        if node.status == "skipped" or not (is_test or is_broken):
            continue
        is_passed = node.status in {"pass", "success"}
        if is_test:
            what, expected = f"The dbt test {node.name} failed", "no row"
            observed = "no row" if is_passed else _failing_rows(home, node, node.sql)
        elif column is not None:
            what, expected = f"A row of {node.name} has no {column}", "a value in every row"
            query = f"select * from ({node.sql}) where {column} is null"  # noqa: S608
            observed = _failing_rows(home, node, query)
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


# What a process has read for those that are forked from it, by file and time.
_ahead: dict[tuple[Path, int], Any] = {}


def read_ahead(home: Home) -> None:
    """Read what dbt has parsed, for the next build of a process that is forked from this one."""
    path, parsed = home.build / "dbt" / PARSED, _parsed(home)
    _ahead[path, path.stat().st_mtime_ns] = parsed


def _parsed(home: Home) -> Any:  # noqa: ANN401 - dbt's manifest, which its own runner passes untyped
    """Return what `manifest` had dbt parse: it looks for itself whenever a variable has changed."""
    from dbt.contracts.graph.manifest import Manifest

    path = home.build / "dbt" / PARSED
    # A build writes into it, so that it serves only one.
    ahead = _ahead.pop((path, path.stat().st_mtime_ns), None)
    return ahead or Manifest.from_msgpack(path.read_bytes())  # pyright: ignore[reportUnknownMemberType]


def _invoke(
    project: Path,
    home: Home,
    seeds: Path,
    arguments: list[str],
    listen: Callable[[Any], None] = lambda event: None,
    parsed: Any = None,  # noqa: ANN401 - dbt's manifest, which its own runner passes untyped
    target: Path | None = None,
) -> Any:  # noqa: ANN401
    # Importing dbt takes seconds: only those who build pay for it.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    use_home(home, seeds)
    folder = str(project / "dbt_models")
    outcome = dbtRunner(parsed, callbacks=[listen]).invoke(  # pyright: ignore[reportUnknownMemberType]
        [
            *("--log-level", "none", "--log-path", str(home.logs)),
            *arguments,
            *("--project-dir", folder, "--profiles-dir", folder),
            *("--target-path", str(target or home.build / "dbt")),
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
    if is_on_seeds:
        seed = node.name if kind == "seed" else (attached or parents[0]).rpartition(".")[2]
        path = f"seeds/{seed}.csv"
    return NodeResult(
        unique_id=str(node.unique_id),
        name=str(node.name),
        kind=kind,
        path=path if is_on_seeds else f"dbt_models/{path}",
        status=str(result.status),
        seconds=float(result.execution_time),
        failures=int(result.failures or 0),
        message=" ".join(str(result.message or "").split()),
        sql=str(getattr(node, "compiled_code", None) or ""),
        is_on_seeds=is_on_seeds,
    )


def _failing_rows(home: Home, node: NodeResult, query: str) -> str:
    if not node.sql:
        return node.message
    with duckdb.connect(str(home.build / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for name in ("marts", "pay"):
            connection.execute(f"attach '{home.build / name}.duckdb' as {name} (read_only)")
        try:
            rows = connection.sql(f"select * from ({query}) limit {SHOWN_ROWS}")  # noqa: S608
            [(count,)] = connection.sql(f"select count(*) from ({query})").fetchall()  # noqa: S608
            return f"{count} rows, such as {describe_rows(rows)}" if count else node.message
        except duckdb.Error:
            return node.message


def describe_rows(rows: duckdb.DuckDBPyRelation) -> str:
    """Write a few rows as `column=value` text for a message."""
    columns = rows.columns
    return "; ".join(
        ", ".join(f"{name}={value}" for name, value in zip(columns, row, strict=True))
        for row in rows.fetchall()
    )
