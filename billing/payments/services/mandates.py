"""Agree on, change, pause and end direct debits from a bank account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

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
from parties.accounts.selectors import FLOOR
from parties.accounts.states import CustomerKind
from parties.authority import selectors as authority
from parties.authority.selectors import account_standing, local_day, require, with_customer
from parties.correspondence.services import tell
from parties.people.models import User
from parties.security.services import require_no_pause
from records.audit.services import SYSTEM, Actor, record
from records.deadlines.services import meet_deadline, set_deadline
from records.documents.services import issue_document
from records.notices.services import Link
from records.references import new_reference
from terms import library, rules
from terms.calendar import State, in_words
from terms.clause import dump
from terms.facts import Action, Role
from terms.profile import Profile
from terms.rules.duties import Duty, DutyDeadline
from terms.rules.floor import VisibleFirst
from terms.rules.payment import DebitChange, DebitChangeNotice

from .allocating import lock_account
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
from .letterhead import letterhead

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


def request_words(account: Account, wish: MandateWish, on: date) -> list[tuple[str, str]]:
    """What a request for direct debits says: what, when, what not, how to stop (RF-PAY-07)."""
    name = library.provider(account.customer.provider.key).name
    law = _law(on)
    sight = law.of(VisibleFirst).working_days
    stop = law.of(DutyDeadline, name=Duty.STOP_DIRECT_DEBIT).working_days
    change = law.of(DebitChangeNotice, name=DebitChange.TERMS).days
    seen = "Each bill shows before that day how much is drawn, and when."
    if account.customer.is_tcp:
        seen = (
            f"You see each bill at least {sight} working days before it is drawn, "
            "with the amount and the day."
        )
    when = "on the day by which it is to be paid"
    if wish.draw_day:
        when = (
            f"on day {wish.draw_day} of the month, where that lies between the first day that "
            "terms and law allow and the day by which the bill is to be paid; else on the latter"
        )
    return [
        (
            "What is drawn",
            f"{name} draws what each bill asks for: what you owe of it and don't "
            "contest. The amount differs from bill to bill.",
        ),
        (
            "When",
            f"Each bill is drawn {when}. A day that is no working day moves to the next one. "
            f"{seen}",
        ),
        (
            "What is not drawn",
            "Money that you contest, and nothing at all while you have help with "
            "paying, more time, or an arrangement.",
        ),
        (
            "How to change or stop it",
            "In the portal under Direct debit, at once and for free; or "
            f"by writing to us or calling: it is done within {stop} working days. "
            "Your bank can stop it, too.",
        ),
        ("If we change something", f"We tell you at least {change} days before."),
        (
            "If your bank does not pay",
            "The bill is open again. What that costs, if anything, is in "
            "your terms. After two in a row we draw nothing until you tell us to go on.",
        ),
        (
            "Your bank account",
            "Make sure that it can be debited and holds enough on the day. We "
            "use its number for this alone; our staff see only how it ends.",
        ),
    ]


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
        locked = lock_account(account)
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
            _end(earlier, "Another bank account took its place", actor, at)
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
        row.document = _draw_up(row, clean, on, at)
        row.save(update_fields=["document"])
        _note(row, "agree_mandate", actor, at, identity_check=proof)
        plan_draws(locked, at=at)
        _tell_agreed(row, by, at)
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
        _end(row, why or "Stopped as the customer wished", actor, at)
        last = _stop_at_bank(row, at)
        under_way = (
            f" Your bank was asked for a debit already: we have it stopped by {in_words(last)}, "
            "and what is drawn all the same we give back."
            if last
            else ""
        )
        _tell(
            row,
            "Direct debits are stopped",
            f"Nothing more is drawn from the bank account ending {row.number_end}.{under_way} "
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
        _note(row, "change_mandate", actor, at)
        _tell(row, "The day of your direct debits changes", words, at)
        # A day that was told is held, unless whoever was told asks for another.
        plan_draws(row.account, at=at, anew=row.later_from is None)
    return row


def resume_mandate(*, mandate: Mandate, by: User, at: datetime) -> Mandate:
    """Draw again after a pause. Raises NotAuthorised, IllegalStep."""
    with transaction.atomic():
        row, actor = _begin(mandate, by, at)
        require_no_pause(row.account, Action.PAY_BILL, at=at)
        row.state = MANDATE.after(MandateState(row.state), MandateAct.RESUME)
        row.misses, row.reason = 0, ""
        row.save(update_fields=["state", "misses", "reason"])
        _note(row, "resume_mandate", actor, at)
        plan_draws(row.account, at=at)
    return row


def pause_mandate(row: Mandate, why: str, at: datetime) -> None:
    """Draw nothing more until the customer says so, and tell them. The caller holds the lock."""
    if row.state != MandateState.ACTIVE:
        return
    row.state, row.reason = MANDATE.after(MandateState(row.state), MandateAct.PAUSE), why[:200]
    row.save(update_fields=["state", "reason"])
    _note(row, "pause_mandate", SYSTEM, at)
    for draw in Draw.objects.filter(mandate=row, state__in=TO_DRAW).select_related("invoice"):
        drop_draw(draw, "Direct debits are paused", at)
    _tell(
        row,
        "Your direct debits are paused",
        f"{why}. Nothing more is drawn from the bank account ending {row.number_end} until you "
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
    account = lock_account(mandate.account)
    on = local_day(account, at)
    decision = require_right(by, account, on, at)
    row = Mandate.objects.select_for_update(of=("self",)).get(pk=mandate.pk)
    row.account = account
    return row, with_customer(by, decision)


def _is_same(row: Mandate, wish: MandateWish) -> bool:
    return row.state == MandateState.ACTIVE and (
        row.payer_name,
        row.bsb,
        unseal(row.sealed_number),
        row.draw_day,
        row.signed_as,
    ) == (wish.payer_name, wish.bsb, wish.number, wish.draw_day, wish.signed_as)


def _end(row: Mandate, why: str, actor: Actor, at: datetime) -> None:
    row.state = MANDATE.after(MandateState(row.state), MandateAct.END)
    row.reason, row.ended_at, row.ended_by = why[:200], at, actor.name
    row.save(update_fields=["state", "reason", "ended_at", "ended_by"])
    _note(row, "end_mandate", actor, at)
    for draw in Draw.objects.filter(mandate=row, state__in=TO_DRAW).select_related("invoice"):
        drop_draw(draw, "Direct debits were stopped", at)


def _stop_at_bank(row: Mandate, at: datetime) -> date | None:
    """Ask staff to stop what the bank was asked for; return until when, None: there is nothing."""
    asked = Draw.objects.filter(mandate=row, state=DrawState.SENT)
    if not asked.update(stop_asked_at=at):
        return None
    account = row.account
    on = local_day(account, at)
    # The law protects some customers only; the house keeps its days for all.
    answer = rules.duty_deadline(
        _law(on), duty=Duty.STOP_DIRECT_DEBIT, since=on, state=State(account.state)
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
        because=dump(answer.because),
        owner_email=account.customer.provider.complaints_email,
        about="direct debit",
    )
    return by


def _changed_from(row: Mandate, on: date) -> date:
    """The first day on which a change by the provider holds (RF-PAY-03)."""
    answer = rules.debit_change(
        _law(on),
        change=DebitChange.TERMS,
        notice_given_on=on,
        state=State(row.account.state),
    )
    return answer.earliest_on or on


def _law(on: date) -> Profile:
    """The law of a day, as it protects those whom it protects most."""
    return library.load(FLOOR, library.in_force(FLOOR, on)).as_seen(tcp=True, on=on)


def _draw_up(row: Mandate, wish: MandateWish, on: date, at: datetime) -> Any:
    account = row.account
    facts = library.provider(account.customer.provider.key)
    head = letterhead(account, facts)
    # Who may not know the customer sees none of what stands there.
    head["customer"] |= {
        "payer": row.payer_name,
        "signed": row.signed_as,
        "capacity": row.capacity,
        "second": row.second_signed_as,
    }
    return issue_document(
        account_id=account.pk,
        kind="direct_debit_request",
        subject=row.reference,
        title=f"Direct debit request {row.reference}",
        template="documents/direct_debit_request.html",
        content={
            "title": f"Direct debit request {row.reference}",
            **head,
            "account_number": account.number,
            "reference": row.reference,
            "agreed_on": on.isoformat(),
            "user_number": account.customer.provider.debit_user_number,
            "bsb": row.bsb,
            "number_end": row.number_end,
            "words": [list(one) for one in request_words(account, wish, on)],
            "because": row.because,
        },
        at=at,
    )


def _note(row: Mandate, action: str, actor: Actor, at: datetime, **more: str) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.reference,
        after={
            "bank_account": f"ending {row.number_end}",
            "state": row.get_state_display(),
            **{key: value for key, value in more.items() if value},
        },
        because=row.because,
    )


def _tell_agreed(row: Mandate, by: User, at: datetime) -> None:
    """Send the copy to the account, and to who signed where that is somebody else."""
    account = row.account
    on = local_day(account, at)
    standing = account_standing(account, on)
    knows = authority.may(by, Action.VIEW_PERSONAL_DETAILS, account, on=on, at=at)
    sees = knows.allowed and not knows.masked
    people = {standing.to_email: (standing.to_name, True)}
    people.setdefault(by.email, (str(by), sees))
    for email, (name, with_copy) in people.items():
        tell(
            account,
            to=email,
            name=name,
            at=at,
            headline="Your bills are paid by direct debit from now on",
            body=f"They are drawn from the bank account ending {row.number_end}. Each bill says "
            "how much, and when. Not agreed to, or no longer wanted? You can stop it in the "
            "portal at once, or by telling us or your bank.",
            link=Link("direct-debit"),
            label="See or stop it",
            belongs_to=row.reference,
            documents=[row.document] if with_copy and row.document else [],
        )


def _tell(row: Mandate, headline: str, body: str, at: datetime) -> None:
    standing = account_standing(row.account, local_day(row.account, at))
    tell(
        row.account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        headline=headline,
        body=body,
        link=Link("direct-debit"),
        label="See your direct debits",
        belongs_to=row.reference,
    )
