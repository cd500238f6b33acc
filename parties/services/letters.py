"""What all notices about people have in common: sender, addressee, link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from parties.models import Account
from records.notices.models import Notice
from records.notices.services import Sender, give_notice
from records.notices.states import Channel
from terms import library


def write(
    kind: str,
    *,
    account: Account,
    to: str,
    name: str,
    at: datetime,
    path: str = "",
    because: list[dict[str, Any]] | None = None,
    secret: bool = False,
    channel: Channel = Channel.EMAIL,
    **facts: Any,
) -> Notice:
    """Give one notice in the provider's name.

    `secret` words are wiped once sent, and a safe contact's hours don't delay them.
    """
    provider = library.provider(account.customer.provider.key)
    return give_notice(
        kind=kind,
        to=to,
        sender=Sender(name=provider.name, reply_to=provider.contacts.get("email", "")),
        at=at,
        account_id=account.pk,
        subject_ref=account.number,
        because=because,
        is_secret=secret,
        channel=channel,
        context={
            "provider": provider,
            "account": account,
            "recipient_name": name,
            "url": f"{settings.SITE_URL}{path}" if path else "",
            **facts,
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
    because: list[dict[str, Any]] | None = None,
    stop: str = "",
    channel: Channel = Channel.EMAIL,
) -> Notice:
    """Give a short notice with one thing to know; `stop` is the path that stops the step told."""
    return write(
        "generic",
        account=account,
        to=to,
        name=name,
        at=at,
        path=path,
        because=because,
        channel=channel,
        headline=headline,
        body=body,
        url_label=label,
        stop_url=f"{settings.SITE_URL}{stop}" if stop else "",
    )
