"""What was changed by hand in Superset comes back into the assets, and nothing else does."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(REPOSITORY / "superset"))
    for name in ("export", "describe", "superset_home", "wording"):
        sys.modules.pop(name, None)
    import export

    return export


def test_marks_and_english_stay_where_nothing_changed(export: ModuleType) -> None:
    """A chart of a Chinese deployment, of which one line and the title were changed."""
    kept = {
        "slice_name": "Queues",
        "params": {"template": "<b>[[Queue]]</b>\n<i>[[Wait]]</i>\n", "row_limit": 10},
    }
    before = {
        "slice_name": "队列",
        "params": {"template": "<b>队列</b>\n<i>等待</i>\n", "row_limit": 10, "slice_id": 7},
        "query_context": None,
    }
    now = {
        "slice_name": "团队",
        "params": {"template": "<b>队列</b>\n<u>等待</u>\n", "row_limit": 20, "slice_id": 8},
        "query_context": "{}",
    }
    english = {"队列": "Queue", "团队": "Team"}
    assert export.fold(kept, before, now, english) == {
        "slice_name": "Team",
        "params": {"template": "<b>[[Queue]]</b>\n<u>等待</u>\n", "row_limit": 20},
    }


def test_parts_of_a_list_are_known_by_their_names(export: ModuleType) -> None:
    kept = [
        {"column_name": "site", "verbose_name": "Site"},
        {"column_name": "team", "verbose_name": "Team"},
    ]
    before = [{**part, "groupby": True} for part in kept]
    now = [{**before[1], "verbose_name": "Crew"}, before[0], {"column_name": "new"}]
    assert export.fold(kept, before, now, {}) == [
        {"column_name": "team", "verbose_name": "Crew"},
        kept[0],
        {"column_name": "new"},
    ]


def test_charts_keep_the_repository_s_numbers(export: ModuleType) -> None:
    page = {
        "position": {
            "A": {"type": "CHART", "meta": {"uuid": "a", "chartId": 101}},
            "B": {"type": "CHART", "meta": {"uuid": "b", "chartId": 102}},
        },
        "metadata": {
            "native_filter_configuration": [{"scope": {"excluded": [101]}, "chartsInScope": [102]}]
        },
    }
    kept = {"position": {"A": {"type": "CHART", "meta": {"uuid": "a", "chartId": 5}}}}
    numbers = export._numbers(page, kept)
    assert numbers == {101: 5, 102: 6}
    again = export._renumber(page, numbers)
    assert again["position"]["B"]["meta"]["chartId"] == 6
    assert again["metadata"]["native_filter_configuration"] == [{"scope": {"excluded": [5]}}]
