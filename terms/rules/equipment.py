"""Equipment: whose it is, when it goes back, and what loss, damage or a fault costs."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from terms import money
from terms.calendar import in_words, last_day_of_term
from terms.clause import Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Condition, Listed


class CausedBy(StrEnum):
    """What made the loss or the damage."""

    PROVIDER = "provider"
    FAIR_WEAR = "fair_wear"
    OTHER = "other"


@shape("equipment_return")
class EquipmentReturn(Terms):
    """Calendar days after the end in which to return it; may be named. None: no day is printed."""

    days: int | None


@dataclass(frozen=True, kw_only=True)
class ReturnBy(Result):
    """The last day to return equipment; None: no day is printed."""

    return_by: date | None = combine("longest")


def equipment_return(profile: Profile, *, ended_on: date, item: Listed | None = None) -> ReturnBy:
    """Return by when equipment goes back (CV-EQP-01, -03 to -05, BS-EQP-05, GL-EQP-04)."""
    terms = profile.of(EquipmentReturn, name=item)
    if terms.days is None:
        return ReturnBy(because=(terms.because("no day is printed"),))
    day = ended_on + timedelta(days=terms.days)
    step = f"day {terms.days} after {in_words(ended_on)} is {in_words(day)}"
    return ReturnBy(return_by=day, because=(terms.because(step),))


@shape("equipment_charge.prices")
class EquipmentPrices(Terms):
    """Named for an item: dollars without GST in one of these conditions."""

    price: Decimal
    conditions: tuple[Condition, ...]


@shape("equipment_charge.unpriced")
class EquipmentUnpriced(Terms):
    """The customer answers for loss and damage, but no price is printed."""


@shape("equipment_charge.not_returned")
class FairValue(Terms):
    """What does not come back costs its fair value."""


@shape("equipment_charge.damaged")
class RepairCost(Terms):
    """Damage costs a fair compensation; fair wear and tear is none."""


@shape("equipment_charge.excused")
class Excused(Terms):
    """What the provider caused costs nothing."""


@dataclass(frozen=True, kw_only=True)
class EquipmentCharge(Result):
    """What equipment costs, in dollars with or without GST; both None: no price is printed."""

    charge: Decimal | None = combine("lowest")
    charge_ex: Decimal | None = combine("lowest")


def equipment_charge(
    profile: Profile,
    *,
    item: Listed,
    condition: Condition,
    fair_value: Decimal | None = None,
    repair_cost: Decimal | None = None,
    caused_by: CausedBy = CausedBy.OTHER,
    days_late: int | None = None,
) -> EquipmentCharge:
    """Return what loss or damage costs (CV-EQP-02 to -05, BS-EQP-04, -06, -07).

    What came back sound costs nothing; that it came late, by `days_late`, changes nothing.
    """
    if value := profile.find(FairValue):
        sound = _sound(days_late)
        return _by_value(profile, value, condition, fair_value, repair_cost, caused_by, sound)
    priced = profile.find(EquipmentPrices, name=item)
    unpriced = profile.of(EquipmentUnpriced)
    terms: Terms = priced or unpriced
    if condition in (Condition.SOUND, Condition.LATE):
        sound = _sound(days_late)
        return EquipmentCharge(charge_ex=money.ZERO, because=(terms.because(sound),))
    if priced is None or condition not in priced.conditions:
        return EquipmentCharge(because=(terms.because(f"{condition}: no price is printed"),))
    step = f"{condition}: {money.in_dollars(priced.price)} without GST"
    return EquipmentCharge(charge_ex=priced.price, because=(priced.because(step),))


def _sound(days_late: int | None) -> str:
    late = f", {days_late} days late, for which no charge is printed" if days_late else ""
    return f"returned sound{late}"


def _by_value(
    profile: Profile,
    value: FairValue,
    condition: Condition,
    fair_value: Decimal | None,
    repair_cost: Decimal | None,
    caused_by: CausedBy,
    sound: str,
) -> EquipmentCharge:
    damage, excused = profile.of(RepairCost), profile.of(Excused)
    if condition in (Condition.SOUND, Condition.LATE):
        return EquipmentCharge(charge=money.ZERO, because=(damage.because(sound),))
    if caused_by == CausedBy.PROVIDER:
        step = "the provider caused it"
        return EquipmentCharge(charge=money.ZERO, because=(excused.because(step),))
    if condition == Condition.MISSING:
        price = money.to_cents(needed("fair_value", fair_value))
        step = f"fair value {money.in_dollars(price)}"
        return EquipmentCharge(charge=price, because=(value.because(step),))
    if caused_by == CausedBy.FAIR_WEAR:
        step = "fair wear and tear"
        return EquipmentCharge(charge=money.ZERO, because=(damage.because(step),))
    price = money.to_cents(needed("repair_cost", repair_cost))
    step = f"repair {money.in_dollars(price)}"
    return EquipmentCharge(charge=price, because=(damage.because(step),))


class Basis(StrEnum):
    """How a customer came by equipment."""

    PURCHASE = "purchase"
    RENTAL = "rental"
    BUNDLED = "bundled"


class Owner(StrEnum):
    """Whose equipment is, or who bears its loss."""

    CUSTOMER = "customer"
    PROVIDER = "provider"


@shape("equipment_title")
class TitleOnPayment(Terms):
    """Bought equipment: ownership passes on full payment."""


@shape("equipment_title.risk")
class RiskPasses(Terms):
    """The customer bears loss and damage once it is delivered, rented or not."""


@shape("equipment_title.at_term_end")
class TitleAtTermEnd(Terms):
    """Bundled equipment becomes the customer's when the term ends."""


