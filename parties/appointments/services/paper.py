"""The appointment form as a document: what was granted, with which limits, signed how."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from parties.accounts import selectors as accounts
from parties.authority.models import Appointment
from parties.authority.states import ONLY_WITH_CUSTOMER
from records.documents.models import Document
from records.documents.services import draw_unissued, issue_document
from terms import library

from .reach import reach

KIND = "appointment"


def issue_appointment_form(row: Appointment, *, at: datetime) -> Document:
    """Freeze the form of a signed appointment as it stands, drawn on first opening."""
    return issue_document(
        account_id=row.account_id,
        kind=KIND,
        subject=str(row.public_id),
        title=f"Appointment of {row.person}",
        template="documents/appointment.html",
        content=_content(row, row.user.email, _signature(row), at),
        at=at,
        on_demand=True,
    )


def draw_unsigned_form(row: Appointment, *, email: str, at: datetime) -> bytes:
    """Return the form of an appointment that nobody has signed yet, to sign on paper.

    Raises PdfUnavailable.
    """
    return draw_unissued(
        kind=KIND,
        title=f"Appointment of {row.person}",
        template="documents/appointment.html",
        content=_content(row, email, None, at),
        at=at,
    )


def _signature(row: Appointment) -> dict[str, str]:
    signature = row.signature
    return {
        "how": signature.get_how_display(),
        "name": signature.name,
        "drawing": signature.drawing,
        "words": signature.words,
        "at": signature.at.astimezone(accounts.zone_of(row.account)).isoformat(),
        "address": signature.address or "",
    }


def _content(
    row: Appointment,
    email: str,
    signature: dict[str, str] | None,
    at: datetime,
) -> dict[str, Any]:
    account = row.account
    alone = reach(row, at=at)
    provider = library.provider(account.customer.provider.key)
    return {
        "title": f"Appointment of {row.person}",
        "seller": {"name": provider.name, "legal_name": provider.legal_name, "abn": provider.abn},
        "brand": {
            "colour": provider.brand.colour,
            "mark": provider.brand.mark or provider.name[:2].upper(),
        },
        "customer": {"name": account.customer.name},
        "account_number": account.number,
        "reference": str(row.public_id)[:8].upper() if signature else "",
        "person": row.person,
        "email": email,
        "role": row.get_role_display(),
        "kind": row.get_advocate_kind_display() if row.advocate_kind else row.position,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat() if row.ends_on else "",
        "granted": list(alone.may),
        "withheld": list(alone.may_not),
        "only_with_customer": ONLY_WITH_CUSTOMER in row.limits,
        "statement": row.statement,
        "max_expense": str(row.max_expense) if row.max_expense is not None else "",
        "services": list(row.services.values()),
        "needs_check": row.needs_check,
        "signature": signature,
        "because": alone.because,
    }
