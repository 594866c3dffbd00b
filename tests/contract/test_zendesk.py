"""Zendesk's real tables, and a few made-up tickets and cases, through the whole line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.line import PROJECT, run_line

SHARED = PROJECT.parent / "shared" / "data" / "zendesk"
FILES = {
    "zendesk_tickets": "ticket_data.csv",
    "zendesk_ticket_field_history": "ticket_field_history_data.csv",
    "zendesk_ticket_comment": "ticket_comment_data.csv",
    "zendesk_user": "user_data.csv",
    "zendesk_schedule": "schedule_data.csv",
    "zendesk_schedule_holiday": "schedule_holiday_data.csv",
    "zendesk_ticket_schedule": "ticket_schedule_data.csv",
}
DAY = 12 * 3600  # the real schedule: Monday to Friday from 8 to 20, Pacific time
DELETED = {"1595", "11013"}

pytestmark = pytest.mark.slow
real_files = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"the third-party files are not there: {SHARED}"
)


class Marts:
    """What one run published."""

    def __init__(self, home: Path) -> None:
        """Opens the marts for reading."""
        self.connection = duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True)
        self.connection.execute("use marts.marts")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Answer of the marts."""
        return self.connection.execute(query).fetchall()


def publish(inbox: Path, home: Path) -> Marts:
    run = run_line(home, "--inbox", str(inbox))
    assert run.returncode == 0, run.stdout + run.stderr
    return Marts(home)


def deliver(inbox: Path, path: str, *lines: str) -> None:
    file = inbox / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(line + "\n" for line in lines))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    folder = tmp_path_factory.mktemp("zendesk")
    for feed, name in FILES.items():
        (folder / "inbox" / feed).mkdir(parents=True)
        shutil.copyfile(SHARED / name, folder / "inbox" / feed / name)
    # The real comments are on other tickets: the requester, an agent in private and in public.
    deliver(
        folder / "inbox",
        "zendesk_ticket_comment/made_up.csv",
        "id,_fivetran_synced,body,created,facebook_comment,public,ticket_id,tweet,user_id,voice_comment",
        "1,,,2020-08-28 18:06:36,FALSE,TRUE,11071,FALSE,2222,FALSE",
        "2,,,2020-08-28 18:10:00,FALSE,FALSE,11071,FALSE,1111,FALSE",
        "3,,,2020-08-31 16:00:00,FALSE,TRUE,11071,FALSE,1111,FALSE",
    )
    marts = publish(folder / "inbox", folder / "home")
    yield marts
    marts.connection.close()


@real_files
def test_published_counts(real: Marts) -> None:
    rows = real.rows("select status, is_deleted, count(*) from fct_tickets group by all order by 1")
    assert rows == [("closed", False, 7), ("deleted", True, 2), ("solved", False, 1)]
    assert {row[0] for row in real.rows("select ticket_id from fct_tickets where is_deleted")} == (
        DELETED
    )


@real_files
def test_the_ticket_with_a_history(real: Marts) -> None:
    # Friday 2020-08-28 18:06:36 UTC to Saturday 2020-11-14 11:01:27 UTC: 78 days less 7:05:09.
    calendar = 78 * 86_400 - (7 * 3600 + 5 * 60 + 9)
    # 11:06:36 to 20:00 on the Friday (PDT), then the working days of 11 whole weeks, over the
    # change of the clocks on 1 November; the solve is on a Saturday.
    friday = 20 * 3600 - (11 * 3600 + 6 * 60 + 36)
    business = friday + 55 * DAY
    assert real.rows(
        "select cycle_number, agent_login, resolution_seconds, resolution_business_seconds,"
        " is_reopened, is_estimated, work_date::varchar, solved_at::varchar"
        " from fct_ticket_cycles where ticket_id = '11071'"
    ) == [
        (1, "zendesk/1111", calendar, business, False, False, "2020-11-14", "2020-11-14 11:01:27")
    ]
    assert (calendar, business) == (6_713_691, 2_408_004)


@real_files
def test_first_response(real: Marts) -> None:
    # Until Monday 2020-08-31 16:00 UTC, 9:00 PDT: 3 days less 2:06:36; Friday's rest and an hour.
    assert real.rows(
        "select first_response_seconds, first_response_business_seconds, responder_login,"
        " first_response_date::varchar from fct_tickets where first_response_at is not null"
    ) == [(3 * 86_400 - (2 * 3600 + 6 * 60 + 36), 32_004 + 3600, "zendesk/1111", "2020-08-31")]


