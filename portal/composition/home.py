"""What each area shows on Home: a table of banners, cards and parts, each for whoever may see it.

An area adds a function and one line; the function returns None where there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from billing.credit_management.selectors import notice_lives
from billing.hardship import selectors as hardship
from billing.payments import selectors as payments
from complaints.tickets import selectors as complaints
from contracts.locations import selectors as locations
from contracts.orders import selectors as orders
from contracts.requests import selectors as requests
from contracts.supply import selectors as supply
from contracts.variations import selectors as variations
from parties.authority.selectors import asked_of_customer
from portal.web import outages
from portal.web.guards import StandingPage
from terms.facts import Action

from .assisted import with_customer

NEWEST_BILLS = 3
# What is asked along with the bills: help with paying that waits for them, a notice of suspension.
HELP, NOTICE = "help", "notice"


@dataclass(frozen=True)
class Card:
    """One piece of the page: the template that shows it, and the facts that it reads as `card`."""

    template: str
    facts: dict[str, Any] = field(default_factory=dict)


class Reader:
    """Who reads Home, and what several cards ask; each is asked once."""

    def __init__(self, page: StandingPage) -> None:
        self.account, self.on, self.at = page.account, page.today, page.request.at
        self.permissions, self.acting = page.permissions, page.acting

    def may(self, action: Action, service: str = "") -> bool:
        """Whether they may do this here."""
        return self.permissions.may(action, service).allowed

    @cached_property
    def sees_account(self) -> bool:
        """Whether they see bills and services."""
        return self.may(Action.VIEW_BILLS)

    @cached_property
    def services(self) -> list[supply.ServiceCard]:
        """The account's services for whoever may see any, with what is told of them."""
        if not self.sees_account:
            return []
        marked = variations.has_news(self.on)
        hit = requests.is_hit()
        offered = orders.offers_open(self.account, self.on)
        return supply.services(
            self.account,
            self.on,
            marked=marked,
            hit=hit,
            offered=offered,
            unplaced=locations.is_unconfirmed(),
            terms_news=variations.has_terms_news(self.on, "contract_id"),
        )

    @cached_property
    def balance(self) -> payments.Balance | None:
        """What is owed and the newest bills, for whoever may see them."""
        if not self.sees_account:
            return None
        marks = {
            HELP: hardship.waits_for_customer(self.account),
            NOTICE: notice_lives(self.account, self.at),
        }
        return payments.balance(
            self.account, self.on, newest=NEWEST_BILLS, shown=True, marks=marks
        )

    @cached_property
    def payable(self) -> payments.Payable | None:
        """What they can pay now, for whoever sees bills and may pay them."""
        if self.balance is None or not self.may(Action.PAY_BILL):
            return None
        return payments.payable(self.balance)

    @cached_property
    def complaints(self) -> list[complaints.ComplaintCard]:
        """The open complaints that they may read."""
        if not self.may(Action.LODGE_COMPLAINT):
            return []
        seen = complaints.readable(self.permissions)
        return complaints.open_complaints(self.account, self.on, seen)


Show = Callable[[Reader], Card | None]


def _asked_together(reader: Reader) -> Card | None:
    """What an advocate asks the account holder; looked up only if something is asked."""
    if not reader.acting.is_asked or reader.acting.for_someone_else:
        return None
    asked = asked_of_customer(reader.account, reader.at)
    return Card("customer/home/_asked.html", {"asked": asked})


def _proposed_answers(reader: Reader) -> Card | None:
    waiting = [one for one in reader.complaints if one.state == "proposed"]
    facts = {"waiting": waiting, "may_answer": reader.may(Action.ACCEPT_RESOLUTION)}
    return Card("customer/home/_proposed.html", facts) if waiting else None


def _new_prices(reader: Reader) -> Card | None:
    """New prices that were told, of services that they see; looked up only if there are any."""
    if not any(one.is_marked for one in reader.services):
        return None
    seen = [
        one
        for one in variations.news_of(reader.account, reader.on)
        if reader.may(Action.VIEW_BILLS, str(one.service.public_id))
    ]
    return Card("customer/home/_new_prices.html", {"prices": seen}) if seen else None


def _new_terms(reader: Reader) -> Card | None:
    """New terms that were told, one for each contract; looked up only if there are any."""
    if not any(one.has_terms_news for one in reader.services):
        return None
    found = variations.terms_news_of(reader.account, reader.on)
    return Card("customer/home/_new_terms.html", {"terms": list(found.values())})


