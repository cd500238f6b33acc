"""What is told of an order, and the papers that go with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from contracts.orders.models import Order
from contracts.orders.selectors import LineFigures, OrderFigures, Sum
from parties.accounts.selectors import terms_in_words, zone_of
from parties.authority import selectors as authority
from parties.authority.selectors import account_standing
from parties.correspondence.services import letterhead, tell
from records.documents.models import Document
from records.documents.services import issue_document
from records.notices.services import Link
from terms import library
from terms.facts import Action
from terms.money import ZERO

SUMMARY = "order_summary"
CONTRACT = "order_contract"


@dataclass(frozen=True, kw_only=True)
class Word:
    """What is said of an order: a headline, a sentence or two, the clauses, the papers."""

    headline: str
    body: str
    because: list[dict[str, Any]] = field(default_factory=list)
    papers: list[Document] = field(default_factory=list)


def tell_of(order: Order, word: Word, at: datetime) -> None:
    """Tell the account, and who accepted it while they may know; papers to the account alone."""
    account = order.account
    on = authority.local_day(account, at)
    standing = account_standing(account, on)
    names = {standing.to_email: standing.to_name}
    person = order.accepted_by
    if (
        person is not None
        and not person.is_staff
        and authority.may(person, Action.VIEW_BILLS, account, on=on, at=at).allowed
    ):
        names.setdefault(person.email, str(person))
    for place, (address, name) in enumerate(names.items()):
        tell(
            account,
            to=address,
            name=name,
            at=at,
            headline=word.headline,
            body=word.body,
            link=Link("order", order.reference),
            label="Open the order",
            belongs_to=order.reference,
            because=word.because,
            documents=word.papers if place == 0 else [],
        )


def freeze_summary(order: Order, found: OrderFigures, on: date, at: datetime) -> Document:
    """Freeze the summary of an offer: the two pages that are read before it is accepted.

    (RF-TCP-23: a Critical Information Summary is offered before a sale.)
    """
    return issue_document(
        account_id=order.account_id,
        kind=SUMMARY,
        subject=order.reference,
        title=f"Critical Information Summary, order {order.reference}",
        template="documents/order_summary.html",
        content=_content(order, found, on)
        | {"title": f"Critical Information Summary, order {order.reference}"},
        at=at,
    )


def freeze_contract(order: Order, found: OrderFigures, on: date, at: datetime) -> Document:
    """Freeze what was agreed, with each thing confirmed, who signed, and when."""
    accepted_at = order.accepted_at or at
    here = accepted_at.astimezone(zone_of(order.account))
    title = f"Contract, order {order.reference}"
    return issue_document(
        account_id=order.account_id,
        kind=CONTRACT,
        subject=order.reference,
        title=title,
        template="documents/order_contract.html",
        content=_content(order, found, on)
        | {
            "title": title,
            "signed_as": order.signed_as,
            "accepted_by": str(order.accepted_by or ""),
            "accepted_on": here.date().isoformat(),
            "accepted_clock": f"{here:%H:%M}",
            "ticks": [
                {"words": one.words, "link": one.link}
                for one in order.ticks.all()
                if one.ticked_at is not None
            ],
        },
        at=at,
    )


def _content(order: Order, found: OrderFigures, on: date) -> dict[str, Any]:
    account = order.account
    key = account.customer.provider.key
    provider = library.provider(key)
    return {
        **letterhead(account, provider),
        "contacts": provider.contacts,
        "account_number": account.number,
        "reference": order.reference,
        "quotation": order.quotation,
        "offered_on": on.isoformat(),
        "open_until": order.open_until.isoformat() if order.open_until else "",
        "terms": terms_in_words(key, order.version),
        "deposit": str(order.deposit) if order.deposit else "",
        "lines": [_line(one) for one in found.lines],
        "monthly": _sum(found.monthly),
        "once": _sum(found.once) if found.once.inc > ZERO else None,
        "total": _sum(found.total),
        "because": order.because,
    }


def _line(one: LineFigures) -> dict[str, Any]:
    line = one.line
    return {
        "description": line.label,
        "plan": line.plan.name if line.plan else "",
        "includes": line.plan.includes if line.plan else "",
        "quantity": line.quantity,
        "monthly": _sum(one.monthly) if line.plan else None,
        "once": _sum(one.once) if one.once.inc > ZERO else None,
        "months": one.months,
        "call_rate": str(line.plan.call_rate) if line.plan and line.plan.call_rate else "",
        "numbers": line.port.numbers if hasattr(line, "port") else "",
        "leaving": str(one.leaving) if one.leaving else "",
        "names_no_charge": bool(line.plan) and one.leaving is None,
        "total": _sum(one.total),
    }


def _sum(one: Sum) -> dict[str, str]:
    return {"ex": str(one.ex), "inc": str(one.inc)}
