"""The floor: the same published tables by DuckDB alone, without dbt, checks, history or Dagster.

The script is written from what dbt compiled for a full build, so that its SQL is the models' own,
and starts from raw lines with the line's own parser. `python -m bench.floor SCRIPT` runs it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from bench.centre import AS_OF, Centre
from bench.line import environment
from bench.measuring import apart, bytes_in, fetch_one, measured
from dagster_project.lib import lake, landed, landing, remembering
from dagster_project.lib.clock import parse_instant
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.settings import PROJECT, Home, load_settings

DATABASES = ("warehouse", "marts", "pay")


def run(centre: Centre, memory: str | None) -> dict[str, Any]:
    """Write the script, run it, and hold what it made against what the line published."""
    script = apart(write, centre)
    command = [sys.executable, "-m", "bench.floor", str(script)]
    cost = measured(command, centre.log / "floor.log", environment(memory))
    folder = script.parent
    return {
        **cost.as_json(),
        "stages": json.loads(cost.said.splitlines()[-1]),
        "different": apart(compare, centre.home / "serving", folder / "build"),
        "marts_bytes": bytes_in(folder / "build" / "marts.duckdb"),
    }


def write(centre: Centre) -> Path:
    """Write what dbt compiled, in the order of dependencies."""
    home, floor = Home(centre.home), Home(centre.folder / "floor")
    shutil.rmtree(floor.root, ignore_errors=True)
    floor.build.mkdir(parents=True)
    compiled = home.build / "dbt" / "compiled" / "meritline"
    nodes = json.loads((home.build / "dbt" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    models = {key: one for key, one in nodes.items() if one["resource_type"] == "model"}
    seeds = [one["relation_name"] for one in nodes.values() if one["resource_type"] == "seed"]
    order: dict[str, None] = {}

    def visit(key: str) -> None:
        for parent in models[key]["depends_on"]["nodes"]:
            if parent in models and parent not in order:
                visit(parent)
        order[key] = None

    for key in models:
        if key not in order:
            visit(key)
    statements: list[dict[str, str]] = []
    for one in (models[key] for key in order):
        text = (compiled / one["original_file_path"]).read_text(encoding="utf-8")
        statements.append(
            {
                "relation": one["relation_name"],
                "kind": "view" if one["config"]["materialized"] == "view" else "table",
                "language": one["language"],
                # The lake that the models read is the floor's own.
                "text": text.replace(str(home.root), str(floor.root)),
            }
        )
    script = floor.root / "script.json"
    said = {
        "inbox": str(centre.inbox),
        "seeds_from": str(home.published_warehouse),
        "seeds": seeds,
        "statements": statements,
    }
    script.write_text(json.dumps(said, indent=1), encoding="utf-8")
    return script


def execute(script: Path) -> dict[str, float]:
    """Land the raw files and make every table once; return the seconds of both."""
    said = json.loads(script.read_text(encoding="utf-8"))
    settings = load_settings(script.parent)
    began = time.monotonic()
    _land(settings.home, Path(said["inbox"]))
    loaded = time.monotonic()
    with duckdb.connect(str(settings.home.warehouse)) as connection:
        connection.execute(
            f"set timezone = 'UTC'; set preserve_insertion_order = false; "
            f"set memory_limit = '{os.environ.get('MERITLINE_MEMORY', '3GB')}'"
        )
        for name in DATABASES[1:]:
            connection.execute(f"attach '{settings.home.build / name}.duckdb' as {name}")
        connection.execute(f"attach '{said['seeds_from']}' as published (read_only)")
        as_of = parse_instant(AS_OF)
        landed.write_landing_tables(connection, settings.home, load_feeds(), "floor", as_of)
        remembering.write_tables(connection, settings.home, PROJECT, settings.seeds)
        for relation in said["seeds"]:
            _, schema, name = relation.replace('"', "").split(".")
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create table {relation} as from published.{schema}.{name}")
        for statement in said["statements"]:
            _make(connection, **statement)
    return {
        "load": round(loaded - began, 2),
        "build": round(time.monotonic() - loaded, 2),
    }


def _land(home: Home, inbox: Path) -> None:
    settings = load_settings(home.root)
    parser = landing.Parser(settings.hash_key(), settings.threads, settings.memory_limit)
    feeds = load_feeds()
    lake.prepare(home, feeds.values())
    for feed in feeds.values():
        files = landing.parse_feed(home, inbox, feed, parser)
        landing.admit(home, feed, [file for file in files if file.status == "parsed"])


def _make(
    connection: duckdb.DuckDBPyConnection, relation: str, kind: str, language: str, text: str
) -> None:
    database, schema, _ = relation.replace('"', "").split(".")
    connection.execute(f"create schema if not exists {database}.{schema}")
    if language == "sql":
        connection.execute(f"create {kind} {relation} as ({text}\n)")
        return
    scope: dict[str, Any] = {"__name__": relation}
    exec(text, scope)  # noqa: S102 - a model of this project, as dbt itself runs it

    def ref(name: str) -> duckdb.DuckDBPyRelation:
        return connection.query(f"select * from {name}")

    made = scope["model"](scope["dbtObj"](ref), connection)
    connection.register("made", made)
    connection.execute(f"create table {relation} as from made")
    connection.unregister("made")


def compare(serving: Path, build: Path) -> list[str]:
    """Name the published tables whose rows are not those of the floor; the run's id may differ."""
    different: list[str] = []
    for name in DATABASES[1:]:
        with duckdb.connect() as connection:
            connection.execute(f"attach '{serving / name}.duckdb' as ours (read_only)")
            connection.execute(f"attach '{build / name}.duckdb' as theirs (read_only)")
            tables = connection.execute(
                "select table_name from duckdb_tables() where database_name = 'ours' order by 1"
            ).fetchall()
            for (table,) in tables:
                ours, theirs = (
                    fetch_one(
                        connection,
                        f"select count(*), sum(hash(rows)::hugeint) from (select columns("
                        f"lambda name: name <> 'run_id') from {side}.marts.{table}) as rows",
                    )
                    for side in ("ours", "theirs")
                )
                if ours != theirs:
                    different.append(f"{name}.{table}")
    return different


if __name__ == "__main__":
    print(json.dumps(execute(Path(sys.argv[1]))))
