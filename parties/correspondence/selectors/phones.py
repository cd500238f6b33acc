"""Where a code by text message reaches somebody, if a text is safe and can be sent at all."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from parties.accounts.models import Account
from parties.correspondence.models import SafeContact
from parties.correspondence.states import SafeChannel
from parties.people.models import User
from records.notices.selectors import place_of
from records.notices.states import Channel
from records.notices.texts import texts_offered
from terms.facts import Role

REGION = "AU"
TAKES_TEXTS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
SHOWN_DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A phone for codes: `to` is the number to write to, `tail` what may be shown of it.

    `on_file` is the number as the account keeps it, or "": the number of a safe contact, and that
    there is one, is nobody else's business.
    """

    to: str
    on_file: str
    tail: str


def phone_of(
    person: User, account: Account | None = None, *, is_holder: bool | None = None
) -> Phone | None:
    """The phone that this person's codes go to, or None: without a gateway, a number, a safe way.

    It is the person's own; for a holder also the customer's, of this account or of any. A safe
    contact that was confirmed is obeyed: where it is a phone, the code goes there, where it is
    not, nowhere. One that was not confirmed changes nothing: it may be anybody's.
    `is_holder` spares a look where the caller knows whether they hold this account.
    """
    if not texts_offered():
        return None
    on_file = _on_file(person, account, is_holder)
    safe = SafeContact.objects.filter(user=person, carries_secrets=True).first()
    if safe is not None:
        number = text_number(safe.address) if safe.channel == SafeChannel.PHONE else ""
        kept = on_file[0][0] if on_file else ""
        return Phone(to=number, on_file=kept, tail=tail_of(number)) if number else None
    for number, account_id in on_file:
        # Somebody else's safe contact may have taken this number over.
        if place_of(number, Channel.TEXT, account_id) == (Channel.TEXT, number):
            return Phone(to=number, on_file=number, tail=tail_of(number))
    return None


def is_phone_number(written: str) -> bool:
    """Whether a text is a number that can be called, a landline too."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(written, REGION))
    except NumberParseException:
        return False


def text_number(written: str) -> str:
    """A mobile number as gateways want it (+61491570156), or "" for anything else."""
    try:
        number = phonenumbers.parse(written, REGION)
    except NumberParseException:
        return ""
    takes = (
        phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in TAKES_TEXTS
    )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if takes else ""


def _on_file(
    person: User, account: Account | None, is_holder: bool | None
) -> list[tuple[str, int | None]]:
    """The mobile numbers on file, each with the account that it is kept for, own number first."""
    found: list[tuple[str, int | None]] = [(text_number(str(person.phone)), None)]
    if account is not None and is_holder is not None:
        held = [account] if is_holder else []
    else:
        held = _held(person, account)
    found += [(text_number(str(one.customer.phone)), one.pk) for one in held]
    return [(number, of) for number, of in found if number]


def _held(person: User, account: Account | None) -> list[Account]:
    rows = Account.objects.filter(
        appointments__user=person,
        appointments__role=Role.HOLDER.value,
        appointments__revoked_at__isnull=True,
        appointments__ends_on__isnull=True,
    ).select_related("customer")
    return list(rows if account is None else rows.filter(pk=account.pk))


def tail_of(number: str) -> str:
    """What may be shown of a phone number."""
    return f"··· {number[-SHOWN_DIGITS:]}"
