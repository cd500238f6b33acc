"""Running a service: repair, maintenance, permitted use, limits, sites and extra work."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from terms import money
from terms.calendar import Calendar, State, in_words
from terms.clause import Reason, Terms, shape
from terms.facts import missing
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Listed, Service, Use, Word

ONE_DAY = timedelta(days=1)


@shape("fault_repair")
class FaultRepair(Terms):
    """Faults are repaired free from `opens` to `closes` local time, every day, both inside.

    Not so where the customer's side caused them.
    """

    opens: time
    closes: time


@shape("fault_repair.estimate")
class RepairEstimate(Terms):
    """What is not covered may be charged once an estimate was agreed."""


@dataclass(frozen=True, kw_only=True)
class Repair(Result):
    """Whether a repair is covered, and whether it may be charged."""

    covered: bool | None = combine("any")
    may_charge: bool | None = combine("all")


def fault_repair(
    profile: Profile,
    *,
    caused_by_customer: bool,
    work_at: datetime,
    estimate_agreed: bool,
    supplied_from: State | None = None,
    state: State | None = None,
) -> Repair:
    """Return whether a repair is covered (GL-CARE-04, GL-BILL-11).

    The hours are those of the state *from* which the service is supplied: the provider's own
    unless `supplied_from` names another. `state`, the customer's, does not count.
    """
    terms, estimate = profile.of(FaultRepair), profile.of(RepairEstimate)
    zone = profile.calendar(supplied_from).zone
    clock = work_at.astimezone(zone).time()
    in_hours = terms.opens <= clock <= terms.closes
    covered = in_hours and not caused_by_customer
    steps = (
        f"worked at {clock:%H:%M} where the service comes from, repair hours are "
        f"{terms.opens:%H:%M} to {terms.closes:%H:%M}",
        f"caused by the customer's side: {'yes' if caused_by_customer else 'no'}",
    )
    if covered:
        return Repair(covered=True, may_charge=False, because=(terms.because(*steps),))
    agreed = estimate.because(f"an estimate was {'' if estimate_agreed else 'not '}agreed")
    return Repair(
        covered=False, may_charge=estimate_agreed, because=(terms.because(*steps), agreed)
    )


@shape("maintenance_window.notice")
class MaintenanceNotice(Terms):
    """Whole calendar days that stand between the notice and planned work."""

    whole_days: int


@shape("maintenance_window.quiet")
class QuietHours(Terms):
    """No planned work between these hours, any day, unless agreed first."""

    starts: time
    ends: time


@shape("maintenance_window.urgent")
class UrgentWork(Terms):
    """Urgent repair needs neither notice nor quiet hours."""


@dataclass(frozen=True, kw_only=True)
class Window(Result):
    """Whether work may go ahead then."""

    allowed: bool | None = combine("all")


def maintenance_window(
    profile: Profile,
    *,
    starts_at: datetime,
    ends_at: datetime,
    notice_received_at: datetime | None = None,
    agreed: bool = False,
    urgent: bool = False,
    state: State | None = None,
) -> Window:
    """Return whether work on the network may go ahead (GL-CARE-01 to GL-CARE-03)."""
    notice, quiet = profile.of(MaintenanceNotice), profile.of(QuietHours)
    calendar = profile.calendar(state)
    if urgent:
        work = profile.of(UrgentWork)
        return Window(allowed=True, because=(work.because("the work is urgent"),))
    told, why_told = _told_in_time(notice, calendar, notice_received_at, starts_at)
    clear = agreed or not _overlaps(quiet, calendar, starts_at, ends_at)
    hours = f"{quiet.starts:%H:%M} to {quiet.ends:%H:%M}"
    if agreed:
        step = f"work between {hours} was agreed first"
    else:
        step = f"the work is {'' if clear else 'not '}clear of {hours}"
    return Window(allowed=told and clear, because=(why_told, quiet.because(step)))


def _told_in_time(
    terms: MaintenanceNotice, calendar: Calendar, told_at: datetime | None, starts_at: datetime
) -> tuple[bool, Reason]:
    if told_at is None:
        return False, terms.because("no notice was given")
    told, starts = calendar.day_of(told_at), calendar.day_of(starts_at)
    between = (starts - told).days - 1
    step = f"told on {in_words(told)}, starts on {in_words(starts)}: {max(between, 0)} between"
    return between >= terms.whole_days, terms.because(step)


def _overlaps(
    quiet: QuietHours, calendar: Calendar, starts_at: datetime, ends_at: datetime
) -> bool:
    day, last = calendar.day_of(starts_at), calendar.day_of(ends_at)
    while day <= last:
        opens, closes = calendar.at(day, quiet.starts), calendar.at(day, quiet.ends)
        if starts_at < closes and ends_at > opens:
            return True
        day += ONE_DAY
    return False


@shape("recording_retention")
class RecordingRetention(Terms):
    """Calendar days for which recordings are kept unless they are archived."""

    days: int


@dataclass(frozen=True, kw_only=True)
class Kept(Result):
    """The last day on which a recording is there; None: it is archived."""

    kept_until: date | None = combine("longest")


def recording_retention(profile: Profile, *, recorded_on: date, archived: bool = False) -> Kept:
    """Return until when a recording is kept (CV-VOI-08)."""
    terms = profile.of(RecordingRetention)
    if archived:
        return Kept(because=(terms.because("it is archived"),))
    day = recorded_on + timedelta(days=terms.days)
    step = f"day {terms.days} after {in_words(recorded_on)} is {in_words(day)}"
    return Kept(kept_until=day, because=(terms.because(step),))


@shape("permitted_use.resale")
class Resale(Terms):
    """Resale and commercial exploitation only as agreed."""

    uses: tuple[Use, ...]


@shape("permitted_use.barred")
class BarredUses(Terms):
    """Uses that are barred on every service; the list may be open to others like them."""

    uses: tuple[Use, ...]
    open: bool = False


@shape("permitted_use.services")
class ServiceUses(Terms):
    """Uses that these services are not for, and uses that work over `voice` without promise.

    `similar` are uses that the open words "or similar uses" reach as well.
    """

    not_on: tuple[Service, ...]
    not_for: tuple[Use, ...]
    voice: tuple[Service, ...]
    no_promise: tuple[Use, ...]
    similar: tuple[Use, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PermittedUse(Result):
    """Whether a use is allowed, and whether it is promised to work (None: nothing is said)."""

    allowed: bool | None = None
    guaranteed: bool | None = None


def permitted_use(
    profile: Profile, *, service: Service, use: Use, agreed: bool = False
) -> PermittedUse:
    """Return whether a service may be used so (CV-USE-02, CV-VOI-07, VP-USE-02, BS-PARTY-14).

    `allowed` is None where an open list may or may not reach the use: then it is to be asked.
    """
    resale, barred = profile.find(Resale), profile.find(BarredUses)
    uses, named = profile.find(ServiceUses), use.words
    if resale and use in resale.uses:
        step = f"{named} was {'' if agreed else 'not '}agreed"
        return PermittedUse(allowed=agreed, because=(resale.because(step),))
    if barred and use in barred.uses:
        step = f"{named} is barred{'' if not agreed else ', and yet was agreed'}"
        return PermittedUse(allowed=agreed, because=(barred.because(step),))
    if uses and (ruled := _on_service(uses, service, use)):
        return ruled
    listed: Terms = uses or barred or profile.of(Resale)
    if use == Use.VOICE:
        return PermittedUse(allowed=True, because=(listed.because("calls are its purpose"),))
    step = f"nothing rules out {named} over {service.words}"
    if barred and barred.open:
        step = f"{named} is not listed, but the list is open: ask"
        return PermittedUse(allowed=None, because=(barred.because(step),))
    if uses is None and barred is None:
        step = f"{named} is not spoken of: ask"
        return PermittedUse(allowed=None, because=(listed.because(step),))
    return PermittedUse(allowed=True, because=(listed.because(step),))


def _on_service(uses: ServiceUses, service: Service, use: Use) -> PermittedUse | None:
    """Answer for a use that the document lists for this service or its family."""
    families = set(service.families)
    named = use.words
    if families & set(uses.not_on) and use in (*uses.not_for, *uses.similar):
        like = "" if use in uses.not_for else ": it is like the uses that are listed"
        step = f"{service.words} is not for {named}{like}"
        return PermittedUse(allowed=False, because=(uses.because(step),))
    if families & set(uses.voice) and use in uses.no_promise:
        step = f"no promise for {named} over {service.words}"
        return PermittedUse(allowed=True, guaranteed=False, because=(uses.because(step),))
    return None


class Firewall(Word):
    """A kind of firewall."""

    SHARED_VIRTUAL = "shared_virtual"
    SHARED_PHYSICAL = "shared_physical"
    DEDICATED_VIRTUAL = "dedicated_virtual"
    DEDICATED_PHYSICAL = "dedicated_physical"


@shape("firewall_limits")
class FirewallLimits(Terms):
    """Most concurrent SSL VPN connections, and most tokens, by kind of firewall."""

    most: dict[Firewall, int]


@shape("firewall_limits.setup")
class VpnSetup(Terms):
    """Dollars without GST for each new SSL VPN user."""

    each: Decimal


@dataclass(frozen=True, kw_only=True)
class FirewallUse(Result):
    """Whether a firewall carries so much, and what new users cost without GST."""

    allowed: bool | None = None
    setup_ex: Decimal | None = combine("lowest")


def firewall_limits(
    profile: Profile,
    *,
    firewall: Firewall,
    concurrent_ssl_vpn: int,
    fortitokens: int,
    new_ssl_vpn_users: int = 0,
) -> FirewallUse:
    """Return whether a firewall carries so much (CV-FWL-01, CV-FWL-02)."""
    terms, setup = profile.of(FirewallLimits), profile.of(VpnSetup)
    most = terms.most.get(firewall)
    if most is not None and max(concurrent_ssl_vpn, fortitokens) > most:
        return FirewallUse(allowed=False, because=(terms.because(f"no more than {most} of each"),))
    cost = money.to_cents(new_ssl_vpn_users * setup.each)
    step = "no limit is printed" if most is None else f"no more than {most} of each"
    users = f"{new_ssl_vpn_users} new users × {money.in_dollars(setup.each)}"
    return FirewallUse(
        allowed=True, setup_ex=cost, because=(terms.because(step), setup.because(users))
    )


@shape("firewall_feature")
class FirewallFeatures(Terms):
    """The kinds of firewall that have a feature, those that all have, and what is left out.

    A feature in neither list is excluded unless the provider agrees to it.
    """

    only_on: dict[str, tuple[Firewall, ...]]
    on_all: tuple[str, ...] = ()


@shape("firewall_feature.included")
class IncludedFeatures(Terms):
    """The kinds of firewall whose price holds a feature already."""

    included: dict[str, tuple[Firewall, ...]]


@dataclass(frozen=True, kw_only=True)
class Feature(Result):
    """Whether a feature is available, and whether the firewall's price holds it already."""

    available: bool | None = None
    included: bool | None = None


