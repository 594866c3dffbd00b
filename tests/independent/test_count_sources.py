"""The independent counter on Connect's and FreeSWITCH's records, worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.independent import connect, exclusions, freeswitch
from tests.independent.detect import overlapping
from tests.independent.raw import zone_named
from tests.independent.records import utc
from tests.independent.replay import Contact, Leg, Visit

ZONES = {"dublin": zone_named("Europe/Dublin"), "riga": zone_named("Europe/Riga")}


def record(contact_id: str, at: str, **fields: object) -> dict[str, Any]:
    """A contact record; times are of 2026-10-24."""
    return {
        "ContactId": contact_id,
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": f"2026-10-24T{at}Z",
        "LastUpdateTimestamp": f"2026-10-24T{at}Z",
        "CustomerEndpoint": {"Address": "+353870000001"},
        **fields,
    }


def agent(at: str, talk: int, hold: int = 0, wrap: int = 0, name: str = "ann") -> dict[str, Any]:
    return {
        "Username": name,
        "ConnectedToAgentTimestamp": f"2026-10-24T{at}Z",
        "AgentInteractionDuration": talk,
        "CustomerHoldDuration": hold,
        "AfterContactWorkDuration": wrap,
    }


def queue(at: str, until: str | None, seconds: int | None, name: str = "billing") -> dict[str, Any]:
    return {
        "Name": name,
        "EnqueueTimestamp": f"2026-10-24T{at}Z",
        "DequeueTimestamp": until and f"2026-10-24T{until}Z",
        "Duration": seconds,
    }


def chains(tmp_path: Path, *records: dict[str, Any], as_of: str = "2026-11-01") -> list[Contact]:
    folder = tmp_path / "connect_contact_records" / "site=dublin"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("".join(json.dumps(one) + "\n" for one in records) + "{cut\n")
    return connect.contacts(tmp_path, ZONES, utc(as_of))


def test_a_chain_of_transfers_is_one_contact(tmp_path: Path) -> None:
    first = record(
        "c1",
        "22:50:00",
        NextContactId="c2",
        Queue=queue("22:50:10", "22:50:30", 21),
        Agent=agent("22:50:30", 100, 20, 30),
        DisconnectTimestamp="2026-10-24T22:52:30Z",
        TransferCompletedTimestamp="2026-10-24T22:52:28Z",
    )
    second = record(
        "c2",
        "23:01:00",
        InitiationMethod="TRANSFER",
        InitialContactId="c1",
        PreviousContactId="c1",
        Queue=queue("23:01:00", "23:01:05", None, "technical"),
        Agent=agent("23:01:05", 60, name="bob"),
        DisconnectTimestamp="2026-10-24T23:02:05Z",
        DisconnectReason="AGENT_DISCONNECT",
    )
    (contact,) = chains(tmp_path, second, first)
    assert contact.contact_id == "connect:dublin:c1"
    # The logged wait of the first, the difference of the second: 21 + 5.
    assert [visit.wait for visit in contact.visits] == [21, 5]
    assert contact.wait == 26
    # 22:50 UTC is 23:50 in Dublin, and 23:01 UTC is past midnight.
    assert [visit.work_date for visit in contact.visits] == ["2026-10-24", "2026-10-25"]
    assert contact.work_date == "2026-10-24"
    assert [leg.end_reason for leg in contact.legs] == ["attended_transfer", "agent"]
    assert [leg.handle for leg in contact.legs] == [150, 60]
    assert contact.outcome == "answered"
    assert contact.ended_at == utc("2026-10-24T23:02:05Z")


def test_the_newest_version_stands_wherever_it_lies(tmp_path: Path) -> None:
    newest = record(
        "c1",
        "10:00:00",
        LastUpdateTimestamp="2026-10-24T10:09:00Z",
        Queue=queue("10:00:01", "10:00:09", 8),
        DisconnectTimestamp="2026-10-24T10:00:09Z",
    )
    older = record("c1", "10:00:00", Queue=queue("10:00:01", None, None))
    unknown = record("c1", "10:00:00", LastUpdateTimestamp="2026-11-09T10:00:00Z")
    (contact,) = chains(tmp_path, newest, older, unknown)
    assert [(visit.outcome, visit.wait) for visit in contact.visits] == [("abandoned", 8)]


@pytest.mark.parametrize(
    ("method", "outcome"),
    [("CALLBACK", "exited_by_key"), ("QUEUE_TRANSFER", "timed_out"), ("TRANSFER", "abandoned")],
)
def test_an_unanswered_visit_ends_by_what_follows(
    tmp_path: Path, method: str, outcome: str
) -> None:
    first = record(
        "c1",
        "10:00:00",
        Queue=queue("10:00:01", "10:00:31", 30),
        DisconnectTimestamp="2026-10-24T10:00:31Z",
    )
    second = record(
        "c2",
        "10:00:31",
        InitiationMethod=method,
        InitialContactId="c1",
        PreviousContactId="c1",
        Queue=queue("10:00:31", None, None),
    )
    (contact,) = chains(tmp_path, first, second)
    assert [visit.outcome for visit in contact.visits] == [outcome, "unfinished"]
    assert contact.visits[1].wait is None
    assert contact.outcome == "unfinished"
    assert contact.ended_at is None


def test_a_talk_that_goes_on_has_no_length(tmp_path: Path) -> None:
    talking = record(
        "c1", "10:00:00", Queue=queue("10:00:00", "10:00:05", 5), Agent=agent("10:00:05", 0)
    )
    (contact,) = chains(tmp_path, talking)
    (leg,) = contact.legs
    assert (leg.end_reason, leg.ended_at, leg.talk, leg.hold) == ("unfinished", None, None, None)
    assert contact.visits[0].outcome == "answered"


def cdr(caller: str, called: str, answer: str, talk: int, uuid: str, other: str = "") -> str:
    """A row of cdr_csv on 2026-10-24, from 10:00 by Riga's clock."""
    stamp = answer and f"2026-10-24 {answer}"
    return (
        f'"","{caller}","{called}","default","2026-10-24 10:00:00","{stamp}",'
        f'"2026-10-24 10:05:00","300","{talk}","NORMAL_CLEARING",'
        f'"{uuid}","{other}","","PCMU","PCMU"'
    )


