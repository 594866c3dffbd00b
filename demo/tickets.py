"""Tickets: Zendesk's tables for Riga and Manila, Salesforce's cases for Dublin."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from demo.calls import Leg
from demo.clock import SiteClock, utc_stamp
from demo.organisation import Employee, Site
from demo.writing import Files, Row

TICKET_RATE = 0.075  # of the talks that resolved nothing
CLOSES_AFTER = 4 * 86_400


@dataclass(frozen=True, slots=True)
class Desk:
    """One site's Zendesk: where its ids begin, and when it is open."""

    ids: int
    time_zone: str  # as Rails writes it
    opens: int  # local minute of the day
    closes: int
    days: int  # Monday to this many days later

    @property
    def bot(self) -> int:
        """Return the user whose replies no person wrote."""
        return self.ids + 1


DESKS = {
    "riga": Desk(36_000_000, "Riga", 540, 1080, 5),
    # Rails knows no Manila.
    "manila": Desk(39_000_000, "Singapore", 480, 1320, 6),
}


@dataclass(slots=True)
class _Ticket:
    """A ticket's life: changes of fields and comments, in order of time."""

    id: int
    requester: int
    channel: str
    reason: str
    changes: list[tuple[int, str, int | None, object]] = field(default_factory=list)
    comments: list[tuple[int, int, bool, bool]] = field(default_factory=list)
    reopens: int = 0
    first_reply: int | None = None
    first_solved: int | None = None
    last_solved: int | None = None

    def set(self, at: int, name: str, user: int | None, value: object) -> None:
        """Note that a field got a value."""
        self.changes.append((at, name, user, value))


def _utc(at: int | None) -> str | None:
    return None if at is None else utc_stamp(at)


def _truth(value: bool) -> str:
    return "TRUE" if value else "FALSE"


