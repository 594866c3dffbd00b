"""Pay: from scores, days and hours to amounts, in decimal arithmetic.

Pure functions without input or output; the dbt Python models in `intermediate/pay` call them. Money
is a `Decimal` in units of its currency, ratios are parts of 1. Scores are rounded half up to 4
decimals before anything is paid by them, each component half up to the currency's minor unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from enum import StrEnum

# Wide enough that nothing is rounded before the one division of a component.
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
SCORE_DIGITS = 4
GRADES = ("A", "B", "C", "D")
ZERO, ONE = Decimal(0), Decimal(1)
# ISO 4217: minor units other than hundredths.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMN TND"


class Rule(StrEnum):
    """How a score becomes a part of base pay."""

    PROPORTIONAL = "proportional"
    BANDED = "banded"


@dataclass(frozen=True)
class Plan:
    """One row of `pay_plans`. `floor`, `target_share`, `cap` are parts of base pay."""

    name: str
    rule: Rule
    floor: Decimal = ZERO
    target_share: Decimal = ZERO
    cap: Decimal | None = None
    team_share: Decimal = ZERO
    gate_kpi: str | None = None
    gate_minimum: Decimal | None = None
    minimum_data_grade: str | None = None


@dataclass(frozen=True)
class Bands:
    """Scores from which the middle and the high band begin: the entry scores of the tiers."""

    middle: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class Work:
    """What of a month is paid: the part's days and the hours of the person's plan."""

    days: int
    month_days: int
    scheduled_seconds: int = 0
    unpaid_seconds: int = 0

    @property
    def has_schedule(self) -> bool:
        """Whether HR planned any time; without a plan nothing can be taken off."""
        return self.scheduled_seconds > 0

    @property
    def eligible(self) -> tuple[int, int]:
        """Planned time less unpaid absence, over planned time, in the largest whole unit."""
        if not self.has_schedule:
            return 1, 1
        for unit in (3600, 60, 1):
            if self.scheduled_seconds % unit == 0 == self.unpaid_seconds % unit:
                break
        paid = self.scheduled_seconds - self.unpaid_seconds
        return paid // unit, self.scheduled_seconds // unit


@dataclass(frozen=True)
class Part:
    """The days of a person's month in one role and plan, and in one team where its score counts."""

    role: str
    plan: Plan
    bands: Bands
    work: Work
    base_pay: Decimal | None
    currency: str | None
    score: Decimal | None = None
    team: str | None = None
    team_score: Decimal | None = None
    data_grade: str | None = None
    gate_value: Decimal | None = None
    gate_shape: str = "higher"


@dataclass(frozen=True)
class Line:
    """One line of a statement. `arithmetic` is `left = right`: worked out, left gives right."""

    kind: str
    label: str
    arithmetic: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True)
class PaidPart:
    """What a part comes to before holds, and the lines that say how."""

    ratio: Decimal
    team_ratio: Decimal | None
    own_amount: Decimal
    team_amount: Decimal
    holds: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def amount(self) -> Decimal:
        """The bonus of the part."""
        return self.own_amount + self.team_amount


def round_half_up(value: Decimal, digits: int) -> Decimal:
    """Round to so many decimals, halves away from zero."""
    return value.quantize(ONE.scaleb(-digits), context=EXACT)


def minor_digits(currency: str | None) -> int:
    """Decimals of a currency by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD."""
    if currency is None:
        return 2
    return 0 if currency in _WHOLE.split() else 3 if currency in _THOUSANDTHS.split() else 2


def money(amount: Decimal, currency: str | None) -> str:
    """Write an amount with the decimals of its currency."""
    return str(round_half_up(amount, minor_digits(currency)))


def pay_score(score: float | Decimal | None) -> Decimal | None:
    """Round a score as it is paid by. A double counts as the shortest decimal that names it."""
    return None if score is None else round_half_up(Decimal(str(score)), SCORE_DIGITS)


def rule_ratio(plan: Plan, score: Decimal, bands: Bands) -> Decimal:
    """Part of base pay that a score earns under a plan; none in bands that nobody has set."""
    if plan.rule is Rule.PROPORTIONAL:
        above = max(score / 100 - 1, plan.floor)
        return above if plan.cap is None else min(above, plan.cap)
    if bands.middle is None or bands.high is None:
        return ZERO
    if score >= bands.high:
        return plan.target_share if plan.cap is None else plan.cap
    return plan.target_share if score >= bands.middle else plan.floor


