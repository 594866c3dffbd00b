"""Pay of a month, from scores, plans and HR's records, in fractions and rounded once each.

A day belongs to the role that HR has for it and to the plan that holds on it for the role; days of
one role and plan are a part, and of one team where the team's score has a share. An amount is base
pay × days / days of the month × share × eligible ratio × bonus ratio.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from tests.independent import scoring
from tests.independent.people import Shifts, merged
from tests.independent.records import site_zone
from tests.independent.scoring import ANY, Card, People, Seed, holding
from tests.independent.workforce import STATUTORY, Staff, inside, length

# Digits of the minor unit where they are not two.
DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "TND": 3}
GRADES = "ABCD"


def half_up(number: Fraction, digits: int) -> Fraction:
    """Exactly half goes away from zero."""
    scaled = abs(number) * 10**digits
    rounded = Fraction(floor(scaled + Fraction(1, 2)), 10**digits)
    return rounded if number >= 0 else -rounded


def pay_score(score: Fraction | None) -> Fraction | None:
    """A score as pay reads it."""
    return None if score is None else half_up(score, 4)


@dataclass(slots=True)
class Paid:
    """What a person gets for a month."""

    currency: str
    base_pay: Fraction
    scheduled: int
    unpaid: int
    score: Fraction | None
    own: Fraction = Fraction(0)
    team: Fraction = Fraction(0)
    awards: Fraction = Fraction(0)
    is_held: bool = False
    roles: list[str] = field(default_factory=list)

    @property
    def bonus(self) -> Fraction:
        """By scores."""
        return self.own + self.team

    @property
    def held(self) -> Fraction:
        """What waits."""
        return self.bonus + self.awards if self.is_held else Fraction(0)

    @property
    def total(self) -> Fraction:
        """What is paid."""
        return self.bonus + self.awards - self.held


@dataclass(frozen=True)
class Month:
    """Everything that a month's pay is made of."""

    days: list[str]
    people: People
    cards: dict[scoring.Subject, Card]
    grades: dict[str, str]
    # (employee, KPI) → value of the month.
    values: dict[tuple[str, str], Fraction]
    kpis: dict[str, dict[str, str]]
    plans: Seed
    tiers: Seed
    holds: Seed

    @property
    def name(self) -> str:
        """As `pay_holds` writes it."""
        return self.days[0][:7]


def contract(rows: Iterable[dict[str, str | None]], last_day: str) -> dict[str, str | None]:
    """The newest row that HR wrote by the end of the month, else the first."""
    ordered = sorted(rows, key=lambda row: row["updated_at"] or "")
    in_time = [row for row in ordered if (row["updated_at"] or "")[:10] <= last_day]
    return in_time[-1] if in_time else ordered[0]


def hours(staff: Staff, shifts: Shifts, days: list[str]) -> dict[str, tuple[int, int]]:
    """Employee → planned seconds of the month, leave included, and those of unpaid absence."""
    away = staff.pieces("hr_absences", "kind", "statutory")
    unpaid = {
        (row["employee_id"], staff.local(row["employee_id"], folder, row["starts_at"]))
        for folder, row in staff.rows("hr_absences", "employee_id", "starts_at")
        if (row["is_paid"] or ("false" if row["kind"] == "unpaid" else "true")) == "false"
    }
    found: dict[str, tuple[int, int]] = {}
    for employee, mine in staff.pieces("hr_schedules", "activity", "leave").items():
        planned = merged(
            (piece.start, piece.end)
            for piece in mine
            if shifts.date_of(employee, piece.start, site_zone(staff.zones, piece.site)) in days
        )
        missed = merged(
            (piece.start, piece.end)
            for piece in away.get(employee, ())
            if (employee, piece.start) in unpaid and piece.kind not in STATUTORY
        )
        found[employee] = (length(planned), length(inside(planned, missed)))
    return found


def pay(
    month: Month, employee: str, row: dict[str, str | None], worked: tuple[int, int]
) -> Paid | None:
    """One person's bonus; None without a plan."""
    card = month.cards.get(("employee", employee))
    score = card.score if card else None
    base, currency = Fraction(row["base_pay"] or 0), row["currency"] or ""
    paid = Paid(currency, base, *worked, pay_score(score))
    scheduled, unpaid = worked
    eligible = Fraction(scheduled - unpaid, scheduled) if scheduled else Fraction(1)
    parts = list(_parts(month, employee))
    for days, role, team, plan in parts:
        paid.roles.append(role)
        whole = base * Fraction(len(days), len(month.days)) * eligible
        share = Fraction(plan["team_share"] or 0)
        own = pay_score(_role_score(card, role)) if card and score is not None else None
        theirs = month.cards.get(("team", team or ""))
        team_score = pay_score(theirs.score) if theirs and theirs.score is not None else own
        digits = DIGITS.get(currency, 2)
        for attribute, scored, part in (("own", own, 1 - share), ("team", team_score, share)):
            if scored is not None:
                ratio = bonus_ratio(month, plan, role, scored, days[-1])
                amount = half_up(whole * part * ratio, digits)
                setattr(paid, attribute, getattr(paid, attribute) + amount)
        paid.is_held |= _is_held(month, employee, plan)
    paid.is_held = _by_hand(month, employee, paid.is_held)
    return paid if parts else None


