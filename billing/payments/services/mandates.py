"""Agree to direct debits from a bank account; change, pause and end what is drawn by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from billing.payments.models import Draw, Mandate
from billing.payments.selectors import chosen_day, mandate_of, may_agree
from billing.payments.states import (
    MANDATE,
    TO_DRAW,
    DrawState,
    MandateAct,
    MandateState,
)
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.accounts.states import CustomerKind
from parties.authority import selectors as authority
from parties.authority.selectors import local_day, require, with_customer
from parties.people.models import User
from parties.security.services import require_no_pause
from records.audit.services import SYSTEM, Actor
from records.deadlines.services import meet_deadline, set_deadline
from records.references import new_reference
from terms import rules
from terms.calendar import State, in_words
from terms.clause import as_json
from terms.facts import Action, Role
from terms.rules.duties import Duty
from terms.rules.payment import DebitChange

from .amounts import PaymentRefused
from .bank_numbers import (
    BankNumberRefused,
    read_account_number,
    read_bsb,
    read_payer_name,
    seal,
    unseal,
)
from .draws import drop_draw, plan_draws
from .mandate_letters import (
    draw_up,
    law_of,
    note_mandate,
    request_words,
    tell_agreed,
    tell_of,
)

STOP_DUTY = "stop_direct_debit"


class MandateRefused(PaymentRefused):
    """The step does not fit; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class MandateWish:
    """The bank account that somebody lets us draw from, the day, and who signs as what.

    `draw_day` is a day of the month, or None for the day by which each bill is to be paid.
    """

    payer_name: str
    bsb: str
    number: str
    signed_as: str
    draw_day: int | None = None
    capacity: str = ""
    second_signed_as: str = ""


def check_wish(account: Account, wish: MandateWish) -> MandateWish:
    """The wish with its numbers as banks write them. Raises BankNumberRefused, MandateRefused."""
    if wish.draw_day is not None and not 1 <= wish.draw_day <= 31:
        raise BankNumberRefused("draw_day", "Give a day of the month, from 1 to 31.")
    if account.customer.kind != CustomerKind.RESIDENTIAL and not wish.capacity.strip():
        raise BankNumberRefused(
            "capacity", "Say as what you sign, for instance director or treasurer."
        )
    return MandateWish(
        payer_name=read_payer_name(wish.payer_name),
        bsb=read_bsb(wish.bsb),
        number=read_account_number(wish.number),
        signed_as=" ".join(wish.signed_as.split())[:150],
        draw_day=wish.draw_day,
        capacity=" ".join(wish.capacity.split())[:60],
        second_signed_as=" ".join(wish.second_signed_as.split())[:150],
    )


def require_right(by: User, account: Account, on: date, at: datetime) -> authority.Decision:
    """Who may agree to direct debits and stop them: whoever may pay, but no advocate.

    An advocate may pay a bill by the terms of some; what is drawn month by month is the customer's
    own. Raises NotAuthorised.
    """
    decision = require(by, Action.PAY_BILL, account, on=on, at=at)
    if decision.role == Role.ADVOCATE:
        raise authority.NotAuthorised(replace(decision, allowed=False), Action.PAY_BILL)
    return decision


