"""Complaints, and email about them, that wait for staff."""

from __future__ import annotations

from datetime import datetime

from complaints.analysis.selectors import lacks_cause, owe_study
from complaints.inbound.selectors import mails_known_to, set_apart
from complaints.keeping.selectors import may_go
from complaints.process import selectors as complaints
from complaints.tickets.selectors import known_to_staff
from complaints.tickets.states import OVER, State, Topic
from parties.accounts.models import Provider
from parties.people.models import User

from .base import Worklist, confined


def complaint_lists(user: User, at: datetime) -> list[Worklist]:
    view, page = "complaints.view_complaint", "complaints_complaint"
    every = confined(user, known_to_staff(user))
    mails = mails_known_to(user)
    if user.provider_id:
        mails = mails.filter(provider=user.provider_id)
    providers = Provider.objects.all()
    if user.provider_id:
        providers = providers.filter(pk=user.provider_id)
    running = every.exclude(state__in=OVER)
    theirs = complaints.workable(every, user)
    missed, today = complaints.missed(theirs, at), complaints.due(theirs, at)
    unreached, asked = complaints.not_reached(every), complaints.to_decide(every)
    free = theirs.filter(assigned_to__isnull=True).exclude(state__in=OVER)
    mine = complaints.in_hand_of(every, user, at)
    accepted = running.filter(state=State.IMPLEMENTING)
    there = running.filter(with_ombudsman_since__isnull=False)
    return [
        Worklist(
            view, "Complaints with a missed duty", page, "?clock=missed", missed, urgent=True
        ),
        Worklist(
            view,
            "Acknowledgements that did not arrive: tell them another way",
            page,
            "?needs=another_way",
            unreached,
            urgent=True,
        ),
        Worklist(view, "Complaints due today", page, "?clock=today", today),
        Worklist(view, "Complaints to take in hand", page, "?mine=nobody", free),
        Worklist(view, "My complaints", page, "?mine=me", mine),
        Worklist(
            view,
            "Answers accepted, to carry out",
            page,
            "?state__exact=implementing",
            accepted,
        ),
        Worklist(
            view,
            "Technicians and equipment agreed in complaints, still to come",
            page,
            "?needs=parts",
            complaints.with_parts_to_do(every),
        ),
        Worklist(view, "Complaints that wait for a manager", page, "?needs=manager", asked),
        Worklist(
            view,
            "Open complaints about privacy",
            page,
            "?needs=privacy",
            running.filter(topic=Topic.PRIVACY),
        ),
        Worklist(view, "Complaints with the ombudsman", page, "?needs=ombudsman", there),
        Worklist(
            "complaints.change_inboundmail",
            "Emails and texts that belong to no complaint yet",
            "complaints_inboundmail",
            "?state__exact=set_apart",
            set_apart(mails),
        ),
        Worklist(
            "complaints.change_study",
            "Complaints of the last quarter, to be studied",
            "complaints_study",
            "add/",
            owe_study(providers, at),
        ),
        Worklist(
            "complaints.change_certificate",
            "Complaints whose records may be erased",
            "complaints_certificate",
            "add/",
            may_go(every, at),
        ),
        Worklist(
            view,
            "Complaints that ended, cause to be named",
            page,
            "?needs=cause",
            lacks_cause(every),
        ),
    ]
