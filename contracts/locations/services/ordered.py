"""The address of a phone that was ordered: on file as the customer confirmed it on ordering."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from contracts.catalogue.states import FIXED_VOICE
from contracts.locations import selectors as locations
from contracts.locations.models import ServiceAddress
from contracts.locations.states import AddressState, Told
from contracts.supply.models import Service
from parties.authority import selectors as authority
from parties.people.models import User
from records.audit.services import SYSTEM, record
from records.references import new_reference

from .addresses import ask_for_order


def file_ordered(
    *,
    service: Service,
    confirmed_line: str,
    confirmed_at: datetime,
    confirmed_by: User | None,
    because: list[dict[str, Any]],
    at: datetime,
) -> ServiceAddress | None:
    """Put the address on file that was confirmed with the order of a phone that now works.

    `confirmed_line` is the address as it was confirmed then. Where the account has another one by
    now, that is asked about instead. None: calls to 000 show no address of such a service. Filed
    twice it is once. (CV-VOI-05, VP-OTH-03.)
    """
    if service.plan.kind not in FIXED_VOICE:
        return None
    account = service.contract.account
    with transaction.atomic():
        known = service.addresses.first()
        if known is not None:
            return known
        address = locations.account_address(account)
        began = service.activated_on or authority.local_day(account, at)
        if address.line != confirmed_line:
            return ask_for_order(service, address, began, at)
        row = ServiceAddress.objects.create(
            reference=new_reference("A"),
            service=service,
            **asdict(address),
            used_from=began,
            told=Told.ORDER,
            told_at=confirmed_at,
            told_by=confirmed_by,
            stage=AddressState.ON_FILE,
            confirmed_at=confirmed_at,
            confirmed_by=confirmed_by,
            because=because,
        )
        record(
            account_id=account.pk,
            at=at,
            action="file_ordered_address",
            actor=SYSTEM,
            subject=row.reference,
            after={"service": service.label},
            because=because,
        )
    return row
