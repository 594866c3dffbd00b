"""A file goes when all that it tells is too old, from the inbox, the lake and the build."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from dagster_project.lib import lake, publishing, retention
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.landing import Parser
from dagster_project.lib.settings import Home
from tests.landing import land

TODAY = datetime(2026, 11, 1)


def test_old_files_go_with_their_parts(tmp_path: Path) -> None:
    home, seeds = Home(tmp_path / "home"), tmp_path / "seeds"
    feeds = {name: load_feeds()[name] for name in ("hr_coaching", "hr_reviews")}
    for feed, header in (
        ("hr_coaching", "session_id,employee_id,coach_id,held_at,kind"),
        ("hr_reviews", "review_id,employee_id,rater_id,rated_at,source,criterion,rating,scale_max"),
    ):
        folder = home.inbox / feed
        folder.mkdir(parents=True)
        rest = {"hr_coaching": "weekly", "hr_reviews": "self,skill,4,5"}[feed]
        for name, days in (
            ("old", ("2025-09-30", "2025-10-01")),
            ("both", ("2025-09-30", "2026-10-01")),
        ):
            lines = [f"{name}{n},E1,E2,{day}T10:00:00Z,{rest}" for n, day in enumerate(days)]
            (folder / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")
    land(home, home.inbox, feeds, Parser("key"))
    seeds.mkdir()
    (seeds / "retention.csv").write_text("feed,days\nhr_coaching,365\n")

    old = retention.old_files(home, seeds, feeds, TODAY)
    assert [one.path for one in old] == ["hr_coaching/old.csv"]
    retention.delete(home, home.inbox, old)
    left = {str(file.relative_to(home.inbox)) for file in home.inbox.rglob("*.csv")}
    assert left == {"hr_coaching/both.csv", "hr_reviews/both.csv", "hr_reviews/old.csv"}
    assert len(lake.names_in(home.raw / "hr_coaching")) == 1
    assert json.loads(home.deletions.read_text())["path"] == "hr_coaching/old.csv"
    assert retention.old_files(home, seeds, feeds, TODAY) == []
    # What was built of it is built again from nothing.
    home.versions.mkdir(parents=True)
    (home.versions / "last").mkdir()
    (home.versions / "last" / "marts.duckdb").write_text("old")
    publishing.swap_link(home.current, "versions/last")
    publishing.begin_build(home, "next")
    assert not (home.build / "marts.duckdb").exists()
