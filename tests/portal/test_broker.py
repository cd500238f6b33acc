"""The embedded broker under load, and beside files that nobody can read."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection, Exchange, Queue
from structlog.testing import capture_logs

from portal.adapters import broker

pytestmark = pytest.mark.portable

QUEUE = Queue("celery", Exchange("celery", type="direct"), routing_key="celery")
UNREADABLE = {
    "empty": b"",
    "truncated": b'{"body": "W10=", "properties": {"deliv',
    "no message": b"{}",
    "a list": b"[1, 2]",
    "a word": b'"celery"',
    "no text": b"\xff\xfe\x00",
    "without properties": b'{"body": "W10="}',
    "odd properties": b'{"body": "W10=", "properties": {"delivery_tag": 1, "delivery_info": 7}}',
}


def connect(folder: Path) -> Connection:
    for name in ("messages", "control"):
        (folder / name).mkdir(exist_ok=True)
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.01,
    }
    return Connection(
        "filesystem://localhost", transport=broker.Transport, transport_options=options
    )


@pytest.fixture
def folder(tmp_path) -> Iterator[Path]:
    with connect(tmp_path) as connection:
        QUEUE(connection.default_channel).declare()
    return tmp_path


def send(folder: Path, words: list[str]) -> None:
    with connect(folder) as connection:
        producer = connection.Producer()
        for word in words:
            producer.publish(word, exchange=QUEUE.exchange, routing_key="celery", declare=[QUEUE])


def receive(folder: Path, upto: int, wait: float = 5) -> list[str]:
    """Take messages until there are so many, or none came for a while."""
    found: list[str] = []

    def take(body: str, message) -> None:
        found.append(body)
        message.ack()

    with connect(folder) as connection, connection.Consumer(QUEUE, callbacks=[take]):
        while len(found) < upto:
            try:
                connection.drain_events(timeout=wait)
            except TimeoutError:
                break
    return found


def leave(folder: Path, data: bytes, name: str = "0") -> None:
    (folder / "messages" / f"{name}.celery.msg").write_bytes(data)


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_dropped_with_a_line_and_the_next_arrives(folder, data):
    leave(folder, data)
    send(folder, ["still here"])

    with capture_logs() as lines:
        found = receive(folder, 1)

    assert found == ["still here"]
    assert [line["event"] for line in lines].count("message_dropped") == 1
    assert not list((folder / "messages").glob("*.msg"))


def test_half_a_message_never_has_its_name(folder, monkeypatch):
    """The name appears only once all is written: what is killed in between leaves a draft."""

    def killed(self, target):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(Exception, match="takes no message"):
            send(folder, ["never whole"])

    assert list((folder / "messages").iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"[[", b"7", b"[[1]]"])
def test_table_of_an_exchange_that_cannot_be_read_is_made_anew(folder, data):
    (folder / "control" / "celery.exchange").write_bytes(data)

    send(folder, ["routed"])

    assert receive(folder, 1) == ["routed"]


def test_each_message_goes_to_one_worker(folder):
    send(folder, [str(number) for number in range(200)])
    found: list[list[str]] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        found.append(receive(folder, 200, wait=0.5))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    everything = [word for part in found for word in part]
    assert sorted(everything) == sorted(str(number) for number in range(200))


def test_what_a_killed_process_left_is_swept_up_later(folder, monkeypatch):
    draft = folder / "messages" / ".abc.part"
    draft.write_bytes(b"half")

    receive(folder, 1, wait=0.05)
    assert draft.exists()
    monkeypatch.setattr(broker, "ABANDONED", -1)
    receive(folder, 1, wait=0.05)
    assert not draft.exists()


@pytest.mark.parametrize(
    "each", [250, pytest.param(2500, marks=pytest.mark.long, id="ten thousand")]
)
def test_nothing_is_lost_or_doubled_while_four_processes_write_on_a_busy_machine(folder, each):
    context = multiprocessing.get_context("fork")
    leave(folder, b"", "0_before")
    leave(folder, UNREADABLE["truncated"], "0_before_too")
    busy = [context.Process(target=_spin, daemon=True) for _ in range(multiprocessing.cpu_count())]
    writers = [
        context.Process(target=send, args=(folder, [f"{who}/{n}" for n in range(each)]))
        for who in range(4)
    ]
    for process in [*busy, *writers]:
        process.start()
    try:
        first = receive(folder, each)
        leave(folder, b"", "0_meanwhile")
        leave(folder, UNREADABLE["truncated"], "0_meanwhile_too")
        found = first + receive(folder, 3 * each)
    finally:
        for process in busy:
            process.kill()
        for process in writers:
            process.join()

    assert all(writer.exitcode == 0 for writer in writers)
    assert sorted(found) == sorted(f"{who}/{n}" for who in range(4) for n in range(each))


def _spin() -> None:
    while True:
        pass
