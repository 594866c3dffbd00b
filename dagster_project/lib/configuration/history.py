"""Nothing that has been published changes without a reason."""

from __future__ import annotations

from dagster_project.lib.configuration.models import MODELS, Dated, Suspension
from dagster_project.lib.configuration.published import Published
from dagster_project.lib.configuration.tables import Configuration, Table
from dagster_project.lib.configuration.timelines import changes


def check_history(configuration: Configuration, published: Published) -> None:
    """Blame rows that change what was in force before the last publication, and give no reason."""
    if published.seeds is None:
        return
    before = Configuration(published.seeds, "published")
    for model in MODELS:
        # A suspension is declared after the fault; its reason is one of its columns.
        if not issubclass(model, Dated) or model is Suspension:
            continue
        old, new = before.table(model), configuration.table(model)
        # A seed that a newer version brought was never decided upon.
        if old.is_whole and new.is_whole:
            _check(old, new, published)


def _check(old: Table[Dated], new: Table[Dated], published: Published) -> None:
    # A line at fault is told once: what it should say is not known, nor of how many keys.
    at_fault = {new.texts[line].get("valid_from") for line in new.faults if line in new.texts}
    blamed: set[int] = set()
    for change in changes(old.rows, new.rows):
        start = change.start
        if start is None or start >= published.as_of:
            continue
        row = change.new or next(
            (one for one in new.rows if tuple(getattr(one, k) for k in one.key) == change.key
             and one.end <= start),
            None,
        )  # fmt: skip
        if row is None:
            if not at_fault:
                _blame_removed(new, change.old, published)
        elif row.retroactive_reason is None and row.line not in blamed:
            blamed.add(row.line)
            new.blame(
                row.line, "valid_from",
                f"the row changes what holds from {start} on, and results up to "
                f"{published.as_of} are published",
                f"a change from {published.as_of} on, or a retroactive_reason",
                "end the old row and begin a new one on a day to come; if the past has to change, "
                "say why in retroactive_reason",
            )  # fmt: skip


def _blame_removed(table: Table[Dated], row: Dated | None, published: Published) -> None:
    if row is None:
        return
    what = ", ".join(str(getattr(row, name)) for name in row.key)
    table.blame(
        row.line, "valid_to",
        f"the row {what} from {row.valid_from} on, which stood in this line when results up to "
        f"{published.as_of} were published, is gone", "the row, ended with valid_to",
        f"bring it back and set valid_to to {published.as_of} or later",
    )  # fmt: skip
