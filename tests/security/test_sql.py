"""Analysts ask their own database whatever they like, and nothing beyond it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.superset_server import Server
from tests.security.client import Client

pytestmark = pytest.mark.slow
QUESTIONS = (
    "select count(*) from analyst.marts.scorecards",
    "with s as (from analyst.marts.scorecards) select max(score) from s where role glob 'a*'",
    "describe analyst.marts.scorecards",
)
REFUSED = (
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_parquet('/tmp/x.parquet')",
    "from '/etc/passwd'",
    "select * from glob('/*')",
    "attach '/tmp/x.duckdb' as x",
    "copy (select 1) to '/tmp/x.csv'",
    "export database '/tmp/x'",
    "pragma database_list",
    "select * from pragma_database_list",
    "select * from duckdb_databases",
    "select * from duckdb_settings()",
    "select * from query('select 1')",
    "select * from \"query\"  ('select 1')",
    "select * from query/**/('select 1')",
    "select * from query_table('scorecards')",
    "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "select getenv('HOME')",
    "select current_setting('memory_limit')",
    "set memory_limit = '9GB'",
    "install httpfs",
    "load json",
    "call query('select 1')",
    "prepare x as select 1",
    "create table t as select 1",
    "delete from analyst.marts.scorecards",
    "select 1; drop table analyst.marts.scorecards",
    "checkpoint",
    "select '{{ dataset(1) }}'",
    "select full_name from analyst.marts.dim_employee",
)
ELSEWHERE = (
    "select 1",
    "select full_name from marts.marts.dim_employee",
    "summarize marts.marts.dim_employee",
    "select array(table marts.marts.dim_employee)",
    "summarize pay.marts.compensation_inputs",
)


def is_answered(client: Client, database: int, sql: str) -> bool:
    """Whether SQL Lab gave rows; else it has to say in words why not."""
    answer = client.sql(database, sql).json()
    assert ("data" in answer) != bool(answer.get("errors")), answer
    return "data" in answer


@pytest.fixture(scope="module")
def databases(server: Server) -> dict[str, int]:
    return dict(server.metadata("select database_name, id from dbs"))


def test_what_analysts_may_ask_is_answered(
    client: Callable[[str], Client], databases: dict[str, int]
) -> None:
    own = databases["Meritline for analysts"]
    assert [sql for sql in QUESTIONS if not is_answered(client("analyst"), own, sql)] == []


def test_what_reaches_past_the_tables_is_refused(
    client: Callable[[str], Client], databases: dict[str, int]
) -> None:
    own = databases["Meritline for analysts"]
    assert [sql for sql in REFUSED if is_answered(client("analyst"), own, sql)] == []


@pytest.mark.parametrize("name", ["Meritline marts", "Meritline pay", "Meritline ops"])
def test_other_databases_are_not_for_sql(
    client: Callable[[str], Client], databases: dict[str, int], name: str
) -> None:
    asked = client("analyst"), databases[name]
    assert [sql for sql in ELSEWHERE if is_answered(*asked, sql)] == []
