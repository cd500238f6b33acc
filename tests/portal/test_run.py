"""`make run` keeps each part of the portal going, whatever becomes of another."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.portable

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("portal_run", ROOT / "scripts" / "run.py")
run = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = run
SPEC.loader.exec_module(run)

FOREVER = [sys.executable, "-c", "import time; time.sleep(600)"]
AT_ONCE = [sys.executable, "-c", "raise SystemExit(3)"]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watched(clock):
    made = []

    def make(**commands: list[str]) -> run.Supervision:
        parts = [run.Part(name, command) for name, command in commands.items()]
        made.append(run.Supervision(parts, clock))
        made[-1].look()
        return made[-1]

    yield make
    for supervision in made:
        supervision.stop()


def die(part) -> None:
    part.process.kill()
    part.process.wait(10)


def test_killed_part_is_started_again_and_the_others_never_notice(watched, clock, capsys):
    supervision = watched(web=FOREVER, worker=FOREVER)
    web, worker = supervision.parts
    before, untouched = worker.process.pid, web.process.pid

    die(worker)
    supervision.look()
    assert worker.process is None
    clock.now += run.FIRST_PAUSE
    supervision.look()

    assert worker.process.poll() is None
    assert worker.process.pid != before
    assert web.process.pid == untouched
    said = capsys.readouterr().err
    assert "The worker process stopped by itself (signal SIGKILL)" in said
    assert "started again in 1 s" in said


def test_pause_grows_to_a_minute_and_begins_anew_once_a_part_ran_steadily(watched, clock):
    supervision = watched(worker=AT_ONCE)
    (worker,) = supervision.parts
    pauses = []
    for _ in range(8):
        worker.process.wait(10)
        supervision.look()
        pauses.append(worker.pause)
        clock.now = worker.start_at
        supervision.look()

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]

    worker.process.wait(10)
    clock.now += run.STEADY
    supervision.look()
    assert worker.pause == 1


def test_program_that_is_not_there_is_said_and_tried_again(watched, capsys):
    supervision = watched(worker=["/nowhere/celery"], web=FOREVER)

    assert supervision.parts[1].process.poll() is None
    assert "could not be started" in capsys.readouterr().err
    assert supervision.parts[0].pause == 1


def test_children_of_a_dead_part_are_ended_before_its_successor_starts(watched, tmp_path):
    note = tmp_path / "child"
    code = (
        "import pathlib, subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid)); time.sleep(600)"
    )
    supervision = watched(web=[sys.executable, "-c", code])
    until(lambda: note.exists() and note.read_text(), "the child")

    die(supervision.parts[0])
    supervision.look()

    until(lambda: not alive(int(note.read_text())), "the child to be gone")


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(holds, what: str, patience: float = 120) -> None:
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 our own process
            return answer.status == 200
    except OSError:
        return False


def children(pid: int) -> dict[int, str]:
    """The processes that a process started, with their command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            words = path.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found[int(path.parent.name)] = words
    return found


@pytest.mark.long
def test_portal_outlives_its_parts_and_what_lies_in_the_brokers_folder(tmp_path):
    """Web and worker are killed in turn, with an empty and a truncated message about."""
    messages = tmp_path / "broker" / "messages"
    messages.mkdir(parents=True)
    (messages / "0_before.celery.msg").write_bytes(b"")
    (messages / "0_before_too.celery.msg").write_bytes(b'{"body": "W10=", "prop')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    log = (tmp_path / "log").open("w+")
    portal = subprocess.Popen(
        [sys.executable, "scripts/run.py", "--port", str(port)],
        cwd=ROOT,
        env=env | {"DATA_DIR": str(tmp_path)},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )

    def part(program: str) -> int:
        found = [pid for pid, words in children(portal.pid).items() if program in words]
        return found[0] if found else 0

    def said() -> str:
        return Path(log.name).read_text()

    try:
        until(lambda: "Stop it       Ctrl-C" in said(), "the welcome", 300)
        assert not list(messages.glob("0_before*"))
        for program, name in (("--beat", "worker and beat"), ("gunicorn", "web")):
            before = part(program)
            os.kill(before, signal.SIGKILL)
            until(lambda name=name: f"The {name} process stopped" in said(), f"a line on {name}")
            if program == "--beat":
                assert answers(f"http://localhost:{port}/healthz")
            until(
                lambda program=program, before=before: part(program) not in (0, before),
                f"{program} to be back",
            )
            until(lambda: answers(f"http://localhost:{port}/healthz"), "an answer")
        (messages / "0_meanwhile.celery.msg").write_bytes(b"")
        until(lambda: not list(messages.glob("0_meanwhile*")), "the worker to go on")
        assert portal.poll() is None
    finally:
        portal.send_signal(signal.SIGINT)
        portal.wait(60)

    assert portal.returncode == 0, said()
    assert not answers(f"http://localhost:{port}/healthz")
