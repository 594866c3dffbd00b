"""What Amazon Connect writes down: contact records, one JSON object a line."""

from __future__ import annotations

import json
import random
import uuid
from datetime import date

from demo.calls import Agent, Call, TestCall
from demo.clock import utc_stamp
from demo.organisation import Site
from demo.writing import Files

CHAT_SHARE = 0.07
SYSTEM_NUMBER = "+35315550100"
Record = dict[str, object]


def _utc(at: int) -> str:
    return f"{utc_stamp(at, 'T')}Z"


class ConnectRecorder:
    """Collects a site's contact records: one for each stay with the system or in a queue.

    They are delivered at least once: some stand in the next day's file again, some there in an
    older version.
    """

    def __init__(self, site: Site, files: Files, rng: random.Random) -> None:
        """Write below `files`; all that only Connect knows is drawn from `rng`."""
        self.site, self.rng = site, rng
        self.records = 0
        self._files = files
        self._lines: list[str] = []
        self._late: list[str] = []
        self._open: dict[Call, Record] = {}
        self._wraps: dict[Call, int] = {}
        self._days = 0

    def day_done(self, day: date) -> None:
        """Write a local day's deliveries; every fourth file is compressed."""
        suffix = ".gz" if self._days % 4 == 3 else ""
        self._days += 1
        self._files.lines(
            f"connect_contact_records/site={self.site.site_id}/contact_records-{day}.jsonl{suffix}",
            self._lines,
        )
        self._lines, self._late = self._late, []

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def call_id(self, unique: str) -> str:
        """Return a new ContactId."""
        del unique
        return self._new_id()

    def _record(self, contact_id: str, method: str, at: int, number: str | None) -> Record:
        return {
            "AWSAccountId": "123456789012",
            "AWSContactTraceRecordFormatVersion": "2017-03-10",
            "ContactId": contact_id,
            "InitialContactId": None,
            "PreviousContactId": None,
            "NextContactId": None,
            "Channel": "VOICE",
            "InitiationMethod": method,
            "InitiationTimestamp": _utc(at),
            "ConnectedToSystemTimestamp": _utc(at),
            "TransferCompletedTimestamp": None,
            "CustomerEndpoint": {"Address": number, "Type": "TELEPHONE_NUMBER"} if number else None,
            "SystemEndpoint": {"Address": SYSTEM_NUMBER, "Type": "TELEPHONE_NUMBER"},
            "Attributes": {},
            "AgentConnectionAttempts": 0,
            "Agent": None,
            "Queue": None,
            "Tags": {"aws:connect:instanceId": "0f1e2d3c-0000-4000-8000-0123456789ab"},
        }

    # ---- agents: Connect keeps their states elsewhere ------------------------------------------

    def restarted(self, at: int) -> None:
        """Write nothing."""

    def logged_in(self, at: int, agent: Agent) -> None:
        """Write nothing."""

    def logged_out(self, at: int, agent: Agent, seconds: int) -> None:
        """Write nothing."""

    def paused(self, at: int, agent: Agent, event: str) -> None:
        """Write nothing."""

    def wrap_seconds(self, call: Call) -> int:
        """Return the after-call work that was drawn when the call ended."""
        return self._wraps.pop(call, 0)

    # ---- queues ----------------------------------------------------------------------------

    def entered(self, at: int, call: Call) -> None:
        """Begin a record, or put the one that a transfer or callback began into its queue."""
        record = self._open.get(call)
        if record is None:
            number = None if call.number == "anonymous" else f"+{call.number}"
            is_chat = self.rng.random() < CHAT_SHARE
            record = self._record(
                call.callid, "API" if is_chat else "INBOUND", call.segment_at,
                None if is_chat else number,
            )  # fmt: skip
            if is_chat:
                record["Channel"] = "CHAT"
                record["SystemEndpoint"] = None
            self._open[call] = record
        if self.rng.random() < 0.8:
            record["Attributes"] = {"reason": call.wanted_queue or call.queue, "language": "en"}
        record["Queue"] = {
            "ARN": f"arn:aws:connect:eu-west-1:123456789012:queue/{call.queue}",
            "Name": call.queue,
            "EnqueueTimestamp": _utc(at),
            "DequeueTimestamp": None,
            "Duration": None,
        }

    def rang(self, at: int, call: Call, event: str) -> None:
        """Count the attempt to connect an agent."""
        record = self._open[call]
        record["AgentConnectionAttempts"] = int(str(record["AgentConnectionAttempts"])) + 1

    def _dequeue(self, at: int, record: Record, wait: int) -> None:
        queue = record["Queue"]
        if isinstance(queue, dict):
            queue["DequeueTimestamp"], queue["Duration"] = _utc(at), wait

    def _follow(self, at: int, call: Call, record: Record, method: str) -> None:
        """Begin the record that follows: every transfer and every callback is a contact."""
        following = self._record(self._new_id(), method, at, None)
        following["InitialContactId"] = call.callid
        following["PreviousContactId"] = record["ContactId"]
        following["CustomerEndpoint"] = record["CustomerEndpoint"]
        following["Channel"] = record["Channel"]
        record["NextContactId"] = following["ContactId"]
        self._open[call] = following

    def left(self, at: int, call: Call, event: str, position: int, wait: int) -> None:
        """End a record without an agent; a key pressed in the queue asks for a callback."""
        record = self._open.pop(call)
        self._dequeue(at, record, wait)
        if event == "EXITWITHKEY":
            self._follow(at, call, record, "CALLBACK")
        by_flow = event in ("EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY")
        self._finish(at, record, "CONTACT_FLOW_DISCONNECT" if by_flow else "CUSTOMER_DISCONNECT")

    def connected(self, at: int, call: Call, wait: int) -> None:
        """Take the contact out of its queue and give it to the agent."""
        record = self._open[call]
        self._dequeue(at, record, wait)
        record["AgentConnectionAttempts"] = int(str(record["AgentConnectionAttempts"])) + 1
        if call.agent is not None:
            record["Agent"] = self._agent(call.agent, at)

    def _agent(self, agent: Agent, at: int) -> Record:
        team = agent.employee.assignments[-1].team
        return {
            "ARN": f"arn:aws:connect:eu-west-1:123456789012:agent/{agent.employee.employee_id}",
            "Username": agent.login,
            "RoutingProfile": {"Name": "all queues" if len(agent.queues) == 4 else "some queues"},
            "HierarchyGroups": {"Level1": {"GroupName": self.site.vendor},
                                "Level2": {"GroupName": team}},
            "ConnectedToAgentTimestamp": _utc(at),
        }  # fmt: skip

    def transferred(self, at: int, call: Call, target: str, is_blind: bool, talk: int) -> None:
        """End the record and begin the one of the transfer."""
        record = self._open.pop(call)
        self._work(at, call, record, talk)
        record["TransferCompletedTimestamp"] = _utc(at)
        self._follow(at, call, record, "QUEUE_TRANSFER" if is_blind else "TRANSFER")
        self._finish(at, record, "THIRD_PARTY_DISCONNECT", self._wraps[call])

    def ended(self, at: int, call: Call, event: str, talk: int) -> None:
        """End the record after the talk."""
        record = self._open.pop(call)
        self._work(at, call, record, talk)
        by_agent = event == "COMPLETEAGENT"
        self._finish(
            at, record, "AGENT_DISCONNECT" if by_agent else "CUSTOMER_DISCONNECT",
            self._wraps[call],
        )  # fmt: skip

    def _work(self, at: int, call: Call, record: Record, talk: int) -> None:
        """Say how the agent's time was spent: talk, hold and after-call work."""
        rng, agent = self.rng, record["Agent"]
        wrap = max(2, int(rng.gammavariate(2.2, self.site.wrap_seconds / 2.2)))
        self._wraps[call] = wrap
        holds = rng.choices((0, 1, 2), (72, 22, 6))[0] if talk > 90 else 0
        parts = [rng.randrange(8, max(9, talk // 6)) for _ in range(holds)]
        if isinstance(agent, dict):
            agent["AgentInteractionDuration"] = talk - sum(parts)
            agent["CustomerHoldDuration"] = sum(parts)
            agent["LongestHoldDuration"] = max(parts, default=0)
            agent["NumberOfHolds"] = holds
            agent["AfterContactWorkStartTimestamp"] = _utc(at)
            agent["AfterContactWorkEndTimestamp"] = _utc(at + wrap)
            agent["AfterContactWorkDuration"] = wrap

    def _finish(self, at: int, record: Record, reason: str, wrap: int = 0) -> None:
        """Deliver the record, now and then twice or with an older version after it."""
        rng = self.rng
        record["DisconnectTimestamp"] = _utc(at)
        record["DisconnectReason"] = reason
        record["LastUpdateTimestamp"] = _utc(at + wrap + rng.randrange(20, 90))
        line = json.dumps(record, separators=(",", ":"))
        luck = rng.random()
        if luck < 0.04:
            older = dict(record)
            agent = record["Agent"]
            if isinstance(agent, dict):
                # Before the after-call work was over.
                older["Agent"] = {k: v for k, v in agent.items() if not k.startswith("AfterC")}
            older["LastUpdateTimestamp"] = _utc(at + rng.randrange(1, 10))
            old_line = json.dumps(older, separators=(",", ":"))
            if luck < 0.02:
                self._lines.append(old_line)
            else:
                self._late.append(old_line)
        elif luck < 0.06:
            self._late.append(line)
        self._lines.append(line)
        self.records += 1

    # ---- calls outside the queues ------------------------------------------------------------

    def called_out(
        self, agent: Agent, number: str, unique: str, start: int, answer: int | None, end: int
    ) -> None:
        """Write an agent's own call."""
        record = self._record(self._new_id(), "OUTBOUND", start, f"+{number}")
        if answer is None:
            record["ConnectedToSystemTimestamp"] = None
        else:
            record["ConnectedToSystemTimestamp"] = _utc(answer)
        work = self._agent(agent, answer if answer is not None else start)
        if answer is None:
            work["ConnectedToAgentTimestamp"] = None
        work |= {
            "AgentInteractionDuration": end - answer if answer is not None else 0,
            "CustomerHoldDuration": 0,
            "LongestHoldDuration": 0,
            "NumberOfHolds": 0,
            "AfterContactWorkStartTimestamp": _utc(end),
            "AfterContactWorkEndTimestamp": _utc(end + 3),
            "AfterContactWorkDuration": 3,
        }
        record["Agent"] = work
        self._finish(
            end, record, "CUSTOMER_DISCONNECT" if answer is not None else "TELECOM_PROBLEM", 3
        )

    def called_internally(
        self, caller: str, called: str, unique: str, start: int, answer: int | None, end: int
    ) -> None:
        """Write nothing: desks have no telephones here."""

    def tested(self, at: int, test: TestCall) -> None:
        """Write a technician's call to the queue `test` when it is over."""
        if at != test.ended_at:
            return
        record = self._record(self._new_id(), "INBOUND", test.entered_at - 5, f"+{test.number}")
        left_at = test.connected_at or test.ended_at
        record["Queue"] = {
            "Name": "test",
            "EnqueueTimestamp": _utc(test.entered_at),
            "DequeueTimestamp": _utc(left_at),
            "Duration": left_at - test.entered_at,
        }
        if test.connected_at is not None:
            record["AgentConnectionAttempts"] = 1
            record["Agent"] = {
                "Username": test.desk,
                "RoutingProfile": {"Name": "leads"},
                "ConnectedToAgentTimestamp": _utc(test.connected_at),
                "AgentInteractionDuration": test.ended_at - test.connected_at,
                "CustomerHoldDuration": 0,
                "LongestHoldDuration": 0,
                "NumberOfHolds": 0,
                "AfterContactWorkDuration": 0,
            }
        self._finish(at, record, "CUSTOMER_DISCONNECT")
