"""Carry the descriptions of the marts' columns from dbt's YAML into the datasets.

A column is described once, beside the model that makes it. `--check` changes nothing and names
the columns whose descriptions differ.

python superset/describe.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml
from superset_home import ASSETS, REPOSITORY

MODELS = REPOSITORY / "dbt_models" / "models" / "marts"


class Dumper(yaml.SafeDumper):
    """Writes assets as they stand in the repository: text of several lines as a block."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _represent_text)


def dump(asset: dict[str, Any]) -> str:
    """One asset as YAML."""
    return yaml.dump(asset, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)


def mart_descriptions(models: Path = MODELS) -> dict[str, dict[str, str]]:
    """The description of every column of every mart, on one line."""
    return {
        model["name"]: {
            column["name"]: " ".join(column["description"].split())
            for column in model.get("columns", [])
            if column.get("description")
        }
        for path in sorted(models.rglob("*.yml"))
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", [])
    }


def describe(dataset: dict[str, Any], descriptions: dict[str, dict[str, str]]) -> list[str]:
    """Put the marts' descriptions into one dataset; return the columns that differed."""
    mart = (dataset.get("extra") or {}).get("mart")
    changed = []
    for column in dataset["columns"]:
        wanted = descriptions.get(mart, {}).get(column["column_name"])
        if wanted and column["expression"] is None and column["description"] != wanted:
            column["description"] = wanted
            changed.append(f"{dataset['table_name']}.{column['column_name']}")
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Describe every dataset, or say which are not as dbt has them."""
    parser = argparse.ArgumentParser(description="Carry dbt's column descriptions to datasets.")
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    descriptions = mart_descriptions()
    differing = []
    for path in sorted((ASSETS / "datasets").glob("*.yaml")):
        dataset = yaml.safe_load(path.read_text(encoding="utf-8"))
        changed = describe(dataset, descriptions)
        differing += changed
        if changed and not options.check:
            path.write_text(dump(dataset), encoding="utf-8")
    if differing and options.check:
        print("These columns are described otherwise in dbt's YAML:", *differing, sep="\n  ")
        print("Run: python superset/describe.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
