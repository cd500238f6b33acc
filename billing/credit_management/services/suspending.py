"""Announce a suspension, carry it out, and bring back what no longer has to stand still."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from billing.credit_management.models import SuspensionNotice
from billing.credit_management.selectors import (
    Right,
    earliest_after,
    live_notice,
    outlook,
    suspended_for_debt,
    suspension_right,
)
from billing.credit_management.states import NoticeAct, NoticeState, Step
from billing.hardship.selectors import known_in_hardship
from billing.hardship.services.requests import COUNSELLORS, OMBUDSMAN
from billing.ledger.models import OpenItem
from billing.payments import selectors as payments
from contracts.network.models import WorkOrder
from contracts.network.selectors import suspensions_asked
from contracts.network.services import ask_work
from contracts.network.states import OPEN_WORK, WorkKind
from contracts.supply.models import Service, SupplyPeriod
from contracts.supply.services import recast_suspension
from contracts.supply.states import ServiceStatus, SuspensionCause
from parties.accounts.models import Account
from parties.accounts.selectors import binding, blocks_at
from parties.accounts.services import lock_account
from parties.accounts.states import BlockKind
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.services import write
from parties.people.models import User
from records.audit.services import SYSTEM, Actor
from records.notices.models import Notice
from records.notices.services import Link
from records.sweeps import each
from terms import rules
from terms.calendar import Channel
from terms.facts import BadFacts
from terms.money import ZERO, in_dollars
from terms.profile import TermsSilent

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
# Where a notice states its own time and nobody chose one.
USUAL_TIME = timedelta(days=10)
_BACK = (
    "Your services work again",
    "They were suspended and are back now. If something does not work, tell us.",
)
_AWAITED = (
    "Your services are coming back",
    "Nothing stops them any more: we have asked the network to let them work again. Days on which "
    "it has not done so are not charged to you where your terms let us leave them out. If "
    "something does not work by tomorrow, tell us.",
)


class SuspensionRefused(CreditStepRefused):
    """Nothing can be suspended, or its notice given, now."""


def give_suspension_notice(
    *,
    account: Account,
    by: User,
    at: datetime,
    pay_by: date | None = None,
    by_post: bool = False,
) -> SuspensionNotice:
    """Announce in writing that services will be suspended, with the earliest day that terms and
    law allow (RF-TCP-16, RF-TCP-17, RF-HARD-06).

    `pay_by` is the last day to pay that it states; by itself the day before the earliest one.
    `by_post`: as a letter, which counts from when it is deemed received. Raises NotAuthorised, and
    SuspensionRefused where anything stops it, or where the terms want an email.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        actor = require_staff(locked, by, at)
        on = local_day(locked, at)
        found = outlook(locked, on, at)
        if found.step != Step.NOTICE or found.oldest_due is None:
            raise SuspensionRefused(why_not(found))
        if pay_by is not None and pay_by <= on:
            raise SuspensionRefused("The last day to pay lies ahead: choose a later one.")
        channel = way_of_notice(locked, on, by_post=by_post)
        hardship = known_in_hardship(locked)
        right = _right_by(channel, locked, found.oldest_due, pay_by, at, hardship)
        if channel == Channel.POST and not right.allowed:
            by_email = _right_by(Channel.EMAIL, locked, found.oldest_due, pay_by, at, hardship)
            if by_email.allowed and by_post:
                raise SuspensionRefused(
                    "By these terms a letter starts nothing: give the notice by email."
                )
            channel, right = Channel.EMAIL, by_email
        if not right.allowed or right.earliest_on is None:
            raise SuspensionRefused("These terms give no right to suspend for it by notice.")
        # Whatever the terms allow at once, a notice names a day that is still to come.
        earliest = max(right.earliest_on, (pay_by or on) + ONE_DAY)
        row = SuspensionNotice(
            account=locked,
            amount=found.chasable,
            due_date=found.oldest_due,
            pay_by=pay_by or earliest - ONE_DAY,
            printed_earliest=earliest,
            given_at=at,
            given_by=str(by),
            in_hardship=hardship,
            because=list(right.because),
        )
        row.notice = _write(row, locked, on, at, channel)
        row.save()
        late = OpenItem.objects.filter(account=locked, due_date__lt=on, amount__gt=ZERO)
        row.invoices.set(late.values_list("invoice_id", flat=True))
        note_notice(row, "give_suspension_notice", at, actor)
        keep_outlook(locked, at)
    return row


