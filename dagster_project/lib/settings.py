"""What the environment decides. No other module reads `os.environ`."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folder everything that a run writes lives under."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Where files are delivered unless `--inbox` says otherwise."""
        return self.root / "inbox"

    @property
    def lake(self) -> Path:
        """All Parquet that landing writes."""
        return self.root / "lake"

    @property
    def raw(self) -> Path:
        """Admitted rows, live parts only."""
        return self.lake / "raw"

    @property
    def incoming(self) -> Path:
        """Parsed parts on which the expectations have not decided yet."""
        return self.lake / "incoming"

    @property
    def superseded(self) -> Path:
        """Parts replaced since the last publication."""
        return self.lake / "superseded"

    @property
    def rejected(self) -> Path:
        """Lines that did not parse, with field, reason and text."""
        return self.lake / "rejected"

    @property
    def held(self) -> Path:
        """Parsed files that were not admitted."""
        return self.lake / "held"

    @property
    def releases(self) -> Path:
        """Who released which held file and why, one JSON object a line."""
        return self.lake / "releases.jsonl"

    @property
    def build(self) -> Path:
        """Where dbt writes."""
        return self.root / "build"

    @property
    def warehouse(self) -> Path:
        """The warehouse that dbt builds in."""
        return self.build / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        """The marts that dbt builds, not yet published."""
        return self.build / "marts.duckdb"

    @property
    def dirty_mark(self) -> Path:
        """Present, with the run's id, while a build is not published."""
        return self.build / "DIRTY"

    @property
    def serving(self) -> Path:
        """What readers open."""
        return self.root / "serving"

    @property
    def versions(self) -> Path:
        """One folder for each publication."""
        return self.serving / "versions"

    @property
    def current(self) -> Path:
        """Link to the last publication."""
        return self.serving / "current"

    @property
    def published_warehouse(self) -> Path:
        """The warehouse as of the last publication."""
        return self.current / "warehouse.duckdb"

    @property
    def published_marts(self) -> Path:
        """Link behind which the published marts stand."""
        return self.serving / "marts.duckdb"

    @property
    def ops_versions(self) -> Path:
        """One operations file for each run, published or held back."""
        return self.serving / "ops"

    @property
    def ops(self) -> Path:
        """Link to the last run's operations file."""
        return self.serving / "ops.duckdb"

    @property
    def secrets(self) -> Path:
        """Keys made on the first run, readable by the owner only."""
        return self.root / "secrets"

    @property
    def hash_key(self) -> Path:
        """The key that callers' numbers are hashed with."""
        return self.secrets / "hash_key"

    @property
    def dagster(self) -> Path:
        """Dagster's own home."""
        return self.root / "dagster"

    @property
    def superset(self) -> Path:
        """Superset's metadata, logs and process id."""
        return self.root / "superset"

    @property
    def logs(self) -> Path:
        """Logs of the line."""
        return self.root / "logs"

    @property
    def docs(self) -> Path:
        """The pages that the expectations' results are shown on."""
        return self.root / "docs"

    @property
    def run_lock(self) -> Path:
        """Held by the one run that may write."""
        return self.root / "run.lock"


@dataclass(frozen=True)
class Settings:
    """What a run needs to know about where it runs."""

    home: Home
    port: int = 8088
    locale: str = "en"
    threads: int = 2
    memory_limit: str = "4GB"
    given_hash_key: str | None = None

    def hash_key(self) -> str:
        """The key for callers' numbers: given, or made once and kept beside the lake."""
        return self.given_hash_key or _kept_secret(self.home.hash_key)


def load_settings(home: Path | str | None = None) -> Settings:
    """Read the environment.

    Args:
        home: Overrides `MERITLINE_HOME`.
    """
    root = Path(home or os.environ.get("MERITLINE_HOME") or "data").absolute()
    port = os.environ.get("MERITLINE_PORT") or "8088"
    if not port.isdecimal():
        raise ValueError(f"MERITLINE_PORT is {port!r}; expected a port number such as 8088")
    threads = os.environ.get("MERITLINE_THREADS") or str(os.cpu_count() or 2)
    if not threads.isdecimal() or int(threads) < 1:
        raise ValueError(f"MERITLINE_THREADS is {threads!r}; expected a number of at least 1")
    return Settings(
        home=Home(root),
        port=int(port),
        locale=os.environ.get("MERITLINE_LOCALE") or "en",
        threads=int(threads),
        memory_limit=os.environ.get("MERITLINE_MEMORY") or "4GB",
        given_hash_key=os.environ.get("MERITLINE_HASH_KEY") or None,
    )


def _kept_secret(path: Path) -> str:
    """Read a secret, or make it; of two processes that make it at once the first one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
        beside.unlink()
    secret = path.read_text().strip()
    if not secret:
        raise ValueError(f"{path} is empty; restore it (a new key would change all hashes)")
    return secret
