"""How Superset opens published data: read-only, locked in, and always the newest publication."""

from __future__ import annotations

import atexit
import threading
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.engine.url import URL
from sqlalchemy.pool import NullPool
from superset_home import superset_home

HOME = superset_home()

# A connection can read the one file it was opened on and nothing else, and cannot change that.
DUCKDB_SETTINGS = {
    "enable_external_access": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",  # a table is never a variable of this process
    "memory_limit": "1GB",
    "threads": "2",
}

_open: dict[str, Connection] = {}
_opening = threading.Lock()


def connect_to_publication(
    uri: URL,
    params: dict[str, Any],
    username: str | None,
    security_manager: object,
    source: object | None,
) -> tuple[URL, dict[str, Any]]:
    """Point a connection named `duckdb:///<name>.duckdb` at the published file of that name.

    The assets name a database, this home says where it lies; and no connection of Superset's is
    kept, because one that stays open goes on reading the publication it was opened on.
    """
    if not uri.drivername.startswith("duckdb"):
        return uri, params
    name = (uri.database or "").removesuffix(".duckdb")
    params = {
        **params,
        "poolclass": NullPool,
        "connect_args": {"read_only": True, "config": dict(DUCKDB_SETTINGS)},
    }
    uri = uri.set(database=str(HOME.database(name)))
    _keep_open(name, uri, params)
    return uri, params


def _keep_open(name: str, uri: URL, params: dict[str, Any]) -> None:
    """Hold the newest file open, so that a chart's connection need not read its catalogue anew.

    DuckDB closes a file with the last connection to it.
    """
    # After a publication, the charts of a page ask all at once: one of them opens it.
    with _opening:
        before = _open.get(name)
        if (before is None or before.engine.url != uri) and HOME.database(name).exists():
            _open[name] = create_engine(uri, **params).connect()
            if before is not None:
                before.close()


@atexit.register
def close_files() -> None:
    """Let go of the files that are held open."""
    while _open:
        _open.popitem()[1].close()
