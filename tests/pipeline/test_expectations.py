"""The runner: rules are pushed down to DuckDB, and failures say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.feeds import Feed
from dagster_project.lib.landing import FileReport
from dagster_project.lib.quality import Layer, Severity
from expectations import raw
from expectations.rules import NoRows, Within
from expectations.runner import AuditError, Auditor

FEED = Feed(name="asterisk_queue_log", description="", format="queue_log", files=("*",))


@pytest.fixture
def auditor(tmp_path: Path) -> Iterator[Auditor]:
    auditor = Auditor(tmp_path / "audit.duckdb")
    yield auditor
    auditor.close()


def file(name: str, rejected: int, **details: object) -> FileReport:
    path = f"asterisk_queue_log/{name}"
    counts = {"lines_read": 100, "accepted": 100 - rejected, "rejected": rejected}
    return FileReport(FEED.name, "riga", path, "parsed", **(counts | details))  # pyright: ignore


def judged(auditor: Auditor, files: list[FileReport], folder: Path) -> dict[str, object]:
    raw.prepare(auditor.execute, FEED, files, folder, datetime(2026, 11, 1))
    results = auditor.validate(Layer.RAW, "raw.log", raw.QUERY, raw.rules(FEED))
    return {result.check_name: result for result in results if not result.is_passed}


def test_a_file_with_too_many_rejected_lines_is_named(auditor: Auditor, tmp_path: Path) -> None:
    failed = judged(auditor, [file("good", 5), file("bad", 6)], tmp_path)
    assert failed.keys() == {"rejected_lines"}
    result = failed["rejected_lines"]
    assert result.is_blocking_failure
    assert result.paths == ("asterisk_queue_log/bad",)
    for said in ("asterisk_queue_log/bad", "rejected=6", "at most 5%", "meritline release"):
        assert said in result.message


def test_a_released_file_passes(auditor: Auditor, tmp_path: Path) -> None:
    assert judged(auditor, [file("bad", 60, released_by="Ada")], tmp_path) == {}


def test_a_fault_of_the_file_holds_it(auditor: Auditor, tmp_path: Path) -> None:
    files = [file("cut", 0, message="cut off"), file("whole", 0)]
    failed = judged(auditor, files, tmp_path)
    assert failed["usable"].paths == ("asterisk_queue_log/cut",)


def test_an_empty_file_only_warns(auditor: Auditor, tmp_path: Path) -> None:
    failed = judged(auditor, [file("empty", 0, lines_read=0, accepted=0)], tmp_path)
    assert failed["not_empty"].severity is Severity.WARN


def test_attached_files_are_let_go_of(auditor: Auditor, tmp_path: Path) -> None:
    path = tmp_path / "marts.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select 1.5::double as ratio")
    rule = Within(name="r", what="w", expected="e", fix="f", column="ratio", low=0, high=1)
    with auditor.attached(marts=path):
        (result,) = auditor.validate(Layer.MARTS, "t", "select * from marts.main.t", [rule])
    assert result.observed == "1 values outside, such as [1.5]"
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table t")


def test_a_rule_that_cannot_be_evaluated_is_no_verdict(auditor: Auditor) -> None:
    rule = NoRows(name="r", what="w", expected="e", fix="f", query="select nothing from {batch}")
    with pytest.raises(AuditError, match="r could not be evaluated"):
        auditor.validate(Layer.MARTS, "t", "select 1 as value", [rule])


def test_docs_show_every_rule(auditor: Auditor, tmp_path: Path) -> None:
    judged(auditor, [file("good", 0)], tmp_path)
    auditor.build_docs(tmp_path / "docs")
    assert "raw.log" in (tmp_path / "docs" / "index.html").read_text()
    pages = list((tmp_path / "docs" / "validations").rglob("*.html"))
    assert "Too many lines of a file could not be read" in pages[0].read_text()
