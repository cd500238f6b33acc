"""Is the portal well? /healthz asks the process, /readyz what it depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection

from records.documents.selectors import oldest_to_make, to_make
from records.notices.selectors import oldest_sendable, sendable

HEARTBEAT_KEY = "worker-heartbeat"


@dataclass(frozen=True)
class Check:
    """One dependency: is it well, and what to know of it."""

    name: str
    well: bool
    what: str


def note_heartbeat(at: datetime) -> None:
    cache.set(HEARTBEAT_KEY, at.isoformat(), timeout=86_400)


def checks(at: datetime) -> list[Check]:
    """Look at database, broker, worker, outbox and documents, as they are now."""
    database = _database()
    if not database.well:
        return [database]
    return [database, _broker(), _worker(at), *_queues(at)]


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as failure:
        return Check("database", False, f"no answer ({type(failure).__name__})")
    return Check("database", True, connection.vendor)


def _broker() -> Check:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception as failure:
        return Check("broker", False, f"no answer ({type(failure).__name__})")
    return Check("broker", True, current_app.conf.broker_url.partition(":")[0])


def _worker(at: datetime) -> Check:
    last = cache.get(HEARTBEAT_KEY)
    if last is None:
        return Check("worker", False, "has not been seen yet")
    silence = (at - datetime.fromisoformat(last)).total_seconds()
    return Check(
        "worker", silence <= settings.WORKER_SILENCE_SECONDS, f"last seen {silence:.0f} s ago"
    )


def _queues(at: datetime) -> list[Check]:
    return [
        _queue("outbox", at, oldest_sendable(at), sendable(at).count()),
        _queue("documents", at, oldest_to_make(at), to_make(at).count()),
    ]


def _queue(name: str, at: datetime, oldest: datetime | None, waiting: int) -> Check:
    """Late is only what could have been done: not what waits for its hour or for its next try."""
    if oldest is None:
        return Check(name, True, "nothing is due")
    lag = (at - oldest).total_seconds()
    return Check(
        name, lag <= settings.OUTBOX_LAG_SECONDS, f"{waiting} due, the oldest for {lag:.0f} s"
    )
