"""Announce in writing what may follow a debt: the end of services, or a default listing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.credit_management.models import DebtNotice
from billing.credit_management.selectors import (
    Outlook,
    Right,
    draw_right,
    ending_right,
    held,
    listing_of,
    live_debt_notice,
    outlook,
    runs,
)
from billing.credit_management.selectors.beyond import suspended_since
from billing.credit_management.states import (
    DebtNoticeKind,
    NoticeAct,
    NoticeState,
    Step,
)
from billing.hardship.selectors import known_in_hardship
from billing.hardship.services.requests import COUNSELLORS, OMBUDSMAN
from billing.ledger.models import OpenItem
from billing.payments import selectors as payments
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.services import write
from parties.people.models import User
from records.audit.services import SYSTEM
from records.notices.models import Notice
from records.notices.services import Link
from terms.calendar import Channel
from terms.money import ZERO

from .keeping import keep_outlook
from .steps import (
    CreditStepRefused,
    end_notice,
    expected_receipt,
    note_notice,
    require_staff,
    tell_account,
    way_of_notice,
    why_not,
)

ONE_DAY = timedelta(days=1)
# Where nothing is asked for yet.
UNASKED = (Step.REMIND, Step.SMALL, Step.NOT_DUE, Step.NONE)
LETTERS = {
    DebtNoticeKind.ENDING: "ending_notice",
    DebtNoticeKind.LISTING_FIRST: "default_notice",
    DebtNoticeKind.LISTING_SECOND: "default_notice",
    DebtNoticeKind.DRAW: "draw_notice",
}


def give_debt_notice(
    *,
    account: Account,
    kind: DebtNoticeKind,
    by: User,
    at: datetime,
    pay_by: date | None = None,
    by_post: bool = False,
) -> DebtNotice:
    """Announce in writing that services end, or that a default is reported, and from when.

    One of a kind is in force at a time. `by_post`: as a letter. `pay_by` is the last day to pay
    that it states; by itself the day before the earliest one. (RF-TCP-16, RF-TCP-17, RF-HARD-06,
    RF-DEBT-03.) Raises NotAuthorised, and CreditStepRefused where terms or law don't allow it or
    anything stops it.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        actor = require_staff(locked, by, at)
        on = local_day(locked, at)
        cure_debt_notices(locked, at)
        found = outlook(locked, on, at)
        _require_askable(found, kind)
        if live_debt_notice(locked, kind) is not None:
            raise CreditStepRefused("Such a notice is in force already.")
        if pay_by is not None and pay_by <= on:
            raise CreditStepRefused("The last day to pay lies ahead: choose a later one.")
        channel = way_of_notice(locked, on, by_post=by_post)
        right = announced(locked, kind, found, on, at, channel)
        if not right.allowed or right.earliest_on is None or found.oldest_due is None:
            raise CreditStepRefused(
                "These terms and the law give no right to it for what is owed. See the clauses."
            )
        # Whatever the terms allow at once, a notice names a day that is still to come.
        earliest = max(right.earliest_on, (pay_by or on) + ONE_DAY)
        row = DebtNotice(
            account=locked,
            kind=kind,
            amount=_amount(locked, kind, found),
            due_date=found.oldest_due,
            pay_by=pay_by or earliest - ONE_DAY,
            printed_earliest=earliest,
            given_at=at,
            given_by=str(by),
            in_hardship=known_in_hardship(locked),
            because=list(right.because),
        )
        row.notice = _write(row, locked, on, at, channel)
        row.save()
        late = OpenItem.objects.filter(account=locked, due_date__lt=on, amount__gt=ZERO)
        row.invoices.set(late.values_list("invoice_id", flat=True))
        note_notice(row, "give_debt_notice", at, actor)
        keep_outlook(locked, at)
    return row


