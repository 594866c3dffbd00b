"""The switchboard: a discrete-event simulation of one site's queues, in whole seconds.

Every event is a tuple (epoch, number, handler, subject, token) on one heap. An event whose token
is no longer its subject's has been overtaken (a caller who hung up, a ring that was answered) and
does nothing, which is cheaper than taking it off the heap.
"""

from __future__ import annotations

import heapq
import math
import random
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from demo.clock import SiteClock
from demo.organisation import QUEUES, Employee, Site
from demo.rota import HALF_HOUR, Rota, Shift

# Calls offered by queue, mean seconds of talk, and the dialplan's extension.
QUEUE_SHARE = {"billing": 0.32, "technical": 0.27, "orders": 0.26, "retention": 0.15}
TALK_MEAN = {"billing": 255.0, "technical": 332.0, "orders": 226.0, "retention": 293.0}
EXTENSION = {"billing": "801", "technical": "802", "orders": "803", "retention": "804"}
TALK_SIGMA = 0.55
TRANSFER_TO = {
    "billing": ("retention", "technical", "orders"),
    "technical": ("technical", "billing", "orders"),
    "orders": ("billing", "technical", "retention"),
    "retention": ("billing", "orders", "technical"),
}
MEAN_HANDLE_SECONDS = 283.0  # what the planner reckons with: talk, wrap and ringing
PATIENCE_SECONDS = 330.0
QUEUE_TIMEOUT_SECONDS = 420
RING_TIMEOUT_SECONDS = 15
REPEAT_DAY_WEIGHTS = (0.22, 0.24, 0.17, 0.13, 0.1, 0.08, 0.06)
ONCE_ONLY_SHARE = 0.72  # of the calls that are planned, those that do not follow another
WEEKDAY_LOAD = (1.05, 1.0, 0.985, 0.985, 0.98, 0.94, 0.94)
SURVEY_RATE = 0.12
CUSTOMERS = 90_000
SHARED_NUMBERS = 3  # companies behind one number that call many times a day

OFF, IDLE, RINGING, TALKING, PAUSED, AWAY = range(6)


@dataclass(slots=True, eq=False)
class Agent:
    """A queue member on one shift."""

    employee: Employee
    login: str
    device: str
    queues: tuple[str, ...]
    talk_factor: float
    resolve_rate: float
    quality: float
    logged_in_at: int
    leaves_at: int
    channel: str
    state: int = IDLE
    due_pauses: list[tuple[int, str]] = field(default_factory=list)
    pause_reason: str = ""
    paused_at: int = 0


@dataclass(slots=True, eq=False)
class Call:
    """A caller's channel from the first queue to the hang-up."""

    callid: str
    number: str  # digits as the switchboard logs them; "anonymous" when withheld
    customer: int
    channel: str
    segment_at: int  # start of the current call detail record
    queue: str = ""
    entered_at: int = 0
    position: int = 0
    visit: int = 0
    ring: int = 0
    is_queued: bool = False
    agent: Agent | None = None
    agent_channel: str = ""
    ring_at: int = 0
    talk_at: int = 0
    waited: int = 0


@dataclass(slots=True)
class Totals:
    """What the simulation knows to be true of one site, however its files are read."""

    contacts: int = 0
    visits: int = 0
    answered: int = 0
    answered_within_20: int = 0
    abandoned: int = 0
    timed_out: int = 0
    exited_by_key: int = 0
    exited_empty: int = 0
    transfers: int = 0
    finished_legs: int = 0
    no_answers: int = 0
    ring_cancelled: int = 0
    wait_seconds: int = 0
    talk_seconds: int = 0
    wrap_seconds: int = 0
    logged_in_seconds: int = 0
    paused_seconds: int = 0  # wrap left out
    unresolved: int = 0
    repeats: int = 0
    outbound: int = 0
    internal: int = 0
    queue_log_lines: int = 0
    cdr_lines: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """An answered satisfaction question."""

    callid: str
    number: str
    answered_at: int
    answer: int


