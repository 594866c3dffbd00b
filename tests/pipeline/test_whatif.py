"""What-if: equal where nothing changed, moved where it must be, nothing published touched."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.comparison import summary
from dagster_project.lib.settings import Home, Settings
from dagster_project.lib.whatif import AS_SET, Answer, Range, WrongSettingsError, ask
from tests.conftest import Centre
from tests.line import PROJECT, run_line, stand_in_place

pytestmark = pytest.mark.slow
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def home(published: Centre, tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("whatif") / "home"
    shutil.copytree(published.home, folder, symlinks=True)
    return Home(folder)


@pytest.fixture
def settings(home: Home, monkeypatch: pytest.MonkeyPatch) -> Settings:
    # Its views read the lake of the home that stands in the line's place, now this one.
    stand_in_place(home.root)
    # dbt is told where to build by the environment; the other tests get theirs back.
    monkeypatch.setenv("MERITLINE_HOME", str(home.root))
    monkeypatch.setenv("MERITLINE_SEEDS", str(PROJECT / "seeds"))
    return Settings(home)


def other_seeds(folder: Path, seed: str, edit: Callable[[Rows], Rows]) -> Path:
    """Copy the seeds and edit the rows of one of them."""
    shutil.copytree(PROJECT / "seeds", folder)
    path = folder / f"{seed}.csv"
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        header, rows = list(reader.fieldnames or []), edit(list(reader))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def agents(weights: dict[str, str], **others: str) -> Callable[[Rows], Rows]:
    """Give the scheme of agents other weights, other columns too if need be."""

    def edit(rows: Rows) -> Rows:
        template = next(row for row in rows if row["scheme"] == "agent")
        kept = [row for row in rows if row["scheme"] != "agent"]
        return kept + [
            template | {"kpi_code": kpi, "weight": weight} | others
            for kpi, weight in weights.items()
        ]

    return edit


def published_bytes(home: Home) -> dict[str, str]:
    return {
        str(path.relative_to(home.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (home.serving, home.build, home.lake)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and "whatif" not in str(path.relative_to(home.root))
        and path.suffix in {".duckdb", ".parquet", ".json"}
    }


def rows_of(answer: Answer, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(answer.database), read_only=True) as con:
        return con.execute(query).fetchall()


MOVED = """
    select count(*), count(*) filter (where
        score is distinct from whatif_score or rank is distinct from whatif_rank
        or tier is distinct from whatif_tier or is_moved
        or tier_probability is distinct from whatif_tier_probability)
    from marts.whatif_scores
"""


def test_unchanged_seeds_give_what_is_published(settings: Settings, tmp_path: Path) -> None:
    before = published_bytes(settings.home)
    seeds = tmp_path / "seeds"
    shutil.copytree(PROJECT / "seeds", seeds)
    answer = ask(settings, seeds)
    count, moved = rows_of(answer, MOVED)[0]
    assert (int(str(count)) > 50, moved) == (True, 0)
    assert rows_of(
        answer,
        "select count(*) filter (where difference_amount <> 0), count(*) > 10, "
        "count(*) filter (where whatif_total_amount > 0) > 0 from marts.whatif_pay",
    ) == [(0, True, True)]
    assert list(summary(answer.database, AS_SET)) == [
        "Nothing moves: every score, rank, tier and amount is as published."
    ]
    assert published_bytes(settings.home) == before


WEIGHTS = {"aht": "0.6", "csat": "0.4"}
# Independent of the models: the attainments as published, weighted anew. The scheme has no other
# KPI then, so somebody without one of the two is rated if the other one is 60 % of the weight.
EXPECTED = """
    select subject_id, period_start, case when sum(part_weight) > 0.6 - 1e-6 then
        sum(part_weight * attainment) / sum(part_weight) end
    from (
        select *, case kpi_code when 'aht' then 0.6 when 'csat' then 0.4 end
            * (date_diff('day', part_start, part_end))
            / sum(date_diff('day', part_start, part_end)) over (
                partition by subject_id, period_start, kpi_code
            ) as part_weight
        from marts.marts.score_parts
        where subject_type = 'employee' and period_type = 'month' and scheme = 'agent'
            and kpi_code in ('aht', 'csat')
    )
    where status = 'scored'
    group by 1, 2
    order by 1, 2
