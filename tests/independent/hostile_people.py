"""HR's and the listeners' records at their worst: corrected, doubled, late, not applicable."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from tests.independent.hostile import FIRST, SPAN, write

LATE = "2026-11-20T00:00:00Z"
PEOPLE = (*(f"{code}{number}" for code in "RM" for number in range(1, 7)), "D1", "D2", "D3")


def stamp(epoch: int) -> str:
    """UTC with its offset."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_absences(inbox: Path) -> None:
    """Sick over midnight and the change of clocks, twice delivered, one corrected, planned ones."""
    head = "employee_id,starts_at,ends_at,kind,is_paid"
    riga = [
        head,
        "R3,2026-10-24 20:00:00,2026-10-25 04:00:00,sick,true",
        "R3,2026-10-24 20:00:00,2026-10-25 04:00:00,sick,true",
        "R3,2026-10-25 01:00:00,2026-10-25 03:30:00,unplanned,false",
        "R4,2026-10-25 16:00:00,2026-10-26 02:00:00,annual,true",
        "R5,2026-10-25 15:00:00,2026-10-25 18:00:00,sick,true",
        "R6,2026-10-24 16:00:00,2026-10-24 17:00:00,unpaid,false",
        "R6,2026-10-25 16:00:00,2026-10-25 17:00:00,statutory,true",
    ]
    corrected = [head, "R5,2026-10-25 15:00:00,2026-10-25 16:30:00,unplanned,false"]
    manila = [head, "M3,2026-10-24 15:00:00,2026-10-24 18:15:00,unplanned,false"]
    write(inbox / "hr_absences" / "site=riga" / "a.csv", riga)
    write(inbox / "hr_absences" / "site=riga" / "b-corrected.csv", corrected)
    write(inbox / "hr_absences" / "site=manila" / "a.csv", manila)


def write_reviews(rng: random.Random, inbox: Path) -> None:
    """Ratings on two scales by every kind of rater; one changed, one not yet given."""
    lines = ["review_id,employee_id,rater_id,source,criterion,rating,scale_max,rated_at"]
    for number in range(80):
        person = rng.choice(PEOPLE)
        source = rng.choice(["self", "supervisor", "peer", "peer", "customer"])
        scale = rng.choice([5, 5, 10])
        rater = person if source == "self" else f"X{number % 7}"
        # By the clock of the rated person's site where no offset stands.
        at = rng.choice([stamp(FIRST + rng.randrange(SPAN)), "2026-10-24 23:30:00"])
        criterion = rng.choice(["attitude", "teamwork", "skill"])
        rating = rng.randrange(1, scale + 1)
        lines.append(f"v{number},{person},{rater},{source},{criterion},{rating},{scale},{at}")
    lines.append(f"v999,R1,X1,peer,skill,1,5,{LATE}")
    write(inbox / "hr_reviews" / "a.csv", lines)
    write(inbox / "hr_reviews" / "b.csv.gz", lines[:1] + lines[10:20])


def write_training(rng: random.Random, inbox: Path) -> None:
    """Courses done in time, on the last day, late, never; with and without tests."""
    head = "training_id,employee_id,course,due_date,completed_at,pre_score,post_score,max_score"
    lines = [head]
    for number in range(60):
        person = rng.choice(PEOPLE)
        due = f"2026-10-{rng.randrange(23, 27)}"
        done = rng.choice(
            ["", f"{due}T08:00:00Z", "2026-10-24T12:00:00Z", "2026-10-27T12:00:00Z", LATE]
        )
        scores = rng.choice([",,", "40,70,100", "7.5,6,10", ",80,100", "55,55,100"])
        if not done:
            scores = ",,"
        lines.append(f"t{number},{person},c{number % 4},{due},{done},{scores}")
    lines.append("t100,R1,c9,2026-12-24,,,,")
    write(inbox / "hr_training" / "a.csv", lines)
    write(
        inbox / "hr_training" / "b.csv",
        [head, "t1,R2,c1,2026-10-24,2026-10-24T09:00:00Z,10,90,100"],
    )


