"""What a run says and leaves behind when something is wrong, and that mending it is enough."""

from __future__ import annotations

import csv
import fcntl
import shutil
import time
from pathlib import Path

import pytest

from tests.conftest import Centre
from tests.line import (
    AS_OF,
    PROJECT,
    Tables,
    differences,
    marts_hash,
    ops_rows,
    published_tables,
    run_line,
    start_line,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(published: Centre, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """What is published when all files arrive and nothing goes wrong."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    shutil.copytree(published.home, home, symlinks=True)
    Centre(home, published.late).deliver()
    done = run_line(home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout
    return published_tables(home)


def poisoned(path: Path) -> None:
    """Turn every second line into garbage."""
    lines = path.read_text().splitlines()
    lines[::2] = ["\x7fgarbage" for _ in lines[::2]]
    path.write_text("\n".join(lines) + "\n")


def copy_of_project(folder: Path) -> Path:
    """Copy what a run reads of the repository."""
    for name in ("dagster_project", "dbt_models", "seeds", "expectations", "superset"):
        shutil.copytree(
            PROJECT / name, folder / name, ignore=shutil.ignore_patterns("target", "logs")
        )
    return folder


def test_nothing_new_publishes_nothing(centre: Centre) -> None:
    before = marts_hash(centre.home)
    done = run_line(centre.home, "--as-of", AS_OF)
    assert done.returncode == 0
    assert "Nothing new" in done.stdout
    assert marts_hash(centre.home) == before
    assert ops_rows(centre.home, "select outcome from marts.runs order by started_at desc")[0] == (
        "nothing new",
    )


def test_a_build_that_has_to_spill_publishes_the_same(
    published: Centre, undisturbed: Tables, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(published.home / "inbox", home / "inbox")
    Centre(home, published.late).deliver()
    line = start_line(home, "--as-of", AS_OF, memory="100MB")
    has_spilled = False
    while line.poll() is None:
        has_spilled = has_spilled or any((home / "build" / "spill").glob("*"))
        time.sleep(0.05)
    assert line.returncode == 0, line.communicate()
    assert has_spilled
    assert differences(published_tables(home), undisturbed) == []


def test_half_a_file_of_garbage_is_held_until_it_is_replaced(
    centre: Centre, undisturbed: Tables
) -> None:
    before = marts_hash(centre.home)
    log = next(path for path in centre.deliver() if "queue_log" in path.name)
    good = log.read_bytes()
    poisoned(log)

    for _ in range(2):
        done = run_line(centre.home, "--as-of", AS_OF)
        assert done.returncode == 1, done.stdout
        path = log.relative_to(centre.home / "inbox").as_posix()
        assert path in done.stdout
        assert "meritline release" in done.stdout
        assert marts_hash(centre.home) == before
        failed = ops_rows(
            centre.home,
            "select check_name, message from marts.quality_results where not is_passed "
            "and severity = 'error' and run_id = "
            "(select run_id from marts.runs order by started_at desc limit 1)",
        )
        assert any(path in str(message) for _, message in failed)
        states = ops_rows(
            centre.home, f"select distinct state from marts.load_ledger where path = '{path}'"
        )
        assert states == [("held",)]
        [(held, why)] = ops_rows(centre.home, "select path, reason from marts.held_files")
        assert (held, str(why).partition(":")[0]) == (path, "rejected_lines")
    assert path in run_line(centre.home, command="status").stdout

    log.write_bytes(good)
    done = run_line(centre.home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout
    assert ops_rows(centre.home, "select path from marts.held_files") == []
    assert differences(published_tables(centre.home), undisturbed) == []


def test_a_held_file_that_is_removed_or_released_lets_the_run_pass(centre: Centre) -> None:
    log = next(path for path in centre.deliver() if "queue_log" in path.name)
    poisoned(log)
    assert run_line(centre.home, "--as-of", AS_OF).returncode == 1
    path = log.relative_to(centre.home / "inbox").as_posix()
    who = ("--by", "Ada", "--reason", "the exchange was replaced")
    wrong = run_line(centre.home, "no/such/file", *who, command="release")
    assert wrong.returncode == 2
    assert path in wrong.stdout
    assert run_line(centre.home, path, *who, command="release").returncode == 0
    done = run_line(centre.home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout


def test_a_mart_that_lost_an_employee_is_not_published(
    centre: Centre, tmp_path: Path, undisturbed: Tables
) -> None:
    before = marts_hash(centre.home)
    centre.deliver()
    project = copy_of_project(tmp_path / "project")
    model = project / "dbt_models" / "models" / "marts" / "people" / "dim_employee.sql"
    model.write_text(
        model.read_text().rstrip()
        + "\nwhere employee_id <> (select min(employee_id) from {{ ref('stg_hr__employees') }})\n"
    )
    done = run_line(centre.home, "--as-of", AS_OF, project=project)
    assert done.returncode == 1, done.stdout
    assert "dim_employee" in done.stdout
    assert marts_hash(centre.home) == before

    done = run_line(centre.home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout
    assert differences(published_tables(centre.home), undisturbed) == []


def test_a_row_without_a_value_that_it_must_have_is_not_published(
    centre: Centre, tmp_path: Path
) -> None:
    before = marts_hash(centre.home)
    project = copy_of_project(tmp_path / "project")
    model = project / "dbt_models" / "models" / "marts" / "contacts" / "fct_contact_legs.sql"
    sql = model.read_text()
    assert sql.count("    legs.site_id,") == 1
    model.write_text(
        sql.replace("    legs.site_id,", "    nullif(legs.site_id, 'riga') as site_id,")
    )
    done = run_line(centre.home, "--as-of", AS_OF, project=project)
    assert done.returncode == 1, done.stdout
    assert "A row of fct_contact_legs has no site_id" in done.stdout
    assert "contact_id=asterisk:riga:" in done.stdout
    assert marts_hash(centre.home) == before


def test_a_weight_too_many_is_a_mistake_in_the_seeds(centre: Centre, tmp_path: Path) -> None:
    before = marts_hash(centre.home)
    project = copy_of_project(tmp_path / "project")
    seed = project / "seeds" / "kpi_weights.csv"
    with seed.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["weight"] = str(float(rows[0]["weight"]) + 0.3)
    with seed.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = run_line(centre.home, "--as-of", AS_OF, project=project)
    assert done.returncode == 2, done.stdout
    assert "seeds/kpi_weights.csv" in done.stdout
    assert rows[0]["role"] in done.stdout
    assert marts_hash(centre.home) == before
    assert run_line(centre.home, "--as-of", AS_OF).returncode == 0


def test_a_second_run_waits_and_then_says_who_runs(centre: Centre) -> None:
    with (centre.home / "run.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write('{"run_id": "r1", "pid": 1, "host": "here", "since": "2026-11-01 00:00:00 UTC"}')
        lock.flush()
        done = run_line(centre.home, "--wait", "1")
    assert done.returncode == 3
    assert "run r1 (process 1 on here" in done.stdout


@pytest.mark.parametrize(
    "arguments", [("--as-of", "yesterday"), ("--inbox", "/no/such/inbox"), ("--no-such-option",)]
)
def test_wrong_use(centre: Centre, arguments: tuple[str, ...]) -> None:
    assert run_line(centre.home, *arguments).returncode == 2
