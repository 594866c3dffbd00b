"""The centre of all cases, through the line once."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.golden.case import cases
from tests.golden.centre import write_inbox, write_seeds
from tests.line import AS_OF, run_line


@dataclass(frozen=True)
class Built:
    """A published home and the configuration it was built with."""

    home: Path
    seeds: Path

    def rows(self, query: str, *values: object) -> list[dict[str, object]]:
        """Rows of a query over the published marts and pay, by column."""
        with duckdb.connect() as connection:
            for name in ("marts", "pay"):
                path = self.home / "serving" / f"{name}.duckdb"
                connection.execute(f"attach '{path}' as {name} (read_only)")
            found = connection.execute(query, list(values))
            columns = [column[0] for column in found.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Run the line over the inbox of all cases."""
    folder = tmp_path_factory.mktemp("golden")
    built = Built(folder / "home", folder / "seeds")
    write_seeds(cases(), built.seeds)
    write_inbox(cases(), built.home / "inbox")
    done = run_line(built.home, "--seeds", str(built.seeds), "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout + done.stderr
    return built