def test_freeswitch_ties_the_two_sides_of_a_call(tmp_path: Path) -> None:
    folder = tmp_path / "freeswitch_cdr" / "site=riga"
    folder.mkdir(parents=True)
    (folder / "Master.csv").write_text(
        "\n".join(
            [
                cdr("37120000001", "1001", "10:00:05", 295, "a", "b"),
                cdr("37120000001", "1001", "10:00:08", 292, "b"),
                cdr("1002", "37120000002", "10:01:00", 240, "c"),
                cdr("1002", "1003", "", 0, "d"),
                cdr("1002", "1003", "", 0, "d"),
                "cut",
            ]
        )
    )
    found = {one.callid: one for one in freeswitch.contacts(tmp_path, ZONES, None)}
    assert sorted(found) == ["a", "c", "d"]
    assert [one.direction for one in found.values()] == ["inbound", "outbound", "internal"]
    assert [(leg.agent, leg.talk) for one in found.values() for leg in one.legs] == [
        ("1001", 292),
        ("1002", 240),
    ]
    assert found["a"].started_at == utc("2026-10-24T07:00:00Z")
    assert found["a"].customer == "37120000001"
    assert found["c"].customer == "37120000002"


def contact(
    at: int, queue_id: str = "billing", site: str = "riga", extension: str | None = None
) -> Contact:
    one = Contact(f"x:{site}:{at}", "x", site, str(at), started_at=at, extension=extension)
    one.visits.append(Visit(one.contact_id, site, 1, queue_id, at, ""))
    return one


def test_exclusions_by_incident_and_rule() -> None:
    known = [exclusions.Incident("i", "riga", "billing", 100, 200)]
    orders = [
        exclusions.Rule("test", "*", "queue_id", "test%"),
        exclusions.Rule("internal", "*", "caller_extension", "%"),
        exclusions.Rule("test", "manila", "agent_login", "Agent/9__"),
    ]
    calls = [
        contact(99),
        contact(100),
        contact(199, extension="12"),
        contact(200),
        contact(150, "technical"),
        contact(150, site="manila"),
        contact(1, "test-1", extension="12"),
        contact(2, "testing", site="dublin"),
        contact(3, "contest"),
        contact(4, extension="12"),
    ]
    exclusions.exclude(calls, known, orders)
    assert [one.exclusion for one in calls] == [
        None,
        "incident",
        "incident",
        None,
        None,
        None,
        "test",
        "test",
        None,
        "internal",
    ]


def leg(start: int, end: int | None, login: str = "ann") -> Leg:
    return Leg("c", "riga", 1, "q", login, None, None, start, "2026-10-24", ended_at=end)


def test_talks_at_the_same_time() -> None:
    legs = [leg(0, 100), leg(50, 80), leg(90, 150), leg(149, 160), leg(10, None), leg(0, 9, "bob")]
    found = overlapping(legs)
    # One talk had others begin within it, at 50 and at 90; 149 is but a second before 150.
    # Two at once: 50-80, 90-100, 149-150.
    assert {key: (one.talks, one.seconds) for key, one in found.items()} == {
        ("riga", "ann", "2026-10-24"): (1, 41)
    }
    assert not any(one.is_shared for one in found.values())
