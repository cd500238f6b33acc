"""What people want done with their data: preferences, requests with the law's clock, downloads."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db import transaction

from parties.accounts import selectors as accounts
from parties.accounts.models import Account, Provider
from parties.authority import selectors as authority
from parties.correspondence import selectors as correspondence
from parties.correspondence.models import Preference
from parties.correspondence.services import tell, write
from parties.correspondence.states import CHOICES, PreferenceKind
from parties.people.models import User
from parties.security.selectors import proven_phone
from parties.security.services import require_no_pause, stop_link
from parties.security.states import HighRisk
from records.audit import services as audit
from records.audit.services import record
from records.deadlines.services import meet_deadline, set_deadline
from records.notices.models import Notice
from records.notices.services import Link
from records.references import new_reference
from terms import rules
from terms.calendar import State
from terms.clause import as_json
from terms.facts import Action, Role, needed
from terms.rules.duties import Duty

from .models import DataExport, PrivacyRequest
from .states import ExportState, PrivacyKind, PrivacyState

DUTY = "answer_privacy"
# What the law bids for each kind of request (RF-PRIV-01, RF-PRIV-02).
LAW = {PrivacyKind.ACCESS: Duty.ANSWER_ACCESS, PrivacyKind.CORRECTION: Duty.ANSWER_CORRECTION}
NEEDS = {
    PrivacyKind.ACCESS: Action.REQUEST_RECORDS,
    PrivacyKind.CORRECTION: Action.CHANGE_DETAILS,
}
_unsubscribing = Signer(salt="unsubscribe")


class PhoneNotProven(Exception):
    """Reminders by text need a number that its owner has proven; the message says what to do."""


class BadLink(Exception):
    """The link was changed or cut off on its way."""


def choose(
    *, account: Account, by: User, at: datetime, kind: PreferenceKind, value: str
) -> Preference | None:
    """Keep a choice about the account; None if it holds already.

    Raises NotAuthorised, ValueError for something that can't be chosen, and PhoneNotProven for
    reminders by text where the holder proved no number, or somebody else asks.
    """
    decision = authority.require(
        by, Action.CHANGE_DETAILS, account, on=authority.local_day(account, at)
    )
    if (kind, value) == (PreferenceKind.REMINDERS, "text"):
        if decision.role != Role.HOLDER:
            raise PhoneNotProven(
                "Only the account holder can choose text messages: they go to their own phone."
            )
        if not proven_phone(account):
            raise PhoneNotProven("Show first that the phone is yours: we text a code to it.")
    actor = authority.with_customer(by, decision)
    return _choose(account, kind, value, at=at, by=by, actor=actor)


def _choose(
    account: Account,
    kind: PreferenceKind,
    value: str,
    *,
    at: datetime,
    by: User | None,
    actor: audit.Actor,
) -> Preference | None:
    if value not in dict(CHOICES[kind]):
        raise ValueError(f"{value!r} is no choice of {kind.label}")
    with transaction.atomic():
        before = correspondence.preferences(account)[kind]
        if before == value:
            return None
        chosen = Preference.objects.create(
            account=account, kind=kind, value=value, chosen_at=at, chosen_by=by
        )
        record(
            account_id=account.pk,
            at=at,
            action="choose_preference",
            actor=actor,
            subject=kind.label,
            before={kind.value: before},
            after={kind.value: value},
        )
    return chosen


def unsubscribe_link(account: Account) -> Link:
    """The link that ends marketing without logging in; it never expires (RF-MSG-01)."""
    return Link("unsubscribe", _unsubscribing.sign(str(account.public_id)))


def account_of_link(token: str) -> Account:
    """Return the account of an unsubscribe link. Raises BadLink for one that is not ours."""
    try:
        account = accounts.account_by_public_id(_unsubscribing.unsign(token))
    except BadSignature as changed:
        raise BadLink("This link was changed or cut off on its way.") from changed
    if account is None:
        raise BadLink("This link belongs to no account.")
    return account


def unsubscribe(*, token: str, at: datetime) -> Account:
    """End marketing at once, whoever holds the link. Raises BadLink."""
    account = account_of_link(token)
    actor = audit.Actor(name="the unsubscribe link")
    _choose(account, PreferenceKind.MARKETING, "no", at=at, by=None, actor=actor)
    return account


def send_news(*, provider: Provider, headline: str, body: str, at: datetime) -> list[Notice]:
    """Send marketing to those accounts of a provider that agreed to it, each with its way out."""
    return [
        write(
            "news",
            account=account,
            to=account.billing_email,
            name=account.customer.name,
            at=at,
            link=unsubscribe_link(account),
            unsubscribe=unsubscribe_link(account),
            headline=headline,
            body=body,
        )
        for account in correspondence.wanting_news(provider)
    ]


def ask_privacy(
    *, account: Account, by: User, kind: PrivacyKind, text: str, at: datetime
) -> PrivacyRequest:
    """Ask to see or to correct what is held; the law's day for the answer is set at once.

    Raises NotAuthorised. (RF-PRIV-01, RF-PRIV-02.)
    """
    on = authority.local_day(account, at)
    decision = authority.require(by, NEEDS[kind], account, on=on)
    answer = rules.duty_deadline(
        accounts.binding(account, on).law, duty=LAW[kind], since=on, state=State(account.state)
    )
    due_on = needed("by", answer.by)
    with transaction.atomic():
        asked = PrivacyRequest.objects.create(
            reference=new_reference("P"),
            account=account,
            kind=kind,
            text=text,
            asked_by=by,
            asked_at=at,
        )
        set_deadline(
            account_id=account.pk,
            subject=asked.reference,
            duty=DUTY,
            title=f"Answer {asked.reference}",
            due_on=due_on,
            remind_on=due_on - timedelta(days=7),
            zone=State(account.state).zone.key,
            at=at,
            because=as_json(answer.because),
            owner_email=account.customer.provider.complaints_email,
            about="privacy request",
        )
        record(
            account_id=account.pk,
            at=at,
            action="ask_privacy",
            actor=authority.with_customer(by, decision),
            subject=asked.reference,
            after={"asked": kind.label, "answer_by": due_on.isoformat()},
        )
    return asked


def answer_privacy(
    *, asked: PrivacyRequest, by: User, outcome: PrivacyState, answer: str, at: datetime
) -> PrivacyRequest:
    """Answer a request in writing; a refusal gives its reasons.

    Who asked reads it without what they may not know of the customer. Raises NotAuthorised, and
    ValueError if it is answered.
    """
    on = authority.local_day(asked.account, at)
    authority.require(by, Action.REQUEST_RECORDS, asked.account, on=on, at=at)
    with transaction.atomic():
        row = (
            PrivacyRequest.objects.select_for_update(of=("self",))
            .select_related("account__customer__provider", "asked_by")
            .get(pk=asked.pk)
        )
        if row.state != PrivacyState.OPEN:
            raise ValueError(f"{row.reference} is answered already")
        row.state, row.answer = outcome, answer
        row.answered_by, row.answered_at = by, at
        row.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        meet_deadline(subject=row.reference, duty=DUTY, at=at)
        record(
            account_id=row.account_id,
            at=at,
            action="answer_privacy",
            actor=audit.Actor(user_id=by.pk, name=str(by), acted_as=authority.role_names(by)),
            subject=row.reference,
            before={"state": PrivacyState.OPEN.label},
            after={"state": outcome.label},
        )
        on = authority.local_day(row.account, at)
        sees = authority.may(row.asked_by, Action.VIEW_PERSONAL_DETAILS, row.account, on=on, at=at)
        _tell(
            row.account,
            row.asked_by,
            f"Your request {row.reference}: {outcome.label.lower()}",
            answer,
            at,
            link=Link("privacy") if sees.allowed else None,
        )
    return row


def ask_export(*, account: Account, by: User, at: datetime, proof: str = "") -> DataExport:
    """Ask for a file with all that is held; one that is being made already is that file.

    `proof` is the public id of the identity check that was passed (RF-ID-04).

    Raises NotAuthorised for whoever may not have the customer's records, unmasked, bills and all
    services included, and for all while high-risk steps are paused. The holder is told, with a
    way to stop it (RF-ID-06).
    """
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.REQUEST_RECORDS, account, on=on)
    authority.require(by, Action.VIEW_BILLS, account, on=on)
    details = authority.require(by, Action.VIEW_PERSONAL_DETAILS, account, on=on)
    under = authority.appointment_by_public_id(account, decision.authority)
    if decision.masked or details.masked or (under and under.services):
        raise authority.NotAuthorised(details, Action.VIEW_PERSONAL_DETAILS)
    require_no_pause(account, Action.REQUEST_RECORDS, at=at)
    with transaction.atomic():
        export, is_new = DataExport.objects.get_or_create(
            account=account,
            asked_by=by,
            state=ExportState.WAITING,
            defaults={"asked_at": at},
        )
        if is_new:
            record(
                account_id=account.pk,
                at=at,
                action="ask_export",
                actor=authority.with_customer(by, decision),
                subject=account.number,
                after={"identity_check": proof},
            )
            _tell_of_export(account, by, at)
    return export


def _tell_of_export(account: Account, by: User, at: datetime) -> None:
    holder = authority.holder(account) or by
    tell(
        account,
        to=holder.email,
        name=str(holder),
        at=at,
        headline="A file with all data was asked for",
        body=f"{by} asked for a file with all that is held about the account.",
        stop=stop_link(account, by, HighRisk.EXPORT_DATA, at=at),
    )


def tell_export_ready(export: DataExport, at: datetime) -> None:
    """Say that the file can be fetched, and until when."""
    _tell(
        export.account,
        export.asked_by,
        "Your download is ready",
        "All that is held about the account is in one file. Fetch it within 7 days; "
        "after that it is deleted, and you can ask again.",
        at,
        link=Link("privacy"),
    )


def _tell(
    account: Account, person: User, headline: str, body: str, at: datetime, *, link: Link | None
) -> None:
    tell(
        account,
        to=person.email,
        name=str(person),
        at=at,
        headline=headline,
        body=body,
        link=link,
        label="Open your privacy page",
    )
