"""Amazon Connect's records at their worst: chains that break off, copies, older versions last."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.independent.hostile import FIRST, SPAN, write

SITE = "dublin"
AGENTS = tuple(f"d.agent{number}" for number in range(1, 7))
QUEUES = ("billing", "technical")
TOO_LATE = FIRST + 30 * 86400
Record = dict[str, Any]


def stamp(epoch: int) -> str:
    """How Connect writes an instant."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def blank(contact_id: str, at: int, caller: str) -> Record:
    """A record that has only begun."""
    return {
        "AWSAccountId": "1",
        "ContactId": contact_id,
        "InitialContactId": None,
        "PreviousContactId": None,
        "NextContactId": None,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": stamp(at),
        "ConnectedToSystemTimestamp": stamp(at + 1),
        "DisconnectTimestamp": None,
        "DisconnectReason": None,
        "LastUpdateTimestamp": stamp(at + 1),
        "TransferCompletedTimestamp": None,
        "CustomerEndpoint": {"Address": caller, "Type": "TELEPHONE_NUMBER"},
        "SystemEndpoint": {"Address": "+35315550100", "Type": "TELEPHONE_NUMBER"},
        "Attributes": {},
        "AgentConnectionAttempts": 0,
        "Agent": None,
        "Queue": None,
    }


def ended(record: Record, at: int, reason: str, delay: int = 30) -> None:
    """Hangs up; the final version is written a little later."""
    record["DisconnectTimestamp"] = stamp(at)
    record["DisconnectReason"] = reason
    record["LastUpdateTimestamp"] = stamp(at + delay)


def queued(rng: random.Random, record: Record, at: int, wait: int, *, is_left: bool) -> None:
    """Puts the caller into a queue, and takes it out again."""
    record["Queue"] = {
        "ARN": "arn",
        "Name": rng.choice(QUEUES),
        "EnqueueTimestamp": stamp(at),
        "DequeueTimestamp": stamp(at + wait) if is_left else None,
        # Whole seconds, rounded apart from the timestamps.
        "Duration": max(0, wait + rng.choice([0, 0, 1])) if is_left else None,
    }


def talked(rng: random.Random, record: Record, at: int, *, is_over: bool) -> int:
    """Connects an agent; returns when the talk ends."""
    talk, hold, wrap = rng.randrange(400), rng.choice([0, 0, 25, 90]), rng.choice([0, 15, 60])
    end = at + talk + hold
    record["AgentConnectionAttempts"] = rng.choice([1, 1, 1, 2, 3])
    record["Agent"] = {
        "ARN": "arn",
        "Username": rng.choice(AGENTS),
        "RoutingProfile": {"Name": "all"},
        "HierarchyGroups": {"Level1": {"GroupName": "Care"}},
        "ConnectedToAgentTimestamp": stamp(at),
        "AgentInteractionDuration": talk if is_over else None,
        "CustomerHoldDuration": hold if is_over else None,
        "LongestHoldDuration": hold if is_over else None,
        "NumberOfHolds": int(hold > 0),
        "AfterContactWorkStartTimestamp": stamp(end) if is_over else None,
        "AfterContactWorkEndTimestamp": stamp(end + wrap) if is_over else None,
        "AfterContactWorkDuration": wrap if is_over else None,
    }
    return end


def chain(rng: random.Random, number: int, at: int) -> list[Record]:
    """One call: up to three records, the last of which may never end."""
    caller = rng.choice(["", "anonymous", "412", *[f"+35387{rng.randrange(60):07d}"] * 20])
    records: list[Record] = []
    reason = rng.choice([{}, {}, {"reason": "refund"}])
    fate = rng.random()
    method = "INBOUND"
    for part in range(rng.choice([1, 1, 1, 2, 3])):
        record = blank(f"c{number:05d}-{part}", at, caller)
        record.update(Attributes=reason, InitiationMethod=method)
        if records:
            record["InitialContactId"] = records[0]["ContactId"]
            record["PreviousContactId"] = records[-1]["ContactId"]
            records[-1]["NextContactId"] = record["ContactId"]
            records[-1]["TransferCompletedTimestamp"] = rng.choice([None, stamp(at)])
        records.append(record)
        if fate < 0.05:
            # Gave up in the menu, before any queue.
            ended(record, at + 9, "CUSTOMER_DISCONNECT")
            return records
        wait = rng.choice([0, 3, 5, 19, 20, 21, rng.randrange(200)])
        queued(rng, record, at + 4, wait, is_left=True)
        at += 4 + wait
        if rng.random() < 0.25:
            # Nobody answered: sent to another queue, called back later, or hung up.
            method = rng.choice(["QUEUE_TRANSFER", "CALLBACK", "TRANSFER"])
            ended(record, at, "CONTACT_FLOW_DISCONNECT")
        else:
            method = "TRANSFER"
            at = talked(rng, record, at, is_over=True)
            ended(record, at, rng.choice(["CUSTOMER_DISCONNECT", "AGENT_DISCONNECT"]), 120)
    last = records[-1]
    if fate > 0.95:
        start = int(datetime.fromisoformat(last["InitiationTimestamp"]).timestamp())
        last.update(DisconnectTimestamp=None, DisconnectReason=None)
        if fate > 0.975:
            talked(rng, last, start + 30, is_over=False)
        else:
            last["Agent"] = None
            queued(rng, last, start + 4, 0, is_left=False)
    return records


def outbound(number: int, at: int, agent: str) -> Record:
    """An agent's own call to a customer, in no queue."""
    record = blank(f"o{number:05d}", at, f"+35387{number:07d}")
    record["InitiationMethod"] = "OUTBOUND"
    talked(random.Random(number), record, at + 8, is_over=True)
    record["Agent"]["Username"] = agent
    ended(record, at + 8 + 400, "AGENT_DISCONNECT")
    return record


def earlier(record: Record) -> Record:
    """What Connect wrote while the call was running."""
    return record | {
        "LastUpdateTimestamp": record["InitiationTimestamp"],
        "DisconnectTimestamp": None,
        "DisconnectReason": None,
        "Agent": None,
        "NextContactId": None,
    }


def write_connect(rng: random.Random, inbox: Path, calls: int) -> None:
    """Final records, running ones before and after them, copies, and what nobody knows yet."""
    final: list[Record] = []
    for number in range(calls):
        final.extend(chain(rng, number, FIRST + rng.randrange(SPAN)))
    final += [
        outbound(number, FIRST + number * 7000, AGENTS[number % len(AGENTS)])
        for number in range(calls // 20)
    ]
    texts = [json.dumps(record) for record in final]
    running = [json.dumps(earlier(record)) for record in final[::3]]
    unknown = [
        json.dumps(record | {"LastUpdateTimestamp": stamp(TOO_LATE), "Agent": None})
        for record in final[::17]
    ]
    half = len(texts) // 2
    folder = inbox / "connect_contact_records" / f"site={SITE}"
    write(folder / "a-running.json", running[::2])
    write(folder / "b-first.json", [*texts[: half + 10], "{cut", texts[3]])
    write(folder / "c-second.json.gz", texts[half:])
    write(folder / "d-older-again.json", running[1::2])
    write(folder / "e-later.json", unknown)
