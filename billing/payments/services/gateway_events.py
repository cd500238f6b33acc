"""What a gateway said: kept once, however often it is said, and left to staff where it must be."""

from __future__ import annotations

from datetime import datetime

import structlog

from billing.payments.models import GatewayEvent, OnlinePayment
from parties.accounts.models import Provider

from .gateway import CURRENCY, Word

log = structlog.get_logger(__name__)


def note_event(
    provider: Provider, word: Word, row: OnlinePayment | None, at: datetime
) -> GatewayEvent | None:
    """Keep that it was said; None where it was heard before, or is an answer to a question."""
    if not word.event:
        return None
    event, is_new = GatewayEvent.objects.get_or_create(
        provider=provider,
        event=word.event,
        defaults={
            "kind": word.kind,
            "said_at": word.at,
            "heard_at": at,
            "money": word.money,
            "amount": word.amount if word.currency == CURRENCY else None,
            "why": word.why[:200],
            "online": row,
        },
    )
    return event if is_new else None


def keep_for_staff(event: GatewayEvent | None, problem: str) -> str:
    """Leave to staff what can't be acted on, with the reason; return what became of it."""
    if event is not None:
        event.problem = problem
        event.save(update_fields=["problem"])
    log.warning("gateway_said_what_does_not_fit", why=problem)
    return f"kept for staff: {problem}"