@real_files
def test_tickets_without_a_history_tell_no_more_than_they_know(real: Marts) -> None:
    rows = real.rows(
        "select ticket_id, resolution_business_seconds, is_reopened, is_estimated"
        " from fct_ticket_cycles where ticket_id <> '11071'"
    )
    assert {row[2:] for row in rows} == {(None, True)}

    def clock(hours: int, minutes: int, seconds: int) -> int:
        return hours * 3600 + minutes * 60 + seconds

    opens, closes = clock(8, 0, 0), clock(20, 0, 0)
    # Local times of creation and last update, and the whole working days between them.
    assert {row[0]: row[1] for row in rows} == {
        # Thu 13 Feb 13:43:58 to Thu 27 Feb 17:01:57: 14, 17–21, 24–26 February
        "1404": closes - clock(13, 43, 58) + 9 * DAY + clock(17, 1, 57) - opens,
        # Wed 26 Feb 22:05:08, after hours, to Wed 25 Mar 9:03:26 (summer time since 8 March)
        "1966": 19 * DAY + clock(9, 3, 26) - opens,
        # Mon 20 Apr 7:31:46, before hours, to Thu 14 May 13:04:34
        "4721": 18 * DAY + clock(13, 4, 34) - opens,
        # Sun 17 May to Sun 31 May
        "6171": 10 * DAY,
        # Tue 26 May 15:29:50 to Tue 9 June 16:03:49
        "6605": closes - clock(15, 29, 50) + 9 * DAY + clock(16, 3, 49) - opens,
        # Wed 28 Oct 5:03:02 to Wed 11 Nov 9:01:32 (winter time since 1 November)
        "14173": 10 * DAY + clock(9, 1, 32) - opens,
        # Mon 21 Dec 16:19:23 to Wed 13 Jan 10:42:39
        "16988": closes - clock(16, 19, 23) + 16 * DAY + clock(10, 42, 39) - opens,
    }


@real_files
def test_kpis_rest_on_what_is_known(real: Marts) -> None:
    rows = real.rows(
        "select kpi_code, period_start::varchar, numerator, denominator from kpi_results"
        " where subject_type = 'company' and period_type = 'month' order by 1, 2"
    )
    assert [row for row in rows if row[3]] == [
        ("first_response_time", "2020-08-01", 251_604, 1),
        ("first_response_time_business", "2020-08-01", 35_604, 1),
        ("reopen_rate", "2020-11-01", 0, 1),
        ("resolution_time", "2020-11-01", 6_713_691, 1),
        ("resolution_time_business", "2020-11-01", 2_408_004, 1),
    ]


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marts]:
    folder = tmp_path_factory.mktemp("cases")
    deliver(
        folder / "inbox",
        "salesforce_case/site=riga/cases.csv",
        "Id,OwnerId,Origin,Status,IsClosed,IsClosedOnCreate,IsDeleted,CreatedDate,ClosedDate,LastModifiedDate",
        "500A,005X,Phone,New,false,false,false,2026-10-01T20:00:00.000Z,,2026-10-01T20:00:00.000Z",
        "500A,005X,Phone,Closed,true,false,false,2026-10-01T20:00:00.000Z,2026-10-01T21:30:00.000Z,2026-10-01T21:30:00.000Z",
        "500B,005X,Email,Closed,true,true,false,2026-10-01T20:00:00.000Z,2026-10-01T20:00:00.000Z,2026-10-01T20:00:00.000Z",
        "500C,005X,Email,Closed,true,false,true,2026-10-01T20:00:00.000Z,2026-10-01T20:30:00.000Z,2026-10-02T20:00:00.000Z",
        "500D,00GQ,Email,New,false,false,false,2026-10-01T20:00:00.000Z,,2026-10-01T20:00:00.000Z",
    )
    deliver(
        folder / "inbox",
        "hr_employees/employees.csv",
        "employee_id,full_name,hire_date,updated_at",
        "E1,Anna Ozola,2026-01-01,2026-01-01T00:00:00Z",
    )
    deliver(
        folder / "inbox",
        "hr_identities/identities.csv",
        "site,login,employee_id,valid_from,valid_to",
        "riga,005X,E1,2026-01-01,",
    )
    marts = publish(folder / "inbox", folder / "home")
    yield marts
    marts.connection.close()


def test_cases_are_tickets_as_far_as_they_tell(made_up: Marts) -> None:
    assert made_up.rows(
        "select ticket_id, source, status, is_deleted, cycle_count, reopen_count,"
        " first_response_seconds, assignee_employee_id, assignee_login"
        " from fct_tickets order by 1"
    ) == [
        ("500A", "salesforce", "closed", False, 1, None, None, "E1", "salesforce/005X"),
        ("500B", "salesforce", "closed", False, 1, None, None, "E1", "salesforce/005X"),
        ("500C", "salesforce", "closed", True, 1, None, None, "E1", "salesforce/005X"),
        ("500D", "salesforce", "new", False, 0, None, None, None, "salesforce/00GQ"),
    ]
    # 20:00 to 21:30 UTC, which is after midnight in Riga.
    assert made_up.rows(
        "select resolution_seconds, resolution_business_seconds, is_reopened, work_date::varchar"
        " from fct_ticket_cycles where ticket_id = '500A'"
    ) == [(5400, None, None, "2026-10-02")]


def test_cases_have_a_resolution_time_and_no_reopen_rate(made_up: Marts) -> None:
    # Neither the case entered as closed nor the deleted one.
    assert made_up.rows(
        "select kpi_code, subject_id, numerator, denominator from kpi_results"
        " where subject_type = 'employee' and period_type = 'month' and denominator > 0"
    ) == [("resolution_time", "E1", 5400, 1)]
