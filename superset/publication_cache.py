"""What Superset remembers of queries, and for which publication."""

from __future__ import annotations

from typing import Any

from superset.security import SupersetSecurityManager
from superset_home import superset_home

HOME = superset_home()


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
