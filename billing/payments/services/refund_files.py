"""Files of refunds for a bank (ABA): each refund in one, by two people where it is much."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.payments.models import Refund, RefundAccount, RefundFile
from billing.payments.selectors import refunds_to_send
from billing.payments.states import (
    DEBIT_FILE,
    DebitFileAct,
    DebitFileState,
    RefundState,
    RefundWay,
)
from parties.accounts.models import Provider
from parties.accounts.selectors import needs_second_person
from parties.accounts.services import lock_account
from parties.people.models import User
from records.audit.services import Actor, record
from terms.money import ZERO, in_dollars

from .aba import CREDIT, MOST, Entry, direct_entries
from .bank_numbers import unseal
from .debit_files import DebitFileRefused, bank_today, heading_of, require_bank_day
from .refund_outcomes import refund_arrived, refund_failed

DESCRIPTION = "REFUND"
TAKEN_AWAY = "The bank account that it was to go to was taken away"


def make_refund_file(*, provider: Provider, day: date, by: User, at: datetime) -> RefundFile:
    """Put all refunds that wait for a file in one, for a working day of the bank.

    A refund never stands in two files. One whose bank account was taken away has not arrived, and
    is paid another way. Above what one person may give, the file waits for another. Raises
    DebitFileRefused.
    """
    require_bank_day(provider, day, at)
    with transaction.atomic():
        # One file of a provider is made after the other.
        locked = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        ready = _looked_at(list(refunds_to_send(locked)), at)
        if ready:
            row = RefundFile.objects.create(provider=locked, day=day, asked_at=at, asked_by=by)
            for refund in ready:
                refund.file = row
                refund.save(update_fields=["file"])
            _count(row, ready)
            if not needs_second_person(locked, row.total):
                _send(row, ready)
                row.decided_at, row.decided_by = at, by
            row.save()
    if not ready:
        raise DebitFileRefused("No refund waits for a file.")
    return row


def decide_refund_file(*, file: RefundFile, approve: bool, by: User, at: datetime) -> RefundFile:
    """Send a file that another made to the bank, or refuse it: its refunds wait for the next.

    Raises DebitFileRefused for one's own, for a day that is over, and where nothing is left;
    IllegalStep if it is decided.
    """
    act = DebitFileAct.APPROVE if approve else DebitFileAct.REFUSE
    with transaction.atomic():
        Provider.objects.select_for_update(no_key=True).get(pk=file.provider_id)
        row = RefundFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
        if row.asked_by_id == by.pk and approve:
            raise DebitFileRefused(
                "Whoever made the file can't approve it: another person has to."
            )
        row.state = DEBIT_FILE.after(DebitFileState(row.state), act)
        held = list(row.refunds.select_related("account").order_by("account_id", "pk"))
        if approve:
            require_bank_day(row.provider, row.day, at)
            ready = _looked_at(held, at)
            _count(row, ready)
            if ready:
                _send(row, ready)
            else:
                row.state = DebitFileState.REFUSED
        else:
            row.refunds.update(file=None)
        row.decided_at, row.decided_by = at, by
        row.save()
    return row


def refund_file_content(file: RefundFile) -> bytes:
    """The file for the bank, as it was sent. Raises DebitFileRefused if it is not the same now.

    Account numbers are opened for it alone and kept nowhere else.
    """
    content = _aba(file)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DebitFileRefused(
            "What the file would hold now is not what was sent. Don't upload it: tell whoever "
            "looks after the portal."
        )
    return content


def note_refund_download(file: RefundFile, *, by: User, at: datetime) -> None:
    """Keep on each account's record that its refund was taken out for the bank, and by whom."""
    rows = Refund.objects.in_bulk([line["refund"] for line in file.lines])
    for line in file.lines:
        record(
            account_id=rows[line["refund"]].account_id,
            at=at,
            action="download_refund_file",
            actor=Actor(user_id=by.pk, name=str(by)),
            subject=str(rows[line["refund"]].public_id),
            after={"reference": line["reference"], "day": file.day.isoformat()},
        )


def settle_refund_files(*, at: datetime) -> int:
    """Let refunds be paid once the day of their file is over; return how many."""
    settled = 0
    for provider in Provider.objects.order_by("pk"):
        rows = Refund.objects.filter(
            account__customer__provider=provider,
            state=RefundState.GOING,
            way=RefundWay.FILE,
            file__state=DebitFileState.SENT,
            file__day__lt=bank_today(provider, at),
        )
        for found in rows.select_related("account").order_by("account_id", "pk"):
            with transaction.atomic():
                lock_account(found.account_id)
                row = _locked(found)
                if row.state == RefundState.GOING:
                    refund_arrived(row, at)
                    settled += 1
    return settled


def _looked_at(rows: list[Refund], at: datetime) -> list[Refund]:
    """Those of refunds, their accounts locked, that can still be paid to their bank account."""
    ready = []
    for found in rows:
        lock_account(found.account_id)
        row = _locked(found)
        if row.state != RefundState.GOING:
            continue
        if row.to is None or row.to.ended_at is not None:
            row.file = None
            row.save(update_fields=["file"])
            refund_failed(row, TAKEN_AWAY, at)
            continue
        ready.append(row)
    return ready


def _locked(refund: Refund) -> Refund:
    rows = Refund.objects.select_for_update(of=("self",))
    return rows.select_related("account__customer__provider", "to", "of").get(pk=refund.pk)


def _count(row: RefundFile, refunds: list[Refund]) -> None:
    row.count, row.total = len(refunds), sum((one.amount for one in refunds), ZERO)
    if row.total > MOST:
        raise DebitFileRefused(f"A bank's file holds no more than {in_dollars(MOST)}.")


def _send(row: RefundFile, refunds: list[Refund]) -> None:
    """Let the file be the bank's."""
    row.state = DebitFileState.SENT
    row.heading = heading_of(row.provider)
    row.lines = [
        {
            "refund": one.pk,
            "reference": one.bank_reference,
            "amount": str(one.amount),
            "to": one.to_id,
        }
        for one in sorted(refunds, key=lambda one: one.bank_reference)
    ]
    row.sha256 = hashlib.sha256(_aba(row)).hexdigest()


def _aba(file: RefundFile) -> bytes:
    accounts = RefundAccount.objects.in_bulk([line["to"] for line in file.lines])
    entries = (
        Entry(
            bsb=accounts[line["to"]].bsb,
            number=unseal(accounts[line["to"]].sealed_number),
            name=accounts[line["to"]].payee_name,
            amount=Decimal(line["amount"]),
            reference=line["reference"],
        )
        for line in file.lines
    )
    return direct_entries(file.heading, file.day, entries, code=CREDIT, what=DESCRIPTION)
