"""Reach somebody whose safety is at stake where they say, and nowhere else (RF-DFV-01 to 03).

No proof is asked, no story is kept, and nobody else on the account learns of it.
"""

from __future__ import annotations

from datetime import datetime, time

from django.db import transaction

from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.correspondence import selectors as correspondence
from parties.correspondence.models import SafeContact
from parties.correspondence.services import tell
from parties.correspondence.states import SafeChannel
from parties.people.models import User
from parties.security.models import ContactChange, EmailChange
from records.audit import services as audit
from records.audit.services import record
from records.notices.services import end_redirects, redirect_messages
from terms import facts as terms_facts
from terms.calendar import State


def set_safe_contact(
    *,
    account: Account,
    user: User,
    channel: SafeChannel,
    address: str,
    opens: time | None,
    closes: time | None,
    safety_threat: bool,
    at: datetime,
) -> SafeContact:
    """Send every message to this person to the safe contact from now on, also what waits.

    Raises NotAuthorised for somebody who does not stand on the account.
    """
    _require_standing(account, user, at)
    with transaction.atomic():
        _end(account, user, at)
        contact = SafeContact.objects.create(
            account=account,
            user=user,
            channel=channel,
            address=address,
            opens=opens,
            closes=closes,
            safety_threat=safety_threat,
            set_at=at,
        )
        _redirect(contact, at)
        _record(account, user, "set_safe_contact", at)
        _confirm(account, user, at)
    return contact


def end_safe_contact(*, account: Account, user: User, at: datetime) -> None:
    """Let messages go to the usual addresses again."""
    with transaction.atomic():
        if _end(account, user, at):
            addresses = _addresses(account, user) + _former(account, user)
            end_redirects(addresses=addresses, at=at)
            # Those on other accounts hold for the same log-in.
            follow_log_in(user, at=at)
            _record(account, user, "end_safe_contact", at)


def follow_addresses(account: Account, *, at: datetime) -> None:
    """Let safe contacts hold for addresses that the account has from now on."""
    for contact in correspondence.safe_contacts(account):
        _redirect(contact, at)


def follow_log_in(user: User, *, at: datetime) -> None:
    """Let a person's safe contacts, on every account, hold for their new log-in address."""
    for contact in correspondence.safe_contacts_of(user):
        contact.user = user
        _redirect(contact, at)


def _redirect(contact: SafeContact, at: datetime) -> None:
    redirect_messages(
        addresses=_addresses(contact.account, contact.user),
        to=contact.address,
        text_to=_text_to(contact),
        by_hand=contact.channel != SafeChannel.EMAIL,
        opens=contact.opens,
        closes=contact.closes,
        zone=State(contact.account.state).zone.key,
        at=at,
    )


def _text_to(contact: SafeContact) -> str:
    is_phone = contact.channel == SafeChannel.PHONE
    return correspondence.text_number(contact.address) if is_phone else ""


def _require_standing(account: Account, user: User, at: datetime) -> None:
    if not authority.standings(account, user, authority.local_day(account, at)):
        refused = authority.Decision(allowed=False)
        raise authority.NotAuthorised(refused, terms_facts.Action.CHANGE_DETAILS)


def _end(account: Account, user: User, at: datetime) -> int:
    return SafeContact.objects.filter(account=account, user=user, ended_at__isnull=True).update(
        ended_at=at
    )


def _addresses(account: Account, user: User) -> list[tuple[int | None, str]]:
    """Where this person is written to: at their log-in, and as holder also about the account.

    A phone number stands for the texts to it.
    """
    addresses: list[tuple[int | None, str]] = [(None, user.email), (None, str(user.phone))]
    if authority.holder(account) == user:
        customer = account.customer
        about = {account.billing_email.lower(), customer.email.lower(), str(customer.phone)}
        addresses += [(account.pk, address) for address in sorted(about)]
    return [(of, address) for of, address in addresses if address]


def _former(account: Account, user: User) -> list[tuple[int | None, str]]:
    """Where they were written to before; what was sent elsewhere from there ends too."""
    emails = EmailChange.objects.filter(user=user).values_list("before", flat=True)
    changes = ContactChange.objects.filter(account=account).values_list("before", flat=True)
    names = ("billing_email", "phone")
    kept = [facts[name] for facts in changes for name in names if name in facts]
    former: list[tuple[int | None, str]] = [(None, email) for email in emails]
    return former + [(account.pk, address) for address in kept if address]


def _record(account: Account, user: User, action: str, at: datetime) -> None:
    # Without a subject: what bears the same subject as a private entry is hidden with it.
    record(
        account_id=account.pk,
        at=at,
        action=action,
        actor=audit.Actor(user_id=user.pk, name=str(user)),
        is_private=True,
    )


def _confirm(account: Account, user: User, at: datetime) -> None:
    """Say so at the new place only, in words that tell a stranger nothing."""
    tell(
        account,
        to=user.email,
        name="",
        at=at,
        headline="We use these contact details from now on",
        body="You can change them at any time. Nobody else is told.",
        belongs_to="",
    )
