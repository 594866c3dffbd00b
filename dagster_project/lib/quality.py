"""What a check found, whoever ran it: Great Expectations, dbt or the line itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a failed check holds the data back."""

    ERROR = "error"
    WARN = "warn"


class Layer(StrEnum):
    """What a check guards."""

    RAW = "raw"
    SEEDS = "seeds"
    MODELS = "models"
    MARTS = "marts"


@dataclass(frozen=True)
class CheckResult:
    """One check of one run; `paths` are the files that made it fail, where it is about files."""

    layer: Layer
    check_name: str
    subject: str
    severity: Severity
    is_passed: bool
    observed: str
    expected: str
    message: str
    paths: tuple[str, ...] = ()

    @property
    def is_blocking_failure(self) -> bool:
        """Tell whether this result alone keeps the run from publishing."""
        return not self.is_passed and self.severity is Severity.ERROR


def failure_message(what: str, where: str, observed: str, expected: str, fix: str) -> str:
    """Say what failed in the order a reader needs: what, where, seen, expected, what to do."""
    return f"{what} ({where}). Observed: {observed}. Expected: {expected}. What to do: {fix}"
