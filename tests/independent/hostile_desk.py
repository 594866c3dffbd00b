"""A help desk's tables at their worst: reopened twice, deleted, answered by a bot, told again."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from tests.independent.hostile import FIRST, write

SITE = "dublin"
# Dublin's Sunday of 25 hours, 2026-10-25, lies within.
START = FIRST - 86400
SPAN = 6 * 86400
LATE = FIRST + 30 * 86400
AGENTS = ("501", "502", "503")
BOT = "590"
CUSTOMERS = tuple(str(number) for number in range(801, 821))


def stamp(epoch: int) -> str:
    """UTC, as the connectors write it."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S")


class Desk:
    """The lines of the tables so far."""

    def __init__(self, rng: random.Random) -> None:
        """Headers alone."""
        self.rng = rng
        self.tickets = [
            "id,assignee_id,created_at,updated_at,requester_id,submitter_id,status,is_public,"
            "subject,via_channel"
        ]
        self.late_tickets = self.tickets[:1]
        self.history = ["field_name,ticket_id,updated,user_id,value"]
        self.comments = ["id,ticket_id,user_id,created,public,voice_comment,body"]
        self.applied = ["ticket_id,created_at,schedule_id"]

    def change(self, ticket: int, at: int, name: str, value: str, user: str = "") -> None:
        """A line of the field history."""
        self.history.append(f"{name},{ticket},{stamp(at)},{user},{value}")

    def comment(self, ticket: int, at: int, user: str, *, is_public: bool) -> None:
        """A comment; its body is nobody's business."""
        number = len(self.comments)
        self.comments.append(
            f'{number},{ticket},{user},{stamp(at)},{str(is_public).lower()},false,"a, b"'
        )

    def ticket(self, number: int) -> None:
        """One ticket's life."""
        rng = self.rng
        created = START + rng.randrange(SPAN)
        asker, agent = rng.choice([*CUSTOMERS, AGENTS[0]]), rng.choice(AGENTS)
        at = created
        self.change(number, at, "status", "new", asker)
        self.comment(number, at, asker, is_public=True)
        if rng.random() < 0.5:
            self.comment(number, at + 5, BOT, is_public=True)
        if rng.random() < 0.3:
            self.comment(number, at + 60, agent, is_public=False)
        self.change(number, at + 30, "assignee_id", agent, BOT)
        if rng.random() < 0.5:
            self.applied.append(f"{number},{stamp(created)},{rng.choice(['71', '72'])}")
        status = "new"
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            at += rng.choice([59, 3600, 40_000, 100_000])
            if rng.random() < 0.3:
                agent = rng.choice(AGENTS)
                self.change(number, at, "assignee_id", agent, agent)
            self.comment(number, at, agent, is_public=rng.random() < 0.8)
            self.change(number, at, "status", "solved", agent)
            status = "solved"
            if rng.random() < 0.4:
                at += rng.choice([1, 7200, 90_000])
                status = rng.choice(["open", "pending", "hold"])
                self.change(number, at, "status", status, asker)
                self.comment(number, at, asker, is_public=True)
            elif rng.random() < 0.4:
                at += 4000
                status = "closed"
                self.change(number, at, "status", status)
                break
        if rng.random() < 0.1:
            at += 100
            status = "deleted"
        self.write_versions(number, created, at, asker, agent, status)

    def write_versions(
        self, number: int, created: int, at: int, asker: str, agent: str, status: str
    ) -> None:
        """The ticket's row as it was first, as it is, and as nobody can know yet."""
        tail = f"{asker},{asker}"
        if self.rng.random() < 0.05:
            # Exported for the first time after the count.
            self.late_tickets.append(
                f"{number},{agent},{stamp(created)},{stamp(LATE)},{tail},closed,true,s,web"
            )
            return
        self.tickets.append(
            f'{number},,{stamp(created)},{stamp(created)},{tail},new,true,"s, t",web'
        )
        row = f"{number},{agent},{stamp(created)},{stamp(at)},{tail},{status},true,s,email"
        # The newer version may lie before the older one.
        self.tickets.insert(self.rng.choice([1, len(self.tickets)]), row)
        if self.rng.random() < 0.1:
            self.late_tickets.append(
                f"{number},{agent},{stamp(created)},{stamp(LATE)},{tail},deleted,true,s,email"
            )
            self.change(number, LATE, "status", "open")


def write_desk(rng: random.Random, inbox: Path, tickets: int) -> None:
    """All tables; some lines in two files, one table in two folders."""
    desk = Desk(rng)
    for number in range(1, tickets + 1):
        desk.ticket(number)
    head, *changes = desk.history
    rng.shuffle(changes)
    half = len(changes) // 2

    def put(folder: str, name: str, lines: list[str]) -> None:
        write(inbox / folder / f"site={SITE}" / name, lines)

    put("zendesk_tickets", "a.csv", desk.tickets)
    put("zendesk_tickets", "b-late.csv", desk.late_tickets)
    put("zendesk_ticket_field_history", "a.csv", [head, *changes[: half + 9]])
    put("zendesk_ticket_field_history", "b.csv.gz", [head, *changes[half:]])
    put("zendesk_ticket_comments", "a.csv", desk.comments)
    put("zendesk_ticket_comments", "again.csv", desk.comments[:40])
    put("zendesk_ticket_schedules", "a.csv", desk.applied)
    put("zendesk_users", "a.csv", users())
    put("zendesk_schedules", "a.csv", opening_hours())
    put(
        "zendesk_schedule_holidays",
        "a.csv",
        [
            "id,schedule_id,name,start_date,end_date",
            "1,71,Bank holiday,2026-10-26,2026-10-26",
            "2,72,Two days,2026-10-27,2026-10-28",
        ],
    )


def users() -> list[str]:
    """Three people whom HR knows, one whom it does not, a bot and the customers."""
    lines = ["id,name,email,role,active,time_zone,external_id,created_at,updated_at"]
    at = "2026-01-01 00:00:00,2026-01-01 00:00:00"
    lines += [
        f"{user},Agent {user},d{index}@example.com,agent,true,Dublin,D{index},{at}"
        for index, user in enumerate(AGENTS[:2], start=1)
    ]
    lines.append(f"{AGENTS[2]},Stranger,who@example.com,admin,true,Dublin,,{at}")
    lines.append(f"{BOT},Answer Bot,,agent,true,Dublin,,{at}")
    lines += [f"{user},Customer,,end-user,true,Dublin,,{at}" for user in CUSTOMERS]
    return lines


def opening_hours() -> list[str]:
    """Office hours with a lunch break in Dublin; a night desk over midnight and Sunday in Riga."""
    lines = ["id,name,time_zone,start_time,end_time"]
    for day in range(1, 6):
        lines.append(f"71,Office,Europe/Dublin,{day * 1440 + 540},{day * 1440 + 720}")
        lines.append(f"71,Office,Europe/Dublin,{day * 1440 + 780},{day * 1440 + 1050}")
    lines += [
        f"72,Night,Europe/Riga,{day * 1440 + 1200},{(day + 1) * 1440 + 360}" for day in range(6)
    ]
    lines.append(f"72,Night,Europe/Riga,{6 * 1440 + 1380},300")
    return lines
