"""Tiers by hand: high from 102 (kept to 100), middle from 88 (kept to 85), one step a review."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.lib.tiers import (
    Candidate,
    Ladder,
    Movement,
    Review,
    Rule,
    Standing,
    held_level,
    ladder_of,
    levels,
    review,
    rounded,
)

START = date(2026, 1, 1)
HIGH = Rule("*", "high", 102, 100, 1, START, None)
MIDDLE = Rule("*", "middle", 88, 85, 1, START, None)
LOW = Rule("*", "low", None, None, 1, START, None)
LADDER: Ladder = (LOW, MIDDLE, HIGH)


def reviewed(score: float | None, held: str | None, ladder: Ladder = LADDER) -> tuple[str, str]:
    done = review(Candidate("agent", score), Standing(held, "agent"), ladder)
    return done.tier, done.movement


@pytest.mark.parametrize(
    ("score", "held", "tier", "movement"),
    [
        # The first review has nothing to keep and no limit to its step.
        (102.0, None, "high", Movement.FIRST),
        (101.9999, None, "middle", Movement.FIRST),
        (87.9999, None, "low", Movement.FIRST),
        (88.0, None, "middle", Movement.FIRST),
        # Between exit and entry everybody stays where they are.
        (100.0, "high", "high", Movement.SAME),
        (101.0, "middle", "middle", Movement.SAME),
        (86.0, "middle", "middle", Movement.SAME),
        (86.0, "low", "low", Movement.SAME),
        # Below the exit the tier is lost, at the entry it is won.
        (99.9999, "high", "middle", Movement.DOWN),
        (84.9999, "middle", "low", Movement.DOWN),
        (88.0, "low", "middle", Movement.UP),
        (102.0, "middle", "high", Movement.UP),
        # One step a review, however far the score went.
        (119.0, "low", "middle", Movement.UP),
        (20.0, "high", "middle", Movement.DOWN),
        # Shown and paid as 102.0000, so it is 102.
        (101.99995, None, "high", Movement.FIRST),
        (101.99994999, None, "middle", Movement.FIRST),
    ],
)
def test_a_score_gives_the_tier_of_the_rules(
    score: float, held: str | None, tier: str, movement: Movement
) -> None:
    assert reviewed(score, held) == (tier, movement)


def test_without_a_limit_a_review_moves_all_the_way() -> None:
    ladder = tuple(replace(rule, max_step=None) for rule in LADDER)
    assert reviewed(119.0, "low", ladder) == ("high", Movement.UP)
    assert reviewed(20.0, "high", ladder) == ("low", Movement.DOWN)


def test_the_limit_is_that_of_the_tier_held() -> None:
    ladder = (LOW, MIDDLE, replace(HIGH, max_step=2))
    assert reviewed(20.0, "high", ladder)[0] == "low"
    assert reviewed(119.0, "low", ladder)[0] == "middle"


def test_a_year_in_words() -> None:
    quarters = [
        Candidate("agent", 130.0, is_onboarding=True),
        Candidate("agent", 104.2),
        Candidate("agent", 100.5),
        Candidate("agent", None, not_rated_reason="40 % of the weight could be read"),
        Candidate("agent", 100.5),
        Candidate("agent", 40.0),
        Candidate("agent", 40.0),
        Candidate("agent", 86.0),
        Candidate("agent", 88.0),
        Candidate("vip_agent", 90.0),
    ]
    year: list[Review] = []
    for quarter in quarters:
        held = year[-1].standing if year else Standing()
        year.append(review(quarter, held, LADDER))
    assert [done.tier for done in year] == [
        *("onboarding", "high", "high", "not_rated", "high", "middle", "low", "low", "middle"),
        "middle",
    ]
    assert [done.reason for done in year] == [
        "New in the job, on the ramp.",
        "First review: 104.2 reaches the 102 at which high begins.",
        "100.5 is below the 102 at which high begins, but not below 100, down to which it is kept.",
        # Who could not be rated loses nothing: the quarter after it starts from high.
        "Not rated: 40 % of the weight could be read. The next review starts from high.",
        "100.5 is below the 102 at which high begins, but not below 100, down to which it is kept.",
        "40 would be low, but one review moves those in high by 1 at most: middle.",
        "40 is below 85, down to which middle is kept.",
        "86 is below the 88 at which middle begins.",
        "88 reaches the 88 at which middle begins.",
        # What somebody was as an agent says nothing about the new job.
        "First review as vip_agent: 90 reaches the 88 at which middle begins.",
    ]
    assert year[3].standing == Standing("high", "agent")


def test_a_first_review_below_everything_says_what_was_missed() -> None:
    done = review(Candidate("agent", 70.25), Standing(), LADDER)
    assert done.reason == "First review: 70.25 is below the 88 at which middle begins."


def test_rules_hold_for_a_role_and_from_a_day() -> None:
    strict = replace(MIDDLE, role="vip_agent", entry_score=95.0, exit_score=93.0)
    rules = [
        *(HIGH, LOW, replace(MIDDLE, valid_to=date(2026, 7, 1))),
        replace(MIDDLE, entry_score=90.0, valid_from=date(2026, 7, 1)),
        *(strict, replace(LOW, role="vip_agent")),
    ]

    def entry(role: str | None, day: date) -> float:
        return next(r.entry for r in ladder_of(rules, role, day) if r.tier == "middle")

    assert entry("agent", date(2026, 6, 30)) == 88
    assert entry("agent", date(2026, 7, 1)) == 90
    assert entry("vip_agent", date(2026, 6, 30)) == 95
    # A role's own rules replace those of all as a whole: VIP agents have no high tier here.
    assert [r.tier for r in ladder_of(rules, "vip_agent", START)] == ["low", "middle"]
    assert ladder_of(rules, "agent", date(2025, 12, 31)) == ()


def test_without_rules_nobody_gets_a_tier() -> None:
    done = review(Candidate("agent", 100.0), Standing("high", "agent"), ())
    assert done.tier == "not_rated"
    assert done.reason.startswith("Not rated: tier_rules has no row for agent")


def test_a_tier_that_is_no_more_begins_anew() -> None:
    assert held_level(LADDER, Standing("top", "agent"), "agent") is None
    assert reviewed(119.0, "top") == ("high", Movement.FIRST)


def test_scores_are_rounded_half_up() -> None:
    assert rounded(84.99995) == 85.0
    assert rounded(84.99994999) == 84.9999


SCORES = st.floats(0, 150, allow_nan=False)
HELD = st.sampled_from([None, 0, 1, 2])


@given(SCORES, SCORES, HELD)
def test_a_better_score_never_gives_a_worse_tier(
    one: float, other: float, held: int | None
) -> None:
    worse, better = levels(np.array(sorted([one, other])), LADDER, held)
    assert worse <= better


@given(SCORES, st.sampled_from([0, 1]))
def test_whoever_held_more_never_gets_less(score: float, held: int) -> None:
    less, more = (levels(np.array([score]), LADDER, level)[0] for level in (held, held + 1))
    assert less <= more


@given(SCORES, HELD)
def test_a_second_review_of_the_same_score_moves_on_the_same_way_or_not_at_all(
    score: float, held: int | None
) -> None:
    once = int(levels(np.array([score]), LADDER, held)[0])
    twice = int(levels(np.array([score]), LADDER, once)[0])
    assert held is None or (once - held) * (twice - once) >= 0
    assert int(levels(np.array([score]), LADDER, twice)[0]) == twice
