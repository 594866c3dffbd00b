"""Who an agent's login was, in which shift, in which team, and in which state."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tests.independent.raw import Zone, read_csv, zone_named
from tests.independent.replay import Leg

FOREVER = 1 << 62
# Pauses that are after-call work: part of handling, not of absence.
WRAPS = frozenset({"wrap", "wrapup", "acw", "after_call_work"})
OPEN_SECONDS = 16 * 3600
EVERY_QUEUE = "*"
STATES = frozenset(
    {
        "AGENTLOGIN",
        "AGENTLOGOFF",
        "AGENTCALLBACKLOGIN",
        "AGENTCALLBACKLOGOFF",
        "ADDMEMBER",
        "REMOVEMEMBER",
        "PAUSE",
        "UNPAUSE",
        "PAUSEALL",
        "UNPAUSEALL",
    }
)
Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Union of half-open spans."""
    union: list[Span] = []
    for start, end in sorted(spans):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        elif end > start:
            union.append((start, end))
    return union


def without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """What of disjoint, sorted spans is in no hole."""
    rest: list[Span] = []
    first = 0
    for start, end in spans:
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        at = start
        for hole_start, hole_end in holes[first:]:
            if hole_start >= end:
                break
            if hole_start > at:
                rest.append((at, hole_start))
            at = max(at, hole_end)
        if at < end:
            rest.append((at, end))
    return rest


class Validity:
    """Rows that hold in [valid_from, valid_to): what held at an instant."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.rows: dict[tuple[str, ...], list[tuple[int, int, str]]] = defaultdict(list)

    def add(self, key: tuple[str, ...], start: int, end: int, value: str) -> None:
        """A delivery twice of the same row says nothing new."""
        row = (start, end, value)
        if row not in self.rows[key]:
            self.rows[key].append(row)

    def at(self, key: tuple[str, ...], epoch: int) -> str | None:
        """The one value that held; of two that overlap the one that began later."""
        held = [row for row in self.rows.get(key, ()) if row[0] <= epoch < row[1]]
        return max(held)[2] if held else None

    def overlaps(self) -> list[tuple[str, ...]]:
        """Keys for which two values held at one time."""
        found = []
        for key, rows in self.rows.items():
            ordered = sorted(rows)
            if any(b[0] < a[1] for a, b in itertools.pairwise(ordered)):
                found.append(key)
        return found


def identities(inbox: Path, zones: dict[str, Zone]) -> Validity:
    """(site, login) → employee."""
    known = Validity()
    for folder, row in read_csv(inbox, "hr_identities"):
        site = row.get("site") or folder
        zone = zones.get(site) or zone_named("UTC")
        start = zone.epoch_of(row["valid_from"]) if row.get("valid_from") else -FOREVER
        end = zone.epoch_of(row["valid_to"]) if row.get("valid_to") else FOREVER
        known.add((site, row["login"] or ""), start, end, row["employee_id"] or "")
    return known


@dataclass(slots=True, frozen=True)
class Post:
    """Where an employee works, from one date until before another."""

    valid_from: str
    valid_to: str
    role: str | None
    team: str | None
    department: str | None
    site: str | None
    vendor: str | None
    supervisor: str | None = None


def posts(inbox: Path, leavers: dict[str, str] | None = None) -> dict[str, list[Post]]:
    """Every employee's assignments by local date; of two deliveries of one the later stands.

    Whoever leaves is in no team after the last day, unless an assignment begins after it.
    """
    known: dict[tuple[str, str], Post] = {}
    for _, row in read_csv(inbox, "hr_assignments"):
        employee, since = row["employee_id"] or "", (row["valid_from"] or "")[:10]
        until = (row.get("valid_to") or "9999-12-31")[:10]
        last_day = (leavers or {}).get(employee)
        if last_day is not None and since <= last_day:
            after = (date.fromisoformat(last_day) + timedelta(days=1)).isoformat()
            until = min(until, after)
        known[employee, since] = Post(
            since,
            until,
            row.get("role"),
            row.get("team"),
            row.get("department"),
            row.get("site"),
            row.get("vendor"),
            row.get("supervisor_id") or None,
        )
    found: dict[str, list[Post]] = defaultdict(list)
    for (employee, _), post in known.items():
        found[employee].append(post)
    return found


def post_on(mine: list[Post] | None, day: str) -> Post | None:
    """The assignment that held on a local date."""
    held = [post for post in mine or () if post.valid_from <= day < post.valid_to]
    return max(held, key=lambda post: post.valid_from) if held else None


class Shifts:
    """The scheduled shifts of every employee: the unbroken runs of their scheduled activities."""

    def __init__(self, inbox: Path = Path(), zones: dict[str, Zone] | None = None) -> None:
        """Reads hr_schedules; of no inbox there are none."""
        zones = zones or {}
        spans: dict[str, list[Span]] = defaultdict(list)
        for site, row in read_csv(inbox, "hr_schedules"):
            if row.get("activity") == "leave":
                continue
            zone = zones.get(site) or zone_named("UTC")
            spans[row["employee_id"] or ""].append(
                (zone.epoch_of(row["starts_at"] or ""), zone.epoch_of(row["ends_at"] or ""))
            )
        self.runs = {employee: merged(mine) for employee, mine in spans.items()}

    def start_of(self, employee: str | None, epoch: int) -> int | None:
        """When the shift began in which the instant lies."""
        runs = self.runs.get(employee or "")
        if not runs:
            return None
        index = bisect_right(runs, (epoch, FOREVER)) - 1
        return runs[index][0] if index >= 0 and epoch < runs[index][1] else None

    def date_of(self, employee: str | None, epoch: int, zone: Zone) -> str:
        """Local date of the instant, or of its shift's start where a schedule has one."""
        start = self.start_of(employee, epoch)
        return zone.date_of(epoch if start is None else start)


