"""One writer at a time: an advisory lock on `HOME/run.lock` that dies with its process."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

from dagster_project.lib.progress import LOGGER

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Holder:
    """Who holds the lock, as written into the lock file."""

    run_id: str
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        """Say it in the words of a message."""
        return f"run {self.run_id} (process {self.pid} on {self.host}, since {self.since})"


class LockHeldError(Exception):
    """Another run held the lock for longer than this one wanted to wait."""


class RunLock:
    """The lock of one home.

    The file keeps the holder's name until a clean release empties it, so that whoever gets the
    lock next sees in `crashed` that its predecessor was killed.
    """

    def __init__(self, path: Path, run_id: str, wait_seconds: float) -> None:
        """Prepare the lock of the file `path` for the run `run_id`; nothing is held yet."""
        self.path = path
        self.run_id = run_id
        self.wait_seconds = wait_seconds
        self.crashed: Holder | None = None
        self._file: TextIO | None = None

    def __enter__(self) -> RunLock:
        """Take the lock, or raise `LockHeldError` when the time to wait is over."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = open(self.path, "a+", encoding="utf-8")
        deadline, is_told = time.monotonic() + self.wait_seconds, False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = read_holder(self.path)
                    file.close()
                    raise LockHeldError(
                        f"{self.path} is held by {holder or 'another process'}; waited "
                        f"{self.wait_seconds:.0f} s. Wait until it has finished, or end it, and "
                        "run again (--wait SECONDS waits longer)."
                    ) from None
                if not is_told:
                    LOGGER.info("Waiting for %s.", read_holder(self.path) or "another process")
                    is_told = True
                time.sleep(POLL_SECONDS)
        self._file = file
        self.crashed = read_holder(self.path)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._write(json.dumps(asdict(Holder(self.run_id, os.getpid(), socket.gethostname(), now))))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the lock and take the holder's name out of the file."""
        if self._file is not None:
            self._write("")
            self._file.close()
            self._file = None

    def _write(self, text: str) -> None:
        assert self._file is not None  # noqa: S101 - only called while held
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()


def read_holder(path: Path) -> Holder | None:
    """Return who is named in the lock file, held or left by a crash; None when nobody is."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return Holder(**json.loads(text)) if text.strip() else None


def is_held(path: Path) -> bool:
    """Tell whether a living process holds the lock."""
    if not path.exists():
        return False
    with open(path, encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
