"""How Superset reads published data: read-only, locked in, and always the newest publication."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine.url import URL
from sqlalchemy.pool import NullPool
from superset.security import SupersetSecurityManager
from superset_home import superset_home

HOME = superset_home()

# A connection can read the one file it was opened on and nothing else, and cannot change that.
DUCKDB_SETTINGS = {
    "enable_external_access": "false",
    "lock_configuration": "true",
    "memory_limit": "1GB",
    "threads": "2",
}


def connect_to_publication(
    uri: URL,
    params: dict[str, Any],
    username: str | None,
    security_manager: SupersetSecurityManager,
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


class PublicationSecurityManager(SupersetSecurityManager):
    """Superset's security manager, whose cache keys also name the publication.

    Superset asks for the row-level part of a cache key before it runs the query. Data read while
    a publication is being swapped is therefore stored under the older id, which nobody asks for
    again: an old number is never served for a new publication.
    """

    def get_rls_cache_key(self, datasource: Any) -> list[str]:  # noqa: ANN401 - as overridden
        """Add the publications that are being served to the key of every cached query."""
        return [
            *super().get_rls_cache_key(datasource),
            f"publication:{HOME.publication_id()}",
            f"ops:{HOME.ops_id()}",
        ]