def _parts(
    month: Month, employee: str
) -> Iterator[tuple[list[str], str, str | None, dict[str, str]]]:
    """(days, role, team, plan) of each part."""
    found: dict[tuple[str, str | None, str, str], tuple[list[str], dict[str, str]]] = {}
    for day in month.days:
        post = month.people.post(("employee", employee), day)
        plans = [one for one in holding(month.plans, day) if post and one["role"] == post.role]
        if post and plans:
            (plan,) = plans
            team = post.team if Fraction(plan["team_share"] or 0) else None
            key = (post.role or "", team, plan["plan"], plan["valid_from"])
            found.setdefault(key, ([], plan))[0].append(day)
    for (role, team, _, _), (days, plan) in found.items():
        yield days, role, team, plan


def _role_score(card: Card, role: str) -> Fraction | None:
    """The score of the parts in a role, for those who had several."""
    if len({part.rules.role for part in card.parts}) > 1:
        mine = [part for part in card.parts if part.rules.role == role and part.applies]
        weight = sum((part.nominal for part in mine), Fraction(0))
        if weight:
            points = (part.nominal * (part.attainment or 0) for part in mine)
            return sum(points, Fraction(0)) / weight
    return card.score


def bonus_ratio(
    month: Month, plan: dict[str, str], role: str, score: Fraction, day: str
) -> Fraction:
    """Part of base pay that a score is worth."""
    least = Fraction(plan["floor"] or 0)
    if plan["rule"] == "proportional":
        ratio = max(score / 100 - 1, least)
        return min(ratio, Fraction(plan["cap"])) if plan["cap"] else ratio
    for tier, column in (("high", "cap"), ("middle", "target_share")):
        rows = [row for row in holding(month.tiers, day) if row["tier"] == tier]
        row = next((row for row in rows if row["role"] == role), None) or next(
            row for row in rows if row["role"] == ANY
        )
        if score >= Fraction(row["entry_score"]):
            return Fraction(plan[column])
    return least


def _is_held(month: Month, employee: str, plan: dict[str, str]) -> bool:
    """Whether the plan's gate or the data hold the month."""
    grade, least = month.grades.get(employee), plan["minimum_data_grade"]
    if grade and least and GRADES.index(grade) > GRADES.index(least):
        return True
    value = month.values.get((employee, plan["gate_kpi"]))
    if value is None or not plan["gate_minimum"]:
        return False
    gate = Fraction(plan["gate_minimum"])
    is_lower = month.kpis[plan["gate_kpi"]]["shape"] == "lower"
    return value > gate if is_lower else value < gate


def _by_hand(month: Month, employee: str, is_held: bool) -> bool:
    """Holds that somebody decided; a released one lets go of every other."""
    mine = [
        row for row in month.holds if row["employee_id"] == employee and row["period"] == month.name
    ]
    if any(not row["released_at"] for row in mine):
        return True
    return is_held and not mine


def award(month: Month, awards: Seed, paid: dict[str, Paid]) -> None:
    """The awards of the month: those on the first places win, who ties with the last one too."""
    for one in awards:
        if one["period_type"] != "month":
            continue
        values: dict[str, Fraction] = defaultdict(Fraction)
        for employee, mine in paid.items():
            card = month.cards.get(("employee", employee))
            if card is None or one["role"] not in (mine.roles[-1], ANY):
                continue
            if mine.currency != one["currency"]:
                continue
            if card.covered < Fraction(one["minimum_reliability"] or 0):
                continue
            value = _contested(month, one["kpi_code"], employee, card)
            if value is not None:
                values[employee] = value
        for employee, value in values.items():
            place = 1 + sum(other > value for other in values.values())
            if place <= int(one["winners"]):
                paid[employee].awards += Fraction(one["amount"])


def _contested(month: Month, kpi: str, employee: str, card: Card) -> Fraction | None:
    """What is compared: the score, or a reliable value; more is better."""
    if kpi == "score":
        return pay_score(card.score)
    parts = [part for part in card.parts if part.kpi == kpi]
    value = month.values.get((employee, kpi))
    if value is None or not any(part.is_reliable for part in parts):
        return None
    sign = -1 if month.kpis[kpi]["shape"] == "lower" else 1
    return sign * half_up(value, 6)
