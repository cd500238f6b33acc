"""The customer's page of the staff: who they are, what is owed next, and all that is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from billing.payments.selectors import balance
from complaints.tickets.models import Complaint
from complaints.tickets.selectors import known_to_staff, open_complaints
from complaints.tickets.states import IN_THE_BACKGROUND, OVER, Duty
from parties.accounts.models import Account
from parties.accounts.selectors import access_needs, running_blocks, working_calendar
from parties.authority import selectors as authority
from parties.authority.selectors import (
    AccountStanding,
    PersonCard,
    account_standing,
    holder,
    people_cards,
)
from parties.correspondence.selectors import safe_contacts
from parties.desk.services import may_take_calls
from parties.people.models import User
from parties.people.states import StaffData
from parties.privacy.models import PrivacyRequest
from parties.security.selectors import pause_of
from portal.composition.discretion import clocks_known_to, sees_private
from portal.composition.tabs import TABS, Tab
from portal.staff import openings
from portal.staff.complaint_steps import Situation, steps_now
from portal.web import guards
from records.deadlines.models import Deadline
from records.deadlines.states import Status
from terms import facts
from terms.facts import Role

NEWEST = 10
# The step of the staff that does what is owed about a complaint.
DOES = {
    Duty.ACKNOWLEDGE: "acknowledge",
    Duty.PROPOSE: "propose",
    Duty.IMPLEMENT: "resolve",
    Duty.CONFIRM: "confirm",
    Duty.DECIDE_ESCALATION: "decide",
    Duty.ANSWER_OMBUDSMAN: "answer_ombudsman",
    Duty.FOLLOW_UP: "attempt",
    Duty.DECIDE_CLOSING: "close",
}


def customer_page(request: HttpRequest, account: Account) -> dict[str, Any]:
    """What the customer's page shows: the header, the tabs with their counts, the open tab."""
    on = authority.local_day(account, request.at)
    remote = guards.is_remote(request)
    sees = {
        data: authority.staff_sees(request.user, data, account, on=on, remote=remote).allowed
        for data in StaffData
    }
    tabs = [tab for tab in TABS if request.user.has_perm(tab.permission) and sees[tab.data]]
    wanted = request.GET.get("tab", "")
    chosen = next((tab for tab in tabs if tab.key == wanted), None)
    people = people_cards(account, on, request.at) if sees[StaffData.CONTACT] else []
    here = [one for one in people if one.status == "current"]
    standing = account_standing(account, on)
    known = known_to_staff(request.user, Complaint.objects.filter(account=account))
    return {
        "account": account,
        "title": f"{account.customer.name} · {account.number}",
        "sees_contact": sees[StaffData.CONTACT],
        "sees_safety": sees[StaffData.SAFETY],
        "safe_contacts": safe_contacts(account) if sees[StaffData.SAFETY] else [],
        "balance": balance(account, on) if sees[StaffData.BILLING] else None,
        "flags": [*_flags(account, standing, here, known), *_private_flags(request, account)],
        "standing": standing,
        "needs": access_needs(account.customer),
        "duty": _next_duty(request, account, on),
        "tabs": _tab_links(request.user, account, tabs, chosen),
        "tab": chosen,
        "rows": _rows(request.user, account, chosen, on, request.at) if chosen else [],
        "whole_list": _whole_list(account, chosen) if chosen else "",
        "people": here,
        "open_complaints": open_complaints(account, on, known)
        if request.user.has_perm("complaints.view_complaint")
        else [],
        **_offers(request, account, on, remote),
    }


def _offers(request: HttpRequest, account: Account, on: date, remote: bool) -> dict[str, bool]:
    """The steps that the person may take from here."""
    serves = authority.staff_may(request.user, facts.Action.CHANGE_DETAILS, account, on=on).allowed
    takes_money = authority.staff_may(request.user, facts.Action.PAY_BILL, account, on=on)
    return {
        "may_take_complaint": authority.staff_may(
            request.user, facts.Action.LODGE_COMPLAINT, account, on=on
        ).allowed,
        "may_take_fault": authority.staff_may(
            request.user, facts.Action.TROUBLESHOOT, account, on=on
        ).allowed,
        "may_take_address": serves,
        "may_take_money": takes_money.allowed,
        "may_ask_deposit": authority.staff_may(
            request.user, facts.Action.ARRANGE_HARDSHIP, account, on=on
        ).allowed,
        "may_call": may_take_calls(request.user),
        "may_invite": serves and holder(account) is None,
        "may_view_as": openings.may_view_as(request.user, account, on=on, remote=remote).allowed,
    }


