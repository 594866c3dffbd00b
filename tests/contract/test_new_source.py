"""Another telephony system joins by one feed entry and its staging models; no other file changes.

The Anonymous Bank's day (A. Mandelbaum, Technion) has figures that others published.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.contract.test_real_files import SHARED
from tests.line import run_line
from tests.pipeline.test_exit_codes import copy_of_project

DAY = SHARED / "anonymous_bank_day" / "calls_one_day.csv"
SOURCE = Path(__file__).with_name("new_source")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DAY.exists(), reason=f"the published real file {DAY} is not here"),
]
# 17:08:28 in Jerusalem.
NOW = "timestamp '1999-08-01 14:08:28'"


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Add the source to a copy of the project and publish its day."""
    folder = tmp_path_factory.mktemp("bank")
    project = copy_of_project(folder / "project")
    shutil.copytree(
        SOURCE / "models", project / "dbt_models" / "models" / "staging" / "anonymous_bank"
    )
    with (project / "dagster_project" / "feeds.yml").open("a") as feeds:
        feeds.write("\n" + (SOURCE / "feed.yml").read_text())
    settings = project / "dbt_models" / "dbt_project.yml"
    named, count = re.subn(
        r"(  contact_sources:\n)",
        r"\1    anonymous_bank: [contacts, visits, legs]\n",
        settings.read_text(),
    )
    assert count == 1
    settings.write_text(named)

    delivered = folder / "home" / "inbox" / "anonymous_bank_day" / DAY.name
    delivered.parent.mkdir(parents=True)
    shutil.copy(DAY, delivered)
    done = run_line(folder / "home", "--as-of", "1999-08-02", project=project)
    assert done.returncode == 0, done.stdout + done.stderr
    connection = duckdb.connect(str(folder / "home" / "serving" / "marts.duckdb"), read_only=True)
    connection.execute("use marts.marts")
    return connection


def figure(marts: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    """Ask for one row of figures about the day so far."""
    row = marts.execute(
        f"""
        with calls as (
            select contacts.*, legs.talk_seconds as talk, legs.end_reason, visits.enqueued_at,
                visits.left_at, coalesce(visits.wait_seconds, 0) as waited,
                coalesce(end_reason in ('agent', 'unfinished'), false) as is_served
            from fct_contacts as contacts
            left join fct_contact_legs as legs using (contact_id)
            left join fct_queue_visits as visits using (contact_id)
            where contacts.started_at <= {NOW}
        ),
        -- Served, or done with queueing by now.
        done as (select * from calls where is_served or (waited > 0 and left_at <= {NOW}))
        {query}
        """
    ).fetchone()
    assert row is not None
    return row


def test_calls_so_far(marts: duckdb.DuckDBPyConnection) -> None:
    assert figure(marts, "select count(*), count(distinct contact_id) from calls") == (1813, 1813)
    assert figure(
        marts, "select count(*), round(100 * count(*) / (select count(*) from calls), 1) from done"
    ) == (1707, 94.2)


def test_who_waited_and_who_was_served(marts: duckdb.DuckDBPyConnection) -> None:
    assert figure(
        marts,
        "select round(100 * avg((waited <= 300)::integer), 1), "
        "round(100 * avg(is_served::integer), 1) from done",
    ) == (89.2, 62.2)


def test_talk(marts: duckdb.DuckDBPyConnection) -> None:
    assert figure(marts, "select sum(talk), round(avg(talk)) from calls") == (229_968, 213)


def test_who_waits_now(marts: duckdb.DuckDBPyConnection) -> None:
    assert figure(
        marts,
        f"select count(*), max(epoch({NOW}) - epoch(enqueued_at)) from calls "
        f"where enqueued_at <= {NOW} and left_at > {NOW}",
    ) == (6, 246)


def test_phantom_calls_are_listed_and_leave_every_kpi(marts: duckdb.DuckDBPyConnection) -> None:
    """2,375 calls, 18 of them phantoms; of the agents' talks those with a phantom do not count."""
    assert marts.execute(
        "select count(*), count(*) filter (exclusion_reason = 'internal') from fct_contacts"
    ).fetchone() == (2375, 18)
    handled = marts.execute(
        "select sum(amount) from fct_measures "
        "where measure = 'handled' and subject_type = 'company'"
    ).fetchone()
    legs = marts.execute("select count(*) from fct_contact_legs where not is_excluded").fetchone()
    assert handled == legs
