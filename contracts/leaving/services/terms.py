"""Tell of minimum terms that come to their end."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from contracts.leaving import selectors as leaving
from contracts.leaving.models import TermReminder
from contracts.leaving.selectors import TermCard
from parties.authority import selectors as authority
from parties.correspondence.services import tell_holder
from records.audit.services import record
from records.notices.services import Link
from terms.calendar import in_words

log = structlog.get_logger(__name__)


def remind_of_terms(*, at: datetime) -> int:
    """Tell each customer once that a term ends, from the day that the terms name (VP-CON-06).

    One that can't be told is tried again by the next sweep and stops no other; returns how many
    were told.
    """
    told = 0
    for card in leaving.terms_to_remind_of(at.date()):
        # Somewhere in Australia it may be tomorrow already; each account's own day decides.
        today = authority.local_day(card.service.contract.account, at)
        if not (card.remind_on and card.ends_on and card.remind_on <= today <= card.ends_on):
            continue
        try:
            with transaction.atomic():
                told += _remind(card, at)
        except Exception:
            log.exception("term_reminder_failed", service=card.service.pk)
    return told


def _remind(card: TermCard, at: datetime) -> bool:
    service, ends_on = card.service, card.ends_on
    if ends_on is None:
        return False
    _, is_new = TermReminder.objects.get_or_create(
        service=service, ends_on=ends_on, defaults={"told_at": at}
    )
    if not is_new:
        return False
    account = service.contract.account
    record(
        account_id=account.pk,
        at=at,
        action="remind_of_term",
        subject=str(service.public_id),
        after={"ends_on": ends_on.isoformat()},
        because=card.because,
    )
    tell_holder(
        account,
        at=at,
        headline=f"Your minimum term for {service.label} ends on {in_words(ends_on)}",
        body="You need not do anything: after that day it goes on from month to month, "
        "and you can leave without a charge for leaving early. You can also change to "
        f"another plan, or give notice, in the portal.{_renewing(card)}",
        link=Link("service", str(service.public_id)),
        label="See your choices",
        belongs_to=str(service.public_id),
        because=card.because,
    )
    return True


def _renewing(card: TermCard) -> str:
    """What renewing brings, where the terms say so."""
    renewal = card.renewal
    if renewal is None or renewal.ends_on is None:
        return ""
    gear = ", with updated handsets for all" if renewal.handsets_replaced else ""
    return f" Or renew it to {in_words(renewal.ends_on)}{gear}, in the portal."
