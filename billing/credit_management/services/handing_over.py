"""Take a debt to a collector or report it as a default, and take it back when that is right."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.credit_management.models import Handover
from billing.credit_management.selectors import (
    NO_RIGHT,
    Right,
    beyond,
    handovers_to_mind,
    listing_of,
    live_debt_notice,
    outlook,
)
from billing.credit_management.states import (
    HANDOVER,
    DebtNoticeKind,
    HandoverAct,
    HandoverKind,
    HandoverState,
    NoticeAct,
)
from billing.hardship.services.requests import COUNSELLORS, OMBUDSMAN
from billing.ledger.models import OpenItem
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from parties.accounts.services import lock_account
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import SYSTEM, Actor, record
from records.sweeps import each
from terms import rules
from terms.calendar import State
from terms.money import ZERO, in_dollars
from terms.profile import TermsSilent
from terms.rules.duties import Duty

from .announcing import cure_debt_notices
from .keeping import keep_outlook
from .steps import CreditStepRefused, end_notice, require_staff, tell_account, why_not


def hand_over(
    *,
    account: Account,
    kind: HandoverKind,
    to_whom: str,
    by: User,
    at: datetime,
    young_enough: bool = False,
) -> Handover:
    """Note that a debt goes to a collector, or is reported as a default, and tell the customer.

    Only what is overdue and not contested goes, and of a listing no more than both notices
    named; `young_enough`: somebody checked that a court would still hear it. (RF-DEBT-03,
    RF-TCP-18, BS-PAY-09, BS-PAY-11, VP-PAY-09.) Raises NotAuthorised, CreditStepRefused.
    """
    if not to_whom.strip():
        raise CreditStepRefused("Say to whom: the customer reads it.")
    with transaction.atomic():
        locked = lock_account(account.pk)
        actor = require_staff(locked, by, at)
        on = local_day(locked, at)
        cure_debt_notices(locked, at)
        found = outlook(locked, on, at)
        if found.stops or found.oldest_due is None:
            raise CreditStepRefused(why_not(found))
        amount = found.chasable
        if kind == HandoverKind.LISTING:
            if not young_enough:
                raise CreditStepRefused("Check first that the debt is not statute-barred.")
            amount = min([amount, *_noticed(locked)])
            right = listing_of(locked, amount=amount, due_date=found.oldest_due, on=on).right
            right = right if found.held <= ZERO else NO_RIGHT
        else:
            right = beyond(locked, found, on).collect
        _require_day(right, on)
        if Handover.objects.filter(account=locked, kind=kind, state=HandoverState.ACTIVE).exists():
            raise CreditStepRefused("It is with them already.")
        row = Handover.objects.create(
            account=locked,
            kind=kind,
            to_whom=to_whom.strip(),
            amount=amount,
            due_date=found.oldest_due,
            since=at,
            by=str(by),
            because=list(right.because),
        )
        late = OpenItem.objects.filter(account=locked, due_date__lt=on, amount__gt=ZERO)
        row.invoices.set(late.values_list("invoice_id", flat=True))
        if kind == HandoverKind.LISTING:
            _use_up_notices(locked, at, actor)
        _note(row, "hand_over_debt", at, actor)
        _tell_over(row, at)
        keep_outlook(locked, at)
    return row


def _noticed(account: Account) -> list[Decimal]:
    """The amounts that the notices in force name."""
    kinds = (DebtNoticeKind.LISTING_FIRST, DebtNoticeKind.LISTING_SECOND)
    rows = [live_debt_notice(account, kind) for kind in kinds]
    return [row.amount for row in rows if row is not None]


def _require_day(right: Right, on: date) -> None:
    if not right.allowed or right.earliest_on is None:
        raise CreditStepRefused(
            "Not possible: terms and law give no day for it as it stands. See the clauses."
        )
    if on < right.earliest_on:
        raise CreditStepRefused(f"It is too early: not before {right.earliest_on:%a %-d %b %Y}.")


def _use_up_notices(account: Account, at: datetime, actor: Actor) -> None:
    for kind in (DebtNoticeKind.LISTING_FIRST, DebtNoticeKind.LISTING_SECOND):
        notice = live_debt_notice(account, kind)
        if notice is not None:
            end_notice(notice, NoticeAct.ACT, at, "The default was reported", actor)


def recall(
    *, handover: Handover, by: User, why: str, at: datetime, was_wrong: bool = False
) -> Handover:
    """Take a debt back; those who have it are told next, and the customer is told now.

    What was reported wrongly is put right within the law's time (RF-TCP-21). Raises
    NotAuthorised, CreditStepRefused without a reason, IllegalStep.
    """
    if not why.strip():
        raise CreditStepRefused("Say why: it is kept, and the customer is told.")
    with transaction.atomic():
        locked = lock_account(handover.account_id)
        actor = require_staff(locked, by, at)
        row = Handover.objects.select_for_update().get(pk=handover.pk)
        _recall(row, why, at, actor, was_wrong=was_wrong)
        keep_outlook(locked, at)
    return row


def close_handover(*, handover: Handover, by: User, how: str, at: datetime) -> Handover:
    """Note that those who had a debt were told that it is no longer theirs. Raises IllegalStep."""
    if not how.strip():
        raise CreditStepRefused("Say how they were told.")
    with transaction.atomic():
        locked = lock_account(handover.account_id)
        actor = require_staff(locked, by, at)
        row = Handover.objects.select_for_update().get(pk=handover.pk)
        row.state = HANDOVER.after(HandoverState(row.state), HandoverAct.CLOSE)
        row.told_at, row.told_how = at, how.strip()[:200]
        row.save(update_fields=["state", "told_at", "told_how"])
        _note(row, "close_handover", at, actor)
    return row


def mind_handovers(*, at: datetime) -> int:
    """Take back what is paid, and from collectors what is contested or must not be asked for.

    At any hour; staff then tell those who have it. Return how many.
    """
    return each(handovers_to_mind(at), lambda row: _mind(row, at), at=at)


def _mind(row: Handover, at: datetime) -> int:
    account = lock_account(row.account_id)
    found = outlook(account, local_day(account, at), at)
    items = list(OpenItem.objects.filter(invoice__in=row.invoices.all()))
    if sum((one.amount for one in items), ZERO) <= ZERO:
        _recall(row, "It is paid", at, SYSTEM)
    elif row.kind == HandoverKind.LISTING:
        # What was rightly reported stays so until it is paid.
        return 0
    elif found.is_private:
        _recall(row, "", at, SYSTEM, is_private=True)
    elif found.stops:
        _recall(row, found.stops[0].words, at, SYSTEM)
    elif any(one.held > ZERO for one in items):
        _recall(row, "A part of it is contested", at, SYSTEM)
    else:
        return 0
    keep_outlook(account, at)
    return 1


def _recall(
    row: Handover,
    why: str,
    at: datetime,
    actor: Actor,
    *,
    was_wrong: bool = False,
    is_private: bool = False,
) -> None:
    row.state = HANDOVER.after(HandoverState(row.state), HandoverAct.RECALL)
    row.recalled_at, row.recalled_because = at, why.strip()[:300]
    row.is_private = is_private
    if was_wrong and row.kind == HandoverKind.LISTING:
        row.tell_by = _put_right_by(row.account, at)
    row.save(update_fields=["state", "recalled_at", "recalled_because", "is_private", "tell_by"])
    _note(row, "recall_debt", at, actor)
    if is_private:
        # A letter would give away that there is a reason.
        return
    body = f"{why.strip().rstrip('.')}. We tell {row.to_whom} that it is no longer theirs to ask."
    if row.kind == HandoverKind.LISTING:
        body = f"{why.strip().rstrip('.')}. We tell {row.to_whom}, so that your record says so."
    tell_account(row.account, "Your debt is back with us", body, at)


def _put_right_by(account: Account, at: datetime) -> date | None:
    on = local_day(account, at)
    try:
        answer = binding(account, on).decide(
            rules.duty_deadline,
            duty=Duty.REPORT_WRONG_LISTING,
            since=on,
            state=State(account.state),
        )
    except TermsSilent:
        return None
    return answer.by


def _tell_over(row: Handover, at: datetime) -> None:
    owed = in_dollars(row.amount)
    if row.kind == HandoverKind.LISTING:
        headline = f"We reported a default: {owed}"
        body = (
            f"{owed} is overdue since {row.due_date:%-d %B %Y}. We reported it to {row.to_whom}. "
            "Once it is paid we report that too. If it is wrong, tell us and we put it right at "
            "once."
        )
    else:
        headline = f"{row.to_whom} now asks you for {owed}"
        body = (
            f"{owed} is overdue since {row.due_date:%-d %B %Y}. {row.to_whom} looks after it for "
            "us. You can still pay us, ask us for help with paying, or tell us that it is not "
            "right: each takes it back."
        )
    tell_account(
        row.account, headline, f"{body} {COUNSELLORS} {OMBUDSMAN}", at, because=row.because
    )


def _note(row: Handover, action: str, at: datetime, actor: Actor) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.to_whom,
        reason=row.recalled_because,
        after={
            "what": row.get_kind_display(),
            "state": row.get_state_display(),
            "amount": str(row.amount),
        },
        is_private=row.is_private,
        because=row.because,
    )
