"""How tests run the line and compare what it published."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
# What dbt reads of the project takes it ten seconds, and holds for one path of a home. So every
# home of the tests stands at this one while the line runs, and a new one finds it read.
PLACE = Path(tempfile.mkdtemp(prefix="meritline-tests-"))
atexit.register(shutil.rmtree, PLACE, ignore_errors=True)
AS_OF = "2026-11-01"

Tables = dict[str, list[tuple[object, ...]]]


def stand_in_place(home: Path) -> Path:
    """Let a home stand where dbt looks for it, and return that path."""
    place = PLACE / "home"
    home.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(home.absolute())
    return place


def start_line(
    home: Path,
    *arguments: str,
    command: str = "run",
    project: Path = PROJECT,
    memory: str | None = None,
) -> subprocess.Popen[str]:
    """Start `meritline` in a process of its own, on one home at a time.

    `memory` is what DuckDB may take.
    """
    place = stand_in_place(home)
    if (PLACE / "read").exists() and not (home / "build" / "dbt").exists():
        shutil.copytree(PLACE / "read", home / "build" / "dbt")
    environment = {name: value for name, value in os.environ.items() if "MERITLINE" not in name}
    if memory:
        environment["MERITLINE_MEMORY"] = memory
    line = [sys.executable, "-m", "dagster_project.cli", command, "--home", str(place)]
    return subprocess.Popen(
        [*line, *arguments],
        cwd=project,
        env=environment | {"MERITLINE_HASH_KEY": "test", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as cron, systemd or Dagster start it
    )


def run_line(
    home: Path, *arguments: str, command: str = "run", project: Path = PROJECT
) -> subprocess.CompletedProcess[str]:
    """Run `meritline` to its end."""
    process = start_line(home, *arguments, command=command, project=project)
    stdout, stderr = process.communicate(timeout=3600)
    read = home / "build" / "dbt"
    is_whole = project == PROJECT and (read / "manifest.fingerprint").exists()
    if is_whole and not (PLACE / "read").exists():
        shutil.copytree(read, PLACE / "read")
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def published_tables(
    home: Path,
    leave_out: tuple[str, ...] = (),
    databases: tuple[str, ...] = ("marts", "analyst", "pay"),
) -> Tables:
    """Return the sorted rows of every published mart, the run's own id left out.

    What analysts see of a mart is a table of its own, `analyst: <name>`, without text, since each
    home has its own pseudonyms.
    """
    without = ("run_id", *leave_out)
    tables: Tables = {}
    for database in databases:
        file, is_analyst = home / "serving" / f"{database}.duckdb", database == "analyst"
        with duckdb.connect(str(file), read_only=True) as connection:
            found = connection.execute(
                "select table_name, string_agg(column_name, ', ' order by column_index) "
                "from duckdb_columns() where schema_name = 'marts' "
                "and column_name not in (select unnest($without)) "
                "and not ($is_analyst and data_type = 'VARCHAR') group by 1 order by 1",
                {"without": without, "is_analyst": is_analyst},
            ).fetchall()
            for name, columns in found:
                tables[f"analyst: {name}" if is_analyst else name] = connection.execute(
                    f"select {columns} from {database}.marts.{name} order by all"
                ).fetchall()
    return tables


def marts_hash(home: Path) -> str:
    """Hash the bytes that readers open."""
    return hashlib.sha256((home / "serving" / "marts.duckdb").read_bytes()).hexdigest()


def ops_rows(home: Path, query: str) -> list[tuple[object, ...]]:
    """Query the published `ops.duckdb`."""
    with duckdb.connect(str(home / "serving" / "ops.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def differences(
    left: dict[str, list[tuple[object, ...]]], right: dict[str, list[tuple[object, ...]]]
) -> list[str]:
    """Name the tables that differ, each with a row that only one side has."""
    found = []
    for name in sorted(left.keys() | right.keys()):
        only = set(left.get(name, [])) ^ set(right.get(name, []))
        if only or len(left.get(name, [])) != len(right.get(name, [])):
            found.append(f"{name}: {sorted(map(str, only))[:3]}")
    return found
