"""The ledger's files: the same bytes for the same rows, whole or absent, chained."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib import closure, fingerprint, ledger, remembering, replaying, sealing
from dagster_project.lib.closing import Period, Refused
from dagster_project.lib.settings import Home
from tests.line import PROJECT, run_line, start_line

OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)
PEOPLE = ("E1", "E2", "E3")

# What the models of pay read, with the columns that they ask for.
PAY_INPUTS = {
    "int_pay__part_inputs": "employee_id varchar, period_start date",
    "int_pay__awards": "employee_id varchar, award varchar, role varchar, kpi_code varchar, "
    "period_type varchar, is_winner boolean, paid_period_start date",
    "int_pay__adjustments": "adjustment_id varchar, employee_id varchar, reason varchar, "
    "currency varchar, amount decimal(18, 3), period_start date",
    "int_pay__holds": "employee_id varchar, reason varchar, decided_by varchar, "
    "released_by varchar, period_start date",
    "int_pay__base_pay": "employee_id varchar, currency varchar, period_start date",
    "int_pay__months": "period_start date",
}


def publish(home: Home, run_id: str, as_of: str, order: int = 1, bonus: str = "12.50") -> None:
    """Lay down a small publication; `order` -1 writes its rows in the other order."""
    version = home.versions / run_id
    version.mkdir(parents=True)
    rows = [
        (who, period.start, bonus if who == "E1" else "0.00")
        for who in PEOPLE
        for period in (OCTOBER, NOVEMBER)
    ][::order]
    with duckdb.connect(str(version / "pay.duckdb")) as pay:
        pay.execute("create schema marts; use pay.marts")
        pay.execute(
            "create table compensation_inputs (employee_id varchar, currency varchar, "
            "total_amount decimal(18, 3), period_start date)"
        )
        pay.execute(
            "create table statements (employee_id varchar, line_number integer, kind varchar, "
            "label varchar, arithmetic varchar, currency varchar, amount decimal(18, 3), "
            "period_start date)"
        )
        for table in ("compensation_parts", "award_results"):
            pay.execute(f"create table {table} (employee_id varchar, period_start date)")
        for who, start, amount in rows:
            pay.execute(
                "insert into compensation_inputs values (?, 'EUR', ?, ?)", [who, amount, start]
            )
            # As the warehouse has it below: paid is a correction of an earlier month alone.
            pay.execute(
                "insert into statements values "
                "($who, 1, 'adjustment', 'Correction', null, 'EUR', $amount, $start), "
                "($who, 2, 'total', 'To be paid', $amount || ' = ' || $amount, 'EUR', $amount, "
                "$start)",
                {"who": who, "amount": amount, "start": start},
            )
    with duckdb.connect(str(version / "marts.duckdb")) as marts:
        marts.execute("create schema marts.marts; use marts.marts")
        marts.execute(f"create table publication as select timestamp '{as_of}' as as_of")
        for table in ("scorecards", "kpi_results", "score_parts"):
            marts.execute(
                f"create table {table} as select 'employee' as subject_type, "
                "'E1' as subject_id, period_type, date '2026-10-01' as period_start, "
                "'csat' as kpi_code, 1.0 as weight, true as is_final "
                "from (values ('month'), ('week')) as types (period_type)"
            )
    with duckdb.connect(str(version / "warehouse.duckdb")) as warehouse:
        warehouse.execute("create schema landing; create schema intermediate")
        warehouse.execute(
            "create table landing.files as select 'surveys' as feed, 'surveys/a.csv' as path, "
            "'part-1' as part, null::timestamp as first_at, null::timestamp as last_at, "
            "3 as lines_read, 3 as accepted, 0 as rejected, 0 as duplicates, 'seen' as state"
        )
        warehouse.execute("use warehouse.intermediate")
        for table, columns in PAY_INPUTS.items():
            warehouse.execute(f"create table {table} ({columns})")
        for who, start, amount in rows:
            warehouse.execute(
                "insert into int_pay__adjustments values ('A', ?, 'Correction', 'EUR', ?, ?)",
                [who, amount, start],
            )
            warehouse.execute("insert into int_pay__base_pay values (?, 'EUR', ?)", [who, start])
        for period in (OCTOBER, NOVEMBER):
            warehouse.execute("insert into int_pay__months values (?)", [period.start])
    state = {
        "code": fingerprint.code_hash(PROJECT),
        "seeds": fingerprint.seed_hashes(PROJECT / "seeds"),
        "closing": remembering.state(home),
    }
    (version / "publication.json").write_text(json.dumps(state))
    home.current.unlink(missing_ok=True)
    home.current.symlink_to(f"versions/{run_id}")


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    publish(home, "run-1", "2026-11-01 23:59:59")
    return home


def agree(home: Home, period: Period = OCTOBER) -> None:
    closure.propose(home, PROJECT, period, "Anna")
    closure.approve(home, PROJECT, period, "Boris")


def test_equal_rows_are_equal_bytes(home: Home, tmp_path: Path) -> None:
    again = Home(tmp_path / "again")
    publish(again, "other", "2026-11-05 00:00:00", order=-1)
    for one in (home, again):
        ledger.write_tables(one.current.resolve(), OCTOBER, tmp_path / one.root.name / "staged")
    first, second = (hashes(one.root / "staged") for one in (home, again))
    assert first == second
    rows = duckdb.sql(
        f"select employee_id, period_start::varchar from '{home.root}/staged/results/"
        "compensation_inputs.parquet'"
    ).fetchall()
    assert sorted(rows) == [(who, "2026-10-01") for who in PEOPLE]
    # Of the scores only those of months.
    assert duckdb.sql(f"from '{home.root}/staged/results/scorecards.parquet'").fetchall() == [
        ("employee", "E1", "month", OCTOBER.start, "csat", 1, True)
    ]


def test_a_closed_month_names_what_made_it(home: Home) -> None:
    agree(home)
    folder = closure.close(home, PROJECT, OCTOBER, "Anna")
    manifest = ledger.read_manifest(folder)
    assert manifest["closed"]["by"] == "Anna"
    assert [(one["kind"], one["by"]) for one in manifest["history"]] == [
        ("proposed", "Anna"),
        ("approved", "Boris"),
    ]
    assert manifest["totals"] == {"EUR": "12.50"}
    assert manifest["people"] == 3
    assert manifest["publication"]["run_id"] == "run-1"
    assert manifest["previous"] is None
    assert manifest["files"]["results/compensation_inputs.parquet"]["rows"] == 3
    assert (folder / "seeds" / "kpi_weights.csv").read_bytes() == (
        PROJECT / "seeds" / "kpi_weights.csv"
    ).read_bytes()
    assert hashes(folder).keys() - {"manifest.json"} == manifest["files"].keys()
    assert all(path.stat().st_mode & 0o222 == 0 for path in folder.rglob("*") if path.is_file())
    assert ledger.faults(folder) == []
    assert list(home.ledger.iterdir()) == [folder]


def test_months_are_chained_and_a_changed_byte_is_found(home: Home) -> None:
    agree(home)
    october = closure.close(home, PROJECT, OCTOBER, "Anna")
    publish(home, "run-2", "2026-12-02 00:00:00")
    agree(home, NOVEMBER)
    november = closure.close(home, PROJECT, NOVEMBER, "Boris")
    assert ledger.read_manifest(november)["previous"] == {
        "period": "2026-10",
        "manifest_sha256": ledger.sha256(october / "manifest.json"),
    }
    assert ledger.chain_faults(home) == []
    with pytest.raises(Refused, match="2026-09 lies before 2026-10"):
        closure.propose(home, PROJECT, Period(2026, 9), "Anna")

    file = october / "results" / "compensation_inputs.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)
    (october / "results" / "statements.parquet").unlink()
    (october / "note.txt").write_text("added later")
    missing, added, changed = ledger.faults(october)
    assert missing == "results/statements.parquet is missing"
    assert added == "note.txt was not closed with the month"
    assert changed.startswith("results/compensation_inputs.parquet has the hash")
    # Whoever writes the manifest anew as well breaks the chain.
    (october / "manifest.json").chmod(0o600)
    (october / "manifest.json").write_text(
        (october / "manifest.json").read_text().replace('"12.50"', '"99.50"')
    )
    assert len(ledger.chain_faults(home)) == 1


def test_replaying_computes_the_statements_again(home: Home) -> None:
    agree(home)
    folder = closure.close(home, PROJECT, OCTOBER, "Anna")
    assert replaying.replay(folder) == []
    # By the closed code: what the ledger keeps of it decides, not what the models are today.
    code = folder / "code" / "pay.py"
    code.chmod(0o600)
    code.write_text(code.read_text().replace('"To be paid"', '"To pay"'))
    people = sealing.identities(home, folder)
    differing = [sealing.in_text(people, one) for one in replaying.replay(folder)]
    closed, replayed = [one for one in differing if " E1, 2" in one]
    assert closed.startswith("only closed: E1, 2, To be paid, 12.50 = 12.50, 12.5")
    assert replayed.startswith("only replayed: E1, 2, To pay, 12.50 = 12.50, 12.5")


def test_whoever_is_forgotten_leaves_the_ledger_as_it_was(home: Home) -> None:
    agree(home)
    folder = closure.close(home, PROJECT, OCTOBER, "Anna")
    bytes_before = hashes(folder)
    # Nobody stands in the files by what HR calls them.
    closed = {file for file in folder.rglob("*") if file.is_file() and file.suffix == ".parquet"}
    rows = [row for file in closed for row in duckdb.sql(f"from '{file}'").fetchall()]
    assert rows and not {value for row in rows for value in row} & set(PEOPLE)
    known = {one.employee_id for one in sealing.identities(home, folder)}
    assert known == set(PEOPLE)

    sealing.destroy(home, "E1")
    assert {one.employee_id for one in sealing.identities(home, folder)} == known - {"E1"}
    assert hashes(folder) == bytes_before
    assert ledger.faults(folder) == replaying.replay(folder) == []
    # Who comes back gets another token: nothing leads to the old one.
    tokens = {one.token for one in sealing.identities(home, folder)}
    assert sealing.tokens(home, ["E1"])["E1"] not in tokens | set(
        json.loads((folder / sealing.PEOPLE).read_text())
    )


def test_statements_that_do_not_follow_are_not_closed(home: Home) -> None:
    with duckdb.connect(str(home.current / "pay.duckdb")) as pay:
        pay.execute("update pay.marts.statements set label = 'Paid' where line_number = 2")
    agree(home)
    with pytest.raises(Refused, match="do not follow from what would be closed: only closed: E1"):
        closure.close(home, PROJECT, OCTOBER, "Anna")
    assert list(home.ledger.iterdir()) == []


def test_figures_that_changed_after_the_approval_are_not_closed(home: Home) -> None:
    agree(home)
    publish(home, "run-2", "2026-11-03 00:00:00", bonus="13.00")
    with pytest.raises(Refused, match="not those that Boris approved"):
        closure.close(home, PROJECT, OCTOBER, "Anna")
    # The next night's run that changes nothing in October is no obstacle.
    publish(home, "run-3", "2026-11-04 00:00:00")
    assert closure.close(home, PROJECT, OCTOBER, "Anna").is_dir()


@pytest.mark.slow
def test_from_the_terminal_one_person_cannot_close_alone(home: Home) -> None:
    def command(name: str, by: str) -> subprocess.CompletedProcess[str]:
        return run_line(home.root, "2026-10", "--by", by, command=name)

    alone = command("close", "Anna")
    assert alone.returncode == 4
    assert "meritline propose 2026-10 --by WHO" in alone.stdout
    assert command("propose", "Anna").returncode == 0
    assert "proposed     2026-10 by Anna" in run_line(home.root, command="status").stdout
    same = command("approve", "ANNA")
    assert same.returncode == 4
    assert "another person has to approve it" in same.stdout
    assert command("approve", "Boris").returncode == 0
    assert command("close", "Anna").returncode == 0
    assert "closed       2026-10 by Anna" in run_line(home.root, command="status").stdout
    for name in ("propose", "approve", "close"):
        again = command(name, "Clara")
        assert again.returncode == 4
        assert "2026-10 was closed by Anna" in again.stdout
    assert command("close", " ").returncode == 2


@pytest.mark.slow
def test_a_kill_while_closing_leaves_no_month_or_a_whole_one(home: Home) -> None:
    agree(home)
    calm = home.root.with_name("calm")
    shutil.copytree(home.root, calm, symlinks=True)
    assert run_line(calm, "2026-10", "--by", "Anna", command="close").returncode == 0
    expected = hashes(calm / "ledger")
    moments = random.Random(7)
    outcomes = Counter[bool]()
    for _ in range(8):
        process = start_line(home.root, "2026-10", "--by", "Anna", command="close")
        # Before it writes there is nothing to interrupt.
        while process.poll() is None and not list(home.ledger.iterdir()):
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        folder = ledger.folder_of(home, OCTOBER)
        outcomes[folder is not None] += 1
        if folder is None:
            assert not list(home.ledger.glob("[0-9]*"))
        else:
            assert ledger.faults(folder) == []
            assert hashes(folder).keys() == hashes(calm / "ledger" / "2026-10").keys()
            shutil.rmtree(folder)
        for left in home.ledger.iterdir():
            shutil.rmtree(left)
    assert outcomes[False], "no close was caught"
    done = run_line(home.root, "2026-10", "--by", "Anna", command="close")
    assert done.returncode == 0, done.stdout
    # All but the instant of closing, and the chance in each encryption of a name, is the same.
    chance = {"2026-10/manifest.json": "", "2026-10/people.json": ""}
    assert hashes(home.ledger) | chance == expected | chance