class Zendesk:
    """Writes one site's tables."""

    def __init__(
        self, files: Files, site: Site, clock: SiteClock, people: list[Employee], first: date,
        last: date, rng: random.Random,
    ) -> None:  # fmt: skip
        """Prepare the agents who work the tickets."""
        self.files, self.site, self.clock, self.rng = files, site, clock, rng
        self.first, self.last = first, last
        self.end = clock.midnight(last + timedelta(days=1))
        self.desk = DESKS[site.site_id]
        self.agents = [person for person in people if person.takes_calls]
        self.user_ids = {
            person.employee_id: self.desk.ids + 100 + number
            for number, person in enumerate(people)
            if person.identities
        }
        self.people = people
        self.customers: dict[str, int] = {}
        self.tickets: list[_Ticket] = []

    # ---- a ticket's life ---------------------------------------------------------------------

    def _open_at(self, at: int) -> int:
        """Return this moment, or soon after the desk opens next."""
        desk = self.desk
        for _ in range(9):
            day, second = divmod(at + self.clock.offset(at), 86_400)
            is_working_day = (day + 3) % 7 < desk.days  # the epoch was a Thursday
            if is_working_day and desk.opens * 60 <= second < desk.closes * 60:
                return at
            if is_working_day and second < desk.opens * 60:
                return at + desk.opens * 60 - second + self.rng.randrange(60, 2400)
            at += 86_400 - second
        return at

    def _someone(self, at: int, other_than: Employee | None = None) -> Employee:
        day = date.fromisoformat(self.clock.text(at)[:10])
        able = [p for p in self.agents if p.employed_on(day) and p is not other_than]
        return self.rng.choice(able)

    def open_tickets(self, legs: Sequence[Leg]) -> None:
        """Let some talks that resolved nothing become tickets, and work these."""
        for leg in legs:
            if leg.is_resolved or not leg.is_last or leg.number == "anonymous":
                continue
            if self.rng.random() < TICKET_RATE:
                self._work(leg)

    def _work(self, leg: Leg) -> None:
        rng = self.rng
        # A guest of another site has no log-in here.
        is_by_agent = rng.random() < 0.4 and leg.employee.employee_id in self.user_ids
        at = leg.ended_at + (rng.randrange(20, 120) if is_by_agent else rng.randrange(300, 20_000))
        if at >= self.end:
            return
        customer = self.customers.setdefault(
            leg.number, self.desk.ids + 100_000 + len(self.customers)
        )
        channel = "phone" if is_by_agent else rng.choice(("email", "web"))
        ticket = _Ticket(
            self.desk.ids // 1000 + len(self.tickets) + 1, customer, channel, leg.queue
        )
        self.tickets.append(ticket)
        opener = self.user_ids[leg.employee.employee_id] if is_by_agent else customer
        ticket.set(at, "status", opener, "new")
        ticket.set(at, "priority", opener, rng.choice(("low", "normal", "normal", "high")))
        ticket.set(at, "requester_id", opener, customer)
        ticket.comments.append((at, opener, True, is_by_agent))
        if not is_by_agent and rng.random() < 0.6:
            ticket.comments.append((at + rng.randrange(8, 40), self.desk.bot, True, False))
        if rng.random() < 0.02:
            ticket.set(at + rng.randrange(600, 80_000), "status", None, "deleted")
            return
        # The one who talked keeps the ticket, or the desk gives it to somebody.
        worker = leg.employee if is_by_agent and leg.is_known else self._someone(at)
        at = self._open_at(at + rng.randrange(60, 5400))
        worker = worker if worker.employed_on(self.last) else self._someone(at)
        me = self.user_ids[worker.employee_id]
        ticket.set(at, "assignee_id", me, me)
        ticket.set(at, "status", me, "open")
        if rng.random() < 0.12:
            at = self._open_at(at + rng.randrange(1800, 30_000))
            worker = self._someone(at, worker)
            ticket.set(at, "assignee_id", me, self.user_ids[worker.employee_id])
            ticket.comments.append((at, me, False, False))
            me = self.user_ids[worker.employee_id]
        at = self._reply(ticket, at, me)
        if rng.random() < 0.35:
            ticket.set(at, "status", me, "pending")
            at += int(rng.expovariate(1 / 50_000.0)) + 600
            ticket.comments.append((at, customer, True, False))
            ticket.set(at, "status", customer, "open")
            at = self._reply(ticket, at, me)
        self._solve(ticket, at, worker)

    def _reply(self, ticket: _Ticket, at: int, user: int) -> int:
        at = self._open_at(at + 300 + int(self.rng.expovariate(1 / 9000.0)))
        ticket.comments.append((at, user, True, False))
        if ticket.first_reply is None and at < self.end:
            ticket.first_reply = at
        return at

    def _solve(self, ticket: _Ticket, at: int, worker: Employee) -> None:
        """Solve the ticket; a poor answer comes back, sometimes to somebody else."""
        rng = self.rng
        me = self.user_ids[worker.employee_id]
        at = self._open_at(at + 60 + int(rng.expovariate(1 / 14_000.0)))
        ticket.set(at, "status", me, "solved")
        if at < self.end:
            ticket.first_solved = ticket.first_solved or at
            ticket.last_solved = at
        if ticket.reopens < 3 and rng.random() < max(0.02, 0.11 - 0.035 * worker.quality):
            at += 1800 + int(rng.expovariate(1 / 80_000.0))
            if at - (ticket.last_solved or at) < CLOSES_AFTER:
                ticket.comments.append((at, ticket.requester, True, False))
                ticket.set(at, "status", ticket.requester, "open")
                ticket.reopens += at < self.end
                if rng.random() < 0.3:
                    at = self._open_at(at + 1200)
                    worker = self._someone(at, worker)
                    ticket.set(at, "assignee_id", me, self.user_ids[worker.employee_id])
                    me = self.user_ids[worker.employee_id]
                self._solve(ticket, self._reply(ticket, at, me), worker)
                return
        ticket.set(at + CLOSES_AFTER, "status", None, "closed")

    # ---- tables ------------------------------------------------------------------------------

    def write(self) -> None:
        """Write all tables; each month's export has the tickets that changed in it."""
        for ticket in self.tickets:
            ticket.changes = sorted(
                (change for change in ticket.changes if change[0] < self.end),
                key=lambda change: change[0],
            )
            ticket.comments = sorted(c for c in ticket.comments if c[0] < self.end)
        self._write_tickets()
        self._write_by_month("zendesk_ticket_field_history", self._history())
        self._write_by_month("zendesk_ticket_comments", self._comments())
        self._write_by_month("zendesk_satisfaction_ratings", self._ratings())
        self._write_by_month("zendesk_ticket_schedules", self._ticket_schedules())
        self._write_metrics()
        self._write_users()
        self._write_schedules()

    def _table(self, feed: str, name: str, header: str, rows: list[Row]) -> None:
        self.files.table(f"{feed}/site={self.site.site_id}/{name}.csv", header, rows)

    def _write_by_month(self, feed: str, content: tuple[str, list[tuple[int, Row]]]) -> None:
        header, rows = content
        months: dict[str, list[Row]] = defaultdict(list)
        for at, row in sorted(rows, key=lambda item: item[0]):
            months[str(_utc(at))[:7]].append(row)
        for month, mine in months.items():
            self._table(feed, f"{feed.removeprefix('zendesk_')}-{month}", header, mine)

    def _write_tickets(self) -> None:
        months: dict[str, list[Row]] = defaultdict(list)
        for ticket in self.tickets:
            states: dict[str, tuple[int, dict[str, object]]] = {}
            state: dict[str, object] = {}
            for at, name, _, value in ticket.changes:
                state[name] = value
                states[str(_utc(at))[:7]] = (at, dict(state))
            created = ticket.changes[0][0]
            submitter = ticket.changes[0][2]
            for month, (at, known) in states.items():
                months[month].append(
                    (ticket.id, _utc(self.end), known.get("assignee_id"), self.desk.ids + 11,
                     _utc(created), self.desk.ids + 12, None, "TRUE", None, known.get("priority"),
                     ticket.requester, known["status"], f"{ticket.reason} question", submitter,
                     self.desk.ids + 13, "question", _utc(at), ticket.channel)
                )  # fmt: skip
        header = (
            "id _fivetran_synced assignee_id brand_id created_at group_id external_id is_public"
            " organization_id priority requester_id status subject submitter_id ticket_form_id type"
            " updated_at via_channel"
        )
        for month, rows in sorted(months.items()):
            self._table("zendesk_tickets", f"tickets-{month}", header, rows)

    def _history(self) -> tuple[str, list[tuple[int, Row]]]:
        rows = [
            (at, (name, ticket.id, _utc(at), _utc(self.end), user, value))
            for ticket in self.tickets
            for at, name, user, value in ticket.changes
        ]
        return "field_name ticket_id updated _fivetran_synced user_id value", rows

    def _comments(self) -> tuple[str, list[tuple[int, Row]]]:
        rows: list[tuple[int, Row]] = []
        for ticket in self.tickets:
            for at, user, is_public, is_voice in ticket.comments:
                number = self.desk.ids * 10 + len(rows)
                rows.append(
                    (at, (number, _utc(self.end), "…", _utc(at), "FALSE", _truth(is_public),
                          ticket.id, "FALSE", user, _truth(is_voice)))
                )  # fmt: skip
        return (
            "id _fivetran_synced body created facebook_comment public ticket_id tweet user_id"
            " voice_comment",
            rows,
        )

    def _ratings(self) -> tuple[str, list[tuple[int, Row]]]:
        rng = self.rng
        rows: list[tuple[int, Row]] = []
        for ticket in self.tickets:
            solved = ticket.last_solved
            at = (solved or self.end) + 86_400 + rng.randrange(40_000)
            if solved is None or at >= self.end or rng.random() > 0.3:
                continue
            assignee = next(
                v for _, name, _, v in reversed(ticket.changes) if name == "assignee_id"
            )
            is_good = rng.random() < 0.8 - 0.35 * min(1, ticket.reopens)
            answered = at + rng.randrange(600, 90_000)
            states = [(at, "offered")]
            if answered < self.end and rng.random() < 0.6:
                states.append((answered, "good" if is_good else "bad"))
            number = self.desk.ids * 10 + 5_000_000 + len(rows)
            for seen, score in states:
                rows.append(
                    (seen, (number, ticket.id, assignee, ticket.requester, self.desk.ids + 12,
                            score, None, _utc(at), _utc(seen)))
                )  # fmt: skip
        return (
            "id ticket_id assignee_id requester_id group_id score comment created_at updated_at",
            rows,
        )

    def _ticket_schedules(self) -> tuple[str, list[tuple[int, Row]]]:
        rows: list[tuple[int, Row]] = []
        for ticket in self.tickets:
            created = ticket.changes[0][0]
            rows.append((created, (_utc(created), ticket.id, self.desk.ids + 21)))
            if self.rng.random() < 0.02 and created + 7200 < self.end:
                rows.append((created + 7200, (_utc(created + 7200), ticket.id, self.desk.ids + 22)))
        return "created_at ticket_id schedule_id", rows

    def _write_metrics(self) -> None:
        rows: list[Row] = []
        for ticket in self.tickets:
            created = ticket.changes[0][0]
            staff = set(self.user_ids.values())
            replies = sum(1 for _, user, public, _ in ticket.comments if public and user in staff)
            stations = sum(1 for _, name, _, _ in ticket.changes if name == "assignee_id")
            assigned = [at for at, name, _, _ in ticket.changes if name == "assignee_id"]

            def minutes(at: int | None, since: int = created) -> int | None:
                return None if at is None else (at - since) // 60

            rows.append(
                (ticket.id + self.desk.ids, ticket.id, ticket.reopens, replies, stations, 1,
                 _utc(created), _utc(ticket.changes[-1][0]), _utc(ticket.last_solved),
                 _utc(assigned[0]) if assigned else None, minutes(ticket.first_reply),
                 minutes(ticket.first_solved), minutes(ticket.last_solved))
            )  # fmt: skip
        self._table(
            "zendesk_ticket_metrics",
            "ticket_metrics",
            "id ticket_id reopens replies assignee_stations group_stations created_at updated_at"
            " solved_at initially_assigned_at reply_time_in_minutes__calendar"
            " first_resolution_time_in_minutes__calendar"
            " full_resolution_time_in_minutes__calendar",
            rows,
        )

    def _write_users(self) -> None:
        since = _utc(self.clock.midnight(self.first - timedelta(days=400)))
        rows: list[Row] = [
            (self.desk.bot, "TRUE", since, "answer-bot@example.com", None, "Answer Bot", None,
             "agent", self.desk.time_zone, since)
        ]  # fmt: skip
        for number, person in enumerate(self.people):
            user = self.user_ids.get(person.employee_id)
            if user is None:
                continue
            is_here = person.leave_date is None or person.leave_date >= self.last
            # The directory fills in only some of the external ids; mail addresses join the rest.
            known = person.employee_id if number % 3 == 0 else None
            role = "agent" if person.takes_calls else "admin"
            zone = self.site.time_zone if number % 4 == 0 else self.desk.time_zone
            rows.append(
                (user, _truth(is_here), since, person.email, known, person.full_name, None, role,
                 zone, since)
            )  # fmt: skip
        seen = _utc(self.clock.midnight(self.first))
        rows += [
            (user, "TRUE", seen, f"customer.{user}@example.net", None, f"Customer {user}",
             f"+{number}", "end-user", self.desk.time_zone, seen)
            for number, user in self.customers.items()
        ]  # fmt: skip
        self._table(
            "zendesk_users",
            "users",
            "id active created_at email external_id name phone role time_zone updated_at",
            rows,
        )

    def _write_schedules(self) -> None:
        desk = self.desk
        created = _utc(self.clock.midnight(self.first - timedelta(days=400)))
        rows: list[Row] = []
        # Minutes since Sunday's midnight, in the schedule's own time.
        for number, name, opens, closes, days in (
            (21, f"{self.site.site_id.title()} support", desk.opens, desk.closes, desk.days),
            (22, f"{self.site.site_id.title()} extended", 480, 1320, 7),
        ):
            rows += [
                (day * 1440 + closes, desk.ids + number, day * 1440 + opens, "FALSE", name,
                 desk.time_zone, created)
                for weekday in range(days)
                for day in [(weekday + 1) % 7]
            ]  # fmt: skip
        self._table(
            "zendesk_schedules",
            "schedules",
            "end_time id start_time _fivetran_deleted name time_zone created_at",
            rows,
        )
        holiday = self.first + timedelta(days=round((self.last - self.first).days * 0.4))
        holiday -= timedelta(days=max(0, holiday.weekday() - 4))
        self._table(
            "zendesk_schedule_holidays",
            "schedule_holidays",
            "id schedule_id _fivetran_deleted end_date name start_date",
            [(desk.ids + 31, desk.ids + 21, "FALSE", holiday, "Founders' day", holiday)],
        )


