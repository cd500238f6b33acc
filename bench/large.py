"""`make bench-large`: what many complaints cost, on PostgreSQL; it prints a table, never fails."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.measure import Row

FEW, MANY = 1_000, 100_000
DEADLINES, DUE = 1_000_000, 1_000
ROUNDS = 9
MOST_QUERIES = 8
AT = datetime(2027, 3, 1, tzinfo=UTC)


def main() -> int:
    """Fill a database of its own, measure, and print what was found beside its goal."""
    _set_up()
    print(f"{'what':<66} {'found':>10} {'goal':>10}")
    for row in (*_queue(), _sweep()):
        print(f"{row.what:<66} {row.found:>10.2f} {row.goal:>10}", flush=True)
    return 0


def _set_up() -> None:
    import os

    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


def _wall(act: Callable[[], object]) -> float:
    """Seconds of one call by the clock: the database's are part of it. The least of some."""
    act()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return min(times)


def _queue() -> list[Row]:
    """The page of the queue for many open complaints, against few."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from parties.people.states import StaffRole
    from tests.world import make_staff, make_world

    world = make_world()
    client = Client()
    client.force_login(make_staff(StaffRole.TEAM_MANAGER))
    page = "/admin/complaints/complaint/"
    _complain(world, 0, FEW)
    few = _wall(lambda: client.get(page))
    _complain(world, FEW, MANY)
    many = _wall(lambda: client.get(page))
    with CaptureQueriesContext(connection) as queries:
        if "C-BENCH-0" not in client.get(page).content.decode():
            raise RuntimeError("the queue is not shown")
    own = [one for one in queries.captured_queries if "complaints_complaint" in one["sql"]]
    last = _wall(lambda: client.get(f"{page}?q=C-BENCH-{MANY - 1}"))
    return [
        Row(f"queue of {MANY:,} open complaints, against {FEW:,}", many / few, "≤ 1.3"),
        Row("its queries about complaints", len(own), f"≤ {MOST_QUERIES}"),
        Row("finding one by its reference, against the page", last / many, "≤ 1.5"),
    ]


def _complain(world: Any, first: int, beyond: int) -> None:
    """Complaints as they stand in the queue, each with the days that it owes."""
    from django.db import connection

    from complaints.tickets.models import Complaint

    Complaint.objects.bulk_create(
        (
            Complaint(
                reference=f"C-BENCH-{number}",
                account=world.account,
                lodged_by=world.holder,
                role="account_holder",
                channel="web",
                received_at=AT - timedelta(minutes=number),
                topic="fault",
                description="It does not work.",
                state="investigating",
                version="undated-1",
                first_due_at=AT + timedelta(minutes=number * 7919 % MANY),
                first_due_on=date(2027, 3, 20),
                first_duty="propose",
            )
            for number in range(first, beyond)
        ),
        batch_size=5_000,
    )
    for duty in ("propose", "explain_delay", "implement"):
        _owe(world, duty, (f"C-BENCH-{number}" for number in range(first, beyond)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _owe(world: Any, duty: str, subjects: Any, due: int = 0) -> None:
    from records.deadlines.models import Deadline

    Deadline.objects.bulk_create(
        (
            Deadline(
                account=world.account,
                subject=subject,
                duty=duty,
                title="x",
                due_on=date(2027, 3, 20),
                due_at=AT + timedelta(days=20),
                remind_on=date(2027, 3, 1),
                zone="Australia/Sydney",
                set_at=AT,
                next_look_at=AT if number < due else AT + timedelta(days=19),
                about="complaint",
            )
            for number, subject in enumerate(subjects)
        ),
        batch_size=5_000,
    )


def _sweep() -> Row:
    """One ring of the reminders: what is due decides its time, not what is open."""
    from django.db import connection

    from records.deadlines.models import Deadline
    from records.deadlines.services import remind_and_flag
    from tests.world import make_world

    world = make_world("callpro")

    def ring() -> float:
        start = time.perf_counter()
        remind_and_flag(at=AT)
        return time.perf_counter() - start

    _owe(world, "propose", (f"few-{number}" for number in range(DUE)), due=DUE)
    small = ring()
    have = Deadline.objects.count()
    names = (f"many-{number}" for number in range(DEADLINES - have))
    _owe(world, "propose", names, due=DUE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    what = f"sweep of {DEADLINES:,} open deadlines, {DUE:,} due, against {have:,}"
    return Row(what, ring() / small, "≤ 1.5")


if __name__ == "__main__":
    sys.exit(main())