def announced(
    account: Account,
    kind: DebtNoticeKind,
    found: Outlook,
    on: date,
    at: datetime,
    channel: Channel = Channel.EMAIL,
) -> Right:
    """From when what a notice sent now announces may happen, by which clauses."""
    got = expected_receipt(account, channel, at)
    if kind == DebtNoticeKind.DRAW:
        way = draw_right(account, found, on, advised_on=got)
        first = way.draw_from or on
        return Right(allowed=way.allowed, earliest_on=first, because=way.because)
    if found.oldest_due is None or found.held > ZERO:
        return Right(allowed=False, earliest_on=None, because=())
    if kind == DebtNoticeKind.ENDING:
        if not runs(account, on):
            return Right(allowed=False, earliest_on=None, because=())
        return ending_right(
            account,
            due_date=found.oldest_due,
            received_on=got,
            suspended_on=suspended_since(account),
            on=on,
        )
    debt: dict[str, Any] = {"amount": found.chasable, "due_date": found.oldest_due, "on": on}
    now = listing_of(account, **debt)
    if kind == DebtNoticeKind.LISTING_FIRST:
        if not now.right.allowed:
            return now.right
        # Its earliest day is that of a second notice given as soon as the law lets it.
        second = listing_of(account, **debt, as_if=(got, got)).second_from or got
        return listing_of(account, **debt, as_if=(got, second)).right
    if now.first is None:
        raise CreditStepRefused("The first notice has to be given, and received, before.")
    if now.second_from is None or got < now.second_from:
        when = f" before {now.second_from:%a %-d %b %Y}" if now.second_from else ""
        raise CreditStepRefused(f"A second notice{when} would come too soon and not count.")
    return listing_of(account, **debt, as_if=(now.first, got)).right


def _amount(account: Account, kind: DebtNoticeKind, found: Outlook) -> Decimal:
    """What the notice is about: of a deposit no more than is held."""
    return min(found.chasable, held(account)) if kind == DebtNoticeKind.DRAW else found.chasable


def _require_askable(found: Outlook, kind: DebtNoticeKind) -> None:
    if found.stops or found.oldest_due is None:
        raise CreditStepRefused(why_not(found))
    if kind == DebtNoticeKind.DRAW:
        # It is about the part that is not contested, and asks for nothing but payment.
        return
    if found.step in UNASKED:
        raise CreditStepRefused(why_not(found))
    if found.held > ZERO:
        raise CreditStepRefused("Not now: a part of it is contested.")


def _write(row: DebtNotice, account: Account, on: date, at: datetime, channel: Channel) -> Notice:
    standing = account_standing(account, on)
    return write(
        LETTERS[DebtNoticeKind(row.kind)],
        account=account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        link=Link("debt-notice", str(row.public_id)),
        belongs_to=account.number,
        because=row.because,
        by_post=channel == Channel.POST,
        amount=row.amount,
        due_date=row.due_date,
        pay_by=row.pay_by,
        earliest=row.printed_earliest,
        issued_on=on,
        held=held(account),
        is_second=row.kind == DebtNoticeKind.LISTING_SECOND,
        services=[f"{one.label} ({one.identifier})" for one in runs(account, on)],
        payment_reference=payments.payment_reference(account),
        counsellors=COUNSELLORS,
        ombudsman=OMBUDSMAN,
    )


def note_debt_notice_opened(*, notice: DebtNotice, at: datetime) -> None:
    """Keep that the customer's side opened the notice: proof that it was received by then."""
    if notice.opened_at is None:
        DebtNotice.objects.filter(pk=notice.pk, opened_at__isnull=True).update(opened_at=at)


def withdraw_debt_notice(*, notice: DebtNotice, by: User, why: str, at: datetime) -> None:
    """Take a notice back, and tell the customer why. Raises NotAuthorised, IllegalStep."""
    if not why.strip():
        raise CreditStepRefused("Say why: it is kept, and the customer is told.")
    with transaction.atomic():
        locked = lock_account(notice.account_id)
        actor = require_staff(locked, by, at)
        row = DebtNotice.objects.select_for_update().get(pk=notice.pk)
        end_notice(row, NoticeAct.WITHDRAW, at, why, actor)
        tell_account(
            locked,
            "Our notice no longer holds",
            f"We have taken it back. {why.strip().rstrip('.')}. Nothing follows from it.",
            at,
        )
        keep_outlook(locked, at)


def cure_debt_notices(account: Account, at: datetime) -> None:
    """End notices whose bills are paid, or contested, or not due any longer."""
    on = local_day(account, at)
    for notice in DebtNotice.objects.filter(account=account, state=NoticeState.LIVE):
        late = OpenItem.objects.filter(invoice__in=notice.invoices.all(), due_date__lt=on)
        if sum((one.amount - one.held for one in late), ZERO) <= ZERO:
            because = "Nothing of it is overdue any longer"
            end_notice(notice, NoticeAct.CURE, at, because, SYSTEM)
