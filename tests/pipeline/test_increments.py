"""Whatever the order of deliveries, the marts end as if everything had come at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from demo import simulate
from tests.conftest import Centre
from tests.line import AS_OF, differences, published_tables, run_line

pytestmark = pytest.mark.slow


def replace(path: Path, old: str, new: str) -> str:
    """Edit a file and return its text before."""
    before = path.read_text()
    after = before.replace(old, new)
    assert after != before, f"{old} is not in {path}"
    path.write_text(after)
    return before


@pytest.mark.parametrize(
    ("table", "order"),
    [
        *((f"fct_{name}", "work_date") for name in ("contacts", "queue_visits", "contact_legs")),
        *((f"fct_{name}", "work_date") for name in ("offers", "agent_states", "contact_repeats")),
        *((f"fct_{name}", "work_date") for name in ("surveys", "measures")),
        *((name, "period_type, period_start") for name in ("kpi_results", "scorecards")),
        *((name, "period_type, period_start") for name in ("score_parts", "score_changes")),
    ],
)
def test_rows_are_stored_in_the_order_in_which_they_are_asked_for(
    published: Centre, table: str, order: str
) -> None:
    with duckdb.connect(str(published.home / "serving" / "marts.duckdb"), read_only=True) as marts:
        rows = f"select row({order}) as place, rowid as number from marts.marts.{table}"
        [(misplaced, places)] = marts.execute(
            "select count(*) filter (place < before), count(distinct place) from "
            f"(select place, lag(place) over (order by number) as before from ({rows}))"
        ).fetchall()
    assert misplaced == 0
    assert places > 1


def test_late_partial_and_corrected_files_end_as_one_delivery(
    published: Centre, tmp_path: Path
) -> None:
    at_once = tmp_path / "at_once"
    shutil.copytree(published.home / "inbox", at_once / "inbox")
    Centre(at_once, published.late).deliver()
    done = run_line(at_once, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout

    home = tmp_path / "piecemeal"
    inbox = home / "inbox"
    shutil.copytree(at_once / "inbox", inbox)
    waiting: dict[Path, bytes] = {}
    for path in sorted(inbox.rglob("*2026-10-2[58]*")):
        waiting[path] = path.read_bytes()
        path.unlink()
    for path in sorted((inbox / "surveys").rglob("*.csv")):
        waiting[path] = path.read_bytes()
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[: len(lines) // 2]))
    # A log that was cut in the middle of a line and grows, and one whose beginning is missing.
    grown, cut = sorted((inbox / "asterisk_queue_log").rglob("*2026-10-2[67]"))[:2]
    for path, part in ((grown, slice(0, 5000)), (cut, slice(-5000, None))):
        waiting[path] = path.read_bytes()
        path.write_bytes(waiting[path][part])
    # Identities and posts that are corrected months later.
    identities = inbox / "hr_identities" / "identities.csv"
    waiting[identities] = identities.read_bytes()
    identities.write_bytes(b"".join(waiting[identities].splitlines(keepends=True)[:-6]))
    posts = inbox / "hr_assignments" / "assignments.csv"
    waiting[posts] = replace(posts, ",Riga North,", ",Riga Centre,").encode()

    done = run_line(home, "--as-of", "2026-10-30T12:00:00")
    assert done.returncode == 0, done.stdout
    assert differences(published_tables(home), published_tables(at_once))

    files = list(waiting.items())
    for number, batch in enumerate((files[::2], files[1::2])):
        for path, content in batch:
            path.write_bytes(content)
        done = run_line(home, "--as-of", AS_OF if number else "2026-10-31T06:00:00")
        assert done.returncode == 0, done.stdout
    assert differences(published_tables(home), published_tables(at_once)) == []


def test_a_day_on_top_and_an_old_one_change_nothing_else(tmp_path: Path) -> None:
    """Five weeks, so that half of the days lie outside the windows that a run does over."""
    at_once, home = tmp_path / "at_once", tmp_path / "home"
    simulate(at_once / "inbox", agents=12, days=35)
    shutil.copytree(at_once / "inbox", home / "inbox")
    late = [
        path for day in ("2026-09-28", "2026-10-31") for path in (home / "inbox").rglob(f"*{day}*")
    ]
    contents = {path: path.read_bytes() for path in late}
    for path in late:
        path.unlink()
    done = run_line(home, "--as-of", "2026-10-31T06:00:00")
    assert done.returncode == 0, done.stdout
    for path, content in contents.items():
        path.write_bytes(content)
    for one in (home, at_once):
        done = run_line(one, "--as-of", AS_OF)
        assert done.returncode == 0, done.stdout
    assert differences(published_tables(home), published_tables(at_once)) == []


def test_an_earlier_as_of_takes_later_events_out_again(centre: Centre, tmp_path: Path) -> None:
    early = "2026-10-28T00:00:00"
    alone = tmp_path / "alone"
    shutil.copytree(centre.home / "inbox", alone / "inbox")
    for home in (centre.home, alone):
        done = run_line(home, "--as-of", early)
        assert done.returncode == 0, done.stdout
    assert differences(published_tables(centre.home), published_tables(alone)) == []
