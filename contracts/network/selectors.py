"""Questions about work that the network was asked for."""

from __future__ import annotations

from django.db.models import QuerySet

from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus, SuspensionCause
from parties.accounts.models import Account

from .models import WorkOrder
from .states import OPEN_WORK, WorkKind

# What can be asked for a service, by how it stands.
POSSIBLE = {
    ServiceStatus.ORDERED: (WorkKind.ACTIVATE,),
    ServiceStatus.ACTIVE: (WorkKind.SUSPEND,),
    ServiceStatus.SUSPENDED: (WorkKind.RESTORE,),
    ServiceStatus.ENDED: (WorkKind.END,),
}


def is_asked(service: Service) -> bool:
    """Whether the provider's network is asked, so that a step counts once it says so."""
    return service.contract.account.customer.provider.asks_network


def open_work(service: Service) -> QuerySet[WorkOrder]:
    """What the network was asked to do for a service and has not done."""
    return WorkOrder.objects.filter(service=service, state__in=OPEN_WORK)


def suspensions_asked(account: Account, cause: SuspensionCause) -> QuerySet[WorkOrder]:
    """The suspensions of an account for a cause that the network has not done yet."""
    return WorkOrder.objects.filter(
        service__contract__account=account,
        kind=WorkKind.SUSPEND,
        cause=cause,
        state__in=OPEN_WORK,
    )


def askable(service: Service) -> tuple[WorkKind, ...]:
    """What can be asked for a service now and is not asked already."""
    asked = set(open_work(service).values_list("kind", flat=True))
    return tuple(kind for kind in POSSIBLE[ServiceStatus(service.status)] if kind not in asked)
