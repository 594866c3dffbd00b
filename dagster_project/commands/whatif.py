"""`meritline whatif`: what other settings would have done to past months."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from dagster_project.commands.usage import UsageError
from dagster_project.lib import comparison
from dagster_project.lib import whatif as questions
from dagster_project.lib.settings import Settings

if TYPE_CHECKING:
    # What argparse calls the object that parsers are added to.
    from argparse import _SubParsersAction

DONE = 0


def whatif(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Say who would move, how far, and what it would cost; publish nothing."""
    if options.other_seeds is None and options.weights is None:
        raise UsageError("Nothing to try: name --seeds, --weights or both.")
    try:
        with out.status("") as status:
            answer = questions.ask(
                settings,
                options.other_seeds,
                options.weights,
                options.periods,
                options.wait,
                lambda step: status.update(escape(step)),
            )
    except questions.WrongSettingsError as error:
        raise UsageError(str(error)) from error
    for change in answer.changes:
        out.print(escape(change))
    for scenario in answer.scenarios:
        if scenario != questions.AS_SET:
            out.print(f"[bold]{escape(scenario)}[/bold]")
        for sentence in comparison.summary(answer.database, scenario):
            out.print(escape(sentence))
    link = settings.home.serving / "whatif.duckdb"
    out.print(f"Details: {link}, beside publication {answer.run_id}; nothing published changed.")
    return DONE


def add_parser(
    commands: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add the command."""
    one = commands.add_parser(
        "whatif", parents=[common], help="what other settings would have done to past months"
    )
    # Its own name: the project is still read with the seeds of the line.
    one.add_argument("--seeds", dest="other_seeds", type=Path, help="a folder of other settings")
    one.add_argument(
        "--weights",
        type=_range,
        metavar="KPI=FROM:TO",
        help="a KPI's weight from … to …, the others making room",
    )
    one.add_argument(
        "--periods", type=int, default=12, metavar="N", help="the last N months; default: 12"
    )
    one.add_argument("--wait", type=float, default=600, help="seconds to wait for another what-if")
    one.set_defaults(command=whatif)


def _range(text: str) -> questions.Range:
    try:
        return questions.Range.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
