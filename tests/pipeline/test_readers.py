"""Readers see the old or the new publication whole, never an error, and soon the new one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Centre
from tests.line import AS_OF, run_line

READERS = 8
# What a reader does until it is told to stop: a new connection through the link for every look.
READER = """
import json, sys, time
from pathlib import Path
import duckdb

link, stop, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
with out.open("w") as file:
    while not stop.exists():
        try:
            with duckdb.connect(link, True, {"threads": 1}) as connection:
                connection.execute("use marts.marts")
                run_id = connection.execute("select run_id from publication").fetchone()[0]
                seen = connection.execute(
                    "select (select count(*) from fct_contacts), "
                    "(select count(*) from scorecards), "
                    "(select sum(amount) from fct_measures)"
                ).fetchone()
            look = {"at": time.time(), "run_id": run_id, "seen": [float(value) for value in seen]}
        except Exception as error:
            look = {"at": time.time(), "error": str(error)}
        print(json.dumps(look), file=file, flush=True)
        time.sleep(0.5)
"""


@pytest.mark.slow
def test_eight_readers_while_a_run_writes(centre: Centre, tmp_path: Path) -> None:
    link, stop = centre.home / "serving" / "marts.duckdb", tmp_path / "stop"
    outputs = [tmp_path / f"reader-{number}" for number in range(READERS)]
    readers = [
        subprocess.Popen([sys.executable, "-c", READER, str(link), str(stop), str(output)])
        for output in outputs
    ]
    centre.deliver()
    done = run_line(centre.home, "--as-of", AS_OF)
    published_at = time.time()
    time.sleep(10)
    stop.touch()
    for reader in readers:
        reader.wait(timeout=60)
    assert done.returncode == 0, done.stdout

    looks = [[json.loads(line) for line in output.read_text().splitlines()] for output in outputs]
    assert [look for reader in looks for look in reader if "error" in look] == []
    seen = {(look["run_id"], tuple(look["seen"])) for reader in looks for look in reader}
    assert len(seen) == 2, "each reader sees the old or the new publication whole"
    new = looks[0][-1]["run_id"]
    assert new != looks[0][0]["run_id"]
    for reader in looks:
        assert reader[-1]["run_id"] == new
        assert min(look["at"] for look in reader if look["run_id"] == new) < published_at + 10