"""


def test_a_changed_weight_moves_whom_it_must(settings: Settings, tmp_path: Path) -> None:
    before = published_bytes(settings.home)
    answer = ask(
        settings, other_seeds(tmp_path / "seeds", "kpi_weights", agents(WEIGHTS)), months=1
    )
    with duckdb.connect(str(settings.home.published_marts), read_only=True) as con:
        expected = con.execute(EXPECTED).fetchall()
    found = rows_of(
        answer,
        "select subject_id, period_start, whatif_score from marts.whatif_scores "
        "where subject_type = 'employee' and role = 'agent' and period_type = 'month' "
        "order by 1, 2",
    )
    scores = {(row[0], row[1]): row[2] for row in found}
    rated = [row for row in expected if row[2] is not None]
    assert len(rated) > 3
    for employee, start, score in rated:
        if (employee, start) in scores:
            assert scores[employee, start] == pytest.approx(score, abs=1e-6)
    moved = rows_of(
        answer,
        "select count(*) from marts.whatif_scores where subject_type = 'employee' "
        "and role = 'agent' and abs(score_change) > 0.01",
    )
    assert int(str(moved[0][0])) > 3
    # Sites have a scheme of their own: nothing of theirs moves.
    sites = (
        "select count(*) from marts.whatif_scores where subject_type = 'site' and score_change <> 0"
    )
    assert rows_of(answer, sites) == [(0,)]
    text = "\n".join(summary(answer.database, AS_SET))
    assert "people have another score" in text
    assert re.search(r"Pay of 2026-\d\d in EUR: ", text)
    assert published_bytes(settings.home) == before

    # The same weights, valid only next year, are tried before they are valid.
    announced = other_seeds(tmp_path / "announced", "kpi_weights", _announce(WEIGHTS, "2027-01-01"))
    later = ask(settings, announced, months=1)
    everybody = "select * exclude scenario from marts.whatif_scores order by all"
    assert rows_of(later, everybody) == rows_of(answer, everybody)
    assert any("as it will stand on 2027-01-01" in change for change in later.changes)


def _announce(weights: dict[str, str], day: str) -> Callable[[Rows], Rows]:
    def edit(rows: Rows) -> Rows:
        ended = [row | {"valid_to": day} if row["scheme"] == "agent" else row for row in rows]
        new = agents(weights, valid_from=day, valid_to="")(rows)
        return ended + [row for row in new if row["scheme"] == "agent"]

    return edit


def test_a_weight_can_be_tried_alone(settings: Settings) -> None:
    answer = ask(settings, None, Range.parse("csat=0.5"))
    assert answer.scenarios == ("csat = 0.5",)
    assert rows_of(answer, "select distinct scenario from marts.whatif_scores") == [("csat = 0.5",)]
    with pytest.raises(
        WrongSettingsError, match=r"No scheme weighs 'cast'; expected one of .*csat"
    ):
        ask(settings, None, Range.parse("cast=0.5"))


def test_a_range_has_five_steps() -> None:
    assert Range.parse("csat=0.2:0.4").weights == [0.2, 0.25, 0.3, 0.35, 0.4]
    for wrong in ("csat", "csat=", "csat=0.4:0.2", "csat=0.2:1", "=0.2:0.4", "csat=a:b"):
        with pytest.raises(ValueError, match="expected KPI=FROM:TO"):
            Range.parse(wrong)


def test_what_cannot_be_tried_is_refused(settings: Settings, tmp_path: Path) -> None:
    def shorter(rows: Rows) -> Rows:
        return [row | {"answer_threshold_seconds": "15"} for row in rows]

    with pytest.raises(WrongSettingsError, match=r"queues\.csv decides what is measured"):
        ask(settings, other_seeds(tmp_path / "queues", "queues", shorter))
    wrong = other_seeds(tmp_path / "wrong", "kpi_weights", agents({"aht": "0.6", "csat": "0.3"}))
    with pytest.raises(WrongSettingsError, match=r"kpi_weights\.csv"):
        ask(settings, wrong)
    done = run_line(settings.home.root, "--seeds", str(wrong), command="whatif")
    assert done.returncode == 2
    assert "kpi_weights.csv" in done.stdout


@pytest.mark.drill
def test_the_demo_answers_in_twenty_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60 agents over four months, in a process that has answered before."""
    assert run_line(tmp_path, command="demo").returncode == 0
    assert run_line(tmp_path).returncode == 0
    monkeypatch.setenv("MERITLINE_HOME", str(tmp_path))
    monkeypatch.setenv("MERITLINE_SEEDS", str(PROJECT / "seeds"))
    settings = Settings(Home(tmp_path))
    seconds = []
    for _ in range(2):
        began = time.monotonic()
        ask(settings, PROJECT / "seeds")
        seconds.append(time.monotonic() - began)
    assert seconds[1] < 20
