"""Take in what a bank sent back of direct debits: all of a list, or nothing of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.payments.models import DebitReturns, Draw, Mandate, Refund
from billing.payments.states import (
    DRAW,
    GIVEN_BACK,
    MISSES_THAT_PAUSE,
    PAUSING,
    DrawAct,
    DrawState,
    RefundState,
    ReturnCode,
)
from parties.accounts.models import Provider
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.correspondence.services import tell_holder
from parties.people.models import User
from records.audit.services import Actor, record
from records.notices.services import Link
from terms.calendar import in_words
from terms.money import ZERO, in_dollars

from .amounts import PaymentRefused
from .dishonour import dishonour_payment
from .draws import locked_draw, settle_draw
from .mandates import note_stopped, pause_mandate
from .refund_outcomes import refund_failed

LINE = 120
LARGEST = 1_000_000


class ReturnsRefused(PaymentRefused):
    """Nothing of a list was taken; `problems` say for each line what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"Nothing was taken. {' '.join(problems)}")
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Returned:
    """One debit that a bank sent back: ours by its reference, dollars, the bank's reason."""

    line: int
    reference: str
    amount: Decimal
    code: ReturnCode


def take_returns(*, provider: Provider, data: bytes, by: User, at: datetime) -> DebitReturns:
    """Take a bank's list of what it sent back, in the banks' format (records of type 2).

    A refund is credit again and waits for another way. The bill of a debit is open again, with
    what the terms charge for a dishonour; after a reason that lasts, or two in a row, the mandate
    pauses. A list with a line that does not fit is refused whole.
    Raises ReturnsRefused.
    """
    found = _read(data)
    sha256 = hashlib.sha256(_plain(data)).hexdigest()
    with transaction.atomic():
        locked = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        known = DebitReturns.objects.filter(provider=locked, sha256=sha256).first()
        if known is not None:
            raise ReturnsRefused(
                [f"This list was taken on {in_words(known.taken_at.date())} by {known.taken_by}."]
            )
        rows = _fitting(locked, found)
        for one in sorted(found, key=lambda one: rows[one.reference].account_id):
            row = rows[one.reference]
            if isinstance(row, Refund):
                _refund_back(row, one.code, by, at)
            else:
                _send_back(row, one.code, by, at)
        return DebitReturns.objects.create(
            provider=locked,
            sha256=sha256,
            taken_at=at,
            taken_by=by,
            count=len(found),
            total=sum((one.amount for one in found), ZERO),
        )


def note_return(*, draw: Draw, code: ReturnCode, by: User, at: datetime) -> Draw:
    """Note that the bank sent one debit back. Raises ReturnsRefused if it did not have it."""
    with transaction.atomic():
        problem = _problem(draw)
        if problem:
            raise ReturnsRefused([problem])
        return _send_back(draw, code, by, at)


def note_stop(*, draw: Draw, by: User, at: datetime) -> Draw:
    """Note that a debit was stopped at the bank before it was drawn. Raises IllegalStep."""
    with transaction.atomic():
        lock_account(draw.account_id)
        row = locked_draw(draw)
        row.state = DRAW.after(DrawState(row.state), DrawAct.STOP)
        row.reason, row.ended_at = "Stopped at the bank", at
        row.save(update_fields=["state", "reason", "ended_at"])
        note_stopped(row, at)
        _note(row, "stop_draw", by, at)
    return row


def _plain(data: bytes) -> bytes:
    return b"\n".join(line.rstrip() for line in data.replace(b"\r", b"\n").split(b"\n") if line)


def _read(data: bytes) -> list[Returned]:
    """The debits of a list. Raises ReturnsRefused for what is none."""
    if len(data) > LARGEST:
        raise ReturnsRefused(["It is larger than 1 MB: that is no list of returns."])
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as wrong:
        raise ReturnsRefused(
            ["It is no file of a bank: it holds signs that none uses."]
        ) from wrong
    if "\0" in text:
        raise ReturnsRefused(["It is no file of a bank: it holds signs that none uses."])
    found, problems = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line[0] in "07":
            continue
        try:
            found.append(_line(number, line))
        except ValueError as wrong:
            problems.append(f"Line {number}: {wrong}.")
    if problems:
        raise ReturnsRefused(problems)
    if not found:
        raise ReturnsRefused(
            ["It names no debit: a returned one stands on a line that begins with 2."]
        )
    return found


def _line(number: int, line: str) -> Returned:
    if line[0] != "2":
        raise ValueError(f"it begins with “{line[0]}”; a returned debit begins with 2")
    if len(line) > LINE or len(line) < 80:
        raise ValueError(f"it has {len(line)} signs and not {LINE}")
    cents, code = line[20:30], line[17]
    if not cents.isdigit():
        raise ValueError(f"“{cents}” is no amount in cents")
    if code not in ReturnCode.values:
        raise ValueError(f"“{code}” is no reason that banks give")
    reference = line[62:80].strip().upper()
    if not reference:
        raise ValueError("it names no reference")
    amount = Decimal(int(cents)).scaleb(-2)
    return Returned(line=number, reference=reference, amount=amount, code=ReturnCode(code))


