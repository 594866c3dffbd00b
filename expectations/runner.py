"""Runs suites on DuckDB: everything is pushed down, nothing is read into Python."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import great_expectations as gx
import sqlalchemy as sa
from great_expectations import expectations as gxe
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from dagster_project.lib.quality import CheckResult, Layer, Severity, failure_message
from expectations.rules import NoRows, Rule, Within

SHOWN_ROWS = 5
SITE = {
    "class_name": "SiteBuilder",
    "store_backend": {"class_name": "TupleFilesystemStoreBackend"},
    "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
}


class AuditError(Exception):
    """A rule could not be evaluated: the rule is at fault, or what it reads is not there."""


class Auditor:
    """One run's validations and the Data Docs made of them."""

    def __init__(self, database: Path) -> None:
        """Audit through the scratch database file `database`, which is made anew."""
        for leftover in (database, database.with_name(f"{database.name}.wal")):
            leftover.unlink(missing_ok=True)
        database.parent.mkdir(parents=True, exist_ok=True)
        url = f"duckdb:///{database}"
        # An attached file belongs to the process's database, so what this connection attaches is
        # there for Great Expectations' own connections too.
        self._connection = sa.create_engine(url, pool_reset_on_return=None).raw_connection()
        self.execute("set timezone = 'UTC'")
        self._context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                analytics_enabled=False,
                progress_bars=ProgressBarsConfig(globally=False),
                store_backend_defaults=InMemoryStoreBackendDefaults(),
            ),
        )
        self._source = self._context.data_sources.add_sql(
            "meritline", connection_string=url, kwargs={"pool_reset_on_return": None}
        )

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Run one statement on the scratch database and return its rows."""
        return self._query(statement, values)[1]

    @contextmanager
    def attached(self, **databases: Path) -> Iterator[None]:
        """Have database files at hand under the given names, read only."""
        for name, path in databases.items():
            self.execute(f"attach '{path}' as {name} (read_only)")
        try:
            yield
        finally:
            # A connection that stays open keeps a database's file open, detached or not.
            self._source.get_execution_engine().engine.dispose()
            self._source.get_engine().dispose()
            for name in databases:
                self.execute(f"detach {name}")

    def validate(
        self, layer: Layer, subject: str, query: str, rules: Sequence[Rule]
    ) -> list[CheckResult]:
        """Validate the rows of `query` against rules and return one result per rule."""
        if subject in self._source.get_asset_names():
            # A retried step judges again.
            self._source.delete_asset(subject)
        asset = self._source.add_query_asset(subject, query=query)
        suite = self._context.suites.add_or_update(
            gx.ExpectationSuite(subject, expectations=[_expectation(rule) for rule in rules])
        )
        validation = self._context.validation_definitions.add_or_update(
            gx.ValidationDefinition(
                name=subject, data=asset.add_batch_definition_whole_table("all"), suite=suite
            )
        )
        by_name = {rule.name: rule for rule in rules}
        return [
            self._check_result(layer, subject, query, by_name[_name(result)], result)
            for result in validation.run().results
        ]

    def build_docs(self, folder: Path) -> None:
        """Write Great Expectations' Data Docs of this run's validations."""
        shutil.rmtree(folder, ignore_errors=True)
        site = SITE | {"store_backend": SITE["store_backend"] | {"base_directory": str(folder)}}
        self._context.add_data_docs_site(site_name="quality", site_config=site)
        self._context.build_data_docs(site_names=["quality"])

    def close(self) -> None:
        """Let go of the scratch database."""
        self._connection.close()

    def _query(
        self, statement: str, values: Sequence[object] = ()
    ) -> tuple[list[str], list[tuple[object, ...]]]:
        cursor = self._connection.cursor()
        cursor.execute(statement, tuple(values))
        return [column[0] for column in cursor.description or ()], cursor.fetchall()

    def _check_result(
        self,
        layer: Layer,
        subject: str,
        query: str,
        rule: Rule,
        result: ExpectationValidationResult,
    ) -> CheckResult:
        is_passed = bool(result.success)
        observed, paths = ("as expected", ()) if is_passed else self._observed(query, rule, result)
        return CheckResult(
            layer=layer,
            check_name=rule.name,
            subject=subject,
            severity=rule.severity,
            is_passed=is_passed,
            observed=observed,
            expected=rule.expected,
            message=""
            if is_passed
            else failure_message(rule.what, subject, observed, rule.expected, rule.fix),
            paths=paths,
        )

    def _observed(
        self, query: str, rule: Rule, result: ExpectationValidationResult
    ) -> tuple[str, tuple[str, ...]]:
        """Describe what made a rule fail, with the files at fault where its rows name them."""
        errors = [
            info["exception_message"]
            for info in (result.exception_info or {}).values()
            if isinstance(info, dict)
        ]
        if errors:
            raise AuditError(f"{rule.name} could not be evaluated: {errors[0]}")
        if not isinstance(rule, NoRows):
            count, values = (
                result.result.get(key) for key in ("unexpected_count", "partial_unexpected_list")
            )
            return f"{count} values outside, such as {values}", ()
        columns, rows = self._query(rule.query.format(batch=f"({query}) as batch"))
        shown = "; ".join(
            ", ".join(f"{name}={value}" for name, value in zip(columns, row, strict=True))
            for row in rows[:SHOWN_ROWS]
        )
        return (
            f"{result.result.get('observed_value')} rows, such as {shown}",
            tuple(str(row[columns.index("path")]) for row in rows) if "path" in columns else (),
        )


def _expectation(rule: Rule) -> gxe.Expectation:
    """Write a rule as Great Expectations has it."""
    common = {
        "description": f"{rule.what}: expected {rule.expected}",
        "severity": "critical" if rule.severity is Severity.ERROR else "warning",
        "meta": {"name": rule.name},
    }
    if isinstance(rule, NoRows):
        return gxe.UnexpectedRowsExpectation(unexpected_rows_query=rule.query, **common)
    if isinstance(rule, Within):
        return gxe.ExpectColumnValuesToBeBetween(
            column=rule.column, min_value=rule.low, max_value=rule.high, **common
        )
    raise TypeError(f"no expectation for {rule!r}")


def _name(result: ExpectationValidationResult) -> str:
    config = result.expectation_config
    return "" if config is None else config.meta["name"]
