"""All mistakes of a configuration at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dagster_project.lib.configuration import (
    history,
    levels,
    objectives,
    pay,
    places,
    references,
    scoring,
    validity,
)
from dagster_project.lib.configuration.mistakes import Mistake
from dagster_project.lib.configuration.published import Published
from dagster_project.lib.configuration.tables import Configuration
from dagster_project.lib.settings import PROJECT


def shown(folder: Path) -> str:
    """Return what messages call a folder of seeds: `seeds` if it is the project's own."""
    return str(folder.relative_to(PROJECT) if folder.is_relative_to(PROJECT) else folder)


def validate(folder: Path, as_of: date, published: Published | None = None) -> list[Mistake]:
    """Return every mistake in the seeds of a folder, by file and line.

    Args:
        folder: Where the seeds are.
        as_of: The day from which definitions due for review are warned of.
        published: The last publication; what it was made from may change only with a reason.
    """
    configuration = Configuration(folder, shown(folder))
    # From the single row to the whole: what is found first is not held against what follows.
    references.check_references(configuration, published.roles if published else set())
    validity.check_validity(configuration)
    places.check_places(configuration)
    scoring.check_kpis(configuration, as_of)
    scoring.check_uses(configuration)
    scoring.check_scopes(configuration)
    levels.check_targets(configuration)
    levels.check_ranges(configuration)
    levels.check_tiers(configuration)
    levels.check_ramps(configuration)
    pay.check_pay(configuration)
    objectives.check_objectives(configuration)
    scoring.check_weights(configuration)
    scoring.check_weighted_have_targets(configuration)
    if published is not None:
        if published.people:
            references.check_people(configuration, published.people)
        history.check_history(configuration, published)
    return configuration.all_mistakes()
