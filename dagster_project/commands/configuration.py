"""`meritline validate`, and `meritline config diff`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from dagster_project.lib.configuration.differences import differences
from dagster_project.lib.configuration.published import load_published
from dagster_project.lib.configuration.tables import Configuration
from dagster_project.lib.configuration.validation import shown
from dagster_project.lib.configuration.validation import validate as find_mistakes
from dagster_project.lib.settings import Settings

if TYPE_CHECKING:
    # What argparse calls the object that parsers are added to.
    from argparse import _SubParsersAction

DONE, WRONG_USE = 0, 2


def validate(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Say every mistake in the seeds, by file and line."""
    published = load_published(settings.home)
    found = find_mistakes(settings.seeds, datetime.now(UTC).date(), published)
    errors = [mistake for mistake in found if not mistake.is_warning]
    for mistake in found:
        kind = "[yellow]warning[/yellow] " if mistake.is_warning else ""
        out.print(f"{kind}{escape(str(mistake))}")
    if errors:
        count = "1 mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
        out.print(f"[red]{count} in {escape(shown(settings.seeds))}.[/red]")
        return WRONG_USE
    out.print(f"[green]No mistake[/green] in {escape(shown(settings.seeds))}.")
    return DONE


def diff(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Say in words what changed since the last publication, for whom and from when."""
    published = load_published(settings.home)
    if published is None or published.seeds is None:
        out.print("Nothing is published yet with its seeds, so there is nothing to compare with.")
        return DONE
    unreadable = [
        mistake
        for mistake in Configuration(settings.seeds, shown(settings.seeds)).all_mistakes()
        if not mistake.is_warning
    ]
    if unreadable:
        # A line that cannot be read would be told as one that is gone.
        for mistake in unreadable:
            out.print(escape(str(mistake)))
        return WRONG_USE
    sentences = differences(settings.seeds, published)
    for sentence in sentences:
        out.print(escape(sentence))
    if not sentences:
        out.print(f"Nothing changed since the publication of {published.as_of}.")
    return DONE


def add_parsers(
    commands: _SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    seeds: argparse.ArgumentParser,
) -> None:
    """Add the commands of the configuration."""
    one = commands.add_parser(
        "validate", parents=[common, seeds], help="say what is wrong in seeds"
    )
    one.set_defaults(command=validate)
    one = commands.add_parser("config", help="what the organisation decides")
    actions = one.add_subparsers(required=True, metavar="ACTION")
    one = actions.add_parser(
        "diff", parents=[common, seeds], help="in words: what changed since the last publication"
    )
    one.set_defaults(command=diff)
