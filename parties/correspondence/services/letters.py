"""What all notices about an account have in common: sender, addressee, link, what is hidden."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from parties.accounts.models import Account
from parties.accounts.selectors import zone_of
from parties.authority.models import Appointment
from parties.authority.selectors import account_standing, local_day
from parties.people.models import User
from records.audit.services import Actor
from records.documents.models import Document
from records.notices import services as notices
from records.notices.models import Notice
from records.notices.paper import Paper
from records.notices.services import Link, Sender, give_notice
from records.notices.states import Channel, Priority
from records.notices.texts import Instead
from terms import library
from terms.calendar import in_words

from .letterhead import letterhead
from .masking import Mask, mask_for


def write(
    kind: str,
    *,
    account: Account,
    to: str,
    name: str,
    at: datetime,
    link: Link | None = None,
    belongs_to: str | None = None,
    because: list[dict[str, Any]] | None = None,
    documents: Iterable[Document] = (),
    replies_to: str = "email",
    unsubscribe: Link | None = None,
    secret: bool = False,
    introduces: bool = False,
    channel: Channel = Channel.EMAIL,
    priority: Priority | None = None,
    by_post: bool = False,
    instead: Instead | None = None,
    **facts: Any,
) -> Notice:
    """Give one notice in the provider's name, or as a letter that staff post.

    Who stands on the account but may not know the customer reads "the customer" in it, unless it
    `introduces` the customer, at their own wish. `belongs_to` is the reference of what it is
    about, by itself the account's; `replies_to` names one of the provider's contacts;
    `unsubscribe` is the way out of marketing, `instead` the email that goes where a text can't.
    `secret` words are wiped once sent, and a safe contact's hours don't delay them.
    """
    provider = library.provider(account.customer.provider.key)
    reader = instead.to if instead else to
    context = {
        "provider": provider,
        "account": account,
        "recipient_name": " ".join(name.split()),
        "url": link.address if link else "",
        **(facts if introduces else _hidden_from(reader, account, at).data(facts)),
    }
    # Days and hours in it are those of the customer's clock, whoever's desk or worker writes it.
    with timezone.override(zone_of(account)):
        return give_notice(
            kind=kind,
            to=to,
            sender=Sender(name=provider.name, reply_to=provider.contacts.get(replies_to, "")),
            at=at,
            account_id=account.pk,
            subject_ref=account.number if belongs_to is None else belongs_to,
            because=because,
            documents=documents,
            unsubscribe_url=unsubscribe.address if unsubscribe else "",
            is_secret=secret,
            channel=channel,
            priority=priority,
            paper=_paper(account, provider, name, at) if by_post else None,
            instead=instead,
            context=context,
        )


def _paper(account: Account, provider: library.Provider, name: str, at: datetime) -> Paper:
    """What a letter prints besides its words: letterhead, address window, day of issue."""
    head = letterhead(account, provider)
    street = [one for one in head["customer"]["address"] if one]
    to = " ".join(name.split()) or account.customer.name
    firm = [] if account.customer.name == to else [account.customer.name]
    return Paper(
        address=tuple([to, *firm, *street]),
        letterhead=head | {"account_number": account.number},
        issued_on=in_words(local_day(account, at)),
    )


def tell(
    account: Account,
    *,
    to: str,
    name: str,
    at: datetime,
    headline: str,
    body: str,
    link: Link | None = None,
    label: str = "",
    stop: Link | None = None,
    **how: Any,
) -> Notice:
    """Give a short notice with one thing to know; `stop` is the link that stops the step told.

    `how` is what `write` takes besides.
    """
    return write(
        "generic",
        account=account,
        to=to,
        name=name,
        at=at,
        link=link,
        headline=headline,
        body=body,
        url_label=label,
        stop_url=stop.address if stop else "",
        **how,
    )


def tell_holder(account: Account, *, at: datetime, **letter: Any) -> Notice:
    """Give a short notice where the account's own messages go that day; `letter` as in `tell`."""
    standing = account_standing(account, local_day(account, at))
    return tell(account, to=standing.to_email, name=standing.to_name, at=at, **letter)


def send_again(*, notice: Notice, by: Actor, at: datetime, to: str = "") -> None:
    """Send once more what was given up, `to` another address of the account if one is named.

    Raises ValueError for an address that nobody on the account has, and as the outbox does.
    """
    if to and to.lower() not in _known_addresses(notice):
        raise ValueError(
            f"“{notice}” goes only to an address that we have of somebody on the account: "
            "change the contact details first"
        )
    notices.send_again(notice=notice, by=by, at=at, to=to)


def _known_addresses(notice: Notice) -> set[str]:
    if notice.account_id is None:
        return {notice.addressed_to.lower()}
    account = Account.objects.select_related("customer").get(pk=notice.account_id)
    standing = Appointment.objects.filter(account=account, revoked_at__isnull=True)
    people = standing.values_list("user__email", flat=True)
    known = {account.customer.email, account.billing_email, *people}
    return {address.lower() for address in known if address}


def _hidden_from(to: str, account: Account, at: datetime) -> Mask:
    """What hides who the customer is in the facts of a letter, for a reader who may not know."""
    reader = User.objects.filter(email=to.strip().lower(), is_staff=False).first()
    if reader and Appointment.objects.filter(account=account, user=reader).exists():
        return mask_for(reader, account, at, called="the customer")
    return Mask()
