"""What Superset works out anew for every chart, though the answer stays the same.

None of it is about who may see what.
"""

from __future__ import annotations

import copy
import gc
import os
from functools import lru_cache
from typing import TYPE_CHECKING

import duckdb_engine
from sqlalchemy.dialects.postgresql.base import PGIdentifierPreparer

if TYPE_CHECKING:
    from superset.sql.parse import SQLStatement

# Texts of datasets, as they are chosen from, and the last questions; some 200 kB each.
REMEMBERED_TEXTS = 256


def take_shortcuts() -> None:
    """Let Superset remember these; called once, before it answers anybody."""
    know_default_schema()
    know_reserved_words()
    remember_parsed()
    # What is there when the workers are forked stays: nobody need look through it for garbage.
    os.register_at_fork(before=gc.freeze)


def know_default_schema() -> None:
    """Say which schema DuckDB takes for a name without one.

    Superset asks the database itself, by a connection of its own for every chart.
    """
    from superset.db_engine_specs.duckdb import DuckDBEngineSpec

    def default_schema(database: object, catalog: str | None) -> str:
        return "main"

    DuckDBEngineSpec.get_default_schema = staticmethod(default_schema)


def know_reserved_words() -> None:
    """Ask DuckDB for its reserved words once, not for every engine that is made."""
    # The first one adds them to a set that all share.
    duckdb_engine.Dialect()
    duckdb_engine.DuckDBIdentifierPreparer.__init__ = PGIdentifierPreparer.__init__


def remember_parsed() -> None:
    """Parse one text once: for one chart, Superset parses its dataset's four times."""
    from superset.sql.parse import SQLStatement

    parsed = lru_cache(REMEMBERED_TEXTS)(SQLStatement.split_script)

    def split_script(script: str, engine: str) -> list[SQLStatement]:
        # Whoever gets a statement may change it, and does where rows are for some only.
        statements = [copy.copy(statement) for statement in parsed(script, engine)]
        for statement in statements:
            statement._parsed = statement._parsed.copy()
        return statements

    SQLStatement.split_script = staticmethod(split_script)
