"""What is written down for good: who read pay, and who took data along."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.superset_server import Server
from tests.security.client import Client, data_call

pytestmark = pytest.mark.slow


def lines(server: Server) -> list[dict[str, Any]]:
    """What the log holds now."""
    path = server.home / "audit" / "superset.jsonl"
    if not path.exists():
        return []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def dataset(server: Server, name: str) -> int:
    [(number,)] = server.metadata("select id from tables where table_name = ?", name)
    return int(number)


def test_whoever_reads_pay_is_written_down(server: Server, client: Callable[[str], Client]) -> None:
    before = len(lines(server))
    client("hr").rows(dataset(server, "compensation"), ["employee_id"])
    (line,) = lines(server)[before:]
    assert line["user"] == "hr"
    assert line["pay"] == ["pay.marts.compensation"]
    assert line["exported"] is None
    assert line["from"] == "127.0.0.1"


def test_whoever_takes_rows_along_is_written_down(
    server: Server, client: Callable[[str], Client]
) -> None:
    before = len(lines(server))
    number = dataset(server, "line_state")
    call = data_call(number, ["outcome_text"], result_format="csv")
    answer = client("analyst").send(call)
    assert answer.status_code == 200, answer.text[:300]
    (line,) = lines(server)[before:]
    assert (line["user"], line["exported"], line["pay"]) == ("analyst", "csv", [])


def test_reading_what_is_no_pay_is_not_written_down(
    server: Server, client: Callable[[str], Client]
) -> None:
    before = len(lines(server))
    client("executive").rows(dataset(server, "publication"), ["run_id"])
    assert lines(server)[before:] == []
