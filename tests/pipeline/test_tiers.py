"""Tiers as published: recomputed from the parts of each score and the rules, in plain Python."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path

import duckdb
import numpy as np
import pytest

from dagster_project.lib.odds import Target, attainment
from tests.conftest import Centre
from tests.line import PROJECT

pytestmark = pytest.mark.slow


def query(home: Path, text: str) -> list[dict[str, object]]:
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as connection:
        relation = connection.execute(text)
        names = [column[0] for column in relation.description or []]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


def test_the_simulation_scores_as_the_marts_do(published: Centre) -> None:
    parts = query(
        published.home, "select * from marts.marts.score_parts where attainment is not null"
    )
    assert len(parts) > 500
    for part in parts:
        target = Target(**{f.name: part[f.name] for f in fields(Target)})  # type: ignore[arg-type]
        value = np.array([part["value"]], dtype=float)
        assert attainment(target, value)[0] == pytest.approx(part["attainment"], abs=1e-9)


def test_first_reviews_follow_the_entry_scores(published: Centre) -> None:
    with (PROJECT / "seeds" / "tier_rules.csv").open(newline="") as file:
        entries = {
            row["tier"]: float(row["entry_score"] or "-inf")
            for row in csv.DictReader(file)
            if row["role"] == "*"
        }
    reviews = query(
        published.home, "select * from marts.marts.tier_transitions where movement = 'first'"
    )
    assert {review["tier"] for review in reviews} >= {"low", "middle"}
    for review in reviews:
        score = float(str(review["score"]))
        # Ten days of one quarter: nobody held anything before.
        reached = [tier for tier, entry in entries.items() if score >= entry]
        assert review["tier"] == max(reached, key=lambda tier: entries[tier])
        assert review["held_tier"] == review["tier"]
        assert "First review" in str(review["reason"])


def test_scorecards_show_the_tier_and_how_sure_it_is(published: Centre) -> None:
    cards = query(
        published.home,
        "select cards.*, reviews.tier as reviewed_tier, reviews.tier_probability as reviewed, "
        "reviews.higher_probability + reviews.lower_probability as other_tiers "
        "from marts.marts.scorecards as cards left join marts.marts.tier_transitions as reviews "
        "using (subject_type, subject_id, period_start) "
        "where cards.period_type in ('month', 'quarter')",
    )
    people = [card for card in cards if card["subject_type"] == "employee"]
    assert len(people) > 20
    for card in cards:
        is_said = card["tier_probability"] is not None
        has_tier = card["tier"] in {"high", "middle", "low"}
        assert is_said == (has_tier and card["subject_type"] == "employee")
        if card["period_type"] == "quarter":
            assert (card["tier"], card["tier_probability"]) == (
                card["reviewed_tier"],
                card["reviewed"],
            )
            if is_said:
                total = float(str(card["reviewed"])) + float(str(card["other_tiers"]))
                assert total == pytest.approx(1)
    said = {round(float(str(c["tier_probability"])), 1) for c in people if c["tier_probability"]}
    assert len(said) > 3
