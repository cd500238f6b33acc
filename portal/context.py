"""What the shell of every page shows: provider, account, whom one acts for, sections."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from parties.access import STAFF, current, viewing
from terms import library

SECTIONS = [
    ("home", "Home", "home"),
    ("services", "Services", "services"),
    ("bills", "Bills", "bills"),
    ("complaints", "Complaints & help", "complaints"),
    ("contract", "Contract", "contract"),
    ("people", "People", "people"),
    ("profile", "Profile", "profile"),
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
        "account": _account(chosen) if chosen else None,
        "accounts": [_account(row) for row in known.choices] if known else [],
        "acting": _acting(chosen) if chosen and chosen.for_someone_else else None,
        "viewing": viewing(request) if chosen and chosen.role == STAFF else None,
        "section": here,
        "sections": [
            {"key": key, "label": label, "url": reverse(name), "current": key == here}
            for key, label, name in SECTIONS
        ]
        if chosen
        else [],
    }


def _account(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.account.public_id),
        "number": row.account.number,
        "name": row.account.customer.name,
    }


def _acting(chosen: Any) -> dict[str, Any]:
    until = f" until {chosen.ends_on:%-d %b %Y}" if chosen.ends_on else ""
    withheld = ", ".join(limit.replace("_", " ") for limit in chosen.limits)
    if chosen.role == "advocate":
        can = "Speak for the customer and lodge complaints"
        cannot = "Change anything while the customer is not there"
    else:
        can = "Act as the account holder, within what was agreed"
        cannot = f"Not agreed: {withheld}" if withheld else ""
    return {
        "who": f"{chosen.role_label.lower()}{until}",
        "for_whom": chosen.holder_name,
        "can": can,
        "cannot": cannot,
    }
