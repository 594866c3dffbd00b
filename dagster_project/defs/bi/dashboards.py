"""Dashboards as the last assets of the lineage; they read the publication when opened."""

import dagster as dg
import yaml

from dagster_project.defs.publishing.assets import publication
from dagster_project.lib.settings import PROJECT


def _dashboard(document: dict[str, str], name: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["dashboards", name],
        deps=[publication],
        group_name="bi",
        owners=["team:data"],
        kinds={"superset"},
        description=document.get("description") or document["dashboard_title"],
    )


dashboards = [
    _dashboard(yaml.safe_load(path.read_text(encoding="utf-8")), path.stem)
    for path in sorted((PROJECT / "superset" / "assets" / "dashboards").glob("*.yaml"))
]
