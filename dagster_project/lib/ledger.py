"""The ledger: one folder for each closed month, written once and whole, hashed and chained.

A month is written into a hidden folder beside its place and gets its name by one rename when every
byte is on disk: whoever is killed while closing leaves either no closed month or a whole one. The
manifest names each file with its hash, and the hash of the manifest of the month closed before.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb

from dagster_project.lib import publishing
from dagster_project.lib.closing import Closed, Period
from dagster_project.lib.database import quoted
from dagster_project.lib.settings import Home

MANIFEST = "manifest.json"
RESULTS, INPUTS, SEEDS, CODE = "results", "inputs", "seeds", "code"
FILES = "data/files.parquet"
FORMAT = 1


class LedgerError(Exception):
    """A closed month is not what was closed."""


@dataclass(frozen=True)
class Table:
    """A published table whose rows of the month are closed; `where` picks them by `$start`."""

    database: str
    name: str
    where: str = "period_start = $start"
    schema: str = "marts"
    folder: str = RESULTS

    @property
    def file(self) -> str:
        """Where it lies in the folder of a month."""
        return f"{self.folder}/{self.name}.parquet"


_MONTH = "period_type = 'month' and period_start = $start"
RESULT_TABLES = (
    Table("pay", "compensation_inputs"),
    Table("pay", "compensation_parts"),
    Table("pay", "award_results"),
    Table("pay", "statements"),
    Table("marts", "scorecards", _MONTH),
    Table("marts", "kpi_results", _MONTH),
    Table("marts", "score_parts", _MONTH),
)
# What the Python models of pay read: with these rows the statements can be computed again.
INPUT_TABLES = (
    Table("warehouse", "int_pay__part_inputs", schema="intermediate", folder=INPUTS),
    Table(
        *("warehouse", "int_pay__awards", "paid_period_start = $start"),
        schema="intermediate",
        folder=INPUTS,
    ),
    Table("warehouse", "int_pay__adjustments", schema="intermediate", folder=INPUTS),
    Table("warehouse", "int_pay__holds", schema="intermediate", folder=INPUTS),
    Table("warehouse", "int_pay__base_pay", schema="intermediate", folder=INPUTS),
    Table("warehouse", "int_pay__months", schema="intermediate", folder=INPUTS),
)
TABLES = (*RESULT_TABLES, *INPUT_TABLES)
SIGNED = tuple(table for table in RESULT_TABLES if table.database == "pay")


def write_tables(
    version: Path, period: Period, folder: Path, tables: Sequence[Table] = TABLES
) -> dict[str, int]:
    """Write the month's rows of a publication as Parquet and return the rows of each file.

    The same rows give the same bytes: sorted by all columns, written by one thread.

    Args:
        version: Folder of the publication.
        period: The month.
        folder: Where `results/` and `inputs/` are made.
        tables: What is written.
    """
    rows: dict[str, int] = {}
    with _attached(version, *{table.database for table in tables}) as connection:
        for table in tables:
            (folder / table.folder).mkdir(parents=True, exist_ok=True)
            place = f"{table.database}.{table.schema}.{table.name}"
            relation = connection.sql(
                f"select * from {place} where {table.where}",  # noqa: S608 - names from code
                params={"start": period.start},
            )
            rows[table.file] = write_parquet(connection, relation, folder / table.file)
    return rows


def write_files(version: Path, folder: Path) -> int:
    """Write which files a publication was made of, by their contents' hashes; return how many."""
    (folder / FILES).parent.mkdir()
    with _attached(version, "warehouse") as connection:
        files = connection.sql(
            "select feed, path, part, first_at, last_at, lines_read, accepted, rejected, "
            "duplicates from warehouse.landing.files where state <> 'gone'"
        )
        return write_parquet(connection, files, folder / FILES)


def write_parquet(
    connection: duckdb.DuckDBPyConnection, relation: duckdb.DuckDBPyRelation, file: Path
) -> int:
    """Write rows in an order of their own, so that equal rows are equal bytes; return how many.

    They are laid down first: what a query is known to give, such as no NULL, depends on the query.
    Its connection must be in memory and have one thread.
    """
    rows = "memory.main.rows_to_write"
    connection.execute(f"drop table if exists {rows}")
    relation.order("all").create(rows)
    laid_down = connection.table(rows)
    laid_down.write_parquet(str(file), compression="zstd")
    return cast(int, laid_down.aggregate("count(*)").fetchall()[0][0])


