"""Files of direct debits for a bank (ABA): made once for each debit, by two where it is much."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet

from billing.payments.models import DebitFile, Draw
from billing.payments.states import (
    DEBIT_FILE,
    DRAW,
    TO_DRAW,
    DebitFileAct,
    DebitFileState,
    DrawAct,
    DrawState,
    MandateKind,
)
from parties.accounts.models import Account, Provider
from parties.accounts.selectors import needs_second_person
from parties.accounts.services import lock_account
from parties.people.models import User
from records.audit.services import Actor, record
from terms import library
from terms.calendar import Calendar, calendar, in_words
from terms.money import ZERO, in_dollars

from .aba import DEBIT, MOST, Entry, direct_entries
from .amounts import PaymentRefused
from .bank_numbers import unseal
from .draws import locked_draw, plan_draws, unfile

DESCRIPTION = "DIRECT DEBIT"


class DebitFileRefused(PaymentRefused):
    """The file can't be made or sent so; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A debit that was planned and is not in the file, and why."""

    account: str
    invoice: str
    amount: Decimal
    why: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """A file that was made, and what of the plan it leaves out."""

    file: DebitFile
    left_out: tuple[LeftOut, ...]


def make_debit_file(*, provider: Provider, day: date, by: User, at: datetime) -> Made:
    """Put what is planned up to a working day of the bank in a file for it.

    Each account's plan is looked at once more under its lock: what must not be drawn is left out
    with its reason, or without one where that is private. A debit never stands in two files. Above
    what one person may give, the file waits for another. Raises DebitFileRefused.
    """
    require_bank_day(provider, day, at)
    with transaction.atomic():
        # One file of a provider is made after the other.
        locked = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        planned = list(_planned(locked, day, bank_today(locked, at)).order_by("account_id", "pk"))
        ready, left_out = _looked_at(planned, day, at)
        if not ready:
            words = "; ".join(f"{one.account}: {one.why}" for one in left_out if one.why)
            raise DebitFileRefused(f"Nothing is to be drawn by {in_words(day)}. {words}".strip())
        row = DebitFile.objects.create(provider=locked, day=day, asked_at=at, asked_by=by)
        for draw in ready:
            draw.state = DRAW.after(DrawState(draw.state), DrawAct.FILE)
            draw.file = row
            draw.save(update_fields=["state", "file"])
        _count(row, ready)
        if not needs_second_person(locked, row.total):
            _send(row, ready, at)
            row.decided_at, row.decided_by = at, by
        row.save()
    return Made(file=row, left_out=tuple(left_out))


def decide_debit_file(*, file: DebitFile, approve: bool, by: User, at: datetime) -> Made:
    """Send a file that another made to the bank, or refuse it; then its debits are planned anew.

    What must not be drawn any more is left out. Raises DebitFileRefused for one's own, for a day
    that is over, and where nothing is left; IllegalStep if it is decided.
    """
    act = DebitFileAct.APPROVE if approve else DebitFileAct.REFUSE
    with transaction.atomic():
        Provider.objects.select_for_update(no_key=True).get(pk=file.provider_id)
        row = DebitFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
        if row.asked_by_id == by.pk and approve:
            raise DebitFileRefused(
                "Whoever made the file can't approve it: another person has to."
            )
        row.state = DEBIT_FILE.after(DebitFileState(row.state), act)
        held = list(row.draws.select_related("account").order_by("account_id", "pk"))
        left_out: list[LeftOut] = []
        if approve:
            require_bank_day(row.provider, row.day, at)
            ready, left_out = _looked_at(held, row.day, at)
            if not ready:
                raise DebitFileRefused("Nothing of it may be drawn any more: refuse it.")
            _count(row, ready)
            _send(row, ready, at)
        else:
            for draw in held:
                lock_account(draw.account_id)
                unfile(locked_draw(draw))
        row.decided_at, row.decided_by = at, by
        row.save()
    return Made(file=row, left_out=tuple(left_out))


def file_content(file: DebitFile) -> bytes:
    """The file for the bank, as it was sent. Raises DebitFileRefused if it is not the same now.

    Account numbers are opened for it alone and kept nowhere else.
    """
    rows = file.draws.select_related("mandate").order_by("reference")
    content = _aba(file.heading, file.day, list(rows))
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DebitFileRefused(
            "What the file would hold now is not what was sent. Don't upload it: tell whoever "
            "looks after the portal."
        )
    return content


def note_download(file: DebitFile, *, by: User, at: datetime) -> None:
    """Keep on each account's record that its debit was taken out for the bank, and by whom."""
    for draw in file.draws.select_related("invoice"):
        record(
            account_id=draw.account_id,
            at=at,
            action="download_debit_file",
            actor=Actor(user_id=by.pk, name=str(by)),
            subject=draw.invoice.number,
            after={"reference": draw.reference, "day": file.day.isoformat()},
        )


