"""A PostgreSQL server of the tests' own, on a free port, in a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

USER, PASSWORD = "meritline", "Geheim-7f3a@x/y"


@dataclass(frozen=True)
class Server:
    """Where the server listens."""

    port: int

    def url(self, password: str = "") -> str:
        """The address, with a password or without one."""
        return f"postgresql://{USER}{password and f':{password}'}@127.0.0.1:{self.port}/postgres"

    def execute(self, *statements: str) -> None:
        """Run statements in one transaction."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def connect(self) -> psycopg2.extensions.connection:
        """Open a connection."""
        return psycopg2.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname="postgres"
        )


@contextmanager
def postgresql() -> Iterator[Server]:
    """Start a server and stop it."""
    programs = _programs()
    # PostgreSQL refuses to run as root.
    user = _unprivileged() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="meritline-postgresql-"))
    try:
        password = folder / "password"
        password.write_text(PASSWORD)
        if user:
            for path in (folder, password):
                shutil.chown(path, user)
        data = folder / "data"
        subprocess.run(
            [
                *(programs / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256"),
                *("--pwfile", password, "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            ],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            server = Server(free.getsockname()[1])
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [
                    *(programs / "postgres", "-D", data, "-p", str(server.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                    *("-c", "fsync=off"),
                ],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait(server, process, folder / "log")
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if not found and not folders:
        raise RuntimeError("No PostgreSQL here: sh tests/pipeline/install_postgresql.sh")
    return Path(found).resolve().parent if found else folders[-1]


def _unprivileged() -> str:
    users = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    while True:
        try:
            server.connect().close()
        except psycopg2.OperationalError:
            if process.poll() is not None:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.1)
        else:
            return
