"""Offer help, agree on it, keep to it; what is missed is talked over before anything else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.hardship.models import Arrangement, HelpRequest, Instalment
from billing.hardship.selectors import Part, offered_arrangement, progress
from billing.hardship.states import (
    ARRANGEMENT,
    RUNS,
    ArrangementAct,
    ArrangementState,
    Duty,
    HelpAct,
)
from billing.ledger.models import OpenItem
from billing.ledger.selectors import open_items
from billing.ledger.services import move_due_date
from billing.payments.services import issue_credit_note
from parties.accounts.models import Account
from parties.accounts.selectors import working_calendar, zone_of
from parties.accounts.services import block_chasing, lift_block, lock_account
from parties.accounts.states import BlockKind
from parties.authority import selectors as authority
from parties.people.models import User
from records.audit.services import SYSTEM, Actor, record
from records.deadlines.services import meet_deadline
from records.documents.models import Document
from records.documents.services import issue_document
from records.sweeps import each
from terms import library
from terms.calendar import in_words
from terms.facts import Action
from terms.money import ZERO, in_dollars

from .clocks import start_clock
from .requests import (
    COUNSELLORS,
    OMBUDSMAN,
    HelpRefused,
    end_unanswered,
    locked_request,
    move,
    note,
    require_staff,
    tell_asker,
    wait_for_answer,
)

REVIEW_WORKING_DAYS = 10


def offer_help(
    *,
    reference: str,
    by: User,
    parts: Iterable[Part],
    reasons: str,
    at: datetime,
    waive: Decimal = ZERO,
    other_help: str = "",
) -> Arrangement:
    """Offer an arrangement over what is owed and not contested; it meets the day for the answer.

    `parts` are its instalments (a pause is a single one on a later day), `waive` is taken off
    when it is accepted, in dollars with GST. An earlier offer is replaced. Raises NotAuthorised,
    IllegalStep, and HelpRefused where the sums don't add up.
    """
    with transaction.atomic():
        row = locked_request(reference)
        actor = require_staff(row, by, at)
        items = [one for one in open_items(row.account) if one.amount > one.held]
        owed = sum((one.amount - one.held for one in items), ZERO)
        planned = tuple(parts)
        _require_sums(owed, waive, planned, other_help)
        move(row, HelpAct.OFFER)
        earlier = offered_arrangement(row)
        if earlier is not None:
            _end(earlier, ArrangementAct.REPLACE, at)
        made = Arrangement.objects.create(
            account=row.account,
            request=row,
            amount=owed - waive,
            waived=waive,
            other_help=other_help,
            offered_at=at,
            offered_by=str(by),
        )
        made.invoices.set([one.invoice_id for one in items])
        Instalment.objects.bulk_create(
            Instalment(
                arrangement=made, due_on=one.due_on, asked_for=one.asked_for, amount=one.amount
            )
            for one in planned
        )
        row.decided_at, row.decided_by, row.reasons = at, str(by), reasons
        row.save(update_fields=["decided_at", "decided_by", "reasons"])
        made.document = _draw(made, at)
        made.save(update_fields=["document"])
        meet_deadline(subject=row.reference, duty=Duty.DECIDE, at=at)
        until = wait_for_answer(row, at)
        note(row, "offer_help", actor, at)
        tell_asker(
            row,
            "We can help you with paying",
            f"{reasons} {_in_words(made, planned)} Please accept it in the portal by "
            f"{in_words(until)}, or tell us that it does not help. {COUNSELLORS}",
            at,
            documents=[made.document],
        )
    return made


def _require_sums(owed: Decimal, waive: Decimal, parts: tuple[Part, ...], other_help: str) -> None:
    if waive < ZERO or waive > owed:
        raise HelpRefused(f"Between $0.00 and {in_dollars(owed)} can be taken off.")
    planned = sum((one.amount for one in parts), ZERO)
    if planned != owed - waive:
        raise HelpRefused(
            f"{in_dollars(owed - waive)} is left to pay, and the parts make "
            f"{in_dollars(planned)}: make them equal."
        )
    if not parts and not waive and not other_help.strip():
        raise HelpRefused("Nothing is offered yet: give parts, take something off, or say what.")


def _in_words(row: Arrangement, parts: tuple[Part, ...]) -> str:
    words = []
    if row.waived:
        words.append(f"We take {in_dollars(row.waived)} off what you owe.")
    if len(parts) == 1:
        words.append(f"You pay {in_dollars(parts[0].amount)} by {in_words(parts[0].due_on)}.")
    elif parts:
        words.append(
            f"You pay {in_dollars(row.amount)} in {len(parts)} parts, the first of "
            f"{in_dollars(parts[0].amount)} by {in_words(parts[0].due_on)}, the last by "
            f"{in_words(parts[-1].due_on)}."
        )
    if row.other_help:
        words.append(row.other_help)
    words.append("While you keep to it, nobody asks for more and nothing is cut off.")
    return " ".join(words)


def accept_offer(
    *, reference: str, by: User, signed_as: str, at: datetime, together_with: User | None = None
) -> Arrangement:
    """Agree to what was offered, signed with a name; it holds from now on.

    What is taken off is credited, the bills are on time until the last instalment, and nothing is
    chased while it is kept. `together_with` is the customer who confirmed it for their advocate.
    Raises NotAuthorised, IllegalStep, HelpRefused.
    """
    if not signed_as.strip():
        raise HelpRefused("Type your name: it is your signature.")
    with transaction.atomic():
        row = locked_request(reference)
        on = authority.local_day(row.account, at)
        present = together_with is not None
        decision = authority.require(
            by, Action.ARRANGE_HARDSHIP, row.account, on=on, at=at, customer_present=present
        )
        offer = offered_arrangement(row)
        move(row, HelpAct.ACCEPT)
        if offer is None:
            raise HelpRefused("Nothing is offered at the moment.")
        for earlier in Arrangement.objects.filter(account=row.account, state__in=RUNS):
            _end(earlier, ArrangementAct.REPLACE, at)
        offer.state = ARRANGEMENT.after(ArrangementState(offer.state), ArrangementAct.ACCEPT)
        offer.accepted_at, offer.accepted_by = at, str(by)
        offer.signed_as = " ".join(signed_as.split())[:150]
        offer.save(update_fields=["state", "accepted_at", "accepted_by", "signed_as"])
        block_chasing(
            account=row.account,
            kind=BlockKind.ARRANGEMENT,
            subject=row.reference,
            at=at,
        )
        lift_block(account=row.account, kind=BlockKind.HARDSHIP, subject=row.reference, at=at)
        _take_off(offer, at)
        last = offer.instalments.order_by("-due_on").first()
        if last is not None:
            for invoice in offer.invoices.all():
                move_due_date(invoice_id=invoice.pk, due_date=last.due_on)
        actor = authority.with_customer(by, decision, together_with)
        _note(offer, "accept_help", at, actor)
        tell_asker(
            row,
            "Your payment arrangement is agreed",
            f"{_in_words(offer, _parts(offer))} If something changes, tell us before the day: we "
            "change it together.",
            at,
            documents=[offer.document] if offer.document else [],
        )
        _look(offer, on, at)
    return offer


def decline_offer(*, reference: str, by: User, text: str, at: datetime) -> HelpRequest:
    """Say that the offer does not help; it is thought over, with a new day for the answer."""
    with transaction.atomic():
        row = locked_request(reference)
        on = authority.local_day(row.account, at)
        decision = authority.require(by, Action.ARRANGE_HARDSHIP, row.account, on=on, at=at)
        offer = offered_arrangement(row)
        move(row, HelpAct.DECLINE)
        if offer is not None:
            _end(offer, ArrangementAct.REPLACE, at)
        row.words = f"{row.words}\n\n{text}".strip()
        row.save(update_fields=["words"])
        start_clock(row, on, at)
        note(row, "decline_help", authority.with_customer(by, decision), at)
    return row


def review_help(*, at: datetime) -> int:
    """See which arrangements were kept or missed, and which offers were not answered."""
    return review_arrangements(at=at) + end_unanswered(at=at)


def review_arrangements(*, at: datetime) -> int:
    """Look at every arrangement that is in force: kept, missed, caught up, or over."""
    rows = Arrangement.objects.filter(state__in=RUNS).select_related("account")
    return each(rows, lambda row: _look_again(row, at), at=at)


def _look_again(row: Arrangement, at: datetime) -> int:
    lock_account(row.account_id)
    locked = (
        Arrangement.objects.select_for_update(of=("self",))
        .select_related("account__customer__provider", "request__asked_by")
        .get(pk=row.pk)
    )
    if locked.state not in RUNS:
        return 0
    return _look(locked, authority.local_day(locked.account, at), at)


def _look(row: Arrangement, on: date, at: datetime) -> int:
    """Move an arrangement by what was paid of it; return 1 if it moved."""
    found = progress(row, on)
    if found.left == ZERO:
        return _keep(row, at)
    if row.state == ArrangementState.IN_FORCE and found.missed:
        return _offer_review(row, found.missed[0].amount, on, at)
    if row.state == ArrangementState.REVIEW:
        if not found.missed:
            row.review_since = row.review_until = None
            _move(row, ArrangementAct.CATCH_UP, "arrangement_caught_up", at)
            return 1
        if row.review_until is not None and on > row.review_until:
            return end_arrangement(row, at)
    return 0


def _keep(row: Arrangement, at: datetime) -> int:
    row.ended_at = at
    _move(row, ArrangementAct.KEEP, "arrangement_kept", at)
    _unblock(row, at)
    tell_asker(
        row.request,
        "You have kept your payment arrangement",
        "All that it covers is paid. Thank you. It is over, and nothing of it is left.",
        at,
    )
    return 1


def _offer_review(row: Arrangement, amount: Decimal, on: date, at: datetime) -> int:
    """A missed part is first of all a question: does it still fit? (RF-HARD-09.)"""
    calendar = working_calendar(row.account, on)
    if not calendar.is_working_day(on) or at.astimezone(zone_of(row.account)).hour < 9:
        return 0
    row.review_since, row.review_until = on, calendar.count(on, REVIEW_WORKING_DAYS).day
    _move(row, ArrangementAct.MISS, "arrangement_missed", at)
    tell_asker(
        row.request,
        "Does your payment arrangement still fit?",
        f"{in_dollars(amount)} has not reached us. That can happen, and costs nothing. Pay it, or "
        f"ask us by {in_words(row.review_until)} to change the arrangement so that it fits. "
        f"{COUNSELLORS}",
        at,
    )
    return 1


def end_arrangement(row: Arrangement, at: datetime) -> int:
    """End an arrangement that was not kept although a review was offered, and say so."""
    on = authority.local_day(row.account, at)
    row.ended_at = at
    _move(row, ArrangementAct.END, "arrangement_ended", at)
    _unblock(row, at)
    for item in OpenItem.objects.filter(invoice__in=row.invoices.all(), amount__gt=ZERO):
        # What was late before is not late again for the time of the arrangement.
        move_due_date(invoice_id=item.invoice_id, due_date=on)
    tell_asker(
        row.request,
        "Your payment arrangement has ended",
        "Parts of it were not paid, and no change was agreed. What is left is to be paid now. You "
        f"can ask for help again at any time, for free. {COUNSELLORS} {OMBUDSMAN}",
        at,
    )
    return 1


def _take_off(row: Arrangement, at: datetime) -> None:
    """Credit what is waived, on the oldest bill first."""
    rest = row.waived
    for item in open_items(row.account).filter(invoice__in=row.invoices.all()):
        part = min(rest, item.amount - item.held)
        if part <= ZERO:
            continue
        issue_credit_note(
            invoice=item.invoice,
            amount=part,
            reason=f"Help with paying {row.request.reference}",
            at=at,
        )
        rest -= part


def _parts(row: Arrangement) -> tuple[Part, ...]:
    return tuple(
        Part(asked_for=one.asked_for, due_on=one.due_on, amount=one.amount)
        for one in row.instalments.all()
    )


def _end(row: Arrangement, act: ArrangementAct, at: datetime) -> None:
    row.ended_at = at
    _move(row, act, "arrangement_replaced", at)
    if act == ArrangementAct.REPLACE and row.accepted_at is not None:
        _unblock(row, at)


def _unblock(row: Arrangement, at: datetime) -> None:
    lift_block(
        account=row.account, kind=BlockKind.ARRANGEMENT, subject=row.request.reference, at=at
    )


def _move(row: Arrangement, act: ArrangementAct, action: str, at: datetime) -> None:
    row.state = ARRANGEMENT.after(ArrangementState(row.state), act)
    row.save(update_fields=["state", "ended_at", "review_since", "review_until"])
    _note(row, action, at, SYSTEM)


def _note(row: Arrangement, action: str, at: datetime, actor: Actor) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.request.reference,
        after={"state": row.get_state_display(), "amount": str(row.amount)},
    )


def _draw(row: Arrangement, at: datetime) -> Document:
    return issue_document(
        account_id=row.account_id,
        kind="arrangement",
        subject=str(row.public_id),
        title=f"Payment arrangement {row.request.reference}",
        template="documents/arrangement.html",
        content=_content(row, row.account, at),
        at=at,
    )


def _content(row: Arrangement, account: Account, at: datetime) -> dict[str, Any]:
    provider = library.provider(account.customer.provider.key)
    return {
        "title": f"Payment arrangement {row.request.reference}",
        "seller": {"name": provider.name, "legal_name": provider.legal_name, "abn": provider.abn},
        "brand": {
            "colour": provider.brand.colour,
            "mark": provider.brand.mark or provider.name[:2].upper(),
        },
        "customer": {"name": account.customer.name, "abn": account.customer.abn, "address": []},
        "account_number": account.number,
        "reference": row.request.reference,
        "offered_on": authority.local_day(account, at).isoformat(),
        "amount": str(row.amount),
        "waived": str(row.waived) if row.waived else "",
        "other_help": row.other_help,
        "reasons": row.request.reasons,
        "parts": [
            {"due_on": one.due_on.isoformat(), "amount": str(one.amount)}
            for one in row.instalments.all()
        ],
        "invoices": [one.number for one in row.invoices.order_by("issue_date", "number")],
        "because": row.request.because,
        "help": {"counselling": COUNSELLORS, "ombudsman": OMBUDSMAN},
    }
