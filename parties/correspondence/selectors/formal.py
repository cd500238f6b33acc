"""Formal notices: what somebody was told that binds, and when it counts as received."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from parties.accounts.models import Account
from parties.accounts.selectors import binding, zone_of
from parties.authority import selectors as authority
from parties.people.models import User
from records.notices.models import Notice
from records.notices.selectors import not_redirected
from records.notices.states import Channel, Status
from terms import rules
from terms.calendar import Channel as TermsChannel
from terms.calendar import State
from terms.clause import Source, as_json
from terms.profile import TermsSilent

# Letters that bind by themselves; others do where they cite what they rest on.
BINDING = (
    "price_change",
    "terms_change",
    "suspension_notice",
    "ending_notice",
    "default_notice",
    "draw_notice",
    "payment_reminder",
    "complaint_letter",
)
CHANNELS = {
    Channel.EMAIL: TermsChannel.EMAIL,
    Channel.TEXT: TermsChannel.SMS,
    Channel.POST: TermsChannel.POST,
}
UNSAID = (Source.DEFAULT, Source.SILENT)
# Bills and receipts have pages of their own.
ELSEWHERE = ("invoice_issued", "credit_note_issued", "payment_received")


@dataclass(frozen=True, kw_only=True)
class FormalNotice:
    """One notice as its reader sees it: how and when it went, when it counts as received and why.

    `received_at` is exact where the terms name an hour, else `received_on` alone is known; None:
    it was not given yet, or the terms say that it was not received. `by_default`: the terms don't
    say, a rule of ours does.
    """

    row: Notice
    how: str
    sent_at: datetime | None
    received_at: datetime | None
    received_on: date | None
    by_default: bool
    because: list[dict[str, Any]]


def formal_notices(account: Account, reader: User, *, unseen: Iterable[str]) -> QuerySet[Notice]:
    """What the reader was told of the account that binds, newest first.

    Only what was written to their own address, or for the holder to the customer's; nothing that
    went another way, which may be a safe one, and nothing about what they may not know: the
    references `unseen`.
    """
    to = {reader.email}
    if authority.holder(account) == reader:
        to |= {account.billing_email, account.customer.email, str(account.customer.phone)}
    cites = Q(kind__in=BINDING) | ~Q(because=[])
    rows = Notice.objects.filter(
        cites, account=account, is_secret=False, unsubscribe_url="", addressed_to__in=to - {""}
    )
    rows = rows.exclude(kind__in=ELSEWHERE).exclude(subject_ref__in=list(unseen))
    return not_redirected(rows).order_by("-given_at", "-pk")


def as_given(account: Account, row: Notice) -> FormalNotice:
    """A notice with its receipt, as the terms of its day deem it (BS-NOT-04, GL-NOT-01)."""
    sent_at = row.sent_at if row.status == Status.SENT else None
    known: dict[str, Any] = {"row": row, "how": Channel(row.channel).label, "sent_at": sent_at}
    nothing: dict[str, Any] = {"received_at": None, "received_on": None, "by_default": False}
    if sent_at is None:
        return FormalNotice(**known, **nothing, because=[])
    day = sent_at.astimezone(zone_of(account)).date()
    proven = row.proven_at
    try:
        answer = binding(account, day).decide(
            rules.deemed_receipt,
            channel=CHANNELS[Channel(row.channel)],
            sent_at=sent_at,
            state=State(account.state),
            evidence_received_at=proven,
        )
    except TermsSilent as silence:
        by_default = nothing | {"received_on": day, "by_default": True}
        return FormalNotice(**known, **by_default, because=as_json(silence.because))
    because = as_json(answer.because)
    if proven is not None and all(one["source"] in UNSAID for one in because):
        # Where the document is silent, proof says more than a rule of ours.
        return FormalNotice(**known, **(nothing | {"received_at": proven}), because=[])
    return FormalNotice(
        **known,
        received_at=answer.received_at,
        received_on=answer.received_on,
        by_default=any(one["source"] == Source.DEFAULT for one in because),
        because=because,
    )
