"""Commands in processes of their own: how long they took and how much memory they had at most."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class CommandError(Exception):
    """A measured command failed; the message ends with what it said."""


@dataclass(frozen=True)
class Cost:
    """What one process cost, its children included."""

    began: float
    seconds: float
    peak_bytes: int
    processor_seconds: float
    said: str

    def as_json(self) -> dict[str, float]:
        """Return the figures alone."""
        return {
            "seconds": round(self.seconds, 2),
            "processor_seconds": round(self.processor_seconds, 2),
            "peak_bytes": self.peak_bytes,
        }


def measured(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command to its end, what it says going to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    began, clock = time.time(), time.monotonic()
    with log.open("w+", encoding="utf-8") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - clock
        process.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text(encoding="utf-8")
    if process.returncode:
        end = "\n".join(said.splitlines()[-20:])
        raise CommandError(f"{' '.join(command)} ended with {process.returncode}:\n{end}")
    # Linux counts in KiB.
    peak = usage.ru_maxrss * 1024
    return Cost(began, seconds, peak, usage.ru_utime + usage.ru_stime, said)


def apart(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call a function in a fresh process.

    A process begins with the memory of the one that starts it as its peak, so this one stays small.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def bytes_in(path: Path) -> int:
    """Return the size of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(f.stat().st_size for f in files if f.is_file() and not f.is_symlink())


def fetch_one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    """Return the only row of a query."""
    row = connection.execute(query).fetchone()
    return row if row is not None else ()
