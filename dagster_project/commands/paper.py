"""`meritline paper`: pages and statements as PDF or pictures, for people who do not log in."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from dagster_project.commands.usage import UsageError
from dagster_project.lib import mailing, publishing
from dagster_project.lib.closing import Period
from dagster_project.lib.settings import PROJECT, Settings

if TYPE_CHECKING:
    # What argparse calls the object that parsers are added to.
    from argparse import _SubParsersAction

DONE, CRASH = 0, 3


def paper(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Print pages of the running server, or everybody's statement, and mail pages if asked to."""
    run = publishing.published_run(settings.home)
    if run is None:
        raise UsageError("Nothing is published yet, so there is nothing to print: meritline run")
    if options.mail and settings.mail is None:
        raise UsageError("No mail server is configured: MERITLINE_SMTP, MERITLINE_MAIL_TO")
    folder: Path = options.to or settings.home.paper / run
    printed = _print(options, settings, folder)
    if printed is None:
        return CRASH
    for file in printed:
        out.print(escape(str(file)))
    if options.mail and settings.mail is not None:
        names = "\n".join(file.name for file in printed)
        mailing.send(settings.mail, f"Meritline: the pages of {run}", names, printed)
        out.print(f"mailed to    {', '.join(settings.mail.recipients)}")
    return DONE


def _print(options: argparse.Namespace, settings: Settings, folder: Path) -> list[Path] | None:
    command: Sequence[str] = [
        *(sys.executable, str(PROJECT / "superset" / "paper.py")),
        *("--home", str(settings.home.root), "--port", str(settings.port)),
        *("--to", str(folder), "--format", options.format),
        *(["--statements", str(options.statements)] if options.statements else []),
        *options.page,
    ]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode == 2:
        raise UsageError(done.stdout.strip())
    return [Path(line) for line in done.stdout.splitlines()] if done.returncode == 0 else None


def add_parser(
    commands: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add the command of printing."""
    one = commands.add_parser("paper", parents=[common], help="pages and statements as PDF or PNG")
    one.add_argument("page", nargs="*", help="such as compensation; default: all without people")
    one.add_argument("--format", choices=["pdf", "png"], default="pdf")
    one.add_argument("--to", type=Path, help="a folder; default: HOME/paper/RUN")
    what = one.add_mutually_exclusive_group()
    what.add_argument("--statements", type=Period.parse, metavar="PERIOD", help="of a month's pay")
    what.add_argument("--mail", action="store_true", help="send the pages to MERITLINE_MAIL_TO")
    one.set_defaults(command=paper)
