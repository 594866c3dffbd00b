"""The same files in any order, in pieces, twice and late: the same published tables."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.lib.feeds import Feed, load_feeds
from demo import simulate
from tests.line import AS_OF, Tables, differences, published_tables, run_line

FEEDS = load_feeds()
# Shorter pieces than this are not cut inside a line: one bad line must stay below a file's 5 %.
ENOUGH_LINES = 40
# A column in which a file was wrong at first, of feeds that do not tell which row is the later.
FIRST_SAID = {
    "complaints": "is_valid",
    "hr_absences": "kind",
    "hr_assignments": "team",
    "hr_identities": "employee_id",
    "hr_schedules": "activity",
    "incidents": "queue",
    "quality_evaluations": "evaluator_id",
    "surveys": "answer",
}
# The names of files differ between deliveries, and so does where in them a line stood.
WHERE_IT_STOOD = ("file_path", "line_number")

Row = dict[str, str]

# The last file that has a schedule has all of its hours (DECISIONS.md).
ALWAYS_WHOLE = {"zendesk_schedules"}


class Deliveries:
    """One inbox in several deliveries; `said` tells how each file came."""

    def __init__(self, source: Path, seed: int, count: int) -> None:
        """Makes every choice; equal arguments make the same ones."""
        self.dice = random.Random(seed)
        self.writes: list[dict[str, bytes]] = [{} for _ in range(count)]
        self.said: list[str] = []
        folders: dict[tuple[str, Path], list[Path]] = defaultdict(list)
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            inside = path.relative_to(source)
            folders[inside.parts[0], inside.parent].append(path)
        for (name, folder), paths in folders.items():
            feed = FEEDS[name]
            files = {str(folder / path.name): unpacked(path) for path in paths}
            if feed.key and not feed.header:
                for path, content in files.items():
                    self.rows(feed, path, content)
            else:
                self.logs(files)

    def days(self, count: int) -> list[int]:
        """The deliveries in which so many versions of a file come, in their order."""
        return sorted(self.dice.sample(range(len(self.writes)), min(count, len(self.writes))))

    def put(self, day: int, path: str, content: bytes, what: str) -> None:
        """Write a file in one of the deliveries."""
        packed = path.endswith(".gz")
        self.writes[day][path] = gzip.compress(content, mtime=0) if packed else content
        self.said.append(f"{day}: {path}: {what}")

    def logs(self, files: dict[str, bytes]) -> None:
        """Logs of one folder: whole, cut and growing, copied, and one that was rotated."""
        names = list(files)
        if len(names) > 3:
            at = self.dice.randrange(len(names) - 1)
            old, new = (files.pop(name) for name in names[at : at + 2])
            current = names[at].replace("2026", "current")
            first, second = self.days(2)
            self.put(first, current, old, f"{names[at]} before its rotation")
            self.put(second, f"{current}.1", old, f"{names[at]} rotated")
            self.put(second, current, new, f"{names[at + 1]} after the rotation")
        for path, content in files.items():
            self.whole_or_cut(path, content, [self.grown, self.headless])

    def whole_or_cut(
        self, path: str, content: bytes, cuts: list[Callable[[str, bytes], None]]
    ) -> None:
        """Whole, whole and again under another name, or cut at first."""
        chance = self.dice.random()
        if chance < 0.4 and content.count(b"\n") > 2 * ENOUGH_LINES:
            self.dice.choice(cuts)(path, content)
            return
        day = self.dice.randrange(len(self.writes))
        self.put(day, path, content, "whole")
        if chance > 0.8:
            name = path + self.dice.choice([".1", ".gz"])
            if path.endswith(".gz") or not FEEDS[path.split("/")[0]].matches(Path(name).name):
                name = str(Path(path).with_name(f"again-{Path(path).name}"))
            self.put(self.dice.randrange(len(self.writes)), name, content, "the same again")

    def grown(self, path: str, content: bytes) -> None:
        """At first without its end, cut inside a line or at one's end."""
        *days, last = self.days(self.dice.choice([2, 3]))
        lines = content.splitlines(keepends=True)
        ends = sorted(self.dice.sample(range(ENOUGH_LINES, len(lines)), len(days)))
        for day, end in zip(days, ends, strict=True):
            part = b"".join(lines[:end]) + lines[end][: self.dice.choice([0, len(lines[end]) // 2])]
            self.put(day, path, part, f"its first {len(part)} bytes")
        self.put(last, path, content, "whole at last")

    def headless(self, path: str, content: bytes) -> None:
        """At first without its beginning."""
        first, last = self.days(2)
        at = self.dice.randrange(len(content) // 2)
        self.put(first, path, content[at:], f"all but its first {at} bytes")
        self.put(last, path, content, "whole at last")

    def rows(self, feed: Feed, path: str, content: bytes) -> None:
        """Rows of a table over up to three files: some twice, some out of date, some corrected."""
        header, rows = read_rows(feed, content)
        named = {column.name: header_of(column.headers, header) for column in feed.columns}
        keys = [named[name] for name in feed.key if name in named]
        parts: list[list[Row]] = [[]]
        if feed.name not in ALWAYS_WHOLE:
            parts = [[] for _ in range(self.dice.randint(1, 3))]
        by_key: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            by_key[tuple(row[key] for key in keys)].append(row)
        for versions in by_key.values():
            # Versions of one row stay together: without a `latest` the later line counts.
            self.dice.choice(parts).extend(versions)
            if len(versions) == 1 and self.dice.random() < 0.05:
                self.dice.choice(parts).extend(versions)
            if feed.latest and self.dice.random() < 0.05:
                stale = self.older(versions[0], named[feed.latest], rows, set(keys))
                self.dice.choice(parts).extend(stale)
        file = Path(path)
        for number, part in enumerate(parts):
            name = str(file.with_name(f"{number}-{file.name}")) if len(parts) > 1 else path
            written = write_rows(feed, header, part)
            changed = FIRST_SAID.get(feed.name)
            if changed and len(part) > 1 and self.dice.random() < 0.5:
                first, last = self.days(2)
                wrong = [{**row} for row in part]
                for row in self.dice.sample(wrong, min(3, len(wrong))):
                    row[changed] = self.dice.choice(rows)[changed]
                self.put(first, name, write_rows(feed, header, wrong), f"with another {changed}")
                self.put(last, name, written, f"{changed} corrected")
            else:
                self.whole_or_cut(name, written, [self.grown])

    def older(self, row: Row, latest: str, rows: list[Row], keys: set[str]) -> list[Row]:
        """What the row may have said a year before."""
        if not row[latest][:4].isdigit():
            return []
        other = self.dice.choice(rows)
        past = {
            name: other[name] if name not in keys and self.dice.random() < 0.3 else value
            for name, value in row.items()
        }
        return [past | {latest: f"{int(row[latest][:4]) - 1}{row[latest][4:]}"}]


def unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def header_of(names: tuple[str, ...], header: list[str]) -> str:
    """The name of a column in this file, upper and lower case alike."""
    written = {name.lower(): name for name in header}
    return next((written[name.lower()] for name in names if name.lower() in written), names[0])


def read_rows(feed: Feed, content: bytes) -> tuple[list[str], list[Row]]:
    """The rows of a file; those of JSON lines keep their values as JSON."""
    if feed.format == "json_lines":
        records = [json.loads(line) for line in content.splitlines()]
        rows = [{key: json.dumps(value) for key, value in row.items()} for row in records]
        return list(dict.fromkeys(key for row in rows for key in row)), rows
    reader = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return list(reader.fieldnames or ()), list(reader)


def write_rows(feed: Feed, header: list[str], rows: list[Row]) -> bytes:
    if feed.format == "json_lines":
        parsed = ({key: json.loads(value) for key, value in row.items()} for row in rows)
        return "".join(json.dumps(row) + "\n" for row in parsed).encode()
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def publish(home: Path, as_of: str) -> None:
    done = run_line(home, "--as-of", as_of)
    assert done.returncode == 0, done.stdout + done.stderr


def tables(home: Path) -> Tables:
    return published_tables(home, leave_out=WHERE_IT_STOOD)


def reference(folder: Path, days: int) -> tuple[Path, Tables]:
    """The inbox, and what one delivery of all of it publishes."""
    source, home = folder / "source", folder / "home"
    simulate(source, agents=12, days=days)
    shutil.copytree(source, home / "inbox")
    publish(home, AS_OF)
    return source, tables(home)


@pytest.fixture(scope="module")
def ten_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tables]:
    return reference(tmp_path_factory.mktemp("ten_days"), 10)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tables]:
    return reference(tmp_path_factory.mktemp("month"), 31)


def deliver_and_compare(home: Path, at_once: tuple[Path, Tables], seed: int, count: int) -> None:
    source, expected = at_once
    deliveries = Deliveries(source, seed, count)
    days = sorted(deliveries.dice.sample(range(24, 32), count - 1))
    ends = [*(f"2026-10-{day}" for day in days), AS_OF]
    for writes, as_of in zip(deliveries.writes, ends, strict=True):
        for path, content in writes.items():
            target = home / "inbox" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        publish(home, as_of)
    found = differences(tables(home), expected)
    assert found == [], "\n".join(deliveries.said)
    shutil.rmtree(home)


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(1, marks=pytest.mark.slow),
        *(pytest.param(seed, marks=pytest.mark.drill) for seed in range(2, 11)),
    ],
)
def test_any_order_of_ten_days(ten_days: tuple[Path, Tables], tmp_path: Path, seed: int) -> None:
    deliver_and_compare(tmp_path / "home", ten_days, seed, 3)


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(11, 21))
def test_any_order_of_a_month(month: tuple[Path, Tables], tmp_path: Path, seed: int) -> None:
    deliver_and_compare(tmp_path / "home", month, seed, 3 + seed % 3)
