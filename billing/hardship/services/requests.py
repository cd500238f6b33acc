"""Ask for help with paying; from that moment nothing is chased until it is answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.hardship.models import Arrangement, HelpRequest
from billing.hardship.selectors import open_request, proof_for
from billing.hardship.states import (
    HELP,
    ArrangementState,
    Duty,
    Every,
    HelpAct,
    HelpKind,
    HelpState,
)
from parties.accounts.models import Account
from parties.accounts.selectors import working_calendar
from parties.accounts.services import block_chasing, lift_block, lock_account
from parties.accounts.states import BlockKind
from parties.authority import selectors as authority
from parties.authority.selectors import account_standing
from parties.correspondence.services import tell
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record
from records.deadlines.services import drop_deadlines, meet_deadline
from records.documents.models import Document
from records.notices.services import Link
from records.references import new_reference
from records.sweeps import each
from terms.calendar import in_words
from terms.facts import Action

from .clocks import start_clock

# How long what was asked or offered stays open: nothing is chased meanwhile.
ANSWER_WORKING_DAYS = 10
COUNSELLORS = (
    "A financial counsellor can help you for free and talk with us for you: the National Debt "
    "Helpline is 1800 007 007, ndh.org.au."
)
OMBUDSMAN = (
    "If you are unhappy with how we handle it, the Telecommunications Industry Ombudsman is "
    "free: 1800 062 058, tio.com.au."
)


class HelpRefused(Exception):
    """The step does not fit; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class HelpWanted:
    """What somebody asks for: kinds of help, what they can pay and when, for how long."""

    kinds: tuple[HelpKind, ...] = ()
    can_pay: Decimal | None = None
    every: Every | None = None
    first_on: date | None = None
    months: int = 2
    words: str = ""


def ask_for_help(
    *,
    account: Account,
    by: User,
    wanted: HelpWanted,
    at: datetime,
    together_with: User | None = None,
) -> HelpRequest:
    """Take in a request for help with paying, stop all chasing, and set the day for the answer.

    A second one while one is open is that one. `together_with` is the customer who confirmed it
    for their advocate. No proof is asked for: it is complete as it comes (RF-HARD-03, RF-HARD-04;
    VP-HAR-04). Raises NotAuthorised.
    """
    on = authority.local_day(account, at)
    with transaction.atomic():
        locked = lock_account(account.pk)
        present = together_with is not None
        decision = authority.require(
            by, Action.ARRANGE_HARDSHIP, locked, on=on, at=at, customer_present=present
        )
        known = open_request(locked)
        if known is not None:
            return known
        row = HelpRequest.objects.create(
            reference=new_reference("H"),
            account=locked,
            asked_at=at,
            asked_by=by,
            role=decision.role,
            kinds=[one.value for one in wanted.kinds],
            can_pay=wanted.can_pay,
            every=wanted.every or "",
            first_on=wanted.first_on,
            months=wanted.months,
            words=wanted.words,
            complete_on=on,
        )
        block_chasing(account=locked, kind=BlockKind.HARDSHIP, subject=row.reference, at=at)
        start_clock(row, on, at)
        record(
            account_id=locked.pk,
            at=at,
            action="ask_for_help",
            actor=authority.with_customer(by, decision, together_with),
            subject=row.reference,
            after={"wished": ", ".join(one.label for one in wanted.kinds)},
            because=row.because,
        )
        when = f" You get our answer by {in_words(row.decide_by)}." if row.decide_by else ""
        _tell(
            row,
            "We have your request for help with paying",
            f"Its reference is {row.reference}.{when} Until then nobody asks you for money and "
            f"nothing is cut off. It costs nothing. {_papers(locked, row.months, on)} "
            f"{COUNSELLORS}",
            at,
        )
    return row


def _papers(account: Account, months: int, on: date) -> str:
    """What the customer is told about proof, for help of so many months (RF-HARD-04)."""
    if proof_for(account, months, on).may_ask:
        return "You need no papers to ask. As it is for longer, we may ask you for one later."
    return "We need no papers."


def take_in_hand(*, reference: str, by: User, at: datetime) -> HelpRequest:
    """Let a member of staff own the request. Raises NotAuthorised."""
    with transaction.atomic():
        row = locked_request(reference)
        actor = require_staff(row, by, at)
        row.assigned_to = by
        row.save(update_fields=["assigned_to"])
        note(row, "take_help_in_hand", actor, at)
    return row


