"""`meritline …`: the line from a terminal.

Exit codes: 0 done, 1 a check held the data back or a source could not be fetched, 2 wrong use or
a mistake in `seeds/` or `sources.yml`, 3 crash, disk or lock, 4 a close or export was refused.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import shutil
import subprocess
import sys
import traceback
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from dagster_project.commands import (
    closing,
    configuration,
    documenting,
    explaining,
    export,
    paper,
    privacy,
    whatif,
)
from dagster_project.commands.usage import UsageError, wrong_use
from dagster_project.lib import lake, ops, publishing
from dagster_project.lib import progress as events
from dagster_project.lib.clock import parse_instant
from dagster_project.lib.closing import Refused
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.line import LineRun, settle_in
from dagster_project.lib.locking import RunLock, is_held, read_holder
from dagster_project.lib.ops import Outcome
from dagster_project.lib.settings import PROJECT, Settings, load_settings, secret
from dagster_project.lib.sources import Sources, check_secrets, fetched_check, load_sources
from dagster_project.lib.warehouse import SeedsError

DONE, HELD_BACK, WRONG_USE, CRASH, REFUSED = 0, 1, 2, 3, 4
DAGSTER_SETTINGS = """\
telemetry:
  enabled: false
run_launcher:
  module: dagster_project.launching
  class: WarmRunLauncher
run_queue:
  dequeue_interval_seconds: 1
concurrency:
  pools:
    # The line's lock is what keeps writers apart; this keeps queued runs from waiting on it.
    granularity: run
    default_limit: 1
python_logs:
  python_log_level: INFO
  managed_python_loggers: [meritline]
event_log_storage:
  module: dagster_project.event_log
  class: EventLog
  config:
    base_dir:
      env: DAGSTER_HOME
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    # Raw lines, pay and names are for whoever runs this, not for all users of the machine.
    os.umask(0o077)
    out = Console(highlight=False, soft_wrap=True)
    try:
        with wrong_use():
            settings = load_settings(options.home, getattr(options, "seeds", None))
        _use_home(settings)
        return options.command(options, settings, out)
    except KeyboardInterrupt:
        out.print("Interrupted; nothing was published.")
        return CRASH
    except UsageError as error:
        out.print(f"[red]{escape(str(error))}[/red]")
        return WRONG_USE
    except Refused as refusal:
        out.print(f"[red]Refused.[/red] {escape(str(refusal))}")
        return REFUSED
    except Exception as error:
        # Python's own exit code for a crash, 1, would say that a check held the data back.
        traceback.print_exc()
        out.print(f"[red]{escape(f'{type(error).__name__}: {error}')}[/red]")
        return CRASH


