"""One run of the line, from the lock to `ops.duckdb`: land, build, audit, publish.

Dagster decides when each step runs; what the steps do, and what a run remembers between them,
is here.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from dagster_project.lib import (
    comparison,
    fingerprint,
    lake,
    landed,
    landing,
    mailing,
    ops,
    publishing,
    remembering,
    warehouse,
)
from dagster_project.lib.configuration import CHECK
from dagster_project.lib.configuration.published import load_published
from dagster_project.lib.configuration.validation import validate
from dagster_project.lib.feeds import Feed, load_feeds
from dagster_project.lib.locking import Holder, RunLock
from dagster_project.lib.ops import Outcome, Run
from dagster_project.lib.progress import LOGGER, report
from dagster_project.lib.quality import CheckResult, Layer, Severity
from dagster_project.lib.settings import PROJECT, Settings, secret
from dagster_project.lib.sources import check_secrets, fetched_check, load_sources

if TYPE_CHECKING:
    from expectations.runner import Auditor


# As `nice` counts it: whoever waits for a page takes what the line would take.
NICENESS = 19
# Objects made until Python looks for those that nobody refers to, by generation.
COLLECTED_AFTER = (100_000, 50, 100)


def settle_in() -> None:
    """Make this process one that runs the line: it gives way to readers and ends with the run."""
    _give_way()
    # What dbt and Dagster read lives until the end: looking through it took a tenth of a run.
    gc.set_threshold(*COLLECTED_AFTER)


def _give_way() -> None:
    """Let whoever reads the pages go first where both want the processor."""
    own = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(own, NICENESS))
    # Linux shares the processor among sessions first and counts `nice` only within each. That of a
    # terminal is left as it is, since it could not be set back for the programs that come after.
    if not _has_terminal():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(f"{NICENESS}\n")


def _has_terminal() -> bool:
    try:
        Path("/dev/tty").open().close()
    except OSError:
        return False
    return True


class LineRun:
    """One run, alive from `__enter__` (which takes the lock) to `__exit__` (which writes ops)."""

    def __init__(
        self,
        settings: Settings,
        inbox: Path,
        run_id: str,
        as_of: datetime | None = None,
        wait_seconds: float = 600,
    ) -> None:
        """Prepare a run; `as_of` defaults to its start."""
        self.settings = settings
        self.home = settings.home
        self.inbox = inbox
        self.run_id = run_id
        self.started_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        self.as_of = as_of or self.started_at
        self._is_as_of_given = as_of is not None
        self.feeds = load_feeds(locale=settings.locale)
        self.sources = load_sources(settings.sources, self.feeds)
        self._fetched = 0
        self._landed = 0
        self.checks: list[CheckResult] = []
        self.crashed: Holder | None = None
        self._lock = RunLock(self.home.run_lock, run_id, wait_seconds)
        self._auditor: Auditor | None = None
        # As it was when the build began: what changes meanwhile is news for the next run.
        self._state: dict[str, Any] = {}
        self._outcome: Outcome | None = None
        self._has_begun = False
        self._errors: dict[str, str] = {}
        self._nodes: list[warehouse.NodeResult] = []
        self._landed_rows: list[landed.LedgerRow] | None = None

    def __enter__(self) -> LineRun:
        """Take the lock and catch up on what a killed run left undone."""
        self._lock.__enter__()
        self.crashed = self._lock.crashed
        publishing.finish(self.home)
        lake.prepare(self.home, self.feeds.values())
        for name in landing.unknown_entries(self.inbox, self.feeds):
            LOGGER.warning("%s in the inbox belongs to no feed and is left alone.", name)
        return self

    def __exit__(self, *error: object) -> None:
        """Publish `ops.duckdb`, whatever happened, and release the lock."""
        # Each of these happens even if the one before it fails; the last one comes first.
        with ExitStack() as stack:
            stack.push(self._lock)
            if self._auditor is not None:
                stack.callback(self._auditor.close)
                stack.callback(self._auditor.build_docs, self.home.docs / "quality")
            # `dagster job execute` sets the resource up once more, only to look at the results.
            if self._has_begun:
                stack.callback(self._publish_ops)

    @property
    def outcome(self) -> Outcome:
        """How the run ended, or would if it ended now."""
        if self._outcome is not None:
            return self._outcome
        failed = {check.layer for check in self.checks if check.is_blocking_failure}
        if Layer.SEEDS in failed:
            return Outcome.WRONG_SEEDS
        return Outcome.HELD_BACK if failed and not self._errors else Outcome.FAILED

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        """Remember an error of a step for `ops`, unless a retry gets past it."""
        self._has_begun = True
        try:
            yield
        except Exception as error:
            self._errors[name] = f"{name}: {error}"
            raise
        self._errors.pop(name, None)

    def check_configuration(self) -> list[CheckResult]:
        """Hold the seeds against each other and against what is published."""
        published = load_published(self.home)
        mistakes = validate(self.settings.seeds, self.as_of.date(), published)
        checks = [
            CheckResult(
                layer=Layer.SEEDS,
                check_name=CHECK,
                subject=mistake.where,
                severity=Severity.WARN if mistake.is_warning else Severity.ERROR,
                is_passed=False,
                observed=mistake.problem,
                expected=mistake.expected,
                message=str(mistake),
            )
            for mistake in mistakes
        ]
        self.checks += checks
        return checks

    def fetch(self, connection: str) -> tuple[int, list[CheckResult]]:
        """Bring what is new of one connection; return the rows and whether each source answered."""
        from dagster_project.lib import fetching

        sources = self.sources[connection]
        check_secrets(self.settings.sources, {connection: sources}, secret)
        total = sum(map(len, self.sources.values()))
        rows, checks = 0, list[CheckResult]()
        for source in sources:
            report("fetching", source.name, self._fetched, total)
            fetched = fetching.fetch(self.home, source, self.feeds[source.feed], secret)
            rows += fetched.rows
            checks.append(fetched_check(source, fetched.rows, fetched.fault))
            self._fetched += 1
        report("fetching", connection, self._fetched, total)
        self.checks += checks
        return rows, checks

    def land(self, feed: Feed) -> tuple[list[landing.FileReport], list[CheckResult]]:
        """Read what is new of one feed, judge it, and admit or hold each file."""
        report("landing", feed.name, self._landed, len(self.feeds))
        settings = self.settings
        parser = landing.Parser(settings.hash_key(), settings.threads, settings.memory_limit)
        files = landing.parse_feed(self.home, self.inbox, feed, parser, LOGGER)
        waiting = [file for file in files if file.status in {"parsed", "held"}]
        checks = self._judge(feed, waiting) if waiting or feed.is_required else []
        # Of several checks that a file fails the first one tells most.
        failed = {
            path: check
            for check in reversed(checks)
            if check.is_blocking_failure
            for path in check.paths
        }
        landing.admit(self.home, feed, [file for file in waiting if file.path not in failed])
        for file in waiting:
            if check := failed.get(file.path):
                reason = f"{check.check_name}: {file.fault}; expected {check.expected}"
                landing.hold(self.home, feed, file, reason)
        self.checks += checks
        self._landed += 1
        report("landing", feed.name, self._landed, len(self.feeds))
        return waiting, checks

    def build(self, manifest: Path) -> list[warehouse.NodeResult]:
        """Build warehouse and marts with dbt, unless nothing that they depend on is new."""
        state = self._state = self._inputs()
        is_anew = self.home.anew_mark.exists()
        published = {} if is_anew else publishing.published_state(self.home)
        # Whoever names no instant does not ask for the hours since the last run.
        is_same = not self._is_as_of_given and fingerprint.only_hours_passed(published, state)
        if state == published or is_same:
            self._outcome = Outcome.NOTHING_NEW
            report("dbt", "nothing new since the last publication")
            return []
        if publishing.begin_build(self.home, self.run_id):
            LOGGER.info("An unpublished build was thrown away: starting from the last publication.")
        publishing.keep_seeds(self.home, self.settings.seeds)
        with duckdb.connect(str(self.home.warehouse)) as connection:
            self._landed_rows = landed.write_landing_tables(
                connection, self.home, self.feeds, self.run_id, self.as_of
            )
            remembering.write_tables(connection, self.home, PROJECT, self.settings.seeds)
        report("dbt", "starting")
        self._nodes = warehouse.build(
            PROJECT,
            self.home,
            self.settings.seeds,
            self.as_of,
            self.settings.locale,
            warehouse.needed_refresh(manifest, published, state),
            lambda name, done, total: report("dbt", name, done, total),
        )
        report("dbt", "done", len(self._nodes), len(self._nodes))
        self.checks += warehouse.check_results(self.home, self._nodes)
        # A broken contract is a check that failed, as a test that fails.
        at_fault = [node for node in self._nodes if node.missing_column is None]
        if errors := warehouse.model_errors(at_fault):
            raise warehouse.BuildError(errors)
        return self._nodes

    def audit_marts(self) -> list[CheckResult]:
        """Hold the built marts, and pay, against their expectations."""
        from expectations import marts

        published = self.home.current / "marts.duckdb"
        home = self.home
        databases = {"warehouse": home.warehouse, "marts": home.marts, "pay": home.pay}
        # A build that began with nothing is not to be like the last one.
        is_compared = published.exists() and not home.anew_mark.exists()
        if is_compared:
            databases["published"] = published
        auditor = self._audit()
        results: list[CheckResult] = []
        with auditor.attached(**databases):
            marts.prepare(auditor.execute, self.home.raw, is_compared)
            suites = marts.suites(is_compared)
            for number, (mart, rules) in enumerate(suites.items()):
                report("checks", mart, number, len(suites))
                query = f"select * from {marts.table(mart)}"  # noqa: S608 - names from code
                results += auditor.validate(Layer.MARTS, mart, query, rules)
        report("checks", "done", len(suites), len(suites))
        self.checks += results
        return results

    def publish(self) -> Path:
        """Publish what was built."""
        report("publication", "copying", 0, 1)
        version = publishing.publish(self.home, self.run_id, self._state)
        comparison.expect_question(self.home)
        self._outcome = Outcome.PUBLISHED
        report("publication", self.run_id, 1, 1)
        return version

    def _inputs(self) -> dict[str, Any]:
        """Return what the marts depend on now, in the form the publication keeps it."""
        parts: list[lake.Part] = []
        with duckdb.connect() as connection:
            for feed in self.feeds:
                parts += lake.parts_in(connection, self.home.raw / feed)
        # Schedules lie in the future by nature; what has happened decides.
        ends = [part.last_at for part in parts if part.last_at and not part.feed.startswith("hr_")]
        return fingerprint.state(
            PROJECT,
            self.settings.seeds,
            (f"{part.feed}/{part.name}" for part in parts),
            self.as_of,
            datetime.fromisoformat(max(ends)) if ends else None,
            remembering.state(self.home),
            self.settings.locale,
        )

    def _audit(self) -> Auditor:
        # Importing Great Expectations takes seconds: a run with nothing new does without it.
        from expectations.runner import Auditor

        if self._auditor is None:
            self._auditor = Auditor(self.home.build / "audit.duckdb")
        return self._auditor

    def _judge(self, feed: Feed, files: list[landing.FileReport]) -> list[CheckResult]:
        from expectations import raw

        auditor = self._audit()
        raw.prepare(auditor.execute, feed, files, self.home.raw / feed.name, self.as_of)
        return auditor.validate(Layer.RAW, f"raw.{feed.name}", raw.QUERY, raw.rules(feed))

    def _publish_ops(self) -> None:
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        runs: list[Run] = []
        if self.crashed is not None:
            since = datetime.strptime(self.crashed.since, "%Y-%m-%d %H:%M:%S UTC")
            message = f"process {self.crashed.pid} on {self.crashed.host} ended without a word"
            runs.append(Run(self.crashed.run_id, since, now, None, Outcome.KILLED, message))
        runs.append(
            Run(self.run_id, self.started_at, now, self.as_of, self.outcome, self._message())
        )
        ops.publish(self.home, self.feeds, runs, self.checks, self._landed_rows)
        self._tell()

    def _tell(self) -> None:
        """Write to those who are to know when the pages stay as they were."""
        mail = self.settings.mail
        if mail is None or self.outcome in {Outcome.PUBLISHED, Outcome.NOTHING_NEW}:
            return
        published = publishing.published_run(self.home) or "nothing yet"
        try:
            mailing.send(
                mail,
                f"Meritline: {self.outcome}",
                f"{self._message()}\n\nThe pages still show the publication before: {published}",
            )
        except OSError as error:
            LOGGER.warning("Nobody could be written to by %s: %s", mail.sender, error)

    def _message(self) -> str:
        if self.outcome is Outcome.PUBLISHED:
            return f"published {self.run_id}"
        if self.outcome is Outcome.NOTHING_NEW:
            return f"nothing new since {publishing.published_run(self.home)}"
        failed = [check.message for check in self.checks if check.is_blocking_failure]
        return "\n".join([*failed, *self._errors.values()])