def ask_more(
    *, reference: str, by: User, text: str, at: datetime, proof: bool = False
) -> HelpRequest:
    """Ask the customer for something; the clock starts anew with the answer.

    Nothing is chased meanwhile. `proof`: it is a paper that proves what they told, which short
    help must not depend on (RF-HARD-04). Raises NotAuthorised, HelpRefused, IllegalStep.
    """
    with transaction.atomic():
        row = locked_request(reference)
        actor = require_staff(row, by, at)
        because = _proof_allowed(row, at) if proof else ()
        move(row, HelpAct.ASK_MORE)
        drop_deadlines(subject=row.reference, at=at)
        until = wait_for_answer(row, at)
        note(row, "ask_more_for_help", actor, at, because)
        _tell(
            row,
            "We need something from you",
            f"{text} Please answer by {in_words(until)}. {COUNSELLORS}",
            at,
            because,
        )
    return row


def _proof_allowed(row: HelpRequest, at: datetime) -> tuple[dict[str, Any], ...]:
    """The clauses by which proof may be asked for. Raises HelpRefused where it may not."""
    found = proof_for(row.account, row.months, authority.local_day(row.account, at))
    if not found.may_ask:
        raise HelpRefused(
            f"No proof may be asked for: they need help for {found.cycles} "
            f"{'bill' if found.cycles == 1 else 'bills'}, and nothing gives a right to ask. "
            "Decide by what they told you, or ask without a paper."
        )
    return found.because


def answer_question(*, reference: str, by: User, text: str, at: datetime) -> HelpRequest:
    """Give what was asked for; from now on the days for the answer count (RF-HARD-03).

    By the customer's side, or by staff who were told. Raises NotAuthorised, IllegalStep.
    """
    with transaction.atomic():
        row = locked_request(reference)
        on = authority.local_day(row.account, at)
        decision = authority.require(by, Action.ARRANGE_HARDSHIP, row.account, on=on, at=at)
        move(row, HelpAct.ANSWER)
        row.words = f"{row.words}\n\n{text}".strip()
        row.save(update_fields=["words"])
        start_clock(row, on, at)
        note(row, "answer_help_question", authority.with_customer(by, decision), at)
    return row


def refuse_help(*, reference: str, by: User, reasons: str, at: datetime) -> HelpRequest:
    """Say in writing why no help is possible, and who else helps. Raises NotAuthorised."""
    if len(reasons.strip()) < 10:
        raise HelpRefused("Say in a sentence why, in words that help the customer on.")
    with transaction.atomic():
        row = locked_request(reference)
        actor = require_staff(row, by, at)
        move(row, HelpAct.REFUSE)
        row.decided_at, row.decided_by, row.reasons = at, str(by), reasons
        row.save(update_fields=["decided_at", "decided_by", "reasons"])
        meet_deadline(subject=row.reference, duty=Duty.DECIDE, at=at)
        lift_block(account=row.account, kind=BlockKind.HARDSHIP, subject=row.reference, at=at)
        note(row, "refuse_help", actor, at)
        _tell(
            row,
            "We can't agree to the help that you asked for",
            f"{reasons} {COUNSELLORS} {OMBUDSMAN}",
            at,
        )
    return row


def withdraw_request(*, reference: str, by: User, at: datetime) -> HelpRequest:
    """Take the request back. Raises NotAuthorised, IllegalStep."""
    with transaction.atomic():
        row = locked_request(reference)
        on = authority.local_day(row.account, at)
        decision = authority.require(by, Action.ARRANGE_HARDSHIP, row.account, on=on, at=at)
        move(row, HelpAct.WITHDRAW)
        drop_deadlines(subject=row.reference, at=at)
        _drop_offer(row, at)
        lift_block(account=row.account, kind=BlockKind.HARDSHIP, subject=row.reference, at=at)
        note(row, "withdraw_help", authority.with_customer(by, decision), at)
    return row


def wait_for_answer(row: HelpRequest, at: datetime) -> date:
    """Keep until when the customer can answer, and return that day."""
    on = authority.local_day(row.account, at)
    row.answer_by = working_calendar(row.account, on).count(on, ANSWER_WORKING_DAYS).day
    row.save(update_fields=["answer_by"])
    return row.answer_by


