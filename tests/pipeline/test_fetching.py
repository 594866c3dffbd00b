"""What stands in databases and behind APIs arrives once, whatever happens on the way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.landed import ledger
from dagster_project.lib.landing import Parser
from dagster_project.lib.settings import Home
from dagster_project.lib.sources import SourcesError, load_sources
from tests.landing import land
from tests.line import AS_OF, PROJECT, ops_rows
from tests.pipeline.api import TOKEN, Api, serve
from tests.pipeline.postgresql import PASSWORD, Server, postgresql

pytestmark = pytest.mark.slow

FEEDS = load_feeds()
ENVIRONMENT = {"PEOPLE_PASSWORD": PASSWORD, "SURVEY_TOKEN": TOKEN}
EMPLOYEES = """
    create table {0} (
        employee_id text primary key, display_name text, national_id text, hire_date date,
        base_pay numeric(12, 2), updated_at timestamptz
    )"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as server:
        yield server


@pytest.fixture
def database(server: Server) -> Server:
    """An empty database."""
    server.execute("drop schema public cascade", "create schema public")
    return server


@pytest.fixture
def api() -> Iterator[Api]:
    with serve() as api:
        yield api


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


# ---- how the tests fetch and look ----------------------------------------------------------------


def declare(home: Home, **connections: object) -> None:
    home.root.mkdir(exist_ok=True)
    (home.root / "sources.yml").write_text(yaml.safe_dump(connections, sort_keys=False))


def people(database: Server, *feeds: dict[str, object]) -> dict[str, object]:
    return {
        "kind": "sql_database",
        "url": database.url(),
        "password": {"env": "PEOPLE_PASSWORD"},
        "feeds": list(feeds),
    }


def employees(**more: object) -> dict[str, object]:
    columns = {"full_name": "display_name"}
    entry = {"feed": "hr_employees", "table": "employees", "cursor": "updated_at"}
    return {**entry, "columns": columns, **more}


def voices(api: Api, paging: str = "numbered", **more: object) -> dict[str, object]:
    by_number = {"type": "page_number", "base_page": 1, "has_more_path": "has_more"}
    by_cursor = {"type": "cursor", "cursor_path": "after", "cursor_param": "cursor"}
    return {
        "kind": "rest_api",
        "base_url": api.url,
        "auth": {"type": "bearer", "token": {"env": "SURVEY_TOKEN"}},
        "paginator": by_number if paging == "numbered" else by_cursor,
        "feeds": [
            {
                "feed": "surveys",
                "path": paging,
                "records": "surveys" if paging == "numbered" else "data.surveys",
                "cursor": "answered_at",
                "since": "since",
                **more,
            }
        ],
    }


def fetch(home: Home, *, anew: bool = False) -> dict[str, Any]:
    """Fetch in this process; return what came of each source."""
    from dagster_project.lib import fetching

    sources = load_sources(home.root / "sources.yml", FEEDS)
    return {
        source.feed: fetching.fetch(home, source, FEEDS[source.feed], ENVIRONMENT.get, anew=anew)
        for each in sources.values()
        for source in each
    }


def fetched_rows(home: Home, feed: str) -> int:
    fetched = fetch(home)[feed]
    assert fetched.fault is None
    return fetched.rows


def rows_in_lake(home: Home, feed: str) -> dict[tuple[object, ...], dict[str, object]]:
    """Land what was fetched; return the latest row of each key, as staging chooses it."""
    home.inbox.mkdir(parents=True, exist_ok=True)
    files = land(home, home.inbox, FEEDS, Parser("key"))
    assert not [file for file in files if file.status == "held"]
    declared = FEEDS[feed]
    order = [f"{declared.latest} nulls first"] if declared.latest else []
    found = duckdb.sql(
        f"select * from read_parquet('{home.raw}/{feed}/*.parquet', union_by_name = true) "
        f"order by {', '.join([*order, '_path', '_line_number'])}"
    )
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    latest = {tuple(row[name] for name in declared.key): row for row in rows}
    parts = [row for row in ledger(home, FEEDS) if row.feed == feed]
    assert sum(part.accepted for part in parts) == len(latest)
    assert sum(part.rejected for part in parts) == 0
    return latest


