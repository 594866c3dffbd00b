"""What the environment decides. No other module reads `os.environ`."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# The languages that pages and labels are in.
LOCALES = ("en", "zh")


@dataclass(frozen=True)
class Home:
    """The folder everything that a run writes lives under."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Where files are delivered unless `--inbox` says otherwise."""
        return self.root / "inbox"

    @property
    def fetched(self) -> Path:
        """What was fetched from databases and APIs, laid like an inbox."""
        return self.root / "fetched"

    @property
    def dlt(self) -> Path:
        """How far each source has been fetched, and what is on its way from it."""
        return self.root / "dlt"

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
    def pay(self) -> Path:
        """The pay that dbt builds, not yet published."""
        return self.build / "pay.duckdb"

    @property
    def dirty_mark(self) -> Path:
        """Present, with the run's id, while a build is not published."""
        return self.build / "DIRTY"

    @property
    def anew_mark(self) -> Path:
        """Present until a publication that was built from nothing but files."""
        return self.build / "ANEW"

    @property
    def deletions(self) -> Path:
        """Who was erased and what grew too old: when, by whom and why, one a line."""
        return self.root / "deletions.jsonl"

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
    def published_pay(self) -> Path:
        """Link behind which the published pay stands."""
        return self.serving / "pay.duckdb"

    @property
    def ops_versions(self) -> Path:
        """One operations file for each run, published or held back."""
        return self.serving / "ops"

    @property
    def ops(self) -> Path:
        """Link to the last run's operations file."""
        return self.serving / "ops.duckdb"

    @property
    def ledger(self) -> Path:
        """One folder for each closed month; nothing in it ever changes."""
        return self.root / "ledger"

    @property
    def journal(self) -> Path:
        """Who proposed, approved, accepted, rejected and acknowledged what, one event a line."""
        return self.root / "closing" / "journal.jsonl"

    @property
    def secrets(self) -> Path:
        """Keys made on the first run, readable by the owner only."""
        return self.root / "secrets"

    @property
    def hash_key(self) -> Path:
        """The key that callers' numbers are hashed with."""
        return self.secrets / "hash_key"

    @property
    def pseudonym_key(self) -> Path:
        """The key of the pseudonyms that analysts see."""
        return self.secrets / "pseudonym_key"

    @property
    def hash_key_mark(self) -> Path:
        """What tells that key from others, and does not tell it."""
        return self.secrets / "hash_key_mark"

    @property
    def all_secrets(self) -> dict[str, Path]:
        """Where each secret is kept, by the variable that gives it instead."""
        return {
            "MERITLINE_HASH_KEY": self.hash_key,
            "MERITLINE_SUPERSET_SECRET_KEY": self.secrets / "superset_key",
            "MERITLINE_SUPERSET_ADMIN_PASSWORD": self.secrets / "superset_admin",
        }

    @property
    def person_keys(self) -> Path:
        """The key of each person whom the ledger knows; who has none there is forgotten."""
        return self.secrets / "people.json"

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
    def paper(self) -> Path:
        """Pages and statements as printed, one folder for each publication."""
        return self.root / "paper"

    @property
    def run_lock(self) -> Path:
        """Held by the one run that may write."""
        return self.root / "run.lock"


@dataclass(frozen=True)
class Mail:
    """Where messages go, and by which server (smtp://user:password@host:587, or smtps://)."""

    server: str
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """What a run needs to know about where it runs."""

    home: Home
    port: int = 8088
    locale: str = "en"
    threads: int = 2
    memory_limit: str = "4GB"
    given_hash_key: str | None = None
    given_sources: Path | None = None
    seeds: Path = PROJECT / "seeds"
    mail: Mail | None = None

    @property
    def sources(self) -> Path:
        """The file that declares databases and APIs; where there is none, nothing is fetched."""
        return self.given_sources or self.home.root / "sources.yml"

    def hash_key(self) -> str:
        """The key for callers' numbers: given, or made once and kept beside the lake.

        Raises:
            ValueError: When it is not the one that this home began with.
        """
        mark = self.home.hash_key_mark
        if mark.exists() and not self.given_hash_key and not self.home.hash_key.exists():
            raise ValueError(
                f"{self.home.root} began with a key that MERITLINE_HASH_KEY gave; give the same one"
            )
        key = self.given_hash_key or kept_secret(self.home.hash_key)
        print_of_key = hmac.digest(key.encode(), b"meritline", "sha256").hex()
        if kept_secret(mark, print_of_key) != print_of_key:
            raise ValueError(
                "MERITLINE_HASH_KEY is not the key that the numbers in "
                f"{self.home.root} were hashed with, so that nobody would be known again; "
                "give that one, or begin with an empty home"
            )
        return key


