"""Bring what was changed by hand in Superset back into `superset/assets`.

A deployment remembers what Superset exports just after it. What it exports now is compared with
that, and only the differences go into the repository's files: texts are turned back into English,
marks stay where lines are unchanged, the stylesheet goes into its own file. `git diff` shows them.

python superset/export.py [--home DIR]
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import os
import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from describe import dump
from superset_home import ASSETS, STYLESHEET, SupersetHome, superset_home
from wording import catalogue

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "meritline")
# What Superset writes beside, whenever somebody saves.
NOISE = {
    *("chart_configuration", "global_chart_configuration", "map_label_colors", "query_context"),
    *("shared_label_colors", "datasource", "slice_id", "dashboards", "url_params"),
}
KINDS = {"datasets": "dataset", "charts": "chart", "dashboards": "dashboard"}


def exported() -> dict[str, dict[str, Any]]:
    """What Superset exports of every page that the repository manages, by uuid."""
    from superset.commands.dashboard.export import ExportDashboardsCommand
    from superset.extensions import db
    from superset.models.dashboard import Dashboard

    pages = db.session.query(Dashboard).filter_by(is_managed_externally=True)
    found = {}
    for name, content in ExportDashboardsCommand([page.id for page in pages]).run():
        kind = name.split("/")[0]
        if kind in KINDS:
            asset = yaml.safe_load(content())
            found[asset["uuid"]] = {"kind": kind, **asset}
    return found


def fold(kept: Any, before: Any, now: Any, english: dict[str, str]) -> Any:  # noqa: ANN401 - YAML
    """The repository's part, `kept`, with what was changed between `before` and `now`."""
    if now == before:
        return kept
    if isinstance(now, dict) and isinstance(before, dict) and isinstance(kept, dict):
        parts = {}
        for name in {**kept, **now}:
            is_changed = name not in NOISE and now.get(name) != before.get(name)
            if not is_changed and name in kept:
                parts[name] = kept[name]
            elif is_changed and name in now:
                parts[name] = fold(kept.get(name), before.get(name), now[name], english)
        return parts
    if isinstance(now, list) and isinstance(before, list) and isinstance(kept, list):
        if len(before) == len(kept):
            return [fold(old, was, part, english) for old, was, part in _aligned(kept, before, now)]
        return [_in_english(part, english) for part in now]
    if isinstance(now, str) and isinstance(before, str) and isinstance(kept, str):
        return _fold_lines(kept, before, now, english)
    return _in_english(now, english)