def component(
    base_pay: Decimal, work: Work, share: Decimal, ratio: Decimal, currency: str | None
) -> Decimal:
    """One amount: exact until it is rounded half up to the minor unit."""
    paid, planned = work.eligible
    with localcontext(EXACT):
        exact = base_pay * work.days * paid * share * ratio / (work.month_days * planned)
        return round_half_up(exact, minor_digits(currency))


def hold_reasons(part: Part) -> tuple[str, ...]:
    """Why the pay of a part waits for a person's decision; empty when it does not."""
    plan, reasons = part.plan, list[str]()
    if part.base_pay is None:
        reasons.append("HR gave no base pay")
    if part.currency is None:
        reasons.append("HR gave no currency")
    if plan.rule is Rule.BANDED and None in (part.bands.middle, part.bands.high):
        reasons.append(f"tier_rules has no entry scores of middle and high for {part.role}")
    # A gate closes on what was found: nothing measured is nothing found.
    if plan.gate_kpi and plan.gate_minimum is not None and part.gate_value is not None:
        is_lower = part.gate_shape == "lower"
        limit, value = plan.gate_minimum, part.gate_value
        if (value > limit) if is_lower else (value < limit):
            side = "above" if is_lower else "below"
            reasons.append(f"{plan.gate_kpi} {plain(value)} is {side} {plain(limit)}")
    if plan.minimum_data_grade and (
        part.data_grade not in GRADES or part.data_grade > plan.minimum_data_grade
    ):
        grade = part.data_grade or "missing"
        reasons.append(f"data grade {grade} is worse than {plan.minimum_data_grade}")
    return tuple(reasons)


def pay_part(part: Part) -> PaidPart:
    """Pay one part of a person's month.

    Whoever is not rated earns nothing by a score of their own, but the team's share all the same.
    Where the team has no score, the person's own counts for its share.
    """
    plan, base_pay = part.plan, part.base_pay or ZERO
    team_score = part.score if part.team_score is None else part.team_score
    lines: list[Line] = []

    def pay(
        kind: str, whose: str, score: Decimal | None, share: Decimal
    ) -> tuple[Decimal, Decimal]:
        ratio = ZERO if score is None else rule_ratio(plan, score, part.bands)
        amount = component(base_pay, part.work, share, ratio, part.currency)
        lines.append(_ratio_line(kind, whose, part, score, ratio))
        lines.append(_amount_line(kind, part, base_pay, share, ratio, amount))
        return ratio, amount

    ratio, own_amount = ZERO, ZERO
    if plan.team_share != ONE:
        ratio, own_amount = pay("bonus", "Own score", part.score, ONE - plan.team_share)
    team_ratio, team_amount = None, ZERO
    if plan.team_share:
        has_own = part.team_score is not None
        whose = f"Team {part.team}'s score" if has_own else "Own score (the team has none)"
        team_ratio, team_amount = pay("team_bonus", whose, team_score, plan.team_share)
    return PaidPart(ratio, team_ratio, own_amount, team_amount, hold_reasons(part), tuple(lines))


def _ratio_line(kind: str, whose: str, part: Part, score: Decimal | None, ratio: Decimal) -> Line:
    plan = part.plan
    if score is None:
        return Line(f"{kind}_ratio", f"{whose}: not rated, so nothing is earned by it")
    label = f"{whose} {plain(score)} as {part.role}, plan {plan.name}"
    if plan.rule is Rule.PROPORTIONAL:
        left = f"max({plain(score)} / 100 − 1, {plain(plan.floor)})"
        if plan.cap is not None:
            left = f"min({left}, {plain(plan.cap)})"
        return Line(f"{kind}_ratio", label, f"{left} = {plain(ratio)}")
    middle, high = part.bands.middle, part.bands.high
    if middle is None or high is None:
        return Line(f"{kind}_ratio", f"{label}: no bands")
    band = "high" if score >= high else "middle" if score >= middle else "low"
    bands = f"band {band} (middle from {plain(middle)}, high from {plain(high)})"
    return Line(f"{kind}_ratio", f"{label}: {bands}: ratio {plain(ratio)}")


def _amount_line(
    kind: str, part: Part, base_pay: Decimal, share: Decimal, ratio: Decimal, amount: Decimal
) -> Line:
    work = part.work
    paid, planned = work.eligible
    shared = "" if share == ONE else " × share"
    what = "Own bonus" if kind == "bonus" else "Team bonus"
    label = f"{what}: base pay × days of the month{shared} × hours eligible × ratio"
    if not work.has_schedule:
        label += " (no schedule, so nothing is taken off)"
    factors = [
        plain(base_pay),
        f"{work.days}/{work.month_days}",
        *([] if share == ONE else [plain(share)]),
        f"{paid}/{planned}",
        plain(ratio),
    ]
    return Line(kind, label, f"{' × '.join(factors)} = {amount}", amount)


