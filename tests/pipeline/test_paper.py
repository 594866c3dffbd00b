"""What leaves the line on paper or by mail."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.lib import mailing
from dagster_project.lib.settings import Mail


class _Conversation(socketserver.StreamRequestHandler):
    """One client of an SMTP server that takes everything."""

    server: _PostOffice

    def handle(self) -> None:
        """Answer command by command; keep what is said between DATA and the dot."""
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    letter += part
                self.server.letters.append(letter.decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")


class _PostOffice(socketserver.TCPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.letters: list[str] = []


@pytest.fixture
def post_office() -> Iterator[_PostOffice]:
    with _PostOffice() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_message_reaches_everybody_with_its_files(
    post_office: _PostOffice, tmp_path: Path
) -> None:
    page = tmp_path / "operations.pdf"
    page.write_bytes(b"%PDF-1.4")
    port = post_office.server_address[1]
    mail = Mail(f"smtp://127.0.0.1:{port}", "line@example.org", ("a@example.org", "b@example.org"))
    mailing.send(mail, "Meritline: held back", "The pages stay as they were.", [page])
    [letter] = post_office.letters
    assert "Subject: Meritline: held back" in letter
    assert "To: a@example.org, b@example.org" in letter
    assert 'filename="operations.pdf"' in letter
    assert "JVBERi0xLjQ=" in letter


def test_a_server_that_is_not_there_is_an_oserror(tmp_path: Path) -> None:
    """Which the line takes as a warning: a mail that fails holds nothing back."""
    with pytest.raises(OSError):
        mailing.send(Mail("smtp://127.0.0.1:9", "a@example.org", ("a@example.org",)), "x", "y")
