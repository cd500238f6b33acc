"""Changing the terms or prices: when a change takes effect and who may leave because of it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from terms import money
from terms.calendar import Count, State, in_words
from terms.clause import Reason, Terms, shape
from terms.facts import needed
from terms.profile import Profile
from terms.result import Result, combine
from terms.rules._roll import rolled
from terms.vocabulary import Service, Word

ONE_DAY = timedelta(days=1)


class Change(StrEnum):
    """What a change touches."""

    TERMS = "terms"
    PRICE = "price"
    RATE_CARD = "rate_card"
    PLAN = "plan"
    FEATURE = "feature"


class Detriment(StrEnum):
    """How far a change hurts the customer."""

    NONE = "none"
    MINOR = "minor"
    MATERIAL = "material"


class ChangeCause(StrEnum):
    """What forces a change."""

    SUPPLIER = "supplier"
    TAX = "tax"
    PROVIDER_TAX = "provider_tax"
    LAW = "law"
    SECURITY = "security"
    NETWORK = "network"

    @classmethod
    def _missing_(cls, value: object) -> "ChangeCause | None":
        """Read the other spelling in use: a tax on the provider's own profit."""
        return cls.PROVIDER_TAX if value in ("corporate_tax", "company_tax") else None

    @property
    def words(self) -> str:
        """Return the cause as a reader would write it."""
        return {
            "tax": "a tax on the customer's service",
            "provider_tax": "a tax on the provider itself",
        }.get(self.value, self.value)


@shape("variation")
class VariationNotice(Terms):
    """Calendar days of notice; may be named for a kind of change.

    `clear` says that all the days lie between notice and change: "at least", "no less than".
    """

    notice_days: int
    clear: bool = False


@shape("variation.harmless")
class HarmlessChange(Terms):
    """A change of these kinds that hurts no more than `up_to` needs no notice."""

    up_to: Detriment
    kinds: tuple[Change, ...] = tuple(Change)


@shape("variation.exempt")
class ExemptChange(Terms):
    """No notice for these causes, these kinds, or a supplier's change of a premium service."""

    causes: tuple[ChangeCause, ...]
    kinds: tuple[Change, ...]
    premium_supplier: bool


@shape("variation.passed_through")
class PassedThrough(Terms):
    """A price that is not on the rate card follows the supplier's own published form."""


@shape("variation.reasonable_notice")
class ReasonableNotice(Terms):
    """Notice of as many days as are reasonable, which the provider chooses and records."""


@shape("variation.supplier_wide")
class SupplierWide(Terms):
    """A change that a supplier makes to its resellers generally: notice, but no way out."""


@shape("variation.walk_away")
class WalkAway(Terms):
    """Calendar days from the notice in which a customer who is hurt may leave free of exit fees.

    With `fixed_term_only` a customer without a term has no such right. `from_receipt` counts from
    the day the notice is received, not from its date; `by_notice` says that the customer's own
    notice must fall inside the days, not the day of leaving.
    """

    days: int
    fixed_term_only: bool = False
    from_receipt: bool = False
    by_notice: bool = False


@shape("variation.not_retrospective")
class NotRetrospective(Terms):
    """A change starts when its notice ends, or at once; it never reaches back."""


@shape("variation.new_contract")
class NewContract(Terms):
    """New contracts take every change at once."""


@shape("variation.passed_on")
class PassedOn(Terms):
    """Rises of price for these causes come after so many days' notice, also in a fixed term.

    `clear` says that all the days lie between notice and rise.
    """

    notice_days: int
    causes: tuple[ChangeCause, ...]
    clear: bool = False


@shape("variation.fixed_price")
class FixedPrice(Terms):
    """A price held for a time changes when that is over, and the customer is told before."""


@shape("variation.published")
class PublishedPrices(Terms):
    """A price that is not held changes at once, by notice or by publication."""


class Told(Word):
    """A way in which a change is told."""

    WEBSITE = "website"
    IN_WRITING = "in_writing"


@shape("variation.told_by")
class ToldBy(Terms):
    """A change that hurts is told in each of these ways."""

    ways: tuple[Told, ...]


@dataclass(frozen=True, kw_only=True)
class Variation(Result):
    """Whether notice is needed, the first day of the change, and the last day to leave free.

    `told_by` are all the ways in which it has to be told; none are those of any notice.
    """

    notice_required: bool | None = combine("any")
    told_by: tuple[Told, ...] = ()
    effective_on: date | None = combine("longest")
    walk_away_until: date | None = combine("longest")


