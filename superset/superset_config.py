"""Superset for Meritline: one file of decisions, everything else is Superset's default.

SQLite and no cache server by default. `MERITLINE_SUPERSET_DB_URI` names another metadata
database (PostgreSQL), `MERITLINE_REDIS_URL` a Redis for the caches.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from audit import AuditLogger
from duckdb_access import connect_to_publication
from flask import Blueprint, Flask, redirect, request, send_from_directory
from flask_appbuilder.const import AUTH_OAUTH
from flask_login import current_user
from roles import landing_pages, load_roles
from security_manager import PROVIDER, MeritlineSecurityManager, guard_datasets
from shortcuts import take_shortcuts
from sql_gate import FORBIDDEN, refuse_other_sql
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool
from superset_home import SOURCE, given_secret, superset_home
from template_processor import TemplateProcessor
from werkzeug.wrappers import Response

import superset

HOME = superset_home()
HOME.folder.mkdir(parents=True, exist_ok=True)
LOCALE = os.environ.get("MERITLINE_LOCALE", "en")
REDIS_URL = os.environ.get("MERITLINE_REDIS_URL")
# Behind a proxy that speaks https for this server.
IS_HTTPS = os.environ.get("MERITLINE_HTTPS", "").lower() in {"1", "true", "yes"}

# A query of SQLite gives the interpreter away, and a chart asks dozens: a thread that wants it back
# waits this long for one that computes.
sys.setswitchinterval(0.0005)

# --- Superset's own database -------------------------------------------------------------------
SECRET_KEY = given_secret("MERITLINE_SUPERSET_SECRET_KEY", HOME.secret_key, 32)
GUEST_TOKEN_JWT_SECRET = GLOBAL_ASYNC_QUERIES_JWT_SECRET = SECRET_KEY
DATA_DIR = str(HOME.folder)
SQLALCHEMY_DATABASE_URI = os.environ.get(
    "MERITLINE_SUPERSET_DB_URI", f"sqlite:///{HOME.metadata}?check_same_thread=false"
)
SQLALCHEMY_EXAMPLES_URI = SQLALCHEMY_DATABASE_URI
# Without a pool, a connection to SQLite would be opened for every request.
SQLALCHEMY_ENGINE_OPTIONS: dict[str, Any] = (
    {"connect_args": {"timeout": 30}, "poolclass": QueuePool}
    if SQLALCHEMY_DATABASE_URI.startswith("sqlite")
    else {"pool_pre_ping": True}
)


@event.listens_for(Engine, "connect")
def tune_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401 - any driver's
    """Let SQLite skip the wait for the disk at every line of Superset's action log.

    In write-ahead mode a crash of the machine can lose the last moments, never the database.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=normal")


# --- What is said ------------------------------------------------------------------------------
LOG_LEVEL = logging.WARNING
# It warns of every metric that is more than one plain aggregate.
logging.getLogger("superset.utils.core").setLevel(logging.ERROR)
ALEMBIC_SKIP_LOG_CONFIG = True
SILENCE_FAB = True

# --- Published data ----------------------------------------------------------------------------
DB_CONNECTION_MUTATOR = connect_to_publication
CUSTOM_SECURITY_MANAGER = MeritlineSecurityManager
# The first is asked in SQL Lab only, the second for every text that goes to a database.
DISALLOWED_SQL_FUNCTIONS = {"duckdb": FORBIDDEN}
SQL_QUERY_MUTATOR = refuse_other_sql
CUSTOM_TEMPLATE_PROCESSORS = {"duckdb": TemplateProcessor}
# Nothing is loaded into a database by anyone.
ALLOWED_EXTENSIONS = CSV_EXTENSIONS = EXCEL_EXTENSIONS = COLUMNAR_EXTENSIONS = set[str]()


