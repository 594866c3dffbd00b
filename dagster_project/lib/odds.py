"""How sure a tier is: its probability, given what chance does to the KPIs and ±20 % on the weights.

What a period shows of a person is a sample. Each KPI's true value is drawn from what its sample
and the peers tell of it, each weight from 0.8 to 1.2 times its own, and the score of each draw is
put on the ladder. Every draw has a seed of its own, made of subject, period, KPI and part: the
order of rows changes nothing, and two settings are compared on the same luck.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from dagster_project.lib.tiers import Ladder, levels

Floats = NDArray[np.float64]

DRAWS = 1000
WEIGHT_RANGE = 0.2
# Fewer peers than these tell too little of how people differ.
LEAST_PEERS = 5
# Degrees of freedom that the peers' spread has beside a person's own days.
PEER_DAYS = 5.0
# How people may differ, evenly on a logarithmic scale: as betas of so many trials, or by so many
# times the deviation that sampling has.
STRENGTHS: Floats = np.geomspace(2, 2000, 31)
DEVIATIONS: Floats = np.geomspace(0.1, 10, 31)


@dataclass(frozen=True)
class Target:
    """The line that turns a value into attainment; its words are those of `kpi_targets`."""

    shape: str
    floor: float | None
    target: float | None
    stretch: float | None = None
    cap: float = 100.0
    low_floor: float | None = None
    low_target: float | None = None


@dataclass(frozen=True)
class Peers:
    """What the peers tell of how people differ, with all that is uncertain about it.

    Row i: with `chances[i]` people's true values spread as `spreads[i]` says (of rates the strength
    of a beta, of means the variance) about a middle that is known to be `middles[i]` ± `errors[i]`.
    """

    chances: Floats
    spreads: Floats
    middles: Floats
    errors: Floats

    def draw(self, random: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Draw spreads and middles."""
        rows = np.searchsorted(np.cumsum(self.chances), random.uniform(0, 1, count))
        rows = np.minimum(rows, len(self.chances) - 1)
        return self.spreads[rows], random.normal(self.middles[rows], self.errors[rows])


@dataclass(frozen=True)
class Rate:
    """What is known of a rate: a sample, and peers where there are enough of them."""

    successes: float
    trials: float
    peers: Peers | None = None

    def draw(self, random: np.random.Generator, count: int) -> Floats:
        """Draw true values."""
        failures = self.trials - self.successes
        if self.peers is None:
            # Jeffreys' prior: next to nothing is known.
            return random.beta(self.successes + 0.5, failures + 0.5, count)
        strengths, middles = self.peers.draw(random, count)
        middles = np.clip(middles, 0.001, 0.999)
        return random.beta(
            strengths * middles + self.successes, strengths * (1 - middles) + failures
        )


@dataclass(frozen=True)
class Mean:
    """What is known of a mean: a sample's mean and its variance; of 0, it is taken as it is."""

    mean: float
    variance: float = 0.0
    peers: Peers | None = None

    def draw(self, random: np.random.Generator, count: int) -> Floats:
        """Draw true values."""
        if self.peers is None or self.variance <= 0:
            return random.normal(self.mean, np.sqrt(max(self.variance, 0.0)), count)
        between, middles = self.peers.draw(random, count)
        own = between / (between + self.variance)
        return random.normal(middles + own * (self.mean - middles), np.sqrt(own * self.variance))


@dataclass(frozen=True)
class Part:
    """A KPI in one part of a period: `starts` tells parts apart, `weight` is exposure × weight.

    The KPI's value is `factor` times what `belief` is about.
    """

    kpi_code: str
    starts: str
    weight: float
    target: Target
    belief: Rate | Mean
    factor: float = 1.0


def attainment(target: Target, values: Floats) -> Floats:
    """Return the attainments of values, as the macro `attainment` of the dbt project has them.

    Where the target has no line, they are NaN.
    """
    if target.target is None or target.floor is None:
        return np.full(values.shape, np.nan)
    above = values - target.target
    if target.shape in {"band", "asymmetric"}:
        if target.low_target is None or target.low_floor is None:
            return np.full(values.shape, np.nan)
        too_high = 100 * (target.floor - values) / (target.floor - target.target)
        too_low = 100 * (values - target.low_floor) / (target.low_target - target.low_floor)
        inside = np.where(above > 0, too_high, np.where(values < target.low_target, too_low, 100.0))
        return np.maximum(inside, 0.0)
    short = 100 + 100 * above / (target.target - target.floor)
    beyond = np.full(values.shape, 100.0)
    if target.stretch is not None:
        beyond = np.minimum(
            100 + (target.cap - 100) * above / (target.stretch - target.target), target.cap
        )
    return np.maximum(np.where(above / (target.target - target.floor) <= 0, short, beyond), 0.0)


