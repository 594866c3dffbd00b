"""`python -m bench SIZE …`: measure centres of these sizes, then write the results into docs/."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

from bench import core, dashboards, floor, line, report
from bench.centre import SIZES, Centre
from bench.measuring import apart

PROJECT = Path(__file__).resolve().parents[1]
STEPS = ("first", "core", "floor", "day", "dashboards")


def measure(
    centre: Centre, name: str, steps: list[str], peers: Path, memory: str | None
) -> dict[str, Any]:
    """Take the steps in their order; what was measured before stays until it is measured again."""
    file = centre.folder.parent / f"{name}{f'-{memory}' if memory else ''}.json"
    results: dict[str, Any] = {}
    if file.exists():
        results = json.loads(file.read_text(encoding="utf-8"))
    print(f"{name}: raw files of {centre.agents} agents and {centre.days} days", flush=True)
    results |= {"name": name, "memory_limit": memory, "machine": machine(), **centre.generate()}
    for step in sorted(steps, key=STEPS.index):
        print(f"{name}: {step}", flush=True)
        os.sync()  # no step pays for what an earlier one left to be written
        if step in {"core", "floor"} and centre.has_last_day:
            raise SystemExit(f"{step} stands beside the first run; take the step `first` again")
        if step == "first":
            shutil.rmtree(centre.home, ignore_errors=True)
            centre.deliver(with_last_day=False)
            results[step] = line.run(centre, step, memory)
        elif step == "day":
            centre.deliver(with_last_day=True)
            results[step] = line.run(centre, step, memory)
        elif step == "core" and not peers.is_dir():
            print(f"{name}: no core, since there is no folder {peers}; see --peers")
        elif step == "core":
            results[step] = core.run(centre, peers)
        elif step == "floor":
            results[step] = floor.run(centre, memory)
        else:
            results[step] = apart(dashboards.run, centre)
        file.write_text(json.dumps(results, indent=1), encoding="utf-8")
        print(json.dumps(results[step], indent=1) if step in results else "", flush=True)
    return results


def machine() -> dict[str, int]:
    """Return the cores and the memory of this machine."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }


def _size(text: str) -> tuple[str, tuple[int, int]]:
    agents, days = SIZES.get(text) or map(int, text.split("x"))
    return text, (agents, days)


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "size", nargs="*", type=_size, help=f"of {', '.join(SIZES)}; AGENTSxDAYS for another"
    )
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--memory", help="what DuckDB may take, 2GiB; default: as the line decides")
    parser.add_argument("--folder", type=Path, default=PROJECT / "build" / "bench")
    parser.add_argument(
        "--peers", type=Path, default=PROJECT.parent / "shared" / "bench", help="core_*.py"
    )
    parser.add_argument("--no-docs", action="store_true", help="leave docs/ as they are")
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    for name, (agents, days) in options.size:
        centre = Centre(folder / name, agents, days)
        measure(centre, name, options.steps, options.peers.absolute(), options.memory)
    if not options.no_docs:
        report.write(folder, PROJECT / "docs")


if __name__ == "__main__":
    main()
