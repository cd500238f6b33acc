"""The embedded broker: a folder in which whole messages appear, and from which they are taken.

A message is only a nudge (design rule 10), so one that cannot be read is dropped with a line in
the log and never stops a worker.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import structlog
from kombu.exceptions import ChannelError
from kombu.transport import filesystem, virtual
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps, loads

log = structlog.get_logger(__name__)

# What a process that was killed left half-written or half-taken is swept up after this long.
ABANDONED = 3600  # seconds


def publish(path: Path, data: bytes) -> None:
    """Write a file that appears under its name whole or not at all."""
    draft = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        draft.write_bytes(data)
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


class Channel(filesystem.Channel):
    """Kombu's channel over folders, with files that are published and taken by renaming."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen: dict[str, list[str]] = {}
        self._sweep()

    # Kombu names the second argument in two ways.
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020}_{uuid.uuid4().hex}.{queue}.msg"
        try:
            publish(self._folder / name, str_to_bytes(dumps(payload)))
        except OSError as failure:
            raise ChannelError(f"The broker's folder takes no message: {failure}") from failure

    def _get(self, queue: str, timeout: Any = None) -> dict[str, Any]:
        """Take the oldest readable message. Raises Empty where there is none."""
        waiting = self._seen.get(queue) or self._waiting(queue)
        while waiting:
            data = self._take(waiting.pop(0))
            if data is None:
                continue
            self._seen[queue] = waiting
            message = _readable(data)
            if message is not None:
                return message
            log.warning("message_dropped", queue=queue, size=len(data))
        self._seen.pop(queue, None)
        raise Empty

    def _take(self, name: str) -> bytes | None:
        """The words of one message, for the one process that gets hold of it."""
        taken = self._folder / f".{uuid.uuid4().hex}.taken"
        try:
            (self._folder / name).rename(taken)
            data = taken.read_bytes()
            taken.unlink()
        except OSError:
            # Another worker was quicker, or somebody tidied up.
            return None
        return data

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        return sum(self._take(name) is not None for name in self._waiting(queue))

    def _waiting(self, queue: str) -> list[str]:
        names = (entry.name for entry in os.scandir(self._folder))
        return sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg")

    def get_table(self, exchange: str) -> list[Any]:
        """Which queues listen to an exchange; a table that cannot be read is made anew."""
        path = self._exchange_file(exchange)
        try:
            rows = loads(path.read_text())
            return [filesystem.exchange_queue_t(*row) for row in rows]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as failure:
            log.warning("exchange_unreadable", exchange=exchange, why=type(failure).__name__)
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._table(exchange) as rows:
            if row not in rows:
                rows.insert(0, row)

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any
    ) -> None:
        virtual.Channel._delete(self, queue, exchange, routing_key, pattern, *args, **kwargs)
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._table(exchange) as rows:
            if row in rows:
                rows.remove(row)

    @contextlib.contextmanager
    def _table(self, exchange: str) -> Iterator[list[Any]]:
        """Change the table of an exchange, one process at a time."""
        path = self._exchange_file(exchange)
        path.parent.mkdir(parents=True, exist_ok=True)
        with (path.parent / ".lock").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            rows = self.get_table(exchange)
            before = list(rows)
            yield rows
            if rows != before or not path.exists():
                publish(path, str_to_bytes(dumps(rows)))

    @property
    def _folder(self) -> Path:
        return Path(self.data_folder_in)

    def _sweep(self) -> None:
        oldest = time.time() - ABANDONED
        for path in [*self._folder.glob(".*.part"), *self._folder.glob(".*.taken")]:
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


class Transport(filesystem.Transport):
    """What `broker_transport` names for the embedded broker."""

    Channel = Channel

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        # Kombu remembers in the process what is bound, also after its folder was emptied.
        self.state = virtual.BrokerState()


def _readable(data: bytes) -> dict[str, Any] | None:
    """The message, if it has the parts without which a worker would stumble over it."""
    try:
        message = json.loads(data)
        properties = message["properties"]
        whole = "body" in message and {"delivery_tag", "delivery_info"} <= set(properties)
        # A worker reads these two as mappings, and the routing from the second.
        whole = whole and {"exchange", "routing_key"} <= set(properties["delivery_info"])
        return loads(data.decode()) if whole else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
