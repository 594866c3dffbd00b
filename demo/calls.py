"""What a switchboard knows of agents and calls while they last, and what it leaves to others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from demo.organisation import Employee
from demo.rota import Shift

# The dialplan's extension of each queue.
EXTENSION = {"billing": "801", "technical": "802", "orders": "803", "retention": "804"}
QUEUE_TIMEOUT_SECONDS = 420

OFF, IDLE, RINGING, TALKING, PAUSED, AWAY = range(6)


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
    talk_seconds: int = 0  # hold included
    wrap_seconds: int = 0
    logged_in_seconds: int = 0
    paused_seconds: int = 0  # wrap left out
    unresolved: int = 0
    repeats: int = 0
    outbound: int = 0
    internal: int = 0


@dataclass(slots=True, eq=False)
class Agent:
    """A queue member on one shift."""

    employee: Employee
    login: str
    is_known: bool  # whether HR knows the login as this person's
    device: str
    queues: tuple[str, ...]
    talk_factor: float
    resolve_odds: float
    quality: float
    logged_in_at: int
    leaves_at: int
    channel: str
    shift: Shift
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
    totals: Totals  # where the call counts
    queue: str = ""
    wanted_queue: str = ""  # where a misrouted caller wanted to go
    entered_at: int = 0
    position: int = 0
    visit: int = 0
    ring: int = 0
    is_queued: bool = False
    is_callback: bool = False
    is_internal: bool = False
    is_lost: bool = False  # the switchboard went down with it
    agent: Agent | None = None
    agent_channel: str = ""
    ring_at: int = 0
    talk_at: int = 0
    waited: int = 0


@dataclass(frozen=True, slots=True)
class Leg:
    """One agent's finished talk with a customer."""

    callid: str
    employee: Employee
    is_known: bool
    queue: str
    number: str
    answered_at: int
    ended_at: int
    quality: float
    is_resolved: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """An answered satisfaction question, and the feeling behind the answer."""

    callid: str
    number: str
    answered_at: int
    answer: int
    feeling: float
    is_resolved: bool


@dataclass(frozen=True, slots=True)
class TestCall:
    """A technician's call to the queue `test`, answered at a desk or given up."""

    number: str
    desk: str
    unique: str
    entered_at: int
    connected_at: int | None
    ended_at: int


class Recorder(Protocol):
    """Writes what a switchboard of one make would write down."""

    def call_id(self, unique: str) -> str:
        """Return the id by which the files know a new call."""
        ...

    def wrap_seconds(self, call: Call) -> int:
        """Return how long the agent works after this call; 0 where that is not recorded."""
        ...

    def restarted(self, at: int) -> None:
        """Note that the switchboard started."""
        ...

    def logged_in(self, at: int, agent: Agent) -> None:
        """Note that an agent came."""
        ...

    def logged_out(self, at: int, agent: Agent, seconds: int) -> None:
        """Note that an agent left."""
        ...

    def paused(self, at: int, agent: Agent, event: str) -> None:
        """Note the begin or the end of a pause."""
        ...

    def entered(self, at: int, call: Call) -> None:
        """Note that a caller joined a queue."""
        ...

    def rang(self, at: int, call: Call, event: str) -> None:
        """Note that an agent was rung in vain."""
        ...

    def left(self, at: int, call: Call, event: str, position: int, wait: int) -> None:
        """Note that a caller left a queue without an answer."""
        ...

    def connected(self, at: int, call: Call, wait: int) -> None:
        """Note that an agent answered."""
        ...

    def transferred(self, at: int, call: Call, target: str, is_blind: bool, talk: int) -> None:
        """Note that the agent sent the caller to another queue."""
        ...

    def ended(self, at: int, call: Call, event: str, talk: int) -> None:
        """Note that the caller or the agent hung up."""
        ...

    def called_out(
        self, agent: Agent, number: str, unique: str, start: int, answer: int | None, end: int
    ) -> None:
        """Note that an agent called a customer."""
        ...

    def called_internally(
        self, caller: str, called: str, unique: str, start: int, answer: int | None, end: int
    ) -> None:
        """Note that one desk called another."""
        ...

    def tested(self, at: int, test: TestCall) -> None:
        """Note a step of a technician's call to the queue `test`: it enters, connects, ends."""
        ...

    def day_done(self, day: date) -> None:
        """Write the files of a local day."""
        ...
