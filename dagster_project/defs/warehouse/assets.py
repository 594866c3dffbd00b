"""The dbt project as assets, built by one `dbt build` per run."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from dagster_project.defs.line import WAREHOUSE_POOL, LineResource
from dagster_project.lib import warehouse
from dagster_project.lib.settings import PROJECT, load_settings

UNIQUE_ID = "dagster_dbt/unique_id"
SETTINGS = load_settings()
MANIFEST = warehouse.manifest(PROJECT, SETTINGS.home, SETTINGS.seeds)


def _meta(dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
    return dbt_resource_props.get("config", {}).get("meta") or dbt_resource_props.get("meta") or {}


class Translator(DagsterDbtTranslator):
    """Names assets `[layer, name]` and reads owner and group from dbt's `meta` and groups."""

    def __init__(self) -> None:
        """Let the two sources of one feed, live and superseded parts, be one asset."""
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return the layer (a model's top folder, a seed's or a source's kind) and the name."""
        kind, name = dbt_resource_props["resource_type"], dbt_resource_props["name"]
        if kind == "source":
            source = dbt_resource_props["source_name"]
            return dg.AssetKey(["raw" if source == "superseded" else source, name])
        return dg.AssetKey(["seeds" if kind == "seed" else dbt_resource_props["fqn"][1], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the dbt group, else the subject in `meta`, else the folder under the layer."""
        meta = _meta(dbt_resource_props)
        folder = dbt_resource_props["fqn"][2] if len(dbt_resource_props["fqn"]) > 3 else "config"
        return str(dbt_resource_props.get("group") or meta.get("subject") or folder)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Return the owner in `meta`, a person's address or a team; the data team where none is."""
        owner = str(_meta(dbt_resource_props).get("owner", "data"))
        return [owner if "@" in owner else f"team:{owner}"]


@dbt_assets(
    manifest=MANIFEST,
    project=DbtProject(PROJECT / "dbt_models"),
    dagster_dbt_translator=Translator(),
    pool=WAREHOUSE_POOL,
    name="dbt_build",
)
def models(context: dg.AssetExecutionContext, line: LineResource) -> Iterator[Any]:
    """Build everything that changed; nothing comes out when nothing did."""
    with line.run.step("dbt"):
        nodes = line.run.build(MANIFEST)
    keys = {spec.metadata[UNIQUE_ID]: spec.key for spec in context.assets_def.specs}
    checks = {spec.metadata[UNIQUE_ID]: spec for spec in context.assets_def.check_specs}
    for node in nodes:
        if node.kind in {"model", "seed"} and node.status == "success":
            yield dg.MaterializeResult(
                asset_key=keys[node.unique_id], metadata={"seconds": node.seconds}
            )
        elif node.kind == "test" and node.status != "skipped" and node.unique_id in checks:
            check = checks[node.unique_id]
            yield dg.AssetCheckResult(
                check_name=check.name,
                asset_key=check.asset_key,
                passed=node.status == "pass",
                severity=dg.AssetCheckSeverity.WARN
                if node.status == "warn"
                else dg.AssetCheckSeverity.ERROR,
                metadata={
                    "rows": node.failures,
                    "message": node.message,
                    "seconds": node.seconds,
                },
            )
    # Tests of more than one model have no asset of their own, so they block here.
    if failed := [check for check in line.run.checks if check.is_blocking_failure]:
        raise dg.Failure("\n".join(check.message for check in failed), allow_retries=False)
