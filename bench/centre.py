"""A simulated centre of a given size: raw files, made once, and delivered as often as needed."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bench.measuring import bytes_in, measured

LAST_DAY = date(2026, 10, 31)
AS_OF = "2026-11-01"
DAYS = 120
# Agents and days by name. An agent and day make 39.6 contacts: a size is 120 days of as many agents
# as it takes. `0.5M` is the centre of `5M` after twelve days, so that a day of both is the same.
SIZES = {
    "0.3M": (60, DAYS),
    "0.5M": (1050, 12),
    "1M": (210, DAYS),
    "5M": (1050, DAYS),
    "20M": (4200, DAYS),
}


@dataclass(frozen=True)
class Centre:
    """The raw files of a centre, and where what is made of them goes."""

    folder: Path
    agents: int
    days: int

    @property
    def raw(self) -> Path:
        """All raw files."""
        return self.folder / "raw" / "inbox"

    @property
    def inbox(self) -> Path:
        """What has been delivered."""
        return self.folder / "inbox"

    @property
    def has_last_day(self) -> bool:
        """Whether the logs of the last day have been delivered."""
        return any(self.inbox.rglob(f"*{LAST_DAY.isoformat()}*"))

    @property
    def home(self) -> Path:
        """The home that the line works in."""
        return self.folder / "home"

    @property
    def log(self) -> Path:
        """What measured commands said."""
        return self.folder / "log"

    def generate(self) -> dict[str, Any]:
        """Write the raw files unless they are there, and return what is known of them."""
        facts = self.folder / "raw" / "facts.json"
        wanted = {"agents": self.agents, "days": self.days}
        known: dict[str, Any] = {}
        if facts.exists():
            known = json.loads(facts.read_text(encoding="utf-8"))
        if {name: known.get(name) for name in wanted} == wanted:
            return known
        shutil.rmtree(facts.parent, ignore_errors=True)
        command = [sys.executable, "-m", "dagster_project.cli", "demo", "--inbox", str(self.raw)]
        command += ["--agents", str(self.agents), "--days", str(self.days)]
        command += ["--end", LAST_DAY.isoformat()]
        cost = measured(command, self.log / "generate.log", {})
        truths = json.loads((facts.parent / "demo_truths.json").read_text(encoding="utf-8"))
        known = {
            **wanted,
            "contacts": truths["summary"]["contacts"],
            "queue_log_lines": truths["summary"]["queue_log_lines"],
            "raw_bytes": bytes_in(self.raw),
            "simulation": cost.as_json(),
        }
        facts.write_text(json.dumps(known, indent=1), encoding="utf-8")
        return known

    def deliver(self, *, with_last_day: bool) -> int:
        """Make the inbox anew, the logs of the last day in it or held back; return its bytes."""
        shutil.rmtree(self.inbox, ignore_errors=True)
        for file in sorted(path for path in self.raw.rglob("*") if path.is_file()):
            if with_last_day or LAST_DAY.isoformat() not in file.name:
                target = self.inbox / file.relative_to(self.raw)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(file, target)
        return bytes_in(self.inbox)
