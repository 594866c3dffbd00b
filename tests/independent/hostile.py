"""An inbox of everything that goes wrong with raw telephony, by a seed.

Events dropped, repeated, out of turn and without a call; callids used again; files that overlap,
arrive twice, are gzipped or lie out of order; garbage below the limit; changes of clocks, shifts
over midnight and logins that change hands. Nothing in it is to be believed, only to be counted.
"""

from __future__ import annotations

import gzip
import random
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

# Riga's 25-hour Sunday, 2026-10-25, lies in the middle: 2026-10-23 20:00 UTC and three days on.
FIRST = 1792785600
SPAN = 3 * 86400
ZONES = {"riga": "Europe/Riga", "manila": "Asia/Manila"}
QUEUES = ("billing", "technical", "9000")
AGENTS = tuple(f"Agent/{number}" for number in range(1001, 1009))
Event = tuple[int, str]


def end_of_leg(rng: random.Random, queue: str, agent: str, wait: int, talk: int) -> str:
    """A way for a talk to end; the old ones log less."""
    return rng.choice(
        [
            f"{queue}|{agent}|COMPLETEAGENT|{wait}|{talk}|1",
            f"{queue}|{agent}|COMPLETECALLER|{wait}|{talk}|1",
            f"{queue}|{agent}|COMPLETECALLER|{wait}|{talk}",
            f"{queue}|{agent}|BLINDTRANSFER|802|from-internal|{wait}|{talk}|1",
            f"{queue}|{agent}|TRANSFER|802|from-internal|{wait}|{talk}|1",
            f"{queue}|{agent}|ATTENDEDTRANSFER|BRIDGE|b-1|{wait}|{talk}|1",
        ]
    )


def end_of_wait(rng: random.Random, queue: str, wait: int) -> str:
    """A way for a wait to end without an agent."""
    return rng.choice(
        [
            f"{queue}|NONE|ABANDON|1|1|{wait}",
            f"{queue}|NONE|ABANDON|1|1|{wait}",
            f"{queue}|NONE|EXITWITHTIMEOUT|1|2|{wait}",
            f"{queue}|NONE|EXITWITHTIMEOUT|1",
            f"{queue}|NONE|EXITEMPTY|1|1|{wait}",
            f"{queue}|NONE|EXITWITHKEY|9|1|1|{wait}",
        ]
    )


def visit(rng: random.Random, at: int, caller: str) -> tuple[list[Event], int]:
    """The events of one entry into a queue, and when they end."""
    queue = rng.choice(QUEUES)
    entered = f"{queue}|NONE|ENTERQUEUE||{caller}" + rng.choice(["", "|1", "|1|Ann"])
    events: list[Event] = [(at, entered)]
    wait = rng.choice([0, 1, 4, 5, 6, 19, 20, 21, rng.randrange(200)])
    for _ in range(rng.choice([0, 0, 1, 3])):
        ring = rng.choice([0, 1000, 2500, 15000])
        rings = rng.choice(["RINGNOANSWER", "RINGNOANSWER", "RINGCANCELED"])
        rung = at + rng.randrange(wait + 1)
        events.append((rung, f"{queue}|{rng.choice(AGENTS)}|{rings}|{ring}"))
    at += wait
    # What is logged may differ from the epochs by a second.
    logged = max(0, wait + rng.choice([0, 0, 0, 1, -1]))
    if rng.random() < 0.3:
        events.append((at, end_of_wait(rng, queue, logged)))
        return events, at
    agent = rng.choice(AGENTS)
    rest = rng.choice([f"|{at}.9|{min(wait, 4)}", f"|{at}.9|{min(wait, 4)}", f"|{at}.9", ""])
    events.append((at, f"{queue}|{agent}|CONNECT|{logged}{rest}"))
    talk = rng.randrange(400)
    at += talk
    events.append((at, end_of_leg(rng, queue, agent, logged, max(0, talk + rng.choice([0, 1])))))
    return events, at


def call(rng: random.Random, start: int, caller: str) -> list[Event]:
    """One to three visits, then some of it lost, doubled or out of turn."""
    events: list[Event] = []
    at = start
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        more, at = visit(rng, at, caller)
        events.extend(more)
        at += rng.choice([0, 1, 2])
    fate = rng.random()
    if fate < 0.12:
        events.pop(rng.randrange(len(events)))
    elif fate < 0.18:
        events.append(rng.choice(events))
    elif fate < 0.24:
        one = rng.randrange(len(events))
        events[one] = (events[one][0] + rng.choice([-2, -1, 1, 2]), events[one][1])
    return events


