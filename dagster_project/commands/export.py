"""`meritline export pay PERIOD --to FILE`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from dagster_project.lib.closing import Period
from dagster_project.lib.settings import Settings

if TYPE_CHECKING:
    # What argparse calls the object that parsers are added to.
    from argparse import _SubParsersAction

DONE = 0
FORMATS = (".csv", ".xlsx", ".parquet")


def export(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Write a closed month's pay for payroll, with control totals, a manifest and a hash."""
    from dagster_project.lib import exporting

    file = options.to
    manifest = exporting.export(settings.home, options.period, file, options.draft)
    marked = " (draft: nothing to be paid by)" if manifest["status"] == exporting.DRAFT else ""
    out.print(f"{manifest['rows']} people of {options.period}{marked} → {escape(str(file))}")
    for total in manifest["control_totals"]:
        out.print(
            f"{total['currency'] or 'no currency':<12} {total['people']} people, to be paid "
            f"{total['total_amount']}, held {total['held_amount']}"
        )
    out.print(f"sha256       {manifest['sha256']}")
    return DONE


def add_parsers(
    commands: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add the command of exporting."""
    one = commands.add_parser("export", parents=[common], help="a month's pay for payroll")
    one.add_argument("what", choices=["pay"])
    one.add_argument("period", type=_period, metavar="PERIOD", help="a month such as 2026-10")
    one.add_argument(
        "--to", type=_file, required=True, metavar="FILE", help="FILE.csv, FILE.xlsx, FILE.parquet"
    )
    one.add_argument("--draft", action="store_true", help="not closed yet; the file says so")
    one.set_defaults(command=export)


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _file(text: str) -> Path:
    file = Path(text).absolute()
    if file.suffix not in FORMATS:
        raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(FORMATS)}")
    if not file.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {file.parent}; make it first")
    return file
