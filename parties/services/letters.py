"""What all notices about an account have in common: sender, addressee, link, what is hidden."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from parties.models import Account, Appointment, User
from records.documents.models import Document
from records.notices.models import Notice
from records.notices.services import Sender, give_notice
from records.notices.states import Channel
from terms import library

from .masking import Mask, mask_for


def write(
    kind: str,
    *,
    account: Account,
    to: str,
    name: str,
    at: datetime,
    path: str = "",
    belongs_to: str | None = None,
    because: list[dict[str, Any]] | None = None,
    documents: Iterable[Document] = (),
    replies_to: str = "email",
    unsubscribe: str = "",
    secret: bool = False,
    introduces: bool = False,
    channel: Channel = Channel.EMAIL,
    **facts: Any,
) -> Notice:
    """Give one notice in the provider's name.

    Who stands on the account but may not know the customer reads "the customer" in it, unless it
    `introduces` the customer, at their own wish. `belongs_to` is the reference of what it is
    about, by itself the account's; `replies_to` names one of the provider's contacts;
    `unsubscribe` is the path out of marketing. `secret` words are wiped once sent, and a safe
    contact's hours don't delay them.
    """
    provider = library.provider(account.customer.provider.key)
    return give_notice(
        kind=kind,
        to=to,
        sender=Sender(name=provider.name, reply_to=provider.contacts.get(replies_to, "")),
        at=at,
        account_id=account.pk,
        subject_ref=account.number if belongs_to is None else belongs_to,
        because=because,
        documents=documents,
        unsubscribe_url=f"{settings.SITE_URL}{unsubscribe}" if unsubscribe else "",
        is_secret=secret,
        channel=channel,
        context={
            "provider": provider,
            "account": account,
            "recipient_name": " ".join(name.split()),
            "url": f"{settings.SITE_URL}{path}" if path else "",
            **(facts if introduces else _hidden_from(to, account, at).data(facts)),
        },
    )


def tell(
    account: Account,
    *,
    to: str,
    name: str,
    at: datetime,
    headline: str,
    body: str,
    path: str = "",
    label: str = "",
    stop: str = "",
    **how: Any,
) -> Notice:
    """Give a short notice with one thing to know; `stop` is the path that stops the step told.

    `how` is what `write` takes besides.
    """
    return write(
        "generic",
        account=account,
        to=to,
        name=name,
        at=at,
        path=path,
        headline=headline,
        body=body,
        url_label=label,
        stop_url=f"{settings.SITE_URL}{stop}" if stop else "",
        **how,
    )


def _hidden_from(to: str, account: Account, at: datetime) -> Mask:
    """What hides who the customer is in the facts of a letter, for a reader who may not know."""
    reader = User.objects.filter(email=to.strip().lower(), is_staff=False).first()
    if reader and Appointment.objects.filter(account=account, user=reader).exists():
        return mask_for(reader, account, at, called="the customer")
    return Mask()