def firewall_feature(
    profile: Profile, *, firewall: Firewall, feature: Listed, agreed: bool = False
) -> Feature:
    """Return whether a kind of firewall has a feature (CV-FWL-03, CV-FWL-05)."""
    terms = profile.of(FirewallFeatures)
    kinds = terms.only_on.get(feature)
    named = feature.replace("_", " ")
    if kinds is None and feature not in terms.on_all:
        step = f"{named} is not listed, so it is excluded unless agreed"
        step = f"{step}: it was {'' if agreed else 'not '}agreed"
        return Feature(available=agreed, because=(terms.because(step),))
    if kinds is None:
        return Feature(available=True, because=(terms.because(f"{named} is on any kind"),))
    step = f"{named} is on {', '.join(each.replace('_', ' ') for each in kinds)}"
    answer = Feature(available=firewall in kinds, because=(terms.because(step),))
    priced = profile.find(IncludedFeatures)
    if priced is None or feature not in priced.included or not answer.available:
        return answer
    included = firewall in priced.included[feature]
    step = "in the price of this firewall" if included else "an option, at a price of its own"
    return replace(answer, included=included, because=(*answer.because, priced.because(step)))


@shape("colo_access")
class ColoAccess(Terms):
    """Entry with background check and induction, or escorted by somebody inducted and booked."""


