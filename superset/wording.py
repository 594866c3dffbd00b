"""What people read, in the language of the deployment.

Assets are written in English. A title, a name or a description is looked up in the language's
catalogue as a whole; inside templates and SQL, what people read stands in double square brackets:
`'[[Not rated]]'`. Either is itself where the language is English.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import yaml
from superset_home import LOCALES

MARKED = re.compile(r"\[\[(.+?)\]\]")
AXIS_TITLES = ("x_axis_title", "y_axis_title", "y_axis_title_secondary")


def catalogue(locale: str | None = None) -> dict[str, str]:
    """The texts of a language by their English; of `MERITLINE_LOCALE` unless one is named."""
    locale = locale or os.environ.get("MERITLINE_LOCALE") or "en"
    path = LOCALES / f"{locale}.yaml"
    if locale == "en":
        return {}
    if not path.is_file():
        known = ", ".join(["en", *sorted(found.stem for found in LOCALES.glob("*.yaml"))])
        raise ValueError(f"MERITLINE_LOCALE is {locale}; there are: {known}")
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def worded(kind: str, asset: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """A copy of an asset whose texts are those of a catalogue."""
    copy = _unmarked(asset, words)
    for holder, key in _labels(kind, copy):
        holder[key] = words.get(holder[key], holder[key])
    return copy


def worded_text(text: str, words: dict[str, str]) -> str:
    """A text with the catalogue's words for each that is marked."""
    return MARKED.sub(lambda found: words.get(found[1], found[1]), text)


def texts(kind: str, asset: dict[str, Any]) -> set[str]:
    """Every text of an asset that a catalogue has to have."""
    named = {holder[key] for holder, key in _labels(kind, asset)}
    return named.union(*map(MARKED.findall, _strings(asset)))


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - any part of an asset
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _strings(key)
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, str):
        yield value


def _unmarked(value: Any, words: dict[str, str]) -> Any:  # noqa: ANN401 - any part of an asset
    """The same with the catalogue's text for each that is marked."""
    if isinstance(value, dict):
        return {_unmarked(key, words): _unmarked(part, words) for key, part in value.items()}
    if isinstance(value, list):
        return [_unmarked(part, words) for part in value]
    if isinstance(value, str):
        return worded_text(value, words)
    return value


def _labels(kind: str, asset: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Where an asset has a text that is one label or sentence.

    Descriptions of columns and metrics document them, as dbt does and in its words.
    """
    for holder, keys in _label_holders(kind, asset):
        yield from ((holder, key) for key in keys if holder.get(key))


def _label_holders(
    kind: str, asset: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    if kind == "datasets":
        for part in (*asset["columns"], *asset["metrics"]):
            yield part, ("verbose_name",)
    if kind == "charts":
        yield asset, ("slice_name", "description")
        yield asset["params"], AXIS_TITLES
        for layer in asset["params"].get("annotation_layers", []):
            yield layer, ("name",)
    if kind == "dashboards":
        yield asset, ("dashboard_title", "description")
        for place in asset["position"].values():
            if isinstance(place, dict):
                yield place.get("meta", {}), ("text", "sliceName", "sliceNameOverride")
        for chooser in asset["metadata"]["native_filter_configuration"]:
            yield chooser, ("name", "description")