def _flags(
    account: Account,
    standing: AccountStanding,
    people: list[PersonCard],
    complaints: QuerySet[Complaint],
) -> list[tuple[str, str]]:
    """What whoever talks with the customer has to know, each as kind and words."""
    customer = account.customer
    flags = [("bad", f"Holder: {one.label.lower()}") for one in standing.happenings]
    if not standing.is_chased:
        flags.append(("attention", "Not chased"))
    if pause_of(account):
        flags.append(("bad", "High-risk steps are paused"))
    if complaints.exclude(state__in=OVER).exists():
        flags.append(("attention", "Open complaint"))
    roles = {one.role_key for one in people}
    if Role.AUTHORISED_REP.value in roles:
        flags.append(("info", "Has a representative"))
    if Role.ADVOCATE.value in roles:
        flags.append(("info", "Has an advocate"))
    if customer.relay_service:
        flags.append(("info", "Speaks through the NRS"))
    if customer.interpreter_language:
        flags.append(("info", f"Interpreter: {customer.interpreter_language}"))
    return flags


def _private_flags(request: HttpRequest, account: Account) -> list[tuple[str, str]]:
    """What stops asking and cutting off because of something private, for its officers."""
    if not sees_private(request.user):
        return []
    private = running_blocks(request.at).filter(account=account, is_private=True)
    return [("bad", f"Private, nothing is asked for or cut: {one.subject}") for one in private]


@dataclass(frozen=True, kw_only=True)
class NextDuty:
    """What is owed to the customer first, by when, and the button that does it."""

    title: str
    due_on: date
    left: int
    missed: bool
    because: list[dict[str, Any]]
    url: str
    button: str


def _next_duty(request: HttpRequest, account: Account, on: date) -> NextDuty | None:
    owed = Deadline.objects.filter(account=account, status__in=[Status.OPEN, Status.MISSED])
    owed = clocks_known_to(request.user, owed.exclude(duty__in=IN_THE_BACKGROUND))
    row = owed.order_by("due_at").first()
    if row is None:
        return None
    url, button = _what_does_it(request, row)
    return NextDuty(
        title=row.title,
        due_on=row.due_on,
        left=working_calendar(account, on).working_days_between(on, row.due_on),
        missed=row.status == Status.MISSED or row.due_at <= request.at,
        because=row.because,
        url=url,
        button=button,
    )


def _what_does_it(request: HttpRequest, row: Deadline) -> tuple[str, str]:
    """The page on which staff do what is owed, and the words on its button."""
    complaint = Complaint.objects.filter(account=row.account_id, reference=row.subject).first()
    if complaint is not None and request.user.has_perm("complaints.view_complaint"):
        if request.user.has_perm("complaints.change_complaint"):
            steps = steps_now(Situation(complaint, request.user, request.at))
            does = [one for one in steps if one.slug == DOES.get(Duty(row.duty))]
            step = (does or steps)[0]
            args = [complaint.pk, step.slug]
            return reverse("admin:complaints_complaint_step", args=args), step.label
        page = reverse("admin:complaints_complaint_change", args=[complaint.pk])
        return page, f"Open {complaint.reference}"
    asked = PrivacyRequest.objects.filter(account=row.account_id, reference=row.subject).first()
    if asked is not None and request.user.has_perm("parties.change_privacyrequest"):
        return reverse("admin:parties_privacyrequest_answer", args=[asked.pk]), "Answer"
    return "", ""


def _tab_links(
    user: User, account: Account, tabs: list[Tab], chosen: Tab | None
) -> list[dict[str, Any]]:
    first = {"key": "overview", "label": "Overview", "count": None, "current": chosen is None}
    return [
        first,
        *(
            {
                "key": tab.key,
                "label": tab.label,
                "count": tab.seen(user, account).count(),
                "current": tab is chosen,
            }
            for tab in tabs
        ),
    ]


def _rows(user: User, account: Account, tab: Tab, on: date, at: datetime) -> list[Any]:
    return tab.shown(account, list(tab.seen(user, account)[:NEWEST]), on, at)


def _whole_list(account: Account, tab: Tab) -> str:
    value = account.number if tab.find == "q" else account.pk
    return f"{reverse(f'admin:{tab.page}_changelist')}?{tab.find}={value}"
