"""The assets' conventions: fixed ids, whole references, words for people, dbt's descriptions."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = REPOSITORY / "superset" / "assets"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "meritline")
KINDS = {"databases": "database", "datasets": "dataset", "charts": "chart"}
KINDS["dashboards"] = "dashboard"
RAW_NAME = re.compile(r"\b[a-z][a-z0-9]*_[a-z0-9_]+\b")
ALL = sorted(ASSETS.rglob("*.yaml"))


def load(kind: str) -> dict[str, dict[str, Any]]:
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((ASSETS / kind).glob("*.yaml"))
    }


def titles(kind: str, asset: dict[str, Any]) -> Iterator[str]:
    """Every text of an asset that people read."""
    yield asset["description"] if asset.get("description") else ""
    if kind == "datasets":
        for part in (*asset["columns"], *asset["metrics"]):
            yield part["verbose_name"]
    if kind == "charts":
        yield asset["slice_name"]
    if kind == "dashboards":
        yield asset["dashboard_title"]
        for chooser in asset["metadata"]["native_filter_configuration"]:
            yield chooser["name"]
            yield chooser["description"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_id_is_made_of_the_name(path: Path) -> None:
    asset = yaml.safe_load(path.read_text(encoding="utf-8"))
    name = f"{KINDS[path.parent.name]}/{path.stem}"
    assert asset["uuid"] == str(uuid.uuid5(NAMESPACE, name))


def test_no_text_has_a_character_that_cannot_be_written() -> None:
    # As `"\1"` in quotes becomes one, where a part of a match was meant.
    def texts(asset: object) -> Iterator[str]:
        if isinstance(asset, str):
            yield asset
        elif isinstance(asset, dict | list):
            for part in asset.values() if isinstance(asset, dict) else asset:
                yield from texts(part)

    for path in ALL:
        for text in texts(yaml.safe_load(path.read_text(encoding="utf-8"))):
            assert text.translate({ord(c): None for c in "\n\t"}).isprintable(), (path.stem, text)


def test_every_reference_is_met_and_every_asset_used() -> None:
    databases, datasets = load("databases"), load("datasets")
    charts, dashboards = load("charts"), load("dashboards")
    assert {d["database_uuid"] for d in datasets.values()} <= {
        d["uuid"] for d in databases.values()
    }
    dataset_ids = {d["uuid"] for d in datasets.values()}
    shown, offered = set(), set()
    for dashboard in dashboards.values():
        for place in dashboard["position"].values():
            if isinstance(place, dict) and place["type"] == "CHART":
                shown.add(place["meta"]["uuid"])
        for chooser in dashboard["metadata"]["native_filter_configuration"]:
            offered |= {target["datasetUuid"] for target in chooser["targets"] if target}
    assert shown == {chart["uuid"] for chart in charts.values()}
    assert {chart["dataset_uuid"] for chart in charts.values()} | offered == dataset_ids


def test_charts_name_only_what_their_dataset_has() -> None:
    datasets = {dataset["uuid"]: dataset for dataset in load("datasets").values()}
    for name, chart in load("charts").items():
        dataset, params = datasets[chart["dataset_uuid"]], chart["params"]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        used = params.get("groupby") or []
        wanted = {*([used] if isinstance(used, str) else used), *(params.get("all_columns") or [])}
        wanted |= {params["x_axis"]} if "x_axis" in params else set()
        assert wanted <= columns, name
        measured = {*(params.get("metrics") or []), *(params.get("metrics_b") or [])}
        measured |= {params["metric"]} if "metric" in params else set()
        assert measured <= metrics, name


@pytest.mark.parametrize("kind", ["datasets", "charts", "dashboards"])
def test_people_read_words(kind: str) -> None:
    for name, asset in load(kind).items():
        for text in titles(kind, asset):
            assert not RAW_NAME.search(text), f"{name}: {text}"


def test_every_column_and_metric_has_a_name_and_a_description() -> None:
    for name, dataset in load("datasets").items():
        for part in (*dataset["columns"], *dataset["metrics"]):
            assert part["verbose_name"], f"{name}: {part}"
            assert part["description"], f"{name}: {part}"


def test_descriptions_are_those_of_the_marts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(REPOSITORY / "superset"))
    import describe

    descriptions = describe.mart_descriptions()
    unmodelled = {load("databases")[name]["uuid"] for name in ("ops", "whatif")}
    for name, dataset in load("datasets").items():
        if dataset["database_uuid"] in unmodelled:
            continue  # written by every run or what-if, not by dbt
        assert dataset["extra"]["mart"] in descriptions, name
        assert describe.describe(dataset, descriptions) == [], "python superset/describe.py"
    sys.modules.pop("describe")


def test_pages_share_one_stylesheet() -> None:
    """It is put into every page by the deployment: a page has none of its own."""
    assert {dashboard["css"] for dashboard in load("dashboards").values()} == {""}


def page_datasets(dashboard: dict[str, Any]) -> set[str]:
    """The uuids of the datasets of a page's charts and filters."""
    charts = {chart["uuid"]: chart["dataset_uuid"] for chart in load("charts").values()}
    places = [place for place in dashboard["position"].values() if isinstance(place, dict)]
    shown = {charts[place["meta"]["uuid"]] for place in places if place["type"] == "CHART"}
    choosers = dashboard["metadata"]["native_filter_configuration"]
    targets = [target for chooser in choosers for target in chooser["targets"] if target]
    return shown | {target["datasetUuid"] for target in targets}


def test_every_page_is_an_exposure_of_the_marts_that_it_reads() -> None:
    """From a chart over its dataset to the dbt models: `dbt docs` shows who reads what."""
    file = REPOSITORY / "dbt_models" / "models" / "exposures.yml"
    exposures = {
        exposure["name"]: {re.findall(r"\w+", parent)[1] for parent in exposure["depends_on"]}
        for exposure in yaml.safe_load(file.read_text(encoding="utf-8"))["exposures"]
        if exposure["type"] == "dashboard"
    }
    datasets = {dataset["uuid"]: dataset for dataset in load("datasets").values()}
    read = {
        name: {
            mart
            for uuid in page_datasets(dashboard)
            for mart in (
                *re.findall(r"(?:marts|pay)\.marts\.(\w+)", datasets[uuid]["sql"] or ""),
                *filter(None, [(datasets[uuid]["extra"] or {}).get("mart")]),
            )
        }
        for name, dashboard in load("dashboards").items()
    }
    assert exposures == read
