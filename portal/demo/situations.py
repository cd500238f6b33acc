"""One account in each situation about money and contracts, brought there by the services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from billing.charging.states import LineKind
from billing.credit_management.services import (
    ask_deposit,
    give_suspension_notice,
    pursue,
    receive_deposit,
)
from billing.hardship.selectors import plan_instalments
from billing.hardship.services import (
    HelpWanted,
    accept_offer,
    ask_for_help,
    offer_help,
    take_more_time,
)
from billing.hardship.states import Every, HelpKind
from billing.invoices.models import Invoice
from billing.ledger.selectors import open_items
from billing.payments.services import credit_line, issue_credit_note
from billing.payments.services.mandates import MandateWish, agree_mandate
from billing.payments.services.refund_accounts import BankAccount, give_refund_account
from contracts.catalogue.models import Plan
from contracts.equipment.services import note_equipment
from contracts.equipment.states import Basis, Item
from contracts.leaving.services import give_end_notice
from contracts.locations.selectors import Address
from contracts.locations.services import Wish, tell_address
from contracts.moving.services import MoveWish, ask_move, quote_move
from contracts.orders.services import LineWish, check_capacity, draft_order, offer_order
from contracts.orders.states import Outcome
from contracts.requests.selectors import Area
from contracts.requests.services import Declared, Report, declare_outage, report_fault
from contracts.requests.states import Trouble
from contracts.supply.models import Service
from contracts.variations.models import Variation
from contracts.variations.services import (
    Draft,
    ask_for_approval,
    decide_change,
    draft_price_change,
)
from contracts.variations.states import PriceWay
from parties.accounts.models import Account
from parties.accounts.selectors import working_calendar, zone_of
from parties.authority.selectors import holder, local_day
from parties.people.models import User
from terms.money import ZERO

from .complaints import settle_notices
from .people import DOMAIN

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ELEVEN = time(11)
CAN_PAY = Decimal("60.00")


@dataclass
class Situations:
    """What one provider's accounts are in the middle of; `facts` names the account of each."""

    accounts: list[Account]
    facts: dict[str, Any]
    at: datetime

    def build(self) -> None:
        """Bring each account where the facts want it, in the order in which they name it."""
        for name, value in self.facts.items():
            step: Callable[[Any], None] = getattr(self, f"_{name}")
            step(value)
            settle_notices(self.at - HOUR / 2)

    def _equipment(self, rows: list[list[Any]]) -> None:
        for number, (account, item, basis, price) in enumerate(rows, start=1):
            service = self._services(account).order_by("pk")[0]
            note_equipment(
                service=service,
                item=Item(item),
                serial=f"{self.accounts[0].number[:2]}{self.at.year}{4100 + number}",
                basis=Basis(basis),
                delivered_on=service.contract.started_on,
                by=self._staff("manager"),
                at=self.at - 90 * DAY,
                price=Decimal(price) if price else None,
            )

    def _outage(self, account: int) -> None:
        who = self._account(account)
        declare_outage(
            provider=who.customer.provider,
            said=Declared(
                what=f"No internet in {who.suburb}",
                words="A cable was cut at road works. Our carrier is on the way to mend it.",
                area=Area(postcodes=(who.postcode,)),
                began_at=self.at - 2 * HOUR,
                expected_at=self.at + 4 * HOUR,
            ),
            by=self._staff("manager"),
            at=self.at - HOUR,
        )

    def _fault(self, account: int) -> None:
        who = self._account(account)
        report_fault(
            service=self._services(account).order_by("pk")[0],
            report=Report(
                trouble=Trouble.POOR,
                what="Calls drop after ten minutes, since Monday.",
                tried="Switched it off and on again.",
                accepts_cost=True,
            ),
            by=self._holder(who),
            at=self.at - 20 * HOUR,
        )

    def _new_address(self, account: int) -> None:
        who = self._account(account)
        phone = self._services(account).filter(plan__kind="sip_trunk")[0]
        there = Address(
            street="2 Victoria Road", suburb=who.suburb, state=who.state, postcode=who.postcode
        )
        tell_address(
            services=[phone],
            wish=Wish(address=there, used_from=self._day(who, -1)),
            by=self._holder(who),
            at=self.at - 20 * HOUR,
        )

    def _move(self, account: int) -> None:
        who = self._account(account)
        there = Address(street="40 Lygon Street", suburb="Carlton", state="VIC", postcode="3053")
        row = ask_move(
            service=self._services(account).get(plan__kind="fibre"),
            wish=MoveWish(address=there, move_on=self._day(who, 40)),
            by=self._holder(who),
            at=self.at - 5 * DAY,
        )
        quote_move(
            move=row,
            amount_ex=Decimal("4200.00"),
            quoted_for="A new lead-in at Carlton, and the old fibre taken out.",
            by=self._staff("manager"),
            at=self.at - 2 * DAY,
        )

    def _order(self, wish: list[Any]) -> None:
        account, plan, months = wish
        who, staff = self._account(account), self._staff("manager")
        product = Plan.objects.get(provider=who.customer.provider, code=plan)
        line = LineWish(label=product.name, plan=product, months=months)
        order = draft_order(account=who, by=staff, at=self.at - 2 * DAY, line=line)
        check_capacity(
            order=order,
            outcome=Outcome.CAN_PAY,
            reasons="Every bill of the last year was paid.",
            by=staff,
            at=self.at - 2 * DAY + HOUR,
        )
        offer_order(
            order=order, open_until=self._day(who, 14), by=staff, at=self.at - 2 * DAY + 2 * HOUR
        )

    def _direct_debit(self, account: int) -> None:
        who = self._account(account)
        person = self._holder(who)
        agree_mandate(
            account=who,
            by=person,
            wish=MandateWish(
                payer_name=who.customer.name,
                bsb="062-000",
                number="10552240",
                signed_as=person.full_name,
                capacity="Treasurer",
            ),
            at=self.at - 30 * DAY,
        )
        give_refund_account(
            account=who,
            by=person,
            given=BankAccount(payee_name=who.customer.name, bsb="062-000", number="10552240"),
            at=self.at - 29 * DAY,
        )

    def _deposit(self, account: int) -> None:
        who = self._account(account)
        asked = ask_deposit(
            account=who,
            amount=Decimal("250.00"),
            reason="New business without a history of paying; agreed on the order form.",
            by=self._staff("credit"),
            at=self.at - 40 * DAY,
            assessed=True,
        )
        receive_deposit(
            deposit=asked,
            amount=asked.amount,
            received_on=self._day(who, -35),
            reference="EFT 250.00",
            by=self._staff("credit"),
            at=self.at - 35 * DAY,
        )

    def _credit(self, account: int) -> None:
        bill = Invoice.objects.filter(account=self._account(account)).latest("issue_date")
        line = bill.lines.filter(kind=LineKind.FEE).order_by("-amount_inc")[0]
        issue_credit_note(
            invoice=bill,
            reason="Three days without service, as agreed on the phone.",
            at=self.at - 6 * DAY,
            lines=[credit_line(line, Decimal("9.30"))],
            asked_by=self._staff("billing"),
        )

    def _help_offered(self, account: int) -> None:
        reference = self._ask_help(account, days_ago=3)
        self._offer(account, reference, days_ago=1)

    def _arrangement(self, account: int) -> None:
        who = self._account(account)
        reference = self._ask_help(account, days_ago=9)
        self._offer(account, reference, days_ago=8)
        person = self._holder(who)
        accept_offer(
            reference=reference, by=person, signed_as=person.full_name, at=self.at - 7 * DAY
        )

    def _more_time(self, account: int) -> None:
        who = self._account(account)
        take_more_time(
            account=who, by=self._holder(who), until=self._day(who, 6), at=self.at - DAY
        )

    def _suspension_notice(self, account: int) -> None:
        """Remind of an overdue bill, then announce the suspension, each in its lawful hours."""
        who = self._account(account)
        given = in_office(who, self.at - DAY)
        pursue(at=in_office(who, given - DAY))
        give_suspension_notice(account=who, by=self._staff("credit"), at=given)

    def _price_told(self, plan: str) -> None:
        row = self._draft(plan, at=self.at - 3 * DAY)
        decide_change(change=row, approve=True, by=self._staff("manager"), at=self.at - 2 * DAY)

    def _price_drafted(self, plan: str) -> None:
        self._draft(plan, at=self.at - DAY)

    def _leaving(self, account: int) -> None:
        who = self._account(account)
        give_end_notice(
            service=self._services(account).order_by("-pk")[0],
            by=self._holder(who),
            at=self.at - 2 * DAY,
        )

    def _ask_help(self, account: int, *, days_ago: int) -> str:
        who = self._account(account)
        wanted = HelpWanted(
            kinds=(HelpKind.INSTALMENTS,),
            can_pay=CAN_PAY,
            every=Every.FORTNIGHT,
            first_on=self._day(who, 5),
            words="My hours were cut. I can pay some of it each fortnight.",
        )
        asked = ask_for_help(
            account=who, by=self._holder(who), wanted=wanted, at=self.at - days_ago * DAY
        )
        return str(asked.reference)

    def _offer(self, account: int, reference: str, *, days_ago: int) -> None:
        who, at = self._account(account), self.at - days_ago * DAY
        owed = sum((one.amount - one.held for one in open_items(who)), ZERO)
        parts = plan_instalments(
            who,
            amount=owed,
            each=CAN_PAY,
            every=Every.FORTNIGHT,
            first_on=self._day(who, 5),
            on=local_day(who, at),
        )
        offer_help(
            reference=reference,
            by=self._staff("manager"),
            parts=parts,
            reasons="It fits what you told us you can pay.",
            at=at,
        )

    def _draft(self, plan: str, *, at: datetime) -> Variation:
        row = Plan.objects.get(provider=self.accounts[0].customer.provider, code=plan)
        change = draft_price_change(
            draft=Draft(
                plan=row,
                way=PriceWay.BY,
                amount=Decimal("3.00"),
                effective_on=self._day(self.accounts[0], 75),
                says="What we pay for the lines behind this plan has gone up.",
                notice_days=30,
                notice_why="A month gives time to plan for it.",
            ),
            by=self._staff("billing"),
            at=at,
        )
        ask_for_approval(change=change, by=self._staff("billing"), at=at + HOUR)
        return change

    def _account(self, number: int) -> Account:
        return self.accounts[number - 1]

    def _services(self, account: int) -> Any:
        return Service.objects.filter(contract__account=self._account(account))

    def _holder(self, account: Account) -> User:
        found = holder(account)
        if found is None:
            raise LookupError(f"{account} has no holder")
        return found

    def _staff(self, key: str) -> User:
        return User.objects.get(email=f"{key}@{DOMAIN}")

    def _day(self, account: Account, days: int) -> date:
        return local_day(account, self.at) + days * DAY


def in_office(account: Account, latest: datetime) -> datetime:
    """Eleven o'clock where the customer is, on the last working day up to a moment's own day."""
    day = local_day(account, latest)
    while not working_calendar(account, day).is_working_day(day):
        day -= DAY
    return datetime.combine(day, ELEVEN, zone_of(account))