def salesforce_user(person: Employee) -> str:
    """Return the id by which Salesforce knows a person."""
    return f"005Ax00000{person.employee_id[1:]}AB"


def write_salesforce_cases(
    files: Files, site: Site, clock: SiteClock, legs: Sequence[Leg], last: date, rng: random.Random
) -> None:
    """Write a few dozen cases as Salesforce exports them: closed, escalated, deleted, changed."""
    end = clock.midnight(last + timedelta(days=1))
    unresolved = [leg for leg in legs if not leg.is_resolved and leg.is_last and leg.is_known]
    chosen = rng.sample(unresolved, min(len(unresolved), max(8, min(60, len(unresolved) // 150))))

    def stamp(at: int) -> str:
        return f"{utc_stamp(at, 'T')}.000Z"

    months: dict[str, list[Row]] = defaultdict(list)
    for number, leg in enumerate(sorted(chosen, key=lambda leg: leg.ended_at), 1):
        created = leg.ended_at + rng.randrange(20, 600)
        if created >= end:
            continue
        on_create = rng.random() < 0.1
        closed = created if on_create else created + 3600 + int(rng.expovariate(1 / 120_000.0))
        is_deleted, is_escalated = rng.random() < 0.04, rng.random() < 0.12
        head = (f"500Ax0000{number:06d}IAA", f"{number:08d}", f"001Ax0000{number % 37:06d}IAA",
                f"003Ax0000{number:06d}IAA", None, salesforce_user(leg.employee), "Phone",
                leg.queue, "Question")  # fmt: skip
        states = [] if on_create else [(created, "New", False)]
        if closed < end:
            states.append((closed, "Closed", True))
        for at, status, is_closed in states:
            months[stamp(at)[:7]].append(
                (*head, status, "High" if is_escalated else "Medium", str(is_closed).lower(),
                 str(on_create).lower(), str(is_escalated).lower(),
                 str(is_deleted and is_closed).lower(), "01mAx0000000001", stamp(created),
                 stamp(closed) if is_closed else None, stamp(at), stamp(at))
            )  # fmt: skip
    for month, rows in sorted(months.items()):
        files.table(
            f"salesforce_cases/site={site.site_id}/cases-{month}.csv",
            "Id CaseNumber AccountId ContactId ParentId OwnerId Origin Reason Type Status Priority"
            " IsClosed IsClosedOnCreate IsEscalated IsDeleted BusinessHoursId CreatedDate"
            " ClosedDate LastModifiedDate SystemModstamp",
            rows,
        )
