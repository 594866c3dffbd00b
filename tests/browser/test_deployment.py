"""Deploying again changes nothing, cleans up after the repository, and readers stay current."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import pytest
import sqlalchemy
from sqlalchemy.engine import Connection
from sqlalchemy.engine.url import make_url

from dagster_project.lib.publishing import swap_link
from tests.browser.server_pages import open_dashboard
from tests.browser.superset_server import SUPERSET, Server, script

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.slow

ASSET_TABLES = ("dbs", "tables", "slices", "dashboards")


def assets(server: Server) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: server.metadata(f"select id, uuid from {table} order by id")
        for table in ASSET_TABLES
    }


def test_deploying_again_is_quick_when_nothing_changed(server: Server) -> None:
    started = time.monotonic()
    again = script("deploy", server.home, "--demo")
    assert again.returncode == 0
    assert "nothing changed" in again.stderr
    assert time.monotonic() - started < 3


def test_deploying_again_keeps_ids_and_removes_what_left_the_repository(server: Server) -> None:
    before = assets(server)
    [columns] = server.metadata(
        "select group_concat(name) from pragma_table_info('slices') where name not in ('id')"
    )
    names = columns[0].split(",")
    for managed, title in ((1, "Left the repository"), (0, "Made by hand")):
        changed = {"uuid": "?", "slice_name": "?", "is_managed_externally": "?"}
        server.metadata(
            f"insert into slices ({','.join(names)}) "
            f"select {','.join(changed.get(name, name) for name in names)} from slices limit 1",
            *(
                {"uuid": uuid.uuid4().bytes, "slice_name": title, "is_managed_externally": managed}[
                    name
                ]
                for name in names
                if name in changed
            ),
        )
    done = script("deploy", server.home, "--demo", "--force")
    assert done.returncode == 0, done.stderr
    titles = {name for (name,) in server.metadata("select slice_name from slices")}
    assert "Left the repository" not in titles
    assert "Made by hand" in titles
    server.metadata("delete from slices where slice_name = 'Made by hand'")
    assert assets(server) == before


def test_secret_key_is_for_its_owner_only(server: Server) -> None:
    key = server.home / "secrets" / "superset_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text()) >= 48


def test_readers_see_a_new_publication_within_ten_seconds(server: Server) -> None:
    """Through Superset, whose cache has the old numbers, and back again."""
    serving = server.home / "serving"
    before = os.readlink(serving / "current")
    [old] = server.query("publication", ["run_id"], {})
    assert server.query("publication", ["run_id"], {}) == [old]
    target = serving / "versions" / "test-publication"
    shutil.copytree(serving / "current", target)
    with duckdb.connect(str(target / "marts.duckdb")) as marts:
        marts.execute("update marts.marts.publication set run_id = 'test-publication'")
    swap_link(serving / "current", "versions/test-publication")
    published = time.monotonic()
    try:
        while server.query("publication", ["run_id"], {}) == [old]:
            assert time.monotonic() - published < 10
            time.sleep(0.2)
        assert server.query("publication", ["run_id"], {}) == [{"run_id": "test-publication"}]
    finally:
        swap_link(serving / "current", before)
        shutil.rmtree(target)
    assert server.query("publication", ["run_id"], {}) == [old]


@pytest.fixture
def connection(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A connection as Superset makes it."""
    monkeypatch.setenv("MERITLINE_HOME", str(server.home))
    monkeypatch.syspath_prepend(str(SUPERSET))
    for name in ("duckdb_access", "superset_home"):
        sys.modules.pop(name, None)
    import duckdb_access

    uri, params = duckdb_access.connect_to_publication(
        make_url("duckdb:///marts.duckdb"), {}, None, None, None
    )
    with sqlalchemy.create_engine(uri, **params).connect() as made:
        yield made
    duckdb_access.close_files()


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "attach '/tmp/other.duckdb' as other",
        "copy (select 1) to '/tmp/copied.csv'",
        "set enable_external_access = true",
        "create table marts.marts.mine (number integer)",
        "delete from marts.marts.publication",
    ],
)
def test_a_connection_reads_its_file_and_does_nothing_else(
    connection: Connection, statement: str
) -> None:
    assert (
        connection.execute(sqlalchemy.text("select count(*) from marts.marts.publication")).scalar()
        == 1
    )
    with pytest.raises(sqlalchemy.exc.DBAPIError):
        connection.execute(sqlalchemy.text(statement))


def test_an_executive_opens_dashboards_and_changes_none(server: Server) -> None:
    rights = {
        (permission, view)
        for permission, view in server.metadata(
            """
            select p.name, v.name
            from ab_role as r
            join ab_permission_view_role as pvr on pvr.role_id = r.id
            join ab_permission_view as pv on pv.id = pvr.permission_view_id
            join ab_permission as p on p.id = pv.permission_id
            join ab_view_menu as v on v.id = pv.view_menu_id
            where r.name = 'Executive'
            """
        )
    }
    assert ("can_read", "Dashboard") in rights
    assert not {view for permission, view in rights if permission == "can_write"} & {
        "Chart",
        "Dashboard",
        "Database",
        "Dataset",
    }
    assert not {view for _, view in rights if "sql" in view.lower()}
    assert {view for name, view in rights if name == "menu_access"} == {"Dashboards"}


def test_the_log_has_nothing_to_worry_about(executive: BrowserContext, server: Server) -> None:
    """When it starts, and when a page is opened; what others were refused is for the log to say."""
    log = server.home / "superset" / "superset.log"
    began = log.stat().st_size
    open_dashboard(executive, server, "executive-scorecard", 900).close()
    text = log.read_bytes()
    said = (text[: server.log_size_at_start] + text[began:]).decode()
    assert [line for line in said.splitlines() if "WARNING" in line or "ERROR" in line] == []
