"""Money over many bills: open amounts in a list, an account's balance, aged debt."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bench.measure import Row, django, ratio

LISTED, BATCH = 10_000, 5_000
# 200,000 on PostgreSQL by `make bench-large`; a tenth of it, on SQLite, otherwise.
AGED = 200_000 if "BENCH_LARGE" in os.environ else 20_000
ON = date(2027, 3, 1)
TEN_YEARS = 120


def rows() -> list[Row]:
    """Return what open amounts cost in lists, the queries of a balance, and what aging takes."""
    django()
    account, others = _accounts()
    _fill(account, others, AGED)
    return [_listed(), *_balance(account), _aged()]


def _listed() -> Row:
    """A list of bills with what of each is open, against the bills alone."""
    from billing.invoices.models import Invoice
    from billing.payments.selectors import with_outstanding

    bare = Invoice.objects.order_by("pk")[:LISTED]
    found = with_outstanding(Invoice.objects.order_by("pk"))[:LISTED]
    return Row(
        f"open amounts of {LISTED:,} bills, against the bills alone",
        ratio(lambda: list(found.values_list("number", "outstanding")), lambda: _numbers(bare)),
        "≤ 1.5",
    )


def _numbers(rows: Any) -> list[Any]:
    return list(rows.values_list("number", "total_inc"))


def _balance(account: Any) -> list[Row]:
    """The balance of an account with ten years of bills: its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from billing.payments.selectors import balance

    with CaptureQueriesContext(connection) as queries:
        balance(account, ON)
    return [Row(f"queries of a balance over {TEN_YEARS} bills", len(queries), "≤ 1")]


def _aged() -> Row:
    """Aged debt of every provider: milliseconds, the median of seven."""
    from billing.ledger.selectors import aged_by_provider

    aged_by_provider(ON)
    taken = []
    for _ in range(7):
        start = time.perf_counter()
        aged_by_provider(ON)
        taken.append((time.perf_counter() - start) * 1000)
    return Row(f"aged debt over {AGED:,} bills, ms", statistics.median(taken), "≤ 200")


def _accounts() -> tuple[Any, list[Any]]:
    """An account for ten years of bills, with its kept balance at hand, and the others."""
    from parties.accounts.models import Account

    found = list(Account.objects.select_related("balance", "customer__provider").order_by("pk"))
    return found[0], found[1:]


def _fill(account: Any, others: list[Any], total: int) -> None:
    """Bills with open items, a part of each paid: some due long ago, some not yet."""
    from billing.invoices.models import Invoice
    from billing.ledger.models import OpenItem
    from billing.runs.models import BillRun

    run = BillRun.objects.order_by("pk").first()
    for start in range(0, total, BATCH):
        facts = list(_bills(account, others, range(start, min(start + BATCH, total))))
        made = Invoice.objects.bulk_create(Invoice(run=run, **one) for one in facts)
        OpenItem.objects.bulk_create(
            OpenItem(
                invoice=row,
                account_id=row.account_id,
                due_date=row.due_date,
                amount=Decimal("16.00"),
            )
            for row in made
        )


def _bills(account: Any, others: list[Any], numbers: range) -> Iterator[dict[str, Any]]:
    for number in numbers:
        issued = ON - timedelta(days=number % 150)
        yield {
            "account": account if number < TEN_YEARS else others[number % len(others)],
            "number": f"BENCH{number:07d}",
            "bill_day": issued,
            "issue_date": issued,
            "due_date": issued + timedelta(days=14),
            "period_start": issued,
            "period_end": issued + timedelta(days=29),
            "subtotal_ex": Decimal("60.00"),
            "gst": Decimal("6.00"),
            "total_inc": Decimal("66.00"),
            "version": "bench",
        }