@contextmanager
def _attached(version: Path, *databases: str) -> Generator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("set timezone = 'UTC'")
        for name in databases:
            file = quoted(str(version / f"{name}.duckdb"))
            connection.execute(f"attach {file} as {name} (read_only)")
        yield connection


def digest(folder: Path, files: Iterable[str]) -> str:
    """Hash files of a folder, names and contents."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{sha256(folder / name)}\n".encode())
    return whole.hexdigest()


def sha256(file: Path) -> str:
    """Hash a file."""
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def staging(home: Home) -> Path:
    """Make an empty folder in which a month is put together; what was left by a kill goes."""
    home.ledger.mkdir(parents=True, exist_ok=True)
    for left in home.ledger.glob(".*"):
        shutil.rmtree(left)
    folder = home.ledger / f".staging-{os.getpid()}"
    folder.mkdir()
    return folder


def seal(
    home: Home, period: Period, folder: Path, facts: Mapping[str, Any], rows: Mapping[str, int]
) -> Path:
    """Give a staged month its manifest and its place, in one step that happens or does not.

    Args:
        home: The home folder.
        period: The month.
        folder: The staged files.
        facts: What the manifest says beside the files.
        rows: How many rows the files have that have rows.

    Raises:
        FileExistsError: If the month is closed already.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    last = closed(home)[-1:]
    manifest = {
        "format": FORMAT,
        "period": str(period),
        **facts,
        "previous": {
            "period": str(last[0].period),
            "manifest_sha256": sha256(home.ledger / str(last[0].period) / MANIFEST),
        }
        if last
        else None,
        "files": {
            name: {
                "sha256": sha256(path),
                "bytes": path.stat().st_size,
                **({"rows": rows[name]} if name in rows else {}),
            }
            for path in files
            for name in [path.relative_to(folder).as_posix()]
        },
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    for path in [*files, folder / MANIFEST]:
        with open(path, "rb") as content:
            os.fsync(content.fileno())
        path.chmod(0o400)
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        publishing.sync_folder(path)
    place = home.ledger / str(period)
    if place.exists():
        raise FileExistsError(f"{place} is there already")
    os.rename(folder, place)
    publishing.sync_folder(home.ledger)
    return place


def closed(home: Home) -> list[Closed]:
    """Return what is closed, in the order of the months, which is the order of closing."""
    found: list[Closed] = []
    for path in sorted(home.ledger.glob(f"[0-9]*/{MANIFEST}")):
        manifest = read_manifest(path.parent)
        by, at = manifest["closed"]["by"], manifest["closed"]["at"]
        found.append(Closed(Period.parse(path.parent.name), str(by), str(at)))
    return found


def folder_of(home: Home, period: Period) -> Path | None:
    """Return the folder of a closed month, or None while it is open."""
    folder = home.ledger / str(period)
    return folder if (folder / MANIFEST).exists() else None


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a closed month."""
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))


def faults(folder: Path) -> list[str]:
    """Say which files of a closed month are not as they were closed; nothing when all are."""
    declared: dict[str, dict[str, Any]] = read_manifest(folder)["files"]
    there = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    found = [f"{name} is missing" for name in sorted(declared.keys() - there)]
    found += [f"{name} was not closed with the month" for name in sorted(there - declared.keys())]
    for name in sorted(declared.keys() & there):
        seen, expected = sha256(folder / name), declared[name]["sha256"]
        if seen != expected:
            found.append(f"{name} has the hash {seen}, closed was {expected}")
    return found


def chain_faults(home: Home) -> list[str]:
    """Say where a closed month does not follow from the one before; nothing when all do."""
    found: list[str] = []
    before: Path | None = None
    for one in closed(home):
        folder = home.ledger / str(one.period)
        named = read_manifest(folder)["previous"]
        expected = (
            {"period": before.name, "manifest_sha256": sha256(before / MANIFEST)}
            if before is not None
            else None
        )
        if named != expected:
            found.append(f"{one.period} follows {named}, but in the ledger stands {expected}")
        before = folder
    return found


def state_hash(home: Home) -> str:
    """Return the hash that stands for the whole ledger: that of its last manifest."""
    last = closed(home)[-1:]
    return sha256(home.ledger / str(last[0].period) / MANIFEST) if last else ""
