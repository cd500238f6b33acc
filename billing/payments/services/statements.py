"""The statement of an account as a PDF: of any days, to look at or to have sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from billing.ledger.selectors import statement
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import NotAuthorised, local_day, require, with_customer
from parties.correspondence.services import HIDDEN, letterhead, tell
from parties.people.models import User
from records.audit.services import record
from records.documents.models import Document
from records.documents.services import draw_unissued, issue_document
from records.notices.services import Link
from terms import library
from terms.calendar import in_words
from terms.facts import Action, Role

from .letterhead import where_to_turn

TEMPLATE = "documents/statement.html"


def statement_pdf(account: Account, *, days: tuple[date, date], at: datetime, who: bool) -> bytes:
    """The PDF of a statement of some days, both included; without `who` it names nobody.

    Raises PdfFailed, PdfUnavailable.
    """
    content = _content(account, days, at)
    if not who:
        content["customer"] = {"name": HIDDEN, "abn": "", "address": []}
    return draw_unissued(
        kind="statement", title=content["title"], template=TEMPLATE, content=content, at=at
    )


def send_statement(
    *, account: Account, by: User, days: tuple[date, date], at: datetime
) -> Document:
    """Send a statement of some days to whoever asks for it and may see bills and the customer.

    Asked for twice within a minute it is sent once. Raises NotAuthorised.
    """
    first, last = days
    with transaction.atomic():
        lock_account(account.pk)
        on = local_day(account, at)
        decision = require(by, Action.VIEW_BILLS, account, on=on, at=at)
        knows = require(by, Action.VIEW_PERSONAL_DETAILS, account, on=on, at=at)
        # What an advocate sees with the customer there, they do not take along.
        if knows.masked or by.is_staff or decision.role == Role.ADVOCATE:
            raise NotAuthorised(replace(knows, allowed=False), Action.VIEW_PERSONAL_DETAILS)
        subject = f"{account.number}-{by.pk}-{first:%Y%m%d}-{last:%Y%m%d}-{at:%Y%m%d%H%M}"
        known = Document.objects.filter(kind="statement", subject=subject).first()
        if known is not None:
            return known
        content = _content(account, days, at)
        document = issue_document(
            account_id=account.pk,
            kind="statement",
            subject=subject,
            title=content["title"],
            template=TEMPLATE,
            content=content,
            at=at,
        )
        record(
            account_id=account.pk,
            at=at,
            action="send_statement",
            actor=with_customer(by, decision),
            subject=account.number,
            after={"from": first.isoformat(), "to": last.isoformat()},
        )
        tell(
            account,
            to=by.email,
            name=str(by),
            at=at,
            headline="Your statement",
            body=f"The statement of account {account.number} from {in_words(first)} to "
            f"{in_words(last)} is attached, as you asked for it.",
            link=Link("statement"),
            label="See it in the portal",
            documents=[document],
        )
    return document


def _content(account: Account, days: tuple[date, date], at: datetime) -> dict[str, Any]:
    """What documents/statement.html prints: strings, lists and mappings only."""
    first, last = days
    facts = library.provider(account.customer.provider.key)
    found = statement(account, first, last)
    return {
        "title": f"Statement of account {account.number}",
        **letterhead(account, facts),
        "account_number": account.number,
        "drawn_on": local_day(account, at).isoformat(),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "opening": str(found.opening),
        "closing": str(found.closing),
        "rows": [
            {
                "day": row.day.isoformat(),
                "what": f"{row.kind.label} {row.reference}".strip(),
                "charged": str(row.amount) if row.amount > 0 else "",
                "paid": str(-row.amount) if row.amount < 0 else "",
                "balance": str(row.balance),
            }
            for row in found.rows
        ],
        "help": where_to_turn(facts),
    }
