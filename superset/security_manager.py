"""Who is asking, what they may ask, and for whom an answer may be remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import current_app, g, has_request_context
from flask_appbuilder.security.api import SecurityApi
from roles import load_roles
from sqlalchemy import event
from sqlalchemy.exc import InvalidRequestError
from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
from superset.exceptions import SupersetSecurityException
from superset.security import SupersetSecurityManager
from superset.utils.core import get_user_email
from superset_home import superset_home

HOME = superset_home()
PROVIDER = "oidc"
# The databases whose reading is written down (see audit.py).
WATCHED = {"Meritline pay"}


class MeritlineSecurityManager(SupersetSecurityManager):
    """Superset's security manager with the few things that are decided otherwise here."""

    def get_rls_cache_key(self, datasource: Any) -> list[str]:  # noqa: ANN401 - as overridden
        """Add who asks, where that matters, and the publications that are being served.

        Superset asks for the row-level part of a cache key before it runs the query. Data read
        while a publication is being swapped is therefore stored under the older id, which nobody
        asks for again: an old number is never served for a new publication.
        """
        rules = super().get_rls_cache_key(datasource)
        return [
            *rules,
            *([f"user:{get_user_email()}"] if rules else []),
            f"publication:{HOME.publication_id()}",
            f"ops:{HOME.ops_id()}",
            f"whatif:{HOME.whatif_id()}",
        ]

    def register_views(self) -> None:
        """Count the attempts to log in by API like those by the page."""
        super().register_views()
        for view in self.appbuilder.baseviews:
            if isinstance(view, SecurityApi) and self.is_auth_limited:
                self.limiter.limit(self.auth_rate_limit, methods=["POST"])(view.blueprint)

    def raise_for_access(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        """Let nobody write SQL for a database that is not theirs to query.

        Superset looks for tables and sub-queries in SQL with a parser that does not know all of
        DuckDB's: `summarize` hides a table from it.
        """
        queried = named.get("database") if named.get("sql") else None
        queried = queried or getattr(named.get("query"), "database", None)
        if queried is not None and not self.can_access_database(queried):
            raise SupersetSecurityException(
                SupersetError(
                    error_type=SupersetErrorType.DATABASE_SECURITY_ACCESS_ERROR,
                    message="This database is not for SQL of one's own.",
                    level=ErrorLevel.WARNING,
                )
            )
        super().raise_for_access(*arguments, **named)
        context = named.get("query_context")
        if context is not None and not self.writes_sql():
            asked = [query.to_dict() for query in context.queries]
            if any(own_sql(asked)):
                raise SupersetSecurityException(
                    SupersetError(
                        error_type=SupersetErrorType.DATASOURCE_SECURITY_ACCESS_ERROR,
                        message="SQL of one's own is for analysts.",
                        level=ErrorLevel.WARNING,
                    )
                )
        asked_of = named.get("datasource") or getattr(context, "datasource", None)
        database = getattr(asked_of, "database", None)
        if has_request_context() and database and database.database_name in WATCHED:
            g.watched_datasets = {*g.get("watched_datasets", ()), asked_of.name}

    def exist_permission_on_roles(
        self, view_name: str, permission_name: str, role_ids: list[int]
    ) -> bool:
        """Ask the same but once for one request, which asks for one chart up to nine times."""
        if not has_request_context():
            return bool(super().exist_permission_on_roles(view_name, permission_name, role_ids))
        known: dict[object, bool] = g.setdefault("known_permissions", {})
        asked = (view_name, permission_name, *sorted(role_ids))
        if asked not in known:
            known[asked] = bool(
                super().exist_permission_on_roles(view_name, permission_name, role_ids)
            )
        return known[asked]

    def writes_sql(self) -> bool:
        """Whether the user's roles include one that may query."""
        declared = load_roles()
        names = {role.name for role in self.get_user_roles()}
        return self.is_admin() or any(
            role.queries for name, role in declared.items() if name in names
        )

    def get_oauth_user_info(self, provider: str, resp: dict[str, Any]) -> dict[str, Any]:
        """Who the identity provider says has logged in; the e-mail is the name here.

        A local log-in has no @ in its name, so that nobody can come in as one of these.
        """
        if provider != PROVIDER:
            return super().get_oauth_user_info(provider, resp)
        claims = resp["userinfo"]
        email = str(claims.get("email") or "").strip().lower()
        if "@" not in email or claims.get("email_verified") is False:
            raise ValueError("the identity provider names no verified e-mail")
        groups = claims.get(current_app.config["OIDC_ROLES_CLAIM"]) or []
        return {
            "username": email,
            "email": email,
            "first_name": claims.get("given_name") or claims.get("name") or email,
            "last_name": claims.get("family_name") or "",
            "role_keys": [groups] if isinstance(groups, str) else list(groups),
        }


def guard_datasets() -> None:
    """Let nobody make a dataset of a database, or move one to it, that they may not query.

    Superset asks that of a dataset made of SQL, and forgets it of one made of a table.
    """
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db
    from superset.models.core import Database

    from superset import security_manager

    @event.listens_for(SqlaTable, "before_insert")
    @event.listens_for(SqlaTable, "before_update")
    def check(mapper: object, connection: object, dataset: SqlaTable) -> None:
        if not has_request_context() or g.get("user") is None or g.user.is_anonymous:
            return
        database = db.session.get(Database, dataset.database_id or dataset.database.id)
        if not security_manager.can_access_database(database):
            # Of its kind, because Superset turns that into "could not be made", and all else into a
            # crash.
            raise InvalidRequestError("This database is not for datasets of one's own.")


def own_sql(asked: object) -> Iterator[str]:
    """The pieces of SQL in a query that no dataset defines.

    A chart's x-axis comes as one, though it only names a column.
    """
    if isinstance(asked, Mapping):
        for name, value in asked.items():
            if name in {"sqlExpression", "where", "having"} and value:
                if not str(value).isidentifier():
                    yield str(value)
            else:
                yield from own_sql(value)
    elif isinstance(asked, list | tuple):
        for part in asked:
            yield from own_sql(part)
