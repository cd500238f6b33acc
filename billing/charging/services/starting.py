"""Decide what staff have to decide before something is billed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from billing.charging.models import NotBilled
from billing.charging.states import NotBilledReason
from contracts.supply.models import Service
from contracts.supply.services import confirm_billing_start
from records.audit.services import SYSTEM, Actor


def bill_from(
    *, service: Service, first_day: date, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> Service:
    """Say from which day on a service is billed, and take it off the list of what is not.

    Raises SupplyRefused where it is known already, or for a day before its first.
    """
    with transaction.atomic():
        row = confirm_billing_start(
            service=service, first_day=first_day, at=at, actor=actor, why=why
        )
        NotBilled.objects.filter(
            service=row, reason=NotBilledReason.TO_CONFIRM, settled_at__isnull=True
        ).update(settled_at=at)
    return row
