"""Who may close a month, and when: the rules, without a home."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.lib import closing, journal
from dagster_project.lib.closing import Closed, Period, Refused, Standing, State

OCTOBER = Period(2026, 10)
READY = Standing(
    run_id="run-1",
    as_of=datetime(2026, 11, 1, 23, 59, 59),
    over_at=datetime(2026, 11, 1, 5),
    obstacle="",
    unsettled=(),
    people=12,
    digest="figures",
    closed=(Closed(Period(2026, 9), "Anna", "2026-10-02"),),
)


def event(kind: str, by: str, digest: str = "figures") -> closing.Event:
    return {"kind": kind, "period": "2026-10", "by": by, "at": "2026-11-02", "digest": digest}


PROPOSED, APPROVED = event("proposed", "Anna Berg"), event("approved", "Boris")


def test_months_are_read_and_follow_each_other() -> None:
    assert Period.parse("2026-12").next == Period(2027, 1)
    assert str(Period.parse("2026-12").end) == "2027-01-01"
    for text in ("2026-13", "2026-1", "2026-10-01", "October", "0000-01", ""):
        with pytest.raises(ValueError, match="expected one such as 2026-10"):
            Period.parse(text)


def test_a_correction_goes_into_the_first_month_that_is_open() -> None:
    closed = [Period(2026, 9), Period(2026, 10), Period(2026, 12)]
    assert closing.next_open(Period(2026, 9), closed) == Period(2026, 11)
    assert closing.next_open(Period(2026, 12), closed) == Period(2027, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"closed": (Closed(OCTOBER, "Anna", "2026-11-02"),)}, "was closed by Anna on 2026-11-02"),
        ({"closed": (Closed(Period(2026, 11), "A", "d"),)}, "lies before 2026-11, which is closed"),
        ({"run_id": ""}, "meritline run"),
        ({"obstacle": "the last run was held back"}, "the last run was held back"),
        ({"as_of": datetime(2026, 11, 1, 4, 59, 59)}, "ends at the last site at 2026-11-01 05:00"),
        ({"people": 0}, "Nobody has compensation inputs"),
        ({"unsettled": ("fcr",)}, "fcr counts in scores of 2026-10 and is not final"),
    ],
)
def test_what_stands_in_the_way_refuses_every_step(changes: dict[str, object], words: str) -> None:
    standing = dataclasses.replace(READY, **changes)
    closing.expect_proposable(OCTOBER, READY)
    for step in (
        lambda: closing.expect_proposable(OCTOBER, standing),
        lambda: closing.expect_approvable(OCTOBER, "Boris", standing, [PROPOSED]),
        lambda: closing.expect_closable(OCTOBER, standing, [PROPOSED, APPROVED]),
    ):
        with pytest.raises(Refused, match=words):
            step()


@pytest.mark.parametrize("who", ["Anna Berg", " anna  BERG ", "Ａnna Berg"])
def test_nobody_approves_what_they_proposed(who: str) -> None:
    with pytest.raises(Refused, match="Anna Berg proposed 2026-10, so another person"):
        closing.expect_approvable(OCTOBER, who, READY, [PROPOSED])


def test_two_persons_close() -> None:
    with pytest.raises(Refused, match="somebody has to propose it first"):
        closing.expect_approvable(OCTOBER, "Boris", READY, [])
    with pytest.raises(Refused, match="2026-10 is open"):
        closing.expect_closable(OCTOBER, READY, [])
    closing.expect_approvable(OCTOBER, "Boris", READY, [PROPOSED])
    with pytest.raises(Refused, match="Anybody but Anna Berg may do that"):
        closing.expect_closable(OCTOBER, READY, [PROPOSED])
    closing.expect_closable(OCTOBER, READY, [PROPOSED, APPROVED])


def test_an_approval_holds_for_the_figures_that_were_approved() -> None:
    other = dataclasses.replace(READY, digest="others")
    with pytest.raises(Refused, match="not those that Anna Berg proposed"):
        closing.expect_approvable(OCTOBER, "Boris", other, [PROPOSED])
    with pytest.raises(Refused, match="not those that Boris approved"):
        closing.expect_closable(OCTOBER, other, [PROPOSED, APPROVED])
    # Proposed anew, the old approval is worth nothing.
    again = event("proposed", "Anna Berg", "others")
    with pytest.raises(Refused, match="is not approved"):
        closing.expect_closable(OCTOBER, other, [PROPOSED, APPROVED, again])


def test_the_state_follows_from_the_events_and_the_ledger() -> None:
    assert closing.state(OCTOBER, [], []) is State.OPEN
    assert closing.state(OCTOBER, [PROPOSED], []) is State.PROPOSED
    assert closing.state(OCTOBER, [PROPOSED, APPROVED], []) is State.APPROVED
    assert closing.state(OCTOBER, [PROPOSED, APPROVED, PROPOSED], []) is State.PROPOSED
    assert closing.state(OCTOBER, [], [Closed(OCTOBER, "Anna", "")]) is State.CLOSED
    assert closing.state(Period(2026, 11), [PROPOSED, APPROVED], []) is State.OPEN


def test_the_journal_forgets_a_torn_line_and_shows_a_changed_one(tmp_path: Path) -> None:
    path = tmp_path / "closing" / "journal.jsonl"
    assert journal.read(path) == []
    journal.append(path, lambda events: {"kind": "proposed", "by": "Änna"})
    before = journal.last_hash(path)
    with open(path, "ab") as file:
        file.write(b'{"number": 2, "kind": "appr')
    assert [one["by"] for one in journal.read(path)] == ["Änna"]
    assert journal.last_hash(path) == before
    journal.append(path, lambda events: {"kind": "approved", "by": f"after {len(events)}"})
    assert [(one["number"], one["by"]) for one in journal.read(path)] == [
        (1, "Änna"),
        (2, "after 1"),
    ]
    path.write_bytes(path.read_bytes().replace("Änna".encode(), b"Berta"))
    with pytest.raises(journal.JournalError, match=r"journal\.jsonl:2"):
        journal.read(path)


def test_a_decision_that_is_refused_leaves_the_journal_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal.append(path, lambda events: {"kind": "proposed"})
    before = path.read_bytes()

    def refuse(events: object) -> closing.Event:
        raise Refused("no")

    with pytest.raises(Refused):
        journal.append(path, refuse)
    assert path.read_bytes() == before
