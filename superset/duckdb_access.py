"""How Superset opens published data: read-only, locked in, and always the newest publication."""

from __future__ import annotations

from typing import Any

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


def connect_to_publication(
    uri: URL,
    params: dict[str, Any],
    username: str | None,
    security_manager: object,
    source: object | None,
) -> tuple[URL, dict[str, Any]]:
    """Point a connection named `duckdb:///<name>.duckdb` at the published file of that name.

    The assets name a database, this home says where it lies; and no connection is kept, because
    one that stays open goes on reading the publication it was opened on.
    """
    if not uri.drivername.startswith("duckdb"):
        return uri, params
    name = (uri.database or "").removesuffix(".duckdb")
    params = {
        **params,
        "poolclass": NullPool,
        "connect_args": {"read_only": True, "config": dict(DUCKDB_SETTINGS)},
    }
    return uri.set(database=str(HOME.database(name))), params