def line(home: Home, command: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run `meritline` with the secrets in its environment; return its exit code and words."""
    process = start(home, command, *arguments, **environment)
    said, _ = process.communicate()
    return process.returncode, said


def start(home: Home, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    names = {name: value for name, value in os.environ.items() if "MERITLINE" not in name}
    return subprocess.Popen(
        [sys.executable, "-m", "dagster_project.cli", *arguments, "--home", str(home.root)],
        cwd=PROJECT,
        env={**names, "MERITLINE_HASH_KEY": "test", "COLUMNS": "200", **ENVIRONMENT, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def survey(number: int, *, answer: str = "5", minute: int | None = None) -> dict[str, str]:
    at = number if minute is None else minute
    return {
        "survey_id": f"S{number:04}",
        "contact_ref": f"C{number}",
        "customer_ref": "+37120000000",
        "answered_at": f"2026-10-01T{at // 60:02}:{at % 60:02}:00Z",
        "question": "csat",
        "answer": answer,
        "scale_max": "5",
    }


def insert_employees(database: Server, first: int, last: int) -> None:
    database.execute(
        "insert into employees select 'E' || lpad(i::text, 4, '0'), 'Name ' || i, 'secret', "
        "'2026-01-01', 1000.50, '2026-10-01 00:00:00+00'::timestamptz + i * interval '1 minute' "
        f"from generate_series({first}, {last}) as i"
    )


# ---- databases -----------------------------------------------------------------------------------


def test_the_second_fetch_takes_only_what_is_newer(database: Server, home: Home) -> None:
    declare(home, people=people(database, employees(site="riga")))
    database.execute(EMPLOYEES.format("employees"))
    insert_employees(database, 1, 40)
    assert fetched_rows(home, "hr_employees") == 40
    assert fetched_rows(home, "hr_employees") == 0
    insert_employees(database, 41, 45)
    database.execute(
        "update employees set display_name = 'Married', updated_at = '2026-10-03' "
        "where employee_id = 'E0007'"
    )
    assert fetched_rows(home, "hr_employees") == 6
    rows = rows_in_lake(home, "hr_employees")
    assert len(rows) == 45
    assert rows[("E0007",)]["full_name"] == "Married"
    assert rows[("E0001",)]["_site_id"] == "riga"
    assert str(rows[("E0001",)]["updated_at"]) == "2026-10-01 00:01:00"
    assert rows[("E0001",)]["updated_at_is_utc"]


def test_rows_of_the_instant_where_the_last_fetch_stopped_are_not_lost(
    database: Server, home: Home
) -> None:
    declare(home, people=people(database, employees()))
    database.execute(EMPLOYEES.format("employees"))
    insert_employees(database, 1, 3)
    assert fetched_rows(home, "hr_employees") == 3
    # One more of the same instant, and a change that left the instant as it was.
    database.execute(
        "insert into employees select 'E9999', display_name, national_id, hire_date, base_pay, "
        "updated_at from employees where employee_id = 'E0003'",
        "update employees set base_pay = 2000 where employee_id = 'E0003'",
    )
    assert fetched_rows(home, "hr_employees") == 2
    rows = rows_in_lake(home, "hr_employees")
    assert set(rows) == {("E0001",), ("E0002",), ("E0003",), ("E9999",)}
    assert rows[("E0003",)]["base_pay"] == 2000


def test_rows_without_a_cursor_and_tables_without_one_come_again_only_when_changed(
    database: Server, home: Home
) -> None:
    declare(
        home,
        people=people(
            database,
            employees(),
            {"feed": "hr_identities", "table": "identities"},
        ),
    )
    database.execute(
        EMPLOYEES.format("employees"),
        "create table identities (site text, login text, employee_id text, valid_from date, "
        "valid_to date)",
        "insert into identities values ('riga', 'Agent/1', 'E0001', '2026-01-01', null)",
    )
    insert_employees(database, 1, 3)
    database.execute("update employees set updated_at = null where employee_id = 'E0002'")
    first, again, later = fetch(home), fetch(home), fetch(home)
    assert [first[feed].rows for feed in ("hr_employees", "hr_identities")] == [3, 1]
    # What has no time is asked for again: once more than needed, then known.
    assert [again[feed].rows for feed in ("hr_employees", "hr_identities")] == [1, 0]
    assert [later[feed].rows for feed in ("hr_employees", "hr_identities")] == [0, 0]
    database.execute("update employees set base_pay = 1 where employee_id = 'E0002'")
    assert fetched_rows(home, "hr_employees") == 1
    assert rows_in_lake(home, "hr_employees")[("E0002",)]["base_pay"] == 1


def test_the_first_value_of_the_cursor_and_everything_anew(database: Server, home: Home) -> None:
    declare(home, people=people(database, employees(initial="2026-10-01T00:21:00Z")))
    database.execute(EMPLOYEES.format("employees"))
    insert_employees(database, 1, 40)
    assert fetched_rows(home, "hr_employees") == 20
    insert_employees(database, 41, 41)
    assert fetched_rows(home, "hr_employees") == 1
    assert fetch(home, anew=True)["hr_employees"].rows == 21
    assert len(rows_in_lake(home, "hr_employees")) == 21


def test_only_what_the_feed_wants_is_fetched(database: Server, home: Home) -> None:
    declare(home, people=people(database, employees()))
    database.execute(EMPLOYEES.format("employees"))
    insert_employees(database, 1, 3)
    fetch(home)
    (file,) = home.fetched.rglob("*.parquet")
    assert "national_id" not in duckdb.read_parquet(str(file)).columns


@pytest.mark.parametrize("moment", ["extracting", "writing", "naming", "remembering"])
def test_a_killed_fetch_is_finished_by_the_next_one(
    moment: str, database: Server, home: Home
) -> None:
    declare(home, people=people(database, employees()))
    database.execute(EMPLOYEES.format("employees"))
    insert_employees(database, 1, 1200)
    work = home.dlt / "work" / "people-hr_employees-default"
    memory = work / "pipelines" / work.name
    signs: dict[str, Callable[[], bool]] = {
        "extracting": lambda: any((memory / "normalize").rglob("*.parquet")),
        "writing": lambda: any((memory / "load" / "normalized").rglob("*.parquet")),
        "naming": lambda: any((work / "loaded").rglob("*.parquet")),
        "remembering": lambda: any(home.fetched.rglob("*.parquet")),
    }
    kill_when(home, signs[moment])
    insert_employees(database, 1201, 1203)
    code, said = line(home, "fetch")
    assert code == 0, said
    assert len(rows_in_lake(home, "hr_employees")) == 1203
    assert fetched_rows(home, "hr_employees") == 0
    assert not work.exists()
    assert len(list((home.dlt / "cursors" / work.name).iterdir())) == 1


def kill_when(home: Home, is_reached: Callable[[], bool]) -> None:
    """Start a fetch and kill it at a moment; one that was quicker has nothing to finish."""
    process = start(home, "fetch")
    while process.poll() is None and not is_reached():
        time.sleep(0.0005)
    process.kill()
    process.communicate()


def test_a_table_without_a_key_may_be_fetched_twice(database: Server, home: Home) -> None:
    """Legs are written when they end and dated by their start: the cursor looks a day back."""
    cdr = {"feed": "asterisk_cdr", "site": "manila", "table": "cdr", "cursor": "calldate"}
    declare(home, exchange=people(database, {**cdr, "lag_seconds": 86400}))
    leg = "insert into cdr values ('2026-10-01 {}', '101', '{}', 10, 5, 'ANSWERED', '{}')"
    database.execute(
        "create table cdr (calldate timestamp, src text, dst text, duration int, billsec int, "
        "disposition text, uniqueid text)",
        *(leg.format(f"1{n}:00:00", 200 + n, n) for n in range(5)),
        # Two legs that differ in nothing.
        leg.format("13:30:00", 299, 9),
        leg.format("13:30:00", 299, 9),
    )
    assert fetched_rows(home, "asterisk_cdr") == 7
    assert fetched_rows(home, "asterisk_cdr") == 0
    database.execute(leg.format("09:00:00", 300, 10), leg.format("15:00:00", 301, 11))
    assert fetched_rows(home, "asterisk_cdr") == 9
    home.inbox.mkdir()
    land(home, home.inbox, FEEDS, Parser("key"))
    parts = [row for row in ledger(home, FEEDS) if row.feed == "asterisk_cdr"]
    assert sum(row.accepted for row in parts) == 9
    assert sum(row.duplicates for row in parts) == 7


# ---- APIs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("paging", ["numbered", "exported"])
def test_an_api_that_limits_fails_and_repeats_gives_everything_once(
    paging: str, api: Api, home: Home
) -> None:
    declare(home, voices=voices(api, paging))
    api.records = [survey(number) for number in range(35)]
    if paging == "numbered":
        # A record that stands on two pages.
        api.records.insert(10, api.records[9])
    api.faults = ["429", "500", "", "reset", "503", "", "cut"]
    assert fetched_rows(home, "surveys") == 35
    assert not api.faults
    assert set(rows_in_lake(home, "surveys")) == {(f"S{n:04}", "csat") for n in range(35)}
    api.served.clear()
    api.records += [survey(number) for number in (35, 36)]
    assert fetched_rows(home, "surveys") == 2
    assert "since=2026-10-01T00%3A34%3A00Z" in api.served[0]
    assert fetched_rows(home, "surveys") == 0
    rows = rows_in_lake(home, "surveys")
    assert len(rows) == 37
    assert all(re.fullmatch("[0-9a-f]{24}", str(row["customer_hash"])) for row in rows.values())


@pytest.mark.parametrize("paging", ["numbered", "exported"])
def test_pages_that_change_while_they_are_read_lose_nothing(
    paging: str, api: Api, home: Home
) -> None:
    """A record that is changed moves to the end, and all others to an earlier page."""
    declare(home, voices=voices(api, paging))
    api.records = [survey(number) for number in range(35)]
    changed = []

    def change(page: int) -> None:
        if page == 3 and not changed:
            moved = api.records.pop(4)
            changed.append(moved["survey_id"])
            api.records.append(survey(4, answer="1", minute=90))

    api.before_page = change
    fetched_rows(home, "surveys")
    assert changed == ["S0004"]
    rows = rows_in_lake(home, "surveys")
    assert set(rows) == {(f"S{n:04}", "csat") for n in range(35)}
    assert rows[("S0004", "csat")]["answer"] == "1"


def test_records_of_a_feed_of_json_lines_are_read_as_its_files_are(
    api: Api, home: Home, tmp_path: Path
) -> None:
    api.records = [
        {
            "ContactId": f"c{number}",
            "Channel": "VOICE",
            "InitiationTimestamp": f"2026-10-01T10:0{number}:00Z",
            "LastUpdateTimestamp": f"2026-10-01T11:0{number}:00Z",
            "CustomerEndpoint": {"Address": "+35312345678"},
            "Agent": {"Username": "Zoë", "AgentInteractionDuration": 7} if number else None,
            "Queue": {"Name": "billing"},
        }
        for number in range(3)
    ]
    feed = {"feed": "connect_contact_records", "path": "listed", "cursor": "LastUpdateTimestamp"}
    entry = voices(api)
    declare(home, desk={**entry, "paginator": {"type": "single_page"}, "feeds": [feed]})
    assert fetched_rows(home, "connect_contact_records") == 3
    api.records[1]["Channel"] = "CHAT"
    api.records[1]["LastUpdateTimestamp"] = "2026-10-01T12:00:00Z"
    assert fetched_rows(home, "connect_contact_records") == 1
    delivered = Home(tmp_path / "delivered")
    file = delivered.inbox / "connect_contact_records" / "records.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("".join(json.dumps(record) + "\n" for record in api.records))
    # The changed record has replaced a fetched one, which stays in the lake as a duplicate.
    rows = [
        {
            key: {name: value for name, value in row.items() if name[0] != "_"}
            for key, row in rows_in_lake(each, "connect_contact_records").items()
        }
        for each in (home, delivered)
    ]
    assert rows[0] == rows[1]
    assert rows[0][("default", "c1")]["agent_login"] == "Zoë"


def test_a_killed_fetch_of_an_api_begins_again(api: Api, home: Home) -> None:
    declare(home, voices=voices(api))
    api.records = [survey(number) for number in range(35)]
    started = start(home, "fetch")
    api.before_page = lambda page: started.kill() if page == 3 else None
    started.communicate()
    assert started.returncode == -signal.SIGKILL
    api.before_page = lambda page: None
    assert not list(home.fetched.rglob("*.parquet"))
    assert fetched_rows(home, "surveys") == 35
    assert len(rows_in_lake(home, "surveys")) == 35


# ---- what goes wrong, and how it is said ---------------------------------------------------------


def test_a_source_that_stays_away_keeps_no_other_from_arriving(
    api: Api, database: Server, home: Home
) -> None:
    down = {**people(database, employees()), "url": "postgresql://meritline@127.0.0.1:1/postgres"}
    declare(home, voices=voices(api, path="nowhere"), people=down, crm=voices(api))
    api.records = [survey(1)]
    code, said = line(home, "fetch")
    assert code == 1
    assert "crm-surveys-default: 1 rows" in said
    assert "people could not be fetched (hr_employees of site default from employees)" in said
    assert "Connection refused" in said
    assert "voices could not be fetched" in said and "404" in said
    code, said = line(home, "run", "--as-of", AS_OF)
    assert code == 0, said
    assert "warning" in said and "people could not be fetched" in said
    warned = ops_rows(
        home.root,
        "select subject, observed from marts.quality_results where check_name = 'fetched' "
        "and not is_passed order by 1",
    )
    assert [subject for subject, _ in warned] == [
        "fetched.people-hr_employees-default",
        "fetched.voices-surveys-default",
    ]


def test_wrong_credentials_are_named_and_never_shown(
    api: Api, database: Server, home: Home
) -> None:
    by_query = voices(api)
    by_query["auth"] = {
        "type": "api_key",
        "name": "key",
        "api_key": {"env": "SURVEY_TOKEN"},
        "location": "query",
    }
    whole = people(database, employees())
    whole["url"] = {"env": "PEOPLE_URL"}
    del whole["password"]
    declare(home, people=people(database, employees()), voices=by_query, whole=whole)
    wrong = {"PEOPLE_PASSWORD": "wr0ng-p/w@1", "SURVEY_TOKEN": "wr0ng t&oken"}
    code, said = line(home, "fetch", PEOPLE_URL=database.url("wr0ng-whole"), **wrong)
    assert code == 1
    assert said.count("could not be fetched") == 3
    assert "password authentication failed" in said
    assert "check that the source is up and that PEOPLE_PASSWORD is right" in said
    assert "401" in said and "SURVEY_TOKEN" in said and "PEOPLE_URL" in said
    assert "wr0ng" not in said
    assert not files_with(home.root, b"wr0ng")


def test_secrets_stand_in_no_file(api: Api, database: Server, home: Home) -> None:
    declare(home, people=people(database, employees()), voices=voices(api))
    database.execute(EMPLOYEES.format("employees"))
    insert_employees(database, 1, 3)
    api.records = [survey(1)]
    code, said = line(home, "run", "--as-of", AS_OF)
    assert code == 0, said
    for secret in (PASSWORD, TOKEN):
        assert secret not in said
        assert not files_with(home.root, secret.encode())


def files_with(folder: Path, text: bytes) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if text in path.read_bytes()]


def test_a_missing_secret_is_wrong_use(database: Server, home: Home) -> None:
    entry = people(database, employees())
    entry["password"] = {"env": "NO_SUCH_VARIABLE"}
    declare(home, people=entry)
    for command in ("fetch", "run"):
        code, said = line(home, command)
        assert code == 2
        assert (
            f"{home.root / 'sources.yml'}: people: the environment has no NO_SUCH_VARIABLE" in said
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "ftp"}, "people: kind is 'ftp'; expected one of sql_database, rest_api"),
        ({"url": "postgresql://me:pw@host/db"}, "people: url has a password in it"),
        ({"password": "pw"}, "people: password stands in the file; expected {env: NAME}"),
        ({"url": 5}, "people: url is 5; expected an address"),
        ({"colour": 1}, "people: unknown colour; a connection of kind sql_database may have"),
        ({"feeds": []}, "people: feeds is []; expected a list"),
        ({"feeds": [{"feed": "hr_people"}]}, "entry 1: feed is 'hr_people'; expected one of"),
        ({"feeds": [{"feed": "surveys"}]}, "entry 1 (surveys): table is None; expected"),
        ({"feeds": [employees(initial=1, cursor=5)]}, "(hr_employees): cursor is 5; expected"),
        ({"feeds": [employees(site="../x")]}, "(hr_employees): site is '../x'; expected"),
        ({"feeds": [employees(columns={"pay": "x"})]}, "columns is 'pay'; expected one of"),
        ({"feeds": [employees(), employees()]}, "entry 2 (hr_employees): hr_employees of site"),
        ({"feeds": [employees(lag_seconds=-1)]}, "lag_seconds is -1; expected a number"),
    ],
)
def test_a_mistake_in_sources_is_named_with_its_place(
    change: dict[str, object], message: str, home: Home
) -> None:
    entry = people(Server(1), employees())
    declare(home, people={**entry, **change})
    with pytest.raises(SourcesError, match=re.escape(message)) as error:
        load_sources(home.root / "sources.yml", FEEDS)
    assert str(home.root / "sources.yml") in str(error.value)


def test_a_mistake_in_sources_is_wrong_use(home: Home) -> None:
    declare(home, people={"kind": "ftp"})
    code, said = line(home, "run")
    assert code == 2
    assert "people: kind is 'ftp'" in said


def test_without_sources_dlt_is_not_even_imported(home: Home) -> None:
    code, said = line(home, "fetch")
    assert code == 0
    assert "nothing to fetch" in said
    looks = (
        "import os, sys; import dagster_project.definitions; sys.exit('dlt' in sys.modules or "
        "any('fetched' in k.path for a in dagster_project.definitions.raw_feeds for k in a.keys))"
    )
    environment = {**os.environ, "MERITLINE_HOME": str(home.root)}
    done = subprocess.run([sys.executable, "-c", looks], cwd=PROJECT, env=environment, check=False)
    assert done.returncode == 0


def test_dlt_reports_to_nobody() -> None:
    looks = (
        "import dagster_project.lib.fetching, dlt; from dlt.common.runtime import anon_tracker; "
        "assert not dlt.current.run_context().runtime_config.dlthub_telemetry; "
        "assert anon_tracker._ANON_TRACKER_ENDPOINT is None"
    )
    subprocess.run([sys.executable, "-c", looks], cwd=PROJECT, check=True)
