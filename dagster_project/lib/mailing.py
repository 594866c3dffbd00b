"""Messages by SMTP, where a server is configured; without one, nobody is written to."""

from __future__ import annotations

import mimetypes
import smtplib
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dagster_project.lib.settings import Mail

TIMEOUT_SECONDS = 30


def send(mail: Mail, subject: str, text: str, files: Iterable[Path] = ()) -> None:
    """Send one message to everybody who is configured.

    Raises:
        OSError: When the server does not answer, or refuses (`SMTPException` is one).
    """
    message = EmailMessage()
    message["Subject"], message["From"] = subject, mail.sender
    message["To"] = ", ".join(mail.recipients)
    message.set_content(text)
    for file in files:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(file.read_bytes(), maintype=main, subtype=sub, filename=file.name)
    server = urlsplit(mail.server)
    is_wrapped = server.scheme == "smtps"
    connect = smtplib.SMTP_SSL if is_wrapped else smtplib.SMTP
    port = server.port or (465 if is_wrapped else 25)
    with connect(server.hostname or "localhost", port, timeout=TIMEOUT_SECONDS) as connection:
        connection.ehlo()
        if not is_wrapped and connection.has_extn("starttls"):
            connection.starttls()
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)