def _right_by(
    channel: Channel,
    account: Account,
    due_date: date,
    pay_by: date | None,
    at: datetime,
    in_hardship: bool,
) -> Right:
    """What a notice that goes now in this way leads to."""
    got = expected_receipt(account, channel, at)
    return suspension_right(
        account,
        due_date=due_date,
        received_on=got,
        pay_by=pay_by or got + USUAL_TIME,
        on=local_day(account, at),
        in_hardship=in_hardship,
        by=channel,
    )


def _write(
    row: SuspensionNotice, account: Account, on: date, at: datetime, channel: Channel
) -> Notice:
    standing = account_standing(account, on)
    services = Service.objects.filter(
        contract__account=account, status=ServiceStatus.ACTIVE
    ).order_by("label")
    return write(
        "suspension_notice",
        account=account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        link=Link("suspension-notice", str(row.public_id)),
        belongs_to=account.number,
        because=row.because,
        by_post=channel == Channel.POST,
        amount=row.amount,
        due_date=row.due_date,
        pay_by=row.pay_by,
        earliest=row.printed_earliest,
        issued_on=on,
        services=[f"{one.label} ({one.identifier})" for one in services],
        reconnection=_reconnection(account, on),
        payment_reference=payments.payment_reference(account),
        counsellors=COUNSELLORS,
        ombudsman=OMBUDSMAN,
    )


def _reconnection(account: Account, on: date) -> str:
    """What coming back costs, in words for the notice."""
    try:
        answer = binding(account, on).decide(
            rules.reconnection_fee,
            cause="unpaid",
            tcp=account.customer.is_tcp,
            listed_fee=account.customer.provider.reconnection_price,
        )
    except (TermsSilent, BadFacts):
        return ""
    return in_dollars(answer.fee) if answer.fee else ""


def note_opened(*, notice: SuspensionNotice, at: datetime) -> None:
    """Keep that the customer's side opened the notice: proof that it was received by then."""
    if notice.opened_at is None:
        SuspensionNotice.objects.filter(pk=notice.pk, opened_at__isnull=True).update(opened_at=at)