def load_settings(home: Path | str | None = None, seeds: Path | str | None = None) -> Settings:
    """Read the environment.

    Args:
        home: Overrides `MERITLINE_HOME`.
        seeds: Overrides `MERITLINE_SEEDS`.
    """
    root = Path(home or os.environ.get("MERITLINE_HOME") or "data").absolute()
    port = os.environ.get("MERITLINE_PORT") or "8088"
    if not port.isdecimal():
        raise ValueError(f"MERITLINE_PORT is {port!r}; expected a port number such as 8088")
    locale = os.environ.get("MERITLINE_LOCALE") or "en"
    if locale not in LOCALES:
        raise ValueError(f"MERITLINE_LOCALE is {locale!r}; expected {' or '.join(LOCALES)}")
    threads = os.environ.get("MERITLINE_THREADS") or str(os.cpu_count() or 2)
    if not threads.isdecimal() or int(threads) < 1:
        raise ValueError(f"MERITLINE_THREADS is {threads!r}; expected a number of at least 1")
    sources = os.environ.get("MERITLINE_SOURCES")
    if sources and not Path(sources).is_file():
        raise ValueError(f"MERITLINE_SOURCES is {sources!r}; there is no such file")
    folder = Path(seeds or os.environ.get("MERITLINE_SEEDS") or PROJECT / "seeds").absolute()
    if not folder.is_dir():
        raise ValueError(
            f"There is no folder of seeds {str(folder)!r}; see --seeds, MERITLINE_SEEDS"
        )
    return Settings(
        home=Home(root),
        port=int(port),
        locale=locale,
        threads=int(threads),
        memory_limit=os.environ.get("MERITLINE_MEMORY") or "4GB",
        given_hash_key=os.environ.get("MERITLINE_HASH_KEY") or None,
        given_sources=Path(sources).absolute() if sources else None,
        seeds=folder,
        mail=_mail(),
    )


def _mail() -> Mail | None:
    server = os.environ.get("MERITLINE_SMTP")
    recipients = os.environ.get("MERITLINE_MAIL_TO", "").replace(",", " ").split()
    if not server:
        return None
    if not server.startswith(("smtp://", "smtps://")):
        raise ValueError("MERITLINE_SMTP is no address such as smtp://user:password@host:587")
    if not recipients:
        raise ValueError("MERITLINE_SMTP is set and MERITLINE_MAIL_TO is not; name who is to know")
    return Mail(server, os.environ.get("MERITLINE_MAIL_FROM") or recipients[0], tuple(recipients))


def quiet_dlt() -> None:
    """Keep dlt from reporting to its makers and from writing addresses into its log.

    It looks at the environment when it is imported, so this has to come before.
    """
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"


def use_home(home: Home, seeds: Path) -> None:
    """Tell dbt, which reads its profile from the environment, where and with which key it works."""
    os.environ["MERITLINE_HOME"] = str(home.root)
    os.environ["MERITLINE_SEEDS"] = str(seeds)
    # dbt keeps what is called so out of its logs.
    os.environ["DBT_ENV_SECRET_PSEUDONYM_KEY"] = kept_secret(home.pseudonym_key)


def secret(name: str) -> str | None:
    """A secret of a source, which its declaration calls by the name of the variable."""
    return os.environ.get(name) or None


def kept_secret(path: Path, made: str | None = None) -> str:
    """Read a secret, or make it; of two processes that make it at once the first one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(made or secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
        beside.unlink()
    secret = path.read_text().strip()
    if not secret:
        raise ValueError(f"{path} is empty; restore it (a new key would change all hashes)")
    return secret