def site_lines(rng: random.Random, site: str, calls: int) -> list[str]:
    """One site's log in the order in which it would be written."""
    lines: list[tuple[int, str]] = []
    for number in range(1, calls + 1):
        start = FIRST + rng.randrange(SPAN)
        callid = f"{start - 3}.{number}"
        caller = rng.choice(
            ["anonymous", "", *(f"+3712{rng.randrange(400):07d}" for _ in range(8))]
        )
        events = call(rng, start, caller)
        if rng.random() < 0.05:
            # The callid once more: around a day after its last event.
            last = max(epoch for epoch, _ in events)
            events += call(rng, last + 86400 + rng.choice([-1, 0, 1, 500]), caller)
        if rng.random() < 0.02:
            callid = rng.choice(["NONE", "REALTIME", ""])
        lines.extend((epoch, f"{epoch}|{callid}|{rest}") for epoch, rest in events)
    for agent in AGENTS:
        at = FIRST + rng.randrange(7200)
        while at < FIRST + SPAN:
            end = at + rng.randrange(7, 10) * 3600
            lines.append((at, f"{at}|{at}.1|NONE|{agent}|AGENTLOGIN|SIP/{agent[-4:]}"))
            lines.append(
                (end, f"{end}|{at}.1|NONE|{agent}|AGENTLOGOFF|SIP/{agent[-4:]}|{end - at}")
            )
            at = end + 12 * 3600
    return [line for _, line in sorted(lines, key=lambda pair: pair[0])]


