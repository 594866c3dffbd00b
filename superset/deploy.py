"""Bring a Superset to the state that the repository describes, in one process.

Migrates the metadata database, defines roles, makes the users and imports the assets. Doing it
again changes nothing; when neither the repository nor the installation has changed it says so
within a second. Assets that the repository no longer has are removed; what people made by hand
in Superset stays.

python superset/deploy.py [--home DIR] [--demo] [--force]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

from superset_home import ASSETS, SOURCE, SupersetHome, private_secret, superset_home

READER_ROLE = "Reader"
# What it takes to open a dashboard, filter it, look behind a figure and take the data along.
# Superset's own role for readers may also write themes and approve registrations.
READER_RIGHTS = {
    "can_read": (
        *("AdvancedDataType", "Chart", "CssTemplate", "CurrentUserRestApi", "Dashboard"),
        *("DashboardFilterStateRestApi", "DashboardPermalinkRestApi", "Database", "Dataset"),
        *("ExploreFormDataRestApi", "Theme"),
    ),
    "can_write": (
        *("CurrentUserRestApi", "DashboardFilterStateRestApi", "DashboardPermalinkRestApi"),
        "ExploreFormDataRestApi",
    ),
    "can_get": ("MenuApi",),
    "can_get_drill_info": ("Dataset",),
    "can_drill": ("Dashboard",),
    "can_view_chart_as_table": ("Dashboard",),
    "can_time_range": ("Api",),
    "can_list": ("AsyncEventsRestApi",),
    "can_recent_activity": ("Log",),
    "can_csv": ("Superset",),
    "can_dashboard": ("Superset",),
    "can_dashboard_permalink": ("Superset",),
    "can_explore_json": ("Superset",),
    "can_language_pack": ("Superset",),
    "can_log": ("Superset",),
    "can_share_dashboard": ("Superset",),
    "can_userinfo": ("UserDBModelView",),
    "resetmypassword": ("UserDBModelView",),
    "can_this_form_get": ("ResetMyPasswordView",),
    "can_this_form_post": ("ResetMyPasswordView",),
    "menu_access": ("Dashboards",),
}
DEMO_USERS = {
    "executive": ("Erin", "Executive", READER_ROLE, "executive-demo"),
    "operator": ("Oliver", "Operator", READER_ROLE, "operator-demo"),
    "admin": ("Ada", "Admin", "Admin", "admin-demo"),
}
ASSET_KINDS = ("databases", "datasets", "charts", "dashboards")
METADATA = "version: 1.0.0\ntype: assets\ntimestamp: '2026-01-01T00:00:00+00:00'\n"

log = logging.getLogger("meritline.superset")


def asset_files() -> dict[str, str]:
    """The text of every asset by its path inside the assets folder."""
    return {
        f"{kind}/{path.name}": path.read_text(encoding="utf-8")
        for kind in ASSET_KINDS
        for path in sorted((ASSETS / kind).glob("*.yaml"))
    }


def fingerprint(demo: bool) -> str:
    """What a deployment depends on, as one hash."""
    digest = hashlib.sha256()
    for path in sorted([*SOURCE.glob("*.py"), *ASSETS.rglob("*.yaml")]):
        digest.update(f"{path.relative_to(SOURCE)}\0".encode())
        digest.update(path.read_bytes())
    installation = (
        version("apache-superset"),
        demo,
        os.environ.get("MERITLINE_SUPERSET_DB_URI", ""),
        os.environ.get("MERITLINE_LOCALE", ""),
    )
    digest.update(repr(installation).encode())
    return digest.hexdigest()


def is_deployed(home: SupersetHome, wanted: str) -> bool:
    """Whether the last deployment was of exactly this."""
    own_database = "MERITLINE_SUPERSET_DB_URI" not in os.environ
    if own_database and not home.metadata.exists():
        return False
    try:
        return json.loads(home.deployed.read_text())["fingerprint"] == wanted
    except (OSError, ValueError, KeyError):
        return False


def import_assets() -> None:
    """Import every asset, mark it as managed by the repository and drop what left it."""
    import yaml
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db
    from superset.models.core import Database
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    files = asset_files()
    ImportAssetsCommand({"metadata.yaml": METADATA, **files}).run()
    wanted = {UUID(yaml.safe_load(text)["uuid"]) for text in files.values()}
    for model in (Dashboard, Slice, SqlaTable, Database):
        for asset in db.session.query(model).all():
            if asset.uuid in wanted:
                asset.is_managed_externally = True
            elif asset.is_managed_externally:
                log.info("removing %s %s: the repository no longer has it", model.__name__, asset)
                db.session.delete(asset)
        db.session.flush()
    db.session.commit()


def define_reader_role() -> None:
    """Let readers open every dashboard of the repository, and nothing else."""
    from superset.extensions import db, security_manager
    from superset.models.core import Database

    rights = [(name, view) for name, views in READER_RIGHTS.items() for view in views]
    for database in db.session.query(Database).filter_by(is_managed_externally=True):
        if database.tables:
            rights.append(("database_access", database.perm))
    reader = security_manager.find_role(READER_ROLE)
    reader.permissions = [
        security_manager.add_permission_view_menu(name, view) for name, view in rights
    ]
    db.session.commit()


def make_users(home: SupersetHome, demo: bool) -> None:
    """Make the users that are missing; a password that somebody changed stays changed."""
    from superset.extensions import security_manager

    if demo:
        users = DEMO_USERS
    else:
        password = private_secret(home.admin_password, 18)
        users = {"admin": ("Meritline", "Administrator", "Admin", password)}
    for name, (first, last, role, password) in users.items():
        if security_manager.find_user(username=name) is None:
            security_manager.add_user(
                name,
                first,
                last,
                f"{name}@meritline.invalid",
                security_manager.find_role(role),
                password=password,
            )


def migrate() -> None:
    """Bring the metadata database to this version of Superset."""
    from alembic import command
    from superset.extensions import migrate as migration

    command.upgrade(migration.get_config(), "head")


def deploy(home: SupersetHome, demo: bool) -> None:
    """Do everything there is to do, in the order in which it depends on itself."""
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from superset.extensions import appbuilder, security_manager
        from superset.utils.core import override_user

        log.info("migrating the metadata database")
        migrate()
        log.info("defining roles and users")
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        if security_manager.find_role(READER_ROLE) is None:
            security_manager.add_role(READER_ROLE)
        make_users(home, demo)
        log.info("importing %d assets", len(asset_files()))
        with override_user(security_manager.find_user(username="admin")):
            import_assets()
        define_reader_role()


def say_progress() -> None:
    """Show this script's own messages; what the libraries say goes to the deployment's log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("Superset: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def deploy_logged(home: SupersetHome, demo: bool) -> None:
    """Deploy with everything that migrations and libraries print in a file of its own."""
    home.folder.mkdir(parents=True, exist_ok=True)
    with (
        home.deploy_log.open("w") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        logging.basicConfig(level=logging.WARNING, stream=file)
        deploy(home, demo)


def main(arguments: list[str] | None = None) -> int:
    """Deploy from the command line."""
    parser = argparse.ArgumentParser(description="Deploy Superset as the repository describes it.")
    parser.add_argument("--home", type=Path, help="Meritline's home (default: MERITLINE_HOME)")
    parser.add_argument("--demo", action="store_true", help="make the demonstration's users")
    parser.add_argument("--force", action="store_true", help="deploy even if nothing changed")
    options = parser.parse_args(arguments)
    say_progress()
    if options.home:
        os.environ["MERITLINE_HOME"] = str(options.home.resolve())
    home = superset_home()
    wanted = fingerprint(options.demo)
    if not options.force and is_deployed(home, wanted):
        log.info("nothing to deploy, nothing changed")
        return 0
    try:
        deploy_logged(home, options.demo)
    except Exception as error:
        log.error("deployment failed: %s (see %s)", error, home.deploy_log)
        return 3
    record: dict[str, Any] = {"fingerprint": wanted, "demo": options.demo}
    home.deployed.write_text(json.dumps(record))
    log.info("deployed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
