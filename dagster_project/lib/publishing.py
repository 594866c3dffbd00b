"""Publication: whole files behind one link, and builds that always start from the last one.

`serving/current` points to the folder of the published run; `serving/marts.duckdb` and its
neighbours are links through it, so that swapping `current` changes all of them at once. What is
published is the build's own files, moved; the next build works on copies of them, which are made
after readers have the new figures. A build that was not published leaves `build/DIRTY`; the next
one throws its files away and copies the published ones, so that nothing half done is ever built
upon.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import lake
from dagster_project.lib.database import quoted
from dagster_project.lib.parsing import make_last
from dagster_project.lib.settings import Home

DATABASES = ("warehouse", "marts", "analyst", "pay")
# What readers find in `serving/`, and builds go on from. The warehouse has what one build worked
# out: the next one begins with an empty file, which knows of the last one only what was landed.
READ = ("marts", "analyst", "pay")
REMEMBERED = "landing"
# Amounts, and what they come from, are for the owner of the files alone.
PRIVATE = {"warehouse", "pay"}
STATE_FILE = "publication.json"
# The folder of a version with the seeds that it was made from.
SEEDS = "seeds"
KEPT_VERSIONS = 2
GRACE_SECONDS = 15 * 60
# ioctl of Linux that makes a copy share its blocks with the original, where the file system can.
FICLONE = 0x40049409


def published_run(home: Home) -> str | None:
    """Return the id of the published run, or None before the first publication."""
    return Path(os.readlink(home.current)).name if home.current.is_symlink() else None


def published_state(home: Home) -> dict[str, Any]:
    """Return what the published run recorded about its inputs; empty before the first one."""
    path = home.current / STATE_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def dirty_run(home: Home) -> str | None:
    """Return the run whose unpublished build lies in `build/`, if one does."""
    mark = home.dirty_mark
    return mark.read_text(encoding="utf-8").strip() if mark.exists() else None


def begin_build(home: Home, run_id: str) -> bool:
    """Make `build/` ready to go on from the last publication, and mark it as written by `run_id`.

    Returns whether an unpublished build had to be thrown away.
    """
    home.build.mkdir(parents=True, exist_ok=True)
    is_anew = home.anew_mark.exists()
    is_unpublished = dirty_run(home) not in (None, published_run(home))
    write_durably(home.dirty_mark, run_id)
    for name in DATABASES:
        build = home.build / f"{name}.duckdb"
        if is_unpublished or is_anew or name not in READ or not build.exists():
            build.with_name(build.name + ".wal").unlink(missing_ok=True)
            build.unlink(missing_ok=True)
    if not is_anew and home.current.exists():
        _copy_published(home, READ)
        _remember_landed(home)
    return is_unpublished


def _copy_published(home: Home, names: Sequence[str]) -> None:
    """Give the build folder files of the publication, where it has not got them."""
    for name in names:
        build = home.build / f"{name}.duckdb"
        if not build.exists():
            copy_file(home.current / build.name, build)


def _remember_landed(home: Home) -> None:
    """Begin a warehouse with what the last one knew of the files that have been landed."""
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            f"attach {quoted(str(home.published_warehouse))} as published (read_only)"
        )
        tables = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'published' and schema_name = ?",
            [REMEMBERED],
        ).fetchall()
        connection.execute(f"create schema {REMEMBERED}")
        for (table,) in tables:
            name = f"{REMEMBERED}.{table}"
            connection.execute(f"create table {name} as from published.{name}")


def ask_for_new_build(home: Home) -> None:
    """Let the next build begin with nothing, and its publication be the only one that is left.

    What was taken out of the files would stay in the free pages of databases, and in old versions.
    """
    home.build.mkdir(parents=True, exist_ok=True)
    (home.build / "audit.duckdb").unlink(missing_ok=True)
    write_durably(home.anew_mark, "")


def keep_seeds(home: Home, seeds: Path) -> None:
    """Put the seeds aside as they are when a build begins, for the publication to have them."""
    kept = home.build / SEEDS
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for path in seeds.glob("*.csv"):
        shutil.copyfile(path, kept / path.name)


def publish(home: Home, run_id: str, state: dict[str, Any]) -> Path:
    """Move the build's files to a version of their own and swap the one link to it."""
    version = home.versions / run_id
    if published_run(home) == run_id:
        # A retry after the swap: what readers see must not be taken away.
        finish(home)
        return version
    version.mkdir(parents=True, exist_ok=True)
    for name in DATABASES:
        build = home.build / f"{name}.duckdb"
        # An attempt before this one may have moved it already.
        if build.exists():
            with duckdb.connect(str(build)) as connection:
                connection.execute("force checkpoint")
            if name in PRIVATE:
                build.chmod(0o600)
            make_last(build)
            os.replace(build, version / build.name)
    kept = home.build / SEEDS
    if kept.is_dir():
        (version / SEEDS).mkdir(exist_ok=True)
        for path in sorted(kept.iterdir()):
            copy_file(path, version / SEEDS / path.name)
        sync_folder(version / SEEDS)
    write_durably(version / STATE_FILE, json.dumps(state, indent=1, sort_keys=True))
    sync_folder(version)
    sync_folder(version.parent)
    for name in READ:
        link = home.serving / f"{name}.duckdb"
        if not link.is_symlink():
            swap_link(link, f"current/{name}.duckdb")
    swap_link(home.current, f"versions/{run_id}")
    finish(home)
    # The next build goes on from them; of the warehouse dbt shows what the last one worked out.
    _copy_published(home, DATABASES)
    return version


def finish(home: Home) -> None:
    """Do what follows a swap; harmless to repeat, so a run killed before it is caught up on."""
    if dirty_run(home) is not None and dirty_run(home) == published_run(home):
        lake.clear_superseded(home)
        if home.anew_mark.exists():
            for version in home.versions.iterdir():
                if version.name != published_run(home):
                    shutil.rmtree(version)
            home.anew_mark.unlink()
        home.dirty_mark.unlink()
        sync_folder(home.build)
    collect(home.versions, published_run(home))


def collect(folder: Path, kept: str | None) -> None:
    """Remove versions that are neither published, nor among the newest, nor in their grace time.

    Readers that still have an old file open keep it until they close it.
    """
    if not folder.exists():
        return
    versions = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in versions[KEPT_VERSIONS:]:
        if path.stem != kept and time.time() - path.stat().st_mtime > GRACE_SECONDS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def copy_file(source: Path, target: Path) -> None:
    """Copy a whole file durably, with its mode; by reference where the file system can."""
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    mode = stat.S_IMODE(source.stat().st_mode)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(source, "rb") as reader, os.fdopen(handle, "wb") as writer:
        try:
            fcntl.ioctl(writer.fileno(), FICLONE, reader.fileno())
        except OSError:
            shutil.copyfileobj(reader, writer, 16 * 1024 * 1024)
        writer.flush()
        os.fsync(writer.fileno())
    os.replace(part, target)


def swap_link(link: Path, target: str) -> None:
    """Point `link` to `target` (relative) in one step that no reader can see half of."""
    part = link.with_name(f".{link.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    os.replace(part, link)
    sync_folder(link.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, text: str) -> None:
    """Write a file whole, or leave it as it was."""
    part = path.with_name(f".{path.name}.part")
    with open(part, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync_folder(path.parent)
