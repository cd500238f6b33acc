"""Show the portal: migrate, load the demo, run bills, then web, worker and beat until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
PATIENCE = 180  # seconds to wait for the first PDFs and emails
GRACE = 15  # seconds that each process gets to stop


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
    # Each in a session of its own, so that Ctrl-C reaches this process alone and it stops them.
    processes = {
        "web": _start(
            "gunicorn",
            "portal.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--threads",
            "8",
            "--log-level",
            "warning",
            "--no-control-socket",
        ),
        "worker and beat": _start(
            "celery",
            "--quiet",
            "-A",
            "portal",
            "worker",
            "--beat",
            "--concurrency",
            "1",
            "--loglevel",
            os.environ["LOG_LEVEL"],
        ),
    }
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _stop)
    try:
        _wait_for_bills(processes)
        if all(process.poll() is None for process in processes.values()):
            _print_welcome(port)
        while True:
            for name, process in processes.items():
                if process.poll() is not None:
                    print(f"The {name} process stopped by itself; its last words are above.")
                    return 1
            time.sleep(0.5)
    except KeyboardInterrupt:
        print("\nStopping …")
    finally:
        for process in processes.values():
            _end(process)
    print("Stopped. Nothing is lost: `make run` takes up from here.")
    return 0


def _start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([BIN / program, *arguments], start_new_session=True)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process and its children to stop, and make them after a while."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _wait_for_bills(processes: dict[str, subprocess.Popen[bytes]]) -> None:
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
        dead = any(process.poll() is not None for process in processes.values())
        if waiting == unsent == 0 or dead:
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
