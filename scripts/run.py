"""Show the portal: migrate, load the demo, run bills, then web, worker and beat until Ctrl-C.

A part that dies is started again; the others never notice.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
PATIENCE = 180  # seconds to wait for the first PDFs and emails
GRACE = 15  # seconds that the processes get to stop
FIRST_PAUSE, LONGEST_PAUSE, STEADY = 1.0, 60.0, 60.0  # seconds


def main() -> int:
    """Run the portal and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    if not _is_free(port):
        print(
            f"Port {port} is in use. Stop what runs there, or choose another: "
            f"make run PORT={port + 1}",
            file=sys.stderr,
        )
        return 1
    os.chdir(ROOT)
    os.environ |= {
        "PORTAL_ENV": "local",
        "DEBUG": "true",
        "SITE_URL": f"http://localhost:{port}",
        "CSRF_TRUSTED_ORIGINS": f"http://localhost:{port}",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        "PYTHONUNBUFFERED": "1",
    }
    for step in (["migrate", "--verbosity", "0"], ["demo"], ["bill_run"]):
        if subprocess.call([BIN / "python", "manage.py", *step]) != 0:
            return 1
    return _serve(port)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _serve(port: int) -> int:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _stop)
    web = ["gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "8"]
    web += ["--log-level", "warning", "--no-control-socket"]
    worker = ["celery", "--quiet", "-A", "portal", "worker", "--concurrency", "1"]
    worker += ["--loglevel", os.environ["LOG_LEVEL"]]
    # A code that somebody waits for never stands behind a bill run.
    urgent = [*worker, "--queues", "urgent", "--hostname", "urgent@%h"]
    parts = [
        Part("web", [str(BIN / web[0]), *web[1:]]),
        Part("worker and beat", [str(BIN / worker[0]), *worker[1:], "--beat", "-Q", "celery"]),
        Part("worker for codes", [str(BIN / urgent[0]), *urgent[1:]]),
    ]
    supervision = Supervision(parts)
    try:
        supervision.look()
        _wait_for_bills(supervision)
        _print_welcome(port)
        while True:
            supervision.look()
            time.sleep(0.5)
    except KeyboardInterrupt:
        print("\nStopping …")
    finally:
        supervision.stop()
    print("Stopped. Nothing is lost: `make run` takes up from here.")
    return 0


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


@dataclass
class Part:
    """One process of the portal, and how it has fared."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    pause: float = 0.0


class Supervision:
    """Keeps each part running by itself: one that dies takes no other with it.

    A part that stopped is started again after a pause that doubles from FIRST_PAUSE to
    LONGEST_PAUSE seconds, and begins anew once it has run for STEADY seconds.
    """

    def __init__(self, parts: list[Part], clock: Callable[[], float] = time.monotonic) -> None:
        self.parts = parts
        self.clock = clock

    def look(self) -> None:
        """Start what is due and note what has stopped."""
        for part in self.parts:
            if part.process is not None and part.process.poll() is not None:
                self._note_death(part)
            if part.process is None and self.clock() >= part.start_at:
                self._start(part)

    def stop(self) -> None:
        """Ask each part and its children to stop, and make them after GRACE seconds."""
        running = [part.process for part in self.parts if part.process is not None]
        for process in running:
            process.terminate()
        until = time.monotonic() + GRACE
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
            _end_group(process)

    def _start(self, part: Part) -> None:
        # In a session of its own, so that Ctrl-C reaches this process alone and it stops the rest.
        part.started = self.clock()
        try:
            part.process = subprocess.Popen(part.command, start_new_session=True)
        except OSError as failure:
            self._pause(part, f"could not be started ({failure})")

    def _note_death(self, part: Part) -> None:
        process = part.process
        if process is None:
            return
        code = process.returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        # What it leaves behind would hold its port, or do its work beside its successor.
        _end_group(process)
        part.process = None
        if self.clock() - part.started >= STEADY:
            part.pause = 0.0
        self._pause(part, f"stopped by itself ({how}); its last words are above")

    def _pause(self, part: Part, what: str) -> None:
        part.pause = min(LONGEST_PAUSE, part.pause * 2 or FIRST_PAUSE)
        part.start_at = self.clock() + part.pause
        print(
            f"The {part.name} process {what}. It is started again in {part.pause:.0f} s; "
            "the rest goes on.",
            file=sys.stderr,
            flush=True,
        )


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_for_bills(supervision: Supervision) -> None:
    """Follow the worker while it makes the PDFs and sends the emails of the newest bills."""
    import django

    sys.path.insert(0, str(ROOT))
    django.setup()
    from django.db import connection

    from records.documents.models import Document
    from records.documents.states import Status as Made
    from records.notices.models import Notice
    from records.notices.states import Status as Sent

    documents = Document.objects.exclude(status=Made.ON_DEMAND)
    until = time.monotonic() + PATIENCE
    shown = ""
    while time.monotonic() < until:
        made = documents.filter(status=Made.READY).count()
        waiting = documents.filter(status=Made.WAITING).count()
        unsent = Notice.objects.filter(status__in=[Sent.QUEUED, Sent.SENDING]).count()
        line = f"PDFs made: {made} of {made + waiting}   emails waiting: {unsent}"
        if line != shown:
            print(
                f"\r{line}   " if sys.stdout.isatty() else line,
                end="" if sys.stdout.isatty() else "\n",
                flush=True,
            )
            shown = line
        supervision.look()
        if waiting == unsent == 0:
            break
        time.sleep(0.5)
    print()
    connection.close()


def _print_welcome(port: int) -> None:
    line = "─" * 78
    print(f"{line}\nLog-ins of the demo\n{line}", flush=True)
    subprocess.call([BIN / "python", "manage.py", "demo", "logins"])
    print(
        f"{line}\n"
        f"The portal    http://localhost:{port}\n"
        f"Staff         http://localhost:{port}/admin/\n"
        f"Sent emails   http://localhost:{port}/dev/mail/\n"
        f"Stop it       Ctrl-C\n{line}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
