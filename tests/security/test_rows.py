"""Whoever logs in sees the people that HR says are theirs, whatever they ask."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from types import ModuleType

import duckdb
import pytest

from dagster_project.lib.publishing import swap_link
from tests.browser.superset_server import Server
from tests.security.client import Client
from tests.security.conftest import LOG_INS

pytestmark = pytest.mark.slow


def email_of(server: Server, user: str) -> str:
    [(email,)] = server.metadata("select email from ab_user where username = ?", user)
    return str(email)


def seen_by(server: Server, user: str) -> set[str]:
    """The employees that the published mart lets a user see."""
    query = "select employee_id from access where email = ?"
    return {employee for (employee,) in server.published(query, email_of(server, user))}


def datasets_with(server: Server, roles: ModuleType, user: str, column: str) -> dict[str, int]:
    """The datasets that a role may read and that have a column."""
    uuids = set()
    for page in roles.load_roles()[LOG_INS[user]].pages:
        uuids |= {uuid.replace("-", "") for uuid in roles.page_datasets().get(page, set())}
    return {
        name: number
        for name, number, uuid in server.metadata(
            "select t.table_name, t.id, lower(hex(t.uuid)) from tables as t "
            "join table_columns as c on c.table_id = t.id where c.column_name = ?",
            column,
        )
        if uuid in uuids
    }


def team_days(server: Server) -> int:
    [(number,)] = server.metadata("select id from tables where table_name = 'team_days'")
    return int(number)


@pytest.mark.parametrize("user", ["supervisor", "agent"])
def test_nobody_sees_other_peoples_rows(
    server: Server, roles: ModuleType, client: Callable[[str], Client], user: str
) -> None:
    mine = seen_by(server, user)
    assert mine
    for name, dataset in datasets_with(server, roles, user, "employee_id").items():
        # Whoever sees everybody asks first: what is remembered for them is not for others.
        with_everybody = client("admin").rows(dataset, ["employee_id"])
        everybody = {row["employee_id"] for row in with_everybody}
        rows = client(user).rows(dataset, ["employee_id"])
        assert {row["employee_id"] for row in rows} <= mine, name
        others = sorted(everybody - mine - {None})
        for filters in (
            [{"col": "employee_id", "op": "IN", "val": others}],
            [{"col": "employee_id", "op": "NOT IN", "val": sorted(mine)}],
            [{"col": "employee_id", "op": "LIKE", "val": "%' or '1' = '1"}],
        ):
            assert client(user).rows(dataset, ["employee_id"], filters=filters) == [], name
        detail = client(user).ask(dataset, [], result_type="drill_detail")
        assert not any(f'"{other}"' in detail.text for other in others), name


def test_a_supervisor_sees_the_own_teams_and_no_others(
    server: Server, client: Callable[[str], Client]
) -> None:
    everybody = {row["team"] for row in client("admin").rows(team_days(server), ["team"])}
    mine = {row["team"] for row in client("supervisor").rows(team_days(server), ["team"])}
    assert len(mine) == 1 < len(everybody)
    assert everybody == {row["team"] for row in client("admin").rows(team_days(server), ["team"])}
    for team in everybody - mine:
        filters = [{"col": "team", "op": "==", "val": team}]
        assert client("supervisor").rows(team_days(server), ["team"], filters=filters) == []


def test_whoever_led_a_team_until_yesterday_sees_it_no_longer(
    server: Server, client: Callable[[str], Client]
) -> None:
    """With the next publication, without any change in Superset."""
    serving = server.home / "serving"
    before = os.readlink(serving / "current")
    assert client("supervisor").rows(team_days(server), ["team"])
    target = serving / "versions" / "test-access"
    shutil.copytree(serving / "current", target)
    with duckdb.connect(str(target / "marts.duckdb")) as marts:
        marts.execute("update marts.marts.publication set run_id = 'test-access'")
        marts.execute(
            "delete from marts.marts.access where email = ?", [email_of(server, "supervisor")]
        )
    swap_link(serving / "current", "versions/test-access")
    try:
        assert client("supervisor").rows(team_days(server), ["team"]) == []
        assert client("executive").rows(team_days(server), ["team"]) != []
    finally:
        swap_link(serving / "current", before)
        shutil.rmtree(target)


def test_a_dataset_about_people_has_a_rule(roles: ModuleType) -> None:
    restricted = set()
    for rule in roles.row_rules().values():
        restricted |= rule["datasets"]
    databases = roles.load_assets("databases")
    watched = {databases[name]["uuid"] for name in roles.ACCESS_TABLES}
    telling = {"employee_id", "full_name", "employee_label", "team"}
    for name, dataset in roles.load_assets("datasets").items():
        columns = {column["column_name"] for column in dataset["columns"]}
        if dataset["database_uuid"] in watched and columns & telling:
            assert dataset["uuid"] in restricted, name
    assert not any(
        role.sees == "everybody"
        for name, role in roles.load_roles().items()
        if name in {"Supervisor", "Agent"}
    )
