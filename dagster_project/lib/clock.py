"""Instants as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def parse_instant(text: str) -> datetime:
    """Read an ISO date (its end) or instant as UTC without a zone.

    Raises:
        ValueError: With what was seen and what was expected.
    """
    try:
        if len(text) == len("2026-10-31"):
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59))
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no date; expected 2026-10-31 (its last second, UTC) "
            "or 2026-10-31T12:00:00"
        ) from None
    if instant.tzinfo is not None:
        instant = instant.astimezone(UTC).replace(tzinfo=None)
    return instant.replace(microsecond=0)