def suspend_for_debt(*, account: Account, by: User, at: datetime) -> list[Service]:
    """Let the account's services stand still for what the notice named, and say so in writing.

    Everything is asked again at this moment: what is paid, contested or blocked, and the day.
    Raises NotAuthorised, SuspensionRefused.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        actor = require_staff(locked, by, at)
        on = local_day(locked, at)
        cure_if_paid(locked, at)
        found = outlook(locked, on, at)
        if found.step != Step.SUSPEND or found.notice is None:
            raise SuspensionRefused(why_not(found))
        running = list(
            Service.objects.filter(contract__account=locked, status=ServiceStatus.ACTIVE)
        )
        if not running:
            raise SuspensionRefused("No service is running that could be suspended.")
        right = earliest_after(found.notice, on)
        for service in running:
            ask_work(
                service=service,
                kind=WorkKind.SUSPEND,
                cause=SuspensionCause.UNPAID,
                at=at,
                actor=actor,
                why=f"Notice of {found.notice.given_at:%d %b %Y}",
            )
        end_notice(found.notice, NoticeAct.ACT, at, "Services were suspended", actor)
        tell_account(
            locked,
            "Your services are suspended",
            f"{in_dollars(found.chasable)} is overdue. Calls to 000 go through. Your services "
            "are back within minutes after it is paid, at any hour, or once we agree on help "
            f"with paying. {COUNSELLORS} {OMBUDSMAN}",
            at,
            because=list(right.because),
        )
        keep_outlook(locked, at)
    return running


def withdraw_suspension(*, notice: SuspensionNotice, by: User, why: str, at: datetime) -> None:
    """Take a notice back; what stands still because of it comes back. Raises NotAuthorised."""
    if not why.strip():
        raise SuspensionRefused("Say why: it is kept, and the customer is told.")
    with transaction.atomic():
        locked = lock_account(notice.account_id)
        actor = require_staff(locked, by, at)
        row = SuspensionNotice.objects.select_for_update().get(pk=notice.pk)
        was_acted = row.state == NoticeState.ACTED
        end_notice(row, NoticeAct.WITHDRAW, at, why, actor)
        if was_acted:
            _restore(locked, SuspensionCause.MISTAKE, at, actor)
        tell_account(
            locked,
            "Our notice of suspension no longer holds",
            f"We have taken it back. {why.strip().rstrip('.')}. Nothing is cut off because of it.",
            at,
        )
        keep_outlook(locked, at)


def cure_if_paid(account: Account, at: datetime) -> None:
    """End a notice whose bills are paid, or contested, or not due any longer."""
    notice = live_notice(account)
    if notice is None:
        return
    on = local_day(account, at)
    late = OpenItem.objects.filter(invoice__in=notice.invoices.all(), due_date__lt=on)
    if sum((one.amount - one.held for one in late), ZERO) <= ZERO:
        end_notice(notice, NoticeAct.CURE, at, "Nothing of it is overdue any longer", SYSTEM)


def restore_paid(*, at: datetime) -> int:
    """Bring back what stands still for money that is no longer owed, or not to be asked for.

    At any hour. Whoever pays what they were cut for is back within minutes; an arrangement, a
    safety threat or the provider's own mistake brings it back too, without a fee.
    """
    still = SupplyPeriod.objects.filter(
        suspended=SuspensionCause.UNPAID,
        ends_on__isnull=True,
        service__status=ServiceStatus.SUSPENDED,
    )
    asked = WorkOrder.objects.filter(
        kind=WorkKind.SUSPEND, cause=SuspensionCause.UNPAID, state__in=OPEN_WORK
    )
    rows = SuspensionNotice.objects.filter(
        Q(account__contracts__services__periods__in=still)
        | Q(account__contracts__services__work_orders__in=asked),
        state=NoticeState.ACTED,
    ).distinct()
    return each(
        rows.select_related("account__customer__provider"),
        lambda row: _restore_if_right(lock_account(row.account_id), at),
        at=at,
    )


def _restore_if_right(account: Account, at: datetime) -> int:
    on = local_day(account, at)
    found = outlook(account, on, at)
    kinds = {BlockKind(one.kind) for one in blocks_at(account, at)}
    if BlockKind.SAFETY in kinds:
        cause = SuspensionCause.SAFETY
    elif BlockKind.MISTAKE in kinds:
        cause = SuspensionCause.MISTAKE
    elif found.chasable <= ZERO or BlockKind.ARRANGEMENT in kinds:
        cause = SuspensionCause.UNPAID
    else:
        return 0
    count = _restore(account, cause, at, SYSTEM)
    keep_outlook(account, at)
    return count


def _restore(account: Account, cause: SuspensionCause, at: datetime, actor: Actor) -> int:
    services = suspended_for_debt(account)
    asked = suspensions_asked(account, SuspensionCause.UNPAID).select_related("service")
    for order in asked.exclude(service__in=services):
        ask_work(service=order.service, kind=WorkKind.RESTORE, at=at, actor=actor)
    orders = []
    for service in services:
        if cause != SuspensionCause.UNPAID:
            recast_suspension(service=service, cause=cause, at=at, actor=actor)
        orders.append(ask_work(service=service, kind=WorkKind.RESTORE, at=at, actor=actor))
    acted = SuspensionNotice.objects.filter(account=account, state=NoticeState.ACTED)
    for row in acted.select_related("account"):
        end_notice(row, NoticeAct.CURE, at, "Services are back", actor)
    if services:
        headline, words = _AWAITED if any(orders) else _BACK
        tell_account(account, headline, words, at)
    return len(services)
