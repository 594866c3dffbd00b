"""The independent reading of HR's, listeners' and customers' records, worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.independent import people, quality, reviews, surveys, workforce
from tests.independent.detect import silences
from tests.independent.raw import zone_named
from tests.independent.records import utc
from tests.independent.replay import Contact, Leg, Visit
from tests.independent.workforce import Staff

ZONES = {"riga": zone_named("Europe/Riga"), "manila": zone_named("Asia/Manila")}
AS_OF = utc("2026-10-31T23:59:59")


def deliver(inbox: Path, name: str, *lines: str) -> None:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines))


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    deliver(
        tmp_path,
        "hr_employees/a.csv",
        "employee_id,email,hire_date,leave_date,updated_at",
        "A,,2026-01-01,2026-10-03,2026-09-01T00:00:00Z",
        "A,,2026-01-01,,2026-01-01T00:00:00Z",
        "B,,2026-01-01,,2026-01-01T00:00:00Z",
        "B,,2026-01-01,2026-10-01,2026-11-09T00:00:00Z",  # not known yet
    )
    deliver(
        tmp_path,
        "hr_assignments/a.csv",
        "employee_id,role,team,department,supervisor_id,site,vendor,shift,valid_from,valid_to",
        "A,agent,North,Care,,riga,in_house,day,2026-01-01,",
        "B,agent,North,Care,,riga,in_house,day,2026-01-01,2026-10-02",
        "B,agent,South,Care,,riga,in_house,day,2026-10-02,",
    )
    return tmp_path


def staff(inbox: Path) -> Staff:
    leavers = {"A": "2026-10-03"}
    return Staff(inbox, ZONES, people.posts(inbox, leavers), AS_OF)


def totals(found: list[workforce.Daily], name: str) -> dict[tuple[str, str], int | Fraction]:
    summed: dict[tuple[str, str], int | Fraction] = {}
    for one in found:
        key = (one.employee, one.day)
        summed[key] = summed.get(key, 0) + one.amounts.get(name, 0)
    return summed


def test_a_night_shift_with_a_break_over_the_hour_told_twice(inbox: Path) -> None:
    deliver(
        inbox,
        "hr_schedules/site=riga/a.csv",
        "employee_id,starts_at,ends_at,activity",
        "B,2026-10-24 22:00:00,2026-10-25 06:00:00,work",
        "B,2026-10-25 02:00:00,2026-10-25 05:00:00,break",
        "B,2026-10-26 08:00:00,2026-10-26 16:00:00,leave",
        "B,2026-10-26 08:00:00,2026-10-26 16:00:00,leave",
    )
    deliver(
        inbox,
        "hr_absences/site=riga/a.csv",
        "employee_id,starts_at,ends_at,kind,is_paid",
        "B,2026-10-24 21:00:00,2026-10-24 23:00:00,sick,true",
        "B,2026-10-25 05:00:00,2026-10-25 05:30:00,statutory,true",
    )
    found = list(workforce.attendance(staff(inbox), people.Shifts(inbox, ZONES)))
    # Nine hours, four of them break, all on the day of the shift's start; half an hour is of right.
    assert totals(found, "scheduled") == {("B", "2026-10-24"): 9 * 3600 - 1800}
    assert totals(found, "unplanned_absent") == {("B", "2026-10-24"): 3600}


def test_adherence_is_work_in_work_and_none_in_a_break(inbox: Path) -> None:
    deliver(
        inbox,
        "hr_schedules/site=riga/a.csv",
        "employee_id,starts_at,ends_at,activity",
        "B,2026-10-20T08:00:00Z,2026-10-20T10:00:00Z,work",
        "B,2026-10-20T09:00:00Z,2026-10-20T09:30:00Z,break",
    )
    start = utc("2026-10-20T08:00:00Z") or 0
    # Ten minutes late, five minutes into the break, gone for the rest.
    worked = {"B": [(start + 600, start + 3900)]}
    found = list(
        workforce.adherence(
            staff(inbox), people.Shifts(inbox, ZONES), worked, {("B", "2026-10-20")}
        )
    )
    assert totals(found, "adherence_base") == {("B", "2026-10-20"): 7200}
    assert totals(found, "adherent") == {("B", "2026-10-20"): 3000 + 1500}
    untold = workforce.adherence(staff(inbox), people.Shifts(inbox, ZONES), worked, set())
    assert list(untold) == []


def test_headcount_and_the_leaver(inbox: Path) -> None:
    found = list(workforce.headcount(staff(inbox), {"2026-10"}))
    days = totals(found, "headcount_days")
    assert sum(days.values()) == 3 + 31
    # Whoever moves to another team is no leaver, and what HR writes in November is not known.
    assert {key: n for key, n in totals(found, "leaver_days").items() if n} == {
        ("A", "2026-10-03"): 365
    }


def test_courses_and_their_tests(inbox: Path) -> None:
    deliver(
        inbox,
        "hr_training/a.csv",
        "training_id,employee_id,course,due_date,completed_at,pre_score,post_score,max_score",
        "1,B,c,2026-10-10,2026-10-10T20:59:59Z,10,40,50",  # 23:59:59 in Riga
        "2,B,c,2026-10-10,2026-10-10T21:00:00Z,40,30,50",
        "3,B,c,2026-10-31,,,,",
        "4,B,c,2026-11-01,,,,",
        "5,A,c,2026-10-04,,,,",  # had left
        "6,B,c,2026-10-12,2026-11-02T00:00:00Z,1,2,50",  # not yet
    )
    found = list(workforce.trainings(staff(inbox)))
    assert totals(found, "courses_due")["B", "2026-10-10"] == 2
    assert sum(totals(found, "courses_due").values()) == 4
    assert sum(totals(found, "courses_in_time").values()) == 1
    assert sum(totals(found, "gained_points").values()) == 60 - 20


def test_review_sources_weigh_their_own(inbox: Path) -> None:
    deliver(
        inbox,
        "hr_reviews/a.csv",
        "review_id,employee_id,rater_id,source,criterion,rating,scale_max,rated_at",
        "1,B,L,supervisor,skill,5,5,2026-10-01 10:00:00",
        "2,B,L,supervisor,skill,6,10,2026-10-31 10:00:00",
        "3,B,P,peer,skill,1,5,2026-10-05 10:00:00",  # one peer of two
        "4,B,,customer,skill,1,5,2026-10-05 10:00:00",
        "5,B,,customer,skill,3,5,2026-10-06 10:00:00",
        "6,B,L,supervisor,skill,0,5,2026-11-01 10:00:00",
        "7,B,L,supervisor,skill,6,5,2026-10-01 10:00:00",  # off the scale
    )
    row = {"role": "*", "valid_from": "2026-01-01", "valid_to": ""}
    seed = [
        row | {"source": "supervisor", "weight": "0.5", "minimum_raters": "1"},
        row | {"source": "peer", "weight": "0.15", "minimum_raters": "2"},
        row | {"source": "customer", "weight": "0.25", "minimum_raters": "2"},
    ]
    # (0.5 × 0.8 + 0.25 × 0.4) / 0.75
    assert reviews.scores(staff(inbox), seed, "month") == {("B", "2026-10-01"): (4, Fraction(2, 3))}


def test_evaluations_with_all_that_can_befall_them(inbox: Path) -> None:
    deliver(
        inbox,
        "quality_evaluations/site=riga/a.csv",
        "evaluation_id,contact_ref,employee_id,evaluator_id,form,form_version,evaluated_at,item,"
        "weight,points,max_points,is_applicable,error_class,is_autofail,is_calibration",
        "1,,B,X,f,1,2026-10-05 10:00:00,a,10,4,5,true,none,false,false",
        "1,,B,X,f,1,2026-10-05 10:00:00,b,10,0,5,false,customer,true,false",  # does not apply
        "1,,B,X,f,1,2026-10-05 10:00:00,c,20,5,5,true,compliance,true,false",  # not missed
        "1,,B,X,f,1,2026-10-05 10:00:00,d,,3,5,true,business,false,false",  # watched only
        "1,,B,X,f,1,2026-10-05 10:00:00,e,10,6,5,true,customer,false,false",  # cannot be
        "2,,B,X,f,1,2026-10-05 10:00:00,a,10,5,5,true,none,false,false",
        "2,,B,X,f,1,2026-10-05 10:00:00,b,10,4,5,true,customer,true,false",
        "3,,B,X,f,1,2026-10-05 10:00:00,a,10,5,5,true,none,false,true",
    )
    first, second, third = quality.evaluations(inbox, ZONES, AS_OF)
    assert (first.earned, first.weight, first.is_failed) == (28, 30, False)
    assert first.errors == {"business"}
    assert (second.earned, second.weight, second.errors) == (0, 20, {"customer"})
    assert third.is_calibration


def test_answers_on_their_scales(inbox: Path) -> None:
    deliver(
        inbox,
        "surveys/site=riga/a.csv",
        "survey_id,contact_ref,customer_ref,answered_at,question,answer,scale_max",
        *(
            f"{number},,,2026-10-05 10:00:00,{answer}"
            for number, answer in enumerate(
                [
                    "nps,6,10",
                    "nps,9,",
                    "nps,7,10",
                    "nps,11,10",
                    "ces,2,5",
                    "ces,never,5",
                    "resolved,yes,",
                    "csat,0,5",
                    "mood,1,5",
                ]
            )
        ),
    )
    found = surveys.answers(inbox, ZONES, surveys.References([]), AS_OF)
    assert [one.balance for one in found if one.question == "nps"] == [-1, 1, 0]
    assert [one.ease for one in found if one.question == "ces"] == [Fraction(5, 2)]
    assert [one.answer for one in found if one.question == "resolved"] == [1]
    assert len(found) == 5


def contact(customer: str | None, day: str, site: str = "riga", way: str = "inbound") -> Contact:
    return Contact("c", "x", site, "c", customer, work_date=day, direction=way)


def test_customers_seen_again() -> None:
    found = quality.returns(
        [
            contact("a", "2026-10-01"),
            contact("a", "2026-10-01"),
            contact("a", "2026-10-31", "manila"),
            contact("b", "2026-10-01"),
            contact("b", "2026-11-01"),
            contact("c", "2026-10-02"),
            contact("c", "2026-10-03", way="outbound"),
            contact(None, "2026-10-01"),
            *[contact("shared", "2026-10-01")] * 6,
        ]
    )
    # Day 30 counts and day 31 does not; what the data do not reach is not told.
    assert [(one.customer, one.told_on, one.is_seen_again) for one in found] == [
        ("a", "2026-10-31", True),
        ("b", "2026-10-31", False),
        ("c", "2026-11-01", False),
    ]


def test_the_last_leg_before_the_answer_holds_the_contact() -> None:
    one = contact("a", "2026-10-01")
    one.legs = [
        Leg("c", "riga", 1, "q", "ann", None, None, 100, "2026-10-01"),
        Leg("c", "riga", 2, "q", "bob", None, None, 200, "2026-10-01"),
    ]
    known = surveys.References([one])
    assert [known.held("riga", "c", at).login for at in (99, 100, 199, 200)] == [
        "unknown",
        "ann",
        "ann",
        "bob",
    ]
    assert known.held("default", "c", 100).login == "ann"
    assert known.held("manila", "c", 100).login == "unknown"


def test_a_silence_is_an_outage_where_contacts_were_usual() -> None:
    hour = utc("2026-10-19T08:00:00Z") or 0
    # A contact a minute in one hour of five weekdays, and on the third day none in its second half.
    times = [hour + day * 86400 + minute * 60 for day in range(5) for minute in range(60)]
    kept = [at for at in times if not hour + 2 * 86400 + 1740 < at < hour + 2 * 86400 + 3600]
    kept.append(hour + 2 * 86400 + 3600)
    visits = [Visit("c", "riga", 1, "q", at, "") for at in kept]
    (found,) = silences(visits, ZONES)
    assert (found.start, found.end) == (hour + 2 * 86400 + 1740, hour + 2 * 86400 + 3600)
    assert found.expected == 30
