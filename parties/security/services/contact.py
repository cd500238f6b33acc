"""Change where a customer is reached; the old contact point may undo it for two days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from parties.accounts import selectors as accounts
from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.services import lock_people
from parties.correspondence import selectors as correspondence
from parties.correspondence.services import tell
from parties.people.models import User
from parties.people.services import digest, new_token
from parties.security.models import ContactChange
from parties.security.states import HighRisk
from records.audit import services as audit
from records.audit.services import record
from records.notices.states import Channel
from records.notices.texts import texts_offered
from terms.calendar import in_words
from terms.facts import Action

from .pausing import require_no_pause, stop_path
from .safety import follow_addresses

UNDO_WITHIN = timedelta(hours=48)
ON_ACCOUNT = ("billing_email", "street", "suburb", "postcode")
WORDS = {
    "billing_email": "where bills go",
    "phone": "phone number",
    "street": "street",
    "suburb": "suburb",
    "postcode": "postcode",
}


class UndoRefused(Exception):
    """The change can't be undone by this link any more."""


def contact_details(account: Account) -> dict[str, str]:
    """The contact details that can be changed, as plain text."""
    facts = {name: str(getattr(account, name)) for name in ON_ACCOUNT}
    return facts | {"phone": str(account.customer.phone)}


def change_contact(
    *,
    account: Account,
    by: User,
    at: datetime,
    details: dict[str, str],
    proof: str = "",
    without: str = "",
    together_with: User | None = None,
) -> ContactChange | None:
    """Change contact details and tell the old contact point, with a way to undo it for 48 hours.

    None if nothing changes. `together_with` is the customer who confirmed an advocate's request;
    `without` says why staff went on although nobody's identity was checked.
    Raises NotAuthorised, also while high-risk steps are paused. (RF-ID-04, RF-ID-06.)
    """
    on, present = authority.local_day(account, at), together_with is not None
    with transaction.atomic():
        lock_people(account)
        decision = authority.require(
            by, Action.CHANGE_DETAILS, account, on=on, at=at, customer_present=present
        )
        require_no_pause(account, Action.CHANGE_DETAILS, at=at)
        now = contact_details(account)
        after = {name: value for name, value in details.items() if now.get(name) != value}
        if not after:
            return None
        change = ContactChange(
            account=account,
            before={name: now[name] for name in after},
            after=after,
            by=by,
            authority=decision.authority,
            changed_at=at,
            undo_until=at + UNDO_WITHIN,
        )
        token = _make(change)
        record(
            account_id=account.pk,
            at=at,
            action="change_contact",
            actor=authority.with_customer(by, decision, together_with),
            subject=account.number,
            reason=f"No identity check: {without}" if without else "",
            before=change.before,
            after=after | {"identity_check": proof},
            because=decision.because,
        )
        _tell(change, now, token, without)
    return change


def _make(change: ContactChange) -> str:
    """Carry the change out; return the token of the link that undoes it."""
    token = new_token()
    change.token_hash = digest(token)
    change.save()
    # Safe contacts hold for what was on file until now, too: it is told of the change.
    follow_addresses(change.account, at=change.changed_at)
    _write(change.account, change.after)
    follow_addresses(change.account, at=change.changed_at)
    return token


def note_access_needs(*, account: Account, by: User, at: datetime, **needs: Any) -> None:
    """Keep what helps when staff talk with the customer. Raises NotAuthorised."""
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.CHANGE_DETAILS, account, on=on, at=at)
    customer = account.customer
    before = {name: getattr(customer, name) for name in needs}
    with transaction.atomic():
        for name, value in needs.items():
            setattr(customer, name, value)
        customer.save(update_fields=list(needs))
        record(
            account_id=account.pk,
            at=at,
            action="note_access_needs",
            actor=authority.with_customer(by, decision),
            subject=account.number,
            before=before,
            after=needs,
        )


