"""The hostile inbox's feeds besides Asterisk, drawn apart so that neither moves the other."""

from __future__ import annotations

import random
from pathlib import Path

from tests.independent import hostile_connect, hostile_desk, hostile_people
from tests.independent.hostile import AGENTS, FIRST, QUEUES, local, write


def references(inbox: Path) -> dict[str, list[str]]:
    """Site → ids that the telephony gave to calls, transferred ones' among them."""
    found: dict[str, list[str]] = {}
    for site in ("riga", "manila"):
        log = (inbox / "asterisk_queue_log" / f"site={site}" / "queue_log.1").read_text()
        calls = [line.split("|")[1] for line in log.split("\n") if "|CONNECT|" in line]
        found[site] = [call for call in calls if "." in call][:80]
    found["dublin"] = [f"c{number:05d}-{part}" for number in range(60) for part in (0, 0, 1)]
    return found


def write_regulars(rng: random.Random, inbox: Path) -> None:
    """Calls of the weeks before, by people who call again; colleagues and tests among them."""
    lines: list[tuple[int, str]] = []
    table = ["time,callid,queuename,agent,event,data1,data2,data3,data4,data5"]
    for number in range(160):
        at = FIRST - rng.randrange(1, 43) * 86400 + rng.randrange(86400)
        caller = rng.choice([*[f"+3712{rng.randrange(60):07d}"] * 12, "412", "anonymous"])
        queue = rng.choice([*QUEUES, *QUEUES, "test-ivr"])
        agent, talk = rng.choice(AGENTS), rng.randrange(1, 300)
        for epoch, rest in (
            (at, f"{queue}|NONE|ENTERQUEUE||{caller}|1||"),
            (at + 9, f"{queue}|{agent}|CONNECT|9|{at}.8|4||"),
            (at + 9 + talk, f"{queue}|{agent}|COMPLETECALLER|9|{talk}|1||"),
        ):
            line = f"{epoch}|{at}.7{number:03d}|{rest}"
            if number % 4:
                lines.append((epoch, line))
            else:
                # As the realtime table has it: seconds, or the wall clock of the exchange.
                moment = str(epoch) if number % 8 else local(epoch, "riga") + ".250000"
                table.append(",".join([moment, *line.split("|")[1:]]))
    folder = inbox / "asterisk_queue_log" / "site=riga"
    write(folder / "queue_log.old", [line for _, line in sorted(lines)])
    write(folder / "realtime.csv", table)


def write_cdr_table(rng: random.Random, inbox: Path) -> None:
    """Calls of two channels each that no queue saw, as the `cdr` table has them."""
    lines = [
        "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,"
        "disposition,amaflags,accountcode,uniqueid,userfield,did,recordingfile,linkedid,peeraccount,"
        "sequence"
    ]
    for number in range(20):
        at = FIRST + number * 5000
        source, target = rng.choice(
            [("+37120000050", "1003"), ("1004", "+37120000051"), ("1005", "1006")]
        )
        for leg in range(2):
            talk = rng.choice([0, rng.randrange(1, 200)])
            state = "ANSWERED" if talk else "NO ANSWER"
            lines.append(
                f'{local(at + leg, "riga")},"""A, B"" <{source}>",{source},{target},internal,'
                f"SIP/{source[-4:]}-0000000c,SIP/{target[-4:]}-0000000d,Dial,t,{talk + 5},{talk},"
                f"{state},3,,{at}.6{leg},,,,{at}.60,,{leg}"
            )
    write(inbox / "asterisk_cdr" / "site=riga" / "cdr-table.csv", lines)


def write_feeds(inbox: Path, seed: int = 11) -> None:
    """Everything that is not of Asterisk, and the calls of the weeks before."""
    rng = random.Random(seed)
    refs = references(inbox)
    write_regulars(rng, inbox)
    write_cdr_table(rng, inbox)
    hostile_connect.write_connect(rng, inbox, 300)
    hostile_desk.write_desk(rng, inbox, 90)
    hostile_people.write_absences(inbox)
    hostile_people.write_reviews(rng, inbox)
    hostile_people.write_training(rng, inbox)
    hostile_people.write_evaluations(rng, inbox, refs)
    hostile_people.write_complaints(rng, inbox, refs)
    hostile_people.write_incidents(inbox)
    hostile_people.write_answers(rng, inbox, refs)
    hostile_people.write_dublin(inbox)
    hostile_people.write_leaders(inbox)
