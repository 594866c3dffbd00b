"""dbt's unit tests: the formulas on rows small enough to work by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Centre
from tests.line import PROJECT, stand_in_place


@pytest.mark.slow
def test_dbt_unit_tests_pass(centre: Centre, tmp_path: Path) -> None:
    folder = PROJECT / "dbt_models"
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "test", "--select", "test_type:unit"),
            *("--project-dir", str(folder), "--profiles-dir", str(folder)),
            *("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")),
        ],
        env=os.environ | {"MERITLINE_HOME": str(stand_in_place(centre.home))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "ERROR=0" in done.stdout
    assert " PASS=0 " not in done.stdout