@dataclass(frozen=True)
class _Facts:
    kind: Change
    detriment: Detriment
    notice_given_on: date | None
    made_on: date | None
    fixed_term: bool
    cause: ChangeCause | None
    notice_received_on: date | None = None

    @property
    def is_price(self) -> bool:
        """Whether the change is one of price."""
        return self.kind in (Change.PRICE, Change.RATE_CARD)

    @property
    def told_on(self) -> date | None:
        """The day of publication, or else the day the customer was told."""
        return self.made_on or self.notice_given_on


def variation(
    profile: Profile,
    *,
    kind: Change,
    detriment: Detriment,
    acl_consumer: bool = False,
    fixed_term: bool = False,
    state: State | None = None,
    notice_given_on: date | None = None,
    notice_received_on: date | None = None,
    made_on: date | None = None,
    notice_days: int | None = None,
    cause: ChangeCause | None = None,
    premium_service: bool = False,
    supplier_applies_generally: bool = False,
    new_contract: bool = False,
    fixed_until: date | None = None,
    service: Service | None = None,
    on_rate_card: bool = True,
) -> Variation:
    """Return when a change takes effect (CV-VAR, VP-VAR, BS-VAR, GL-VAR).

    `notice_given_on` is the day the customer was told, or the date on the notice,
    `notice_received_on` the day it was received if that is known, `made_on` that of publication,
    `notice_days` what the provider chose where the terms name no figure.
    """
    facts = _Facts(
        kind, detriment, notice_given_on, made_on, fixed_term, cause, notice_received_on
    )
    new, passed = profile.find(NewContract), profile.find(PassedThrough, service=service)
    if new and new_contract:
        return _at_once(new, facts.told_on, "the contract is new")
    if passed and facts.is_price and not on_rate_card:
        return _at_once(passed, made_on, "the price is not on the rate card")
    answer = _exempt(profile, facts, premium_service, acl_consumer) or _price(
        profile, facts, fixed_until
    )
    if answer is not None:
        return answer
    if profile.find(ReasonableNotice, acl=acl_consumer):
        forced = cause == ChangeCause.SUPPLIER and supplier_applies_generally
        return _reasonable(profile, facts, acl_consumer, state, notice_days, forced)
    terms = profile.of(VariationNotice, name=kind, service=service)
    days = terms.notice_days + terms.clear
    answer = _after_notice(profile, terms, days, facts, profile.find(WalkAway), state)
    ways = profile.find(ToldBy)
    if ways is None or detriment == Detriment.NONE:
        return answer
    why = ways.because(f"told by each of: {', '.join(each.words for each in ways.ways)}")
    return replace(answer, told_by=ways.ways, because=(*answer.because, why))


def _at_once(terms: Terms, day: date | None, step: str, *more: Reason) -> Variation:
    steps = (step, f"from {in_words(day)}") if day else (step,)
    return Variation(
        notice_required=False, effective_on=day, because=(terms.because(*steps), *more)
    )


def _exempt(profile: Profile, facts: _Facts, premium_service: bool, acl: bool) -> Variation | None:
    exempt, harmless = profile.find(ExemptChange), profile.find(HarmlessChange, acl=acl)
    if exempt:
        if facts.cause in exempt.causes:
            return _at_once(exempt, facts.told_on, f"the cause is {facts.cause.words}")
        if facts.kind in exempt.kinds:
            kind = facts.kind.replace("_", " ")
            return _at_once(exempt, facts.told_on, f"it changes the {kind}")
        supplier = facts.cause == ChangeCause.SUPPLIER
        if exempt.premium_supplier and supplier and premium_service and facts.is_price:
            return _at_once(exempt, facts.told_on, "a supplier's change of a premium service")
    if harmless and _is_harmless(harmless, facts):
        ahead = profile.find(NotRetrospective)
        why = (ahead.because("no notice period applies"),) if ahead else ()
        return _at_once(harmless, facts.told_on, f"detriment: {facts.detriment}", *why)
    return None


def _is_harmless(terms: HarmlessChange, facts: _Facts) -> bool:
    order = list(Detriment)
    return facts.kind in terms.kinds and order.index(facts.detriment) <= order.index(terms.up_to)


def _price(profile: Profile, facts: _Facts, fixed_until: date | None) -> Variation | None:
    passed_on, published = profile.find(PassedOn), profile.find(PublishedPrices)
    if not facts.is_price or published is None:
        return None
    if passed_on and facts.cause in passed_on.causes:
        days = passed_on.notice_days + passed_on.clear
        return _after_notice(profile, passed_on, days, facts, None, None)
    held = profile.find(FixedPrice)
    if held and facts.fixed_term:
        if fixed_until is None:
            step = "the price is held as long as it was agreed"
            return Variation(notice_required=True, because=(held.because(step),))
        after = fixed_until + ONE_DAY
        day = max(after, facts.told_on or after)
        steps = (f"the price is held until {in_words(fixed_until)}", f"from {in_words(day)}")
        return Variation(notice_required=True, effective_on=day, because=(held.because(*steps),))
    return _at_once(published, facts.told_on, "the price is not held: publication is enough")


