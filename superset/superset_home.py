"""Where Superset keeps its things, for every process that configures, deploys or serves it.

Light on purpose: nothing here imports Superset, whose import costs seconds, so that "nothing has
changed" is an answer of milliseconds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
REPOSITORY = SOURCE.parent
ASSETS = SOURCE / "assets"
LOCALES = SOURCE / "locales"
STYLESHEET = ASSETS / "pages.css"


@dataclass(frozen=True)
class SupersetHome:
    """The paths under one Meritline home that Superset reads and writes."""

    root: Path

    @property
    def folder(self) -> Path:
        """Everything that Superset itself writes."""
        return self.root / "superset"

    @property
    def metadata(self) -> Path:
        """Superset's own database when no other is configured."""
        return self.folder / "superset.db"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "superset.log"

    @property
    def deploy_log(self) -> Path:
        """What the libraries said during the last deployment."""
        return self.folder / "deploy.log"

    @property
    def pid(self) -> Path:
        """The process id of the running server."""
        return self.folder / "superset.pid"

    @property
    def served(self) -> Path:
        """The fingerprint of the code that the running server was started with."""
        return self.folder / "served"

    @property
    def deployed(self) -> Path:
        """What was deployed last, to skip a deployment that would change nothing."""
        return self.folder / "deployed.json"

    @property
    def exported(self) -> Path:
        """What Superset exported just after the last deployment, to tell what people changed."""
        return self.folder / "exported.json"

    @property
    def secret_key(self) -> Path:
        """The key that signs sessions and encrypts stored passwords."""
        return self.root / "secrets" / "superset_key"

    @property
    def admin_password(self) -> Path:
        """The administrator's first password, outside the demonstration."""
        return self.root / "secrets" / "superset_admin"

    @property
    def audit(self) -> Path:
        """Who took data along, and who opened pay."""
        return self.root / "audit" / "superset.jsonl"

    def database(self, name: str) -> Path:
        """The published file of one database, behind its links at this moment.

        DuckDB shares an open file between connections of one process by its path; the target's
        path differs with every publication, so that a new connection always opens the newest.
        """
        return (self.root / "serving" / f"{name}.duckdb").resolve()

    def publication_id(self) -> str:
        """The run whose data is being served, or "none" before the first publication."""
        try:
            return os.readlink(self.root / "serving" / "current").rstrip("/").rsplit("/", 1)[-1]
        except OSError:
            return "none"

    def ops_id(self) -> str:
        """The run whose checks and ledger are being served."""
        return self._linked("ops")

    def whatif_id(self) -> str:
        """The answer to the last what-if."""
        return self._linked("whatif")

    def _linked(self, name: str) -> str:
        try:
            return os.readlink(self.root / "serving" / f"{name}.duckdb").rsplit("/", 1)[-1]
        except OSError:
            return "none"


def superset_home(environment: Mapping[str, str] = os.environ) -> SupersetHome:
    """The home that `MERITLINE_HOME` names, else `data` in the repository."""
    return SupersetHome(Path(environment.get("MERITLINE_HOME") or REPOSITORY / "data").resolve())


class MissingSecretError(Exception):
    """A secret that nobody has given or made yet."""


def given_secret(name: str, path: Path, length: int) -> str:
    """The secret that the environment gives, else the one that was made; none is ever invented."""
    secret = os.environ.get(name) or (path.read_text().strip() if path.exists() else "")
    if not secret:
        raise MissingSecretError(
            f"There is no {name} and no {path}. Make the secrets of this home: meritline secrets"
        )
    if len(secret) < length:
        raise MissingSecretError(
            f"{name} is too short: {len(secret)} characters; expected at least {length}"
        )
    return secret