def _cache(prefix: str, lifetime: timedelta, without_redis: dict[str, Any]) -> dict[str, Any]:
    """The settings of one of Superset's caches, in Redis where there is one."""
    backend = (
        {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": REDIS_URL} if REDIS_URL else without_redis
    )
    return {
        "CACHE_KEY_PREFIX": f"meritline_{prefix}_",
        "CACHE_DEFAULT_TIMEOUT": int(lifetime.total_seconds()),
        **backend,
    }


# Chart data may be cached because its keys name the publication (see `security_manager.py`).
# What users set in filters must outlive a restart and be seen by every worker.
_FILES = {
    "CACHE_TYPE": "FileSystemCache",
    "CACHE_DIR": str(HOME.folder / "cache"),
    "CACHE_THRESHOLD": 2000,
}
_METADATA = {"CACHE_TYPE": "SupersetMetastoreCache"}
CACHE_CONFIG = _cache("page", timedelta(hours=1), _FILES)
DATA_CACHE_CONFIG = _cache("data", timedelta(hours=12), _FILES)
FILTER_STATE_CACHE_CONFIG = _cache("filter", timedelta(days=90), _METADATA)
EXPLORE_FORM_DATA_CACHE_CONFIG = _cache("explore", timedelta(days=7), _METADATA)

# --- Logging in --------------------------------------------------------------------------------
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = IS_HTTPS
ENABLE_PROXY_FIX = IS_HTTPS
PERMANENT_SESSION_LIFETIME = timedelta(hours=12)
# Per address, log-in and worker: people behind one address do not lock each other out.
RATELIMIT_ENABLED = AUTH_RATE_LIMITED = True
RATELIMIT_STORAGE_URI = REDIS_URL or "memory://"
RATELIMIT_APPLICATION = None
AUTH_RATE_LIMIT = "30 per minute"


def RATELIMIT_KEY_FUNC() -> str:
    """Whose attempts are counted together."""
    asked = request.get_json(silent=True) if request.is_json else request.form
    name = asked.get("username", "") if isinstance(asked, Mapping) else ""
    return f"{request.remote_addr} {name}".lower()


if issuer := os.environ.get("MERITLINE_OIDC_ISSUER"):
    AUTH_TYPE = AUTH_OAUTH
    OAUTH_PROVIDERS = [
        {
            "name": PROVIDER,
            "icon": "fa-key",
            "token_key": "access_token",
            "remote_app": {
                "client_id": os.environ["MERITLINE_OIDC_CLIENT_ID"],
                "client_secret": os.environ["MERITLINE_OIDC_CLIENT_SECRET"],
                "server_metadata_url": f"{issuer.rstrip('/')}/.well-known/openid-configuration",
                "client_kwargs": {"scope": "openid email profile"},
            },
        }
    ]
    # Who comes in has the roles of their groups at the provider, anew at every log-in; groups are
    # called like roles unless MERITLINE_OIDC_ROLES says otherwise: "bi-team=Analyst,people=HR".
    OIDC_ROLES_CLAIM = os.environ.get("MERITLINE_OIDC_ROLES_CLAIM", "groups")
    AUTH_USER_REGISTRATION = AUTH_ROLES_SYNC_AT_LOGIN = True
    AUTH_USER_REGISTRATION_ROLE = "Public"
    AUTH_ROLES_MAPPING = {name: [name] for name in load_roles()}
    if mapping := os.environ.get("MERITLINE_OIDC_ROLES"):
        pairs = [pair.strip().rpartition("=") for pair in mapping.split(",")]
        AUTH_ROLES_MAPPING = {group.strip(): [role.strip()] for group, _, role in pairs}

# --- What is written down ----------------------------------------------------------------------
EVENT_LOGGER = AuditLogger(HOME.audit)

# --- What is switched on -----------------------------------------------------------------------
FEATURE_FLAGS = {
    "ENABLE_TEMPLATE_PROCESSING": True,  # the scorecard follows the chosen site, vendor or team
    "DASHBOARD_RBAC": True,  # a role's pages, and no others, are listed and opened
    "DRILL_TO_DETAIL": True,
    "DRILL_BY": True,
    "EMBEDDABLE_CHARTS": False,
}
# No built-in example, no telemetry, no download of anything.
FAB_API_SWAGGER_UI = False
# Pages that refresh themselves ask the cache, whose keys name the publication: what is new is read,
# what is not costs nothing.
DASHBOARD_AUTO_REFRESH_MODE = "fetch"
SQLLAB_TIMEOUT = 60
ROW_LIMIT = 10_000
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        # Handlebars charts compile their template in the browser; what they render is still
        # sanitised, and scripts still need this page's nonce.
        "script-src": ["'self'", "'strict-dynamic'", "'unsafe-eval'"],
        "frame-ancestors": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # the proxy's business
    "session_cookie_secure": IS_HTTPS,
    "strict_transport_security": IS_HTTPS,
}
# Cards are drawn by Handlebars charts: classes for their looks, a few inert SVG shapes for their
# trend lines. Nothing here can run or load anything.
HTML_SANITIZATION = True
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {
    "attributes": {
        "*": ["className", "title", "role", "ariaLabel", "tabIndex"],
        "svg": ["viewBox", "preserveAspectRatio", "width", "height"],
        "polyline": ["points"],
        "line": ["x1", "x2", "y1", "y2"],
        "rect": ["x", "y", "width", "height"],
    },
    "tagNames": ["svg", "polyline", "line", "rect"],
}