def bank_today(provider: Provider, at: datetime) -> date:
    """The day that it is at the provider's."""
    return at.astimezone(library.provider(provider.key).default_state.zone).date()


def bank_days(provider: Provider) -> Calendar:
    """The days on which the provider's bank works."""
    return calendar(library.provider(provider.key).default_state)


def heading_of(provider: Provider) -> dict[str, str]:
    """The provider's own data as a bank's file names it."""
    return {
        "bank": provider.debit_bank,
        "user_name": provider.debit_user_name,
        "user_number": provider.debit_user_number,
        "bsb": provider.bank_bsb,
        "number": provider.bank_account_number,
        "name": provider.bank_account_name,
    }


def _planned(provider: Provider, day: date, today: date) -> QuerySet[Draw]:
    """What is to be drawn that day, and what was missed before."""
    rows = Draw.objects.filter(account__customer__provider=provider, state=DrawState.PLANNED)
    rows = rows.filter(mandate__kind=MandateKind.BANK)
    return rows.filter(Q(on=day) | Q(on__lte=today)).select_related("account__customer")


def require_bank_day(provider: Provider, day: date, at: datetime) -> None:
    """Raise DebitFileRefused unless a file for the bank can be made for a day."""
    if not provider.draws_debits:
        raise DebitFileRefused(
            "The bank account and the direct entry numbers are not set: an administrator sets "
            "them under the provider's settings."
        )
    today = bank_today(provider, at)
    if day < today:
        raise DebitFileRefused(f"{in_words(day)} is over: choose today or a later working day.")
    if (day - today).days > 14:
        raise DebitFileRefused("Choose a day in the next two weeks: until then much can change.")
    if not bank_days(provider).is_working_day(day):
        raise DebitFileRefused(f"Banks do not work on {in_words(day)}: choose a working day.")


def _looked_at(rows: list[Draw], day: date, at: datetime) -> tuple[list[Draw], list[LeftOut]]:
    """What of planned debits may still be drawn by a day, their accounts locked, and what not."""
    accounts: dict[int, Account] = {}
    for row in rows:
        if row.account_id not in accounts:
            accounts[row.account_id] = lock_account(row.account_id)
            plan_draws(accounts[row.account_id], at=at)
    ready, left_out = [], []
    for row in rows:
        now = locked_draw(row)
        # Nothing is drawn before its day.
        if now.state in TO_DRAW and now.on <= day and now.amount <= row.amount:
            ready.append(now)
            continue
        if now.state == DrawState.IN_FILE:
            unfile(now)
        moved = f"It is drawn on {in_words(now.on)} now" if now.state in TO_DRAW else now.reason
        if moved:
            left_out.append(
                LeftOut(
                    account=accounts[row.account_id].number,
                    invoice=now.invoice.number,
                    amount=row.amount,
                    why=moved,
                )
            )
    return ready, left_out


def _count(row: DebitFile, draws: list[Draw]) -> None:
    row.count, row.total = len(draws), sum((draw.amount for draw in draws), ZERO)
    if row.total > MOST:
        raise DebitFileRefused(f"A bank's file holds no more than {in_dollars(MOST)}.")


def _send(row: DebitFile, draws: list[Draw], at: datetime) -> None:
    """Let the file be the bank's: from now on its debits are on their way."""
    provider = row.provider
    row.state = DebitFileState.SENT
    row.heading = heading_of(provider)
    for draw in draws:
        if draw.state == DrawState.PLANNED:
            draw.state = DRAW.after(DrawState.PLANNED, DrawAct.FILE)
        draw.state = DRAW.after(DrawState(draw.state), DrawAct.SEND)
        draw.file, draw.on = row, row.day
        draw.save(update_fields=["state", "file", "on"])
        record(
            account_id=draw.account_id,
            at=at,
            action="send_draw",
            subject=draw.invoice.number,
            after={
                "amount": str(draw.amount),
                "day": row.day.isoformat(),
                "reference": draw.reference,
            },
        )
    ordered = sorted(draws, key=lambda draw: draw.reference)
    row.sha256 = hashlib.sha256(_aba(row.heading, row.day, ordered)).hexdigest()


def _aba(heading: dict[str, str], day: date, draws: list[Draw]) -> bytes:
    entries = (
        Entry(
            bsb=draw.mandate.bsb,
            number=unseal(draw.mandate.sealed_number),
            name=draw.mandate.payer_name,
            amount=draw.amount,
            reference=draw.reference,
        )
        for draw in draws
    )
    return direct_entries(heading, day, entries, code=DEBIT, what=DESCRIPTION)
