"""The whole demo: people, rotas, calls and surveys of all sites, written as raw files."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from demo.clock import SiteClock, utc_text
from demo.organisation import SITES, Employee, Site, build_organisation
from demo.rota import Rota, plan_rota
from demo.telephony import Survey, Switchboard, Totals
from demo.writing import write_csv, write_text


@dataclass(frozen=True, slots=True)
class SimulationSummary:
    """What was written, and what is true of it, all sites together."""

    first_day: date
    last_day: date
    agents: int
    employees: int
    files: int
    queue_log_lines: int
    cdr_lines: int
    surveys: int
    contacts: int
    answered: int
    abandoned: int
    service_level: float
    abandonment_rate: float
    aht_seconds: float
    occupancy: float
    csat: float
    by_site: dict[str, Totals]


def simulate(
    inbox: Path,
    agents: int = 60,
    days: int = 120,
    seed: int = 7,
    end: date = date(2026, 10, 31),
    progress: Callable[[int, int], None] | None = None,
) -> SimulationSummary:
    """Simulate a call centre and write its raw files; equal arguments give equal bytes.

    Args:
        inbox: Folder of the feeds; `demo_truths.json` is written beside it.
        agents: Number of people who take calls, over both sites.
        days: Number of local days, the last of which is `end`.
        seed: Everything random follows from it.
        end: The last local day. Calls still running at its midnight stay unfinished.
        progress: Called with site days done and site days in all.

    Returns:
        Counts and the rates that a correct reading of the files must find.

    Raises:
        ValueError: If there are too few agents or days to simulate.
    """
    if agents < 12 or days < 7:
        raise ValueError(f"the demo needs at least 12 agents and 7 days, got {agents} and {days}")
    first = end - timedelta(days=days - 1)
    people = build_organisation(agents, first, end, _stream(seed, "people"))
    written = _Files(inbox)
    totals: dict[str, Totals] = {}
    answers: list[int] = []
    done = 0
    for site in SITES:
        clock = SiteClock(site.time_zone, first, end)
        rota = plan_rota(
            people[site.site_id], clock, first, end, _stream(seed, site.site_id, "rota")
        )

        desks = [
            person.identities[0].login.rpartition("/")[2]
            for person in people[site.site_id]
            if person.identities and not person.takes_calls
        ]

        def day_done(day: date, log: list[str], cdr: list[str], site: Site) -> None:
            nonlocal done
            done += 1
            folder = f"site={site.site_id}"
            written.lines(f"asterisk_queue_log/{folder}/queue_log-{day}", log)
            written.lines(f"asterisk_cdr/{folder}/Master-{day}.csv", cdr)
            if progress is not None:
                progress(done, days * len(SITES))

        board = Switchboard(
            site, rota, clock, desks, first, days, _stream(seed, site.site_id, "calls"),
            partial(day_done, site=site),
        )  # fmt: skip
        board.run()
        totals[site.site_id] = board.totals
        answers += [survey.answer for survey in board.surveys]
        _write_surveys(written, site, clock, board.surveys)
        _write_schedules(written, site, clock, rota)
    everybody = [person for site in SITES for person in people[site.site_id]]
    _write_people(written, everybody, end)
    summary = _summarise(first, end, agents, len(everybody), written.count, totals, answers)
    _write_truths(inbox.parent / "demo_truths.json", summary, everybody, end, seed)
    return summary


def _stream(seed: int, *name: str) -> random.Random:
    """Return a random stream of its own, so that one part's draws never shift another's."""
    return random.Random("/".join((str(seed), *name)))


class _Files:
    """Writes below the inbox and counts."""

    def __init__(self, inbox: Path) -> None:
        self.inbox = inbox
        self.count = 0

    def lines(self, path: str, lines: list[str]) -> None:
        write_text(self.inbox / path, "\n".join(lines) + "\n" if lines else "")
        self.count += 1

    def table(self, path: str, header: str, rows: list[tuple[object, ...]]) -> None:
        write_csv(self.inbox / path, header.split(), rows)
        self.count += 1


def _write_surveys(files: _Files, site: Site, clock: SiteClock, surveys: list[Survey]) -> None:
    months: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for number, survey in enumerate(sorted(surveys, key=lambda s: (s.answered_at, s.callid)), 1):
        # One site's survey tool writes offsets, the other's the local wall clock.
        at = survey.answered_at
        text = clock.text_with_offset(at) if site.logs_agent_logins else clock.text(at)
        months[clock.local_month(at)].append(
            (f"{site.site_id[0].upper()}S{number:06d}", survey.callid, f"+{survey.number}", text,
             "csat", survey.answer, 5)
        )  # fmt: skip
    header = "survey_id contact_ref customer_ref answered_at question answer scale_max"
    for month, rows in months.items():
        files.table(f"surveys/site={site.site_id}/surveys-{month}.csv", header, rows)


def _write_schedules(files: _Files, site: Site, clock: SiteClock, rota: Rota) -> None:
    months: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    text = clock.text_with_offset if site.logs_agent_logins else clock.text
    for day, shifts in rota.shifts.items():
        rows = months[f"{day:%Y-%m}"]
        for shift in shifts:
            person = shift.employee.employee_id
            rows.append((person, text(shift.starts_at), text(shift.ends_at), shift.activity))
            # Breaks and meetings stand inside the shift, which remains one row.
            rows.extend(
                (person, text(begin), text(begin + seconds), reason)
                for begin, seconds, reason in sorted(shift.pauses)
            )
    for month, rows in months.items():
        files.table(
            f"hr_schedules/site={site.site_id}/schedules-{month}.csv",
            "employee_id starts_at ends_at activity",
            rows,
        )


def _write_people(files: _Files, people: list[Employee], end: date) -> None:
    employees: list[tuple[object, ...]] = []
    assignments: list[tuple[object, ...]] = []
    identities: list[tuple[object, ...]] = []
    for person in people:
        head = (person.employee_id, person.full_name, person.email, person.hire_date)
        share, currency = f"{person.employment_share:g}", person.site.currency
        first_seen = utc_text(person.hire_date, 9)
        employees.append((*head, None, share, person.base_pay, currency, first_seen))
        if person.leave_date is not None:
            # The export keeps the older state of a record that changed.
            seen = utc_text(person.leave_date - timedelta(days=14), 15)
            employees.append((*head, person.leave_date, share, person.base_pay, currency, seen))
        assignments += [
            (person.employee_id, a.role, a.team, a.department, a.supervisor_id,
             person.site.site_id, person.site.vendor, person.shift, a.valid_from, a.valid_to)
            for a in person.assignments
        ]  # fmt: skip
        for identity in person.identities:
            # Queues know agents by name, call records by device.
            device = f"SIP/{identity.login.rpartition('/')[2]}"
            identities += [
                (person.site.site_id, login, person.employee_id, identity.valid_from,
                 identity.valid_to)
                for login in dict.fromkeys((identity.login, device))
            ]  # fmt: skip
    files.table(
        "hr_employees/employees.csv",
        "employee_id full_name email hire_date leave_date employment_share base_pay currency"
        " updated_at",
        employees,
    )
    files.table(
        "hr_assignments/assignments.csv",
        "employee_id role team department supervisor_id site vendor shift valid_from valid_to",
        assignments,
    )
    files.table(
        "hr_identities/identities.csv", "site login employee_id valid_from valid_to", identities
    )


def _summarise(
    first: date,
    end: date,
    agents: int,
    employees: int,
    files: int,
    totals: dict[str, Totals],
    answers: list[int],
) -> SimulationSummary:
    def total(name: str) -> int:
        return sum(getattr(site, name) for site in totals.values())

    queued = sum(
        total(name)
        for name in ("answered", "abandoned", "timed_out", "exited_by_key", "exited_empty")
    )
    handle = total("talk_seconds") + total("wrap_seconds")
    return SimulationSummary(
        first_day=first,
        last_day=end,
        agents=agents,
        employees=employees,
        files=files,
        queue_log_lines=total("queue_log_lines"),
        cdr_lines=total("cdr_lines"),
        surveys=len(answers),
        contacts=total("contacts"),
        answered=total("answered"),
        abandoned=total("abandoned"),
        service_level=round(total("answered_within_20") / queued, 4),
        abandonment_rate=round(total("abandoned") / queued, 4),
        aht_seconds=round(handle / total("finished_legs"), 1),
        occupancy=round(handle / (total("logged_in_seconds") - total("paused_seconds")), 4),
        csat=round(sum(answer >= 4 for answer in answers) / max(1, len(answers)), 4),
        by_site=totals,
    )


def _write_truths(
    path: Path, summary: SimulationSummary, people: list[Employee], end: date, seed: int
) -> None:
    truths = {
        "seed": seed,
        "summary": asdict(summary),
        "agents": [
            {
                "employee_id": person.employee_id,
                "full_name": person.full_name,
                "site": person.site.site_id,
                "team": person.assignments[-1].team,
                "queues": person.queues,
                "speed": round(person.speed, 4),
                "quality": round(person.quality, 4),
                "quality_with_tenure": round(person.quality + 1.1 * person.experience(end), 4),
                "no_answer_rate": round(person.no_answer_rate, 4),
                "unrecorded_logins": [i.login for i in person.unrecorded_logins],
            }
            for person in people
            if person.takes_calls
        ],
    }
    write_text(path, json.dumps(truths, indent=1, default=str, ensure_ascii=False) + "\n")
