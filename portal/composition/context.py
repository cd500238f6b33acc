"""What the shell of every page shows: provider, account, whom one acts for, sections."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import resolve, reverse
from django.utils.functional import SimpleLazyObject

from parties.authority.selectors import STAFF, Acting, Permissions, standing_of, standing_status
from parties.authority.states import POWERS
from portal.web.guards import AccountPage, current, permissions_of, shown_name, viewing
from terms import library
from terms.facts import Action

from .assisted import with_customer

SECTIONS = [
    ("home", "Home"),
    ("services", "Services"),
    ("bills", "Bills"),
    ("complaints", "Complaints & help"),
    ("contract", "Contract"),
    ("people", "People"),
    ("profile", "Profile"),
]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell`, worked out only if a template asks for it."""
    return {
        "shell": SimpleLazyObject(lambda: _shell(request)),
        "dev_pages": settings.DEV_PAGES,
        "request_id": getattr(request, "request_id", ""),
    }


def _shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    known = current(request) if signed_in and hasattr(request, "at") else None
    chosen = known.chosen if known else None
    match = getattr(request, "resolver_match", None)
    provider_key = chosen.account.customer.provider.key if chosen else None
    if provider_key is None and match:
        provider_key = match.kwargs.get("provider") or match.kwargs.get("document")
    section = getattr(match, "func", None) and getattr(match.func, "view_class", None)
    here = getattr(section, "section", "")
    return {
        "user": user if signed_in else None,
        "provider": library.provider(provider_key)
        if provider_key in library.providers()
        else None,
        "account": _account(request, chosen) if chosen else None,
        "accounts": [_account(request, row) for row in known.choices] if known else [],
        "acting": _acting(request, chosen) if chosen and chosen.for_someone_else else None,
        "viewing": viewing(request) if chosen and chosen.role == STAFF else None,
        "section": here,
        "sections": _sections(permissions_of(request, chosen), here) if chosen else [],
    }


def _sections(permissions: Permissions, here: str) -> list[dict[str, Any]]:
    """The sections that the person may open now."""
    rows = [
        (name, label)
        for name, label in SECTIONS
        if all(permissions.may(action).allowed for action in _needed(name))
    ]
    if with_customer(permissions):
        rows.append(("together", "With the customer"))
    return [
        {"key": name, "label": label, "url": reverse(name), "current": name == here}
        for name, label in rows
    ]


@cache
def _needed(name: str) -> tuple[Action, ...]:
    """What the first page of a section asks for, read off the page itself."""
    page = resolve(reverse(name)).func.view_class
    return (page.action, *page.also) if issubclass(page, AccountPage) else ()


def _account(request: HttpRequest, row: Acting) -> dict[str, Any]:
    name = shown_name(request, row)
    return {
        "id": str(row.account.public_id),
        "number": row.account.number,
        "name": name[:1].upper() + name[1:],
    }


def _acting(request: HttpRequest, chosen: Acting) -> dict[str, Any]:
    """Whom one acts for, as what, until when and up to which amount, and what one may do."""
    standing, permissions = standing_of(chosen), permissions_of(request, chosen)
    name = shown_name(request, chosen)
    return {
        "for_whom": name if permissions.sees_who else f"{name}, account {chosen.account.number}",
        "role": chosen.role_label.lower(),
        "until": chosen.ends_on,
        "limit": standing.max_expense if standing else None,
        "services": ", ".join(standing.services.values()) if standing else "",
        "status": standing_status(standing, permissions.on, request.at) if standing else "",
        "works_from": standing.works_from if standing else None,
        **_powers(permissions),
    }


def _powers(permissions: Permissions) -> dict[str, Any]:
    """What one may do alone and what not, in words; and what takes the customer's presence."""
    judged = {action: permissions.may(action) for action in POWERS}
    can = [_words(action, one.masked) for action, one in judged.items() if one.allowed]
    cannot = [_words(action) for action, one in judged.items() if not one.allowed]
    return {
        "can": can,
        "cannot": cannot,
        "mostly": len(cannot) < len(can),
        "with_customer": bool(with_customer(permissions)),
    }


def _words(action: Action, masked: bool = False) -> str:
    words = POWERS[action][:1].lower() + POWERS[action][1:]
    return f"{words} without names and contact details" if masked else words
