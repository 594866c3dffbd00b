"""An HTTP server that pages like an API, and fails like one."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "s3cret-9b1c-8840"  # noqa: S105
Record = dict[str, Any]


@dataclass
class Api:
    """What the server has and does.

    Attributes:
        records: What `/numbered` and `/exported` answer with in pages, `/listed` in one.
        faults: What goes wrong at the next requests, one each: a status, `reset` or `cut`.
        served: Paths and queries of the requests, in their order.
        before_page: Called with a page's number before it is read.
    """

    url: str = ""
    records: list[Record] = field(default_factory=list)
    page_size: int = 10
    faults: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    before_page: Callable[[int], None] = lambda page: None

    def answer(self, path: str, query: dict[str, str]) -> dict[str, Any] | list[Any] | None:
        """Return the body of one page."""
        if path == "/listed":
            return self.records
        since = query.get("since", "")
        if path == "/numbered":
            page = int(query.get("page", 1))
            self.before_page(page)
            found = [record for record in self.records if record["answered_at"] >= since]
            start = (page - 1) * self.page_size
            return {
                "surveys": found[start : start + self.page_size],
                "has_more": start + self.page_size < len(found),
            }
        if path == "/exported":
            # The position is the time and the id of the last record, whatever came before it.
            after = tuple(query["cursor"].split("|")) if "cursor" in query else (since, "")
            self.before_page(len(self.served))
            found = sorted(
                (r for r in self.records if (r["answered_at"], r["survey_id"]) > after),
                key=lambda r: (r["answered_at"], r["survey_id"]),
            )
            page = found[: self.page_size]
            is_last = len(found) <= self.page_size
            last = page[-1] if page else {}
            return {
                "data": {"surveys": page},
                "after": None if is_last else f"{last['answered_at']}|{last['survey_id']}",
            }
        return None


@contextlib.contextmanager
def serve() -> Iterator[Api]:
    """Serve on a free port."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            api.served.append(self.path)
            fault = api.faults.pop(0) if api.faults else ""
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if fault == "reset":
                # Closing with something unread sends a reset.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                self.close_connection = True
                return
            if fault.isdecimal():
                self._send(int(fault), {"error": fault})
                return
            given = (self.headers.get("Authorization"), query.get("key"))
            if f"Bearer {TOKEN}" not in given and TOKEN not in given:
                self._send(401, {"error": "who are you?"})
                return
            body = api.answer(parts.path, query)
            self._send(404 if body is None else 200, body or {}, is_cut=fault == "cut")

        def _send(self, status: int, body: object, *, is_cut: bool = False) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if is_cut else content)
            if is_cut:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
