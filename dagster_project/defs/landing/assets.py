"""One asset per feed: files from the inbox, judged and admitted to the lake."""

import dagster as dg

from dagster_project.defs.configuration.assets import CONFIGURATION_KEY
from dagster_project.defs.fetching.assets import connections_of
from dagster_project.defs.line import LineResource
from dagster_project.defs.results import asset_check_result
from dagster_project.lib.feeds import Feed, load_feeds
from expectations import raw

# The subject a feed belongs to is told by the first word of its name.
SUBJECTS = {
    **dict.fromkeys(("hr", "appeals"), "people"),
    **dict.fromkeys(("surveys", "complaints", "quality", "zendesk", "salesforce"), "customers"),
}
RETRIES = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL)


def subject_of(feed: str) -> str:
    """Return the asset group of a feed."""
    return SUBJECTS.get(feed.partition("_")[0], "telephony")


def raw_feed(feed: Feed) -> dg.AssetsDefinition:
    """Make the asset of one feed."""
    key = dg.AssetKey(["raw", feed.name])
    names = [rule.name for rule in raw.rules(feed)]

    @dg.asset(
        key=key,
        deps=[CONFIGURATION_KEY, *connections_of(feed.name)],
        group_name=subject_of(feed.name),
        owners=["team:data"],
        kinds={"parquet"},
        description=feed.description,
        retry_policy=RETRIES,
        check_specs=[
            dg.AssetCheckSpec(rule.name, asset=key, blocking=True, description=rule.expected)
            for rule in raw.rules(feed)
        ],
    )
    def land(line: LineResource) -> dg.MaterializeResult:
        with line.run.step(f"landing {feed.name}"):
            files, checks = line.run.land(feed)
        results = {check.check_name: check for check in checks}
        return dg.MaterializeResult(
            metadata={
                "files": len(files),
                "lines_read": sum(file.lines_read for file in files),
                "rejected": sum(file.rejected for file in files),
            },
            check_results=[asset_check_result(key, name, results.get(name)) for name in names],
        )

    return land


raw_feeds = [raw_feed(feed) for feed in load_feeds().values()]
