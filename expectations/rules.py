"""How a rule is written: what must hold, and what a person needs when it does not."""

from __future__ import annotations

from dataclasses import dataclass

from dagster_project.lib.quality import Severity


@dataclass(frozen=True)
class Rule:
    """One expectation on the rows of a table."""

    name: str
    what: str
    expected: str
    fix: str
    severity: Severity = Severity.ERROR
    needs_published: bool = False


@dataclass(frozen=True, kw_only=True)
class NoRows(Rule):
    """Fails for every row of `query`, in which `{batch}` is the table."""

    query: str


@dataclass(frozen=True, kw_only=True)
class Within(Rule):
    """Every value of a column that is not NULL lies between two bounds, themselves included."""

    column: str
    low: float | None = None
    high: float | None = None