def plain(value: Decimal) -> str:
    """A decimal as people write it: no exponent, no zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# ---- awards --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """One who may win an award. The greater `merit` is the better."""

    employee_id: str
    merit: Decimal | None
    reliability: Decimal | None


@dataclass(frozen=True)
class Standing:
    """Where a candidate ended. `place` is empty for those who could not win, `reason` says why."""

    employee_id: str
    place: int | None
    is_winner: bool = False
    is_tied: bool = False
    reason: str = ""


def judge(
    candidates: Iterable[Candidate], winners: int, minimum_reliability: Decimal
) -> list[Standing]:
    """Place the candidates of one award and period, best first, ties on the better place.

    Whoever is on a winning place wins, also when a tie makes them more than `winners`.
    """
    standings: list[Standing] = []
    able: list[tuple[Decimal, str]] = []
    for candidate in candidates:
        reliability = candidate.reliability or ZERO
        if candidate.merit is None:
            standings.append(Standing(candidate.employee_id, None, reason="no result"))
        elif reliability < minimum_reliability:
            reason = f"reliability {plain(reliability)} is below {plain(minimum_reliability)}"
            standings.append(Standing(candidate.employee_id, None, reason=reason))
        else:
            able.append((candidate.merit, candidate.employee_id))
    able.sort(key=lambda one: one[0], reverse=True)
    places: dict[Decimal, int] = {}
    for place, (merit, _) in enumerate(able, start=1):
        places.setdefault(merit, place)
    crowds = Counter(merit for merit, _ in able)
    for merit, employee_id in able:
        place = places[merit]
        standings.append(Standing(employee_id, place, place <= winners, crowds[merit] > 1))
    return sorted(standings, key=lambda one: (one.place is None, one.place or 0, one.employee_id))


# ---- statements ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Extra:
    """An award or an adjustment: what it is for, and how much."""

    label: str
    amount: Decimal


@dataclass(frozen=True)
class Holds:
    """What people decided by hand: open reasons, and who let go of all holds, if somebody did."""

    open: tuple[str, ...] = ()
    released: str = ""


@dataclass(frozen=True)
class Statement:
    """One person's month. `total` = bonus + awards − held + adjustments, to the minor unit."""

    bonus: Decimal
    awards: Decimal
    held: Decimal
    adjustments: Decimal
    hold_reasons: tuple[str, ...] = ()
    lines: tuple[Line, ...] = field(default=())

    @property
    def total(self) -> Decimal:
        """What is to be paid now."""
        return self.bonus + self.awards - self.held + self.adjustments


def statement(
    parts: Sequence[PaidPart],
    awards: Sequence[Extra] = (),
    adjustments: Sequence[Extra] = (),
    holds: Holds | None = None,
    currency: str | None = None,
) -> Statement:
    """Put a person's month together.

    A hold keeps back bonus and awards of the month, never adjustments of earlier ones. Whoever
    releases a hold by hand lets go of the gate's and the data grade's as well.
    """
    holds = holds or Holds()
    zero = round_half_up(ZERO, minor_digits(currency))
    bonus = sum((part.amount for part in parts), zero)
    won = sum((award.amount for award in awards), zero)
    adjusted = sum((adjustment.amount for adjustment in adjustments), zero)
    automatic = dict.fromkeys(reason for part in parts for reason in part.holds)
    reasons = (*holds.open, *(() if holds.released else automatic))
    held = bonus + won if reasons else zero

    lines = [line for part in parts for line in part.lines]
    lines += [Line("award", award.label, amount=award.amount) for award in awards]
    if holds.released:
        what = f"; it was: {'; '.join(automatic)}" if automatic else ""
        lines.append(Line("note", f"{holds.released}{what}"))
    if reasons:
        left = " + ".join(str(line.amount) for line in lines if line.amount is not None) or "0"
        lines.append(Line("hold", f"Held: {'; '.join(reasons)}", f"−({left}) = {-held}", -held))
    lines += [Line("adjustment", one.label, amount=one.amount) for one in adjustments]
    total = bonus + won - held + adjusted
    left = " + ".join(f"{line.amount}" for line in lines if line.amount is not None) or "0"
    lines.append(Line("total", "To be paid", f"{left.replace('+ -', '− ')} = {total}", total))
    return Statement(bonus, won, held, adjusted, tuple(reasons), tuple(lines))
