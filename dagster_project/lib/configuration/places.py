"""Queues and calendars: what has to hold within and between their rows."""

from __future__ import annotations

from dagster_project.lib.configuration.fields import EVERY
from dagster_project.lib.configuration.models import CalendarDay, Queue
from dagster_project.lib.configuration.tables import Configuration


def check_places(configuration: Configuration) -> None:
    """Blame a missing default of queues, thresholds and opening hours that make no sense."""
    queues = configuration.table(Queue)
    texts = queues.texts.values()
    is_sure = queues.is_sure_of("site_id") and queues.is_sure_of("queue_id")
    if is_sure and not any(
        (text.get("site_id"), text.get("queue_id")) == (EVERY, EVERY) for text in texts
    ):
        queues.blame(
            1, "queue_id", "there is no default for queues without a row",
            "a row with site_id * and queue_id *", "add it",
        )  # fmt: skip
    for row in queues.rows:
        if row.short_abandon_seconds > row.answer_threshold_seconds:
            queues.blame(
                row.line, "short_abandon_seconds",
                f"an abandon within {row.short_abandon_seconds} s counts as short, while "
                f"{row.answer_threshold_seconds} s is an answer in time",
                "at most answer_threshold_seconds", "correct one of the two",
            )  # fmt: skip
    calendars = configuration.table(CalendarDay)
    for row in calendars.rows:
        if (row.opens_at is None) != (row.closes_at is None):
            calendars.blame(
                row.line, "closes_at" if row.opens_at else "opens_at", "the field is empty",
                "both opens_at and closes_at, or neither", "add the other one",
            )  # fmt: skip
        elif row.opens_at and row.closes_at and row.closes_at <= row.opens_at:
            calendars.blame(
                row.line, "closes_at", f"the site closes at {row.closes_at}, before it opens",
                f"a time after {row.opens_at}", "correct the times",
            )  # fmt: skip
