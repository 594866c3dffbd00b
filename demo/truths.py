"""The record of what is true of a demo, written beside its inbox."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from demo.organisation import Employee
from demo.plants import Plan
from demo.telephony import Switchboard
from demo.tickets import DESKS
from demo.writing import write_bytes

if TYPE_CHECKING:
    from demo.simulation import SimulationSummary

COVERS = (
    "Contacts of customers that reached a queue, each once: the hour of the declared incident is"
    " included, calls from inside (caller of four digits), calls to the queue `test` and calls"
    " that never passed a queue are not (`excluded_contacts` has the first two, `outbound` and"
    " `internal` by site the last). answered counts visits connected, whether or not their end"
    " is known."
    " A callback at dublin is a second visit of its contact, the first being exited_by_key; else"
    " whoever was queued there and never connected has abandoned, even if the flow ended it."
    " aht_seconds is talk, hold and after-call work, the latter at dublin only: what Asterisk shows"
    " are pauses of reason wrap, which count in wrap_seconds by site and in occupancy."
    " occupancy is that of riga and manila, since Connect's records tell nothing of presence; it"
    " leaves out what the outage cut, and counts both people of the shared login."
    " csat is the share of 4 and 5 among the answers to the question csat."
)


def write_truths(
    path: Path,
    summary: SimulationSummary,
    people: list[Employee],
    plan: Plan,
    boards: dict[str, Switchboard],
    end: date,
    seed: int,
) -> None:
    """Write counts, rates, everybody's skill, and what was planted."""
    outage = plan.truths["outage"]
    if isinstance(outage, dict):
        outage["contacts_cut_off"] = boards[str(outage["site"])].cut_off
    plan.truths["tests_and_calls_from_inside"] = {
        name: board.excluded.contacts for name, board in boards.items()
    }
    plan.truths["zendesk_bots"] = {name: desk.bot for name, desk in DESKS.items()}
    truths = {
        "seed": seed,
        "summary": {"covers": COVERS, **asdict(summary)},
        "planted": plan.truths,
        "agents": [
            {
                "employee_id": person.employee_id,
                "full_name": person.full_name,
                "site": person.site.site_id,
                "team": person.assignments[-1].team,
                "queues": person.queues,
                "speed": round(person.speed, 4),
                "quality": round(person.quality, 4),
                "quality_with_tenure": round(person.quality_on(end), 4),
                "talk_factor": person.talk_share,
                "resolve_shift": person.resolve_shift,
                "no_answer_rate": round(person.no_answer_rate, 4),
                "unrecorded_logins": [i.login for i in person.unrecorded_logins],
            }
            for person in people
            if person.takes_calls
        ],
    }
    text = json.dumps(truths, indent=1, default=str, ensure_ascii=False) + "\n"
    write_bytes(path, text.encode("utf-8"))
