"""A minimum term is renewed by the customer, looked at by staff where it must be, taken back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from contracts.renewing.models import TermRenewal
from contracts.renewing.selectors import (
    RenewalOffer,
    may_take_back,
    renewal_offer,
    standing_renewal,
)
from contracts.renewing.states import RENEWAL, RenewalAct, RenewalState
from contracts.supply.models import Service
from parties.accounts.selectors import terms_in_words
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.correspondence.services import letterhead, tell_holder
from parties.people.models import User
from parties.security.services import require_no_pause
from records.audit.services import Actor, record
from records.documents.models import Document
from records.documents.services import issue_document
from records.notices.services import Link
from terms import library
from terms.calendar import in_words
from terms.facts import Action
from terms.money import in_dollars

ONE_DAY = timedelta(days=1)
SHORTEST_WORDS = 5


class RenewalRefused(Exception):
    """The step does not fit; the message says what to do, `because` names clauses."""

    def __init__(self, message: str, because: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.because = because or []


def renew_term(
    *,
    service: Service,
    by: User,
    at: datetime,
    shown: tuple[date, Decimal],
    proof: str = "",
) -> TermRenewal:
    """Renew a service's minimum term, or ask for it where capacity to pay is looked at first.

    `shown` are the last day of the new term and the total over it, in dollars, GST included, that
    the person saw. Done twice it is once. Raises NotAuthorised, also while high-risk steps are
    paused, and RenewalRefused. (CV-CON-06, RF-TCP-25.)
    """
    account = service.contract.account
    on = authority.local_day(account, at)
    with transaction.atomic():
        row = _locked_service(service)
        found = renewal_offer(row, on)
        monthly = found.monthly if found else None
        decision = require_renewal(by, row, monthly, on=on, at=at)
        again = standing_renewal(row)
        if again is not None:
            return again
        require_no_pause(account, Action.OPEN_SERVICE, at=at)
        if found is None:
            raise RenewalRefused("Your terms promise no renewal of this service.")
        if found.refusal:
            raise RenewalRefused(found.refusal, found.because)
        if shown != (found.ends_on, found.total):
            raise RenewalRefused(
                "The day or the total has changed since you looked. Look again, then renew."
            )
        made = _make(found, by, at, decision.authority)
        actor = authority.with_customer(by, decision)
        _note(made, "renew_term", at, actor, identity_check=proof)
        if made.state == RenewalState.AGREED:
            _take_effect(made, at)
        else:
            _tell(
                made,
                at,
                f"We have your wish to renew {row.label}",
                "The law asks us to look first whether it can be paid. You hear from us; until "
                "then nothing has changed, and you can take it back.",
            )
    return made


def require_renewal(
    by: User, service: Service, monthly: Decimal | None, *, on: date, at: datetime
) -> authority.Decision:
    """Return the authority to commit to a service for another term. Raises NotAuthorised.

    Staff renew nothing in a customer's place.
    """
    decision = authority.require(
        by,
        Action.OPEN_SERVICE,
        service.contract.account,
        on=on,
        at=at,
        amount=monthly,
        service=str(service.public_id),
    )
    if by.is_staff:
        raise authority.NotAuthorised(decision, Action.OPEN_SERVICE)
    return decision


def decide_renewal(
    *, renewal: TermRenewal, agree: bool, why: str, by: User, at: datetime
) -> TermRenewal:
    """Say after a look at capacity to pay whether a renewal stands; `why` is what was found.

    Raises NotAuthorised, IllegalStep, and RenewalRefused without a finding, or once the term of
    now is over or the service ends. (RF-TCP-25.)
    """
    actor = _require_staff(renewal, by, at)
    with transaction.atomic():
        row = _locked(renewal)
        if len(why.strip()) < SHORTEST_WORDS:
            raise RenewalRefused("Say what you found: it is kept, and a refusal is told.")
        on = authority.local_day(row.service.contract.account, at)
        if agree and (on >= row.starts_on or row.service.ended_on is not None):
            raise RenewalRefused(
                "Its term is over, or it ends: the renewal can't begin any more. Refuse it, and "
                "make an offer where they still want it."
            )
        _step(row, RenewalAct.AGREE if agree else RenewalAct.REFUSE, by=by, why=why, at=at)
        _note(row, "agree_renewal" if agree else "refuse_renewal", at, actor)
        if agree:
            _take_effect(row, at)
        else:
            _tell(
                row,
                at,
                f"We can't renew {row.service.label}",
                f"{why.strip().rstrip('.')}. From {in_words(row.starts_on)} it goes on from month "
                "to month. If you don't agree, complain: it costs nothing.",
            )
    return row


def take_back_renewal(
    *, renewal: TermRenewal, by: User, at: datetime, why: str = ""
) -> TermRenewal:
    """Take a renewal back before the new term begins: as if it had never been agreed to.

    Taken back twice it is once. Raises NotAuthorised, and RenewalRefused once it is too late.
    """
    account = renewal.service.contract.account
    on = authority.local_day(account, at)
    service = str(renewal.service.public_id)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at, service=service)
    with transaction.atomic():
        row = _locked(renewal)
        if row.state == RenewalState.TAKEN_BACK:
            return row
        if not may_take_back(row, on):
            raise RenewalRefused(
                "The new term has begun, or its new handsets are there: it can't be taken back "
                "any more. See what leaving costs, or talk to us."
            )
        counted = row.state == RenewalState.AGREED
        _step(row, RenewalAct.TAKE_BACK, by=by, why=why, at=at)
        if counted:
            _count(row.service, -row.months)
        _note(row, "take_back_renewal", at, authority.with_customer(by, decision))
        _tell(
            row,
            at,
            f"The renewal of {row.service.label} is taken back",
            f"Its minimum term ends as before, on {in_words(row.starts_on - ONE_DAY)}; then it "
            "goes on from month to month. Nothing is owed because of it.",
        )
    return row


def note_handsets(*, renewal: TermRenewal, on: date, by: User, at: datetime) -> TermRenewal:
    """Note on which day the new handsets of a renewal were brought (CV-CON-06).

    Noted again for the same day it is once. Raises NotAuthorised, and RenewalRefused for a day
    that does not fit or a renewal that brings none.
    """
    actor = _require_staff(renewal, by, at)
    with transaction.atomic():
        row = _locked(renewal)
        if row.handsets_on == on:
            return row
        if row.state != RenewalState.AGREED or not row.brings_handsets or row.handsets_on:
            raise RenewalRefused("No new handsets are owed for this renewal.")
        today = authority.local_day(row.service.contract.account, at)
        first = authority.local_day(row.service.contract.account, row.asked_at)
        if not first <= on <= today:
            raise RenewalRefused(f"Give a day from {in_words(first)} to {in_words(today)}.")
        row.handsets_on = on
        row.save(update_fields=["handsets_on"])
        _note(row, "bring_handsets", at, actor)
    return row


def _make(found: RenewalOffer, by: User, at: datetime, rests_on: str) -> TermRenewal:
    return TermRenewal.objects.create(
        service=found.service,
        state=RenewalState.ASKED if found.assessed else RenewalState.AGREED,
        months=found.months,
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        monthly=found.monthly,
        total=found.total,
        brings_handsets=found.handsets_replaced,
        because=found.because,
        asked_at=at,
        asked_by=by,
        authority=rests_on,
    )


def _take_effect(row: TermRenewal, at: datetime) -> None:
    """Let the longer term count, and confirm it on paper."""
    _count(row.service, row.months)
    _tell(
        row,
        at,
        f"You renewed {row.service.label}: its minimum term runs to {in_words(row.ends_on)}",
        f"{in_dollars(row.monthly)} a month, {in_dollars(row.total)} over the new term, GST "
        f"included{', with updated handsets for all' if row.brings_handsets else ''}. You can "
        f"take it back before {in_words(row.starts_on)}.",
        papers=[_paper(row, at)],
    )


def _count(service: Service, months: int) -> None:
    service.renewed_months += months
    service.save(update_fields=["renewed_months"])


def _paper(row: TermRenewal, at: datetime) -> Document:
    """Freeze what was agreed: both days, the sums, what leaving early means, the clauses."""
    account = row.service.contract.account
    key = account.customer.provider.key
    title = f"Renewal of {row.service.label}"
    return issue_document(
        account_id=account.pk,
        kind="term_renewal",
        subject=str(row.public_id),
        title=title,
        template="documents/term_renewal.html",
        content={
            **letterhead(account, library.provider(key)),
            "title": title,
            "account_number": account.number,
            "reference": str(row.public_id)[:8].upper(),
            "service": str(row.service),
            "contract": row.service.contract.reference,
            "terms": terms_in_words(key, row.service.contract.version),
            "months": row.months,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat(),
            "monthly": str(row.monthly),
            "total": str(row.total),
            "brings_handsets": row.brings_handsets,
            "agreed_by": str(row.asked_by),
            "agreed_on": authority.local_day(account, row.asked_at).isoformat(),
            "because": row.because,
        },
        at=at,
    )


def _tell(
    row: TermRenewal,
    at: datetime,
    headline: str,
    body: str,
    papers: list[Document] | None = None,
) -> None:
    tell_holder(
        row.service.contract.account,
        at=at,
        headline=headline,
        body=body,
        link=Link("service", str(row.service.public_id)),
        label="Open the service",
        belongs_to=str(row.public_id),
        because=row.because,
        documents=papers or [],
    )


def _note(row: TermRenewal, action: str, at: datetime, actor: Actor, **facts: str) -> None:
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=str(row.service.public_id),
        reason=row.decided_why,
        after={
            "state": row.state,
            "ends_on": row.ends_on.isoformat(),
            "amount": str(row.total),
            **({"handsets_on": row.handsets_on.isoformat()} if row.handsets_on else {}),
            **{name: value for name, value in facts.items() if value},
        },
        because=row.because,
    )


def _step(row: TermRenewal, act: RenewalAct, *, by: User, why: str, at: datetime) -> None:
    """Move it by the table. Raises IllegalStep."""
    row.state = RENEWAL.after(RenewalState(row.state), act)
    row.decided_at, row.decided_by, row.decided_why = at, by, why
    row.save(update_fields=["state", "decided_at", "decided_by", "decided_why"])


def _require_staff(renewal: TermRenewal, by: User, at: datetime) -> Actor:
    account = renewal.service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    if not by.is_staff:
        raise authority.NotAuthorised(decision, Action.OPEN_SERVICE)
    return authority.with_customer(by, decision)


def _locked_service(service: Service) -> Service:
    """The service as it stands, while nobody else changes anything of its account."""
    lock_account(service.contract.account_id)
    return (
        Service.objects.select_for_update(of=("self",))
        .select_related("contract__account__customer__provider", "plan")
        .get(pk=service.pk)
    )


def _locked(renewal: TermRenewal) -> TermRenewal:
    """The renewal as it stands, with its service locked."""
    service = _locked_service(renewal.service)
    row = TermRenewal.objects.select_for_update(of=("self",)).get(pk=renewal.pk)
    row.service = service
    return row
