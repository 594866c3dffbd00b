"""What analysts cannot see, who is forgotten, and what grows too old."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Centre
from tests.line import AS_OF, Tables, published_tables, run_line
from tests.pipeline.test_closing import do, ledger_bytes

pytestmark = pytest.mark.slow
OCTOBER = "2026-10"

# Marts of which analysts have fewer rows: whatever tells of a person's absences is left out.
FEWER_ROWS = {"fct_schedules", "fct_measures", "kpi_results", "score_parts", "score_changes"}
NOT_THERE = {"access", "dim_identity", "dim_person", "fct_absences"}


def open_both(home: Path) -> duckdb.DuckDBPyConnection:
    """Attach the marts and what analysts see of them."""
    connection = duckdb.connect()
    for name in ("marts", "analyst"):
        file = home / "serving" / f"{name}.duckdb"
        connection.execute(f"attach '{file}' as {name} (read_only)")
    return connection


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    """Return the columns, with their types, of each table."""
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = 'marts' order by 1, 2",
        [database],
    ).fetchall():
        tables.setdefault(table, {})[column] = kind
    return tables


def figures_that_differ(home: Path) -> set[str]:
    """Name the marts whose numbers, truths and times differ from those that analysts see."""
    with open_both(home) as connection:
        marts, copies = tables_of(connection, "marts"), tables_of(connection, "analyst")
        assert copies.keys() >= marts.keys() - NOT_THERE
        found = set[str]()
        for table in copies.keys() - FEWER_ROWS:
            figures = ", ".join(
                name
                for name, kind in copies[table].items()
                if kind != "VARCHAR" and name not in {"hire_date", "leave_date"}
            )
            rows = [
                connection.execute(
                    f"select {figures or 1} from {database}.marts.{table} order by all"
                ).fetchall()
                for database in ("marts", "analyst")
            ]
            if rows[0] != rows[1]:
                found.add(table)
        return found


def identities(home: Path) -> set[str]:
    """Return what HR calls its people by: ids, names, addresses, logins."""
    found = set[str]()
    for feed, columns in (
        ("hr_employees", ("employee_id", "full_name", "email")),
        ("hr_identities", ("login",)),
    ):
        for file in (home / "inbox" / feed).rglob("*.csv"):
            with file.open(newline="", encoding="utf-8") as lines:
                found |= {row[name] for row in csv.DictReader(lines) for name in columns}
    return found - {""}


def test_analysts_see_every_figure_and_no_name(centre: Centre) -> None:
    assert figures_that_differ(centre.home) == set()
    names = identities(centre.home)
    with open_both(centre.home) as connection:
        copies = tables_of(connection, "analyst")
        assert not copies.keys() & NOT_THERE
        told = {
            f"{table}.{column}: {value}"
            for table, columns in copies.items()
            for column, kind in columns.items()
            if kind == "VARCHAR"
            for (value,) in connection.execute(
                f"select distinct {column} from analyst.marts.{table} "
                f"where lower({column}) in $names or list_has_any("
                f"string_split_regex(lower({column}), '[^a-z0-9@./-]+'), $names)",
                {"names": sorted(name.lower() for name in names)},
            ).fetchall()
        }
        assert told == set()
        # The same person has the same pseudonym everywhere, so that marts still join.
        (joined,) = connection.execute(
            "select count(*) from analyst.marts.scorecards as scores "
            "join analyst.marts.dim_employee as people on scores.subject_id = people.employee_id "
            "where subject_type = 'employee' and period_type = 'month' and valid_to is null"
        ).fetchone() or (0,)
        (expected,) = connection.execute(
            "select count(*) from marts.marts.scorecards as scores "
            "join marts.marts.dim_employee as people on scores.subject_id = people.employee_id "
            "where subject_type = 'employee' and period_type = 'month' and valid_to is null"
        ).fetchone() or (0,)
        assert joined == expected > 0


def test_a_days_files_change_what_analysts_see_as_they_change_the_marts(centre: Centre) -> None:
    before = (centre.home / "serving" / "analyst.duckdb").resolve()
    centre.deliver()
    done = run_line(centre.home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (centre.home / "serving" / "analyst.duckdb").resolve() != before
    assert figures_that_differ(centre.home) == set()


@dataclass(frozen=True)
class Forgotten:
    """A home that closed a month and forgot a person, and what it published before that."""

    home: Path
    said: str
    person: dict[str, str]
    logins: set[str]
    before: Tables
    closed_bytes: dict[str, str]

    @property
    def words(self) -> set[str]:
        """What nobody else is called by."""
        row = self.person
        return {row["employee_id"], row["full_name"], row["email"], *self.logins}


def read_rows(home: Path, feed: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for file in sorted((home / "inbox" / feed).rglob("*.csv")):
        with file.open(newline="", encoding="utf-8") as lines:
            rows += csv.DictReader(lines)
    return rows


@pytest.fixture(scope="module")
def forgotten(published: Centre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forgotten]:
    home = tmp_path_factory.mktemp("privacy") / "home"
    shutil.copytree(published.home, home, symlinks=True)
    # An agent whose logins have letters, so that a search for them finds nothing else.
    held = {row["login"]: row["employee_id"] for row in read_rows(home, "hr_identities")}
    named = {row["employee_id"]: row for row in read_rows(home, "hr_employees")}
    who = next(who for login, who in sorted(held.items()) if "." in login)
    logins = {login for login, whose in held.items() if whose == who and not login.isdecimal()}
    do(home, "propose", OCTOBER, "--by", "Anna Berg")
    do(home, "approve", OCTOBER, "--by", "Boris Maslov")
    do(home, "close", OCTOBER, "--by", "Anna Berg")
    do(home, "acknowledge", OCTOBER, who, "--by", named[who]["full_name"])
    # A file that was archived: its rows stand in the lake alone.
    archived = sorted((home / "inbox" / "connect_contact_records").rglob("*.jsonl*"))[2]
    archived.unlink()
    done = run_line(home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout + done.stderr
    closed_bytes = ledger_bytes(home)
    before = published_tables(home)
    said = do(home, "erase", who, "--by", "Anna Berg", "--reason", "asked to be forgotten")
    yield Forgotten(home, said, named[who], logins, before, closed_bytes)
    shutil.rmtree(home)


def readable(file: Path) -> bytes:
    """Return the bytes of a file, and behind them those that are packed in it."""
    content = file.read_bytes()
    if file.suffix == ".gz":
        return content + gzip.decompress(content)
    with duckdb.connect() as connection:
        if file.suffix == ".parquet":
            return content + str(connection.sql(f"from '{file}'").fetchall()).encode()
        if file.suffix == ".duckdb":
            connection.execute(f"attach '{file}' as opened (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'opened'"
            ).fetchall()
            for schema, table in tables:
                rows = connection.sql(f'from opened."{schema}"."{table}"').fetchall()
                content += str(rows).encode()
    return content


def test_whoever_is_forgotten_is_in_no_file(forgotten: Forgotten) -> None:
    assert "the person is in no file" in forgotten.said
    files = [path for path in forgotten.home.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 100
    searched = {file: readable(file) for file in files}
    still = {
        (str(file.relative_to(forgotten.home)), word)
        for file, content in searched.items()
        for word in forgotten.words
        if word.encode() in content or json.dumps(word)[1:-1].encode() in content
    }
    assert still == set()


def test_forgetting_changes_no_total(forgotten: Forgotten) -> None:
    after = published_tables(forgotten.home)
    counts = [
        {name: len(rows) for name, rows in tables.items()} for tables in (forgotten.before, after)
    ]
    assert counts[0] == counts[1]
    home = forgotten.home
    with duckdb.connect(str(home / "serving" / "pay.duckdb"), read_only=True) as connection:
        totals = connection.execute(
            "select currency, sum(total_amount) from pay.marts.compensation_inputs "
            "where period_label = '2026-10' group by 1 order by 1"
        ).fetchall()
        (adjusted,) = (
            connection.execute(
                # Appeals that were upheld wait whether anybody is forgotten or not.
                "select count(*) from pay.marts.adjustments where kind <> 'appeal'"
            ).fetchone()
            or ()
        )
    manifest = json.loads((home / "ledger" / OCTOBER / "manifest.json").read_text())
    assert {currency: float(total) for currency, total in totals if currency} == {
        currency: float(total) for currency, total in manifest["totals"].items()
    }
    assert adjusted == 0
    # Of everybody else, teams and sites included, every figure is what it was.
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as connection:
        columns = [
            name for name, *_ in connection.execute("describe marts.marts.kpi_results").fetchall()
        ]
    subject = columns.index("subject_id"), columns.index("value"), columns.index("numerator")
    figures = [
        {
            tuple(str(row[place]) for place in (*range(4), *subject))
            for row in tables["kpi_results"]
            if not str(row[subject[0]]).startswith(("person-", forgotten.person["employee_id"]))
        }
        for tables in (forgotten.before, after)
    ]
    assert figures[0] == figures[1]


def test_the_closed_month_verifies_and_pays_as_before(forgotten: Forgotten, tmp_path: Path) -> None:
    home = forgotten.home
    assert ledger_bytes(home) == forgotten.closed_bytes
    assert "the same bytes" in do(home, "replay", OCTOBER)
    file = tmp_path / "october.csv"
    do(home, "export", "pay", OCTOBER, "--to", str(file))
    with file.open(newline="", encoding="utf-8") as lines:
        rows = {row["employee_id"]: row["full_name"] for row in csv.DictReader(lines)}
    tokens = {who: name for who, name in rows.items() if who.startswith("person-")}
    assert len(tokens) == 1 and tokens.keys() == set(tokens.values())
    others = {row["employee_id"]: row["full_name"] for row in read_rows(home, "hr_employees")}
    assert rows.items() <= others.items() | tokens.items()
    (log,) = (home / "deletions.jsonl").read_text().splitlines()
    assert json.loads(log).items() >= {"kind": "erased", "by": "Anna Berg"}.items()


def test_settings_say_what_is_too_old_and_hold_who_is_named(
    forgotten: Forgotten, tmp_path: Path
) -> None:
    home, seeds = forgotten.home, tmp_path / "seeds"
    shutil.copytree(Path(__file__).parents[2] / "seeds", seeds)
    (seeds / "retention.csv").write_text("feed,days\nhr_coaching,1\nsurveys,36500\n")
    listed = do(home, "retention", "--dry-run", "--seeds", str(seeds))
    assert "hr_coaching" in listed and "surveys" not in listed
    assert (home / "inbox" / "hr_coaching").exists()
    # A setting that names somebody who is to be forgotten is the organisation's to change.
    who = read_rows(home, "hr_employees")[0]["employee_id"]
    with (seeds / "pay_holds.csv").open("a") as holds:
        header = (seeds / "pay_holds.csv").read_text().splitlines()[0].split(",")
        holds.write(",".join(who if name == "employee_id" else "" for name in header) + "\n")
    arguments = (who, "--by", "A", "--reason", "B", "--seeds", str(seeds))
    refused = do(home, "erase", *arguments, code=4)
    assert "pay_holds.csv" in refused and who in refused
    assert who in {row["employee_id"] for row in read_rows(home, "hr_employees")}