def _fitting(provider: Provider, found: list[Returned]) -> dict[str, Draw | Refund]:
    """The debits and refunds that are meant. Raises ReturnsRefused where a line does not fit."""
    mine = Draw.objects.filter(
        account__customer__provider=provider, reference__in=[one.reference for one in found]
    )
    rows: dict[str, Draw | Refund] = {row.reference: row for row in mine.select_related("account")}
    rows |= _refunds_meant(provider, found)
    seen = Counter(one.reference for one in found)
    problems = []
    for one in found:
        row = rows.get(one.reference)
        words = ""
        if row is None:
            words = f"nothing of ours has the reference {one.reference}"
        elif seen[one.reference] > 1:
            words = f"{one.reference} stands in it {seen[one.reference]} times"
        elif one.amount != row.amount:
            words = (
                f"{one.reference} is of {in_dollars(row.amount)}, not of {in_dollars(one.amount)}"
            )
        else:
            words = _problem(row)
        if words:
            problems.append(f"Line {one.line}: {words}.")
    if problems:
        raise ReturnsRefused(problems)
    return rows


def _refunds_meant(provider: Provider, found: list[Returned]) -> dict[str, Refund]:
    """The refunds that a list names, by what the bank calls this try of each."""
    keys = {
        int(one.reference[2:12])
        for one in found
        if one.reference.startswith("RF") and one.reference[2:].isdecimal()
    }
    rows = Refund.objects.filter(account__customer__provider=provider, pk__in=keys)
    return {row.bank_reference: row for row in rows.select_related("account", "file")}


def _refund_back(found: Refund, code: ReturnCode, by: User, at: datetime) -> None:
    """Note that the bank sent a refund back: it is credit again, and waits for another way."""
    account = lock_account(found.account_id)
    row = Refund.objects.select_for_update(of=("self",)).get(pk=found.pk)
    row.account = account
    record(
        account_id=account.pk,
        at=at,
        action="note_refund_failure",
        actor=Actor(user_id=by.pk, name=str(by)),
        subject=str(row.public_id),
        reason=str(code.label),
    )
    refund_failed(row, str(code.label), at)


def _problem(row: Draw | Refund) -> str:
    """Why a debit or refund can't have been sent back; empty where it can."""
    if isinstance(row, Refund):
        if row.state == RefundState.FAILED:
            return f"{row.bank_reference} was sent back already"
        known = row.is_sent and row.state in GIVEN_BACK
        return "" if known else f"the bank was not asked for {row.bank_reference}"
    if row.state in (DrawState.SENT, DrawState.PAID) and row.file_id is not None:
        return ""
    if row.state == DrawState.RETURNED:
        return f"{row.reference} was sent back already"
    return f"the bank was not asked for {row.reference}"


def _send_back(found: Draw, code: ReturnCode, by: User, at: datetime) -> Draw:
    """Undo a debit: its bill is open again, and its mandate pauses where the reason lasts."""
    account = lock_account(found.account_id)
    row = locked_draw(found)
    if row.state == DrawState.SENT:
        # The bank's day may have come without our having booked it yet.
        settle_draw(row, at)
        row = locked_draw(found)
    payment = row.payment
    row.state = DRAW.after(DrawState(row.state), DrawAct.RETURN)
    row.code, row.reason, row.ended_at = code, str(code.label).capitalize(), at
    row.save(update_fields=["state", "code", "reason", "ended_at"])
    if payment is not None and payment.reversed_on is None:
        why = f"The bank sent the direct debit back: {code.label}"
        on = max(local_day(account, at), payment.received_on)
        dishonour_payment(payment=payment, on=on, why=why, at=at)
    else:
        _tell_not_drawn(row, at)
    if row.stop_asked_at is not None:
        note_stopped(row, at)
    _note(row, "return_draw", by, at)
    _count_miss(row, code, at)
    return row


def _count_miss(row: Draw, code: ReturnCode, at: datetime) -> None:
    mandate = Mandate.objects.select_for_update(of=("self",)).get(pk=row.mandate_id)
    mandate.account = row.account
    mandate.misses += 1
    mandate.save(update_fields=["misses"])
    if code in PAUSING:
        pause_mandate(mandate, f"Your bank sent a debit back: {code.label}", at)
    elif mandate.misses >= MISSES_THAT_PAUSE:
        pause_mandate(mandate, f"Your bank sent back {mandate.misses} debits in a row", at)


def _tell_not_drawn(row: Draw, at: datetime) -> None:
    account = row.account
    tell_holder(
        account,
        at=at,
        headline=f"{in_dollars(row.amount)} was not drawn",
        body=f"Your bank sent the direct debit for bill {row.invoice} back: {row.reason.lower()}. "
        "The bill is still to be paid; please pay another way. Hard to pay? Tell us: asking for "
        "help costs nothing.",
        link=Link("direct-debit"),
        label="See your direct debits",
    )


def _note(row: Draw, action: str, by: User, at: datetime) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=Actor(user_id=by.pk, name=str(by)),
        subject=row.invoice.number,
        after={"reference": row.reference, "amount": str(row.amount), "why": row.reason},
    )
