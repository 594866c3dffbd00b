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

from demo_users import DEMO_USERS, demo_emails
from roles import ADMIN, define_roles, load_assets, make_roles
from superset_home import (
    ASSETS,
    LOCALES,
    SOURCE,
    STYLESHEET,
    MissingSecretError,
    SupersetHome,
    given_secret,
    superset_home,
)

from dagster_project.lib.settings import kept_secret

# What else of the environment a deployment and a running server depend on.
SETTINGS = (
    *("HTTPS", "LOCALE", "REDIS_URL", "SUPERSET_DB_URI"),
    *("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_ROLES", "OIDC_ROLES_CLAIM"),
)
ASSET_KINDS = ("databases", "datasets", "charts", "dashboards")
METADATA = "version: 1.0.0\ntype: assets\ntimestamp: '2026-01-01T00:00:00+00:00'\n"

log = logging.getLogger("meritline.superset")


def asset_files() -> dict[str, str]:
    """The text of every asset, as it is imported, by its path inside the assets folder."""
    from describe import dump
    from wording import catalogue, worded

    words, files = catalogue(), {}
    for kind in ASSET_KINDS:
        for name, written in load_assets(kind).items():
            asset = worded(kind, written, words)
            if kind == "dashboards":
                asset["css"] = STYLESHEET.read_text(encoding="utf-8")
            files[f"{kind}/{name}.yaml"] = dump(asset)
    return files


def fingerprint(home: SupersetHome, demo: bool) -> str:
    """What a deployment depends on, as one hash."""
    digest = hashlib.sha256()
    code = (*SOURCE.glob("*.py"), *SOURCE.glob("*.yaml"))
    written = (*code, *LOCALES.glob("*.yaml"), *ASSETS.rglob("*.*"))
    for path in sorted(written):
        digest.update(f"{path.relative_to(SOURCE)}\0".encode())
        digest.update(path.read_bytes())
    installation = (
        version("apache-superset"),
        demo_emails(home) if demo else {},
        *(os.environ.get(f"MERITLINE_{name}", "") for name in SETTINGS),
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
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.connectors.sqla.models import SqlaTable
    from superset.extensions import db
    from superset.models.core import Database
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    wanted = {UUID(asset["uuid"]) for kind in ASSET_KINDS for asset in load_assets(kind).values()}
    log.info("importing %d assets", len(wanted))
    ImportAssetsCommand({"metadata.yaml": METADATA, **asset_files()}).run()
    for model in (Dashboard, Slice, SqlaTable, Database):
        for asset in db.session.query(model).all():
            if asset.uuid in wanted:
                asset.is_managed_externally = True
            elif asset.is_managed_externally:
                log.info("removing %s %s: the repository no longer has it", model.__name__, asset)
                db.session.delete(asset)
        db.session.flush()
    db.session.commit()


def make_users(home: SupersetHome, demo: bool) -> None:
    """Make the users that are missing; a password that somebody changed stays changed.

    The demonstration's users are who they are: their role and whom they stand for are set anew.
    """
    from superset.extensions import db, security_manager

    if demo:
        users, emails = DEMO_USERS, demo_emails(home)
    else:
        password = given_secret("MERITLINE_SUPERSET_ADMIN_PASSWORD", home.admin_password, 12)
        users = {"admin": ("Meritline", "Administrator", ADMIN, password)}
        emails = {"admin": "admin@meritline.invalid"}
    for name, (first, last, role_name, password) in users.items():
        role, user = security_manager.find_role(role_name), security_manager.find_user(name)
        if user is None:
            security_manager.add_user(name, first, last, emails[name], role, password=password)
        elif demo:
            user.roles, user.email = [role], emails[name]
    db.session.commit()


def check_secrets(home: SupersetHome, demo: bool) -> None:
    """Stop before anything is made, unless there is a key and a password for the administrator."""
    given_secret("MERITLINE_SUPERSET_SECRET_KEY", home.secret_key, 32)
    if not demo:
        given_secret("MERITLINE_SUPERSET_ADMIN_PASSWORD", home.admin_password, 12)


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
        from export import remember
        from superset.extensions import appbuilder, security_manager
        from superset.utils.core import override_user

        log.info("migrating the metadata database")
        migrate()
        log.info("defining roles and users")
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        make_roles()
        make_users(home, demo)
        with override_user(security_manager.find_user(username="admin")):
            import_assets()
            remember(home)
        define_roles()


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
    if options.demo:
        kept_secret(home.secret_key)
    try:
        check_secrets(home, options.demo)
    except MissingSecretError as error:
        log.error("%s", error)
        return 2
    wanted = fingerprint(home, options.demo)
    if not options.force and is_deployed(home, wanted):
        log.info("nothing to deploy, nothing changed")
        return 0
    try:
        deploy_logged(home, options.demo)
    except Exception as error:
        log.error("deployment failed: %s (see %s)", error, home.deploy_log)
        return 3
    record: dict[str, Any] = {
        "fingerprint": wanted,
        "demo": options.demo,
        "locale": os.environ.get("MERITLINE_LOCALE") or "en",
    }
    home.deployed.write_text(json.dumps(record))
    log.info("deployed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
