"""The results as tables in docs/benchmark.md and docs/capacity.md, and as a chart."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import linear_regression
from typing import Any

from bench.centre import SIZES
from bench.core import ENGINES
from bench.line import STAGES

# What is measured of one size: nested as in its file, read by paths such as `first.stages.load`.
Results = dict[str, Any]
# A row of a table: what it says, the path of its figure, how it is written, the unit in its own.
Row = tuple[str, str, str, float]

NONE = "–"
MIB, GIB, MILLION = 2**20, 2**30, 1_000_000
CONTACTS_PER_AGENT_DAY = 39.6
# The history that the day on top is compared with.
SHORT = "0.5M"
COLOURS = ("#1f5a8a", "#4d94c8", "#c8a24d", "#8a4b12", "#8a94a0")


def write(folder: Path, docs: Path) -> None:
    """Put what was measured into the documents."""
    everything: list[Results] = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in folder.glob("*.json")
        if file.stem.partition("-")[0] in SIZES
    ]
    runs = [one for one in everything if "first" in one]
    runs.sort(key=lambda one: (one["contacts"], one["memory_limit"] or ""))
    free = [one for one in runs if not one["memory_limit"]]
    if not free:
        return
    short = next((one for one in free if one["name"] == SHORT), None)
    for one in runs:
        one["derived"] = derived(one, short)
    long = [one for one in free if one["name"] != SHORT]
    blocks = {name: table(runs if name in {"first", "day"} else free, ROWS[name]) for name in ROWS}
    blocks |= {"machine": machine(runs), "slowest": slowest(free[-1])}
    if len(long) > 1:
        blocks |= {"growth": growth(long), "needs": needs(long)}
    for name in ("benchmark.md", "capacity.md"):
        text = (docs / name).read_text(encoding="utf-8")
        for block, content in blocks.items():
            pattern = rf"(<!-- {block} -->\n).*?(<!-- / -->)"
            text = re.sub(pattern, rf"\g<1>{content}\n\g<2>", text, flags=re.DOTALL)
        (docs / name).write_text(text, encoding="utf-8")
    (docs / "benchmark.svg").write_text(chart(free), encoding="utf-8")


def figure(one: Results, path: str) -> Any:  # noqa: ANN401 - as JSON has it
    """Return what stands at a path, None where nothing does."""
    found: Any = one
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return found  # pyright: ignore[reportUnknownVariableType]


def derived(one: Results, short: Results | None) -> Results:
    """Return the ratios, and each cost per million contacts."""

    def ratio(path: str, other: str, of: Results | None = one) -> float | None:
        a, b = figure(one, path), figure(of, other) if of else None
        return a / b if a is not None and b else None

    is_same_centre = short is not None and one["agents"] == short["agents"]
    stages = {stage: ratio(f"first.stages.{stage}", "contacts") for stage in STAGES}
    return {
        "floor": ratio("first.line", "floor.seconds"),
        **{engine: ratio("first.line", f"core.{engine}.seconds") for engine in ENGINES},
        "day": ratio("day.seconds", "day.seconds", short) if is_same_centre else None,
        "marts": ratio("first.disk.marts", "contacts"),
        "marts_to_raw": ratio("first.disk.marts", "raw_bytes"),
        "lake": ratio("first.disk.lake", "contacts"),
        "home": ratio("first.disk.home", "contacts"),
        "day_contacts": one["contacts"] / one["days"],
        "size": f"{one['agents']:,} × {one['days']}",
        **{stage: None if each is None else each * MILLION for stage, each in stages.items()},
    }


def _stages(step: str) -> list[Row]:
    return [
        ("start of the process, s", f"{step}.start", ".1f", 1),
        *((f"{stage}, s", f"{step}.stages.{stage}", ".1f", 1.0) for stage in STAGES),
        ("dbt's models and seeds, added up, s", f"{step}.models", ".1f", 1),
        ("dbt's tests of one model, added up, s", f"{step}.tests", ".1f", 1),
        ("whole command, s", f"{step}.seconds", ".1f", 1),
        ("processor time, s", f"{step}.processor_seconds", ".1f", 1),
        ("peak memory, MiB", f"{step}.peak_bytes", ",.0f", MIB),
    ]


ROWS: dict[str, list[Row]] = {
    "ratios": [
        ("line ÷ floor", "derived.floor", ".2f", 1),
        *((f"line ÷ core in {engine}", f"derived.{engine}", ".1f", 1.0) for engine in ENGINES),
        (f"a day on top ÷ the same on {SHORT}", "derived.day", ".2f", 1),
        ("bytes of marts ÷ contacts", "derived.marts", ",.0f", 1),
        ("bytes of marts ÷ bytes of raw files", "derived.marts_to_raw", ".2f", 1),
    ],
    "first": [
        ("agents × days", "derived.size", "", 1),
        ("contacts", "contacts", ",.0f", 1),
        ("lines of `queue_log`", "queue_log_lines", ",.0f", 1),
        ("raw files, MiB", "raw_bytes", ",.0f", MIB),
        *_stages("first"),
    ],
    "day": [("contacts of the day", "derived.day_contacts", ",.0f", 1), *_stages("day")],
    "peers": [
        ("line, s", "first.line", ".1f", 1),
        ("floor, s", "floor.seconds", ".1f", 1),
        ("floor, peak MiB", "floor.peak_bytes", ",.0f", MIB),
        ("floor's tables that differ", "floor.different", "", 1),
        *(
            row
            for engine in ENGINES
            for row in (
                (f"core in {engine}, s", f"core.{engine}.seconds", ".2f", 1.0),
                (f"core in {engine}, peak MiB", f"core.{engine}.peak_bytes", ",.0f", MIB),
                ("its rows that differ", f"core.{engine}.different", ",.0f", 1.0),
            )
        ),
    ],
    "dashboards": [
        (f"{words}, users: {users}; {name}, ms", f"dashboards.{kind}.{users}.{name}", ",.0f", 0.001)
        for kind, words in (
            ("duckdb", "query in DuckDB"),
            ("uncached", "answer, not cached"),
            ("cached", "answer, cached"),
        )
        for users in (1, 16)
        for name in ("median", "p95")
    ]
    + [
        ("slowest query, users: 16; p95, ms", "dashboards.duckdb.16.worst_p95", ",.0f", 0.001),
        ("queries over 300 ms at p95", "dashboards.duckdb.16.over_limit", ",.0f", 1),
        ("queries in all", "dashboards.duckdb.16.distinct", ",.0f", 1),
    ]
    + [
        (f"page drawn, {words}; {name}, s", f"dashboards.pages.{kind}.{name}", ".1f", 1.0)
        for kind, words in (("first", "first time"), ("again", "again"))
        for name in ("median", "worst")
    ],
    "disk": [
        (f"{name}, MiB", f"first.disk.{name}", ",.1f", MIB)
        for name in ("lake", "warehouse", "marts", "pay", "publication", "home")
    ],
    "cost": [
        *((f"{stage}, s", f"derived.{stage}", ".1f", 1.0) for stage in STAGES),
        *(
            (f"{name}, MiB", f"derived.{name}", ",.0f", MIB / MILLION)
            for name in ("lake", "marts", "home")
        ),
    ],
}  # fmt: skip


def table(runs: Sequence[Results], rows: Sequence[Row]) -> str:
    """Write a table with a column for each size; what was not measured is a dash."""
    return markdown(
        ["", *(f"{one['name']} {one['memory_limit'] or ''}".strip() for one in runs)],
        [
            [name, *(_cell(figure(one, path), style, unit) for one in runs)]
            for name, path, style, unit in rows
        ],
    )


def _cell(found: Any, style: str, unit: float) -> str:  # noqa: ANN401 - as JSON has it
    if found is None:
        return NONE
    if isinstance(found, list):
        return ", ".join(map(str, found)) or "none"  # pyright: ignore[reportUnknownArgumentType]
    return format(found / unit, style) if style else str(found)


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write a table whose first column is text and whose others are figures."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def machine(runs: Sequence[Results]) -> str:
    """Say what was measured with."""
    each = {(one["machine"]["cores"], one["machine"]["memory_bytes"] / GIB) for one in runs}
    found = [f"{cores} cores and {memory:.0f} GiB of memory" for cores, memory in sorted(each)]
    return f"Measured with {'; '.join(found)}."


def slowest(one: Results) -> str:
    """Name the slowest nodes of dbt, of the first run and of the day on top."""
    first, day = (
        [(f"`{name}`", f"{seconds:.2f}") for name, seconds in nodes.items()]
        for nodes in (one["first"]["slowest"], one.get("day", one["first"])["slowest"])
    )
    rows = [[*a, *b] for a, b in zip(first, day, strict=False)]
    return markdown(["first run", "s", "a day on top", "s"], rows[:10])


def growth(runs: Sequence[Results]) -> str:
    """Tell from one size to the next how cost grows: by 2^x for twice the contacts."""

    def exponent(path: str, small: Results, large: Results) -> str:
        cost = math.log(figure(large, path) / figure(small, path))
        return f"{cost / math.log(large['contacts'] / small['contacts']):.2f}"

    pairs = list(pairwise(runs))
    paths = {stage: f"first.stages.{stage}" for stage in STAGES}
    paths |= {"peak memory": "first.peak_bytes", "disk": "first.disk.home"}
    return markdown(
        ["", *(f"{small['name']} → {large['name']}" for small, large in pairs)],
        [[name, *(exponent(path, *pair) for pair in pairs)] for name, path in paths.items()],
    )


def needs(runs: Sequence[Results]) -> str:
    """Tell what a year of a centre needs, on straight lines through what was measured."""

    def at(x: float, by: str, path: str, unit: float) -> str:
        points = [(one[by], found) for one in runs if (found := figure(one, path)) is not None]
        if len(points) < 2:
            return NONE
        slope, start = linear_regression(*zip(*points, strict=True))
        return f"{max(0.0, slope * x + start) / unit:,.1f}"

    rows: list[list[str]] = []
    for agents in (100, 1000, 10_000):
        contacts = agents * CONTACTS_PER_AGENT_DAY * 365
        rows.append([
            f"{agents:,} agents",
            f"{contacts / MILLION:,.1f}",
            at(contacts, "contacts", "first.seconds", 60),
            at(agents, "agents", "day.seconds", 1),
            at(contacts, "contacts", "first.peak_bytes", GIB),
            at(contacts, "contacts", "first.disk.home", GIB),
        ])  # fmt: skip
    header = ["", "million contacts", "first run, min", "a day on top, s"]
    return markdown([*header, "peak memory, GiB", "home on disk, GiB"], rows)


def chart(runs: Sequence[Results]) -> str:
    """Draw seconds per million contacts: line, floor and core below each other for each size."""
    bars: list[tuple[str, list[tuple[float, str]]]] = []
    for one in runs:
        for name, paths in (
            ("line", [f"first.stages.{stage}" for stage in STAGES]),
            ("floor", ["floor.stages.load", "floor.stages.build"]),
            ("core", ["", "", "", "", "core.duckdb.seconds"]),
        ):
            parts = zip((figure(one, path) for path in paths), COLOURS, strict=False)
            bar = [(found / one["contacts"] * MILLION, colour) for found, colour in parts if found]
            bars.append((f"{one['name']} {name}", bar))
    longest = max(sum(value for value, _ in bar) for _, bar in bars)
    left, width, height = 90, 590, 66 + 24 * len(bars)
    title = "Seconds per million contacts, first run"
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" width="760" '
        f'height="{height}" role="img" aria-label="{title}">',
        "<style>text{font:12.5px Inter,Helvetica,Arial,sans-serif;fill:#1d2b3a}</style>",
        f'<rect width="760" height="{height}" fill="#ffffff"/>',
        f'<text x="{left}" y="20" font-weight="600">{title}</text>',
    ]
    for number, (name, colour) in enumerate(zip((*STAGES, "core in DuckDB"), COLOURS, strict=True)):
        x = left + 95 * number
        drawn.append(f'<rect x="{x}" y="31" width="11" height="11" fill="{colour}"/>')
        drawn.append(f'<text x="{x + 16}" y="41">{name}</text>')
    for number, (name, bar) in enumerate(bars):
        x, y = float(left), 56 + 24 * number
        drawn.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{name}</text>')
        for value, colour in bar:
            wide = width * value / longest
            drawn.append(
                f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="17" fill="{colour}"/>'
            )
            x += wide
        drawn.append(f'<text x="{x + 6:.1f}" y="{y + 13}">{sum(v for v, _ in bar):,.1f}</text>')
    return "\n".join([*drawn, "</svg>", ""])
