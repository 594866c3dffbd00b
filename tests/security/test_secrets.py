"""Outside the demonstration nothing starts on a secret that everybody knows."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.browser.superset_server import script
from tests.line import run_line

NAMES = ("MERITLINE_SUPERSET_SECRET_KEY", "MERITLINE_SUPERSET_ADMIN_PASSWORD")


@pytest.mark.slow
def test_a_deployment_without_secrets_stops_and_says_how_to_make_them(tmp_path: Path) -> None:
    done = script("deploy", tmp_path)
    assert done.returncode == 2
    assert "meritline secrets" in done.stderr
    assert NAMES[0] in done.stderr
    assert not (tmp_path / "superset" / "superset.db").exists()


@pytest.mark.slow
def test_a_secret_that_is_too_short_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAMES[0], "changeme")
    done = script("deploy", tmp_path)
    assert done.returncode == 2
    assert f"{NAMES[0]} is too short" in done.stderr
    assert "changeme" not in done.stderr


@pytest.mark.slow
def test_made_secrets_are_for_their_owner_only_and_made_once(tmp_path: Path) -> None:
    done = run_line(tmp_path, command="secrets")
    assert done.returncode == 0, done.stderr
    made = {path: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert {path.name for path in made} >= {"superset_key", "superset_admin"}
    assert len(set(made.values())) == len(made)
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert run_line(tmp_path, command="secrets").returncode == 0
    assert {path: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made