class Switchboard:
    """Runs one site's calls and collects the lines that its Asterisk would have written."""

    def __init__(
        self,
        site: Site,
        rota: Rota,
        clock: SiteClock,
        desks: list[str],
        first: date,
        days: int,
        rng: random.Random,
        day_done: Callable[[date, list[str], list[str]], None],
    ) -> None:
        """Plan the load of all days.

        Args:
            site: Where.
            rota: Who is planned to be there.
            clock: The site's wall clock.
            desks: Extensions that call each other, outside any queue.
            first: The first local day.
            days: How many.
            rng: All chance.
            day_done: Gets each local day's queue_log and CDR lines.
        """
        self.site, self.rota, self.clock, self.rng = site, rota, clock, rng
        self.days = [first + timedelta(days=n) for n in range(days)]
        self.midnights = [clock.midnight(first + timedelta(days=n)) for n in range(days + 1)]
        self.desks = desks
        self.day_done = day_done
        self.totals = Totals()
        self.surveys: list[Survey] = []
        self._log: list[str] = []
        self._cdr: list[str] = []
        self._heap: list[tuple[int, int, Callable[..., None], object, int]] = []
        self._events = 0
        self._channels = 0
        self._today = 0
        self._idle: dict[Agent, None] = {}  # the longest idle first
        self._queued: dict[str, dict[Call, None]] = {queue: {} for queue in QUEUES}
        self._members: dict[str, int] = dict.fromkeys(QUEUES, 0)
        self._mix = list(accumulate(QUEUE_SHARE.values()))
        self._talk_mu = {q: math.log(m) - TALK_SIGMA**2 / 2 for q, m in TALK_MEAN.items()}
        self._plans = [self._plan_day(number) for number in range(days)]
        self._plan_sums = [sum(plan) for plan in self._plans]
        self._busiest = max(self._plan_sums)
        self._plan_steps = [list(accumulate(plan)) for plan in self._plans]

    # ---- load ------------------------------------------------------------------------------

    def _plan_day(self, number: int) -> list[float]:
        """Return the calls that the planner expects in each half hour of the day.

        Demand and staffing belong together in a planned call centre: the fewer agents share a
        queue, the less of their time can be sold if callers are not to wait.
        """
        day = self.days[number]
        staff = self.rota.staffing(day, self.midnights[number])
        smooth = [
            (staff[max(0, n - 1)] + 2 * staff[n] + staff[min(53, n + 1)]) / 4
            if staff[n] > 0
            else 0.0
            for n in range(54)
        ]
        load = WEEKDAY_LOAD[day.weekday()]
        return [
            load * _sellable_share(agents) * agents * HALF_HOUR / MEAN_HANDLE_SECONDS
            for agents in smooth
        ]

    def _push(self, at: int, handler: Callable[..., None], subject: object, token: int = 0) -> None:
        self._events += 1
        heapq.heappush(self._heap, (at, self._events, handler, subject, token))

    def run(self) -> None:
        """Simulate all days up to the last local midnight."""
        for number, midnight in enumerate(self.midnights):
            self._push(midnight, self._new_day, number)
        heap, pop, end = self._heap, heapq.heappop, self.midnights[-1]
        while heap:
            at, _, handler, subject, token = pop(heap)
            handler(at, subject, token)
            if at >= end:
                return

    def _new_day(self, at: int, number: int, _: int) -> None:
        if number > 0:
            self.totals.queue_log_lines += len(self._log)
            self.totals.cdr_lines += len(self._cdr)
            self.day_done(self.days[number - 1], self._log, self._cdr)
            self._log, self._cdr = [], []
        if number == len(self.days):
            return
        self._today = number
        rng = self.rng
        day = self.days[number]
        if day.weekday() == 6 or number == 0:
            self._push(self.clock.at(day, 270), self._restarted, None)
        for shift in self.rota.shifts[day]:
            if shift.activity == "work" and not shift.is_sick:
                late = int(rng.gauss(20, 70))
                self._push(shift.starts_at + max(-120, late), self._log_in, shift)
        # Nobody has called before the first day, so its callers are all new ones.
        new_share = ONCE_ONLY_SHARE + (1 - ONCE_ONLY_SHARE) * max(0.0, 1 - number / 4)
        level = new_share * rng.lognormvariate(0.0, 0.05)
        incident = rng.randrange(18, 36) if rng.random() < 0.025 else -99
        for slot, planned in enumerate(self._plans[number]):
            if planned <= 0:
                continue
            per_second = level * planned / HALF_HOUR * (1.45 if 0 <= slot - incident < 5 else 1.0)
            begin = at + slot * HALF_HOUR
            gap = rng.expovariate(per_second)
            while gap < HALF_HOUR:
                self._push(begin + int(gap), self._arrive, None)
                gap += rng.expovariate(per_second)
        for _ in range(rng.randrange(1, 4)):  # somebody always tries at night
            self._push(self.clock.at(day, 130) + rng.randrange(18_000), self._arrive, None)
        if self.midnights[number + 1] - at == 90_000:
            # The hour that the autumn clock change repeats: two calls at the same wall clock time.
            for passed in (0, 3600):
                self._push(self.clock.at(day, 200) + passed, self._arrive, None)
        for _ in range(rng.randrange(2, 7)):
            self._push(self.clock.at(day, 600) + rng.randrange(25_000), self._call_internally, None)

    def _restarted(self, at: int, _: object, __: int) -> None:
        self._log.append(f"{at}|NONE|NONE|NONE|QUEUESTART|")
        self._log.append(f"{at + 2}|NONE|NONE|NONE|CONFIGRELOAD|")

    # ---- callers ---------------------------------------------------------------------------

    def _unique(self, at: int) -> str:
        self._channels += 1
        return f"{at}.{self._channels}"

    def _number(self, customer: int) -> str:
        site = self.site
        # Multiplying by a prime that does not divide the modulus gives everybody another number.
        digits = customer * 7_368_787 % 10**site.number_digits
        return f"{site.number_prefix}{digits:0{site.number_digits}d}"

    def _arrive(self, at: int, again: tuple[str, int] | None, _: int) -> None:
        rng = self.rng
        if again is None:
            queue = QUEUES[min(3, bisect_left(self._mix, rng.random()))]
            luck = rng.random()
            if luck < 0.004:
                customer = rng.randrange(SHARED_NUMBERS)
            else:
                customer = SHARED_NUMBERS + rng.randrange(CUSTOMERS)
            number = "anonymous" if luck > 0.982 else self._number(customer)
        else:
            queue, customer = again
            number = self._number(customer)
            self.totals.repeats += 1
        started = at - rng.randrange(4, 26)  # the menu comes first
        callid = self._unique(started)
        channel = f"SIP/{self.site.site_id}-trunk-{self._channels:08x}"
        call = Call(callid, number, customer, channel, started)
        self.totals.contacts += 1
        self._enter(at, call, queue)

    def _enter(self, at: int, call: Call, queue: str) -> None:
        rng = self.rng
        queued = self._queued[queue]
        call.queue = queue
        call.entered_at = at
        call.visit += 1
        call.position = position = len(queued) + 1
        call.is_queued = True
        call.agent = None
        queued[call] = None
        self.totals.visits += 1
        self._log.append(f"{at}|{call.callid}|{queue}|NONE|ENTERQUEUE||{call.number}|{position}")
        if not self._members[queue]:
            self._push(at + rng.randrange(2, 9), self._find_empty, call, call.visit)
            return
        for agent in self._idle:
            if queue in agent.queues:
                self._ring(at, call, agent)
                break
        patience = 1 + int(
            rng.expovariate(1 / 4.0) if rng.random() < 0.01
            else rng.expovariate(1 / PATIENCE_SECONDS)
        )  # fmt: skip
        if patience < QUEUE_TIMEOUT_SECONDS:
            self._push(at + patience, self._lose_patience, call, call.visit)
        else:
            self._push(at + QUEUE_TIMEOUT_SECONDS, self._time_out, call, call.visit)

    def _leave(self, at: int, call: Call) -> tuple[int, int]:
        """Take a caller who was not answered out of the queue; return position and wait."""
        queued = self._queued[call.queue]
        position = 1 + next(n for n, other in enumerate(queued) if other is call)
        del queued[call]
        call.is_queued = False
        call.ring += 1
        agent = call.agent
        if agent is not None:
            self.totals.ring_cancelled += 1
            self._log.append(
                f"{at}|{call.callid}|{call.queue}|{agent.login}|RINGCANCELED"
                f"|{(at - call.ring_at) * 1000}"
            )
            call.agent = None
            self._free(at, agent)
        return position, at - call.entered_at

    def _lose_patience(self, at: int, call: Call, visit: int) -> None:
        if call.visit != visit or not call.is_queued:
            return
        position, wait = self._leave(at, call)
        head = f"{at}|{call.callid}|{call.queue}|NONE|"
        if wait > 15 and self.rng.random() < 0.06:
            self.totals.exited_by_key += 1
            self._log.append(f"{head}EXITWITHKEY|1|{position}|{call.position}|{wait}")
        else:
            self.totals.abandoned += 1
            self._log.append(f"{head}ABANDON|{position}|{call.position}|{wait}")
            if self.rng.random() < 0.45 and call.number != "anonymous":
                later = at + 60 + int(self.rng.expovariate(1 / 900.0))
                if self._members[call.queue]:
                    self._push(later, self._arrive, (call.queue, call.customer))
        self._write_queue_record(at, call)

    def _time_out(self, at: int, call: Call, visit: int) -> None:
        if call.visit != visit or not call.is_queued:
            return
        position, wait = self._leave(at, call)
        self.totals.timed_out += 1
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|NONE|EXITWITHTIMEOUT|{position}|{call.position}|{wait}"
        )
        self._write_queue_record(at, call)

    def _find_empty(self, at: int, call: Call, visit: int) -> None:
        if call.visit != visit or not call.is_queued or call.agent is not None:
            return
        position, wait = self._leave(at, call)
        self.totals.exited_empty += 1
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|NONE|EXITEMPTY|{position}|{call.position}|{wait}"
        )
        self._write_queue_record(at, call)

    # ---- ringing and talking ---------------------------------------------------------------

    def _ring(self, at: int, call: Call, agent: Agent) -> None:
        rng = self.rng
        self._idle.pop(agent, None)
        agent.state = RINGING
        call.agent = agent
        call.ring += 1
        call.ring_at = at
        self._channels += 1
        call.agent_channel = f"{agent.device}-{self._channels:08x}"
        if rng.random() < agent.employee.no_answer_rate:
            seconds = RING_TIMEOUT_SECONDS if rng.random() < 0.8 else rng.randrange(2, 12)
            self._push(at + seconds, self._not_answered, call, call.ring)
        else:
            seconds = min(12, 1 + int(rng.expovariate(1 / 2.0)))
            self._push(at + seconds, self._connect, call, call.ring)

    def _not_answered(self, at: int, call: Call, ring: int) -> None:
        if call.ring != ring:
            return
        agent = call.agent
        self.totals.no_answers += 1
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|{agent.login}|RINGNOANSWER"
            f"|{(at - call.ring_at) * 1000}"
        )
        call.agent = None
        agent.state = AWAY
        self._push(at + self.rng.randrange(5, 60), self._come_back, agent)
        for other in self._idle:
            if call.queue in other.queues:
                self._ring(at, call, other)
                return

    def _come_back(self, at: int, agent: Agent, _: int) -> None:
        self._free(at, agent)

    def _connect(self, at: int, call: Call, ring: int) -> None:
        if call.ring != ring:
            return
        rng, totals, agent = self.rng, self.totals, call.agent
        del self._queued[call.queue][call]
        call.is_queued = False
        call.talk_at = at
        agent.state = TALKING
        wait = at - call.entered_at
        call.waited += wait
        totals.answered += 1
        totals.wait_seconds += wait
        totals.answered_within_20 += wait <= 20
        bridged = call.agent_channel.rpartition("-")[2]
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|{agent.login}|CONNECT|{wait}"
            f"|{call.ring_at}.{int(bridged, 16)}|{at - call.ring_at}"
        )
        talk = max(
            6,
            int(math.exp(rng.gauss(self._talk_mu[call.queue], TALK_SIGMA)) * agent.talk_factor),
        )
        if call.visit == 1 and rng.random() < 0.075 - 0.02 * agent.quality:
            self._push(at + max(6, talk // 2), self._transfer, call)
        else:
            self._push(at + talk, self._hang_up, call)

    def _transfer(self, at: int, call: Call, _: int) -> None:
        rng, agent = self.rng, call.agent
        target = rng.choices(TRANSFER_TO[call.queue], (5, 3, 2))[0]
        if target == call.queue:
            target = "billing"
        talk = at - call.talk_at
        head = f"{at}|{call.callid}|{call.queue}|{agent.login}|"
        tail = f"{call.talk_at - call.entered_at}|{talk}|{call.position}"
        if rng.random() < 0.6:
            self._log.append(f"{head}BLINDTRANSFER|{EXTENSION[target]}|from-internal|{tail}")
        else:
            self._log.append(f"{head}ATTENDEDTRANSFER|APP|Queue|{tail}")
        self.totals.transfers += 1
        self.totals.finished_legs += 1
        self.totals.talk_seconds += talk
        self._write_queue_record(at, call)
        call.segment_at = at
        self._push(at + 1, self._enter_after_transfer, call, QUEUES.index(target))
        self._after_talk(at, agent)

    def _enter_after_transfer(self, at: int, call: Call, queue_number: int) -> None:
        self._enter(at, call, QUEUES[queue_number])

    def _hang_up(self, at: int, call: Call, _: int) -> None:
        rng, totals, agent = self.rng, self.totals, call.agent
        talk = at - call.talk_at
        totals.talk_seconds += talk
        totals.finished_legs += 1
        event = "COMPLETECALLER" if rng.random() < 0.62 else "COMPLETEAGENT"
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|{agent.login}|{event}"
            f"|{call.talk_at - call.entered_at}|{talk}|{call.position}"
        )
        self._write_queue_record(at, call)
        is_resolved = rng.random() < agent.resolve_rate - (0.05 if call.visit > 1 else 0.0)
        if not is_resolved:
            totals.unresolved += 1
            if call.number != "anonymous" and rng.random() < 0.86:
                self._call_again(at, call)
        if rng.random() < SURVEY_RATE and call.number != "anonymous":
            self._ask(at, call, agent, is_resolved)
        self._after_talk(at, agent)

    def _call_again(self, at: int, call: Call) -> None:
        """Let the customer call about the same thing within seven days, when the lines are open."""
        rng, today = self.rng, self._today
        for _ in range(5):
            ahead = rng.choices(range(7), REPEAT_DAY_WEIGHTS)[0]
            day = today + ahead
            # Days with few agents (weekends) are days on which few call.
            if day >= len(self.days) or rng.random() * self._busiest > self._plan_sums[day]:
                continue
            steps = self._plan_steps[day]
            slot = bisect_left(steps, rng.random() * steps[-1])
            when = self.midnights[day] + slot * HALF_HOUR + rng.randrange(HALF_HOUR)
            if when > at + 600 and self._plans[day][slot] > 0:
                self._push(when, self._arrive, (call.queue, call.customer))
                return

    def _ask(self, at: int, call: Call, agent: Agent, is_resolved: bool) -> None:
        rng = self.rng
        feeling = (
            4.85 + 0.33 * agent.quality - min(2.0, call.waited / 150.0)
            - (0.0 if is_resolved else 1.3) - (0.25 if call.visit > 1 else 0.0)
            + rng.gauss(0.0, 0.95)
        )  # fmt: skip
        answered = at + 90 + int(rng.expovariate(1 / 9000.0))
        if answered < self.midnights[-1]:
            answer = min(5, max(1, round(feeling)))
            self.surveys.append(Survey(call.callid, call.number, answered, answer))

    # ---- agents ----------------------------------------------------------------------------

    def _log_in(self, at: int, shift: Shift, _: int) -> None:
        person, day = shift.employee, shift.day
        login = person.login_on(day)
        number = login.rpartition("/")[2]
        experience = person.experience(day)
        # Coaching lifts everybody a little over the months.
        quality = person.quality + 1.1 * experience + 0.0025 * (day - self.days[0]).days
        self._channels += 1
        device = f"SIP/{number}"
        agent = Agent(
            employee=person,
            login=login,
            device=device,
            queues=person.queues,
            talk_factor=math.exp(-0.13 * person.speed - 0.30 * experience),
            resolve_rate=1 / (1 + math.exp(-(0.98 + 0.42 * quality))),
            quality=quality,
            logged_in_at=at,
            leaves_at=shift.ends_at,
            channel=f"{device}-{self._channels:08x}",
        )
        if self.site.logs_agent_logins:
            self._log.append(f"{at}|{at}.{self._channels}|NONE|{login}|AGENTLOGIN|{agent.channel}")
        for queue in agent.queues:
            self._members[queue] += 1
            if not self.site.logs_agent_logins:
                self._log.append(f"{at}|NONE|{queue}|{login}|ADDMEMBER|")
        for begin, seconds, reason in shift.pauses:
            if begin > at and begin + seconds < shift.ends_at:
                self._push(begin, self._pause_due, (agent, seconds, reason))
        self._push(max(at + 60, shift.ends_at), self._shift_over, agent)
        self._free(at, agent)

    def _free(self, at: int, agent: Agent) -> None:
        """Give an agent who has nothing to do the next thing to do."""
        if agent.due_pauses:
            seconds, reason = agent.due_pauses.pop(0)
            self._pause(at, agent, seconds, reason)
            return
        chosen: Call | None = None
        for queue in agent.queues:
            for call in self._queued[queue]:
                if call.agent is None:
                    if chosen is None or call.entered_at < chosen.entered_at:
                        chosen = call
                    break
        if at >= agent.leaves_at and (chosen is None or at > agent.leaves_at + 900):
            self._log_out(at, agent)
        elif chosen is not None:
            self._ring(at, chosen, agent)
        else:
            agent.state = IDLE
            self._idle[agent] = None

    def _shift_over(self, at: int, agent: Agent, _: int) -> None:
        if agent.state == IDLE:
            del self._idle[agent]
            self._log_out(at, agent)

    def _log_out(self, at: int, agent: Agent) -> None:
        agent.state = OFF
        seconds = at - agent.logged_in_at
        self.totals.logged_in_seconds += seconds
        for queue in agent.queues:
            self._members[queue] -= 1
            if not self.site.logs_agent_logins:
                self._log.append(f"{at}|NONE|{queue}|{agent.login}|REMOVEMEMBER|")
        if self.site.logs_agent_logins:
            self._log.append(f"{at}|NONE|NONE|{agent.login}|AGENTLOGOFF|{agent.channel}|{seconds}")
        for queue in agent.queues:
            if not self._members[queue]:
                for call in list(self._queued[queue]):
                    self._find_empty(at, call, call.visit)

    def _pause_due(self, at: int, what: tuple[Agent, int, str], _: int) -> None:
        agent, seconds, reason = what
        if agent.state == IDLE:
            del self._idle[agent]
            self._pause(at, agent, seconds, reason)
        elif agent.state != OFF:
            agent.due_pauses.append((seconds, reason))

    def _pause(self, at: int, agent: Agent, seconds: int, reason: str) -> None:
        agent.state = PAUSED
        agent.pause_reason = reason
        agent.paused_at = at
        self._log_pause(at, agent, "PAUSE")
        if reason in ("break", "meeting"):
            seconds = max(60, seconds + int(self.rng.gauss(10, 45)))
        self._push(at + seconds, self._unpause, agent)

    def _unpause(self, at: int, agent: Agent, _: int) -> None:
        seconds = at - agent.paused_at
        if agent.pause_reason == "wrap":
            self.totals.wrap_seconds += seconds
        else:
            self.totals.paused_seconds += seconds
        self._log_pause(at, agent, "UNPAUSE")
        self._free(at, agent)

    def _log_pause(self, at: int, agent: Agent, event: str) -> None:
        login, reason = agent.login, agent.pause_reason
        self._log.append(f"{at}|NONE|NONE|{login}|{event}ALL|{reason}")
        for queue in agent.queues:
            self._log.append(f"{at}|NONE|{queue}|{login}|{event}|{reason}")

    def _after_talk(self, at: int, agent: Agent) -> None:
        rng = self.rng
        luck = rng.random()
        if luck < 0.075:
            self._pause(at, agent, 15 + int(rng.lognormvariate(3.9, 0.5)), "wrap")
        elif luck < 0.085:
            self._call_out(at, agent)
        else:
            self._free(at, agent)

    # ---- call detail records ---------------------------------------------------------------

    def _write_record(
        self, src: str, dst: str, context: str, channel: str, dstchannel: str, app: str, data: str,
        start: int, answer: int | None, end: int, unique: str,
    ) -> None:  # fmt: skip
        text = self.clock.text
        billsec = end - answer if answer is not None else 0
        answered = "ANSWERED" if answer is not None else "NO ANSWER"
        self._cdr.append(
            f'"","{src}","{dst}","{context}","""{src}"" <{src}>","{channel}","{dstchannel}",'
            f'"{app}","{data}","{text(start)}","{text(answer) if answer is not None else ""}",'
            f'"{text(end)}",{end - start},{billsec},"{answered}","DOCUMENTATION","{unique}",""'
        )

    def _write_queue_record(self, at: int, call: Call) -> None:
        # The dialplan answers before it queues, so the wait is billed and nobody is "NO ANSWER".
        start = call.segment_at
        src = call.number if call.number == "anonymous" else f"+{call.number}"
        self._write_record(
            src, EXTENSION[call.queue], "from-trunk", call.channel,
            call.agent_channel if call.agent is not None else "", "Queue",
            f"{call.queue},t,,,{QUEUE_TIMEOUT_SECONDS}", start, min(at, start + 1), at, call.callid,
        )  # fmt: skip

    def _call_out(self, at: int, agent: Agent) -> None:
        """Let the agent call a customer back, paused so that no queue rings meanwhile."""
        rng = self.rng
        customer = SHARED_NUMBERS + rng.randrange(CUSTOMERS)
        start = at + rng.randrange(3, 12)
        is_answered = rng.random() < 0.7
        answer = start + rng.randrange(4, 15) if is_answered else None
        end = answer + 10 + int(rng.expovariate(1 / 110.0)) if answer else start + 30
        self.totals.outbound += 1
        self._pause(at, agent, end + 3 - at, "outbound")
        unique = self._unique(start)
        self._push(
            end, self._record,
            (agent.device[4:], f"+{self._number(customer)}", "from-internal",
             f"{agent.device}-{self._channels:08x}",
             f"SIP/{self.site.site_id}-trunk-{self._channels + 1:08x}", "Dial",
             f"SIP/{self.site.site_id}-trunk", start, answer, end, unique),
        )  # fmt: skip
        self._channels += 1

    def _call_internally(self, at: int, _: object, __: int) -> None:
        """Let one lead's or manager's desk call another; no queue is concerned."""
        rng = self.rng
        caller, called = rng.sample(self.desks, 2)
        answer = at + rng.randrange(3, 10) if rng.random() < 0.8 else None
        end = answer + 5 + int(rng.expovariate(1 / 90.0)) if answer else at + 25
        self.totals.internal += 1
        unique = self._unique(at)
        self._push(
            end, self._record,
            (caller, called, "from-internal", f"SIP/{caller}-{self._channels:08x}",
             f"SIP/{called}-{self._channels + 1:08x}", "Dial", f"SIP/{called}", at, answer, end,
             unique),
        )  # fmt: skip
        self._channels += 1

    def _record(self, _: int, fields: tuple[object, ...], __: int) -> None:
        self._write_record(*fields)  # type: ignore[arg-type]


def _sellable_share(agents: float) -> float:
    """Return the share of the agents' time that can be spent on calls at a steady service level."""
    return max(0.12, 0.945 - 0.49 / math.sqrt(agents) - 0.35 / agents) if agents > 0 else 0.0