def end_unanswered(*, at: datetime) -> int:
    """End requests whose question or offer was not answered in time; return how many."""
    waiting = HelpRequest.objects.filter(
        state__in=[HelpState.WAITING, HelpState.OFFERED], answer_by__lt=at.date()
    )
    return each(waiting, lambda row: _lapse(row, at), at=at)


def _lapse(found: HelpRequest, at: datetime) -> int:
    row = locked_request(found.reference)
    on = authority.local_day(row.account, at)
    if row.state not in (HelpState.WAITING, HelpState.OFFERED) or not row.answer_by:
        return 0
    if on <= row.answer_by:
        return 0
    move(row, HelpAct.LAPSE)
    _drop_offer(row, at)
    drop_deadlines(subject=row.reference, at=at)
    lift_block(account=row.account, kind=BlockKind.HARDSHIP, subject=row.reference, at=at)
    note(row, "help_unanswered", audit.SYSTEM, at)
    _tell(
        row,
        "Your request for help with paying has ended",
        f"We did not hear from you by {in_words(row.answer_by)}, so we have closed it. You can "
        f"ask again at any time, for free. {COUNSELLORS}",
        at,
    )
    return 1


def _drop_offer(row: HelpRequest, at: datetime) -> None:
    Arrangement.objects.filter(request=row, state=ArrangementState.OFFERED).update(
        state=ArrangementState.REPLACED, ended_at=at
    )


def locked_request(reference: str) -> HelpRequest:
    """The request with its account locked. Raises DoesNotExist."""
    found = HelpRequest.objects.only("account_id").get(reference=reference)
    lock_account(found.account_id)
    return (
        HelpRequest.objects.select_for_update(of=("self",))
        .select_related("account__customer__provider", "asked_by")
        .get(pk=found.pk)
    )


def move(row: HelpRequest, act: HelpAct) -> None:
    """Move a request by the table. Raises IllegalStep."""
    row.state = HELP.after(HelpState(row.state), act)
    row.save(update_fields=["state"])


def require_staff(row: HelpRequest, by: User, at: datetime) -> audit.Actor:
    """Who of the staff decides about help. Raises NotAuthorised."""
    action = Action.ARRANGE_HARDSHIP
    on = authority.local_day(row.account, at)
    decision = authority.staff_may(by, action, row.account, on=on)
    if not decision.allowed:
        raise authority.NotAuthorised(decision, action)
    return authority.with_customer(by, decision)


def note(
    row: HelpRequest,
    action: str,
    actor: audit.Actor,
    at: datetime,
    because: Iterable[dict[str, Any]] = (),
) -> None:
    """Keep a step in the audit trail, with the clauses that it rests on."""
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.reference,
        after={"state": row.get_state_display()},
        because=list(because),
    )


def _tell(
    row: HelpRequest,
    headline: str,
    body: str,
    at: datetime,
    because: Iterable[dict[str, Any]] = (),
) -> None:
    tell_asker(row, headline, body, at, because=because)


def tell_asker(
    row: HelpRequest,
    headline: str,
    body: str,
    at: datetime,
    *,
    documents: Iterable[Document] = (),
    because: Iterable[dict[str, Any]] = (),
) -> None:
    """Write to who asked, or to the account where they stand there no longer.

    A document names the customer: whoever may not know who that is finds it masked in the portal.
    """
    person, account = row.asked_by, row.account
    on = authority.local_day(account, at)
    to, name = person.email, str(person)
    may = authority.may(person, Action.ARRANGE_HARDSHIP, account, on=on, at=at)
    if person.is_staff or not may.allowed:
        standing = account_standing(account, on)
        to, name = standing.to_email, standing.to_name
    else:
        knows = authority.may(person, Action.VIEW_PERSONAL_DETAILS, account, on=on, at=at)
        documents = documents if knows.allowed and not knows.masked else ()
    tell(
        account,
        to=to,
        name=name,
        at=at,
        headline=headline,
        body=body,
        link=Link("help-paying"),
        label="See your request",
        belongs_to=row.reference,
        documents=documents,
        because=list(because),
    )
