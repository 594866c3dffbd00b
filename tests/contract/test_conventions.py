"""The dbt project keeps to its own rules; exceptions stand, with reasons, in a CSV."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.line import PROJECT

EXCEPTIONS = Path(__file__).with_name("conventions_exceptions.csv")
PREFIXES = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("fct_", "dim_")}
# Marts that the stable interface names otherwise.
NAMED = {
    "access",
    "acknowledgements",
    "adjustments",
    "appeals",
    "award_results",
    "closed_periods",
    "compensation_inputs",
    "compensation_parts",
    "evaluator_leniency",
    "kpi_results",
    "objective_results",
    "outages",
    "pay_access",
    "pay_sites",
    "publication",
    "rater_leniency",
    "reconciliation",
    "score_changes",
    "score_parts",
    "scorecards",
    "shared_logins",
    "statements",
    "tier_transitions",
    "unplaced_events",
}
MAY_READ = {
    "staging": {"source", "seed", "staging"},
    "intermediate": {"source", "seed", "staging", "intermediate", "marts"},
    "marts": {"source", "seed", "staging", "intermediate", "marts"},
}
MOST_LINES, MOST_JOINS = 120, 7


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    target = tmp_path_factory.mktemp("dbt")
    folder = PROJECT / "dbt_models"
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "parse", "--no-partial-parse"),
            *("--project-dir", str(folder), "--profiles-dir", str(folder)),
            *("--target-path", str(target), "--log-path", str(target)),
        ],
        check=True,
        capture_output=True,
    )
    parsed: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return parsed


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def layer(node: dict[str, Any]) -> str:
    return node["path"].split("/")[0] if node["resource_type"] == "model" else node["resource_type"]


def unexcused(rule: str, found: set[str]) -> set[str]:
    """Take the exceptions away; an exception that no longer holds is a fault as well."""
    with EXCEPTIONS.open(newline="") as file:
        excused = {row["node"] for row in csv.DictReader(file) if row["rule"] == rule}
    return found ^ (found & excused) | (excused - found)


def test_models_are_named_after_their_layer(models: list[dict[str, Any]]) -> None:
    wrong = {
        node["name"]
        for node in models
        if not node["name"].startswith(PREFIXES[layer(node)]) and node["name"] not in NAMED
    }
    assert unexcused("names", wrong) == set()


def test_layers_read_only_what_they_may(
    manifest: dict[str, Any], models: list[dict[str, Any]]
) -> None:
    known = manifest["nodes"] | manifest["sources"]
    wrong = {
        f"{node['name']} reads {known[parent]['name']}"
        for node in models
        for parent in node["depends_on"]["nodes"]
        if layer(known[parent]) not in MAY_READ[layer(node)]
    }
    assert unexcused("layers", wrong) == set()


def test_every_model_is_described(models: list[dict[str, Any]]) -> None:
    wrong = {node["name"] for node in models if not node["description"].startswith("One row")}
    assert wrong == set()


def test_every_mart_column_has_a_type_and_a_description(models: list[dict[str, Any]]) -> None:
    wrong = {
        f"{node['name']}.{column['name']}"
        for node in models
        if layer(node) == "marts"
        for column in node["columns"].values()
        if not column["description"] or not column["data_type"]
    }
    assert wrong == set()
    assert all(node["contract"]["enforced"] for node in models if layer(node) == "marts")


def test_every_mart_has_a_tested_key(
    manifest: dict[str, Any], models: list[dict[str, Any]]
) -> None:
    keyed = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") in {"unique", "unique_key"}
    }
    marts = [node for node in models if layer(node) == "marts"]
    assert {node["name"] for node in marts if node["unique_id"] not in keyed} == set()


def test_every_mart_has_a_reader(manifest: dict[str, Any], models: list[dict[str, Any]]) -> None:
    read = {
        parent
        for exposure in manifest["exposures"].values()
        for parent in exposure["depends_on"]["nodes"]
    }
    marts = [node for node in models if layer(node) == "marts"]
    assert {node["name"] for node in marts if node["unique_id"] not in read} == set()


def test_models_are_short(models: list[dict[str, Any]]) -> None:
    long = {node["name"] for node in models if len(node["raw_code"].splitlines()) > MOST_LINES}
    assert unexcused("lines", long) == set()
    tangled = {
        node["name"]
        for node in models
        if len(re.findall(r"\bjoin\b", node["raw_code"])) > MOST_JOINS
    }
    assert unexcused("joins", tangled) == set()


def test_no_model_reads_the_clock(models: list[dict[str, Any]]) -> None:
    clock = re.compile(r"\b(now\(|current_(date|time|timestamp)|today\(|getdate)", re.IGNORECASE)
    assert {node["name"] for node in models if clock.search(node["raw_code"])} == set()


def test_every_text_of_a_mart_is_decided_on_for_analysts(models: list[dict[str, Any]]) -> None:
    """A new column of text is in analyst.duckdb only when somebody said so, and how."""
    decided = {"keep", "pseudonym", "subject", "leave_out"}
    marts = [
        node
        for node in models
        if node["database"] == "marts" and node["config"]["meta"].get("analyst") != "leave_out"
    ]
    undecided = {
        f"{node['name']}.{column['name']}"
        for node in marts
        for column in node["columns"].values()
        if column["data_type"] == "varchar" and column["meta"].get("analyst") not in decided
    }
    assert undecided == set()
    # What says who somebody is may be called by few names; none of them is kept.
    telling = re.compile(
        r"(^|_)(employee_id|employee_ref|customer_key|requester_key|full_name|email)$|login$"
    )
    plain = {
        f"{node['name']}.{column['name']}"
        for node in marts
        for column in node["columns"].values()
        if telling.search(column["name"]) and column["meta"].get("analyst", "keep") == "keep"
    }
    assert plain == set()
    # Rows are deleted from a copy by the columns that they are deleted by in the mart.
    hashed_keys = {
        f"{node['name']}.{name}"
        for node in marts
        for hook in node["config"]["pre-hook"]
        for name in re.findall(r"\w+", hook["sql"].split("'")[1])
        if node["columns"][name]["meta"].get("analyst", "keep") != "keep"
    }
    assert hashed_keys == set()