def demo(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Write a simulated call centre's raw files."""
    from demo import simulate

    inbox = _inbox(options, settings)
    if inbox.exists() and any(inbox.iterdir()):
        if options.if_empty:
            out.print(f"{inbox} has files already; no demo is written.")
            return DONE
        raise UsageError(f"{inbox} is not empty; name an empty folder with --inbox.")
    # An interrupted simulation must not be taken for a delivery.
    unfinished = inbox.with_name(f".{inbox.name}.simulating")
    shutil.rmtree(unfinished, ignore_errors=True)
    with wrong_use(), _bars(out) as bars:
        bar = bars.add_task("simulating", total=None, label="")
        summary = simulate(
            unfinished,
            options.agents,
            options.days,
            options.seed,
            options.end,
            progress=lambda done, total: bars.update(bar, completed=done, total=total),
        )
    if inbox.exists():
        inbox.rmdir()
    unfinished.rename(inbox)
    out.print(
        f"{summary.files:,} files of {summary.agents} agents, {summary.first_day} to "
        f"{summary.last_day}: {summary.contacts:,} contacts, {summary.surveys:,} answers → {inbox}"
    )
    return DONE


def run(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Run the line once in this process and say what came of it."""
    settle_in()
    inbox = _inbox(options, settings)
    if not _sources(settings) and not inbox.is_dir():
        raise UsageError(
            f"There is no inbox {inbox}; deliver files to it or run: meritline demo --inbox {inbox}"
        )
    with wrong_use():
        as_of = parse_instant(options.as_of).isoformat() if options.as_of else ""
        settings.hash_key()
    run_id = str(uuid.uuid4())
    with _listening(out):
        error = _execute(settings, run_id, inbox, as_of, options.wait)
    result = ops.last_run(settings.home, run_id)
    if result is None:
        out.print(f"[red]{escape(error or 'The run ended before it began.')}[/red]")
        return CRASH
    with duckdb.connect(str(settings.home.ops), read_only=True) as connection:
        warnings = connection.execute(
            "select message from marts.quality_results where run_id = ? and not is_passed "
            "and severity = 'warn' order by subject, check_name",
            [run_id],
        ).fetchall()
    for (message,) in warnings:
        out.print(f"[yellow]warning[/yellow] {escape(message)}")
    if result.outcome is Outcome.PUBLISHED:
        out.print(f"[green]Published[/green] {settings.home.published_marts}")
    elif result.outcome is Outcome.NOTHING_NEW:
        out.print(f"Nothing new: {settings.home.published_marts} is up to date.")
    else:
        out.print(f"[red]{result.outcome.capitalize()}, nothing was published.[/red]")
        out.print(escape(result.message or error or ""))
        out.print(f"Details: {settings.home.ops}, marts.quality_results; meritline status")
    return result.outcome.exit_code


def fetch(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Fetch what is new in databases and APIs, without running the line."""
    feeds, sources = load_feeds(), _sources(settings)
    if unknown := sorted(set(options.name) - set(sources)):
        names = ", ".join(sources) or "no connections"
        raise UsageError(f"No connection {', '.join(unknown)}; {settings.sources} has {names}.")
    if not sources:
        out.print(f"There is no {settings.sources}, so there is nothing to fetch.")
        return DONE
    from dagster_project.lib import fetching

    code = DONE
    with RunLock(settings.home.run_lock, f"fetch {uuid.uuid4()}", options.wait):
        for source in (s for name in options.name or sources for s in sources[name]):
            done = fetching.fetch(
                settings.home, source, feeds[source.feed], secret, anew=options.anew
            )
            if done.fault is None:
                out.print(f"{source.name}: {done.rows:,} rows")
            else:
                message = fetched_check(source, done.rows, done.fault).message
                out.print(f"[red]{escape(message)}[/red]")
                code = HELD_BACK
    return code


def serve(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Deploy Superset and serve it in the background, or stop it."""
    home = ("--home", str(settings.home.root))
    code = 0
    if options.action == "start":
        if publishing.published_run(settings.home) is None:
            raise UsageError("Nothing is published yet, so there is nothing to show: meritline run")
        demo_users = ["--demo"] if options.demo_users else []
        code = _python("superset/deploy.py", *home, *demo_users)
    if code == 0:
        code = _python("superset/serve.py", options.action, *home, "--port", str(settings.port))
    if code == 0 and options.action == "start":
        if options.demo_users:
            for name, (*_, role, password) in _demo_users().items():
                out.print(f"log in as    {name} / {password}    ({role})")
        elif os.environ.get("MERITLINE_OIDC_ISSUER"):
            out.print("log in by     the identity provider")
        elif os.environ.get("MERITLINE_SUPERSET_ADMIN_PASSWORD"):
            out.print("log in as    admin, with the password that was given")
        else:
            password = settings.home.secrets / "superset_admin"
            out.print(f"log in as    admin; the password is in {password}")
    return code if code in (DONE, WRONG_USE) else CRASH


def make_secrets(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Make the secrets that this home has not; one that the environment gives is not made."""
    from dagster_project.lib.settings import kept_secret

    for name, path in settings.home.all_secrets.items():
        if os.environ.get(name):
            state = f"given by {name}"
        else:
            state = "is there" if path.exists() else "made"
            kept_secret(path)
        out.print(f"{path.name:<16} {state:<10} {path}")
    return DONE


def dagster(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Open Dagster's UI on the same definitions, with its schedule and sensor."""
    command = [sys.executable, "-m", "dagster", "dev", "--module-name"]
    os.execv(sys.executable, [*command, "dagster_project.definitions"])  # noqa: S606


def status(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Say what is published, what is held and how the last run ended."""
    home = settings.home
    out.print(f"home         {home.root}")
    out.print(f"published    {publishing.published_run(home) or 'nothing yet'}")
    if is_held(home.run_lock):
        out.print(f"running      {read_holder(home.run_lock)}")
    last = ops.last_run(home)
    if last is not None:
        out.print(f"last run     {last.started_at} {last.outcome}: {escape(last.message)}")
    closing.show(home, out)
    for feed in load_feeds().values():
        for path, note in lake.held_notes(home, feed).items():
            out.print(f"[red]held[/red]         {path}: {escape(str(note['reason']))}")
    return DONE


def release(options: argparse.Namespace, settings: Settings, out: Console) -> int:
    """Let a held file pass at the next run."""
    feeds = load_feeds().values()
    with wrong_use():
        lake.release(settings.home, feeds, options.file, options.by, options.reason)
    out.print(f"{options.file} passes at the next run.")
    return DONE


def _execute(
    settings: Settings, run_id: str, inbox: Path, as_of: str, wait_seconds: float
) -> str | None:
    """Run the Dagster job in this process; return the error of a run that could not begin."""
    # Dagster and dbt take seconds to import: the other commands do without them.
    import dagster as dg

    try:
        from dagster_project.definitions import defs
    except SeedsError:
        # Dagster cannot even be started on such seeds; ops is to say so all the same.
        at = parse_instant(as_of) if as_of else None
        with (
            LineRun(settings, inbox, run_id, at, wait_seconds) as held,
            held.step("configuration"),
        ):
            held.check_configuration()
        return None

    # Its log is in the UI; here it would only repeat what the bars and the result say.
    logging.getLogger("dagster").addHandler(logging.NullHandler())
    with dg.DagsterInstance.get() as instance:
        result = defs.resolve_job_def("line").execute_in_process(
            instance=instance,
            run_id=run_id,
            raise_on_error=False,
            run_config={
                "resources": {
                    "line": {
                        "config": {
                            "inbox": str(inbox),
                            "as_of": as_of,
                            "wait_seconds": wait_seconds,
                        }
                    }
                },
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
    for event in result.all_events:
        failure = event.step_failure_data if event.is_step_failure else None
        error = failure.error if failure else None
        if event.event_type is dg.DagsterEventType.PIPELINE_FAILURE:
            error = event.job_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            # Dagster puts the class's name before the message.
            return error.message.strip().partition(": ")[2] or error.message
    return None


def _use_home(settings: Settings) -> None:
    """Make home and seeds those that Dagster and dbt see, here and in subprocesses."""
    os.environ["MERITLINE_HOME"] = str(settings.home.root)
    os.environ["MERITLINE_SEEDS"] = str(settings.seeds)
    os.environ["DAGSTER_HOME"] = str(settings.home.dagster)
    # Dagster writes one event at a time unless told otherwise.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "100")
    settings_file = settings.home.dagster / "dagster.yaml"
    if not settings_file.exists():
        settings_file.parent.mkdir(parents=True, exist_ok=True)
        settings_file.write_text(DAGSTER_SETTINGS, encoding="utf-8")


def _python(script: str, *arguments: str) -> int:
    command = [sys.executable, str(PROJECT / script), *arguments]
    return subprocess.run(command, check=False).returncode


def _demo_users() -> dict[str, tuple[str, ...]]:
    """Return the log-ins of the demo, which the scripts beside Superset's configuration make."""
    sys.path.insert(0, str(PROJECT / "superset"))
    return importlib.import_module("demo_users").DEMO_USERS


def _inbox(options: argparse.Namespace, settings: Settings) -> Path:
    return options.inbox.absolute() if options.inbox else settings.home.inbox


def _sources(settings: Settings) -> Sources:
    """Return the declared sources, if they and their secrets are as they must be."""
    with wrong_use():
        sources = load_sources(settings.sources, load_feeds())
        check_secrets(settings.sources, sources, secret)
    return sources


def _bars(out: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn(
            "{task.fields[label]}",
            table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
        ),
        console=out,
        expand=True,
    )


@contextmanager
def _listening(out: Console) -> Iterator[None]:
    """Draw the progress of the run: one bar for each stage."""
    with _bars(out) as bars:
        tasks = {
            stage: bars.add_task(stage, total=None, start=False, label="")
            for stage in ("fetching", "landing", "dbt", "checks", "publication")
        }

        def show(event: events.Progress) -> None:
            task = tasks[event.stage]
            if not bars.tasks[task].started:
                bars.start_task(task)
            is_over = 0 < event.total == event.done
            bars.update(
                task,
                completed=event.done,
                total=event.total or None,
                label="" if is_over else event.label,
            )

        listener = events.Listener(show, lambda text: bars.console.print(escape(text)))
        loggers = (events.LOGGER, events.UNDERWAY)
        for logger in loggers:
            logger.addHandler(listener)
            logger.setLevel(logging.INFO)
            logger.propagate = False
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(listener)
            # Stages that were never reached, or had nothing to do, leave no empty bars behind.
            for task in bars.tasks:
                bars.update(task.id, visible=task.total is not None)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; expected 2026-10-31") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="meritline", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--home", type=Path, help="default: MERITLINE_HOME, else ./data")
    inbox = argparse.ArgumentParser(add_help=False)
    inbox.add_argument("--inbox", type=Path, help="default: HOME/inbox")
    seeds = argparse.ArgumentParser(add_help=False)
    seeds.add_argument("--seeds", type=Path, help="default: MERITLINE_SEEDS, else seeds/")

    one = commands.add_parser("demo", parents=[common, inbox], help="write a demo's raw files")
    one.add_argument("--agents", type=int, default=60)
    one.add_argument("--days", type=int, default=120)
    one.add_argument("--seed", type=int, default=7)
    one.add_argument(
        "--end",
        type=_day,
        # A demo that ends today would be short of its last hours, an older one would look stale.
        default=datetime.now(UTC).date() - timedelta(days=1),
        help="last day, 2026-10-31; default: yesterday",
    )
    one.add_argument("--if-empty", action="store_true", help="leave an inbox with files alone")
    one.set_defaults(command=demo)

    one = commands.add_parser("run", parents=[common, inbox, seeds], help="run the line once")
    one.add_argument("--as-of", help="2026-10-31 (its end) or an instant, UTC; default: now")
    one.add_argument("--wait", type=float, default=600, help="seconds to wait for another run")
    one.set_defaults(command=run)

    one = commands.add_parser("fetch", parents=[common], help="fetch from databases and APIs only")
    one.add_argument("name", nargs="*", help="connections in sources.yml; default: all")
    one.add_argument(
        "--anew", action="store_true", help="everything again, as if for the first time"
    )
    one.add_argument("--wait", type=float, default=600, help="seconds to wait for another run")
    one.set_defaults(command=fetch)

    one = commands.add_parser("serve", parents=[common], help="deploy and serve the dashboards")
    one.add_argument("action", nargs="?", default="start", choices=["start", "stop", "status"])
    one.add_argument("--demo-users", action="store_true", help="make the demo's log-ins")
    one.set_defaults(command=serve)

    one = commands.add_parser(
        "secrets", parents=[common], help="make the keys and passwords that a home needs"
    )
    one.set_defaults(command=make_secrets)

    one = commands.add_parser("dagster", parents=[common], help="open Dagster's UI")
    one.set_defaults(command=dagster)

    one = commands.add_parser("status", parents=[common], help="what is published, held, running")
    one.set_defaults(command=status)

    one = commands.add_parser("release", parents=[common], help="let a held file pass")
    one.add_argument("file", help="its path in the inbox")
    one.add_argument("--by", required=True, help="who takes responsibility")
    one.add_argument("--reason", required=True, help="why its content is right as it is")
    one.set_defaults(command=release)

    closing.add_parsers(commands, common)
    whatif.add_parser(commands, common)
    export.add_parsers(commands, common)
    paper.add_parser(commands, common)
    documenting.add_parser(commands, common)
    configuration.add_parsers(commands, common, seeds)
    explaining.add_parsers(commands, common)
    privacy.add_parsers(commands, common, inbox, seeds, run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