@dataclass(slots=True)
class Presence:
    """When one login was logged in, paused and wrapping up, up to the end of the log."""

    logged_in: list[Span]
    paused: list[Span]
    wrapping: list[Span]


class Sheet:
    """What is open of one login: in which queues it is a member, and paused, since when."""

    def __init__(self) -> None:
        """Nothing."""
        self.places: dict[str, int] = {}
        self.pauses: dict[str, tuple[int, str]] = {}
        self.presence = Presence([], [], [])

    def log_in(self, queue: str, at: int) -> None:
        """A log-in that never ended is cut at the next one of its queue."""
        self.log_off(queue, at)
        self.places[queue] = at

    def log_off(self, queue: str, at: int) -> None:
        """Nobody is logged in for more than sixteen hours."""
        since = self.places.pop(queue, None)
        if since is not None:
            self.presence.logged_in.append((since, min(at, since + OPEN_SECONDS)))

    def pause(self, queue: str, at: int, reason: str) -> None:
        """A pause that never ended is cut at the next one of its queue."""
        self.resume(queue, at)
        self.pauses[queue] = (at, reason)

    def resume(self, queue: str, at: int) -> None:
        """Nor is anybody paused for longer."""
        since, reason = self.pauses.pop(queue, (at, ""))
        span = (since, min(at, since + OPEN_SECONDS))
        if since < at:
            self.presence.paused.append(span)
            if reason in WRAPS:
                self.presence.wrapping.append(span)

    def close(self, at: int) -> None:
        """A log-off ends everything."""
        for queue in list(self.places):
            self.log_off(queue, at)
        for queue in list(self.pauses):
            self.resume(queue, at)


def presences(events: list[list[str]]) -> dict[str, Presence]:
    """Every login's presence from one site's log."""
    sheets: dict[str, Sheet] = defaultdict(Sheet)
    for fields in events:
        event, agent, queue = fields[4].strip(), fields[3].strip(), fields[2].strip()
        if event not in STATES:
            continue
        sheet, at = sheets[agent], int(fields[0])
        reason = fields[5].strip().lower() if len(fields) > 5 else ""
        if event in {"AGENTLOGIN", "AGENTCALLBACKLOGIN"}:
            sheet.log_in(EVERY_QUEUE, at)
        elif event in {"AGENTLOGOFF", "AGENTCALLBACKLOGOFF"}:
            sheet.close(at)
        elif event == "ADDMEMBER":
            sheet.log_in(queue, at)
        elif event == "REMOVEMEMBER":
            sheet.log_off(queue, at)
            if not sheet.places:
                sheet.close(at)
        elif event in {"PAUSE", "PAUSEALL"}:
            # PAUSEALL is followed by a PAUSE of each queue; the union counts them once.
            sheet.pause(EVERY_QUEUE if event == "PAUSEALL" else queue, at, reason)
        elif event == "UNPAUSEALL":
            for paused in list(sheet.pauses):
                sheet.resume(paused, at)
        else:
            sheet.resume(queue, at)
    for sheet in sheets.values():
        # Whoever is still logged in was so until the log ends; what comes after is not known.
        sheet.close(int(events[-1][0]))
    return {agent: sheet.presence for agent, sheet in sheets.items()}


@dataclass(slots=True)
class Staffing:
    """What a login did while it was logged in: in contact or wrapping up, or free for one."""

    occupied: list[Span]
    available: list[Span]


def staffing(presence: Presence, legs: list[Leg]) -> Staffing:
    """Spans of handling and of waiting for a contact; a talk during a pause is handling."""
    talking = merged((leg.answered_at, leg.ended_at) for leg in legs if leg.ended_at is not None)
    logged_in = merged(presence.logged_in)
    wrapping = without(merged(presence.wrapping), talking)
    outside = without([(-FOREVER, FOREVER)], logged_in)
    return Staffing(
        # Each is a state of its own, with a day of its own: not merged.
        [*without(talking, outside), *without(wrapping, outside)],
        without(without(logged_in, merged(presence.paused)), talking),
    )
