"""Questions about bars and SIMs: what can be barred, what is, what waits."""

from __future__ import annotations

from contracts.barring.models import Bar, SimSwap
from contracts.barring.states import OPEN_BAR, BarKind, SwapState
from contracts.catalogue.states import FIXED_VOICE, ServiceKind
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus

RUNS = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)


def kinds_of(service: Service) -> list[BarKind]:
    """What can be barred on a service; nothing on one that does not run."""
    if service.status not in RUNS:
        return []
    if service.plan.kind == ServiceKind.MOBILE:
        return list(BarKind)
    return [BarKind.PREMIUM] if service.plan.kind in FIXED_VOICE else []


def has_sim(service: Service) -> bool:
    """Whether a service works with a SIM that can be replaced."""
    return service.plan.kind == ServiceKind.MOBILE and service.status in RUNS


def bars_of(service: Service) -> dict[str, Bar]:
    """The bars that are on, or asked for, by their kind. One query."""
    return {one.kind: one for one in service.bars.filter(state__in=OPEN_BAR)}


def swaps_of(service: Service) -> list[SimSwap]:
    """The new SIMs asked for, the newest first. One query."""
    return list(service.sim_swaps.all())


def open_swap(service: Service) -> SimSwap | None:
    """The new SIM that is being made."""
    return service.sim_swaps.filter(state=SwapState.ASKED).first()
