"""One asset per connection that `sources.yml` declares; where it declares none, there are none."""

import dagster as dg

from dagster_project.defs.configuration.assets import CONFIGURATION_KEY
from dagster_project.defs.line import LineResource
from dagster_project.defs.results import asset_check_result
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.settings import load_settings
from dagster_project.lib.sources import FETCHED_CHECK, Source, load_sources

SOURCES = load_sources(load_settings().sources, load_feeds())


def connection_key(connection: str) -> dg.AssetKey:
    """Return the asset of a connection."""
    return dg.AssetKey(["fetched", connection])


def connections_of(feed: str) -> list[dg.AssetKey]:
    """Return the connections that fill a feed."""
    return [
        connection_key(name)
        for name, sources in SOURCES.items()
        if feed in {source.feed for source in sources}
    ]


def fetched_connection(name: str, sources: tuple[Source, ...]) -> dg.AssetsDefinition:
    """Make the asset of one connection."""
    key = connection_key(name)
    feeds = sorted({source.feed for source in sources})

    @dg.asset(
        key=key,
        deps=[CONFIGURATION_KEY],
        group_name="fetching",
        owners=["team:data"],
        kinds={"dlt", "parquet"},
        description=f"{sources[0].kind} that fills {', '.join(feeds)}.",
        # dlt has its own retries; a source that stays away must not keep the others waiting.
        check_specs=[
            dg.AssetCheckSpec(
                FETCHED_CHECK, asset=key, description="Every source answered to its end."
            )
        ],
    )
    def fetch(line: LineResource) -> dg.MaterializeResult:
        with line.run.step(f"fetching {name}"):
            rows, checks = line.run.fetch(name)
        worst = min(checks, key=lambda check: check.is_passed)
        return dg.MaterializeResult(
            metadata={"rows": rows},
            check_results=[asset_check_result(key, FETCHED_CHECK, worst)],
        )

    return fetch


fetched_connections = [fetched_connection(name, sources) for name, sources in SOURCES.items()]
