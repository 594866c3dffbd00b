"""Dagster's event log in SQLite, with connections that stay open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy.pool import QueuePool


class EventLog(ConsolidatedSqliteEventLogStorage):
    """Dagster's own store, but for how it connects.

    It makes a new engine for every event and closes it again, and whoever closes SQLite's last
    connection waits for a checkpoint. The log is history: it survives a killed process, and only a
    power cut may take its last events.
    """

    @cached_property
    def _engine(self) -> sqlalchemy.engine.Engine:
        engine = sqlalchemy.create_engine(
            self._conn_string,
            poolclass=QueuePool,
            max_overflow=-1,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )

        @sqlalchemy.event.listens_for(engine, "connect")
        def wait_at_checkpoints_only(connection: Any, _: object) -> None:  # noqa: ANN401
            connection.execute("pragma synchronous = normal")

        return engine

    @contextmanager
    def _connect(self) -> Iterator[sqlalchemy.engine.Connection]:
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Let go of the file as well."""
        self._engine.dispose()
        super().dispose()
