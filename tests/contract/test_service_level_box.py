"""The service-level box of the metrics, as real queue_log lines through the whole line.

1,000 answered, 860 of them within T = 20 s; 60 abandoned: 20 within T, 40 after, 10 of the 20
within 5 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.line import run_line

FIRST = 1792483200  # 2026-10-20 08:00:00 UTC
BOX = {
    "service_level_all_within": "83.02",
    "service_level_answered_base": "86.00",
    "service_level_offered_base": "81.13",
    "service_level_late_abandons": "82.69",
    "service_level_short_as_met": "82.08",
    "service_level_short_removed": "81.90",
}

pytestmark = pytest.mark.slow


def answered_waits() -> list[int]:
    """860 waits of 1..20 s, forty-three of them of exactly the threshold, and 140 longer ones."""
    return [1 + number % 20 for number in range(860)] + [21 + number % 60 for number in range(140)]


def abandoned_waits() -> list[int]:
    """10 of 1..5 s, 10 of 6..20 s and 40 longer ones, both thresholds themselves among them."""
    short = [1 + number % 5 for number in range(10)]
    within = [6, 7, 8, 9, 10, 12, 14, 16, 19, 20]
    return short + within + [21 + number for number in range(40)]


def queue_log_lines() -> Iterator[str]:
    """One call every 30 s, taken in turn by ten agents."""
    events: list[tuple[int, str]] = []
    calls = [(wait, True) for wait in answered_waits()]
    calls += [(wait, False) for wait in abandoned_waits()]
    for number, (wait, is_answered) in enumerate(calls):
        start = FIRST + 30 * number
        callid = f"{start - 5}.{number}"
        agent = f"Agent/{1001 + number % 10}"
        events.append((start, f"{callid}|billing|NONE|ENTERQUEUE||0999{number:06d}|1"))
        end = start + wait
        if is_answered:
            talk = 60 + number % 7
            connect = f"CONNECT|{wait}|{end}.{number}|1"
            events.append((end, f"{callid}|billing|{agent}|{connect}"))
            complete = f"COMPLETECALLER|{wait}|{talk}|1"
            events.append((end + talk, f"{callid}|billing|{agent}|{complete}"))
        else:
            events.append((end, f"{callid}|billing|NONE|ABANDON|1|1|{wait}"))
    for epoch, rest in sorted(events):
        yield f"{epoch}|{rest}"


def test_the_box_is_what_the_lines_say() -> None:
    answered, abandoned = answered_waits(), abandoned_waits()
    assert (len(answered), sum(wait <= 20 for wait in answered)) == (1000, 860)
    assert len(abandoned) == 60
    assert sum(wait <= 20 for wait in abandoned) == 20
    assert sum(wait <= 5 for wait in abandoned) == 10


def test_all_six_figures(tmp_path: Path) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    log = inbox / "asterisk_queue_log" / "queue_log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(line + "\n" for line in queue_log_lines()))
    run = run_line(home, "--inbox", str(inbox))
    assert run.returncode == 0, run.stdout + run.stderr
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as marts:
        marts.execute("use marts.marts")
        rows = marts.execute(
            """
            select kpi_code, value, numerator, denominator
            from kpi_results
            where subject_type = 'company' and period_type = 'month'
                and starts_with(kpi_code, 'service_level_')
            """
        ).fetchall()
        default = marts.execute(
            """
            select value from kpi_results
            where subject_type = 'company' and period_type = 'month'
                and kpi_code = 'service_level'
            """
        ).fetchall()
    assert {code: f"{100 * value:.2f}" for code, value, _, _ in rows} == BOX
    assert len(rows) == len(BOX)
    bases = {code.removeprefix("service_level_"): (over, under) for code, _, over, under in rows}
    assert bases == {
        "all_within": (880, 1060),
        "answered_base": (860, 1000),
        "offered_base": (860, 1060),
        "late_abandons": (860, 1040),
        "short_as_met": (870, 1060),
        "short_removed": (860, 1050),
    }
    # The queue's own variant is the default one, over what was offered.
    assert [f"{100 * value:.2f}" for (value,) in default] == ["81.13"]
