"""What every request carries, and how refusals are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from allauth.core.exceptions import RateLimited
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse

from parties.accounts.states import AccountStatus
from parties.authority.models import Appointment
from parties.authority.selectors import Acting, NotAuthorised, holder, standing_of, standing_status
from parties.authority.states import NEEDS_RUNNING, POWERS
from portal.web.fresh import LogInAgain
from portal.web.guards import current, permissions_of
from portal.web.middleware import Handler
from terms import library
from terms.calendar import State
from terms.facts import Action, Role
from terms.lifecycle import IllegalStep

from .assisted import act_for


class Refusals:
    """Turns a refusal into a page that says what, why and what to do instead."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, refusal: Exception) -> HttpResponse | None:
        if isinstance(refusal, NotAuthorised):
            return render(request, "403.html", told(request, refusal), status=403)
        if isinstance(refusal, LogInAgain):
            logout(request)
            messages.info(request, "Log in again, then go on: we have to know that it is you.")
            target = resolve_url("account_login")
            return redirect(f"{target}?{urlencode({'next': request.path})}")
        if isinstance(refusal, RateLimited):
            return render(request, "429.html", status=429)
        if isinstance(refusal, IllegalStep):
            return render(request, "409.html", {"refusal": refusal}, status=409)
        return None


@dataclass(frozen=True)
class Instead:
    """One thing to do instead, with the page that leads there."""

    words: str
    url: str = ""
    label: str = ""


def told(request: HttpRequest, refusal: NotAuthorised) -> dict[str, Any]:
    """What the page of a refusal says to this person about this act."""
    chosen = current(request).chosen
    asked = POWERS[refusal.action]
    where = f" on account {chosen.account.number}" if chosen else ""
    return {
        "refusal": f"You may not {asked[:1].lower()}{asked[1:]}{where}.",
        "because": _once(refusal.decision.because),
        "instead": list(_instead(request, chosen, refusal.action)),
    }


def _once(because: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reasons without those that only repeat a clause."""
    told_already = {reason["id"] for reason in because if reason["steps"]}
    return [one for one in because if one["steps"] or one["id"] not in told_already]


def _instead(request: HttpRequest, chosen: Acting | None, action: Action) -> Iterator[Instead]:
    if request.user.is_staff:
        yield Instead(
            "You see the portal as the customer does, and can only read. Do it on the staff side."
            if chosen
            else "Ask a colleague whose role may do it, or your team manager for the role."
        )
        return
    if chosen is None:
        return
    account = chosen.account
    contacts = library.provider(account.customer.provider.key).contacts
    ways = " or ".join(contacts[key] for key in ("phone", "email") if key in contacts)
    call = f"{account.customer.provider.name}{f', {ways}' if ways else ''}"
    if account.status == AccountStatus.CLOSED and action in NEEDS_RUNNING:
        yield Instead(f"To start again, talk to {call}. What is here stays readable.")
        return
    standing = standing_of(chosen)
    if standing is None or standing.role == Role.HOLDER:
        yield Instead(f"Talk to {call}.")
        return
    yield from _of_standing(request, chosen, standing, action, call)
    yield Instead("See all that you may do, and why:", reverse("my_authority"), "your authority")


def _of_standing(
    request: HttpRequest, chosen: Acting, standing: Appointment, action: Action, call: str
) -> Iterator[Instead]:
    permissions = permissions_of(request, chosen)
    status = standing_status(standing, permissions.on, request.at)
    if status == "to_check":
        yield Instead(f"Staff have to check who you are first. They call you, or you call {call}.")
        return
    if status == "cooling_off" and standing.works_from:
        begins = standing.works_from.astimezone(State(chosen.account.state).zone)
        yield Instead(
            f"Wait until {begins:%a} {begins.day} {begins:%b %Y, %H:%M}: then it works by itself."
        )
        return
    if permissions.only_with_customer(action):
        yield from _together(action)
        return
    if standing.employee and not standing.warrants_authority:
        yield Instead(
            "If you have authority to agree for the customer, say so first:",
            reverse("my_authority"),
            "I have authority",
        )
    person = holder(chosen.account) if permissions.sees_who else None
    whom = f"{person}, who holds the account," if person else "the account holder"
    yield Instead(f"Ask {whom} to do it. {_extend(standing, action)}")


def _together(action: Action) -> Iterator[Instead]:
    act = act_for(action)
    if act is None:
        yield Instead("Ask the customer to do it in their own log-in.")
    else:
        url = reverse("together_ask", args=[act.key])
        yield Instead("Do it together:", url, f"Ask with the customer there: {act.label.lower()}")


def _extend(standing: Appointment, action: Action) -> str:
    """What the holder would have to change in the appointment."""
    if standing.role == Role.ADVOCATE:
        return "An advocate can't be given this; an authorised representative can."
    if action.value in standing.limits:
        return "They withheld it from you, and can change that under People."
    if standing.max_expense is not None and action in (Action.CHANGE_PLAN, Action.INCUR_EXPENSE):
        return "They can raise your limit under People."
    if standing.services:
        return "They can add services to your appointment under People."
    return "They can appoint you for it under People, where the terms allow that."
