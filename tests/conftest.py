"""A small call centre that has been through the line once; tests work on copies of its home."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.superset_server import Server, deployed
from tests.line import AS_OF, run_line

LAST_DAY = "2026-10-31"


@dataclass(frozen=True)
class Centre:
    """A published home, and files that have not been delivered to it yet."""

    home: Path
    late: Path

    def deliver(self) -> list[Path]:
        """Put the late files into the inbox and return them there."""
        files = [path for path in self.late.rglob("*") if path.is_file()]
        shutil.copytree(self.late, self.home / "inbox", dirs_exist_ok=True)
        return [self.home / "inbox" / path.relative_to(self.late) for path in files]


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Give each test the environment back that the line, in the same process, may have set."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """Publish ten simulated days of twelve agents, the logs of the last one held back."""
    from demo import simulate

    folder = tmp_path_factory.mktemp("centre")
    home, late = folder / "home", folder / "late"
    simulate(home / "inbox", agents=12, days=10)
    for path in sorted((home / "inbox").rglob(f"*{LAST_DAY}*")):
        target = late / path.relative_to(home / "inbox")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    done = run_line(home, "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout + done.stderr
    return Centre(home, late)


@pytest.fixture
def centre(published: Centre, tmp_path: Path) -> Iterator[Centre]:
    """Lend a copy of the published home."""
    home = tmp_path / "home"
    shutil.copytree(published.home, home, symlinks=True)
    yield Centre(home, published.late)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Serve a copy of a publication: the one that MERITLINE_BROWSER_HOME names, or the tests'."""
    named = os.environ.get("MERITLINE_BROWSER_HOME")
    source = Path(named) if named else request.getfixturevalue("published").home
    home = tmp_path_factory.mktemp("superset") / "home"
    with deployed(source, home) as server:
        yield server
