"""What a run of the line imports and reads before it does anything; see `launching`.

Only the process that is forked for each run imports this. It opens no database and starts no
thread, since neither survives a fork.
"""

import gc

import dagster._cli.api  # noqa: F401
import dbt.adapters.duckdb.impl
import dbt.cli.main  # noqa: F401

import expectations.runner  # noqa: F401
from dagster_project import definitions
from dagster_project.lib import fingerprint, warehouse
from dagster_project.lib.settings import PROJECT, load_settings

CODE = ("dagster_project", "expectations", "dbt_models")


def _fingerprint() -> str:
    settings = load_settings()
    code = [
        path
        for folder in CODE
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in fingerprint.CODE_SUFFIXES
    ]
    names = sorted(fingerprint.seed_hashes(settings.seeds))
    return fingerprint.hash_files(code, PROJECT) + ",".join(names)


def is_outdated() -> bool:
    """Tell whether code, or the list of seeds, is another than the one that was read."""
    return _fingerprint() != _READ


definitions.defs.resolve_job_def("line")
warehouse.read_ahead(load_settings().home)
_READ = _fingerprint()
# What is read stays for good: collections in the forks need not look through it again.
gc.collect()
gc.freeze()
