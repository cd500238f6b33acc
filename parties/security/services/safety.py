"""Reach somebody whose safety is at stake where they say, and nowhere else (RF-DFV-01 to 03).

No need is to be shown, no story is kept, and nobody else on the account learns of it. Messages go
to the new place at once. Secrets, that is codes and links that act, go there only once place and
person are proven: otherwise whoever finds an open session could have the account's codes.
"""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

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
from records.notices.states import Channel
from records.notices.texts import texts_offered
from terms import facts as terms_facts
from terms.calendar import State

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=30)
WRONG_TRIES = 5
# Each sends a message to a place that may be anybody's.
SET_AN_HOUR = 5


class SafeContactRefused(Exception):
    """The safe contact was not set or not confirmed; the message says what to do instead."""


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

    Codes and links that act go on where they went, until `confirm_safe_contact`. The caller has
    asked for a fresh log-in proof. Raises NotAuthorised for somebody who does not stand on the
    account, SafeContactRefused when it was changed too often in an hour.
    """
    _require_standing(account, user, at)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        lately = SafeContact.objects.filter(user=user, set_at__gt=at - timedelta(hours=1))
        if lately.count() >= SET_AN_HOUR:
            raise SafeContactRefused(
                "This was changed often in the last hour. Call us, and we change it for you."
            )
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
        _say_so(account, user, at)
    return contact


def send_safe_code(*, account: Account, user: User, at: datetime) -> None:
    """Send a code to the safe contact, as its person asked a moment ago.

    Raises SafeContactRefused while the last one works.
    """
    with transaction.atomic():
        contact = _unconfirmed(account, user)
        if contact.code_until and contact.code_until > at and contact.wrong_tries < WRONG_TRIES:
            raise SafeContactRefused("The code that we sent still works. Look for it there.")
        _send_code(contact, at)


def confirm_safe_contact(
    *, account: Account, user: User, code: str, proof: str, at: datetime
) -> SafeContact:
    """Let codes and links that act go to the safe contact, too: place and person are proven.

    `proof` is a fresh proof of identity by what they had before; `code` came to the new place, and
    is not asked where staff tell everything. Raises SafeContactRefused. A wrong code is counted
    whatever else happens.
    """
    with transaction.atomic():
        contact = _unconfirmed(account, user)
        if not proof:
            raise SafeContactRefused("First prove that it is you, by what we knew before.")
        usable = _is_usable(contact, at)
        right = usable and (
            not code_place(contact)
            or constant_time_compare(contact.code_hash, _hash(contact, code.strip()))
        )
        if right:
            SafeContact.objects.filter(account=account, user=user).update(carries_secrets=False)
            contact.carries_secrets, contact.confirmed_at = True, at
            contact.code_until = None
            contact.save(update_fields=["carries_secrets", "confirmed_at", "code_until"])
            _redirect_secrets(contact, at)
            _record(account, user, "confirm_safe_contact", at)
        elif usable:
            SafeContact.objects.filter(pk=contact.pk).update(wrong_tries=F("wrong_tries") + 1)
    if not usable:
        raise SafeContactRefused("This code can't be used any more. Ask for a new one.")
    if not right:
        raise SafeContactRefused("That is not the code that we sent there. Try again.")
    return contact


def end_safe_contact(*, account: Account, user: User, at: datetime) -> None:
    """Let messages go to the usual addresses again."""
    with transaction.atomic():
        if _end(account, user, at):
            addresses = _addresses(account, user) + _former(account, user)
            SafeContact.objects.filter(account=account, user=user).update(carries_secrets=False)
            for for_secrets in (False, True):
                end_redirects(addresses=addresses, at=at, for_secrets=for_secrets)
            # Those on other accounts hold for the same log-in.
            follow_log_in(user, at=at)
            _record(account, user, "end_safe_contact", at)


def follow_addresses(account: Account, *, at: datetime) -> None:
    """Let safe contacts hold for addresses that the account has from now on."""
    for contact in correspondence.safe_contacts(account):
        _redirect(contact, at)
    for contact in correspondence.places_for_secrets(account=account):
        _redirect_secrets(contact, at)


def follow_log_in(user: User, *, at: datetime) -> None:
    """Let a person's safe contacts, on every account, hold for their new log-in address."""
    for contact in correspondence.safe_contacts_of(user):
        contact.user = user
        _redirect(contact, at)
    for contact in correspondence.places_for_secrets(user=user):
        contact.user = user
        _redirect_secrets(contact, at)


def _redirect_secrets(contact: SafeContact, at: datetime) -> None:
    _redirect(contact, at, for_secrets=True)


def _redirect(contact: SafeContact, at: datetime, *, for_secrets: bool = False) -> None:
    redirect_messages(
        for_secrets=for_secrets,
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


def _say_so(account: Account, user: User, at: datetime) -> None:
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


def _unconfirmed(account: Account, user: User) -> SafeContact:
    contact = (
        SafeContact.objects.select_for_update(of=("self",))
        .filter(account=account, user=user, ended_at__isnull=True, carries_secrets=False)
        .first()
    )
    if contact is None:
        raise SafeContactRefused("There is nothing to confirm. Look at what you see here now.")
    return contact


def code_place(contact: SafeContact) -> str:
    """Where a code can be sent for a safe contact: an email address, a mobile number, or "".

    Where staff tell everything no secret ever goes, so the person's own proof is enough there.
    """
    if contact.channel == SafeChannel.EMAIL:
        return contact.address
    return _text_to(contact) if texts_offered() else ""


def _is_usable(contact: SafeContact, at: datetime) -> bool:
    if not code_place(contact):
        return True
    return bool(
        contact.code_until and at < contact.code_until and contact.wrong_tries < WRONG_TRIES
    )


def _send_code(contact: SafeContact, at: datetime) -> None:
    to = code_place(contact)
    if not to:
        return
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    contact.code_hash = _hash(contact, code)
    contact.code_until, contact.wrong_tries = at + CODE_LASTS, 0
    contact.save(update_fields=["code_hash", "code_until", "wrong_tries"])
    tell(
        contact.account,
        to=to,
        name="",
        at=at,
        headline="Your code",
        body=f"{code} is the code to type where you are logged in. It works for 30 minutes.",
        belongs_to="",
        secret=True,
        channel=Channel.EMAIL if contact.channel == SafeChannel.EMAIL else Channel.TEXT,
    )


def _hash(contact: SafeContact, code: str) -> str:
    return salted_hmac("safe contact", f"{contact.pk}:{code}", algorithm="sha256").hexdigest()