@dataclass(frozen=True, kw_only=True)
class Title(Result):
    """Whose equipment is, and who bears its loss."""

    title: Owner | None = None
    risk: Owner | None = None


def equipment_title(
    profile: Profile,
    *,
    basis: Basis,
    price: Decimal | None = None,
    paid: Decimal | None = None,
    term_is_over: bool = False,
) -> Title:
    """Return whose equipment is (CV-PAY-08, CV-EQP-03, BS-EQP-01, GL-EQP-01, GL-EQP-02).

    `price` and `paid`, in dollars, matter for what is bought only; nothing `paid` is none.
    """
    risk = profile.of(RiskPasses)
    bundled = profile.find(TitleAtTermEnd)
    terms: Terms
    if basis == Basis.BUNDLED and bundled:
        terms, passed = bundled, term_is_over
        step = f"the term is {'' if passed else 'not '}over"
    elif basis == Basis.RENTAL:
        terms, passed, step = risk, False, "it is rented"
    else:
        terms, owed, so_far = (
            profile.of(TitleOnPayment),
            needed("price", price),
            paid or money.ZERO,
        )
        passed = so_far >= owed
        step = f"{money.in_dollars(so_far)} of {money.in_dollars(owed)} is paid"
    return Title(
        title=Owner.CUSTOMER if passed else Owner.PROVIDER,
        risk=Owner.CUSTOMER,
        because=(terms.because(step), risk.because("loss and damage are the customer's")),
    )


class FaultCause(StrEnum):
    """Why a handset does not work."""

    FAULT = "fault"
    INTENTIONAL = "intentional"
    NEGLIGENCE = "negligence"


@shape("handset_fault")
class HandsetFault(Terms):
    """A faulty handset is swapped free; one broken on purpose or carelessly costs its price."""


@dataclass(frozen=True, kw_only=True)
class HandsetSwap(Result):
    """Whether a handset is replaced, and for how many dollars without GST."""

    replace: bool | None = None
    charge_ex: Decimal | None = combine("lowest")


def handset_fault(
    profile: Profile, *, item: Listed, cause: FaultCause, in_warranty: bool = False
) -> HandsetSwap:
    """Return what a handset that does not work costs (CV-EQP-06), in warranty or out of it."""
    terms = profile.of(HandsetFault)
    if cause == FaultCause.FAULT:
        when = "in" if in_warranty else "out of"
        reason = terms.because(f"a fault, {when} warranty: swapped free")
        return HandsetSwap(replace=True, charge_ex=money.ZERO, because=(reason,))
    broken = equipment_charge(profile, item=item, condition=Condition.DAMAGED)
    reason = terms.because(f"broken: {cause}")
    return HandsetSwap(replace=True, charge_ex=broken.charge_ex, because=(reason, *broken.because))


class Handset(StrEnum):
    """What an added handset may be."""

    NEW = "new"
    NEW_OR_REFURBISHED = "new_or_refurbished"


@shape("handset_addition")
class HandsetAddition(Terms):
    """Handsets asked for in the first `months` of a term are new and join that term."""

    months: int


@shape("handset_addition.later")
class LaterAddition(Terms):
    """Later, no more than `without_contract` join the term; more need a new one of `months`."""

    without_contract: int
    months: int


@dataclass(frozen=True, kw_only=True)
class AddedHandsets(Result):
    """What adding handsets brings."""

    new_contract: bool | None = None
    handset: Handset | None = None
    charged_from: date | None = None
    charged_until: date | None = None
    new_contract_ends_on: date | None = None


def handset_addition(
    profile: Profile,
    *,
    activated_on: date,
    minimum_months: int,
    requested_on: date,
    installed_on: date,
    quantity: int,
) -> AddedHandsets:
    """Return what handsets asked for during a term bring (CV-EQP-07, CV-EQP-08).

    Early ones join the term and are charged to its last day; for later ones no end is printed.
    """
    first, later = profile.of(HandsetAddition), profile.of(LaterAddition)
    last = last_day_of_term(activated_on, first.months)
    step = f"the first {first.months} months of {minimum_months} end on {in_words(last)}"
    if requested_on <= last:
        until = last_day_of_term(activated_on, minimum_months)
        steps = (step, "asked for before", f"they join the term, to {in_words(until)}")
        return AddedHandsets(
            new_contract=False,
            handset=Handset.NEW,
            charged_from=installed_on,
            charged_until=until,
            because=(first.because(*steps),),
        )
    if quantity <= later.without_contract:
        asked = f"asked for later, no more than {later.without_contract}"
        return AddedHandsets(
            new_contract=False,
            handset=Handset.NEW_OR_REFURBISHED,
            charged_from=installed_on,
            because=(later.because(step, asked),),
        )
    end = last_day_of_term(installed_on, later.months)
    asked = f"asked for later, {quantity}: {later.months} months to {in_words(end)}"
    return AddedHandsets(
        new_contract=True,
        handset=Handset.NEW_OR_REFURBISHED,
        charged_from=installed_on,
        new_contract_ends_on=end,
        because=(later.because(step, asked),),
    )
