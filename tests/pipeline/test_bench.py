"""The benchmark on a centre of some thousand contacts: its peers make what the line makes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from bench import __main__ as bench
from bench import core, floor, report
from bench.centre import Centre
from bench.line import STAGES

PEERS = bench.PROJECT.parent / "shared" / "bench"


@pytest.mark.slow
def test_peers_make_what_the_line_makes(tmp_path: Path) -> None:
    centre = Centre(tmp_path / "0.3M", agents=12, days=10)
    results = bench.measure(centre, "0.3M", ["first", "core", "floor"], PEERS, None)
    assert results["contacts"] > 2000
    assert all(results["first"]["stages"][stage] > 0 for stage in STAGES)
    assert results["first"]["peak_bytes"] > 0
    assert results["floor"]["different"] == []
    if PEERS.is_dir():
        assert {name: one["different"] for name, one in results["core"].items()} == dict.fromkeys(
            core.ENGINES, 0
        )

    # The comparisons see a difference.
    with duckdb.connect(str(centre.folder / "floor" / "build" / "marts.duckdb")) as marts:
        marts.execute("update marts.marts.fct_contact_legs set talk_seconds = talk_seconds + 1")
    serving, build = centre.home / "serving", centre.folder / "floor" / "build"
    assert "marts.fct_contact_legs" in floor.compare(serving, build)
    if PEERS.is_dir():
        assert core.compare(centre.folder / "core_duckdb.parquet", build / "marts.duckdb")[1] > 0

    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("benchmark.md", "capacity.md"):
        text = (bench.PROJECT / "docs" / name).read_text(encoding="utf-8")
        (docs / name).write_text(text, encoding="utf-8")
    report.write(tmp_path, docs)
    assert f"| contacts | {results['contacts']:,} |" in (docs / "benchmark.md").read_text()
    assert (docs / "benchmark.svg").read_text().startswith("<svg")
