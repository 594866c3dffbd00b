"""Pay by hand: every expected amount below is worked out in the comment beside it."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.lib import pay
from tests.statement import is_right

STANDARD = pay.Plan("standard", pay.Rule.PROPORTIONAL, cap=D("0.15"))
BANDED = pay.Plan("banded", pay.Rule.BANDED, D("0.01"), D("0.04"), D("0.09"))
BANDS = pay.Bands(middle=D(88), high=D(102))
OCTOBER = pay.Work(days=31, month_days=31, scheduled_seconds=168 * 3600)


def part(**changed: object) -> pay.Part:
    fields: dict[str, object] = {
        "role": "agent",
        "plan": STANDARD,
        "bands": BANDS,
        "work": OCTOBER,
        "base_pay": D("2160.00"),
        "currency": "EUR",
        "score": D("104.1234"),
    }
    return pay.Part(**(fields | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        # 2160 × 0.041234 = 89.06544
        pytest.param({}, "89.07", id="as many per cent as the score is above standard"),
        pytest.param({"score": D("99.9999")}, "0.00", id="below standard"),
        # 2160 × 0.15
        pytest.param({"score": D("119.5")}, "324.00", id="cap"),
        # 2160 × 0.02
        pytest.param(
            {"plan": pay.Plan("p", pay.Rule.PROPORTIONAL, floor=D("0.02")), "score": D(70)},
            "43.20",
            id="floor",
        ),
        # 1080 (half time) × 152/160 × 0.10 = 102.60
        pytest.param(
            {
                "base_pay": D(1080),
                "score": D(110),
                "work": pay.Work(31, 31, 160 * 3600, 8 * 3600),
            },
            "102.60",
            id="part-timer with a day of unpaid absence",
        ),
        # 2160 × 10/31 × 0.10 = 69.677…
        pytest.param(
            {"score": D(110), "work": pay.Work(10, 31, 80 * 3600)}, "69.68", id="leaver on the 10th"
        ),
        # 2160 × 0.10, nothing taken off
        pytest.param({"score": D(110), "work": pay.Work(31, 31)}, "216.00", id="no schedule"),
        # 1000 × 0.001245 = 1.245 exactly: a half goes up
        pytest.param({"base_pay": D(1000), "score": D("100.1245")}, "1.25", id="half a cent"),
        # 100 × 1/3 × 0.015 = 0.5 exactly, whatever thirds look like in decimals
        pytest.param(
            {
                "base_pay": D(100),
                "currency": "JPY",
                "score": D("101.5"),
                "work": pay.Work(10, 30, 3600),
            },
            "1",
            id="half a yen of a third of a month",
        ),
        # 412.5 × 0.041234 = 17.009025 dinars of a thousand fils
        pytest.param({"base_pay": D("412.5"), "currency": "KWD"}, "17.009", id="fils"),
        pytest.param({"score": None}, "0.00", id="not rated"),
        pytest.param({"plan": BANDED, "score": D(87)}, "21.60", id="low band: 2160 × 0.01"),
        pytest.param({"plan": BANDED, "score": D(88)}, "86.40", id="middle band: 2160 × 0.04"),
        pytest.param({"plan": BANDED, "score": D(102)}, "194.40", id="high band: 2160 × 0.09"),
    ],
)
def test_what_a_part_earns(changed: dict[str, object], expected: str) -> None:
    assert str(pay.pay_part(part(**changed)).amount) == expected


def test_the_team_has_its_share() -> None:
    plan = pay.Plan("shared", pay.Rule.PROPORTIONAL, cap=D("0.15"), team_share=D("0.2"))
    paid = pay.pay_part(part(plan=plan, score=D(110), team="North", team_score=D(105)))
    # 2160 × 0.8 × 0.10 = 172.80; 2160 × 0.2 × 0.05 = 21.60
    assert (paid.own_amount, paid.team_amount) == (D("172.80"), D("21.60"))
    # Not rated: only the team's share. No score of the team: their own counts for it.
    unrated = pay.pay_part(part(plan=plan, score=None, team="North", team_score=D(105)))
    assert (unrated.own_amount, unrated.team_amount) == (D(0), D("21.60"))
    alone = pay.pay_part(part(plan=plan, score=D(110), team="North"))
    assert alone.amount == D("216.00")


@pytest.mark.parametrize(
    ("score", "expected"),
    [(104.12345, "104.1235"), (104.12344999, "104.1234"), (0.00005, "0.0001"), (None, None)],
)
def test_scores_are_rounded_half_up_as_written(score: float | None, expected: str | None) -> None:
    assert pay.pay_score(score) == (expected and D(expected))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ()),
        ({"gate_value": D("0.98")}, ()),
        ({"gate_value": None}, ()),
        ({"gate_value": D("0.9")}, ("compliance_accuracy 0.9 is below 0.98",)),
        (
            {"gate_value": D("0.99"), "gate_shape": "lower"},
            ("compliance_accuracy 0.99 is above 0.98",),
        ),
        ({"data_grade": "C"}, ("data grade C is worse than B",)),
        ({"data_grade": None}, ("data grade missing is worse than B",)),
        ({"base_pay": None}, ("HR gave no base pay",)),
    ],
)
def test_what_holds_a_payment(changed: dict[str, object], expected: tuple[str, ...]) -> None:
    plan = pay.Plan(
        "gated",
        pay.Rule.PROPORTIONAL,
        gate_kpi="compliance_accuracy",
        gate_minimum=D("0.98"),
        minimum_data_grade="B",
    )
    assert pay.hold_reasons(part(**{"plan": plan, "data_grade": "B"} | changed)) == expected


def test_a_statement_with_everything() -> None:
    gated = pay.Plan(
        "gated", pay.Rule.PROPORTIONAL, gate_kpi="compliance_accuracy", gate_minimum=D("0.98")
    )
    parts = [
        # 2160 × 9/31 × 0.041234 = 25.857…; 2160 × 22/31 × 0.041234 = 63.207…
        pay.pay_part(part(work=pay.Work(9, 31, 168 * 3600))),
        pay.pay_part(
            part(
                role="vip_agent",
                plan=gated,
                work=pay.Work(22, 31, 168 * 3600),
                gate_value=D("0.5"),
            )
        ),
    ]
    awards = [pay.Extra("agent of the month", D("150.00"))]
    adjustments = [pay.Extra("September, late evaluation", D("-12.30"))]
    held = pay.statement(parts, awards, adjustments, currency="EUR")
    assert held.bonus == D("25.86") + D("63.21")
    # Bonus and awards wait, the adjustment of an earlier month does not.
    assert (held.held, held.total) == (D("239.07"), D("-12.30"))
    assert held.hold_reasons == ("compliance_accuracy 0.5 is below 0.98",)

    released = pay.Holds(released="Released by Ieva on 2026-11-03: retrained")
    paid = pay.statement(parts, awards, adjustments, released, "EUR")
    assert (paid.held, paid.total, paid.hold_reasons) == (D(0), D("226.77"), ())
    assert any("compliance_accuracy" in line.label for line in paid.lines if line.kind == "note")

    suspended = pay.statement(parts, awards, adjustments, pay.Holds(("inquiry",)), "EUR")
    assert suspended.hold_reasons == ("inquiry", "compliance_accuracy 0.5 is below 0.98")


def test_awards_and_their_ties() -> None:
    def judged(winners: int, *merits: str | None) -> list[tuple[str, int | None, bool, bool]]:
        candidates = [
            pay.Candidate(f"E{n}", None if merit is None else D(merit), D(1))
            for n, merit in enumerate(merits, start=1)
        ]
        return [
            (one.employee_id, one.place, one.is_winner, one.is_tied)
            for one in pay.judge(candidates, winners, D("0.8"))
        ]

    assert judged(1, "101", "103", None) == [
        ("E2", 1, True, False),
        ("E1", 2, False, False),
        ("E3", None, False, False),
    ]
    # Both who tie on the last winning place win; nobody wins on the place that they took.
    assert [row[1:] for row in judged(1, "103", "103", "101")] == [
        (1, True, True),
        (1, True, True),
        (3, False, False),
    ]
    assert [row[2] for row in judged(2, "103", "101", "101", "99")] == [True, True, True, False]
    unsure = pay.judge([pay.Candidate("E1", D(120), D("0.7"))], 1, D("0.8"))
    assert (unsure[0].place, unsure[0].reason) == (None, "reliability 0.7 is below 0.8")


# ---- what holds whatever the numbers are ---------------------------------------------------------

money = st.decimals(min_value=0, max_value=200_000, places=2)
ratios = st.decimals(min_value=0, max_value=1, places=4)
scores = st.none() | st.decimals(min_value=0, max_value=150, places=4)


@st.composite
def plans(draw: st.DrawFn) -> pay.Plan:
    floor, target, cap = sorted(draw(st.lists(ratios, min_size=3, max_size=3)))
    return pay.Plan(
        "plan",
        draw(st.sampled_from(pay.Rule)),
        floor,
        target,
        cap,
        draw(st.sampled_from([D(0), D("0.2"), D("0.5")])),
        "gate",
        draw(ratios),
        draw(st.sampled_from([None, "A", "B"])),
    )


@st.composite
def works(draw: st.DrawFn) -> pay.Work:
    month = draw(st.integers(28, 31))
    scheduled = draw(st.integers(0, 200 * 3600))
    return pay.Work(draw(st.integers(1, month)), month, scheduled, draw(st.integers(0, scheduled)))


parts_of_months = st.builds(
    pay.Part,
    role=st.just("agent"),
    plan=plans(),
    bands=st.sampled_from([BANDS, pay.Bands()]),
    work=works(),
    base_pay=st.none() | money,
    currency=st.sampled_from([None, "EUR", "JPY", "KWD"]),
    score=scores,
    team=st.just("North"),
    team_score=scores,
    data_grade=st.sampled_from(["A", "B", "C", None]),
    gate_value=st.none() | ratios,
)
extras = st.lists(st.builds(pay.Extra, st.just("extra"), money), max_size=2)
holds = st.sampled_from([pay.Holds(), pay.Holds(("inquiry",)), pay.Holds(released="Released")])


@given(st.lists(parts_of_months, max_size=3), extras, holds)
def test_every_line_recomputes_by_hand_and_the_total_is_their_sum(
    parts: list[pay.Part], awards: list[pay.Extra], decided: pay.Holds
) -> None:
    statement = pay.statement([pay.pay_part(one) for one in parts], awards, (), decided)
    for line in statement.lines:
        assert not line.arithmetic or is_right(line.arithmetic, line.amount), line
    amounts = [line.amount for line in statement.lines[:-1] if line.amount is not None]
    assert statement.lines[-1].amount == statement.total == sum(amounts, D(0))


@given(parts_of_months)
def test_a_better_score_never_pays_less(one: pay.Part) -> None:
    if one.score is not None and one.base_pay is not None:
        better = pay.Part(**(vars(one) | {"score": one.score + 1}))
        assert pay.pay_part(better).amount >= pay.pay_part(one).amount


@given(st.permutations([("E1", 5), ("E2", 7), ("E3", 7), ("E4", 1)]), st.integers(1, 4))
def test_the_order_of_candidates_changes_no_award(
    order: list[tuple[str, int]], winners: int
) -> None:
    candidates = [pay.Candidate(name, D(merit), D(1)) for name, merit in order]
    assert pay.judge(candidates, winners, D(0)) == pay.judge(
        sorted(candidates, key=lambda one: one.employee_id), winners, D(0)
    )
