"""A month is closed; late files, a changed target and appeals come; nothing closed changes."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import Centre
from tests.line import AS_OF, PROJECT, run_line

pytestmark = pytest.mark.slow
OCTOBER = "2026-10"
TARGET = "csat,*,*,*,*,,,0.60,0.80,0.92,120,2026-01-01,,"
LOWER_TARGET = "csat,*,*,*,*,,,0.40,0.60,0.70,120,2026-01-01,,agreed with the works council"

APPEAL = (
    *("appeal_id", "employee_id", "period", "kpi_code", "contact_ref", "text", "filed_at"),
    *("decision", "decided_by", "decided_at", "amount"),
)


@dataclass(frozen=True)
class Story:
    """A home after it all, and what was noted on the way."""

    home: Path
    said: dict[str, str]
    closed_bytes: dict[str, str]
    closed_pay: dict[str, dict[str, Any]]

    def rows(self, query: str, database: str = "pay") -> list[dict[str, Any]]:
        """Query a published database."""
        file = self.home / "serving" / f"{database}.duckdb"
        with duckdb.connect(str(file), read_only=True) as connection:
            relation = connection.sql(query)
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def ledger_bytes(home: Path) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((home / "ledger").rglob("*"))
        if path.is_file()
    }


def do(home: Path, command: str, *arguments: str, code: int = 0) -> str:
    done = run_line(home, *arguments, command=command)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def write_appeals(home: Path, employee: str) -> None:
    """Deliver three appeals on the closed month, of which one is upheld."""
    folder = home / "inbox" / "appeals"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "october.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(APPEAL)
        when = "2026-11-01T10:00:00+00:00"
        for name, filed, decision, amount in (
            ("AP-1", when, "upheld", "25"),
            ("AP-2", when, "rejected", ""),
            ("AP-3", when, "open", ""),
        ):
            writer.writerow(
                [name, employee, OCTOBER, "csat", "", "", filed, decision, "E1001", when, amount]
            )


@pytest.fixture(scope="module")
def story(published: Centre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    home = tmp_path_factory.mktemp("closing") / "home"
    shutil.copytree(published.home, home, symlinks=True)
    said = {"alone": do(home, "close", OCTOBER, "--by", "Anna Berg", code=4)}
    said["proposed"] = do(home, "propose", OCTOBER, "--by", "Anna Berg")
    said["same person"] = do(home, "approve", OCTOBER, "--by", "anna berg", code=4)
    said["approved"] = do(home, "approve", OCTOBER, "--by", "Boris Maslov")
    said["closed"] = do(home, "close", OCTOBER, "--by", "Anna Berg")
    said["again"] = do(home, "close", OCTOBER, "--by", "Boris Maslov", code=4)
    closed_bytes = ledger_bytes(home)
    with duckdb.connect(str(home / "serving" / "pay.duckdb"), read_only=True) as connection:
        pay = connection.sql(
            "select * from pay.marts.compensation_inputs where period_label = '2026-10'"
        )
        rows = [dict(zip(pay.columns, row, strict=True)) for row in pay.fetchall()]
    closed_pay = {row["employee_id"]: row for row in rows}

    Centre(home, published.late).deliver()
    write_appeals(home, min(closed_pay))
    seeds = home.parent / "seeds"
    shutil.copytree(PROJECT / "seeds", seeds)
    targets = seeds / "kpi_targets.csv"
    assert TARGET in targets.read_text()
    targets.write_text(targets.read_text().replace(TARGET, LOWER_TARGET))
    said["restated"] = do(home, "run", "--as-of", AS_OF, "--seeds", str(seeds))
    said["listed"] = do(home, "adjust")
    yield Story(home, said, closed_bytes, closed_pay)
    shutil.rmtree(home)


def test_two_persons_close_and_are_told_what_to_do_next(story: Story) -> None:
    assert "meritline propose 2026-10 --by WHO" in story.said["alone"]
    assert "meritline approve 2026-10 --by SOMEBODY_ELSE" in story.said["proposed"]
    assert "another person has to approve it" in story.said["same person"]
    assert "meritline close 2026-10 --by WHO" in story.said["approved"]
    assert "2026-10 was closed by Anna Berg" in story.said["again"]
    assert "meritline adjust" in story.said["again"]


def test_no_byte_of_the_ledger_changes(story: Story) -> None:
    assert len(story.closed_bytes) > 20
    assert ledger_bytes(story.home) == story.closed_bytes


def test_closed_pay_stays_with_what_it_would_be_today_beside_it(story: Story) -> None:
    today = {
        row["employee_id"]: row
        for row in story.rows(
            "select * from pay.marts.compensation_inputs where period_label = '2026-10'"
        )
    }
    beside = {"restated_total_amount", "is_closed"}
    assert {
        name: {column: row[column] for column in row.keys() - beside} for name, row in today.items()
    } == {
        name: {column: row[column] for column in row.keys() - beside}
        for name, row in story.closed_pay.items()
    }
    assert all(row["is_closed"] for row in today.values())
    assert any(row["restated_total_amount"] != row["total_amount"] for row in today.values())


def test_closed_scores_stay_with_what_they_would_be_today_beside_them(story: Story) -> None:
    ledger = story.home / "ledger" / OCTOBER / "results"
    for table, key, value in (
        ("scorecards", "subject_type, subject_id", "score"),
        ("kpi_results", "subject_type, subject_id, kpi_code", "value"),
    ):
        where = "period_type = 'month' and period_start = date '2026-10-01'"
        (counted,) = story.rows(
            f"select count(*) as closed, count(*) filter (where now.is_closed) as kept, "
            f"count(*) filter (where now.{value} is distinct from before.{value}) as changed, "
            f"count(*) filter (where now.restated_{value} is distinct from now.{value}) as other "
            f"from read_parquet('{ledger}/{table}.parquet') as before "
            f"join (select * from marts.marts.{table} where {where}) as now using ({key}) "
            + ("where before.is_final" if table == "kpi_results" else ""),
            "marts",
        )
        assert counted["closed"] == counted["kept"] > 0
        assert counted["changed"] == 0
        assert counted["other"] > 0


def test_every_difference_is_proposed_to_the_cent(story: Story) -> None:
    restated = story.rows(
        "select employee_id, restated_total_amount, total_amount "
        "from pay.marts.compensation_inputs where period_label = '2026-10'"
    )
    expected = {
        row["employee_id"]: row["restated_total_amount"] - row["total_amount"]
        for row in restated
        if row["restated_total_amount"] != row["total_amount"]
    }
    proposed = story.rows(
        "select * from pay.marts.adjustments where kind = 'recalculation' order by all"
    )
    assert {row["employee_id"]: row["amount"] for row in proposed} == expected
    assert expected
    assert {row["paid_in_label"] for row in proposed} == {"2026-11"}
    assert {row["state"] for row in proposed} == {"proposed"}
    for row in proposed:
        assert row["adjustment_id"] in story.said["listed"]


def test_reasons_name_the_late_files_and_the_changed_row(story: Story) -> None:
    reasons = " ".join(
        row["reason"]
        for row in story.rows(
            "select reason from pay.marts.adjustments where kind = 'recalculation'"
        )
    )
    assert "csat: floor 0.6 → 0.4, target 0.8 → 0.6, stretch 0.92 → 0.7" in reasons
    assert "seeds/kpi_targets.csv:" in reasons
    assert "retroactive_reason=agreed with the works council" in reasons
    assert "2026-10-31" in reasons and "(new)" in reasons


def test_replaying_gives_every_statement_byte_for_byte(story: Story) -> None:
    said = do(story.home, "replay", OCTOBER)
    manifest = json.loads((story.home / "ledger" / OCTOBER / "manifest.json").read_text())
    statements = manifest["files"]["results/statements.parquet"]
    assert f"{len(story.closed_pay)} statements, {statements['rows']} lines" in said
    assert f"the same bytes, sha256 {statements['sha256']}" in said


def test_an_upheld_appeal_is_an_adjustment(story: Story) -> None:
    appeals = {row["appeal_id"]: row for row in story.rows("select * from pay.marts.appeals")}
    assert appeals["AP-1"]["status"] == "upheld"
    assert appeals["AP-2"]["status"] == "rejected"
    assert appeals["AP-3"]["status"] == "open"
    (one,) = story.rows("select * from pay.marts.adjustments where appeal_id = 'AP-1'")
    assert (one["adjustment_id"], one["amount"]) == ("appeal-AP-1", Decimal(25))
    assert one["accepted_by"] == "E1001"
    accepted = do(story.home, "adjust", "appeal-AP-1", "--accept", "--by", "Anna Berg")
    assert "appeal-AP-1  +25.00 EUR" in accepted
    assert "in 2026-11; approved by E1001 and Anna Berg" in accepted
    assert "is paid in 2026-11" in do(
        story.home, "adjust", "appeal-AP-1", "--accept", "--by", "Boris Maslov", code=4
    )


def test_a_statement_is_acknowledged_once(story: Story) -> None:
    employee = min(story.closed_pay)
    first = do(story.home, "acknowledge", OCTOBER, employee, "--by", employee)
    assert f"{employee} for 2026-10 is acknowledged by {employee}" in first
    assert do(story.home, "acknowledge", OCTOBER, employee, "--by", "Anna Berg") == first
    assert "1 statements acknowledged" in do(story.home, "status")
    do(story.home, "acknowledge", OCTOBER, "nobody", "--by", "nobody", code=2)
    do(story.home, "acknowledge", "2026-11", employee, "--by", employee, code=4)