def write_evaluations(rng: random.Random, inbox: Path, refs: dict[str, list[str]]) -> None:
    """N/A, auto-fails, calibrations, critical errors, an item corrected, a file delivered twice."""
    head = (
        "evaluation_id,contact_ref,employee_id,evaluator_id,form,form_version,evaluated_at,item,"
        "weight,points,max_points,is_applicable,error_class,is_autofail,is_calibration"
    )
    for site, calls in refs.items():
        lines = [head]
        for number in range(60):
            name = f"{site}-q{number}"
            ref = rng.choice([*calls, "", "nobody.1"])
            person = rng.choice([one for one in PEOPLE if one[0] == site[0].upper()])
            at = stamp(FIRST + rng.randrange(SPAN))
            calibration = str(rng.random() < 0.15).lower()
            is_empty = rng.random() < 0.05
            for item in range(1, 6):
                applicable = str(not is_empty and rng.random() < 0.8).lower()
                error = rng.choice(["none"] * 12 + ["customer", "business", "compliance"])
                weight, points = rng.choice(["10", "20", "7.5", ""]), rng.choice("0345555556")
                autofail = str(error == "compliance" and rng.random() < 0.5).lower()
                lines.append(
                    f"{name},{ref},{person},X{number % 3},form,{number % 2 + 1},{at},i{item},"
                    f"{weight},{points},5,{applicable},{error},{autofail},"
                    f"{calibration}"
                )
        lines.append(f"{site}-q900,,{person},X1,form,1,{LATE},i1,10,5,5,true,none,false,false")
        folder = inbox / "quality_evaluations" / f"site={site}"
        write(folder / "a.csv", lines)
        write(folder / "b-again.csv", lines[:40])
        corrected = lines[2].split(",")
        corrected[9] = "0" if corrected[9] != "0" else "5"
        write(folder / "c-corrected.csv", [head, ",".join(corrected)])


def write_complaints(rng: random.Random, inbox: Path, refs: dict[str, list[str]]) -> None:
    """Valid, not valid, undecided, of nobody's call, later found valid, received after the end."""
    head = "complaint_id,contact_ref,customer_ref,received_at,reason,is_valid,closed_at"
    for site, calls in refs.items():
        lines = [head]
        for number in range(40):
            at = stamp(FIRST + rng.randrange(SPAN, 2 * SPAN))
            valid = rng.choice(["true", "true", "false", ""])
            ref = rng.choice([*calls, *calls, "", "nobody.1"])
            lines.append(f"{site}-k{number},{ref},,{at},rude,{valid},")
        lines.append(f"{site}-k900,{calls[0]},,{LATE},rude,true,")
        folder = inbox / "complaints" / f"site={site}"
        write(folder / "a.csv", lines)
        later = lines[3].split(",")
        later[5] = "false" if later[5] == "true" else "true"
        write(folder / "b-later.csv", [head, ",".join(later)])


def write_incidents(inbox: Path) -> None:
    """One queue of one site, one whole site, one that goes on."""
    write(
        inbox / "incidents" / "a.csv",
        [
            "incident_id,site,queue,starts_at,ends_at,reason",
            "n1,riga,billing,2026-10-24T10:00:00Z,2026-10-24T13:00:00Z,line cut",
            "n2,dublin,,2026-10-25T00:30:00Z,2026-10-25T02:30:00Z,power",
            "n3,manila,technical,2026-10-26T12:00:00Z,,system down",
            "n1,riga,billing,2026-10-24T10:00:00Z,2026-10-24T13:00:00Z,line cut",
        ],
    )


def write_answers(rng: random.Random, inbox: Path, refs: dict[str, list[str]]) -> None:
    """Every question on every scale, off the scale, in words, about nobody's call."""
    head = "survey_id,contact_ref,customer_ref,answered_at,question,answer,scale_max"
    for site, calls in refs.items():
        lines = [head]
        for number in range(120):
            question, scale = rng.choice(
                [("nps", 10), ("nps", 10), ("ces", 7), ("ces", 5), ("resolved", 1), ("csat", 5)]
            )
            answer: object = rng.randrange(int(question in {"ces", "csat"}), scale + 1)
            if question == "nps" and rng.random() < 0.6:
                # More detractors than promoters.
                answer = rng.randrange(0, 7)
            if rng.random() < 0.05:
                answer = rng.choice(["never again", -1, 11, ""])
            at = stamp(FIRST + rng.randrange(SPAN, 2 * SPAN))
            ref = rng.choice([*calls, *calls, "", "nobody.1"])
            lines.append(f"{site}-a{number},{ref},,{at},{question},{answer},{scale}")
        write(inbox / "surveys" / f"site={site}" / "all-questions.csv", lines)


