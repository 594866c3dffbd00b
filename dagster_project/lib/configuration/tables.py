"""Reads the seeds: every line with its number, what is wrong with it said at once."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError

from dagster_project.lib.configuration.mistakes import Mistake, meant
from dagster_project.lib.configuration.models import MODELS, Row

R = TypeVar("R", bound=Row)
UTF8_MARK = b"\xef\xbb\xbf"


@dataclass
class Table(Generic[R]):
    """One seed: its lines as text, those without a fault also as rows of its model."""

    model: type[R]
    shown: str
    columns: list[str] = field(default_factory=list[str])
    texts: dict[int, dict[str, str]] = field(default_factory=dict[int, dict[str, str]])
    parsed: dict[int, R] = field(default_factory=dict[int, R])
    # Line → columns at fault. What other lines say of this one is not held against them.
    faults: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    mistakes: list[Mistake] = field(default_factory=list[Mistake])
    is_whole: bool = True

    @property
    def rows(self) -> list[R]:
        """The rows without a fault, in the order of the file."""
        return [row for line, row in self.parsed.items() if line not in self.faults]

    def values(self, column: str) -> set[str]:
        """Return what stands in a column, in lines at fault too."""
        return {text[column] for text in self.texts.values() if text.get(column)}

    def is_sure_of(self, column: str) -> bool:
        """Tell whether every line says, without a fault, what stands in a column."""
        return self.is_whole and not any(column in faulty for faulty in self.faults.values())

    def groups(self, *columns: str) -> dict[tuple[str, ...], list[R]]:
        """Group the rows by columns, leaving out groups that a line at fault may belong to."""
        patterns = [
            {c: self.texts[line].get(c, "") for c in columns if c not in faulty}
            for line, faulty in self.faults.items()
            if line in self.texts
        ]
        found: dict[tuple[str, ...], list[R]] = defaultdict(list)
        for row in self.rows:
            text = self.texts[row.line]
            if not any(all(text[c] == value for c, value in p.items()) for p in patterns):
                found[tuple(text[c] for c in columns)].append(row)
        return found

    def blame(
        self, line: int, column: str, problem: str, expected: str, fix: str, warns: bool = False
    ) -> None:
        """Note a mistake in a line."""
        self.mistakes.append(Mistake(self.shown, line, column, problem, expected, fix, warns))
        if not warns:
            self.faults.setdefault(line, set()).add(column)


class Configuration:
    """All seeds of a folder."""

    def __init__(self, folder: Path, shown: str) -> None:
        """Read every seed of `folder`, which messages call `shown`."""
        self.folder = folder
        self.shown = shown
        self.tables: dict[str, Table[Any]] = {}
        # Of the folder rather than of a file in it.
        self.mistakes: list[Mistake] = []
        known = {model.file: model for model in MODELS}
        strange = {path.stem for path in folder.glob("*.csv")} - known.keys()
        for name, model in known.items():
            self.tables[name] = _read(folder / f"{name}.csv", model, f"{shown}/{name}.csv", strange)
        for name in sorted(strange):
            self.mistakes.append(
                Mistake(
                    f"{shown}/{name}.csv", 1, "", "nothing reads a seed of this name",
                    f"one of {', '.join(sorted(known))}",
                    "rename it, or move it elsewhere", is_warning=True,
                )
            )  # fmt: skip

    def table(self, model: type[R]) -> Table[R]:
        """Return the table of a model."""
        return cast(Table[R], self.tables[model.file])

    def all_mistakes(self) -> list[Mistake]:
        """Return what was found so far, by file and line."""
        found = [mistake for table in self.tables.values() for mistake in table.mistakes]
        return sorted({*self.mistakes, *found})


def _read(path: Path, model: type[R], shown: str, strange: set[str]) -> Table[R]:
    table = Table(model, shown)
    if not path.exists():
        table.is_whole = False
        guess = meant(path.stem, strange)
        table.blame(
            1, "", f"the file is missing{guess}", "every seed, if only with its header",
            f"bring it back; its header is {','.join(_columns(model))}",
        )  # fmt: skip
        return table
    text = _text(path.read_bytes(), table)
    if text is not None:
        _lines(text, table)
    table.is_whole = table.is_whole and bool(table.columns)
    if table.is_whole:
        for line, values in table.texts.items():
            _parse(line, values, table)
    return table


def _columns(model: type[Row]) -> list[str]:
    """Return the columns that have to be in the header."""
    needed = [name for name, info in model.model_fields.items() if info.is_required()]
    # Those of the base class come first, while files have the validity behind the rest.
    return sorted(needed, key=lambda name: name in {"valid_from", "valid_to"})


def _text(content: bytes, table: Table[R]) -> str | None:
    if content.startswith(UTF8_MARK):
        table.blame(
            1, "", "the file begins with a byte order mark", "UTF-8 without one",
            "save it as plain UTF-8 (a spreadsheet calls the other one UTF-8 with BOM)",
        )  # fmt: skip
        content = content.removeprefix(UTF8_MARK)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        table.blame(
            line, "", f"byte {content[error.start]:#04x} is not UTF-8", "a text in UTF-8",
            "save the file as UTF-8",
        )  # fmt: skip
        return None
    if not text.strip():
        table.blame(
            1, "", "the file is blank", f"the header {','.join(_columns(table.model))}",
            "bring the header back; no rows are needed",
        )  # fmt: skip
        return None
    return text


def _records(text: str, table: Table[R]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        table.is_whole = False
        table.blame(
            line, "", f"the line cannot be read: {error}", "fields apart by commas",
            'close the quote; a quote inside a quoted field is written ""',
        )  # fmt: skip


def _lines(text: str, table: Table[R]) -> None:
    records = _records(text, table)
    start, header = next(records, (1, list[str]()))
    if len(header) == 1 and ";" in header[0]:
        table.blame(start, "", "the columns are apart by semicolons", "commas", "save with commas")
        return
    expected = _columns(table.model)
    strange = [name for name in header if name not in table.model.model_fields or name == "line"]
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            table.blame(
                start, name, "the header names this column twice", "each column once",
                "take one of them out",
            )  # fmt: skip
            table.is_whole = False
    for name in expected:
        if name not in header:
            guess = meant(name, strange)
            table.blame(
                start, name, f"the header lacks this column{guess}",
                f"the header {','.join(expected)}", "add the column, or correct its name",
            )  # fmt: skip
            table.is_whole = False
    optional = table.model.model_fields.keys() - {*expected, "line"}
    for name in strange:
        if meant(name, [*expected, *optional]) and table.is_whole:
            table.blame(
                start, name, f"there is no such column{meant(name, [*expected, *optional])}",
                f"the header {','.join(expected)}", "correct the column's name or take it out",
            )  # fmt: skip
        elif table.is_whole:
            table.blame(
                start, name, "nothing reads this column", f"the header {','.join(expected)}",
                "leave it or take it out", warns=True,
            )  # fmt: skip
    table.columns = header
    for line, record in records:
        table.texts[line] = dict(zip(header, record, strict=False))
        if table.is_whole and len(record) != len(header):
            table.blame(
                line, "", f"the line has {len(record)} fields", f"{len(header)} as in the header",
                'count the commas; a field with a comma stands in quotes, "like, this"',
            )  # fmt: skip


def _parse(line: int, values: dict[str, str], table: Table[R]) -> None:
    if line in table.faults:
        return
    for name, value in values.items():
        if value != value.strip():
            table.blame(
                line, name, f"{value!r} has blanks around it", repr(value.strip()),
                "take the blanks out",
            )  # fmt: skip
    if line in table.faults:
        return
    try:
        known: dict[str, Any] = {n: v or None for n, v in values.items()}
        table.parsed[line] = table.model.model_validate({**known, "line": line})
    except ValidationError as error:
        for fault in error.errors():
            name = str(fault["loc"][0])
            value = values[name]
            expected = str(fault.get("ctx", {}).get("expected", fault["msg"]))
            table.blame(
                line, name,
                f"{value!r} does not fit{meant(value, _words(expected))}" if value
                else "the field is empty",
                expected, "correct the value",
            )  # fmt: skip


def _words(expected: str) -> Iterable[str]:
    """Return the words of a list such as "a, b or c"; none of a text with more to it."""
    words = expected.replace(" or ", ", ").split(", ")
    return words if all(word.isidentifier() for word in words) else ()
