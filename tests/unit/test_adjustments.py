"""Differences to closed months: what is proposed, why, and who decides on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from dagster_project.lib import adjustments
from dagster_project.lib.adjustments import Adjustment, accept, reject
from dagster_project.lib.closing import Period, Refused
from dagster_project.lib.reasons import Changes, Month

OCTOBER = Period(2026, 10)


def pay(total: str, currency: str = "EUR", adjustment: str = "0.00") -> dict[str, Any]:
    """Return a row whose total has, beside an adjustment of an earlier month, only a bonus."""
    bonus = Decimal(total) - Decimal(adjustment)
    return {
        "currency": currency,
        "bonus_amount": bonus,
        "award_amount": Decimal("0.00"),
        "held_amount": Decimal("0.00"),
        "adjustment_amount": Decimal(adjustment),
        "total_amount": Decimal(total),
        "hold_reason": None,
    }


def month(closed: Mapping[str, Any], today: Mapping[str, Any], **more: object) -> Month:
    return Month(OCTOBER, closed, today, **more)


def proposed(one: Month, *events: Mapping[str, str]) -> list[Adjustment]:
    return adjustments.recalculations(one, adjustments.decisions(events), [OCTOBER])


def test_what_differs_is_proposed_in_the_next_open_month() -> None:
    one = month(
        {"E1": pay("100.00"), "E2": pay("50.00"), "E3": pay("20.00")},
        {"E1": pay("112.50"), "E2": pay("50.00"), "E4": pay("7.00")},
    )
    found = [(a.employee_id, str(a.amount), str(a.paid_in), a.state) for a in proposed(one)]
    assert found == [
        ("E1", "12.50", "2026-11", "proposed"),
        ("E3", "-20.00", "2026-11", "proposed"),
        ("E4", "7.00", "2026-11", "proposed"),
    ]


def test_adjustments_of_earlier_months_are_no_difference() -> None:
    assert proposed(month({"E1": pay("100.00")}, {"E1": pay("130.00", adjustment="30.00")})) == []


def test_a_change_of_currency_is_two_adjustments() -> None:
    found = proposed(month({"E1": pay("100.00")}, {"E1": pay("90.00", "USD")}))
    assert [(a.adjustment_id, str(a.amount), a.currency) for a in found] == [
        ("2026-10-E1-EUR-1", "-100.00", "EUR"),
        ("2026-10-E1-USD-1", "90.00", "USD"),
    ]


def test_two_persons_accept_and_only_what_comes_later_is_proposed_again() -> None:
    closed = {"E1": pay("100.00")}
    (first,) = proposed(month(closed, {"E1": pay("112.50")}))
    anna = accept(first, "Anna", is_deduction_agreed=False)
    assert "paid_in" not in anna
    (once,) = proposed(month(closed, {"E1": pay("112.50")}), anna)
    assert (once.state, once.accepted_by) == ("accepted once", ("Anna",))
    with pytest.raises(Refused, match=r"anna .*accepted 2026-10-E1-1 already"):
        accept(once, "anna ", is_deduction_agreed=False)
    with pytest.raises(Refused, match="e1's own pay"):
        accept(once, "e1", is_deduction_agreed=False)
    boris = accept(once, "Boris", is_deduction_agreed=False)
    assert boris["paid_in"] == "2026-11"

    assert proposed(month(closed, {"E1": pay("112.50")}), anna, boris) == []
    (done,) = adjustments.decided(adjustments.decisions([anna, boris]), [OCTOBER])
    assert (done.state, str(done.amount), done.accepted_by) == (
        "approved",
        "12.50",
        ("Anna", "Boris"),
    )
    with pytest.raises(Refused, match="is paid in 2026-11"):
        accept(done, "Clara", is_deduction_agreed=False)
    # 115 - 100 - 12.50 that was approved
    (later,) = proposed(month(closed, {"E1": pay("115.00")}), anna, boris)
    assert (later.adjustment_id, str(later.amount)) == ("2026-10-E1-2", "2.50")


def test_an_acceptance_holds_for_its_amount_only() -> None:
    closed = {"E1": pay("100.00")}
    (first,) = proposed(month(closed, {"E1": pay("112.50")}))
    anna = accept(first, "Anna", is_deduction_agreed=False)
    (other,) = proposed(month(closed, {"E1": pay("120.00")}), anna)
    assert (str(other.amount), other.state, other.accepted_by) == ("20.00", "proposed", ())


def test_what_was_rejected_is_not_proposed_again() -> None:
    one = month({"E1": pay("100.00")}, {"E1": pay("112.50")})
    (first,) = proposed(one)
    event = reject(first, "Anna", "agreed otherwise")
    assert proposed(one, event) == []
    (done,) = adjustments.decided(adjustments.decisions([event]), [OCTOBER])
    assert (done.state, done.rejected_by, done.note) == ("rejected", "Anna", "agreed otherwise")
    with pytest.raises(Refused, match="was rejected by Anna"):
        accept(done, "Boris", is_deduction_agreed=False)


def test_a_negative_one_is_never_netted_by_itself() -> None:
    (one,) = proposed(month({"E1": pay("100.00")}, {"E1": pay("80.00")}))
    with pytest.raises(Refused, match=r"would take 20\.00 EUR from the pay of E1 in 2026-11"):
        accept(one, "Anna", is_deduction_agreed=False)
    assert accept(one, "Anna", is_deduction_agreed=True)["amount"] == "-20.00"


def score(kpi: str, numerator: float, target: float, **more: object) -> dict[str, object]:
    return {
        "kpi_code": kpi,
        "role": "agent",
        "site_id": "riga",
        "numerator": numerator,
        "denominator": 50.0,
        "value": numerator / 50,
        "target": target,
        **more,
    }


def test_reasons_name_what_changed_and_the_files_and_rows_that_did_it() -> None:
    files = [
        {
            "feed": feed,
            "path": path,
            "change": "new",
            "first_at": datetime(2026, when, 20),
            "last_at": datetime(2026, when, 21),
        }
        for feed, path, when in (
            ("surveys", "surveys/site=riga/late.csv", 10),
            ("surveys", "surveys/site=manila/late.csv", 10),
            ("surveys", "surveys/december.csv", 12),
        )
    ]
    seeds = [
        {
            "seed": "kpi_targets",
            "line": line,
            "change": "new",
            "kpi_code": kpi,
            "role": role,
            "text": f"{kpi} for {role}",
        }
        for line, kpi, role in ((7, "aht", "*"), (8, "csat", "*"), (9, "aht", "vip_agent"))
    ]
    one = month(
        {"E1": pay("100.00"), "E2": pay("100.00")},
        {"E1": pay("112.50"), "E2": pay("90.00")},
        closed_scores={"E1": [score("csat", 40, 0.8)], "E2": [score("aht", 40, 0.8)]},
        today_scores={"E1": [score("csat", 45, 0.8)], "E2": [score("aht", 40, 0.9)]},
        changes=Changes(files, seeds),
    )
    late, retargeted = (one.reason for one in proposed(one))
    assert late == (
        "bonus 100.00 → 112.50; csat: numerator 40 → 45, value 0.8 → 0.9. "
        "By records: surveys/site=riga/late.csv (new)"
    )
    assert retargeted == (
        "bonus 100.00 → 90.00; aht: target 0.8 → 0.9. "
        "By settings: seeds/kpi_targets.csv:7 (new) aht for *"
    )


APPEAL: dict[str, Any] = {
    "appeal_id": "AP1",
    "employee_id": "E1",
    "period": "2026-10",
    "kpi_code": "fcr",
    "contact_ref": "17.1",
    "filed_at": datetime(2026, 11, 16, 23, 59),
    "decision": "upheld",
    "decided_by": "E9",
    "amount": Decimal("25.00"),
}
CLOSED_AT = {OCTOBER: datetime(2026, 11, 2, 8)}
CURRENCIES = {(OCTOBER, "E1"): "EUR"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "upheld"),
        ({"decision": "rejected"}, "rejected"),
        ({"decision": "open"}, "open"),
        # Closed on the 2nd: the 16th is the last of 14 days.
        ({"filed_at": datetime(2026, 11, 17)}, "too late"),
        ({"filed_at": datetime(2026, 11, 17), "decision": "open"}, "too late"),
        ({"period": "2026-11"}, "upheld, waits for the closing"),
        ({"period": "last month"}, "unknown period"),
        ({"amount": None}, "upheld, without an amount"),
        ({"employee_id": "E2"}, "upheld, but not in the closed month"),
    ],
)
def test_what_becomes_of_an_appeal(changes: dict[str, object], status: str) -> None:
    found, _ = adjustments.judge_appeal(APPEAL | changes, CLOSED_AT, CURRENCIES, days=14)
    assert found == status


def test_the_deadline_is_so_many_days_after_the_closing() -> None:
    assert adjustments.judge_appeal(APPEAL, CLOSED_AT, CURRENCIES, 14)[1] == date(2026, 11, 16)


def test_an_upheld_appeal_needs_one_more_person() -> None:
    judged = [APPEAL | {"status": "upheld"}, APPEAL | {"appeal_id": "AP2", "status": "too late"}]

    def of_appeals(*events: Mapping[str, str]) -> list[Adjustment]:
        made = adjustments.decisions(events)
        return adjustments.of_appeals(judged, CURRENCIES, made, [OCTOBER])

    (one,) = of_appeals()
    assert (one.adjustment_id, str(one.amount), one.currency) == ("appeal-AP1", "25.00", "EUR")
    assert "Appeal AP1 on fcr, contact 17.1, filed 2026-11-16, upheld by E9" in one.reason
    with pytest.raises(Refused, match="E9 accepted appeal-AP1 already"):
        accept(one, "E9", is_deduction_agreed=False)
    event = accept(one, "Anna", is_deduction_agreed=False)
    assert event["paid_in"] == "2026-11"
    assert of_appeals(event) == []
    (done,) = adjustments.decided(adjustments.decisions([event]), [OCTOBER])
    assert done.accepted_by == ("E9", "Anna")
