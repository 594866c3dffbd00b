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
from datetime import date, timedelta
from itertools import accumulate

from demo.calls import (
    AWAY,
    IDLE,
    OFF,
    PAUSED,
    QUEUE_TIMEOUT_SECONDS,
    RINGING,
    TALKING,
    Agent,
    Call,
    Leg,
    Recorder,
    Survey,
    TestCall,
    Totals,
)
from demo.clock import SiteClock
from demo.organisation import QUEUES, Site
from demo.plants import Disturbances
from demo.rota import HALF_HOUR, Rota, Shift

# Calls offered by queue, and mean seconds of talk.
QUEUE_SHARE = {"billing": 0.32, "technical": 0.27, "orders": 0.26, "retention": 0.15}
TALK_MEAN = {"billing": 255.0, "technical": 332.0, "orders": 226.0, "retention": 293.0}
TALK_SIGMA = 0.55
TRANSFER_TO = {
    "billing": ("retention", "technical", "orders"),
    "technical": ("technical", "billing", "orders"),
    "orders": ("billing", "technical", "retention"),
    "retention": ("billing", "orders", "technical"),
}
MEAN_HANDLE_SECONDS = 283.0  # what the planner reckons with: talk, wrap and ringing
PATIENCE_SECONDS = 330.0
RING_TIMEOUT_SECONDS = 15
REPEAT_DAY_WEIGHTS = (0.22, 0.24, 0.17, 0.13, 0.1, 0.08, 0.06)
ONCE_ONLY_SHARE = 0.72  # of the calls that are planned, those that do not follow another
WEEKDAY_LOAD = (1.05, 1.0, 0.985, 0.985, 0.98, 0.94, 0.94)
SURVEY_RATE = 0.12
CUSTOMERS = 90_000
SHARED_NUMBERS = 3  # companies behind one number that call many times a day
RECEPTION = "1950"  # a desk that no agent sits at


