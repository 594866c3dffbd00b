"""Which SQL reaches DuckDB: questions, without functions that reach past the tables."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

# Functions that make rows of their arguments, not of files, settings or other queries.
HARMLESS = {
    *("generate_series", "range", "repeat", "repeat_row", "unnest"),
    *("histogram", "histogram_values", "json_each", "json_tree"),
    *("icu_calendar_names", "pg_timezone_names"),
}
# Functions with one value that tell of the machine, or do more than compute.
TELLING = {
    *("current_query", "current_setting", "getenv", "getvariable", "json_deserialize_sql"),
    *("parse_duckdb_log_message", "pg_sleep", "write_log"),
}
SYSTEM_VIEWS = ("duckdb_", "pragma_")
# Texts that have been checked.
REMEMBERED = 1024
QUESTIONS = (exp.Query, exp.Values, exp.Describe, exp.Summarize, exp.Show)


def forbidden_functions() -> set[str]:
    """Every function of this DuckDB that stands for a table and is not known to be harmless.

    `query`, `query_table` and `json_execute_serialized_sql` hide a table from Superset; `read_…`,
    `glob` and the like open files; `duckdb_…` and `pragma_…` tell of settings and paths.
    """
    with duckdb.connect() as connection:
        found = connection.execute(
            "select distinct function_name from duckdb_functions() "
            "where function_type in ('table', 'table_macro', 'pragma')"
        ).fetchall()
    return {name for (name,) in found} - HARMLESS | TELLING


FORBIDDEN = forbidden_functions()
# Called, also by a quoted name or with a space; what a comment hides, the parser finds.
CALLED = re.compile(rf'\b({"|".join(sorted(FORBIDDEN))})"?\s*\(', re.IGNORECASE)


@lru_cache(REMEMBERED)
def fault_of(sql: str) -> str | None:
    """Why a text must not be run, if so."""
    if found := CALLED.search(sql):
        return f"{found[1].lower()}() is not allowed here"
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except sqlglot.errors.SqlglotError:
        return "this is no SQL that could be checked"
    for statement in statements:
        if statement is None:
            continue  # nothing but a comment
        if not isinstance(statement, QUESTIONS):
            return "only questions (select, describe, summarize) are allowed here"
        for table in statement.find_all(exp.Table):
            if table.name.lower().startswith(SYSTEM_VIEWS):
                return f"{table.name.lower()} is not allowed here"
        for function in statement.find_all(exp.Func):
            anonymous = isinstance(function, exp.Anonymous)
            name = (function.name if anonymous else function.sql_name()).lower()
            if name in FORBIDDEN:
                return f"{name}() is not allowed here"
    return None


def refuse_other_sql(sql: str, **asked_by: Any) -> str:  # noqa: ANN401 - Superset's hook
    """Let a text pass to DuckDB as it is, or say why not."""
    from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
    from superset.exceptions import SupersetErrorException

    if asked_by["database"].backend == "duckdb" and (fault := fault_of(sql)):
        raise SupersetErrorException(
            SupersetError(
                message=f"{fault[0].upper()}{fault[1:]}.",
                error_type=SupersetErrorType.SYNTAX_ERROR,
                level=ErrorLevel.ERROR,
            ),
            status=403,
        )
    return sql