def _reasonable(
    profile: Profile,
    facts: _Facts,
    acl: bool,
    state: State | None,
    notice_days: int | None,
    forced: bool,
) -> Variation:
    ahead = profile.of(NotRetrospective)
    supplier = profile.find(SupplierWide, acl=acl)
    terms: Terms = profile.of(ReasonableNotice, acl=acl)
    walk_away = profile.find(WalkAway, acl=acl)
    if forced and supplier:
        terms, walk_away = supplier, None
    answer = _after_notice(profile, terms, notice_days, facts, walk_away, state)
    day = answer.effective_on
    if day and facts.made_on and day < facts.made_on:
        day = facts.made_on
    why = ahead.because("it starts when the notice ends, and not before it is made")
    return Variation(
        notice_required=True,
        effective_on=day,
        walk_away_until=answer.walk_away_until,
        because=(*answer.because, why),
    )


def _after_notice(
    profile: Profile,
    terms: Terms,
    days: int | None,
    facts: _Facts,
    walk_away: WalkAway | None,
    state: State | None,
) -> Variation:
    told = facts.notice_given_on
    if told is None:
        return Variation(notice_required=True, because=(terms.because("not told yet"),))
    day, step = None, "how many days' notice are reasonable is still to be chosen"
    if days is not None:
        day = told + timedelta(days=days)
        clear = getattr(terms, "clear", False)
        step = f"{days - 1} clear days" if clear else f"day {days} is {in_words(day)}"
        step = f"{step}: {in_words(day)}" if clear else step
    reason = terms.because(f"told on {in_words(told)}", step)
    hurt = facts.detriment != Detriment.NONE
    if walk_away is None or not hurt or (walk_away.fixed_term_only and not facts.fixed_term):
        return Variation(notice_required=True, effective_on=day, because=(reason,))
    since = facts.notice_received_on if walk_away.from_receipt else None
    until, why = _walk_away_until(profile, walk_away, since or told, state)
    return Variation(
        notice_required=True, effective_on=day, walk_away_until=until, because=(reason, *why)
    )


def _walk_away_until(
    profile: Profile, terms: WalkAway, told: date, state: State | None
) -> tuple[date, tuple[Reason, ...]]:
    calendar = profile.calendar(state)
    count = calendar.count(told, terms.days, Count.CALENDAR_DAYS)
    counted, why = rolled(profile, calendar, count)
    return counted.day, (terms.because(*count.steps), *why)


def _no_way_out(
    profile: Profile,
    window: WalkAway,
    fixed_term: bool | None,
    detriment: Detriment | None,
    cause: ChangeCause | None,
    kind: Change | None,
    acl: bool,
) -> Reason | None:
    """Return why this change opens no way out to this customer, as far as that is known."""
    harmless = profile.find(HarmlessChange, acl=acl)
    if harmless and detriment == Detriment.MINOR and kind:
        facts = _Facts(kind, detriment, None, None, bool(fixed_term), cause)
        if _is_harmless(harmless, facts):
            return harmless.because(f"detriment: {detriment}")
    if window.fixed_term_only and fixed_term is False:
        return window.because("only a customer in a fixed term has this way out")
    if detriment == Detriment.NONE:
        return window.because("the change hurts nobody")
    exempt = profile.find(ExemptChange)
    if exempt and cause in exempt.causes:
        return exempt.because(f"the cause is {cause.words if cause else cause}")
    if exempt and kind in exempt.kinds:
        return exempt.because(f"it changes the {str(kind).replace('_', ' ')}")
    return None


@shape("walk_away_charge")
class WalkAwayCharge(Terms):
    """What a customer who leaves because of a change still pays, beside what was used.

    Unpaid installation counts always, or (`installation_if_portable`) like unpaid equipment only
    where that works with other providers.
    """

    installation_if_portable: bool


@shape("walk_away_charge.none")
class NoWayOut(Terms):
    """A change gives no way out that is free of exit fees: leaving inside the term is barred."""


@shape("walk_away_charge.if_offered")
class WayOutIfOffered(Terms):
    """Such customers may leave free of exit fees only if the provider offers it."""


@dataclass(frozen=True, kw_only=True)
class WalkAwayTotal(Result):
    """Whether the customer may leave free of exit fees, and what is still paid, in dollars.

    `until` is the last day of the days that the document itself gives; None: it gives none.
    """

    walk_away: bool | None = combine("any")
    charge: Decimal | None = combine("lowest")
    until: date | None = combine("longest")


