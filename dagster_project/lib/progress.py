"""Progress as log records: the terminal draws them, Dagster's UI tells a stage's begin and end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

LOGGER = logging.getLogger("meritline")
# Dagster writes each record of its managed logger to its database, which takes longer than most
# models; so what is underway goes to a logger that only the terminal listens to.
UNDERWAY = logging.getLogger("meritline_progress")


@dataclass(frozen=True)
class Progress:
    """Where one stage of a run stands; `total` 0 means that it is not known yet."""

    stage: str
    done: int
    total: int
    label: str


def report(stage: str, label: str, done: int = 0, total: int = 0) -> None:
    """Tell whoever listens how far `stage` is."""
    count = f" {done}/{total}" if total else ""
    logger = UNDERWAY if 0 < done < total else LOGGER
    logger.info(
        "%s%s: %s", stage, count, label, extra={"progress": Progress(stage, done, total, label)}
    )


class Listener(logging.Handler):
    """Hands progress records to `show`, and other messages of the line to `tell`."""

    def __init__(self, show: Callable[[Progress], None], tell: Callable[[str], None]) -> None:
        """Listen with two functions: one for progress, one for messages in words."""
        super().__init__(logging.INFO)
        self._show = show
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Pass the record on."""
        progress = getattr(record, "progress", None)
        if isinstance(progress, Progress):
            self._show(progress)
        else:
            self._tell(record.getMessage())
