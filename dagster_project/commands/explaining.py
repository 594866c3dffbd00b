"""`meritline explain`: a score or a KPI, down to the contacts behind it."""

from __future__ import annotations

import argparse
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from dagster_project.commands.usage import wrong_use
from dagster_project.lib.explaining import Explainer, Period
from dagster_project.lib.settings import Settings

if TYPE_CHECKING:
    # What argparse calls the object that parsers are added to.
    from argparse import _SubParsersAction

DONE = 0


def explain(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Show the parts of a person's score, or the contacts behind one of its KPIs."""
    with wrong_use():
        explainer = Explainer(settings.home.published_marts)
        period = explainer.period(options.period)
        if options.kpi:
            _show_contacts(explainer, options.employee, period, options.kpi, out)
        else:
            _show_parts(explainer, options.employee, period, out)
    return DONE


def add_parsers(
    commands: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add the command to those of `meritline`."""
    one = commands.add_parser(
        "explain", parents=[common], help="a score's parts, or the contacts behind a KPI"
    )
    one.add_argument("employee", help="HR id")
    one.add_argument("period", help="2026-10, 2026 Q4, 2026-W43 or 2026-10-31")
    one.add_argument("kpi", nargs="?", help="KPI code; without it, the parts of the score")
    one.set_defaults(command=explain)


def _show_parts(explainer: Explainer, employee: str, period: Period, out: Console) -> None:
    head = ("value", "target", "attainment", "weight", "points")
    out.print(f"{'KPI':24}{'from – to':15}{''.join(f'{name:>12}' for name in head)}")
    parts = explainer.score(employee, period)
    for part in parts:
        figures = (part.value, part.target, part.attainment, part.effective_weight, part.points)
        days = f"{part.part_start:%m-%d} – {part.part_end - timedelta(days=1):%m-%d}"
        columns = "".join(f"{'' if one is None else f'{one:,.3f}':>12}" for one in figures)
        status = "" if part.status == "scored" else f"  {part.status}"
        out.print(f"{part.kpi_code:24}{days:15}{columns}{status}")
    if any(part.points is not None for part in parts):
        out.print(f"score {sum(part.points or 0 for part in parts):.4f} = the sum of the points")
    else:
        out.print("not rated: too much of the weight has no reliable value")


def _show_contacts(
    explainer: Explainer, employee: str, period: Period, kpi: str, out: Console
) -> None:
    behind = explainer.contacts(employee, period, kpi)
    for measure, contacts in groupby(behind, key=lambda one: one.measure):
        total = 0.0
        for one in contacts:
            out.print(
                escape(f"{measure}  {one.work_date}  {one.contact_id or '-'}  {one.amount:g}")
            )
            total += one.amount
        out.print(f"{measure}: {total:,.0f} in all")
