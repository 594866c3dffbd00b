"""Why a closed month would come to another amount today, in words.

What changed is read off the rows that the ledger kept of the month and those of today; what caused
it is looked for among the files and the rows of settings that came or went since the closing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from dagster_project.lib.closing import Period
from dagster_project.lib.pay import money

Row = Mapping[str, Any]
SHOWN = 5
# What of a part of a score comes from records, and what from settings.
FROM_RECORDS = ("numerator", "denominator", "value")
FROM_SETTINGS = (
    *("low_floor", "low_target", "floor", "target", "stretch", "cap", "shape"),
    *("weight", "scheme", "status"),
)
FROM_PEOPLE = ("role", "team", "site_id", "exposure")
# What of a part of a month's pay.
PART_PEOPLE = (
    *("role", "team", "days", "employed_days", "base_pay", "currency"),
    *("scheduled_seconds", "unpaid_seconds"),
)
PART_SETTINGS = (
    *("plan", "rule", "floor", "target_share", "cap", "gate_kpi", "gate_minimum"),
    *("minimum_data_grade", "team_share", "middle_score", "high_score"),
)


@dataclass(frozen=True)
class Changes:
    """What is different from the time of closing, by which a difference is explained.

    Attributes:
        files: Files that came or went: feed, path, change (`new`, `gone`), first_at, last_at.
        seeds: Rows that came or went: seed, line, change (`new`, `gone`), kpi_code, role, text.
        is_code_changed: Whether the models are others.
    """

    files: Sequence[Row] = ()
    seeds: Sequence[Row] = ()
    is_code_changed: bool = False


@dataclass(frozen=True)
class Month:
    """A closed month: its rows as closed and as of today, both by employee."""

    period: Period
    closed: Mapping[str, Row]
    today: Mapping[str, Row]
    closed_scores: Mapping[str, Sequence[Row]] = field(default_factory=dict[str, Sequence[Row]])
    today_scores: Mapping[str, Sequence[Row]] = field(default_factory=dict[str, Sequence[Row]])
    closed_parts: Mapping[str, Sequence[Row]] = field(default_factory=dict[str, Sequence[Row]])
    today_parts: Mapping[str, Sequence[Row]] = field(default_factory=dict[str, Sequence[Row]])
    changes: Changes = field(default_factory=Changes)


def explain(month: Month, employee: str) -> str:
    """Say in words what made a person's amount another: what changed, then its causes."""
    what, causes, kpis, roles = list[str](), set[str](), set[str](), set[str]()
    sites = set[str]()
    before, after = month.closed.get(employee), month.today.get(employee)
    if before is None:
        what.append("had no statement when the month was closed")
        causes.add("records")
    elif after is None:
        what.append("has no statement any more")
        causes.add("records")
    else:
        for name in ("bonus", "award", "held"):
            was, now = before[f"{name}_amount"], after[f"{name}_amount"]
            if was != now:
                what.append(
                    f"{name} {money(was, before['currency'])} → {money(now, after['currency'])}"
                )
        if before.get("hold_reason") != after.get("hold_reason"):
            what.append(
                f"hold: {before['hold_reason'] or 'none'} → {after['hold_reason'] or 'none'}"
            )

    scores = _paired(month.closed_scores.get(employee), month.today_scores.get(employee), _kpi)
    for kpi, (old, new) in scores.items():
        roles.update(str(row["role"]) for row in (*old, *new))
        sites.update(str(row.get("site_id") or "") for row in (*old, *new))
        for cause, columns in (
            ("records", FROM_RECORDS),
            ("settings", FROM_SETTINGS),
            ("people", FROM_PEOPLE),
        ):
            if differing := _differing(old, new, columns):
                causes.add(cause)
                kpis.add(kpi)
                what.append(f"{kpi}: {differing}")
    parts = _paired(month.closed_parts.get(employee), month.today_parts.get(employee), _number)
    for old, new in parts.values():
        roles.update(str(row["role"]) for row in (*old, *new))
        for cause, columns in (("people", PART_PEOPLE), ("settings", PART_SETTINGS)):
            if differing := _differing(old, new, columns):
                causes.add(cause)
                what.append(differing)
        if differing := _differing(old, new, ("team_score",)):
            causes.add("records")
            what.append(differing)
    return ". ".join(
        [
            _sentence(what),
            *_causes(month, causes or {"records", "settings", "people"}, kpis, roles, sites - {""}),
        ]
    )


def _causes(
    month: Month, causes: set[str], kpis: set[str], roles: set[str], sites: set[str]
) -> list[str]:
    found: list[str] = []
    if causes & {"records", "people"}:
        files = [
            f"{row['path']} ({row['change']})"
            for row in month.changes.files
            if _is_about(row, month.period, causes) and _is_from(str(row["path"]), sites)
        ]
        if files:
            found.append(f"By records: {_listed(files)}")
    if "settings" in causes:
        rows = [
            f"seeds/{row['seed']}.csv:{row['line']} ({row['change']}) {row['text']}"
            for row in month.changes.seeds
            if (not kpis or row.get("kpi_code") in {None, *kpis})
            and row.get("role") in {None, "*", *roles}
        ]
        if rows:
            found.append(f"By settings: {_listed(rows)}")
    if not found and month.changes.is_code_changed:
        found.append("By models that are others than at the closing")
    return found


def _is_about(file: Row, period: Period, causes: set[str]) -> bool:
    """Tell whether a file has rows of the month; files of HR speak of any month."""
    if str(file["feed"]).startswith("hr_"):
        return True
    first, last = file["first_at"], file["last_at"]
    # An appeal is an adjustment of its own.
    if "records" not in causes or file["feed"] == "appeals":
        return False
    if first is None or last is None:
        return True
    # Contacts of the month before settle in it, and a site's day is not UTC's.
    return first.date() <= period.end and last.date() >= period.start - timedelta(days=10)


def _is_from(path: str, sites: set[str]) -> bool:
    """Tell whether a file came from a site of the person, or from none in particular."""
    found = re.search(r"/site=([^/]+)/", path)
    return not (found and sites) or found[1] in sites


def _kpi(row: Row) -> str:
    return str(row["kpi_code"])


def _number(row: Row) -> str:
    return f"{row['part_number']:04d}"


def _paired(
    closed: Sequence[Row] | None,
    today: Sequence[Row] | None,
    key: Callable[[Row], str],
) -> dict[str, tuple[list[Row], list[Row]]]:
    pairs: defaultdict[str, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((closed or (), today or ())):
        for row in rows:
            pairs[key(row)][side].append(row)
    return dict(sorted(pairs.items()))


def _differing(old: Sequence[Row], new: Sequence[Row], columns: Iterable[str]) -> str:
    """Say which columns differ, from what to what, each with the values of all parts."""
    found: list[str] = []
    for column in columns:
        was, now = ([_text(row.get(column)) for row in rows] for rows in (old, new))
        if was != now:
            found.append(f"{column} {' and '.join(was) or 'none'} → {' and '.join(now) or 'none'}")
    return ", ".join(found)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more


def _sentence(items: Sequence[str]) -> str:
    return "; ".join(items) if items else "Nothing that the ledger keeps differs but the amount"
