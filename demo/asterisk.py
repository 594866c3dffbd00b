"""What Asterisk writes down: `queue_log` and `Master.csv`, one file a local day."""

from __future__ import annotations

from datetime import date

from demo.calls import EXTENSION, QUEUE_TIMEOUT_SECONDS, Agent, Call, TestCall
from demo.clock import SiteClock
from demo.organisation import Site
from demo.writing import Files


class AsteriskRecorder:
    """Collects a site's lines and writes them at the end of each day."""

    def __init__(self, site: Site, clock: SiteClock, files: Files) -> None:
        """Write below `files`."""
        self.site, self.clock = site, clock
        self.log_lines = self.record_lines = 0
        self._files = files
        self._log: list[str] = []
        self._records: list[str] = []
        self._channels = 0

    def day_done(self, day: date) -> None:
        """Write the two files of a local day."""
        folder = f"site={self.site.site_id}"
        self._files.lines(f"asterisk_queue_log/{folder}/queue_log-{day}", self._log)
        self._files.lines(f"asterisk_cdr/{folder}/Master-{day}.csv", self._records)
        self.log_lines += len(self._log)
        self.record_lines += len(self._records)
        self._log, self._records = [], []

    def call_id(self, unique: str) -> str:
        """Return the channel's own id."""
        return unique

    def wrap_seconds(self, call: Call) -> int:
        """Return 0: Asterisk knows no after-call work."""
        del call
        return 0

    def restarted(self, at: int) -> None:
        """Log the start of the queues and of their configuration."""
        self._log.append(f"{at}|NONE|NONE|NONE|QUEUESTART|")
        self._log.append(f"{at + 2}|NONE|NONE|NONE|CONFIGRELOAD|")

    # ---- agents ----------------------------------------------------------------------------

    def logged_in(self, at: int, agent: Agent) -> None:
        """Log AGENTLOGIN, or ADDMEMBER for each queue."""
        if self.site.logs_agent_logins:
            unique = int(agent.channel.rpartition("-")[2], 16)
            self._log.append(f"{at}|{at}.{unique}|NONE|{agent.login}|AGENTLOGIN|{agent.channel}")
            return
        for queue in agent.queues:
            self._log.append(f"{at}|NONE|{queue}|{agent.login}|ADDMEMBER|")

    def logged_out(self, at: int, agent: Agent, seconds: int) -> None:
        """Log AGENTLOGOFF, or REMOVEMEMBER for each queue."""
        if self.site.logs_agent_logins:
            self._log.append(f"{at}|NONE|NONE|{agent.login}|AGENTLOGOFF|{agent.channel}|{seconds}")
            return
        for queue in agent.queues:
            self._log.append(f"{at}|NONE|{queue}|{agent.login}|REMOVEMEMBER|")

    def paused(self, at: int, agent: Agent, event: str) -> None:
        """Log a pause of all queues and of each of them, as Asterisk does."""
        login, reason = agent.login, agent.pause_reason
        self._log.append(f"{at}|NONE|NONE|{login}|{event}ALL|{reason}")
        for queue in agent.queues:
            self._log.append(f"{at}|NONE|{queue}|{login}|{event}|{reason}")

    # ---- queues ----------------------------------------------------------------------------

    def entered(self, at: int, call: Call) -> None:
        """Log ENTERQUEUE."""
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|NONE|ENTERQUEUE||{call.number}|{call.position}"
        )

    def rang(self, at: int, call: Call, event: str) -> None:
        """Log RINGNOANSWER or RINGCANCELED, whose time is in milliseconds."""
        login = call.agent.login if call.agent else "NONE"
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|{login}|{event}|{(at - call.ring_at) * 1000}"
        )

    def left(self, at: int, call: Call, event: str, position: int, wait: int) -> None:
        """Log ABANDON or one of the EXIT events."""
        key = "1|" if event == "EXITWITHKEY" else ""
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|NONE|{event}|{key}{position}|{call.position}|{wait}"
        )
        self._write_queue_record(at, call)

    def connected(self, at: int, call: Call, wait: int) -> None:
        """Log CONNECT."""
        bridged = int(call.agent_channel.rpartition("-")[2], 16)
        login = call.agent.login if call.agent else "NONE"
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|{login}|CONNECT|{wait}"
            f"|{call.ring_at}.{bridged}|{at - call.ring_at}"
        )

    def transferred(self, at: int, call: Call, target: str, is_blind: bool, talk: int) -> None:
        """Log BLINDTRANSFER or ATTENDEDTRANSFER."""
        login = call.agent.login if call.agent else "NONE"
        head = f"{at}|{call.callid}|{call.queue}|{login}|"
        tail = f"{call.talk_at - call.entered_at}|{talk}|{call.position}"
        if is_blind:
            self._log.append(f"{head}BLINDTRANSFER|{EXTENSION[target]}|from-internal|{tail}")
        else:
            self._log.append(f"{head}ATTENDEDTRANSFER|APP|Queue|{tail}")
        self._write_queue_record(at, call)

    def ended(self, at: int, call: Call, event: str, talk: int) -> None:
        """Log COMPLETECALLER or COMPLETEAGENT."""
        login = call.agent.login if call.agent else "NONE"
        self._log.append(
            f"{at}|{call.callid}|{call.queue}|{login}|{event}"
            f"|{call.talk_at - call.entered_at}|{talk}|{call.position}"
        )
        self._write_queue_record(at, call)

    def tested(self, at: int, test: TestCall) -> None:
        """Log a call to the queue `test`, whose only member is a desk."""
        head, agent = f"{at}|{test.unique}|test", f"SIP/{test.desk}"
        if at == test.entered_at:
            self._log.append(f"{head}|NONE|ENTERQUEUE||{test.number}|1")
            return
        if at == test.connected_at:
            wait = at - test.entered_at
            bridged = f"{test.entered_at}.{0x70000000 + self._channels}"
            self._log.append(f"{head}|{agent}|CONNECT|{wait}|{bridged}|{wait}")
            return
        desk_channel = ""
        if test.connected_at is None:
            self._log.append(f"{head}|NONE|ABANDON|1|1|{at - test.entered_at}")
        else:
            wait, talk = test.connected_at - test.entered_at, at - test.connected_at
            self._log.append(f"{head}|{agent}|COMPLETECALLER|{wait}|{talk}|1")
            desk_channel = f"{agent}-{self._channel():08x}"
        start = int(test.unique.partition(".")[0])
        self._write_record(
            f"+{test.number}", "809", "from-trunk", self._trunk(), desk_channel, "Queue", "test,t",
            start, start + 1, at, test.unique,
        )  # fmt: skip

    # ---- call detail records ---------------------------------------------------------------

    def called_out(
        self, agent: Agent, number: str, unique: str, start: int, answer: int | None, end: int
    ) -> None:
        """Record an agent's own call."""
        self._write_record(
            agent.device[4:], f"+{number}", "from-internal",
            f"{agent.device}-{self._channel():08x}", self._trunk(), "Dial",
            f"SIP/{self.site.site_id}-trunk", start, answer, end, unique,
        )  # fmt: skip

    def called_internally(
        self, caller: str, called: str, unique: str, start: int, answer: int | None, end: int
    ) -> None:
        """Record a call from desk to desk."""
        self._write_record(
            caller, called, "from-internal", f"SIP/{caller}-{self._channel():08x}",
            f"SIP/{called}-{self._channel():08x}", "Dial", f"SIP/{called}", start, answer, end,
            unique,
        )  # fmt: skip

    def _channel(self) -> int:
        self._channels += 1
        return 0x70000000 + self._channels  # apart from the numbers of the queues' channels

    def _trunk(self) -> str:
        return f"SIP/{self.site.site_id}-trunk-{self._channel():08x}"

    def _write_queue_record(self, at: int, call: Call) -> None:
        # The dialplan answers before it queues, so the wait is billed and nobody is "NO ANSWER".
        start = call.segment_at
        is_plain = call.is_internal or call.number == "anonymous"
        self._write_record(
            call.number if is_plain else f"+{call.number}", EXTENSION[call.queue],
            "from-internal" if call.is_internal else "from-trunk", call.channel,
            call.agent_channel if call.agent is not None else "", "Queue",
            f"{call.queue},t,,,{QUEUE_TIMEOUT_SECONDS}", start, min(at, start + 1), at, call.callid,
        )  # fmt: skip

    def _write_record(
        self, src: str, dst: str, context: str, channel: str, dstchannel: str, app: str, data: str,
        start: int, answer: int | None, end: int, unique: str,
    ) -> None:  # fmt: skip
        text = self.clock.text
        billsec = end - answer if answer is not None else 0
        answered = "ANSWERED" if answer is not None else "NO ANSWER"
        self._records.append(
            f'"","{src}","{dst}","{context}","""{src}"" <{src}>","{channel}","{dstchannel}",'
            f'"{app}","{data}","{text(start)}","{text(answer) if answer is not None else ""}",'
            f'"{text(end)}",{end - start},{billsec},"{answered}","DOCUMENTATION","{unique}",""'
        )