# --- Languages ---------------------------------------------------------------------------------
BABEL_DEFAULT_LOCALE = LOCALE
LANGUAGE_PACKS = Path(superset.__file__).parent / "translations"
# One language, so no picker: Superset's own words are in that of the pages.
LANGUAGES = {
    LOCALE: {"en": {"flag": "gb", "name": "English"}, "zh": {"flag": "cn", "name": "中文"}}[LOCALE]
}
if LOCALE == "zh":
    D3_TIME_FORMAT = {
        "date": "%Y年%-m月%-d日",
        "dateTime": "%Y年%-m月%-d日 %H:%M",
        "time": "%H:%M:%S",
        "periods": ["上午", "下午"],
        "days": [f"星期{day}" for day in "日一二三四五六"],
        "shortDays": [f"周{day}" for day in "日一二三四五六"],
        "months": [f"{month}月" for month in range(1, 13)],
        "shortMonths": [f"{month}月" for month in range(1, 13)],
    }


# --- The first page ----------------------------------------------------------------------------
def FLASK_APP_MUTATOR(app: Flask) -> None:
    """Guard datasets, and open the first page of the role instead of a list of recent work."""
    pages = landing_pages()
    guard_datasets()
    take_shortcuts()

    @app.before_request
    def open_first_page() -> Response | None:
        if request.path == "/superset/welcome/" and current_user.is_authenticated:
            own = {role.name for role in current_user.roles}
            page = next((page for role, page in pages.items() if role in own), None)
            return redirect(page or "/dashboard/list/")
        if request.path == f"/superset/language_pack/{LOCALE}/":
            # The log-in page has words, too, before anybody is logged in.
            return send_from_directory(LANGUAGE_PACKS / LOCALE / "LC_MESSAGES", "messages.json")
        if request.path == "/superset/log/" and not current_user.is_authenticated:
            # The log-in page reports itself a moment late. Turned away to the log-in, that report
            # would bring back an anonymous session over the one of somebody who was quicker.
            return Response(status=204)
        return None


# --- Looks -------------------------------------------------------------------------------------
APP_NAME = "Meritline"
APP_ICON = "/brand/logo.svg"
FAVICONS = [{"href": "/brand/favicon.svg"}]
LOGO_TOOLTIP = "Meritline"
BLUEPRINTS = [
    Blueprint("brand", __name__, static_folder=str(SOURCE / "brand"), static_url_path="/brand")
]
INK, BLUE, TEAL, AMBER, RED = "#1d2b3a", "#1f5a8a", "#1b7f79", "#b7791f", "#b8402a"
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": APP_ICON,
        "brandLogoHref": "/",
        "brandLogoHeight": "26px",
        "brandLogoMargin": "12px 0",
        "brandIconMaxWidth": 180,
        "brandSpinnerSvg": (SOURCE / "brand" / "spinner.svg").read_text(),
        "colorPrimary": BLUE,
        "colorLink": BLUE,
        "colorInfo": BLUE,
        "colorSuccess": TEAL,
        "colorWarning": AMBER,
        "colorError": RED,
        "colorTextBase": INK,
        "colorBgLayout": "#f4f6f8",
        "borderRadius": 6,
        "fontUrls": [],
        "fontFamily": "Inter, 'Helvetica Neue', Helvetica, Arial, 'Noto Sans SC', sans-serif",
        "fontFamilyCode": "'IBM Plex Mono', 'Courier New', monospace",
    },
    "algorithm": "default",
    # Buttons that choose all series, or the others, take the room of the legend.
    "echartsOptionsOverrides": {"legend": {"selector": False}},
}
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
# Blue against orange stays apart for every common kind of colour blindness; status is never said
# by colour alone.
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "meritline",
        "description": "Discreet, and distinct to colour-blind eyes",
        "label": "Meritline",
        "isDefault": True,
        "colors": [
            "#1f5a8a",
            "#d98032",
            "#1b7f79",
            "#8a6bb1",
            "#6b7785",
            "#c8a951",
            "#5aa0cf",
            "#a3533a",
            "#7fb5a8",
            "#b9a4cf",
        ],
    }
]
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "meritline_low_to_high",
        "description": "Orange is low, blue is high",
        "label": "Meritline, low to high",
        "isDiverging": True,
        "isDefault": False,
        "colors": ["#c4621b", "#e3a76b", "#f3e3d0", "#dbe7f0", "#8db8d8", "#1f5a8a"],
    },
    {
        "id": "meritline_amount",
        "description": "Pale is little, blue is much",
        "label": "Meritline, amount",
        "isDiverging": False,
        "isDefault": True,
        "colors": ["#eef3f7", "#c3d8e8", "#8db8d8", "#4a88b5", "#1f5a8a"],
    },
]
