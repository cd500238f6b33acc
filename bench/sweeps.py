"""Sweeps over many rows, and a bill run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.measure import Row, cpu, django

OPEN, DUE = 20_000, 1_000
AT = datetime(2027, 3, 1, tzinfo=UTC)


def rows() -> list[Row]:
    """Return what a sweep costs beside the bare statement, and whether its size matters."""
    django()
    return [_sweep()]


def _sweep() -> Row:
    from records.deadlines.models import Deadline
    from records.deadlines.services import remind_and_flag

    account = _account()
    _fill(account, "few", OPEN // 10)
    small = cpu(lambda: remind_and_flag(at=AT))
    Deadline.objects.filter(subject__startswith="few").delete()
    _fill(account, "many", OPEN)
    large = cpu(lambda: remind_and_flag(at=AT))
    Deadline.objects.filter(subject__startswith="many").delete()
    return Row(
        f"sweep of {OPEN:,} open deadlines, {DUE:,} due, against {OPEN // 10:,}",
        large / small,
        "≤ 1.5",
    )


def _account() -> Any:
    from parties.accounts.models import Account

    return Account.objects.first()


def _fill(account: Any, name: str, total: int) -> None:
    from records.deadlines.models import Deadline

    Deadline.objects.bulk_create(
        Deadline(
            account=account,
            subject=f"{name}-{number}",
            duty="propose",
            title="x",
            due_on=date(2027, 3, 20),
            due_at=AT + timedelta(days=20),
            remind_on=date(2027, 3, 1),
            zone="Australia/Sydney",
            set_at=AT,
            next_look_at=AT if number < DUE else AT + timedelta(days=19),
        )
        for number in range(total)
    )
