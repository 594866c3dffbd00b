"""What two states of a seed say about each day, and where they say different things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from dagster_project.lib.configuration.models import Dated, Row

R = TypeVar("R", bound=Row)
# Columns that do not change what holds.
ABOUT_THE_ROW = {"line", "valid_from", "valid_to", "retroactive_reason"}


@dataclass(frozen=True)
class Change(Generic[R]):
    """From `start` until `end` the rows of one key differ; None where there is none.

    Rows without validity count on every day: their `start` is None.
    """

    key: tuple[object, ...]
    old: R | None
    new: R | None
    start: date | None = None
    end: date | None = None

    @property
    def row(self) -> R:
        """The row that is, else the one that was."""
        row = self.new or self.old
        assert row is not None, "a change has a side"  # noqa: S101 - says so to the type checker
        return row

    def differing(self) -> list[str]:
        """Name the columns that differ between the two rows."""
        return [
            name
            for name in type(self.row).model_fields
            if name not in ABOUT_THE_ROW and getattr(self.old, name) != getattr(self.new, name)
        ]


def facts(row: Row | None) -> tuple[object, ...] | None:
    """Return what a row says, apart from when and why."""
    if row is None:
        return None
    return tuple(getattr(row, n) for n in type(row).model_fields if n not in ABOUT_THE_ROW)


def changes(old: Iterable[R], new: Iterable[R]) -> list[Change[R]]:
    """Compare two states of one seed, each with at most one row of a key a day."""
    before, after = _by_key(old), _by_key(new)
    return [
        change
        # In the order of the new file, then what is gone.
        for key in {**after, **before}
        for change in _changes_of(key, before.get(key, []), after.get(key, []))
    ]


def _by_key(rows: Iterable[R]) -> dict[tuple[object, ...], list[R]]:
    found: dict[tuple[object, ...], list[R]] = defaultdict(list)
    for row in rows:
        found[tuple(getattr(row, name) for name in row.key)].append(row)
    return found


def _changes_of(key: tuple[object, ...], old: list[R], new: list[R]) -> Iterator[Change[R]]:
    some = (old or new)[0]
    if not isinstance(some, Dated):
        before, after = (old or [None])[0], (new or [None])[0]
        if facts(before) != facts(after):
            yield Change(key, before, after)
        return
    days = sorted({day for row in (*old, *new) for day in _ends(row)})
    open_change: Change[R] | None = None
    for start, end in zip(days, [*days[1:], date.max], strict=True):
        before, after = _on(old, start), _on(new, start)
        if start == date.max or facts(before) == facts(after):
            change = None
        else:
            change = Change(key, before, after, start, None if end == date.max else end)
        if open_change is not None:
            if change is not None and (facts(open_change.old), facts(open_change.new)) == (
                facts(before),
                facts(after),
            ):
                change = Change(
                    key, open_change.old, open_change.new, open_change.start, change.end
                )
            else:
                yield open_change
        open_change = change
    if open_change is not None:
        yield open_change


def _ends(row: Row) -> tuple[date, ...]:
    return (row.valid_from, row.end) if isinstance(row, Dated) else ()


def _on(rows: list[R], day: date) -> R | None:
    return next((row for row in rows if isinstance(row, Dated) and row.covers(day)), None)
