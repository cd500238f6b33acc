"""What staff have to do now: counts that lead to the list behind them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from parties.people.models import User

from .complaints import complaint_lists
from .contracts import contract_lists, outage_lists
from .in_hand import is_in_queue
from .messages import message_lists
from .money import (
    billing_lists,
    debit_lists,
    gateway_lists,
    money_lists,
    outage_credit_lists,
)
from .people import people_lists, setting_lists
from .unpaid import unpaid_lists
from .unswept import unswept

__all__ = ["WORKLISTS", "is_in_queue", "worklists"]


def worklists(user: User, at: datetime) -> list[dict[str, Any]]:
    """The worklists a staff member may open, confined to their provider."""
    lists = [one for area in WORKLISTS for one in area(user, at)]
    return [
        {
            "title": one.title,
            "count": count,
            "url": f"{reverse(f'admin:{one.page}_changelist')}{one.query}",
            "overdue": one.urgent and bool(count),
        }
        for one in lists
        if user.has_perm(one.permission)
        for count in [one.rows.count()]
    ]


# Each area's worklists, in the order of the page: an area adds its function here.
WORKLISTS = (
    complaint_lists,
    people_lists,
    unswept,
    outage_lists,
    contract_lists,
    money_lists,
    debit_lists,
    unpaid_lists,
    outage_credit_lists,
    gateway_lists,
    billing_lists,
    message_lists,
    setting_lists,
)
