"""The databases and APIs that feeds are fetched from, read from `sources.yml`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import yaml

from dagster_project.lib.feeds import Feed
from dagster_project.lib.landing import DEFAULT_SITE
from dagster_project.lib.quality import CheckResult, Layer, Severity, failure_message
from dagster_project.lib.staging import folded

FETCHED_CHECK = "fetched"

# What a connection and each of its feeds may say; the first of each must be there.
CONNECTION_FIELDS = {
    "sql_database": ("url", "password"),
    "rest_api": ("base_url", "auth", "headers", "paginator"),
}
_COMMON_FIELDS = ("site", "columns", "cursor", "initial", "lag_seconds")
FEED_FIELDS = {
    "sql_database": ("table", *_COMMON_FIELDS),
    "rest_api": ("path", *_COMMON_FIELDS, "params", "records", "paginator", "since"),
}
# dlt's own names; what they mean is in its documentation of rest_api.
AUTHS = {
    "bearer": ("token",),
    "api_key": ("name", "api_key", "location"),
    "http_basic": ("username", "password"),
    "oauth2_client_credentials": (
        *("access_token_url", "client_id", "client_secret"),
        *("access_token_request_data", "default_token_expiration"),
    ),
}
PAGINATORS = {
    "single_page": (),
    "json_link": ("next_url_path",),
    "header_link": ("links_next_key",),
    "header_cursor": ("cursor_key", "cursor_param"),
    "cursor": ("cursor_path", "cursor_param"),
    "page_number": (
        *("base_page", "page_param", "total_path", "maximum_page"),
        *("stop_after_empty_page", "has_more_path"),
    ),
    "offset": (
        *("limit", "offset", "offset_param", "limit_param", "total_path", "maximum_offset"),
        *("stop_after_empty_page", "has_more_path"),
    ),
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SITE = re.compile(r"\w[\w-]*")
_SECRET = re.compile(
    r"(^|[_-])(password|secret|token|cookie)$|api_?-?key$|authorization$", re.IGNORECASE
)


class SourcesError(ValueError):
    """`sources.yml` says something that cannot be meant, or a secret that it names is missing."""


class _Loader(yaml.SafeLoader):
    """Leaves times as they are written: what they mean is the source's business."""


