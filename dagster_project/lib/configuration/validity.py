"""One row of a key, on each day: nothing doubled, nothing overlapping, no day left out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from dagster_project.lib.configuration.models import MODELS, Dated
from dagster_project.lib.configuration.tables import Configuration, Table


def check_validity(configuration: Configuration) -> None:
    """Blame validities that end before they begin, doubled rows, overlaps and gaps."""
    for model in MODELS:
        if issubclass(model, Dated):
            dated = configuration.table(model)
            _check_order(dated)
            _check_doubled(dated, (*model.key, "valid_from"))
            _check_overlaps(dated)
            _check_gaps(dated)
        else:
            _check_doubled(configuration.table(model), model.key)


def _check_order(table: Table[Dated]) -> None:
    for row in table.rows:
        if row.valid_to is not None and row.valid_to <= row.valid_from:
            table.blame(
                row.line, "valid_to", f"the row ends on {row.valid_to}, before it counts at all",
                f"a day after {row.valid_from}, the first on which the row no longer counts",
                "correct valid_from or valid_to; leave valid_to empty if no end is known",
            )  # fmt: skip


def _check_doubled(table: Table[Any], key: tuple[str, ...]) -> None:
    first: dict[tuple[object, ...], int] = {}
    for row in table.rows:
        values = tuple(getattr(row, name) for name in key)
        if values in first:
            table.blame(
                row.line, key[0],
                f"the row has the same {', '.join(key)} as line {first[values]}", "one of them",
                "take one of the two out",
            )  # fmt: skip
        first.setdefault(values, row.line)


def _check_overlaps(table: Table[Dated]) -> None:
    for rows in table.groups(*table.model.key).values():
        for earlier, later in pairwise(sorted(rows, key=lambda row: row.valid_from)):
            if later.valid_from < earlier.end:
                table.blame(
                    later.line, "valid_from",
                    f"the row counts from {later.valid_from} on, while line {earlier.line} does "
                    + (f"until {earlier.valid_to}" if earlier.valid_to else "without an end"),
                    f"one row of the same {', '.join(table.model.key)} a day",
                    f"set valid_to of line {earlier.line} to {later.valid_from}, or correct "
                    "valid_from",
                )  # fmt: skip


def _check_gaps(table: Table[Dated]) -> None:
    if not table.model.unbroken:
        return
    for rows in table.groups(*table.model.unbroken).values():
        for earlier, later in pairwise(sorted(rows, key=lambda row: row.valid_from)):
            if earlier.end < later.valid_from:
                table.blame(
                    later.line, "valid_from",
                    f"no row counts from {earlier.valid_to} to {later.valid_from}, since line "
                    f"{earlier.line} has ended",
                    f"{earlier.valid_to}, the day on which line {earlier.line} ends",
                    "close the gap in valid_from or in the other row's valid_to",
                )  # fmt: skip
