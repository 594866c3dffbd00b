"""A run that is killed at any moment leaves nothing that the next run does not put right."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from dagster_project.lib.locking import read_holder
from tests.conftest import Centre
from tests.line import AS_OF, differences, ops_rows, published_tables, run_line, start_line


def wait_until_it_writes(home: Path, process: subprocess.Popen[str]) -> None:
    """Let the process import what it needs: a kill before it has the lock interrupts nothing."""
    while process.poll() is None:
        holder = read_holder(home / "run.lock")
        if holder is not None and holder.pid == process.pid:
            return
        time.sleep(0.05)


@pytest.mark.parametrize(
    "kills",
    [pytest.param(10, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.drill)],
)
def test_kills_then_a_run_publish_what_an_undisturbed_run_does(
    centre: Centre, published: Centre, tmp_path: Path, kills: int
) -> None:
    calm = tmp_path / "calm"
    shutil.copytree(published.home, calm, symlinks=True)
    Centre(calm, published.late).deliver()
    done = run_line(calm, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout
    ((seconds,),) = ops_rows(
        calm,
        "select epoch(finished_at - started_at) from marts.runs order by started_at desc limit 1",
    )

    before, after = published_tables(centre.home), published_tables(calm)
    centre.deliver()
    moments = random.Random(7)
    killed = 0
    for _ in range(kills):
        if not differences(published_tables(centre.home), after):
            # That one came too late: begin again with something to do.
            shutil.rmtree(centre.home)
            shutil.copytree(published.home, centre.home, symlinks=True)
            centre.deliver()
        process = start_line(centre.home, "--as-of", AS_OF)
        wait_until_it_writes(centre.home, process)
        try:
            process.wait(timeout=moments.uniform(0, float(str(seconds))))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
        process.communicate()
        seen = published_tables(centre.home)
        assert not differences(seen, before) or not differences(seen, after)
    assert killed, "no run was caught"

    done = run_line(centre.home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout
    assert differences(published_tables(centre.home), after) == []
    outcomes = ops_rows(centre.home, "select outcome from marts.runs")
    assert ("killed",) in outcomes


@pytest.mark.slow
def test_a_first_run_that_is_killed_leaves_nothing_behind(
    published: Centre, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(published.home / "inbox", home / "inbox")
    process = start_line(home, "--as-of", AS_OF)
    deadline = time.monotonic() + 120
    while not (home / "build" / "DIRTY").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(3)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (home / "serving" / "marts.duckdb").exists()

    done = run_line(home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout
    assert differences(published_tables(home), published_tables(published.home)) == []