def _aligned(kept: list[Any], before: list[Any], now: list[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Each part of a list with what it was: by its name where it has one, else by its place."""
    keys = [_key(part, place) for place, part in enumerate(before)]
    for place, part in enumerate(now):
        key = _key(part, place)
        at = keys.index(key) if key in keys else None
        yield (None, None, part) if at is None else (kept[at], before[at], part)


def _key(part: Any, place: int) -> Any:  # noqa: ANN401 - any part of an asset
    if not isinstance(part, dict):
        return place
    names = ("uuid", "id", "column_name", "metric_name", "name")
    return next((part[name] for name in names if part.get(name)), place)


def _fold_lines(kept: str, before: str, now: str, english: dict[str, str]) -> str:
    """The repository's lines, with its marks, where a text did not change."""
    ours, old, new = (text.splitlines(keepends=True) for text in (kept, before, now))
    if len(ours) != len(old) or len(old) == 1:
        return english.get(now, now)
    lines = []
    for tag, start, end, first, last in difflib.SequenceMatcher(None, old, new).get_opcodes():
        lines += ours[start:end] if tag == "equal" else new[first:last]
    return "".join(lines)


def _in_english(value: Any, english: dict[str, str]) -> Any:  # noqa: ANN401 - any part of an asset
    if isinstance(value, dict):
        return {key: _in_english(part, english) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_in_english(part, english) for part in value]
    return english.get(value, value) if isinstance(value, str) else value


def _renumber(page: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
    """A page whose charts have the numbers of the repository instead of Superset's."""
    text = json.dumps(page)
    text = re.sub(r'("chartId": )(\d+)', lambda found: found[1] + str(numbers[int(found[2])]), text)
    page = json.loads(text)
    for chooser in page["metadata"].get("native_filter_configuration", []):
        scope = chooser["scope"]
        scope["excluded"] = [numbers.get(number, number) for number in scope["excluded"]]
        chooser.pop("chartsInScope", None)
        chooser.pop("tabsInScope", None)
    return page


def _numbers(now: dict[str, Any], kept: dict[str, Any]) -> dict[int, int]:
    """The repository's number of each chart of a page by Superset's; new ones count on."""

    def charts(page: dict[str, Any]) -> dict[str, int]:
        places = [place for place in page["position"].values() if isinstance(place, dict)]
        found = [place["meta"] for place in places if place["type"] == "CHART"]
        return {meta["uuid"]: meta["chartId"] for meta in found}

    ours = charts(kept)
    following = iter(range(max(ours.values(), default=0) + 1, 10**6))
    return {
        number: ours[name] if name in ours else next(following)
        for name, number in charts(now).items()
    }


def bring_back(
    before: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]], english: dict[str, str]
) -> list[Path]:
    """Write what differs between two exports into the repository's assets; name the files."""
    paths = {
        yaml.safe_load(path.read_text(encoding="utf-8"))["uuid"]: path
        for kind in KINDS
        for path in (ASSETS / kind).glob("*.yaml")
    }
    written, renamed = {}, {}
    for key, asset in now.items():
        if asset == before.get(key):
            continue
        kind = asset["kind"]
        path = paths.get(key)
        if path is None:
            title = asset.get("slice_name") or asset.get("table_name") or asset["dashboard_title"]
            stem = re.sub(r"\W+", "_", english.get(title, title).lower()).strip("_")
            path = ASSETS / kind / f"{stem}.yaml"
            renamed[key] = str(uuid.uuid5(NAMESPACE, f"{KINDS[kind]}/{stem}"))
            content = _in_english(asset, english)
        else:
            kept = yaml.safe_load(path.read_text(encoding="utf-8"))
            was = before.get(key, asset)
            if kind == "dashboards":
                if asset["css"] != was["css"]:
                    STYLESHEET.write_text(asset["css"], encoding="utf-8")
                    written[STYLESHEET] = asset["css"]
                numbers = _numbers(asset, kept) | _numbers(was, kept)
                asset, was = (_renumber({**page, "css": ""}, numbers) for page in (asset, was))
            content = fold(kept, was, asset, english)
        content.pop("kind", None)
        written[path] = dump(content)
    for path, text in written.items():
        for old, new in renamed.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return sorted(written)


def remember(home: SupersetHome) -> None:
    """Keep what Superset exports after a deployment."""
    home.exported.write_text(json.dumps(exported()), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description="Bring changes by hand back into the assets.")
    parser.add_argument("--home", type=Path, help="Meritline's home (default: MERITLINE_HOME)")
    options = parser.parse_args(arguments)
    if options.home:
        os.environ["MERITLINE_HOME"] = str(options.home.resolve())
    home = superset_home()
    if not home.exported.exists():
        print(f"Nothing was deployed to {home.root} yet: meritline serve", file=sys.stderr)
        return 2
    deployed = json.loads(home.deployed.read_text(encoding="utf-8"))
    locale = deployed["locale"]
    from superset.app import create_app

    with (
        home.deploy_log.open("a") as log,
        contextlib.redirect_stdout(log),
        create_app().app_context(),
    ):
        now = exported()
    before = json.loads(home.exported.read_text(encoding="utf-8"))
    english = {chinese: text for text, chinese in catalogue(locale).items()}
    written = bring_back(before, json.loads(json.dumps(now)), english)
    for path in written:
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    print(f"{len(written)} files changed; see: git diff superset/assets" if written else "Nothing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
