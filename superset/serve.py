"""Serve Superset in the background, or stop it.

python superset/serve.py start|stop|status [--home DIR] [--port N]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from deploy import fingerprint
from superset_home import SOURCE, SupersetHome, superset_home

START_SECONDS = 120
STOP_SECONDS = 20
WORKERS = 2
THREADS = 8


def running(home: SupersetHome) -> int | None:
    """The process id of this home's server, if it runs."""
    try:
        pid = int(home.pid.read_text())
        command = Path(f"/proc/{pid}/cmdline")
        os.kill(pid, 0)
        # After a restart of the machine the number may be somebody else's.
        if command.exists() and b"gunicorn" not in command.read_bytes():
            return None
    except (OSError, ValueError):
        return None
    return pid


def is_healthy(port: int) -> bool:
    """Whether the server answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def serves(home: SupersetHome, code: str) -> bool:
    """Whether the running server was started with this code."""
    return home.served.exists() and home.served.read_text() == code


def start(home: SupersetHome, port: int) -> int:
    """Start the server and wait until it answers.

    A server that already serves this code on this port is left alone; another one is replaced.
    """
    address = f"http://localhost:{port}"
    code = fingerprint(home, demo=False)
    if running(home) and serves(home, code) and is_healthy(port):
        print(f"Superset already serves {address}")
        return 0
    stop(home)
    if is_healthy(port):
        print(
            f"Another server answers on port {port}: stop it, or choose a port by MERITLINE_PORT.",
            file=sys.stderr,
        )
        return 3
    home.folder.mkdir(parents=True, exist_ok=True)
    # The demonstration's passwords are no secret: other machines are let in on request only.
    host = os.environ.get("MERITLINE_HOST", "127.0.0.1")
    environment = {
        **os.environ,
        "MERITLINE_HOME": str(home.root),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")])),
    }
    home.served.write_text(code)
    command = [
        *(sys.executable, "-m", "gunicorn", "superset.app:create_app()"),
        *("--bind", f"{host}:{port}", "--pid", str(home.pid)),
        *("--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)),
        *("--preload", "--timeout", "120", "--keep-alive", "75", "--log-level", "warning"),
    ]
    with home.log.open("ab") as file:
        server = subprocess.Popen(
            command,
            env=environment,
            cwd=home.folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        if is_healthy(port):
            print(f"Superset serves {address}")
            return 0
        time.sleep(0.5)
    stop(home)
    tail = home.log.read_text(errors="replace").splitlines()[-15:]
    print(f"Superset did not start on port {port}; its log {home.log} ends:", file=sys.stderr)
    print("\n".join(tail), file=sys.stderr)
    return 3


def stop(home: SupersetHome) -> int:
    """Stop the server of this home, gently first."""
    pid = running(home)
    if pid is None:
        home.pid.unlink(missing_ok=True)
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running(home) and time.monotonic() < deadline:
        time.sleep(0.2)
    if running(home):
        os.kill(pid, signal.SIGKILL)
    # A worker that did not hear of it would stay behind: all are in the group of the server.
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    home.pid.unlink(missing_ok=True)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Start, stop or show the server from the command line."""
    parser = argparse.ArgumentParser(description="Serve Superset in the background.")
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("--home", type=Path, help="Meritline's home (default: MERITLINE_HOME)")
    parser.add_argument("--port", type=int, default=int(os.environ.get("MERITLINE_PORT", "8088")))
    options = parser.parse_args(arguments)
    if options.home:
        os.environ["MERITLINE_HOME"] = str(options.home.resolve())
    home = superset_home()
    if options.action == "start":
        return start(home, options.port)
    if options.action == "stop":
        return stop(home)
    pid = running(home)
    print(f"Superset runs as process {pid}" if pid else "Superset does not run")
    return 0 if pid else 1


if __name__ == "__main__":
    sys.exit(main())
