"""The whole portal as `make run` starts it: web, worker and beat on data of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
PATIENCE = 120
OPENER = urllib.request.build_opener()


class Stack:
    """A running portal with the demo in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.port = port
        self.env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_ENV": "local",
            "DEBUG": "true",
            "DATA_DIR": str(folder),
            "SITE_URL": self.url,
            "CSRF_TRUSTED_ORIGINS": self.url,
            "LOG_LEVEL": "ERROR",
        }
        if "DATABASE_URL" in os.environ:
            self.env["DATABASE_URL"] = _own_database(os.environ["DATABASE_URL"])
        if "REDIS_URL" in os.environ:
            own = urlsplit(os.environ["REDIS_URL"])._replace(path="/7").geturl()
            self.env |= {"REDIS_URL": own, "BROKER_URL": own}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed."""
        done = subprocess.run(
            [BIN / "python", "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE * 2,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, code: str) -> str:
        """Run a line of Python against the stack's own database and return what it printed."""
        return self.manage("shell", "--verbosity", "0", "-c", code).strip()

    def new_code(self, key: str, after: str = "") -> str:
        """The code that somebody's app shows, once it is another than `after`."""
        self.until(lambda: self.manage("demo", "code", key).strip() != after, "the next code")
        return self.manage("demo", "code", key).strip()

    def start_web(self) -> None:
        self._start(
            "web",
            "gunicorn",
            "portal.wsgi",
            "--bind",
            f"127.0.0.1:{self.port}",
            "--threads",
            "4",
            "--log-level",
            "error",
            "--no-control-socket",
        )
        self.until(self._answers, "the web process to answer")

    def start_worker(self) -> None:
        self._start(
            "worker",
            "celery",
            "-A",
            "portal",
            "worker",
            "--beat",
            "--concurrency",
            "1",
            "--loglevel",
            "ERROR",
        )

    def kill_worker(self) -> None:
        """SIGKILL to the worker and all its children, in the middle of whatever they do."""
        process = self.processes.pop("worker")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def until(self, holds, what: str) -> None:
        """Wait for something the processes do by themselves."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"waited in vain for {what}"
            time.sleep(0.3)

    def mails(self, to: str = "") -> list[EmailMessage]:
        """The emails that were sent, oldest first."""
        files = sorted((self.folder / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime)
        found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        return [mail for mail in found if to in str(mail["To"])]

    def _start(self, name: str, program: str, *arguments: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            [BIN / program, *arguments],
            cwd=ROOT,
            env=self.env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def _answers(self) -> bool:
        try:
            with OPENER.open(f"{self.url}/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


def _own_database(url: str) -> str:
    """A database beside the one that pytest uses, with the tables of the run's template if any."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        name = f"stack_{os.getpid()}_{time.monotonic_ns()}"
        template = os.environ.get("TEST_TEMPLATE", "template1")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return urlsplit(url)._replace(path=f"/{name}").geturl()