def write_leaders(inbox: Path) -> None:
    """Who leads whom: a circle, two who share an address, managers, and who did until yesterday."""
    write(
        inbox / "hr_employees" / "c-leaders.csv",
        [
            "employee_id,full_name,email,hire_date,leave_date,employment_share,base_pay,currency,"
            "updated_at",
            *(
                f"{person},Leader,{email},2025-01-01,{last},1,3000,EUR,2026-01-01T00:00:00Z"
                for person, email, last in (
                    ("L1", " Lead@Example.com ", ""),
                    ("L2", "chief@example.com", ""),
                    ("L3", "twins@example.com", ""),
                    ("L4", "Twins@example.com", ""),
                    ("L5", "gone@example.com", "2026-10-30"),
                    ("L6", "yesterday@example.com", ""),
                    ("L7", "site@example.com", ""),
                    ("L8", "vendor@example.com", ""),
                    ("L9", "nowhere@example.com", ""),
                    ("A1", "a1@example.com", ""),
                    ("A2", "", ""),
                    ("A3", "a3@example.com", ""),
                    ("A4", "a4@example.com", ""),
                )
            ),
        ],
    )
    write(
        inbox / "hr_assignments" / "c-leaders.csv",
        [
            "employee_id,role,team,department,supervisor_id,site,vendor,shift,valid_from,valid_to",
            "L1,team_lead,Leads,Care,L2,riga,in_house,day,2025-01-01,",
            "L2,team_lead,Leads,Care,L1,riga,in_house,day,2025-01-01,",
            "L3,team_lead,Leads,Care,L2,riga,in_house,day,2025-01-01,",
            "L4,team_lead,Leads,Care,L2,riga,in_house,day,2025-01-01,",
            "L5,team_lead,Leads,Care,L2,riga,in_house,day,2025-01-01,",
            "L6,team_lead,Leads,Care,,manila,,day,2025-01-01,",
            "L7,site_manager,Leads,Care,,dublin,Atlantic Care,day,2025-01-01,",
            "L8,vendor_manager,Leads,Care,,riga,Atlantic Care,day,2025-01-01,",
            "A1,agent,Led,Care,L1,riga,in_house,day,2025-01-01,",
            "A2,agent,Led,Care,L3,riga,in_house,day,2025-01-01,",
            "A3,agent,Led,Care,L6,riga,in_house,day,2025-01-01,2026-11-01",
            "A3,agent,Led,Care,L1,riga,in_house,day,2026-11-01,",
            "A4,agent,Led,Care,L5,riga,in_house,day,2025-01-01,",
        ],
    )


def write_dublin(inbox: Path) -> None:
    """Dublin's people: one who also works in Riga, one who left, a login that changed hands."""
    write(
        inbox / "hr_employees" / "b-dublin.csv",
        [
            "employee_id,full_name,email,hire_date,leave_date,employment_share,base_pay,currency,"
            "updated_at",
            "D1,Dee One,d1@example.com,2025-01-01,,1,2000,EUR,2026-01-01T00:00:00Z",
            "D2,Dee Two,D2@Example.com,2026-10-24,,0.5,1000,EUR,2026-10-20T00:00:00Z",
            "D3,Dee Three,d3@example.com,2025-01-01,2026-10-25,1,2000,EUR,2026-10-20T00:00:00Z",
            "D3,Dee Three,d3@example.com,2025-01-01,,1,2000,EUR,2026-01-01T00:00:00Z",
            f"D1,Dee One,d1@example.com,2025-01-01,2026-10-23,1,2000,EUR,{LATE}",
        ],
    )
    write(
        inbox / "hr_assignments" / "b-dublin.csv",
        [
            "employee_id,role,team,department,supervisor_id,site,vendor,shift,valid_from,valid_to",
            "D1,agent,Dublin one,Care,,dublin,Atlantic Care,day,2025-01-01,",
            "D2,agent,Dublin one,Care,,dublin,Atlantic Care,day,2026-10-24,",
            "D3,agent,Dublin one,Care,,dublin,Atlantic Care,day,2025-01-01,2026-10-26",
        ],
    )
    write(
        inbox / "hr_identities" / "b-dublin.csv",
        [
            "site,login,employee_id,valid_from,valid_to",
            "dublin,d.agent1,D1,2025-01-01,",
            "riga,Agent/1008,D1,2025-01-01,",
            "dublin,d.agent2,D2,2026-10-25,",
            "dublin,d.agent3,D3,2025-01-01,2026-10-25",
            "dublin,d.agent3,D2,2026-10-25,",
            "dublin,d.agent4,D3,2025-01-01,2026-10-26",
        ],
    )
    write(
        inbox / "hr_schedules" / "site=dublin" / "schedules.csv",
        [
            "employee_id,starts_at,ends_at,activity",
            "D1,2026-10-24 20:00:00,2026-10-25 04:00:00,work",
            "D1,2026-10-25 00:30:00,2026-10-25 02:00:00,break",
            "D2,2026-10-25 09:00:00,2026-10-25 17:00:00,work",
            "D2,2026-10-26 09:00:00,2026-10-26 17:00:00,leave",
            "D3,2026-10-25 09:00:00,2026-10-25 17:00:00,training",
        ],
    )
