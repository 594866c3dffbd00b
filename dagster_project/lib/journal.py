"""The journal of decisions: one JSON object a line, appended and never rewritten.

Each line carries the hash of the one before it, so that a line that was changed or taken out later
shows. A line without its newline is the rest of a process that was killed: it never counted, and
the next event takes its place.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from dagster_project.lib import publishing

Event = Mapping[str, Any]
FIRST = "0" * 64
RENAMED = "renamed"


class JournalError(Exception):
    """A line was changed or taken out after it was written."""


def read(path: Path) -> list[Event]:
    """Return all events, oldest first.

    Raises:
        JournalError: If the chain of hashes is broken.
    """
    return _events(path, path.read_bytes()) if path.exists() else []


def append(path: Path, decide: Callable[[Sequence[Event]], Event]) -> Event:
    """Append the event that `decide` makes of those before it, and return it as it stands.

    Nobody else can append in between. What `decide` raises leaves the journal as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        events = _events(path, content)
        whole = content[: content.rfind(b"\n") + 1]
        event = {
            "number": len(events) + 1,
            "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            **decide(events),
            "previous": _last_hash(whole),
        }
        file.truncate(len(whole))
        file.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    publishing.sync_folder(path.parent)
    return event


def rename(path: Path, change: Callable[[str], str]) -> None:
    """Let a person be called otherwise in all events, and chain them again.

    It is the one way in which lines ever change; that it happened is an event of its own.
    """
    events = read(path)
    if not any(change(text) != text for text in map(_text, events)):
        return
    before, lines, previous = last_hash(path), list[str](), FIRST
    for event in events:
        renamed: dict[str, Any] = json.loads(change(_text(event)))
        lines.append(_text({**renamed, "previous": previous}))
        previous = hashlib.sha256(lines[-1].encode()).hexdigest()
    publishing.write_durably(path, "".join(f"{line}\n" for line in lines))
    append(path, lambda _: {"kind": RENAMED, "chained_before": before})


def last_hash(path: Path) -> str:
    """Return the hash that stands for all events so far."""
    content = path.read_bytes() if path.exists() else b""
    return _last_hash(content[: content.rfind(b"\n") + 1])


def _text(event: Event) -> str:
    return json.dumps(dict(event), ensure_ascii=False)


def _last_hash(content: bytes) -> str:
    lines = content.splitlines()
    return hashlib.sha256(lines[-1]).hexdigest() if lines else FIRST


def _events(path: Path, content: bytes) -> list[Event]:
    previous, events = FIRST, list[Event]()
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        event = _event(line)
        if event.get("previous") != previous or event.get("number") != number:
            raise JournalError(
                f"{path}:{number} was written, or lines before it were changed, by something "
                "other than Meritline. Bring the file back from a backup: it says who decided "
                "what."
            )
        previous = hashlib.sha256(line).hexdigest()
        events.append(event)
    return events


def _event(line: bytes) -> Event:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return cast(Event, event) if isinstance(event, dict) else {}
