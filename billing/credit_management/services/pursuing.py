"""The morning sweep: what may be asked for today, and why nothing is asked where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.db.models import F, Q

from billing.credit_management.models import PaymentReminder, Pursuit
from billing.credit_management.selectors import Outlook, late_charge_ahead, outlook
from billing.credit_management.states import ReminderKind, Step
from billing.hardship.selectors import missed_bills
from billing.payments import selectors as payments
from parties.accounts.models import Account, Balance
from parties.accounts.selectors import binding, working_calendar
from parties.accounts.services import lock_account
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.services import write
from records.audit.services import record
from records.notices.services import Link
from records.notices.states import GIVEN, Channel
from records.notices.texts import answers_taken
from records.sweeps import each
from terms import rules
from terms.calendar import State
from terms.money import ZERO
from terms.profile import TermsSilent

from .announcing import cure_debt_notices
from .keeping import keep
from .late_charges import advise_late_charge, assess_late_charges
from .reaching import by_text, is_hour, may_write
from .suspending import cure_if_paid

if TYPE_CHECKING:
    from billing.payments.selectors.balances import OpenInvoice

OPENS = 9
# No provider reminds earlier than this before the day.
AHEAD = timedelta(days=31)


def pursue(*, at: datetime) -> int:
    """Look once a day, on the customer's morning, at each account with open money.

    What is done and what is left undone stands on the account's row with its reason; after an
    outage the next morning does what is still right then. Return how many were looked at.
    """
    count = 0
    for state in State:
        local = at.astimezone(state.zone)
        if local.hour < OPENS:
            continue
        rows = _to_look_at(state, local.date())
        count += each(rows, lambda row: _look(row, at), at=at)
    return count


def _to_look_at(state: State, day: date) -> Iterable[Pursuit]:
    """The rows of accounts with open money, made where they are missing, not yet seen today."""
    owing = Balance.objects.filter(
        account__state=state.value, owed__gt=F("held"), oldest_due__lte=day + AHEAD
    )
    fresh = owing.filter(account__pursuit__isnull=True).values_list("account_id", flat=True)
    Pursuit.objects.bulk_create(
        (Pursuit(account_id=one) for one in fresh), ignore_conflicts=True, batch_size=1000
    )
    found: Iterable[Pursuit] = (
        Pursuit.objects.filter(account__state=state.value)
        .filter(Q(looked_on__lt=day) | Q(looked_on__isnull=True))
        .exclude(
            # Nothing was owed, and nothing is.
            Q(step=Step.NONE, looked_on__isnull=False) & ~Q(account__balance__owed__gt=0)
        )
        .select_related("account__customer__provider")
        .iterator(chunk_size=500)
    )
    return found


def _advise(account: Account) -> None:
    """Note late charges as told where the reminder that names them was really given."""
    rows = PaymentReminder.objects.filter(
        invoice__account=account,
        names_charge=True,
        is_advised=False,
        notice__status__in=GIVEN,
        notice__sent_at__isnull=False,
    )
    for row in rows.select_related("notice", "invoice"):
        # The query leaves out those that were never sent.
        sent_at = cast(datetime, row.notice.sent_at)
        advise_late_charge(invoice=row.invoice, advised_on=local_day(account, sent_at))
        row.is_advised = True
        row.save(update_fields=["is_advised"])


def _look(row: Pursuit, at: datetime) -> int:
    account = lock_account(row.account_id)
    on = local_day(account, at)
    if not working_calendar(account, on).is_working_day(on) or not is_hour(account, on, at):
        return 0
    cure_if_paid(account, at)
    cure_debt_notices(account, at)
    _advise(account)
    assess_late_charges(account, on=on, at=at)
    found = outlook(account, on, at)
    if not found.stops:
        found = _remind(account, found, on, at)
    keep(row, found, on, at)
    return 1


def _remind(account: Account, found: Outlook, on: date, at: datetime) -> Outlook:
    """Send what is due to be said today, and return where the account then stands."""
    provider = account.customer.provider
    # What is drawn by direct debit is not asked for.
    rows = list(payments.invoices(account).filter(outstanding__gt=F("disputed"), draw_on=None))
    unsent = _unsent(rows)
    late = [one for one in rows if one.payable_by < on and (one.pk, "after") in unsent]
    soon = [
        one
        for one in rows
        if on <= one.payable_by <= on + timedelta(days=provider.remind_days_before)
        and one.issue_date < on
        and (one.pk, "before") in unsent
    ]
    if found.step == Step.REMIND and late and may_write(account, on):
        _send(account, ReminderKind.AFTER, late, on, at)
        return outlook(account, on, at)
    if soon and provider.remind_days_before and _worth(soon, account) and may_write(account, on):
        _send(account, ReminderKind.BEFORE, soon, on, at)
    return found


def _worth(rows: Sequence[OpenInvoice], account: Account) -> bool:
    open_sum = sum((one.outstanding - one.disputed for one in rows), ZERO)
    return bool(open_sum >= account.customer.provider.chase_above)


def _unsent(rows: Sequence[OpenInvoice]) -> set[tuple[int, str]]:
    """For which invoices which reminder has not gone out for the day that holds now."""
    sent = set(
        PaymentReminder.objects.filter(invoice__in=rows).values_list(
            "invoice_id", "kind", "due_date"
        )
    )
    return {
        (one.pk, kind.value)
        for one in rows
        for kind in ReminderKind
        if (one.pk, kind.value, one.payable_by) not in sent
    }


def _send(
    account: Account, kind: ReminderKind, rows: Sequence[OpenInvoice], on: date, at: datetime
) -> None:
    """Write one reminder about these invoices, and note it for each."""
    standing = account_standing(account, on)
    amount = sum((one.outstanding - one.disputed for one in rows), ZERO)
    charges = {}
    if kind == ReminderKind.AFTER:
        ahead = {one.pk: late_charge_ahead(account, one, on) for one in rows}
        charges = {pk: charge for pk, charge in ahead.items() if charge is not None}
    in_trouble = kind == ReminderKind.AFTER and _in_trouble(account, on)
    # A late charge is told in full, and help is offered in full: a text holds neither.
    text = None if charges or in_trouble else by_text(account, standing, on, at)
    reasons = [reason for one in charges.values() for reason in one.because][:3]
    notice = write(
        "payment_reminder",
        account=account,
        to=text.number if text else standing.to_email,
        name=standing.to_name,
        at=at,
        link=Link("unpaid"),
        because=text.because if text else reasons,
        channel=Channel.TEXT if text else Channel.EMAIL,
        instead=text.instead if text else None,
        kind_of=kind.value,
        amount=amount,
        due_date=min(one.payable_by for one in rows),
        invoices=[
            {
                "number": one.number,
                "open": one.outstanding - one.disputed,
                "due_date": one.payable_by,
                "charge": charges.get(one.pk),
            }
            for one in rows
        ],
        payment_reference=payments.payment_reference(account),
        in_trouble=in_trouble,
        answers_taken=answers_taken(),
    )
    PaymentReminder.objects.bulk_create(
        PaymentReminder(
            invoice=one,
            kind=kind,
            due_date=one.payable_by,
            amount=one.outstanding - one.disputed,
            sent_on=on,
            notice=notice,
            names_charge=one.pk in charges,
        )
        for one in rows
    )
    record(
        account_id=account.pk,
        at=at,
        action="remind_of_payment",
        after={"what": kind.label, "amount": str(amount)},
    )


def _in_trouble(account: Account, on: date) -> bool:
    """Whether bills missed so far are a sign that somebody needs help (RF-HARD-05)."""
    missed = missed_bills(account, on)
    try:
        answer = binding(account, on).decide(
            rules.hardship_sign, missed_in_row=missed.in_row, missed_on=missed.on, asked_on=on
        )
    except TermsSilent:
        return False
    return bool(answer.ask)
