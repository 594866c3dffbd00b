"""Recomputing a closed month from what the ledger kept of it: rows, and the code that paid them.

The Python models of pay are functions of what `dbt.ref` gives them. At the closing they go into the
ledger with the rows that they read; replaying calls these very files on these very rows, whatever
the models have become since.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

from dagster_project import lib
from dagster_project.lib import ledger
from dagster_project.lib.database import quoted

_LIBRARY = "dagster_project/lib"
_MODELS = "dbt_models/models/intermediate/pay"
# Each list in the order in which they need each other.
MODULES = ("pay", "pay_rows")
PYTHON_MODELS = ("int_pay__parts", "int_pay__statements")
LINES = "int_pay__statement_lines"
STATEMENTS = f"{ledger.RESULTS}/statements.parquet"


class _Dbt:
    """What a Python model asks of dbt: a relation by name."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def ref(self, name: str) -> duckdb.DuckDBPyRelation:
        """Return the rows of a model."""
        return self.connection.table(name)


def keep_code(project: Path, folder: Path) -> None:
    """Put the code that makes statements into the folder of a month."""
    (folder / ledger.CODE).mkdir()
    for file in (
        *(project / _LIBRARY / f"{name}.py" for name in MODULES),
        *(project / _MODELS / f"{name}.py" for name in PYTHON_MODELS),
        project / _MODELS / f"{LINES}.sql",
    ):
        shutil.copyfile(file, folder / ledger.CODE / file.name)


def replay(folder: Path) -> list[str]:
    """Compute the statements of a month again; return in words what differs, nothing if nothing.

    Args:
        folder: A month in the ledger, or as it is staged for it.
    """
    code = folder / ledger.CODE
    with (
        duckdb.connect() as connection,
        tempfile.TemporaryDirectory() as scratch,
        _library_of(code),
    ):
        connection.execute("set threads = 1")
        connection.execute("set timezone = 'UTC'")
        for table in ledger.INPUT_TABLES:
            rows = quoted(str(folder / table.file))
            connection.execute(f"create table {table.name} as from {rows}")
        for name in PYTHON_MODELS:
            model = _module(name, code / f"{name}.py").model
            rows = model(_Dbt(connection), connection)
            connection.register("computed", rows)
            connection.execute(f"create table {name} as from computed")
            connection.unregister("computed")
        query = re.sub(
            r"\{\{\s*ref\('(\w+)'\)\s*\}\}", r"\1", (code / f"{LINES}.sql").read_text("utf-8")
        )
        again = Path(scratch) / "statements.parquet"
        columns = _columns(connection, folder / STATEMENTS)
        lines = connection.sql(f"select {columns} from ({query})")  # noqa: S608 - closed code
        ledger.write_parquet(connection, lines, again)
        if ledger.sha256(again) == ledger.sha256(folder / STATEMENTS):
            return []
        return _differences(connection, folder / STATEMENTS, again)


def _columns(connection: duckdb.DuckDBPyConnection, file: Path) -> str:
    """Return the columns of the closed statements, each with its type."""
    described = connection.execute(f"describe from {quoted(str(file))}").fetchall()
    return ", ".join(f"cast({name} as {kind}) as {name}" for name, kind, *_ in described)


def _differences(connection: duckdb.DuckDBPyConnection, closed: Path, again: Path) -> list[str]:
    """Name the lines of statements that only one of two files has."""
    found: list[str] = []
    for what, one, other in (("closed", closed, again), ("replayed", again, closed)):
        rows = connection.execute(
            f"select employee_id, line_number, label, arithmetic, amount from "  # noqa: S608
            f"(from {quoted(str(one))} except from {quoted(str(other))}) order by 1, 2 limit 5"
        ).fetchall()
        found += [f"only {what}: {', '.join(map(str, row))}" for row in rows]
    return found or ["the same lines, but other bytes: written by another version of DuckDB"]


@contextmanager
def _library_of(code: Path) -> Generator[None]:
    """Let models import the closed modules while they run."""
    today = {name: sys.modules.pop(f"{lib.__name__}.{name}", None) for name in MODULES}
    try:
        for name in MODULES:
            _set(name, _module(f"{lib.__name__}.{name}", code / f"{name}.py"))
        yield
    finally:
        for name, module in today.items():
            _set(name, module)


def _set(name: str, module: ModuleType | None) -> None:
    """Make a module the one that `from dagster_project.lib import name` gives."""
    full = f"{lib.__name__}.{name}"
    if module is not None:
        sys.modules[full] = module
        setattr(lib, name, module)
    elif hasattr(lib, name):
        del sys.modules[full]
        delattr(lib, name)


def _module(name: str, file: Path) -> Any:  # noqa: ANN401 - whatever the file defines
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None  # noqa: S101 - a file of Python
    module: ModuleType = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        # Nothing is written beside the closed file.
        sys.dont_write_bytecode, written = True, sys.dont_write_bytecode
        spec.loader.exec_module(module)
        sys.dont_write_bytecode = written
    finally:
        if before is None:
            sys.modules.pop(name)
        else:
            sys.modules[name] = before
    return module
