"""Numbers that move in: the first day of the cut-over, its hours, until when it can be stopped."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from contracts.agreements.selectors import Answer, ask
from contracts.orders.models import PortIn
from parties.authority.selectors import local_day
from terms import rules
from terms.profile import TermsSilent

from .figures import bound_of

PORTING = "porting"


def cutover_from(port: PortIn, sent_at: datetime, resubmitted_at: datetime | None) -> Answer:
    """The first day of a cut-over after an advice, counted anew when it is sent again.

    (Rule port_in_cutover, CV-VOI-01.)
    """
    order = port.line.order
    sent_on = local_day(order.account, sent_at)
    again = local_day(order.account, resubmitted_at) if resubmitted_at else None
    return ask(
        bound_of(order, sent_on),
        rules.port_in_cutover,
        advice_sent_on=sent_on,
        resubmitted_on=again,
    )


def first_day(answer: Answer) -> date | None:
    """The day in an answer about a cut-over; None: the terms name none."""
    return getattr(answer.result, "earliest_cutover_on", None)


def is_porting_hour(port: PortIn, at: datetime) -> tuple[bool, list[dict[str, Any]]]:
    """Whether numbers are moved at an instant; yes where the terms print no hours (CV-NOT-04)."""
    order = port.line.order
    bound = bound_of(order, local_day(order.account, at))
    try:
        answer = ask(bound, rules.desk_open, desk=PORTING, at=at)
    except TermsSilent:
        return True, []
    is_open = getattr(answer.result, "open", None)
    return is_open is not False, answer.because


def may_stop_move(port: PortIn, at: datetime) -> Answer:
    """Whether the move can still be stopped: until the cut-over request came (CV-VOI-02)."""
    order = port.line.order
    return ask(
        bound_of(order, local_day(order.account, at)),
        rules.port_in_withdraw,
        asked_at=at,
        cutover_request_at=port.requested_at,
    )