class Switchboard:
    """Runs one site's calls and tells a recorder what its switchboard would have written."""

    def __init__(
        self,
        site: Site,
        rota: Rota,
        clock: SiteClock,
        desks: list[str],
        disturbances: Disturbances,
        recorder: Recorder,
        first: date,
        days: int,
        rng: random.Random,
        extras: random.Random,
        day_done: Callable[[date], None],
    ) -> None:
        """Plan the load of all days.

        Args:
            site: Where.
            rota: Who is planned to be there.
            clock: The site's wall clock.
            desks: Extensions that call each other, outside any queue.
            disturbances: What goes wrong, and when.
            recorder: Writes the switchboard's files.
            first: The first local day.
            days: How many.
            rng: All chance that concerns customers.
            extras: All chance that concerns tests and calls from inside.
            day_done: Told of each local day that is over.
        """
        self.site, self.rota, self.clock, self.rng = site, rota, clock, rng
        self.days = [first + timedelta(days=n) for n in range(days)]
        self.midnights = [clock.midnight(first + timedelta(days=n)) for n in range(days + 1)]
        self.desks = desks
        self.day_done = day_done
        self.totals = Totals()
        self.excluded = Totals()  # tests and calls from inside
        self.cut_off = 0
        self.surveys: list[Survey] = []
        self.legs: list[Leg] = []
        self._disturbances, self._recorder, self._extras = disturbances, recorder, extras
        self._heap: list[tuple[int, int, Callable[..., None], object, int]] = []
        self._events = 0
        self._channels = 0
        self._today = 0
        self._present: dict[Shift, Agent | None] = {}
        self._calls: dict[Call, None] = {}
        self._desks_free_at = 0
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
        seconds = MEAN_HANDLE_SECONDS + self.site.wrap_seconds
        return [load * _sellable_share(agents) * agents * HALF_HOUR / seconds for agents in smooth]

    def _push(self, at: int, handler: Callable[..., None], subject: object, token: int = 0) -> None:
        self._events += 1
        heapq.heappush(self._heap, (at, self._events, handler, subject, token))

    def run(self) -> None:
        """Simulate all days up to the last local midnight."""
        for number, midnight in enumerate(self.midnights):
            self._push(midnight, self._new_day, number)
        if self._disturbances.outage is not None:
            down, up = self._disturbances.outage
            self._push(down, self._go_down, None)
            self._push(up, self._come_up, None)
        heap, pop, end = self._heap, heapq.heappop, self.midnights[-1]
        while heap:
            at, _, handler, subject, token = pop(heap)
            handler(at, subject, token)
            if at >= end:
                return

    def _new_day(self, at: int, number: int, _: int) -> None:
        if number > 0:
            self._recorder.day_done(self.days[number - 1])
            self.day_done(self.days[number - 1])
        if number == len(self.days):
            return
        self._today = number
        rng = self.rng
        day = self.days[number]
        if day.weekday() == 6 or number == 0:
            self._push(self.clock.at(day, 270), self._restarted, None)
        for shift in self.rota.shifts[day]:
            if shift.comes:
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
        calls_inside = self.site.switchboard == "asterisk"
        if calls_inside:
            for _ in range(rng.randrange(2, 7)):
                when = self.clock.at(day, 600) + rng.randrange(25_000)
                self._push(when, self._call_internally, None)
        extras = self._extras
        if number == 1 or extras.random() < 0.2:
            self._push(self.clock.at(day, 570) + extras.randrange(20_000), self._test, None)
        if calls_inside and (number == 2 or extras.random() < 0.5):
            self._push(
                self.clock.at(day, 600) + extras.randrange(20_000), self._arrive_from_inside, None
            )

    def _restarted(self, at: int, _: object, __: int) -> None:
        self._recorder.restarted(at)

    # ---- an outage ---------------------------------------------------------------------------

    def _is_down(self, begin: int, end: int) -> bool:
        """Whether the switchboard was down at any moment of a span."""
        outage = self._disturbances.outage
        return outage is not None and begin < outage[1] and end >= outage[0]

    def _go_down(self, at: int, _: object, __: int) -> None:
        """Lose all that is running; nobody writes a line about it."""
        for shift, agent in self._present.items():
            if agent is not None:
                agent.state = OFF
                self.totals.logged_in_seconds += at - agent.logged_in_at
                self._present[shift] = None
        for call in self._calls:
            call.is_lost = True
            call.is_queued = False
            call.ring += 1
            call.visit += 1
            self.cut_off += 1
            if not call.is_internal and call.number != "anonymous" and self.rng.random() < 0.5:
                up = self._disturbances.outage[1] if self._disturbances.outage else at
                again = up + 60 + int(self.rng.expovariate(1 / 1500.0))
                self._push(again, self._arrive, (call.queue, call.customer))
        self._calls.clear()
        self._idle.clear()
        for queue in QUEUES:
            self._queued[queue].clear()
            self._members[queue] = 0

    def _come_up(self, at: int, _: object, __: int) -> None:
        """Start the queues and add everybody again whose shift is not over."""
        self._recorder.restarted(at)
        for number, shift in enumerate(list(self._present)):
            if shift.ends_at > at + 120:
                self._push(at + 5 + number, self._log_in, shift)
            else:
                del self._present[shift]

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
        if self._is_down(at, at):
            return
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
        callid = self._recorder.call_id(self._unique(started))
        channel = f"SIP/{self.site.site_id}-trunk-{self._channels:08x}"
        call = Call(callid, number, customer, channel, started, self.totals)
        self.totals.contacts += 1
        self._calls[call] = None
        misrouting = self._disturbances.misrouting
        if misrouting is not None and misrouting.holds(at, queue):
            call.wanted_queue = queue
            queue = misrouting.queue
        self._enter(at, call, queue)

    def _arrive_from_inside(self, at: int, _: object, __: int) -> None:
        """Let the reception ask an agent something, through a queue."""
        if self._is_down(at - 5, at):
            return
        unique = self._unique(at - 5)
        call = Call(
            self._recorder.call_id(unique), RECEPTION, -1,
            f"SIP/{RECEPTION}-{self._channels:08x}", at - 5, self.excluded, is_internal=True,
        )  # fmt: skip
        self.excluded.contacts += 1
        self._calls[call] = None
        self._enter(at, call, self._extras.choice(("billing", "technical", "orders")))

    def _test(self, at: int, _: object, __: int) -> None:
        """Let a technician try the queue `test`; a free desk answers or nobody does."""
        extras = self._extras
        connected = at + extras.randrange(3, 9) if extras.random() < 0.6 else None
        end = (connected or at) + extras.randrange(8, 40)
        if self._is_down(at - 5, end) or at - 5 <= self._desks_free_at:
            return
        self._desks_free_at = end
        self.excluded.contacts += 1
        test = TestCall(
            self._number(CUSTOMERS + SHARED_NUMBERS + 1), self.desks[0], self._unique(at - 5), at,
            connected, end,
        )  # fmt: skip
        for step in (at, connected, end):
            if step is not None:
                self._push(step, self._test_step, test)

    def _test_step(self, at: int, test: TestCall, _: int) -> None:
        self._recorder.tested(at, test)

    def _enter(self, at: int, call: Call, queue: str) -> None:
        rng = self.rng
        queued = self._queued[queue]
        call.queue = queue
        call.entered_at = at
        call.visit += 1
        call.position = len(queued) + 1
        call.is_queued = True
        call.agent = None
        queued[call] = None
        call.totals.visits += 1
        self._recorder.entered(at, call)
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
        if patience < QUEUE_TIMEOUT_SECONDS and not call.is_callback:
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
            call.totals.ring_cancelled += 1
            self._recorder.rang(at, call, "RINGCANCELED")
            call.agent = None
            self._free(at, agent)
        return position, at - call.entered_at

    def _count_loss(self, call: Call, outcome: str) -> None:
        # Connect's records know of callbacks, and else of one way not to be answered.
        is_vague = self.site.switchboard == "connect" and outcome != "exited_by_key"
        name = "abandoned" if is_vague else outcome
        setattr(call.totals, name, getattr(call.totals, name) + 1)

    def _lose_patience(self, at: int, call: Call, visit: int) -> None:
        if call.visit != visit or not call.is_queued:
            return
        position, wait = self._leave(at, call)
        if wait > 15 and self.rng.random() < 0.06:
            self._count_loss(call, "exited_by_key")
            self._recorder.left(at, call, "EXITWITHKEY", position, wait)
            if self.site.switchboard == "connect":
                # The key asks for a call back, which queues in the caller's stead.
                call.is_callback = True
                self._push(at + 1, self._enter_again, call, QUEUES.index(call.queue))
                return
        else:
            self._count_loss(call, "abandoned")
            if self.rng.random() < 0.45 and call.number != "anonymous" and not call.is_internal:
                later = at + 60 + int(self.rng.expovariate(1 / 900.0))
                if self._members[call.queue]:
                    self._push(later, self._arrive, (call.queue, call.customer))
            self._recorder.left(at, call, "ABANDON", position, wait)
        del self._calls[call]

    def _time_out(self, at: int, call: Call, visit: int) -> None:
        if call.visit != visit or not call.is_queued:
            return
        position, wait = self._leave(at, call)
        self._count_loss(call, "timed_out")
        self._recorder.left(at, call, "EXITWITHTIMEOUT", position, wait)
        del self._calls[call]

    def _find_empty(self, at: int, call: Call, visit: int) -> None:
        if call.visit != visit or not call.is_queued or call.agent is not None:
            return
        position, wait = self._leave(at, call)
        self._count_loss(call, "exited_empty")
        self._recorder.left(at, call, "EXITEMPTY", position, wait)
        del self._calls[call]

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
        call.totals.no_answers += 1
        self._recorder.rang(at, call, "RINGNOANSWER")
        call.agent = None
        agent.state = AWAY
        self._push(at + self.rng.randrange(5, 60), self._come_back, agent)
        for other in self._idle:
            if call.queue in other.queues:
                self._ring(at, call, other)
                return

    def _come_back(self, at: int, agent: Agent, _: int) -> None:
        if agent.state != OFF:
            self._free(at, agent)

    def _connect(self, at: int, call: Call, ring: int) -> None:
        if call.ring != ring:
            return
        rng, totals, agent = self.rng, call.totals, call.agent
        del self._queued[call.queue][call]
        call.is_queued = False
        call.talk_at = at
        agent.state = TALKING
        wait = at - call.entered_at
        call.waited += wait
        totals.answered += 1
        totals.wait_seconds += wait
        totals.answered_within_20 += wait <= 20
        self._recorder.connected(at, call, wait)
        talk = max(
            6,
            int(math.exp(rng.gauss(self._talk_mu[call.queue], TALK_SIGMA)) * agent.talk_factor),
        )
        luck = rng.random()
        if call.wanted_queue and call.wanted_queue != call.queue and call.visit == 1:
            transfers = luck < 0.8
            talk = min(talk, 60)
        else:
            transfers = call.visit == 1 and luck < 0.075 - 0.02 * agent.quality
        if transfers:
            self._push(at + max(6, talk // 2), self._transfer, call)
        else:
            self._push(at + talk, self._hang_up, call)

    def _transfer(self, at: int, call: Call, _: int) -> None:
        if call.is_lost:
            return
        rng, agent = self.rng, call.agent
        target = rng.choices(TRANSFER_TO[call.queue], (5, 3, 2))[0]
        if call.wanted_queue:
            target = call.wanted_queue
        elif target == call.queue:
            target = "billing"
        talk = at - call.talk_at
        self._recorder.transferred(at, call, target, rng.random() < 0.6, talk)
        call.totals.transfers += 1
        call.totals.finished_legs += 1
        call.totals.talk_seconds += talk
        if not call.is_internal:
            self._finish_leg(at, call, agent, is_resolved=False, is_last=False)
        call.segment_at = at
        self._push(at + 1, self._enter_again, call, QUEUES.index(target))
        self._after_talk(at, agent, call)

    def _enter_again(self, at: int, call: Call, queue_number: int) -> None:
        if not call.is_lost:
            self._enter(at, call, QUEUES[queue_number])

    def _hang_up(self, at: int, call: Call, _: int) -> None:
        if call.is_lost:
            return
        rng, totals, agent = self.rng, call.totals, call.agent
        talk = at - call.talk_at
        totals.talk_seconds += talk
        totals.finished_legs += 1
        is_agent = rng.random() < agent.employee.hang_up_rate
        self._recorder.ended(at, call, "COMPLETEAGENT" if is_agent else "COMPLETECALLER", talk)
        del self._calls[call]
        odds = agent.resolve_odds - (0.25 if call.visit > 1 else 0.0)
        failure = self._disturbances.failure
        if failure is not None and failure.holds(at, call.queue):
            odds -= failure.odds
        is_resolved = rng.random() < 1 / (1 + math.exp(-odds))
        if not call.is_internal:
            if not is_resolved:
                totals.unresolved += 1
                if call.number != "anonymous" and rng.random() < 0.86:
                    self._call_again(at, call)
            if rng.random() < SURVEY_RATE and call.number != "anonymous":
                self._ask(at, call, agent, is_resolved)
            self._finish_leg(at, call, agent, is_resolved, is_last=True)
        self._after_talk(at, agent, call)

    def _finish_leg(
        self, at: int, call: Call, agent: Agent, is_resolved: bool, is_last: bool
    ) -> None:
        self.legs.append(
            Leg(call.callid, agent.employee, agent.is_known, call.queue, call.number, call.talk_at,
                at, agent.quality, is_resolved, is_last)
        )  # fmt: skip

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
            4.85 + 0.33 * agent.quality + agent.employee.feeling_shift
            - min(2.0, call.waited / 150.0)
            - (0.0 if is_resolved else 1.3) - (0.25 if call.visit > 1 else 0.0)
            + rng.gauss(0.0, 0.95)
        )  # fmt: skip
        answered = at + 90 + int(rng.expovariate(1 / 9000.0))
        if answered < self.midnights[-1]:
            answer = min(5, max(1, round(feeling)))
            self.surveys.append(
                Survey(call.callid, call.number, answered, answer, feeling, is_resolved)
            )

    # ---- agents ----------------------------------------------------------------------------

    def _log_in(self, at: int, shift: Shift, _: int) -> None:
        if self._is_down(at, at):
            self._present[shift] = None
            return
        person, day = shift.employee, shift.day
        login = shift.login or person.login_on(day)
        number = login.rpartition("/")[2]
        experience = person.experience(day)
        # Coaching lifts everybody a little over the months.
        quality = person.quality_on(day) + 0.0025 * (day - self.days[0]).days
        self._channels += 1
        device = f"SIP/{number}"
        agent = Agent(
            employee=person,
            login=login,
            is_known=person.is_known_as(self.site.site_id, login, day),
            device=device,
            queues=person.queues,
            talk_factor=person.talk_share * math.exp(-0.13 * person.speed - 0.30 * experience),
            resolve_odds=0.98 + 0.42 * quality + person.resolve_shift,
            quality=quality,
            logged_in_at=at,
            leaves_at=shift.ends_at,
            channel=f"{device}-{self._channels:08x}",
            shift=shift,
        )
        self._present[shift] = agent
        self._recorder.logged_in(at, agent)
        for queue in agent.queues:
            self._members[queue] += 1
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
        del self._present[agent.shift]
        seconds = at - agent.logged_in_at
        self.totals.logged_in_seconds += seconds
        for queue in agent.queues:
            self._members[queue] -= 1
        self._recorder.logged_out(at, agent, seconds)
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
        self._recorder.paused(at, agent, "PAUSE")
        if reason in ("break", "meeting"):
            seconds = max(60, seconds + int(self.rng.gauss(10, 45)))
        self._push(at + seconds, self._unpause, agent)

    def _unpause(self, at: int, agent: Agent, _: int) -> None:
        if agent.state == OFF:
            return
        seconds = at - agent.paused_at
        if agent.pause_reason == "wrap":
            self.totals.wrap_seconds += seconds
        else:
            self.totals.paused_seconds += seconds
        self._recorder.paused(at, agent, "UNPAUSE")
        self._free(at, agent)

    def _after_talk(self, at: int, agent: Agent, call: Call) -> None:
        rng = self.rng
        luck = rng.random()
        wrap = self._recorder.wrap_seconds(call)
        if 0.075 <= luck < 0.085:
            self.totals.wrap_seconds += wrap
            self._call_out(at + wrap, agent)
        elif wrap > 0:
            self._pause(at, agent, wrap, "wrap")
        elif luck < 0.075:
            self._pause(at, agent, 15 + int(rng.lognormvariate(3.9, 0.5)), "wrap")
        else:
            self._free(at, agent)

    # ---- calls outside any queue -------------------------------------------------------------

    def _call_out(self, at: int, agent: Agent) -> None:
        """Let the agent call a customer back, paused so that no queue rings meanwhile."""
        rng = self.rng
        customer = SHARED_NUMBERS + rng.randrange(CUSTOMERS)
        start = at + rng.randrange(3, 12)
        is_answered = rng.random() < 0.7
        answer = start + rng.randrange(4, 15) if is_answered else None
        end = answer + 10 + int(rng.expovariate(1 / 110.0)) if answer else start + 30
        self._pause(at, agent, end + 3 - at, "outbound")
        self._push(
            end, self._called_out,
            (agent, self._number(customer), self._unique(start), start, answer, end),
        )  # fmt: skip

    def _called_out(
        self, _: int, call: tuple[Agent, str, str, int, int | None, int], __: int
    ) -> None:
        if not self._is_down(call[3], call[5]):
            self.totals.outbound += 1
            self._recorder.called_out(*call)

    def _call_internally(self, at: int, _: object, __: int) -> None:
        """Let one lead's or manager's desk call another; no queue is concerned."""
        rng = self.rng
        caller, called = rng.sample(self.desks, 2)
        answer = at + rng.randrange(3, 10) if rng.random() < 0.8 else None
        end = answer + 5 + int(rng.expovariate(1 / 90.0)) if answer else at + 25
        if at <= self._desks_free_at or self._is_down(at, end):
            return
        self._desks_free_at = end  # nobody is on two desk calls at once
        self._push(
            end, self._called_internally, (caller, called, self._unique(at), at, answer, end)
        )

    def _called_internally(
        self, _: int, call: tuple[str, str, str, int, int | None, int], __: int
    ) -> None:
        self.totals.internal += 1
        self._recorder.called_internally(*call)


def _sellable_share(agents: float) -> float:
    """Return the share of the agents' time that can be spent on calls at a steady service level."""
    return max(0.25, 0.945 - 0.49 / math.sqrt(agents) - 0.35 / agents) if agents > 0 else 0.0
