"""Pay as it is published: for its owner alone, recomputable, and paid to everybody concerned."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.quality import Layer
from expectations import pay
from expectations.runner import Auditor
from tests.conftest import Centre
from tests.line import run_line
from tests.statement import is_right

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def paid(published: Centre) -> Iterator[duckdb.DuckDBPyConnection]:
    file = published.home / "serving" / "pay.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("use pay.marts")
        yield connection


def test_pay_is_published_for_its_owner_alone(published: Centre) -> None:
    file = (published.home / "serving" / "pay.duckdb").resolve()
    assert file.stat().st_mode & 0o077 == 0
    marts = published.home / "serving" / "marts.duckdb"
    with duckdb.connect(str(marts), read_only=True) as connection:
        columns = {
            name
            for (name,) in connection.execute(
                "select column_name from duckdb_columns() where schema_name = 'marts'"
            ).fetchall()
        }
    assert not {name for name in columns if "pay" in name or name.endswith("_amount")}


def test_statements_recompute_by_hand(paid: duckdb.DuckDBPyConnection) -> None:
    lines = paid.execute(
        "select employee_id, period_start, kind, arithmetic, amount from statements "
        "order by employee_id, period_start, line_number"
    ).fetchall()
    sums: defaultdict[tuple[object, object], Decimal] = defaultdict(Decimal)
    totals: dict[tuple[object, object], Decimal] = {}
    for employee_id, month, kind, arithmetic, amount in lines:
        assert arithmetic is None or is_right(arithmetic, amount), (employee_id, arithmetic)
        if kind == "total":
            totals[employee_id, month] = amount
        else:
            sums[employee_id, month] += amount or 0
    inputs = paid.execute(
        "select employee_id, period_start, total_amount from compensation_inputs"
    ).fetchall()
    assert totals and totals == dict(sums) == {tuple(row[:2]): row[2] for row in inputs}


def test_a_draft_says_so_and_has_the_control_totals(
    published: Centre, paid: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "pay.csv"
    arguments = ("pay", "2026-10", "--to", str(file))
    assert run_line(published.home, *arguments, command="export").returncode == 4
    done = run_line(published.home, *arguments, "--draft", command="export")
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads(file.with_name("pay.csv.manifest.json").read_text())
    expected = paid.execute(
        "select currency, sum(total_amount) from compensation_inputs "
        "where period_start = '2026-10-01' group by 1 order by 1"
    ).fetchall()
    assert len(expected) == 2
    assert [
        (total["currency"], Decimal(total["total_amount"])) for total in manifest["control_totals"]
    ] == expected
    with open(file, newline="", encoding="utf-8") as text:
        assert {row["status"] for row in csv.DictReader(text)} == {"draft"}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("delete from pay.marts.compensation_inputs where employee_id = "
         "(select min(employee_id) from pay.marts.compensation_inputs)", "nobody_unpaid"),
        ("update pay.marts.compensation_inputs set total_amount = total_amount + 0.01",
         "amounts_add_up"),
        ("update pay.marts.statements set amount = amount + 0.01 where kind = 'bonus'",
         "totals_meet"),
        ("update pay.marts.compensation_parts set own_amount = own_amount + 0.01",
         "parts_and_awards_meet"),
        ("update pay.marts.compensation_inputs set paid_days = month_days + 1", "days_fit"),
        ("update pay.marts.compensation_inputs set eligible_ratio = 1.01", "eligible"),
    ],
)  # fmt: skip
def test_faults_are_found(published: Centre, tmp_path: Path, fault: str, expected: str) -> None:
    files = {name: tmp_path / f"{name}.duckdb" for name in ("warehouse", "marts", "pay")}
    for name, file in files.items():
        shutil.copyfile(published.home / "build" / f"{name}.duckdb", file)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{files['pay']}' as pay")
        connection.execute(fault)
    auditor = Auditor(tmp_path / "audit.duckdb")
    with auditor.attached(**files):
        failed = {
            result.check_name
            for mart, rules in pay.SUITES.items()
            for result in auditor.validate(
                Layer.MARTS, mart, f"select * from {pay.SCHEMA}.{mart}", rules
            )
            if not result.is_passed
        }
    auditor.close()
    assert expected in failed