def find_change(token: str, *, at: datetime) -> ContactChange:
    """Return the change of a link. Raises UndoRefused if it is too late or done already."""
    found = (
        ContactChange.objects.filter(token_hash=digest(token))
        .select_related("account__customer__provider")
        .first()
    )
    if found is None or found.undone_at or at >= found.undo_until:
        raise UndoRefused("This link has been used or is too old. Call your provider.")
    return found


def undo_change(*, token: str, at: datetime) -> ContactChange:
    """Set the contact details back as they were before the change. Raises UndoRefused.

    Later changes of the same details rest on this one: they are undone with it, and their links
    work no more. Otherwise whoever changed them could set theirs back.
    """
    with transaction.atomic():
        change = ContactChange.objects.select_for_update(of=("self",)).get(
            pk=find_change(token, at=at).pk
        )
        if change.undone_at:
            raise UndoRefused("It was undone a moment ago.")
        was = contact_details(change.account)
        undone = _resting_on(change)
        back: dict[str, str] = {}
        for one in reversed(undone):
            back |= one.before
        _write(change.account, back)
        follow_addresses(change.account, at=at)
        ContactChange.objects.filter(pk__in=[one.pk for one in undone]).update(undone_at=at)
        change.undone_at = at
        record(
            account_id=change.account_id,
            at=at,
            action="undo_contact_change",
            actor=audit.Actor(name="the old contact point"),
            subject=change.account.number,
            before={name: was[name] for name in back},
            after=back,
        )
        tell(
            change.account,
            to=change.by.email,
            name=str(change.by),
            at=at,
            headline="The change of contact details was undone",
            body="It was undone from the old contact point. The details are as they were before.",
        )
    return change


def _resting_on(change: ContactChange) -> list[ContactChange]:
    """The change, then the later ones of the same details and of what those touched besides."""
    later = ContactChange.objects.select_for_update(of=("self",)).filter(
        account=change.account_id, changed_at__gte=change.changed_at, undone_at__isnull=True
    )
    names, found = set(change.before), [change]
    for one in later.exclude(pk=change.pk).order_by("changed_at", "pk"):
        if names.intersection(one.before):
            names |= set(one.before)
            found.append(one)
    return found


def _write(account: Account, values: dict[str, Any]) -> None:
    on_account = {name: value for name, value in values.items() if name in ON_ACCOUNT}
    for name, value in on_account.items():
        setattr(account, name, value)
    if on_account:
        account.save(update_fields=list(on_account))
    if "phone" in values:
        account.customer.phone = values["phone"]
        account.customer.save(update_fields=["phone"])


def _tell(change: ContactChange, old: dict[str, str], token: str, without: str) -> None:
    """The old contact points are told, and the holder at an address that did not change.

    The emails carry the way to undo it, and the way to stop whoever it was.
    """
    account, at = change.account, change.changed_at
    holder = authority.holder(account)
    unchecked = f" Nobody's identity was checked: {without}." if without else ""
    what = ", ".join(WORDS[name] for name in change.after)
    last = in_words(change.undo_until.astimezone(accounts.zone_of(account)).date())
    stop = stop_path(account, change.by, HighRisk.CHANGE_DETAILS, at=at)
    told = {old["billing_email"]: account.customer.name}
    if holder:
        told.setdefault(holder.email, str(holder))
    for address, name in told.items():
        tell(
            account,
            to=address,
            name=name,
            at=at,
            headline="Contact details were changed",
            body=f"Changed by {change.by}: {what}.{unchecked} If this was not agreed, undo it "
            f"with this link; it works until {last}. You need not log in.",
            path=reverse("undo_contact_change", args=[token]),
            label="Undo it",
            stop=stop,
        )
    number = correspondence.text_number(old["phone"]) if "phone" in change.after else ""
    if number and texts_offered():
        tell(
            account,
            to=number,
            name=account.customer.name,
            at=at,
            headline="This number was taken off your account",
            body="Not agreed? Call us at once.",
            channel=Channel.TEXT,
        )