def agree_mandate(
    *, account: Account, by: User, wish: MandateWish, at: datetime, proof: str = ""
) -> Mandate:
    """Let a provider draw an account's bills from a bank account, as signed; in force at once.

    One at a time: another bank account takes the place of the first, and the same form sent again
    is the same mandate. What is open is planned in the same moment, and a copy goes by email.
    (RF-PAY-07, RF-TCP-13.) Raises NotAuthorised, also while high-risk steps are paused,
    BankNumberRefused, MandateRefused.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        on = local_day(locked, at)
        decision = require_right(by, locked, on, at)
        if by.is_staff:
            raise MandateRefused("The customer signs it, or whoever may pay for them.")
        require_no_pause(locked, Action.PAY_BILL, at=at)
        offered = may_agree(locked, on)
        if not offered.allowed:
            raise MandateRefused("Direct debits are not offered here: pay another way.")
        clean = check_wish(locked, wish)
        if not clean.signed_as:
            raise BankNumberRefused("signed_as", "Type your name: it is your signature.")
        earlier = mandate_of(locked)
        if earlier is not None and _is_same(earlier, clean):
            return earlier
        actor = with_customer(by, decision)
        if earlier is not None:
            close_mandate(earlier, "Another bank account took its place", actor, at)
        row = Mandate.objects.create(
            reference=new_reference("DD"),
            account=locked,
            payer_name=clean.payer_name,
            bsb=clean.bsb,
            sealed_number=seal(clean.number),
            number_end=clean.number[-3:],
            draw_day=clean.draw_day,
            signed_as=clean.signed_as,
            capacity=clean.capacity,
            second_signed_as=clean.second_signed_as,
            agreed_at=at,
            agreed_by=by,
            because=list(offered.because),
        )
        row.document = draw_up(row, request_words(locked, clean.draw_day, on), on, at)
        row.save(update_fields=["document"])
        note_mandate(row, "agree_mandate", actor, at, identity_check=proof)
        plan_draws(locked, at=at)
        tell_agreed(row, by, at)
    return row


def end_mandate(*, mandate: Mandate, by: User, at: datetime, why: str = "") -> Mandate:
    """Stop direct debits at once; what the bank was asked for already is stopped there by staff.

    By whoever may pay, or by staff for who is calling. Twice is harmless. (RF-TCP-15: within three
    working days.) Raises NotAuthorised.
    """
    with transaction.atomic():
        row, actor = _begin(mandate, by, at)
        if row.state == MandateState.ENDED:
            return row
        close_mandate(row, why or "Stopped as the customer wished", actor, at)
        under_way = _under_way(row, at)
        tell_of(
            row,
            f"{row.called} are stopped",
            f"Nothing more is drawn from {row.source}.{under_way} "
            "Please pay your bills another way; the portal shows how.",
            at,
        )
    return row


def choose_day(*, mandate: Mandate, day: int | None, by: User, at: datetime) -> Mandate:
    """Choose another day of the month, or None: the day by which to pay.

    A customer's own choice holds at once for what is not in a bank's file; one of the provider's
    holds from the first day that its notice leaves (RF-PAY-03). Raises NotAuthorised,
    BankNumberRefused, MandateRefused where nothing is in force.
    """
    if day is not None and not 1 <= day <= 31:
        raise BankNumberRefused("draw_day", "Give a day of the month, from 1 to 31.")
    with transaction.atomic():
        row, actor = _begin(mandate, by, at)
        if row.state == MandateState.ENDED:
            raise MandateRefused("These direct debits have ended: agree to new ones.")
        on = local_day(row.account, at)
        if chosen_day(row, on) == day and row.later_from is None:
            return row
        told = "on the day by which each is to be paid" if day is None else f"on day {day}"
        if by.is_staff and not actor.for_whom:
            row.later_draw_day, row.later_from = day or 0, _changed_from(row, on)
            words = f"From {in_words(row.later_from)} on your bills are drawn {told} of the month."
        else:
            row.draw_day, row.later_draw_day, row.later_from = day, None, None
            words = f"Your bills are drawn {told}, where terms and law let it be that day."
        row.save(update_fields=["draw_day", "later_draw_day", "later_from"])
        note_mandate(row, "change_mandate", actor, at)
        tell_of(row, "The day on which your bills are drawn changes", words, at)
        # A day that was told is held, unless whoever was told asks for another.
        plan_draws(row.account, at=at, anew=row.later_from is None)
    return row


def resume_mandate(*, mandate: Mandate, by: User, at: datetime, proof: str = "") -> Mandate:
    """Draw again after a pause; `proof` is the identity check. Raises NotAuthorised, IllegalStep.

    Drawing begins anew, so the page asks for what agreeing asks for.
    """
    with transaction.atomic():
        row, actor = _begin(mandate, by, at)
        require_no_pause(row.account, Action.PAY_BILL, at=at)
        row.state = MANDATE.after(MandateState(row.state), MandateAct.RESUME)
        row.misses, row.reason = 0, ""
        row.save(update_fields=["state", "misses", "reason"])
        note_mandate(row, "resume_mandate", actor, at, identity_check=proof)
        plan_draws(row.account, at=at)
    return row


def pause_mandate(row: Mandate, why: str, at: datetime) -> None:
    """Draw nothing more until the customer says so, and tell them. The caller holds the lock."""
    if row.state != MandateState.ACTIVE:
        return
    row.state, row.reason = MANDATE.after(MandateState(row.state), MandateAct.PAUSE), why[:200]
    row.save(update_fields=["state", "reason"])
    note_mandate(row, "pause_mandate", SYSTEM, at)
    for draw in Draw.objects.filter(mandate=row, state__in=TO_DRAW).select_related("invoice"):
        drop_draw(draw, f"{row.called} are paused", at)
    tell_of(
        row,
        f"Your {row.called[0].lower()}{row.called[1:]} are paused",
        f"{why}. Nothing more is drawn from {row.source} until you "
        "say so. Please pay another way meanwhile. Hard to pay? Tell us: asking costs nothing.",
        at,
    )


def note_stopped(draw: Draw, at: datetime) -> None:
    """Meet the duty to stop debits once nothing of the mandate is left to stop."""
    waits = Draw.objects.filter(mandate=draw.mandate, state=DrawState.SENT)
    if not waits.exclude(stop_asked_at=None).exclude(pk=draw.pk).exists():
        meet_deadline(subject=draw.mandate.reference, duty=STOP_DUTY, at=at)


def _begin(mandate: Mandate, by: User, at: datetime) -> tuple[Mandate, Actor]:
    """The mandate with its account locked, and who acts. Raises NotAuthorised."""
    account = lock_account(mandate.account_id)
    on = local_day(account, at)
    decision = require_right(by, account, on, at)
    row = Mandate.objects.select_for_update(of=("self",)).get(pk=mandate.pk)
    row.account = account
    return row, with_customer(by, decision)


def _is_same(row: Mandate, wish: MandateWish) -> bool:
    return (
        row.state == MandateState.ACTIVE
        and not row.is_card
        and (
            row.payer_name,
            row.bsb,
            unseal(row.sealed_number),
            row.draw_day,
            row.signed_as,
        )
        == (wish.payer_name, wish.bsb, wish.number, wish.draw_day, wish.signed_as)
    )


def close_mandate(row: Mandate, why: str, actor: Actor, at: datetime) -> None:
    """End a mandate and leave out what it planned. The caller holds the lock, and tells."""
    row.state = MANDATE.after(MandateState(row.state), MandateAct.END)
    row.reason, row.ended_at, row.ended_by = why[:200], at, actor.name
    row.save(update_fields=["state", "reason", "ended_at", "ended_by"])
    note_mandate(row, "end_mandate", actor, at)
    for draw in Draw.objects.filter(mandate=row, state__in=TO_DRAW).select_related("invoice"):
        drop_draw(draw, f"{row.called} were stopped", at)


def _under_way(row: Mandate, at: datetime) -> str:
    """What is said of what was asked for already when a mandate ends; empty: nothing was."""
    if row.is_card:
        if not Draw.objects.filter(mandate=row, state=DrawState.SENT).exists():
            return ""
        return (
            " The card was asked for a payment already: the portal shows what became of it, and "
            "if you did not want it, we give it back."
        )
    last = _stop_at_bank(row, at)
    if last is None:
        return ""
    return (
        f" Your bank was asked for a debit already: we have it stopped by {in_words(last)}, "
        "and what is drawn all the same we give back."
    )


def _stop_at_bank(row: Mandate, at: datetime) -> date | None:
    """Ask staff to stop what the bank was asked for; return until when, None: there is nothing."""
    asked = Draw.objects.filter(mandate=row, state=DrawState.SENT)
    if not asked.update(stop_asked_at=at):
        return None
    account = row.account
    on = local_day(account, at)
    # The law protects some customers only; the house keeps its days for all.
    answer = rules.duty_deadline(
        law_of(on), duty=Duty.STOP_DIRECT_DEBIT, since=on, state=State(account.state)
    )
    by = answer.by or on
    set_deadline(
        account_id=account.pk,
        subject=row.reference,
        duty=STOP_DUTY,
        title=f"Stop the debits of {row.reference} at the bank",
        due_on=by,
        remind_on=on,
        zone=State(account.state).zone.key,
        at=at,
        because=as_json(answer.because),
        owner_email=account.customer.provider.complaints_email,
        about="direct debit",
    )
    return by


def _changed_from(row: Mandate, on: date) -> date:
    """The first day on which a change by the provider holds (RF-PAY-03)."""
    answer = rules.debit_change(
        law_of(on),
        change=DebitChange.TERMS,
        notice_given_on=on,
        state=State(row.account.state),
    )
    return answer.earliest_on or on
