"""The probability of a tier: by hand where possible, and calibrated on simulated centres."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

import duckdb
import jinja2
import numpy as np
import pytest
from numpy.typing import NDArray

from dagster_project.lib.odds import (
    Mean,
    Part,
    Peers,
    Rate,
    Target,
    attainment,
    mean_peers,
    rate_peers,
    tier_odds,
    unit_variances,
)
from dagster_project.lib.tiers import Ladder, Rule, levels
from tests.line import PROJECT

START = date(2026, 1, 1)
LADDER: Ladder = (
    Rule("*", "low", None, None, 1, START, None),
    Rule("*", "middle", 88, 85, 1, START, None),
    Rule("*", "high", 102, 100, 1, START, None),
)
FCR = Target("higher", 0.55, 0.75, 0.85, 120)
CSAT = Target("higher", 0.60, 0.80, 0.92, 120)
TRANSFERS = Target("lower", 0.25, 0.10, 0.04, 120)
UNANSWERED = Target("lower", 0.15, 0.05, 0.01, 120)
AHT = Target("asymmetric", 540, 360, None, 100, 120, 240)

Floats = NDArray[np.float64]


@pytest.mark.parametrize(
    ("target", "value", "expected"),
    [
        # higher: 0 at 0.55, 100 at 0.75, 120 from 0.85 on.
        (FCR, 0.50, 0),
        (FCR, 0.55, 0),
        (FCR, 0.65, 50),
        (FCR, 0.75, 100),
        (FCR, 0.80, 110),
        (FCR, 0.99, 120),
        # lower: 0 at 0.25, 100 at 0.10, 120 from 0.04 down.
        (TRANSFERS, 0.30, 0),
        (TRANSFERS, 0.175, 50),
        (TRANSFERS, 0.07, 110),
        (TRANSFERS, 0.0, 120),
        # asymmetric: full from 240 to 360 s, nothing at 120 and at 540.
        (AHT, 100, 0),
        (AHT, 180, 50),
        (AHT, 240, 100),
        (AHT, 360, 100),
        (AHT, 450, 50),
        (AHT, 600, 0),
        # Without stretch there is no more than 100.
        (Target("higher", 0.5, 0.8), 0.9, 100),
    ],
)
def test_attainment_by_hand(target: Target, value: float, expected: float) -> None:
    assert attainment(target, np.array([value]))[0] == pytest.approx(expected, abs=1e-9)


def test_attainment_is_the_warehouses() -> None:
    """The macro that scores and the function that simulates agree on a grid of values."""
    macros = jinja2.Environment(autoescape=False).from_string(  # noqa: S701 - SQL, no page
        (PROJECT / "dbt_models" / "macros" / "statistics.sql").read_text()
    )
    sql = macros.make_module().attainment("value")
    for target in (FCR, TRANSFERS, AHT, Target("band", 1.0, 0.85, None, 100, 0.5, 0.7)):
        grid = np.linspace(0, 700 if target is AHT else 1.1, 401)
        expected = duckdb.execute(
            f"select {sql} from (select unnest($values) as value, $shape as shape, "
            "$low_floor::double as low_floor, $low_target::double as low_target, "
            "$floor::double as floor, $target::double as target, $stretch::double as stretch, "
            "$cap::double as cap)",
            {"values": grid.tolist(), **vars(target)},
        ).fetchall()
        assert attainment(target, grid) == pytest.approx([row[0] for row in expected], abs=1e-9)


def sample() -> list[Part]:
    return [
        Part("fcr", "2026-10-01", 0.3, FCR, Rate(45, 60)),
        Part("csat", "2026-10-01", 0.25, CSAT, Rate(20, 25)),
        Part("aht", "2026-10-01", 0.1, AHT, Mean(370, 225)),
        Part("aht", "2026-10-16", 0.1, AHT, Mean(400, 400)),
        Part("ring_no_answer", "2026-10-01", 0.25, UNANSWERED, Rate(4, 94)),
    ]


def test_the_order_of_rows_changes_nothing_and_a_second_time_gives_the_same() -> None:
    odds = tier_odds("employee E1 month 2026-10-01", sample(), LADDER, 1)
    shuffled = sample()
    random.Random(3).shuffle(shuffled)
    assert tier_odds("employee E1 month 2026-10-01", shuffled, LADDER, 1).tolist() == odds.tolist()
    assert odds.sum() == pytest.approx(1)
    # Another person with the same figures has another luck, of about the same odds.
    other = tier_odds("employee E2 month 2026-10-01", sample(), LADDER, 1)
    assert other.tolist() != odds.tolist()
    assert other == pytest.approx(odds, abs=0.07)


def test_on_the_border_means_even_odds() -> None:
    # One KPI whose true value is known to ±0.02 about 0.66 = attainment 55, the entry of `middle`.
    ladder = (LADDER[0], Rule("*", "middle", 55, 55, 1, START, None))
    odds = [
        tier_odds("k", [Part("fcr", "", 1, FCR, Mean(mean, 0.0004))], ladder, None, 4000)[1]
        for mean in (0.62, 0.64, 0.66, 0.68, 0.70)
    ]
    # Standard normal at -2, -1, 0, 1, 2.
    assert odds == pytest.approx([0.0228, 0.1587, 0.5, 0.8413, 0.9772], abs=0.025)


def test_uncertain_weights_matter_only_when_kpis_differ() -> None:
    sure = [Part("fcr", "", 0.5, FCR, Mean(0.65)), Part("csat", "", 0.5, CSAT, Mean(0.8))]
    # 50 and 100 give 75 with even weights; the first weighs more than the second in half the draws.
    ladder = (LADDER[0], Rule("*", "middle", 75.0001, 75, 1, START, None))
    assert tier_odds("k", sure, ladder, None, 4000)[1] == pytest.approx(0.5, abs=0.03)
    alike = [
        Part("fcr", "", 0.5, FCR, Mean(0.65)),
        Part("csat", "", 0.5, CSAT, Mean(0.7)),
    ]
    assert tier_odds("k", alike, ladder, None, 100)[1] == 0


def test_the_tier_that_is_held_counts_in_the_odds() -> None:
    parts = [Part("fcr", "", 1, FCR, Mean(0.755))]  # attainment 101
    assert tier_odds("k", parts, LADDER, None).tolist() == [0, 1, 0]
    assert tier_odds("k", parts, LADDER, 2).tolist() == [0, 0, 1]


def one(spread: float, middle: float, error: float = 0.0) -> Peers:
    return Peers(*(np.array([x]) for x in (1.0, spread, middle, error)))


def test_a_sample_is_read_beside_peers() -> None:
    random = np.random.default_rng(1)
    # A beta of strength 20 about 0.75 is 15 of 20; with 3 of 4 that makes 18 of 24.
    drawn = Rate(3, 4, one(20, 0.75)).draw(random, 20000)
    assert drawn.mean() == pytest.approx(0.75, abs=0.002)
    assert drawn.var() == pytest.approx(0.75 * 0.25 / 25, rel=0.05)
    # Peers 300 ± 20, own mean 340 with variance 400: halfway, with half the variance.
    drawn = Mean(340, 400, one(400, 300)).draw(random, 20000)
    assert (drawn.mean(), drawn.var()) == pytest.approx((320, 200), rel=0.05)
    # Without peers the own sample alone: (3 + 0.5) / (4 + 1) by Jeffreys, and the mean itself.
    assert Rate(3, 4).draw(random, 20000).mean() == pytest.approx(0.7, abs=0.005)
    assert set(Mean(340).draw(random, 10)) == {340}


def test_peers_are_known_as_well_as_there_are_many_of_them() -> None:
    rng = np.random.default_rng(5)
    trials = rng.integers(20, 200, 3000)
    successes = rng.binomial(trials, rng.beta(24, 8, 3000))
    peers = rate_peers(successes.astype(float), trials.astype(float))
    assert peers is not None
    strengths, middles = peers.draw(rng, 2000)
    assert np.median(strengths) == pytest.approx(32, rel=0.15)
    assert middles.mean() == pytest.approx(0.75, abs=0.01)
    few = rate_peers(successes[:8].astype(float), trials[:8].astype(float))
    assert few is not None
    # Of eight people nobody can say how much people differ.
    low, high = np.quantile(few.draw(rng, 2000)[0], [0.1, 0.9])
    assert low < 32 < high
    assert high > 4 * low
    assert rate_peers(successes[:4].astype(float), trials[:4].astype(float)) is None


def test_peers_means() -> None:
    rng = np.random.default_rng(6)
    variances = rng.uniform(50, 200, 3000)
    means = rng.normal(rng.normal(360, 20, 3000), np.sqrt(variances))
    peers = mean_peers(means, variances)
    assert peers is not None
    between, middles = peers.draw(rng, 2000)
    assert np.sqrt(np.median(between)) == pytest.approx(20, rel=0.1)
    assert middles.mean() == pytest.approx(360, abs=1)
    # All alike: next to no spread, whatever single samples say.
    peers = mean_peers(np.full(50, 360.0), np.full(50, 100.0))
    assert peers is not None
    assert np.sqrt(np.median(peers.draw(rng, 2000)[0])) < 3
    assert mean_peers(means[:4], variances[:4]) is None


def test_unit_variances_by_hand() -> None:
    # 10 days of 900 a degree of freedom, 1 day of none: all peers together 8100 / 9 = 900.
    assert unit_variances(np.array([8100.0, 0]), np.array([10.0, 1])).tolist() == [900, 900]
    # 5 own degrees of freedom of 100 and 9 of 900: common (500 + 8100) / 14, five days of it.
    common = 8600 / 14
    assert unit_variances(np.array([500.0, 8100]), np.array([6.0, 10])).tolist() == pytest.approx(
        [(500 + 5 * common) / 10, (8100 + 5 * common) / 14]
    )


WEIGHTS = {"fcr": 0.30, "csat": 0.25, "aht": 0.20, "transfer_rate": 0.15, "ring_no_answer": 0.10}
RATES = {
    # What people are like, on the logit's scale, and how many trials a month has.
    "fcr": (FCR, 1.1, 0.35, 90),
    "csat": (CSAT, 1.3, 0.45, 25),
    "transfer_rate": (TRANSFERS, -2.2, 0.45, 260),
    "ring_no_answer": (UNANSWERED, -3.0, 0.5, 280),
}


@dataclass(frozen=True)
class Person:
    """What is said of a simulated agent, and what is true."""

    odds: Floats
    shown: int
    true: int


def centre(rng: np.random.Generator, agents: int) -> list[Person]:
    """Simulate one centre's month of people whose abilities and true weights are known."""
    true: dict[str, Floats] = {}
    shown: dict[str, Floats] = {}
    beliefs: dict[str, list[Rate | Mean]] = {}
    for kpi, (_, middle, spread, volume) in RATES.items():
        true[kpi] = 1 / (1 + np.exp(-rng.normal(middle, spread, agents)))
        trials = 5.0 + rng.poisson(volume * rng.uniform(0.3, 1.5, agents))
        successes = rng.binomial(trials.astype(int), true[kpi]).astype(float)
        shown[kpi] = successes / trials
        peers = rate_peers(successes, trials)
        beliefs[kpi] = [Rate(*row, peers) for row in zip(successes, trials, strict=True)]
    # Handling times are far from normal: gamma with a deviation of 0.7 of the mean.
    true["aht"] = 370 * np.exp(rng.normal(0, 0.15, agents))
    contacts = rng.poisson(13, (agents, 20)).astype(float)
    seconds = rng.gamma(contacts / 0.49 + 1e-9, 0.49 * true["aht"][:, None])
    total = contacts.sum(1)
    shown["aht"] = seconds.sum(1) / total
    squares = np.divide(seconds**2, contacts, out=np.zeros_like(seconds), where=contacts > 0)
    days = (contacts > 0).sum(1).astype(float)
    variances = unit_variances(squares.sum(1) - shown["aht"] ** 2 * total, days) / total
    peers = mean_peers(shown["aht"], variances)
    beliefs["aht"] = [Mean(*row, peers) for row in zip(shown["aht"], variances, strict=True)]

    targets = {kpi: row[0] for kpi, row in RATES.items()} | {"aht": AHT}
    weights = {kpi: weight * rng.uniform(0.8, 1.2, agents) for kpi, weight in WEIGHTS.items()}
    points = sum(weights[kpi] * attainment(targets[kpi], true[kpi]) for kpi in WEIGHTS)
    true_scores = points / sum(weights.values())
    scores = sum(WEIGHTS[kpi] * attainment(targets[kpi], shown[kpi]) for kpi in WEIGHTS)
    people = []
    for agent in range(agents):
        parts = [Part(kpi, "", WEIGHTS[kpi], targets[kpi], beliefs[kpi][agent]) for kpi in WEIGHTS]
        held = (None, 0, 1, 2)[rng.integers(4)]
        odds = tier_odds(f"{rng.integers(1 << 60)}", parts, LADDER, held, 500)
        ranked = levels(np.array([scores[agent], true_scores[agent]]), LADDER, held)
        people.append(Person(odds, *(int(place) for place in ranked)))
    return people


def test_of_those_said_to_be_in_a_tier_with_80_percent_80_percent_are() -> None:
    rng = np.random.default_rng(12)
    people = [person for _ in range(100) for person in centre(rng, 60)]
    # As it is published: the probability of the tier that a person is shown in.
    said = np.array([person.odds[person.shown] for person in people])
    true = np.array([person.shown == person.true for person in people])
    inside = (said >= 0.75) & (said < 0.85)
    assert inside.sum() > 300
    assert 0.75 <= true[inside].mean() <= 0.85
    # All probabilities that were said of anybody, from 5 to 95 %.
    said = np.array([person.odds for person in people])
    true = np.eye(3)[[person.true for person in people]]
    for low in np.arange(0.05, 0.95, 0.1):
        inside = (said >= low) & (said < low + 0.1)
        assert inside.sum() > 400
        assert true[inside].mean() == pytest.approx(said[inside].mean(), abs=0.05)
    # Being calibrated is easy for who says the same of everybody; this tells people apart.
    assert (said.max(axis=1) > 0.8).mean() > 0.4