def write(path: Path, lines: list[str], *, ends: bool = True) -> None:
    """Lines as a file, gzipped if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = ("\n".join(lines) + ("\n" if ends else "")).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_log(rng: random.Random, inbox: Path, site: str, calls: int) -> None:
    """A site's log in files that overlap, repeat each other and hold garbage."""
    folder = inbox / "asterisk_queue_log" / f"site={site}"
    lines = site_lines(rng, site, calls)
    half, most = len(lines) // 2, len(lines) * 4 // 5
    late = [line for number, line in enumerate(lines[:half]) if number % 97 == 50]
    first = [*lines[: half + 20], lines[3], lines[3]]
    first.insert(7, "no line of any log")
    first.insert(9, "")
    second = lines[half - 20 : most]
    second.insert(11, "12|cut")
    write(folder / "z-first" / "queue_log.2", first)
    write(folder / "queue_log.1", second)
    write(folder / "queue_log", lines[most:], ends=False)
    write(folder / "archive" / "queue_log.2.gz", first[20 : half // 2])
    write(folder / "found-later", late)


def local(epoch: int, site: str) -> str:
    """The site's wall clock."""
    return datetime.fromtimestamp(epoch, ZoneInfo(ZONES[site])).strftime("%Y-%m-%d %H:%M:%S")


def cdr_row(site: str, to: str, start: int, talk: int, callid: str, caller: str) -> str:
    """A row of Master.csv; a talk of 0 was not answered."""
    answer = f'"{local(start + 4, site)}"' if talk else '""'
    state = "ANSWERED" if talk else "NO ANSWER"
    end = local(start + 4 + talk, site)
    return (
        f'"","{caller}","801","from-trunk","""A, B"" <{caller}>","SIP/trunk-0000000a",'
        f'"SIP/{to}-0000000b","Queue","billing,t","{local(start, site)}",{answer},"{end}",'
        f'{4 + talk},{talk},"{state}","DOCUMENTATION","{callid}",""'
    )


def write_cdr(rng: random.Random, inbox: Path, site: str, calls: int) -> None:
    """CDRs of calls that no queue saw; some rows twice in one file, one file twice."""
    lines = []
    for number in range(calls):
        # Not in the hour that the change of clocks repeats: local texts cannot tell its halves.
        start = FIRST + rng.choice([0, 40 * 3600]) + rng.randrange(20 * 3600)
        callid = f"{start}.9{number:03d}"
        caller = f"+3712{rng.randrange(400):07d}"
        for leg in range(rng.choice([1, 1, 2])):
            talk = rng.choice([0, rng.randrange(1, 300)])
            lines.append(cdr_row(site, str(1001 + leg), start, talk, callid, caller))
    lines += lines[:2]
    lines += unseen_transfers(inbox, site)
    write(inbox / "asterisk_cdr" / f"site={site}" / "Master.csv", lines)
    write(inbox / "asterisk_cdr" / f"site={site}" / "old" / "Master-1.csv", lines[: calls // 2])


def unseen_transfers(inbox: Path, site: str) -> list[str]:
    """CDRs of calls that the log knows; in half of them a colleague took over after 20 s."""
    log = (inbox / "asterisk_queue_log" / f"site={site}" / "queue_log.1").read_text().split("\n")
    lines = []
    for number, line in enumerate(text for text in log if "|COMPLETEAGENT|" in text):
        epoch, callid, _, agent, _, _, logged, *_ = line.split("|")
        end, talk = int(epoch), int(logged)
        if callid in {"", "NONE", "REALTIME"} or talk < 60:
            continue
        connected = end - talk
        # The row was answered 4 s after its start, when the queue took the call.
        own = talk - (0 if number % 2 else talk - 20)
        lines.append(cdr_row(site, agent[-4:], connected - 30, 26 + own, callid, "+37120000001"))
        if own < talk:
            rest = talk - own - 4
            lines.append(cdr_row(site, "1009", end - rest - 4, rest, callid, "+37120000001"))
    return lines


def write_people(inbox: Path) -> None:
    """Logins that change hands, a shift over midnight, an agent who changes teams."""
    employees = ["employee_id,full_name,email,hire_date,leave_date,employment_share,base_pay"]
    posts = ["employee_id,role,team,department,supervisor_id,site,vendor,shift,valid_from,valid_to"]
    logins = ["site,login,employee_id,valid_from,valid_to"]
    for site, code in (("riga", "R"), ("manila", "M")):
        shifts = ["employee_id,starts_at,ends_at,activity"]
        for number in range(1, 7):
            person = f"{code}{number}"
            employees.append(f"{person},Person {person},,2025-01-01,,1,1000")
            end = "2026-10-25" if number == 2 else ""
            place = f"Care,,{site},in_house,day"
            posts.append(f"{person},agent,{site} one,{place},2025-01-01,{end}")
            if end:
                posts.append(f"{person},agent,{site} two,{place},{end},")
            login = f"Agent/{1000 + number}"
            until = "2026-10-25" if number == 1 else ""
            logins.append(f"{site},{login},{person},2025-01-01,{until}")
            if until:
                logins.append(f"{site},{login},{code}6,{until},")
            for day in (24, 25):
                shifts.append(f"{person},2026-10-{day} 16:00:00,2026-10-{day + 1} 02:00:00,work")
                shifts.append(f"{person},2026-10-{day} 20:00:00,2026-10-{day} 20:30:00,break")
        write(inbox / "hr_schedules" / f"site={site}" / "schedules.csv", shifts)
    employees[0] += ",currency,updated_at"
    employees[1:] = [line + ",EUR,2026-01-01T00:00:00Z" for line in employees[1:]]
    write(inbox / "hr_employees" / "employees.csv", employees)
    write(inbox / "hr_assignments" / "assignments.csv", posts)
    write(inbox / "hr_identities" / "identities.csv.gz", logins)


def write_surveys(rng: random.Random, inbox: Path, site: str) -> None:
    """An answer for some calls, a few of nobody's."""
    log = (inbox / "asterisk_queue_log" / f"site={site}" / "queue_log.1").read_text().split("\n")
    lines = ["survey_id,contact_ref,customer_ref,answered_at,question,answer,scale_max"]
    connected = [line.split("|") for line in log if "|CONNECT|" in line]
    for number, fields in enumerate(connected[::4]):
        moment = datetime.fromtimestamp(int(fields[0]) + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        ref = fields[1] if number % 9 else "nobody.1"
        score = rng.randrange(1, 6)
        lines.append(f"{site}-{number},{ref},,{moment},csat,{score},5")
    write(inbox / "surveys" / f"site={site}" / "surveys.csv", lines)


def write_inbox(inbox: Path, seed: int = 7, calls: int = 600) -> None:
    """The whole inbox."""
    rng = random.Random(seed)
    for site in ZONES:
        write_log(rng, inbox, site, calls)
        write_cdr(rng, inbox, site, calls // 10)
        write_surveys(rng, inbox, site)
    write_people(inbox)