@dataclass(frozen=True, kw_only=True)
class Entry(Result):
    """Whether somebody may enter."""

    allowed: bool | None = None


def colo_access(
    profile: Profile,
    *,
    inducted: bool,
    background_checked: bool,
    escorted_by_inducted: bool,
    prebooked: bool,
) -> Entry:
    """Return whether somebody may enter the site (CV-COL-01)."""
    terms = profile.of(ColoAccess)
    own, escorted = inducted and background_checked, escorted_by_inducted and prebooked
    if own:
        step = "checked and inducted"
    elif escorted:
        step = "escorted by somebody inducted, and booked ahead"
    else:
        step = "neither checked and inducted, nor escorted and booked ahead"
    return Entry(allowed=own or escorted, because=(terms.because(step),))


@shape("onsite_area")
class OnsiteArea(Terms):
    """Visits are made in these cities, and so many kilometres beyond without travel costs."""

    metros: tuple[str, ...]
    km: Decimal


@dataclass(frozen=True, kw_only=True)
class Travel(Result):
    """Whether travel may cost more."""

    travel_fee_possible: bool | None = None


def onsite_area(profile: Profile, *, nearest_metro: Listed, km_outside: Decimal) -> Travel:
    """Return whether travel to a site may cost more (CV-FEE-08)."""
    terms = profile.of(OnsiteArea)
    inside = nearest_metro in terms.metros and km_outside <= terms.km
    city = nearest_metro.replace("_", " ").title()
    step = f"{km_outside} km outside {city}; beyond {terms.km} km it may"
    return Travel(travel_fee_possible=not inside, because=(terms.because(step),))


@shape("out_of_scope")
class OutOfScope(Terms):
    """Work outside the standard offer starts once priced and approved by both sides."""


@dataclass(frozen=True, kw_only=True)
class ExtraWork(Result):
    """Whether work may start."""

    may_start: bool | None = combine("all")


def out_of_scope(
    profile: Profile, *, price_given: bool, customer_approved: bool, provider_approved: bool
) -> ExtraWork:
    """Return whether work outside the standard offer may start (CV-CON-08, CV-FWL-05)."""
    terms = profile.of(OutOfScope)
    owed = missing(
        ("a price", price_given),
        ("the customer's approval", customer_approved),
        ("the provider's approval", provider_approved),
    )
    step = f"it waits for {' and '.join(owed)}" if owed else "priced and approved by both"
    return ExtraWork(may_start=not owed, because=(terms.because(step),))
