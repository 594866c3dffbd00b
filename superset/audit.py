"""Who took data along, and who opened pay: one line each in HOME/audit/superset.jsonl."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import g, has_request_context, request
from superset.utils.core import get_username
from superset.utils.log import DBEventLogger

FILE_FORMATS = {"csv", "xlsx"}


class AuditLogger(DBEventLogger):
    """Superset's log of actions, whose exports and readings of pay are also kept for good.

    Superset's own log is for looking at and may be emptied; this one is only ever added to.
    """

    def __init__(self, path: Path) -> None:
        """Keep the lines in this file."""
        self.path = path

    def log(self, user_id: int | None, action: str, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        """Log as Superset does, and write down what has to be known later."""
        # How long an answer took to write as JSON is nobody's action, and a write for every chart.
        if not action.endswith(".json_dumps"):
            super().log(user_id, action, *arguments, **named)
        if not has_request_context():
            return
        watched = sorted(g.pop("watched_datasets", ()))
        exported = g.get("exported") or self.exported(action, named.get("records") or [{}])
        # Superset logs each step of a request; that something was taken along is told once.
        if watched or (exported and "exported" not in g):
            g.exported = exported
            self.write(action, exported, watched)

    @staticmethod
    def exported(action: str, records: list[dict[str, Any]]) -> str | None:
        """What kind of file a request asked for, if it did."""
        for record in records:
            form_data = record.get("form_data")
            for asked in (record, form_data if isinstance(form_data, dict) else {}):
                if (kind := asked.get("result_format")) in FILE_FORMATS:
                    return str(kind)
        return "csv" if "export" in action else None

    def write(self, action: str, exported: str | None, watched: list[str]) -> None:
        """Add one line; a file that is written to at once by several workers stays whole."""
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "user": get_username(),
            "from": request.remote_addr,
            "action": action,
            "path": request.path,
            "exported": exported,
            "pay": watched,
        }
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(json.dumps(line) + "\n")