def walk_away_charge(
    profile: Profile,
    *,
    cancelled_on: date,
    usage_to_date: Decimal,
    installation_unpaid: Decimal,
    equipment_unpaid: Decimal,
    equipment_usable_elsewhere: bool,
    early_termination_fee: Decimal = money.ZERO,
    access_to_date: Decimal = money.ZERO,
    notice_received_on: date | None = None,
    notice_given_on: date | None = None,
    leave_notice_on: date | None = None,
    acl_consumer: bool | None = None,
    offered: bool = False,
    fixed_term: bool | None = None,
    detriment: Detriment | None = None,
    cause: ChangeCause | None = None,
    kind: Change | None = None,
    supplier_applies_generally: bool = False,
    state: State | None = None,
) -> WalkAwayTotal:
    """Return what leaving because of a change costs (VP-VAR-04, BS-VAR-06; 10.1(a), 9.1).

    The days count from `notice_received_on` or from the date on the notice, `notice_given_on`, as
    the document says; `leave_notice_on` is the day of the customer's own notice, `cancelled_on`
    the day of leaving. `offered` says that the provider offers a way out where it need not. The
    early termination fee, whatever it would be, is not charged.
    """
    acl = bool(acl_consumer)
    closed = _never_opens(profile, acl_consumer) if not offered else None
    if closed:
        return WalkAwayTotal(walk_away=False, because=(closed,))
    terms = profile.of(WalkAwayCharge)
    window = profile.of(WalkAway, acl=True)
    barred = _no_way_out(profile, window, fixed_term, detriment, cause, kind, acl)
    forced = profile.find(SupplierWide, acl=acl)
    if forced and cause == ChangeCause.SUPPLIER and supplier_applies_generally and not offered:
        barred = forced.because("the supplier makes all its resellers change")
    if barred:
        return WalkAwayTotal(walk_away=False, because=(barred,))
    told = _told_on(window, notice_received_on, notice_given_on)
    until, why = _walk_away_until(profile, window, told, state)
    acted = (leave_notice_on if window.by_notice else None) or cancelled_on
    if not told <= acted <= until:
        what = "the customer's notice" if window.by_notice else "leaving"
        step = f"{what} on {in_words(acted)} is not inside the days to leave"
        return WalkAwayTotal(walk_away=False, until=until, because=(terms.because(step), *why))
    equipment = equipment_unpaid if equipment_usable_elsewhere else money.ZERO
    fixed = equipment_usable_elsewhere or not terms.installation_if_portable
    installation = installation_unpaid if fixed else money.ZERO
    charge, steps = _still_paid(
        usage_to_date + access_to_date, installation, equipment, early_termination_fee
    )
    return WalkAwayTotal(
        walk_away=True, charge=charge, until=until, because=(terms.because(*steps), *why)
    )


def _never_opens(profile: Profile, acl_consumer: bool | None) -> Reason | None:
    """Why no change opens a way out that the provider does not offer, if none does."""
    none = profile.find(NoWayOut)
    if none:
        return none.because("nobody may leave free of charge because of a change")
    optional = profile.find(WayOutIfOffered, acl=bool(acl_consumer))
    if optional and acl_consumer is False:
        return optional.because("not a consumer under these terms, and no way out was offered")
    return None


def _told_on(window: WalkAway, received_on: date | None, given_on: date | None) -> date:
    """The day from which the days to leave count: of receipt, or the date on the notice."""
    if window.from_receipt:
        return needed("notice_received_on", received_on or given_on)
    return needed("notice_given_on", given_on or received_on)


def _still_paid(
    used: Decimal, installation: Decimal, equipment: Decimal, early_fee: Decimal
) -> tuple[Decimal, tuple[str, ...]]:
    """Return what leaving free of exit fees still costs, and the sum in words."""
    steps = (
        f"usage and access {money.in_dollars(used)}",
        f"installation {money.in_dollars(installation)}",
        f"equipment {money.in_dollars(equipment)}",
        f"instead of an early termination fee of {money.in_dollars(early_fee)}",
    )
    return money.to_cents(used + installation + equipment), steps


def leave_by_law(
    terms: Terms,
    *,
    usage_to_date: Decimal,
    installation_unpaid: Decimal,
    equipment_unpaid: Decimal,
    equipment_usable_elsewhere: bool,
    early_termination_fee: Decimal = money.ZERO,
    access_to_date: Decimal = money.ZERO,
) -> WalkAwayTotal:
    """Return what leaving costs where the law itself opens the way; it names no days (RF-TCP-24).

    What was used and what is unpaid of installation and of equipment of use elsewhere stays owed:
    none of it is a fee for leaving.
    """
    charge, steps = _still_paid(
        usage_to_date + access_to_date,
        installation_unpaid,
        equipment_unpaid if equipment_usable_elsewhere else money.ZERO,
        early_termination_fee,
    )
    return WalkAwayTotal(walk_away=True, charge=charge, because=(terms.because(*steps),))
