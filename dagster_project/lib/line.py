"""One run of the line, from the lock to `ops.duckdb`: land, build, audit, publish.

Dagster decides when each step runs; what the steps do, and what a run remembers between them,
is here.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from dagster_project.lib import fingerprint, lake, landing, ops, publishing, warehouse
from dagster_project.lib.feeds import Feed, load_feeds
from dagster_project.lib.locking import Holder, RunLock
from dagster_project.lib.ops import Outcome, Run
from dagster_project.lib.progress import LOGGER, report
from dagster_project.lib.quality import CheckResult, Layer
from dagster_project.lib.settings import Settings

if TYPE_CHECKING:
    from expectations.runner import Auditor

PROJECT = Path(__file__).resolve().parents[2]


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
        self.feeds = load_feeds()
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

    def land(self, feed: Feed) -> tuple[list[landing.FileReport], list[CheckResult]]:
        """Read what is new of one feed, judge it, and admit or hold each file."""
        number = list(self.feeds).index(feed.name)
        report("landing", feed.name, number, len(self.feeds))
        settings = self.settings
        parser = landing.Parser(settings.hash_key(), settings.threads, settings.memory_limit)
        files = landing.parse_feed(self.home, self.inbox, feed, parser, LOGGER)
        waiting = [file for file in files if file.status in {"parsed", "held"}]
        checks = self._judge(feed, waiting) if waiting or feed.is_required else []
        reasons = {
            path: f"{check.check_name}: expected {check.expected}"
            for check in checks
            if check.is_blocking_failure
            for path in check.paths
        }
        landing.admit(self.home, feed, [file for file in waiting if file.path not in reasons])
        for file in waiting:
            if file.path in reasons:
                landing.hold(self.home, feed, file, reasons[file.path])
        self.checks += checks
        report("landing", feed.name, number + 1, len(self.feeds))
        return waiting, checks

    def build(self, manifest: Path) -> list[warehouse.NodeResult]:
        """Build warehouse and marts with dbt, unless nothing that they depend on is new."""
        state = self._state = self._inputs()
        published = publishing.published_state(self.home)
        # Whoever names no instant does not ask for the hours since the last run.
        is_same = not self._is_as_of_given and fingerprint.only_hours_passed(published, state)
        if state == published or is_same:
            self._outcome = Outcome.NOTHING_NEW
            report("dbt", "nothing new since the last publication")
            return []
        if publishing.begin_build(self.home, self.run_id):
            LOGGER.info("An unpublished build was thrown away: starting from the last publication.")
        with duckdb.connect(str(self.home.warehouse)) as connection:
            landing.write_landing_tables(connection, self.home, self.feeds, self.run_id, self.as_of)
        report("dbt", "starting")
        self._nodes = warehouse.build(
            PROJECT,
            self.home,
            self.as_of,
            warehouse.needed_refresh(manifest, published, state),
            lambda name, done, total: report("dbt", name, done, total),
        )
        report("dbt", "done", len(self._nodes), len(self._nodes))
        self.checks += warehouse.check_results(self.home, self._nodes)
        if errors := warehouse.model_errors(self._nodes):
            raise warehouse.BuildError(errors)
        return self._nodes

    def audit_marts(self) -> list[CheckResult]:
        """Hold the built marts against their expectations."""
        from expectations import marts

        published = self.home.current / "marts.duckdb"
        databases = {"marts": self.home.marts}
        if published.exists():
            databases["published"] = published
        auditor = self._audit()
        results: list[CheckResult] = []
        with auditor.attached(**databases):
            marts.prepare(auditor.execute, self.home.raw, published.exists())
            suites = marts.suites(published.exists())
            for number, (mart, rules) in enumerate(suites.items()):
                report("checks", mart, number, len(suites))
                query = f"select * from {marts.SCHEMA}.{mart}"  # noqa: S608 - names from code
                results += auditor.validate(Layer.MARTS, mart, query, rules)
        report("checks", "done", len(suites), len(suites))
        self.checks += results
        return results

    def publish(self) -> Path:
        """Publish what was built."""
        report("publication", "copying", 0, 1)
        version = publishing.publish(self.home, self.run_id, self._state)
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
            (f"{part.feed}/{part.name}" for part in parts),
            self.as_of,
            datetime.fromisoformat(max(ends)) if ends else None,
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
        ops.publish(self.home, self.feeds, runs, self.checks)

    def _message(self) -> str:
        if self.outcome is Outcome.PUBLISHED:
            return f"published {self.run_id}"
        if self.outcome is Outcome.NOTHING_NEW:
            return f"nothing new since {publishing.published_run(self.home)}"
        failed = [check.message for check in self.checks if check.is_blocking_failure]
        return "\n".join([*failed, *self._errors.values()])
