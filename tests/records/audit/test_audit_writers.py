"""Writers of one account's chain queue up; writers of different accounts never wait."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from records.audit.models import Entry
from records.audit.selectors import discrepancies
from records.audit.services import record
from tests.world import instant, make_world

pytestmark = pytest.mark.portable

AT = instant("2026-12-01 10:00")
POSTGRES = connection.vendor == "postgresql"


def test_writing_locks_and_reads_rows_of_that_account_only(world):
    other = make_world("callpro").account

    with CaptureQueriesContext(
        connection,
    ) as queries:
        record(account_id=world.account.pk, at=AT, action="change_details")

    touching = [query["sql"] for query in queries if "audit_" in query["sql"]]
    assert touching
    assert all("account_id" in sql and f" = {other.pk} " not in sql for sql in touching)


if POSTGRES:

    def _write_while_held(account_id: int) -> None:
        """Append in a thread and connection of its own, refusing to wait for a lock."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
                record(account_id=account_id, at=AT, action="change_details")
        finally:
            connection.close()

    @pytest.mark.django_db(transaction=True)
    def test_only_the_same_account_makes_a_writer_wait():
        held, other = make_world("vpnet").account, make_world("callpro").account

        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            record(account_id=held.pk, at=AT, action="change_details")
            pool.submit(_write_while_held, other.pk).result(10)
            with pytest.raises(OperationalError):
                pool.submit(_write_while_held, held.pk).result(10)

        assert list(discrepancies()) == []

    @pytest.mark.django_db(transaction=True)
    def test_many_writers_of_one_account_leave_one_whole_chain():
        account = make_world("vpnet").account
        start = threading.Barrier(4)

        def write(_: int) -> None:
            start.wait()
            for _ in range(5):
                record(account_id=account.pk, at=AT, action="change_details")
            connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(4)))

        assert Entry.objects.filter(account=account, action="change_details").count() == 20
        assert list(discrepancies()) == []
