"""Notices that live, and whether one can still be taken back."""

from __future__ import annotations

from datetime import date

from contracts.leaving.models import EndNotice
from contracts.leaving.states import ALIVE, NoticeState, Side
from contracts.supply.models import Service


def living_notice(service: Service) -> EndNotice | None:
    """The notice that runs, or waits for the provider to agree."""
    return (
        EndNotice.objects.filter(service=service, state__in=ALIVE)
        .select_related("given_by")
        .first()
    )


def may_be_taken_back(notice: EndNotice, on: date) -> bool:
    """Whether a notice has not taken effect yet: until then no document forbids it.

    Only by the side that gave it; a move to another provider is the other provider's. What waits
    for an answer can be taken back at any time.
    """
    waits = notice.state == NoticeState.ASKED
    runs = notice.state == NoticeState.RUNNING and on < notice.ends_on
    return notice.side != Side.PORT and (waits or runs)
