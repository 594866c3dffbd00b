"""A mistake in the configuration: where it is, what is wrong with it, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake; `line` counts the header as 1, `column` is empty where the whole line is meant.

    A warning does not keep anything from running.
    """

    file: str
    line: int
    column: str
    problem: str
    expected: str
    fix: str
    is_warning: bool = False

    @property
    def where(self) -> str:
        """File, line and column."""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}, line {self.line}{column}"

    def __str__(self) -> str:
        """Say where, what, what was expected, and what to do."""
        return f"{self.where}: {self.problem}. Expected: {self.expected}. What to do: {self.fix}."


def meant(value: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" when a known word is close to `value`, else nothing."""
    close = difflib.get_close_matches(value, sorted(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def listed(words: Iterable[object]) -> str:
    """Write `a, b or c`."""
    *most, last = map(str, words)
    return f"{', '.join(most)} or {last}" if most else last