def tier_odds(
    key: str,
    parts: Sequence[Part],
    ladder: Ladder,
    held: int | None,
    draws: int = DRAWS,
    weight_range: float = WEIGHT_RANGE,
) -> Floats:
    """Return the probability of each tier of the ladder for a holder of the tier `held`.

    `key` names subject and period.
    """
    points, weights = np.zeros(draws), np.zeros(draws)
    ordered = sorted(parts, key=lambda part: (part.kpi_code, part.starts))
    for kpi_code, group in groupby(ordered, key=lambda part: part.kpi_code):
        factors = _random(key, kpi_code).uniform(1 - weight_range, 1 + weight_range, draws)
        for part in group:
            values = part.factor * part.belief.draw(_random(key, kpi_code, part.starts), draws)
            points += factors * part.weight * attainment(part.target, values)
            weights += factors * part.weight
    reached = levels(points / weights, ladder, held)
    return np.bincount(reached, minlength=len(ladder)) / draws


def rate_peers(successes: Floats, trials: Floats) -> Peers | None:
    """Return how a rate varies among peers (beta-binomial); None with too few of them.

    Every strength of a beta from 2 to 2000 trials is tried, and is as likely as it explains the
    peers: one estimate instead would take a chance likeness of few peers for the truth.
    """
    seen = trials > 0
    successes, trials = successes[seen], trials[seen]
    if len(trials) < LEAST_PEERS:
        return None
    rates = successes / trials
    strengths = STRENGTHS[:, None]
    # A peer's rate varies by the own sample and by the spread of people.
    precision = (strengths + 1) * trials / (strengths + trials)
    middles = (precision * rates).sum(1) / precision.sum(1)
    least = 0.5 / float(trials.sum())
    middles = np.clip(middles, least, 1 - least)
    errors = np.sqrt(middles * (1 - middles) / precision.sum(1))
    alphas, betas = strengths * middles[:, None], strengths * (1 - middles[:, None])
    likelihood = (
        betaln(alphas + successes, betas + trials - successes) - betaln(alphas, betas)
    ).sum(1)
    prior = -np.log(STRENGTHS + 1) / 2
    return Peers(_chances(likelihood + np.log(errors) + prior), STRENGTHS, middles, errors)


def mean_peers(means: Floats, variances: Floats) -> Peers | None:
    """Return how a mean varies among peers; None with too few of them.

    `variances` are those of the means, by sampling. Deviations between people from a tenth to ten
    times the middle one of sampling are tried, as with rates.
    """
    known = np.isfinite(means) & (variances > 0)
    means, variances = means[known], variances[known]
    if len(means) < LEAST_PEERS:
        return None
    between = DEVIATIONS**2 * float(np.median(variances))
    precision = 1 / (between[:, None] + variances)
    total = precision.sum(1)
    middles = (precision * means).sum(1) / total
    likelihood = (
        np.log(precision).sum(1) - (precision * (means - middles[:, None]) ** 2).sum(1)
    ) / 2
    prior = np.log(DEVIATIONS)
    chances = _chances(likelihood - np.log(total) / 2 + prior)
    return Peers(chances, between, middles, 1 / np.sqrt(total))


def unit_variances(squares: Floats, days: Floats) -> Floats:
    """Return the variance of one unit below the line (a contact, a second) for each of the peers.

    `squares` is Σ (numerator − mean × denominator)² / denominator over the days of a person, `days`
    how many they are. Few days say little about a spread, so the peers' stands beside them as if it
    were five days more.
    """
    freedom = np.maximum(days - 1, 0)
    total = float(freedom.sum())
    if total == 0:
        return np.zeros(squares.shape)
    common = float(squares[freedom > 0].sum()) / total
    return (np.where(freedom > 0, squares, 0.0) + PEER_DAYS * common) / (freedom + PEER_DAYS)


def _chances(logarithms: Floats) -> Floats:
    weights = np.exp(logarithms - logarithms.max())
    return weights / weights.sum()


def _random(*key: str) -> np.random.Generator:
    digest = hashlib.blake2b("\x1f".join(key).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
