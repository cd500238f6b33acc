"""Which ways to pay the portal offers, and what each adds: terms and law decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.payments.models import IN_PORTAL, PAST_PORTAL, PaymentOption
from billing.payments.selectors import payment_reference
from billing.payments.states import PaymentMethod
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from parties.people.models import SettingChange, User
from parties.people.services import note_setting
from terms import money, rules
from terms.binding import Binding
from terms.clause import as_json
from terms.money import ZERO
from terms.profile import TermsSilent
from terms.vocabulary import Card, Method

WORDS = dict(IN_PORTAL)


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to pay an amount in the portal: a bank account, or cards that cost the same.

    `surcharge` in dollars, GST included.
    """

    cards: tuple[Card, ...]
    surcharge: Decimal
    because: list[dict[str, Any]]

    @property
    def key(self) -> str:
        """What a form calls it."""
        return "-".join(self.cards)

    @property
    def method(self) -> PaymentMethod:
        is_debit = Card.DIRECT_DEBIT in self.cards
        return PaymentMethod.DIRECT_DEBIT if is_debit else PaymentMethod.CARD

    @property
    def label(self) -> str:
        return in_words(self.cards)


@dataclass(frozen=True, kw_only=True)
class NotOffered:
    """What can't be paid with, and why."""

    label: str
    because: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class WayPast:
    """A way to pay past the portal, with what the payer's bank asks for: label and value."""

    label: str
    details: tuple[tuple[str, str], ...]

    @property
    def in_words(self) -> str:
        return ", ".join(f"{label} {value}" for label, value in self.details)


@dataclass(frozen=True, kw_only=True)
class WaysToPay:
    """What is offered in the portal, what past it, and what terms or provider don't take."""

    offered: tuple[Way, ...]
    refused: tuple[NotOffered, ...]
    past: tuple[WayPast, ...] = ()

    def of(self, card: str) -> Way | None:
        """The way offered in which a card, or the bank account, stands."""
        return next((way for way in self.offered if card in way.cards), None)


def ways_to_pay(account: Account, *, amount: Decimal, on: date) -> WaysToPay:
    """Return how an amount in dollars can be paid in the portal on a day, and why not otherwise.

    (payment_method, payment_card, card_surcharge; RF-PAY-01, RF-PAY-02.) One query besides the
    account's binding.
    """
    provider = account.customer.provider
    options = {row.card: row for row in PaymentOption.objects.filter(provider=provider)}
    bound = binding(account, on)
    offered: list[Way] = []
    refused: list[NotOffered] = []
    for card in map(Card, WORDS):
        option = options.get(card)
        taken, why = _is_taken(bound, card, option)
        if not taken:
            refused.append(NotOffered(label=in_words([card]), because=why))
            continue
        surcharge, because = _surcharge(bound, card, amount, option)
        _add(offered, Way(cards=(card,), surcharge=surcharge, because=[*why, *because]))
    past = tuple(
        WayPast(label=label, details=details)
        for name, label in PAST_PORTAL
        if (details := _details(account, Method(name)))
        and _is_method_taken(bound, Method(name), options.get(name))[0]
    )
    return WaysToPay(offered=tuple(offered), refused=tuple(refused), past=past)


def keep_option(*, option: PaymentOption, reason: str, by: User, at: datetime) -> SettingChange:
    """Save what a provider says of a way to pay, and keep on record what it was before.

    Raise ValidationError for a surcharge that knows no cost, or a second row for one way.
    """
    names = ("is_offered", "surcharge_percent", "cost_percent")
    with transaction.atomic():
        option.full_clean()
        old = PaymentOption.objects.select_for_update().filter(pk=option.pk).first()
        option.save()
        return note_setting(
            provider=option.provider,
            about=f"Paying: {option.get_card_display()}",
            before={name: getattr(old, name) for name in names} if old else {},
            after={name: getattr(option, name) for name in names},
            reason=reason,
            by=by,
            at=at,
        )


def in_words(cards: Iterable[str]) -> str:
    """Cards as people list them: "Visa, Mastercard or American Express"."""
    *others, last = [WORDS[one] for one in cards]
    return f"{', '.join(others)} or {last}" if others else last


def _details(account: Account, method: Method) -> tuple[tuple[str, str], ...]:
    """What the payer's bank asks for; empty where the provider has not set it: not offered."""
    provider = account.customer.provider
    reference = payment_reference(account)
    if method is Method.BPAY and provider.biller_code:
        return (("Biller code", provider.biller_code), ("Reference", reference))
    if method is Method.EFT and provider.takes_transfers:
        return (
            ("Account name", provider.bank_account_name),
            ("BSB", provider.bank_bsb),
            ("Account number", provider.bank_account_number),
            ("Reference", reference),
        )
    return ()


def _is_taken(
    bound: Binding, card: Card, option: PaymentOption | None
) -> tuple[bool, list[dict[str, Any]]]:
    """Whether terms and provider take a card, or money from a bank account."""
    is_debit = card is Card.DIRECT_DEBIT
    method = Method.DIRECT_DEBIT if is_debit else Method.CREDIT_CARD
    is_taken, because = _is_method_taken(bound, method, option)
    if is_debit or not is_taken:
        return is_taken, because
    try:
        by_card = bound.decide(rules.payment_card, card=card, notified=option is not None)
    except TermsSilent:
        # The terms take cards and do not say which.
        return True, because
    return bool(by_card.accepted), [*because, *as_json(by_card.because)]


def _is_method_taken(
    bound: Binding, method: Method, option: PaymentOption | None
) -> tuple[bool, list[dict[str, Any]]]:
    """Whether terms and provider take a method; what the provider took back is not offered."""
    if option is not None and not option.is_offered:
        return False, []
    agreed = None if option is None else True
    answer = bound.decide(
        rules.payment_method, method=method, provider_agrees=agreed, on_invoice=agreed
    )
    # Where the terms leave it to be asked, the provider's row is the answer.
    return bool(agreed if answer.accepted is None else answer.accepted), as_json(answer.because)


def _surcharge(
    bound: Binding, card: Card, amount: Decimal, option: PaymentOption | None
) -> tuple[Decimal, list[dict[str, Any]]]:
    """What is added: as published, and no more than terms, law and cost allow.

    Who issued a card is not known here, so the cost caps it as if a bank had.
    """
    if card is Card.DIRECT_DEBIT:
        return ZERO, []
    percent = option.surcharge_percent if option else ZERO
    cost = option.cost_percent if option else None
    accepting = None if cost is None else money.to_cents(money.percent_of(amount, cost))
    standing = replace(bound.standing, actual_cost=accepting, bank_issued=True)
    try:
        answer = replace(bound, standing=standing).decide(
            rules.card_surcharge,
            amount=amount,
            card=card,
            notified_percent=percent if percent else None,
        )
    except TermsSilent as silence:
        return ZERO, as_json(silence.because)
    published = money.to_cents(money.percent_of(amount, percent))
    return min(published, answer.max_surcharge or ZERO), as_json(answer.because)


def _add(offered: list[Way], way: Way) -> None:
    """Put a way beside the cards that cost the same; a bank account stands alone."""
    for place, other in enumerate(offered):
        alike = other.method == way.method == PaymentMethod.CARD
        if alike and other.surcharge == way.surcharge:
            new = [one for one in way.because if one not in other.because]
            offered[place] = replace(
                other, cards=other.cards + way.cards, because=[*other.because, *new]
            )
            return
    offered.append(way)