def _help_waits(reader: Reader) -> Card | None:
    owed = reader.balance
    if owed is None or HELP not in owed.marks or not reader.may(Action.ARRANGE_HARDSHIP):
        return None
    return Card("customer/home/_help_waits.html")


def _suspension(reader: Reader) -> Card | None:
    owed = reader.balance
    return Card("customer/home/_suspension.html") if owed and NOTICE in owed.marks else None


def _offer_waits(reader: Reader) -> Card | None:
    """An offer that they may accept; looked up by itself only where there is no service yet."""
    if not reader.sees_account or not reader.may(Action.OPEN_SERVICE):
        return None
    known = reader.services
    waits = known[0].is_offered if known else orders.has_offer(reader.account, reader.on)
    return Card("customer/home/_offer_waits.html") if waits else None


def _outages(reader: Reader) -> Card | None:
    """Outages of services that they see; looked up only if there are any."""
    if not any(one.is_hit for one in reader.services):
        return None
    seen = [
        one
        for one in requests.news_of_outages(reader.account, reader.at)
        if any(reader.may(Action.VIEW_BILLS, str(row.public_id)) for row in one.services)
    ]
    facts = {"outages": outages.shown(seen, reader.permissions)}
    return Card("customer/home/_outages.html", facts) if seen else None


def _addresses(reader: Reader) -> Card | None:
    """Phone services whose address they can confirm; read with the services themselves."""
    waits = [
        one
        for one in reader.services
        if one.is_unplaced
        and one.status != "ended"
        and reader.may(Action.CHANGE_DETAILS, one.public_id)
    ]
    return Card("customer/home/_addresses.html", {"services": waits}) if waits else None


def _overdue_bill(reader: Reader) -> Card | None:
    owed = reader.balance
    if owed is None or not owed.overdue:
        return None
    return Card("customer/home/_overdue.html", {"balance": owed, "payable": reader.payable})


def _owed(reader: Reader) -> Card | None:
    owed = reader.balance
    if owed is None:
        return None
    return Card("customer/home/_owed.html", {"balance": owed, "payable": reader.payable})


def _with_customer(reader: Reader) -> Card | None:
    acts = with_customer(reader.permissions)
    return Card("customer/home/_with_customer.html", {"acts": acts}) if acts else None


def _paying_unseen(reader: Reader) -> Card | None:
    if reader.sees_account or not reader.may(Action.PAY_BILL):
        return None
    return Card("customer/home/_paying.html", {"number": reader.account.number})


def _records_unseen(reader: Reader) -> Card | None:
    if reader.may(Action.VIEW_PERSONAL_DETAILS) or not reader.may(Action.REQUEST_RECORDS):
        return None
    return Card("customer/home/_records.html")


def _complaints(reader: Reader) -> Card | None:
    if not reader.may(Action.LODGE_COMPLAINT):
        return None
    facts = {"complaints": reader.complaints, "sees_account": reader.sees_account}
    return Card("customer/home/_complaints.html", facts)


def _services(reader: Reader) -> Card | None:
    if not reader.sees_account:
        return None
    seen = [one for one in reader.services if reader.may(Action.VIEW_BILLS, one.public_id)]
    return Card("customer/home/_services.html", {"services": seen})


def _bills(reader: Reader) -> Card | None:
    owed = reader.balance
    return Card("customer/home/_bills.html", {"bills": owed.newest}) if owed else None


# On top, what waits for the reader.
BANNERS: tuple[Show, ...] = (
    _asked_together,
    _outages,
    _addresses,
    _proposed_answers,
    _help_waits,
    _offer_waits,
    _suspension,
    _overdue_bill,
    _new_prices,
    _new_terms,
)
# Side by side, what can be done.
CARDS: tuple[Show, ...] = (_owed, _with_customer, _paying_unseen, _records_unseen, _complaints)
# Below, what there is.
PARTS: tuple[Show, ...] = (_services, _bills)


def shown(table: Iterable[Show], reader: Reader) -> list[Card]:
    """What the functions of a table show this reader."""
    return list(_shown(table, reader))


def _shown(table: Iterable[Show], reader: Reader) -> Iterator[Card]:
    for show in table:
        card = show(reader)
        if card is not None:
            yield card