_Loader.yaml_implicit_resolvers = {
    first: [found for found in resolvers if found[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Source:
    """One feed of one connection.

    Attributes:
        connection: What the connection says, secrets still by the names of their variables.
        place: The table or the path that the rows come from.
        columns: The feed's column, as a file calls it → the source's name of it, or the path to it.
        cursor: The source's column that only grows; without one everything is fetched each time.
        initial: Where the cursor begins.
        lag_seconds: How far before the cursor each fetch begins, for rows that are committed late.
        since: The parameter that tells an API where the cursor is.
        params: Further parameters of the request.
        records: Where in an API's answer the records are; if not given, it is a list of them.
        paginator: How an API's pages follow each other, if not as the connection says.
    """

    connection_name: str
    kind: str
    connection: Mapping[str, Any]
    feed: str
    site: str
    place: str
    columns: Mapping[str, str]
    cursor: str | None = None
    initial: str | float | None = None
    lag_seconds: float = 0
    since: str | None = None
    params: Mapping[str, Any] | None = None
    records: str | None = None
    paginator: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """What its cursor is remembered by."""
        return f"{self.connection_name}-{self.feed}-{self.site}"

    @property
    def variables(self) -> list[str]:
        """The variables that hold its secrets."""
        return sorted({*_variables(self.connection), *_variables(self.params)})


Sources = dict[str, tuple[Source, ...]]


def load_sources(path: Path, feeds: Mapping[str, Feed]) -> Sources:
    """Read and check the declarations: the feeds of each connection.

    Raises:
        SourcesError: With the file, the connection, the field, what was seen and expected.
    """
    if not path.exists():
        return {}
    try:
        document = cast(
            object,
            yaml.load(path.read_text(encoding="utf-8"), _Loader),  # noqa: S506 (a safe loader)
        )
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourcesError(f"{path}: not readable as YAML: {error}") from error
    if not isinstance(document, dict):
        raise SourcesError(f"{path}: expected a mapping of connections' names")
    found: Sources = {}
    for name, entry in cast(dict[Any, Any], document).items():
        if not _NAME.fullmatch(str(name)):
            raise SourcesError(f"{path}: {name!r}: expected a name such as `people` or `crm_2`")
        found[str(name)] = _Reader(f"{path}: {name}", feeds).connection(str(name), entry)
    return found


def check_secrets(path: Path, sources: Sources, secret: Callable[[str], str | None]) -> None:
    """Make sure that every variable which the sources name is there.

    Raises:
        SourcesError: With the names of those that are not.
    """
    for name, feeds in sources.items():
        missing = sorted({v for feed in feeds for v in feed.variables if not secret(v)})
        if missing:
            raise SourcesError(
                f"{path}: {name}: the environment has no {', '.join(missing)}; "
                "set it to the secret that the source wants, and run again"
            )


def fetched_check(source: Source, rows: int, fault: str | None) -> CheckResult:
    """What `ops` is told of one fetch; a source that fails warns and holds nothing back."""
    expected = "an answer to its end"
    secrets = f" and that {', '.join(source.variables)} is right" if source.variables else ""
    return CheckResult(
        layer=Layer.RAW,
        check_name=FETCHED_CHECK,
        subject=f"fetched.{source.name}",
        severity=Severity.WARN,
        is_passed=fault is None,
        observed=fault or f"{rows} rows",
        expected=expected,
        message=failure_message(
            f"{source.connection_name} could not be fetched",
            f"{source.feed} of site {source.site} from {source.place}",
            fault,
            expected,
            f"check that the source is up{secrets}; the run goes on with what was fetched before, "
            f"and the next run, or meritline fetch {source.connection_name}, begins where this one "
            "stopped.",
        )
        if fault
        else "",
    )


def resolved(value: Any, secret: Callable[[str], str | None]) -> Any:  # noqa: ANN401 (YAML)
    """A value with the secrets in it."""
    if isinstance(value, Mapping):
        fields = cast(Mapping[str, Any], value)
        if set(fields) == {"env"}:
            return secret(fields["env"]) or ""
        return {key: resolved(part, secret) for key, part in fields.items()}
    if isinstance(value, list):
        return [resolved(part, secret) for part in cast(list[Any], value)]
    return value


def _variables(value: object) -> list[str]:
    if isinstance(value, Mapping):
        fields = cast(Mapping[str, Any], value)
        if set(fields) == {"env"}:
            return [str(fields["env"])]
        return [name for part in fields.values() for name in _variables(part)]
    if isinstance(value, list):
        return [name for part in cast(list[Any], value) for name in _variables(part)]
    return []


class _Reader:
    """Checks one connection; every mistake is said with where it stands."""

    def __init__(self, where: str, feeds: Mapping[str, Feed]) -> None:
        self.where = where
        self.feeds = feeds

    def fail(self, field: str, seen: object, expected: str) -> SourcesError:
        return SourcesError(f"{self.where}: {field} is {seen!r}; expected {expected}")

    def mapping(self, field: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(field, value, "a mapping")
        return {str(key): part for key, part in cast(dict[Any, Any], value).items()}

    def known(self, entry: Mapping[str, Any], fields: tuple[str, ...], what: str) -> None:
        if unknown := sorted(set(entry) - set(fields)):
            raise SourcesError(
                f"{self.where}: unknown {', '.join(unknown)}; {what} may have {', '.join(fields)}"
            )

    def connection(self, name: str, value: object) -> tuple[Source, ...]:
        entry = self.mapping("the connection", value)
        kind = entry.pop("kind", None)
        if kind not in CONNECTION_FIELDS:
            raise self.fail("kind", kind, f"one of {', '.join(CONNECTION_FIELDS)}")
        feeds = entry.pop("feeds", None)
        if not isinstance(feeds, list) or not feeds:
            feeds = cast(object, feeds)
            raise self.fail("feeds", feeds, "a list, each entry with the feed that it fills")
        self.known(entry, CONNECTION_FIELDS[kind], f"a connection of kind {kind}")
        self.secrets(entry)
        address = CONNECTION_FIELDS[kind][0]
        self.address(address, entry.get(address))
        if "auth" in entry:
            self.typed("auth", entry["auth"], AUTHS)
        if "paginator" in entry:
            self.typed("paginator", entry["paginator"], PAGINATORS)
        found: dict[str, Source] = {}
        where = self.where
        for number, item in enumerate(cast(list[Any], feeds), 1):
            self.where = f"{where}: feeds, entry {number}"
            source = self.source(name, kind, entry, item)
            if source.name in found:
                raise SourcesError(
                    f"{self.where}: {source.feed} of site {source.site} is filled twice; give the "
                    "second one a connection of its own"
                )
            found[source.name] = source
        return tuple(found.values())

    def source(self, name: str, kind: str, connection: dict[str, Any], value: object) -> Source:
        entry = self.mapping("the entry", value)
        feed = entry.pop("feed", None)
        if feed not in self.feeds:
            raise self.fail("feed", feed, f"one of {', '.join(self.feeds)}")
        self.where = f"{self.where} ({feed})"
        self.known(entry, FEED_FIELDS[kind], f"a feed of kind {kind}")
        self.secrets(entry)
        place_field = FEED_FIELDS[kind][0]
        for field in (place_field, "site", "cursor", "since", "records"):
            if field in entry and not (isinstance(entry[field], str) and entry[field]):
                raise self.fail(field, entry[field], "a text")
        if place_field not in entry:
            raise self.fail(place_field, None, "where the rows come from")
        site = entry.get("site", DEFAULT_SITE)
        if not _SITE.fullmatch(site):
            raise self.fail("site", site, "a site's id such as riga")
        columns = {
            key: str(part)
            for key, part in self.mapping("columns", entry.get("columns", {})).items()
        }
        headers = [header for column in self.feeds[feed].columns for header in column.headers]
        known = {folded(header) for header in headers}
        if unknown := [key for key in columns if known and folded(key) not in known]:
            raise self.fail("columns", unknown[0], f"one of {', '.join(headers)}")
        initial, lag = entry.get("initial"), entry.get("lag_seconds", 0)
        if initial is not None and not isinstance(initial, str | int | float):
            raise self.fail("initial", initial, "a value of the cursor")
        if not isinstance(lag, int | float) or lag < 0:
            raise self.fail("lag_seconds", lag, "a number of seconds")
        for field in ("initial", "lag_seconds", "since"):
            if field in entry and "cursor" not in entry:
                raise self.fail("cursor", None, f"the column that {field} is about")
        if "paginator" in entry:
            self.typed("paginator", entry["paginator"], PAGINATORS)
        return Source(
            connection_name=name,
            kind=kind,
            connection=connection,
            feed=feed,
            site=site,
            place=entry[place_field],
            columns=columns,
            cursor=entry.get("cursor"),
            initial=initial,
            lag_seconds=lag,
            since=entry.get("since"),
            params=self.mapping("params", entry.get("params", {})),
            records=entry.get("records"),
            paginator=entry.get("paginator"),
        )

    def address(self, field: str, value: object) -> None:
        if isinstance(value, str) and "://" in value:
            if urlsplit(value).password is None:
                return
            # The message must not show it either.
            raise SourcesError(
                f"{self.where}: {field} has a password in it; leave it out and write "
                "password: {env: NAME}, or the whole as url: {env: NAME}"
            )
        if not self.is_variable(value):
            raise self.fail(field, value, "an address, or {env: NAME of the variable that has it}")

    def is_variable(self, value: object) -> bool:
        if not isinstance(value, dict) or set(cast(dict[Any, Any], value)) != {"env"}:
            return False
        name = cast(dict[str, Any], value)["env"]
        return isinstance(name, str) and bool(name)

    def secrets(self, entry: Mapping[str, Any]) -> None:
        """Secrets stand in the environment, never in the file."""
        for field, value in entry.items():
            if self.is_variable(value):
                continue
            if isinstance(value, dict) and field in {"auth", "headers", "params"}:
                self.secrets(cast(dict[str, Any], value))
            elif _SECRET.search(field) and not field.endswith("_url"):
                raise SourcesError(
                    f"{self.where}: {field} stands in the file; expected {{env: NAME}}, the name "
                    "of the variable that has the secret"
                )

    def typed(self, field: str, value: object, types: Mapping[str, tuple[str, ...]]) -> None:
        entry = self.mapping(field, value)
        kind = entry.pop("type", None)
        if kind not in types:
            raise self.fail(f"{field}.type", kind, f"one of {', '.join(types)}")
        self.known(entry, types[kind], f"{field} of type {kind}")
