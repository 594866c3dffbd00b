"""Every text that people read has its Chinese, and nothing else does."""

from __future__ import annotations

import string
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = REPOSITORY / "superset" / "assets"


@pytest.fixture
def wording(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(REPOSITORY / "superset"))
    for name in ("superset_home", "wording"):
        sys.modules.pop(name, None)
    import wording

    return wording


def test_the_catalogue_has_every_text_and_no_other(wording: ModuleType) -> None:
    said = set[str]()
    for kind in ("databases", "datasets", "charts", "dashboards"):
        for path in sorted((ASSETS / kind).glob("*.yaml")):
            said |= wording.texts(kind, yaml.safe_load(path.read_text(encoding="utf-8")))
    statement = (REPOSITORY / "superset" / "statement.html").read_text(encoding="utf-8")
    said |= set(wording.MARKED.findall(statement))
    translated = wording.catalogue("zh")
    assert sorted(said - translated.keys()) == [], "add these to superset/locales/zh.yaml"
    assert sorted(translated.keys() - said) == [], "nothing says these any more"


def test_names_that_differ_stay_different(wording: ModuleType) -> None:
    """Superset draws no chart of two columns or metrics of one name."""
    words = wording.catalogue("zh")
    for path in sorted((ASSETS / "datasets").glob("*.yaml")):
        dataset = yaml.safe_load(path.read_text(encoding="utf-8"))
        parts = (*dataset["columns"], *dataset["metrics"])
        names = {part["verbose_name"] for part in parts}
        translated = sorted(words.get(name, name) for name in names)
        twice = {name for name in translated if translated.count(name) > 1}
        assert not twice, f"{path.stem}: {twice}"


def places(text: str) -> list[str | None]:
    """What DuckDB's `format` fills."""
    return sorted(part[2] for part in string.Formatter().parse(text) if part[2] is not None)


def test_numbers_in_a_text_stay_what_they_are(wording: ModuleType) -> None:
    for english, chinese in wording.catalogue("zh").items():
        assert places(english) == places(chinese), english


def test_an_unknown_language_is_named(wording: ModuleType) -> None:
    with pytest.raises(ValueError, match="MERITLINE_LOCALE is xx; there are: en, zh"):
        wording.catalogue("xx")


def test_marks_are_gone_in_either_language(wording: ModuleType) -> None:
    asset = {"sql": "select '[[Team]]', format('[[{:,} calls]]', 3)", "description": "As it is"}
    assert wording.worded("datasets", {**asset, "columns": [], "metrics": []}, {})["sql"] == (
        "select 'Team', format('{:,} calls', 3)"
    )
    words = {"Team": "团队", "{:,} calls": "{:,} 次呼叫"}
    assert wording.worded("datasets", {**asset, "columns": [], "metrics": []}, words)["sql"] == (
        "select '团队', format('{:,} 次呼叫', 3)"
    )
