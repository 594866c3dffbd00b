"""What a seed names has to exist: KPIs, roles, sites, feeds, time zones, measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import yaml

from dagster_project.lib.configuration.fields import EVERY, ROLES_ARE_FOR
from dagster_project.lib.configuration.mistakes import meant
from dagster_project.lib.configuration.models import Kpi, Objective, PayHold, Site, Weight
from dagster_project.lib.configuration.tables import Configuration, Table
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.settings import PROJECT

MEASURES = PROJECT / "dbt_models" / "models" / "marts" / "kpis" / "fct_measures.yml"
DEFAULT_SITE = "default"


@dataclass(frozen=True)
class Reference:
    """Columns that name things of a kind, and words that they may have besides."""

    kind: str
    columns: tuple[tuple[str, str], ...]
    known: Callable[[Configuration, set[str]], set[str] | None]
    expected: str
    fix: str
    besides: dict[str, str] = field(default_factory=dict[str, str])


def _kpis(configuration: Configuration, roles: set[str]) -> set[str] | None:
    kpis = configuration.table(Kpi)
    return kpis.values("kpi_code") if kpis.is_sure_of("kpi_code") else None


def _roles(configuration: Configuration, roles: set[str]) -> set[str] | None:
    weights = configuration.table(Weight)
    named = {(text.get("subject_type"), text.get("role")) for text in weights.texts.values()}
    if not weights.is_sure_of("role") or (ROLES_ARE_FOR, EVERY) in named:
        # Where one scheme is for everybody, a role needs none of its own to be one.
        return None
    return {EVERY, *roles, *weights.values("role")}


def _sites(configuration: Configuration, roles: set[str]) -> set[str] | None:
    sites = configuration.table(Site)
    return {EVERY, DEFAULT_SITE, *sites.values("site_id")} if sites.is_sure_of("site_id") else None


def _feeds(configuration: Configuration, roles: set[str]) -> set[str]:
    return set(load_feeds())


def _time_zones(configuration: Configuration, roles: set[str]) -> set[str]:
    # Those of the engine that will use them, rather than of this machine.
    with duckdb.connect() as connection:
        rows = connection.execute("select name from pg_timezone_names()").fetchall()
    return {name for (name,) in rows}


def _measures(configuration: Configuration, roles: set[str]) -> set[str]:
    """Read the measures where the mart's description lists them, the ratings of reviews besides."""
    document: Any = yaml.safe_load(MEASURES.read_text(encoding="utf-8"))
    columns = {column["name"]: column for column in document["models"][0]["columns"]}
    lists: list[list[str]] = [
        test["accepted_values"]["arguments"]["values"]
        for test in columns["measure"]["data_tests"]
        if isinstance(test, dict) and "accepted_values" in test
    ]
    return {"reviews", *lists[0]}


REFERENCES = (
    Reference(
        "KPI",
        (
            ("kpi_targets", "kpi_code"), ("kpi_weights", "kpi_code"),
            ("kpi_suspensions", "kpi_code"), ("objectives", "kpi_code"),
            ("ramp_curves", "kpi_code"), ("pay_plans", "gate_kpi"), ("awards", "kpi_code"),
        ),
        _kpis,
        "a kpi_code of {folder}/kpis.csv",
        "correct the code, or add the KPI to {folder}/kpis.csv",
        {"awards": "score"},
    ),
    Reference(
        "role",
        (
            ("kpi_targets", "role"), ("review_sources", "role"), ("tier_rules", "role"),
            ("ramp_curves", "role"), ("pay_plans", "role"), ("awards", "role"),
            ("disclosures", "role"),
        ),
        _roles,
        "* or a role that {folder}/kpi_weights.csv or HR has",
        "correct the role, or give it a scheme in {folder}/kpi_weights.csv",
    ),
    Reference(
        "site",
        (
            ("kpi_targets", "site_id"), ("kpi_suspensions", "site_id"), ("queues", "site_id"),
            ("exclusion_rules", "site_id"), ("calendars", "site_id"),
        ),
        _sites,
        "* or a site_id of {folder}/sites.csv",
        "correct the site, or add it to {folder}/sites.csv",
    ),
    Reference(
        "time zone",
        (("sites", "time_zone"), ("zendesk_time_zones", "time_zone")),
        _time_zones,
        "an IANA time zone such as Europe/Riga",
        "correct the name",
    ),
    Reference(
        "feed",
        (("retention", "feed"),),
        _feeds,
        "a feed of dagster_project/feeds.yml",
        "correct the feed's name",
    ),
    Reference(
        "measure",
        (("kpis", "numerator"), ("kpis", "denominator")),
        _measures,
        "a measure of fct_measures",
        "correct the measure's name; the list is in the description of fct_measures",
    ),
)  # fmt: skip


def check_references(configuration: Configuration, roles: set[str]) -> None:
    """Blame what names a thing that does not exist. `roles` are those that HR knows."""
    for reference in REFERENCES:
        known = reference.known(configuration, roles)
        if known is None:
            # The file that would know is at fault itself.
            continue
        unknown: dict[str, list[tuple[Table[Any], int, str]]] = {}
        for name, column in reference.columns:
            table = configuration.tables[name]
            for row in table.rows:
                value = getattr(row, column)
                if value is not None and value not in {*known, reference.besides.get(name)}:
                    unknown.setdefault(value, []).append((table, row.line, column))
        for value, uses in unknown.items():
            _blame(configuration.shown, reference, value, known, uses)


def check_people(configuration: Configuration, people: set[str]) -> None:
    """Warn of people whom HR did not know at the last publication; they may be new."""
    objectives, holds = configuration.table(Objective), configuration.table(PayHold)
    named: list[tuple[Table[Any], int, str, str]] = [
        *((holds, row.line, "employee_id", row.employee_id) for row in holds.rows),
        *(
            (objectives, row.line, "subject_id", row.subject_id)
            for row in objectives.rows
            if row.subject_type == ROLES_ARE_FOR
        ),
    ]
    for table, line, column, employee in named:
        if employee not in people:
            table.blame(
                line, column, f"HR does not know {employee!r}", "an employee_id of HR",
                "correct the id, or wait for HR to deliver the person", warns=True,
            )  # fmt: skip


def _blame(
    folder: str,
    reference: Reference,
    value: str,
    known: set[str],
    uses: list[tuple[Table[Any], int, str]],
) -> None:
    """Tell once of a thing that does not exist, however often it is named."""
    (table, line, column), *others = uses
    also = ", ".join(f"{other.model.file}.csv line {at}" for other, at, _ in others)
    table.blame(
        line,
        column,
        f"unknown {reference.kind} {value!r}{meant(value, known)}"
        + (f", named in {also} as well" if also else ""),
        reference.expected.format(folder=folder),
        reference.fix.format(folder=folder),
    )
    for other, at, name in others:
        other.faults.setdefault(at, set()).add(name)
