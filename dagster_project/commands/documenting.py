"""`meritline docs`: every model, column, test and reader, as dbt draws them."""

from __future__ import annotations

import argparse
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from rich.console import Console

from dagster_project.lib import warehouse
from dagster_project.lib.settings import PROJECT, Settings

if TYPE_CHECKING:
    # What argparse calls the object that parsers are added to.
    from argparse import _SubParsersAction

DONE = 0


def docs(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Write dbt's documentation as one file, and serve it beside the results of the checks."""
    file = warehouse.document(PROJECT, settings.home, settings.seeds)
    out.print(f"written to   {file}")
    if options.no_serve:
        return DONE
    handler = partial(SimpleHTTPRequestHandler, directory=str(settings.home.docs))
    # The models tell how an organisation measures: other machines are not let in.
    with ThreadingHTTPServer(("127.0.0.1", options.port), handler) as server:
        out.print(f"models at    http://localhost:{server.server_port}/{file.name}   (Ctrl-C ends)")
        server.serve_forever()
    return DONE


def add_parser(
    commands: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add the command of documentation."""
    one = commands.add_parser("docs", parents=[common], help="dbt's documentation of all models")
    one.add_argument("--port", type=int, default=8089)
    one.add_argument("--no-serve", action="store_true", help="only write HOME/docs/models.html")
    one.set_defaults(command=docs)
