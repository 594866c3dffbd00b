"""The whole demo: people, rotas, calls and all that follows from them, written as raw files."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from demo import hr, opinions
from demo.asterisk import AsteriskRecorder
from demo.calls import Recorder, Totals
from demo.clock import SiteClock
from demo.connect import ConnectRecorder
from demo.dialler import write_dialler_records
from demo.organisation import SITES, Employee, Site, build_organisation
from demo.plants import Plan, plant
from demo.rota import Rota, plan_rota
from demo.telephony import Switchboard
from demo.tickets import Zendesk, write_salesforce_cases
from demo.truths import write_truths
from demo.writing import Files


@dataclass(frozen=True, slots=True)
class SimulationSummary:
    """What was written, and what is true of it, all sites together.

    Contacts are those of customers that reached a queue: calls from inside, test calls and what
    never passed a queue are counted apart (`excluded_contacts`, `by_site`).
    """

    first_day: date
    last_day: date
    agents: int
    employees: int
    files: int
    queue_log_lines: int
    cdr_lines: int
    contact_records: int
    dialler_calls: int
    surveys: int
    contacts: int
    excluded_contacts: int
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
        agents: Number of people who take calls, over all sites.
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
    clocks = {site.site_id: SiteClock(site.time_zone, first, end) for site in SITES}
    rotas = {
        name: plan_rota(people[name], clock, first, end, _stream(seed, name, "rota"))
        for name, clock in clocks.items()
    }
    plan = plant(people, rotas, clocks, first, days, _stream(seed, "plants"))
    files = Files(inbox)
    counted = _Counted()
    boards: dict[str, Switchboard] = {}
    for site in SITES:
        name = site.site_id
        recorder = _recorder(site, clocks[name], files, seed)

        def day_done(_: date) -> None:
            counted.days += 1
            if progress is not None:
                progress(counted.days, days * len(SITES))

        board = boards[name] = Switchboard(
            site, rotas[name], clocks[name], _desks(people[name]), plan.disturbances[name],
            recorder, first, days, _stream(seed, name, "calls"), _stream(seed, name, "extras"),
            day_done,
        )  # fmt: skip
        board.run()
        counted.add(board, recorder)
        _write_site(files, site, clocks[name], rotas[name], people[name], board, plan, seed)
        if name == "dublin":
            counted.dialler_calls = write_dialler_records(
                files, site, clocks[name], rotas[name], people[name], first, end,
                _stream(seed, name, "dialler"),
            )  # fmt: skip
    everybody = [person for site in SITES for person in people[site.site_id]]
    _write_company(files, everybody, clocks, boards, plan, first, end, seed)
    summary = _summarise(first, end, agents, len(everybody), files.count, counted)
    write_truths(inbox.parent / "demo_truths.json", summary, everybody, plan, boards, end, seed)
    return summary


def _stream(seed: int, *name: str) -> random.Random:
    """Return a random stream of its own, so that one part's draws never shift another's."""
    return random.Random("/".join((str(seed), *name)))


class _Counted:
    """What the sites add up to."""

    def __init__(self) -> None:
        self.days = 0
        self.totals: dict[str, Totals] = {}
        self.excluded_contacts = 0
        self.queue_log_lines = self.cdr_lines = self.contact_records = self.dialler_calls = 0
        self.answers: list[int] = []

    def add(self, board: Switchboard, recorder: Recorder) -> None:
        """Add a site that has run."""
        self.totals[board.site.site_id] = board.totals
        self.excluded_contacts += board.excluded.contacts
        self.answers += [survey.answer for survey in board.surveys]
        if isinstance(recorder, AsteriskRecorder):
            self.queue_log_lines += recorder.log_lines
            self.cdr_lines += recorder.record_lines
        elif isinstance(recorder, ConnectRecorder):
            self.contact_records += recorder.records


def _recorder(site: Site, clock: SiteClock, files: Files, seed: int) -> Recorder:
    if site.switchboard == "connect":
        return ConnectRecorder(site, files, _stream(seed, site.site_id, "records"))
    return AsteriskRecorder(site, clock, files)


def _desks(people: list[Employee]) -> list[str]:
    """Return the extensions, or user names, of those who take no calls."""
    return [
        person.identities[0].login.rpartition("/")[2]
        for person in people
        if person.identities and not person.takes_calls
    ]


def _write_site(
    files: Files,
    site: Site,
    clock: SiteClock,
    rota: Rota,
    people: list[Employee],
    board: Switchboard,
    plan: Plan,
    seed: int,
) -> None:
    name = site.site_id
    first, last = board.days[0], board.days[-1]
    opinions.write_surveys(files, site, clock, board.surveys, _stream(seed, name, "surveys"))
    opinions.write_evaluations(
        files, site, clock, people, board.legs, plan, _stream(seed, name, "evaluations")
    )
    opinions.write_complaints(files, site, clock, board.legs, _stream(seed, name, "complaints"))
    hr.write_schedules(files, site, clock, rota)
    hr.write_absences(files, site, clock, rota, _stream(seed, name, "absences"))
    if name == "dublin":
        write_salesforce_cases(files, site, clock, board.legs, last, _stream(seed, name, "cases"))
    else:
        desk = Zendesk(files, site, clock, people, first, last, _stream(seed, name, "tickets"))
        desk.open_tickets(board.legs)
        desk.write()


def _write_company(
    files: Files,
    people: list[Employee],
    clocks: dict[str, SiteClock],
    boards: dict[str, Switchboard],
    plan: Plan,
    first: date,
    last: date,
    seed: int,
) -> None:
    legs = {name: board.legs for name, board in boards.items()}
    hr.write_people(files, people)
    hr.write_training(files, people, clocks, plan, first, last, _stream(seed, "training"))
    hr.write_development(files, people, clocks, first, last, _stream(seed, "development"))
    hr.write_reviews(files, people, clocks, plan, first, last, _stream(seed, "reviews"))
    for disturbances in plan.disturbances.values():
        if disturbances.misrouting is not None:
            opinions.write_incidents(files, clocks["riga"], disturbances.misrouting)
    opinions.write_appeals(files, people, clocks, legs, last, _stream(seed, "appeals"))


def _summarise(
    first: date, end: date, agents: int, employees: int, files: int, counted: _Counted
) -> SimulationSummary:
    totals, answers = counted.totals, counted.answers

    def total(name: str, *switchboards: str) -> int:
        return sum(
            getattr(totals[site.site_id], name)
            for site in SITES
            if not switchboards or site.switchboard in switchboards
        )

    queued = sum(
        total(name)
        for name in ("answered", "abandoned", "timed_out", "exited_by_key", "exited_empty")
    )
    # Asterisk records no after-call work, and Connect no presence.
    handle = total("talk_seconds") + total("wrap_seconds", "connect")
    busy = total("talk_seconds", "asterisk") + total("wrap_seconds", "asterisk")
    present = total("logged_in_seconds", "asterisk") - total("paused_seconds", "asterisk")
    return SimulationSummary(
        first_day=first,
        last_day=end,
        agents=agents,
        employees=employees,
        files=files,
        queue_log_lines=counted.queue_log_lines,
        cdr_lines=counted.cdr_lines,
        contact_records=counted.contact_records,
        dialler_calls=counted.dialler_calls,
        surveys=len(answers),
        contacts=total("contacts"),
        excluded_contacts=counted.excluded_contacts,
        answered=total("answered"),
        abandoned=total("abandoned"),
        service_level=round(total("answered_within_20") / queued, 4),
        abandonment_rate=round(total("abandoned") / queued, 4),
        aht_seconds=round(handle / total("finished_legs"), 1),
        occupancy=round(busy / present, 4),
        csat=round(sum(answer >= 4 for answer in answers) / max(1, len(answers)), 4),
        by_site=totals,
    )
