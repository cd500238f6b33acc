"""Unpaid money that waits for staff."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from billing.credit_management.models import (
    Deposit,
    Handover,
    Pursuit,
)
from billing.credit_management.selectors import possible, to_settle
from billing.credit_management.states import HandoverState, Step
from billing.hardship.models import HelpRequest
from billing.hardship.states import HelpState
from parties.authority.selectors import staff_may
from parties.people.models import User
from terms.facts import Action

from .base import Worklist, confined


def unpaid_lists(user: User, at: datetime) -> list[Worklist]:
    if not staff_may(user, Action.ARRANGE_HARDSHIP).allowed:
        return []
    rows, page = confined(user, Pursuit.objects.all()), "billing_pursuit"
    asked = confined(user, HelpRequest.objects.filter(state=HelpState.ASKED))
    return [
        Worklist(
            "billing.view_helprequest",
            "Requests for help with paying to answer",
            "billing_helprequest",
            "?state__exact=asked",
            asked,
            urgent=True,
        ),
        Worklist(
            "billing.view_pursuit",
            "Overdue, reminded: a notice of suspension can be given",
            page,
            "?step__exact=notice",
            rows.filter(step=Step.NOTICE),
        ),
        Worklist(
            "billing.view_pursuit",
            "Overdue, announced: services can be suspended",
            page,
            "?step__exact=suspend",
            rows.filter(step=Step.SUSPEND),
        ),
        Worklist(
            "billing.view_pursuit",
            "Overdue: a person decides what comes next",
            page,
            "?step__exact=person",
            rows.filter(step=Step.PERSON),
        ),
        *_beyond_lists(rows, page, at),
        Worklist(
            "billing.view_deposit",
            "Deposits to settle: every service has ended",
            "billing_deposit",
            "?state__exact=held",
            to_settle(confined(user, Deposit.objects.all())),
        ),
        Worklist(
            "billing.view_handover",
            "Debts taken back: tell the collector or the credit reporting body",
            "billing_handover",
            "?state__exact=recalled",
            confined(user, Handover.objects.filter(state=HandoverState.RECALLED)),
            urgent=True,
        ),
    ]


def _beyond_lists(rows: QuerySet[Any], page: str, at: datetime) -> list[Worklist]:
    """What is possible on a debt beyond a suspension; each by a person."""
    titles = {
        "long": ("Suspended nearly as long as terms let it: bring back or end", True),
        "end": ("Overdue so long that services can be ended", False),
        "collect": ("Overdue so long that a collector can come in", False),
        "list": ("A next step to a default listing is possible", False),
    }
    return [
        Worklist(
            "billing.view_pursuit",
            title,
            page,
            f"?beyond={what}",
            possible(rows, what, at.date()),
            urgent=is_urgent,
        )
        for what, (title, is_urgent) in titles.items()
    ]
