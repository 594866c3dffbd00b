"""The independent reading of tickets and business hours, worked out by hand."""

from __future__ import annotations

from pathlib import Path

from tests.independent import tickets
from tests.independent.business import Schedule
from tests.independent.records import utc
from tests.independent.tickets import Ticket

AS_OF = "2026-11-01T23:59:59"
# Monday to Friday from 9 to 17, and on Sunday from midnight to 6.
OFFICE = [(day * 1440 + 540, day * 1440 + 1020) for day in range(1, 6)] + [(0, 360)]


def seconds(schedule: Schedule, start: str, end: str) -> int:
    return schedule.seconds(utc(start) or 0, utc(end) or 0)


def test_business_hours_follow_the_wall_clock() -> None:
    riga = Schedule("Europe/Riga", OFFICE, {"2026-10-27"})
    # Friday 16:59 by the wall (UTC+3) to Monday 9:01 (UTC+2): a minute, Sunday's 7 hours, a minute.
    assert seconds(riga, "2026-10-23T13:59:00", "2026-10-26T07:01:00") == 60 + 7 * 3600 + 60
    # The hour that is told twice, between 3:30 and 3:30 by the wall, is open for all its length.
    assert seconds(riga, "2026-10-25T00:30:00", "2026-10-25T01:30:00") == 3600
    # Of an opening in that hour the second counts.
    odd = Schedule("Europe/Riga", [(210, 300)])
    assert seconds(odd, "2026-10-24T20:00:00", "2026-10-25T20:00:00") == 5400
    # Monday and Wednesday by 8 hours; Tuesday is a holiday.
    assert seconds(riga, "2026-10-26T00:00:00", "2026-10-28T22:00:00") == 2 * 8 * 3600
    assert seconds(riga, "2026-10-27T08:00:00", "2026-10-27T09:00:00") == 0


def test_business_hours_where_an_hour_is_missing() -> None:
    riga = Schedule("Europe/Riga", OFFICE)
    # 2026-03-29: 3:00 becomes 4:00, so midnight to 6 is five hours.
    assert seconds(riga, "2026-03-28T20:00:00", "2026-03-29T12:00:00") == 5 * 3600


def test_openings_over_midnight_and_the_end_of_the_week() -> None:
    night = Schedule("Asia/Manila", [(6 * 1440 + 1320, 7 * 1440), (0, 120), (60, 180)])
    # Saturday 22:00 to Sunday 3:00, an hour of which two openings share.
    assert seconds(night, "2026-10-24T00:00:00", "2026-10-26T00:00:00") == 5 * 3600


def deliver(inbox: Path, feed: str, *lines: str) -> None:
    folder = inbox / feed / "site=dublin"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.csv").write_text("".join(line + "\n" for line in lines))


Rows = list[tuple[str, str, str]]


def desk(inbox: Path, history: Rows, comments: Rows, status: str = "open") -> Ticket:
    """One ticket of customer 9 at noon of 2026-10-24, with two agents and a bot."""
    deliver(
        inbox,
        "zendesk_tickets",
        "id,assignee_id,created_at,updated_at,requester_id,status",
        f"1,2,2026-10-24 12:00:00,2026-10-25 12:00:00,9,{status}",
        "1,3,2026-10-24 12:00:00,2026-11-02 00:00:00,9,deleted",
        "1,3,2026-10-24 12:00:00,2026-10-24 12:00:00,9,new",
    )
    deliver(
        inbox,
        "zendesk_users",
        "id,name,email,role,active,external_id,created_at,updated_at",
        "2,Ann,ann@example.com,agent,true,E2,,",
        "3,Bob Abbott,bob@example.com,admin,true,,,",
        "4,Answer Bot,,agent,true,,,",
        "9,Customer,,end-user,true,,,",
    )
    deliver(
        inbox,
        "zendesk_ticket_field_history",
        "field_name,ticket_id,updated,user_id,value",
        *(f"{field},1,2026-{at},,{value}" for at, field, value in history),
    )
    deliver(
        inbox,
        "zendesk_ticket_comments",
        "id,ticket_id,user_id,created,public",
        *(f"{n},1,{user},2026-{at},{public}" for n, (at, user, public) in enumerate(comments)),
    )
    (ticket,) = tickets.read(inbox, utc(AS_OF))
    return ticket


def test_a_ticket_reopened_twice_has_three_cycles(tmp_path: Path) -> None:
    history = [
        ("10-24 12:00:00", "status", "new"),
        ("10-24 12:00:00", "assignee_id", "2"),
        ("10-24 13:00:00", "status", "solved"),
        ("10-24 14:00:00", "status", "open"),
        ("10-24 14:00:00", "assignee_id", "3"),
        ("10-24 14:30:00", "status", "pending"),
        ("10-24 15:00:00", "status", "solved"),
        ("10-24 16:00:00", "status", "hold"),
        ("10-24 18:00:00", "status", "solved"),
        ("10-25 12:00:00", "status", "closed"),
        ("11-02 00:00:00", "status", "open"),
    ]
    ticket = desk(tmp_path, history, [], "closed")
    assert [cycle.seconds for cycle in ticket.cycles] == [3600, 3600, 7200]
    assert [cycle.is_reopened for cycle in ticket.cycles] == [True, True, False]
    assert [cycle.assignee for cycle in ticket.cycles] == ["2", "3", "3"]
    # The version of 2 November is not known on the 1st.
    assert (ticket.status, ticket.is_deleted) == ("closed", False)


def test_the_first_response_is_a_persons_and_public(tmp_path: Path) -> None:
    comments = [
        ("10-24 12:00:00", "9", "true"),
        ("10-24 12:00:05", "4", "true"),
        ("10-24 12:01:00", "2", "false"),
        ("10-24 12:30:00", "3", "true"),
        ("10-24 12:10:00", "3", "false"),
        ("10-24 13:00:00", "2", "true"),
    ]
    ticket = desk(tmp_path, [], comments)
    assert ticket.responder == "3"
    assert ticket.responded_at == utc("2026-10-24T12:30:00")


def test_business_time_by_the_schedules_of_the_ticket(tmp_path: Path) -> None:
    deliver(
        tmp_path,
        "zendesk_schedules",
        "id,name,time_zone,start_time,end_time",
        "7,Always,UTC,0,10080",
        f"8,Monday,UTC,{1440 + 540},{1440 + 600}",
    )
    deliver(
        tmp_path,
        "zendesk_ticket_schedules",
        "ticket_id,created_at,schedule_id",
        "1,2026-10-24 12:00:30,7",
        "1,2026-10-24 13:00:00,8",
    )
    history = [("10-24 12:00:00", "status", "new"), ("10-26 09:10:00", "status", "solved")]
    ticket = desk(tmp_path, history, [("10-24 12:30:00", "2", "true")], "solved")
    # The first schedule holds from the beginning; an hour of it, then ten minutes of Monday's hour.
    assert ticket.response_business == 1800
    assert [cycle.business for cycle in ticket.cycles] == [3600 + 600]
