"""Tiers: the one that a score gives, seen from the tier held before, and why, in words.

A ladder is a role's tiers from the lowest up. To come into a tier the score has to reach its entry
score; who is in it, or above, keeps it down to its exit score. One review moves by `max_step` tiers
at most. Quarters are the reviews that count; what is said of shorter periods starts from the tier
held at the last quarter before them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

ONBOARDING, NOT_RATED = "onboarding", "not_rated"
# Scores count as they are shown and paid, so that 102.0000 is never short of 102.
_DIGITS = Decimal("0.0001")


class Movement(StrEnum):
    """What a review did with the tier that was held."""

    FIRST = "first"
    UP = "up"
    DOWN = "down"
    SAME = "same"
    # Onboarding or not rated: no tier is given, and none is taken.
    NONE = "none"


@dataclass(frozen=True)
class Rule:
    """One row of `tier_rules`; without an entry score it is the lowest tier, which takes the rest.

    `max_step` is how many tiers one review may move those who hold this one; None sets no limit.
    """

    role: str
    tier: str
    entry_score: float | None
    exit_score: float | None
    max_step: int | None
    valid_from: date
    valid_to: date | None

    @property
    def entry(self) -> float:
        """The score from which somebody below comes into the tier."""
        return float("-inf") if self.entry_score is None else self.entry_score

    @property
    def exit(self) -> float:
        """The score down to which the tier is kept."""
        return self.entry if self.exit_score is None else self.exit_score


Ladder = tuple[Rule, ...]


@dataclass(frozen=True)
class Standing:
    """The tier that a subject holds and the role in which it was given; None before the first."""

    tier: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class Candidate:
    """What a subject brings to a review; `score` is None when it is not rated."""

    role: str | None
    score: float | None
    is_onboarding: bool = False
    not_rated_reason: str | None = None


@dataclass(frozen=True)
class Review:
    """The tier that is shown, the standing that the next review starts from, and why."""

    tier: str
    standing: Standing
    movement: Movement
    reason: str


def ladder_of(rules: Iterable[Rule], role: str | None, day: date) -> Ladder:
    """Return the ladder in force on a day, lowest tier first; that of a role beats that of `*`.

    It is empty where no rule holds.
    """
    valid = [
        rule
        for rule in rules
        if rule.valid_from <= day and (rule.valid_to is None or day < rule.valid_to)
    ]
    own = [rule for rule in valid if rule.role == role] or [r for r in valid if r.role == "*"]
    return tuple(sorted(own, key=lambda rule: (rule.entry, rule.tier)))


def held_level(ladder: Ladder, held: Standing, role: str | None) -> int | None:
    """Return the held tier's place on the ladder; None where the next review is a first one."""
    names = [rule.tier for rule in ladder]
    return names.index(held.tier) if held.tier in names and held.role == role else None


def level_of(score: float, ladder: Ladder, held: int | None) -> int:
    """Return the place on the ladder that a score gives to a holder of the tier `held`.

    Without one there is nothing to keep and no limit to a step.
    """
    reached = max(
        (level for level, bound in enumerate(_bounds(ladder, held)) if score >= bound), default=0
    )
    least, most = _reachable(ladder, held)
    return min(max(reached, least), most)


def levels(scores: NDArray[np.float64], ladder: Ladder, held: int | None) -> NDArray[np.int64]:
    """Return the same for many scores at once."""
    reached = np.zeros(scores.shape, dtype=np.int64)
    for level, bound in enumerate(_bounds(ladder, held)):
        reached[scores >= bound] = level
    return np.clip(reached, *_reachable(ladder, held))


def rounded(score: float) -> float:
    """Round a score half up to four decimals, as pay does."""
    return float(Decimal(repr(score)).quantize(_DIGITS, ROUND_HALF_UP))


def review(candidate: Candidate, held: Standing, ladder: Ladder) -> Review:
    """Review one subject at the end of a period."""
    keeps = f" The next review starts from {held.tier}." if held.tier else ""
    if candidate.score is None:
        reason = candidate.not_rated_reason or "too little could be read to rate"
        return Review(NOT_RATED, held, Movement.NONE, f"Not rated: {reason}.{keeps}")
    if candidate.is_onboarding:
        return Review(ONBOARDING, held, Movement.NONE, f"New in the job, on the ramp.{keeps}")
    if not ladder:
        reason = f"Not rated: tier_rules has no row for {candidate.role or '*'} at this time."
        return Review(NOT_RATED, held, Movement.NONE, reason + keeps)
    score = rounded(candidate.score)
    before = held_level(ladder, held, candidate.role)
    level = level_of(score, ladder, before)
    if before is None:
        movement = Movement.FIRST
    elif level == before:
        movement = Movement.SAME
    else:
        movement = Movement.UP if level > before else Movement.DOWN
    tier = ladder[level].tier
    return Review(
        tier,
        Standing(tier, candidate.role),
        movement,
        _reason(score, level, before, ladder, held, candidate.role),
    )


def _reason(
    score: float, level: int, before: int | None, ladder: Ladder, held: Standing, role: str | None
) -> str:
    here = ladder[level]
    if before is None:
        first = "First review"
        if held.tier and held.role != role:
            first += f" as {role or 'this kind of subject'}"
        if here.entry_score is None and len(ladder) > level + 1:
            return f"{first}: {_reaches(score, ladder[level + 1], 'is below')}"
        return f"{first}: {_reaches(score, here, 'reaches')}"
    unlimited = level_of(score, tuple(replace(rule, max_step=None) for rule in ladder), before)
    if unlimited != level:
        return (
            f"{score:g} would be {ladder[unlimited].tier}, but one review moves those in "
            f"{ladder[before].tier} by {ladder[before].max_step} at most: {here.tier}."
        )
    if level > before:
        return _reaches(score, here, "reaches")
    if level < before:
        lost = ladder[before]
        return f"{score:g} is below {lost.exit:g}, down to which {lost.tier} is kept."
    if score < here.entry:
        return (
            f"{score:g} is below the {here.entry:g} at which {here.tier} begins, but not below "
            f"{here.exit:g}, down to which it is kept."
        )
    if level + 1 < len(ladder):
        return _reaches(score, ladder[level + 1], "is below")
    return _reaches(score, here, "reaches")


def _reaches(score: float, rule: Rule, verb: str) -> str:
    return f"{score:g} {verb} the {rule.entry:g} at which {rule.tier} begins."


def _bounds(ladder: Ladder, held: int | None) -> list[float]:
    """Return what each tier takes: to stay in it, and in those below the held one, less."""
    return [
        rule.exit if held is not None and level <= held else rule.entry
        for level, rule in enumerate(ladder)
    ]


def _reachable(ladder: Ladder, held: int | None) -> tuple[int, int]:
    top = len(ladder) - 1
    step = None if held is None else ladder[held].max_step
    return (0, top) if held is None or step is None else (held - step, min(held + step, top))
