"""What a publication depends on, as hashes: equal fingerprints mean there is nothing new."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# The longest period is final this long after its end; nothing changes later.
SETTLED_AFTER = timedelta(days=8)
CODE_SUFFIXES = {".sql", ".yml", ".yaml", ".py", ".csv"}
IMPORT = re.compile(r"^from dagster_project\.lib(?:\.(\w+) import| import (.+))", re.MULTILINE)


def hash_files(paths: Iterable[Path], root: Path) -> str:
    """Hash the names (relative to `root`) and contents of files, in any order given."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def hash_text(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def code_hash(project: Path) -> str:
    """Hash the dbt project: models, macros, tests and settings, without seeds and artefacts.

    What its Python models import of this package belongs to it.
    """
    root = project / "dbt_models"
    skipped = {root / "target", root / "logs"}
    code = {
        path
        for path in root.rglob("*")
        if path.suffix in CODE_SUFFIXES
        and path.is_file()
        and not skipped.intersection(path.parents)
    }
    return hash_files(code | _imported(project, code), project)


def _imported(project: Path, code: Iterable[Path]) -> set[Path]:
    """Find the modules of `lib` that Python files import, directly or through each other."""
    found: set[Path] = set()
    waiting = [path for path in code if path.suffix == ".py"]
    while waiting:
        text = waiting.pop().read_text(encoding="utf-8")
        for module, names in IMPORT.findall(text):
            for name in [module] if module else re.findall(r"\w+", names):
                path = project / "dagster_project" / "lib" / f"{name}.py"
                if path not in found and path.exists():
                    found.add(path)
                    waiting.append(path)
    return found


def seed_hashes(seeds: Path) -> dict[str, str]:
    """Hash each seed: its name → the hash of its header and the hash of all of it."""
    hashes: dict[str, str] = {}
    for path in sorted(seeds.glob("*.csv")):
        content = path.read_bytes()
        header = hashlib.sha256(content.partition(b"\n")[0].strip()).hexdigest()
        hashes[path.stem] = f"{header[:12]}:{hashlib.sha256(content).hexdigest()}"
    return hashes


def settled_as_of(as_of: datetime, last_event_at: datetime | None) -> str:
    """Return the instant that decides results: as-of, unless all periods have settled before."""
    instant = as_of
    if last_event_at is not None:
        # Day 1 of the quarter after that of the last event.
        months = last_event_at.year * 12 + (last_event_at.month - 1) // 3 * 3 + 3
        quarter_end = datetime(months // 12, months % 12 + 1, 1)
        instant = min(as_of, quarter_end + SETTLED_AFTER)
    return _text(instant)


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S")


def state(
    project: Path,
    seeds: Path,
    parts: Iterable[str],
    as_of: datetime,
    last_event_at: datetime | None,
    closing: Mapping[str, str],
    locale: str,
) -> dict[str, Any]:
    """Return the inputs of a build in a form that can be stored and compared."""
    return {
        "parts": hash_text("\n".join(sorted(parts))),
        "seeds": seed_hashes(seeds),
        "code": code_hash(project),
        "as_of": settled_as_of(as_of, last_event_at),
        "last_event_at": _text(last_event_at) if last_event_at else "",
        "closing": dict(closing),
        "locale": locale,
    }


def only_hours_passed(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Tell whether two states differ by the hour of one day alone, with no event in between."""
    return (
        bool(old)
        and {**old, "as_of": ""} == {**new, "as_of": ""}
        and old["as_of"][:10] == new["as_of"][:10]
        and new["last_event_at"] <= old["as_of"] <= new["as_of"]
    )


def changed_seeds(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Name the seeds that differ between two states, added and removed ones included."""
    before: dict[str, str] = old.get("seeds", {})
    after: dict[str, str] = new["seeds"]
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def has_new_header(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Tell whether a seed came, went or got other columns: its table has to be made anew."""
    before: str = old.get("seeds", {}).get(name, "")
    after: str = new["seeds"].get(name, "")
    return before.partition(":")[0] != after.partition(":")[0]


def inbox_state(inbox: Path, growing: Collection[str] = ()) -> tuple[str, float]:
    """Return a hash over names, sizes and times of the files, and the newest of the times.

    Files of the folders `growing` may be read while they are written: their times do not count.
    """
    digest = hashlib.sha256()
    newest = 0.0
    for path in sorted(path for path in inbox.rglob("*") if path.is_file()):
        details, name = path.stat(), path.relative_to(inbox)
        if name.parts[0] not in growing:
            newest = max(newest, details.st_mtime)
        digest.update(f"{name}\0{details.st_size}\0{details.st_mtime_ns}".encode())
    return digest.hexdigest(), newest
