"""Questions about where services are used, and what calls to 000 from there rely on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from contracts.agreements.selectors import ask, binding
from contracts.catalogue.states import FIXED_VOICE, ServiceKind
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from parties.authority.selectors import local_day
from terms import rules
from terms.calendar import Channel, months_on
from terms.facts import BadFacts

from .models import ListingChange, ServiceAddress
from .states import COUNTS, OPEN_LISTING, AddressState, Gear

RUNS = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)
MONTHS_BETWEEN_CHECKS = 12  # CV-VOI-05 and VP-OTH-03 keep the address right: asked once a year.
ABOUT_A_YEAR = timedelta(days=364)
# What has a number that directories can list.
NUMBERED = (*FIXED_VOICE, ServiceKind.NUMBER_HOSTING, ServiceKind.MOBILE)

Because = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Address:
    """A street address in Australia."""

    street: str
    suburb: str
    state: str
    postcode: str

    @property
    def line(self) -> str:
        """The address in one line."""
        return f"{self.street}, {self.suburb} {self.state} {self.postcode}"


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """Whether calls to 000 from a service rely on its address, and by which clause.

    `is_supported` False: the terms say that such calls are not supported with what it is used
    with. `is_ours`: the terms say nothing, and the portal asks by a rule of its own.
    """

    relies: bool
    is_supported: bool | None = None
    is_ours: bool = False
    because: Because = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where a service is used, as a page shows it.

    `on_file` is what calls to 000 show; `asked` an address that waits to be confirmed.
    """

    on_file: str
    current: ServiceAddress | None
    asked: ServiceAddress | None
    history: list[ServiceAddress]
    emergency: Emergency


def account_address(account: Account) -> Address:
    """The address of the account: of each service that has none of its own."""
    return Address(
        street=account.street,
        suburb=account.suburb,
        state=account.state,
        postcode=account.postcode,
    )


def current_address(service: Service) -> Address:
    """The address of a service that counts: what was confirmed last, else the account's."""
    row = counting(service)
    return address_of(row) if row else account_address(service.contract.account)


def counting(service: Service) -> ServiceAddress | None:
    """The row that counts; None where nothing was ever told of the service."""
    return service.addresses.filter(stage__in=COUNTS).first()


def waiting(service: Service) -> ServiceAddress | None:
    """The address that waits to be confirmed."""
    return service.addresses.filter(stage=AddressState.ASKED).first()


def address_of(row: ServiceAddress) -> Address:
    """The address that a row holds."""
    return Address(street=row.street, suburb=row.suburb, state=row.state, postcode=row.postcode)


def emergency_of(
    service: Service, on: date, *, on_file: str, in_use: str = "", gear: str = ""
) -> Emergency:
    """What calls to 000 from a service rely on (rule address_check; CV-VOI-05, VP-OTH-03).

    Where the terms say nothing, fixed voice is asked about all the same: a rule of the portal.
    """
    kind = gear if gear in (Gear.OWN_DEVICE, Gear.SWITCHBOARD) else service.plan.kind
    if service.plan.kind not in FIXED_VOICE:
        kind = service.plan.kind
    try:
        answer = ask(
            binding(service.contract, on),
            rules.address_check,
            service=kind,
            address_on_record=on_file,
            address_in_use=in_use or on_file,
        )
    except BadFacts:
        return Emergency(relies=False)
    is_voice = service.plan.kind in FIXED_VOICE
    because = _without(answer.because, on_file, in_use)
    if answer.result is None:
        return Emergency(relies=is_voice, is_ours=is_voice, because=because)
    # A device that the document does not list makes calls all the same.
    return Emergency(
        relies=bool(answer.result.emergency_warning) or is_voice,
        is_supported=answer.result.emergency_supported,
        because=because,
    )


def _without(because: Because, on_file: str, in_use: str) -> Because:
    """The reasons without the addresses: people read them who may not know where somebody is."""

    def plain(step: str) -> str:
        named = step.replace(on_file, "the address on file")
        return named.replace(in_use, "the address that was told") if in_use else named

    return [{**one, "steps": [plain(step) for step in one["steps"]]} for one in because]


def where(service: Service, at: datetime) -> Where:
    """Where a service is used, what waits to be confirmed, and its addresses so far. One query."""
    rows = list(service.addresses.all())
    current = next((one for one in rows if one.stage in COUNTS), None)
    asked = next((one for one in rows if one.stage == AddressState.ASKED), None)
    account = service.contract.account
    on_file = current.line if current else account_address(account).line
    newest = asked or current
    return Where(
        on_file=on_file,
        current=current,
        asked=asked,
        history=[one for one in rows if one.stage == AddressState.PAST],
        emergency=emergency_of(
            service,
            local_day(account, at),
            on_file=on_file,
            in_use=asked.line if asked else on_file,
            gear=newest.gear if newest else "",
        ),
    )


def is_unconfirmed() -> Exists:
    """Whether a service's address waits to be confirmed; asked with the services themselves."""
    rows = ServiceAddress.objects.filter(service=OuterRef("pk"), stage=AddressState.ASKED)
    return Exists(rows)


def lies_in(postcodes: tuple[str, ...], suburbs: tuple[str, ...]) -> Q:
    """Which services lie there: by their own confirmed address, else by the account's."""
    own = ServiceAddress.objects.filter(service=OuterRef("pk"), stage__in=COUNTS)
    here, there = Q(postcode__in=postcodes), Q(contract__account__postcode__in=postcodes)
    for suburb in suburbs:
        here |= Q(suburb__iexact=suburb)
        there |= Q(contract__account__suburb__iexact=suburb)
    return Q(Exists(own.filter(here))) | (~Q(Exists(own)) & there)


def running_services(account: Account) -> list[Service]:
    """The account's services that run. One query."""
    rows = Service.objects.filter(contract__account=account, status__in=RUNS)
    wanted = rows.select_related("plan", "contract__account__customer__provider")
    return list(wanted.order_by("label", "pk"))


def running_voice(account: Account) -> list[Service]:
    """The account's phone services that run and whose address calls to 000 may show."""
    return [one for one in running_services(account) if one.plan.kind in FIXED_VOICE]


def to_ask_yearly(at: datetime, *, most: int) -> list[Service]:
    """Phone services whose address nobody confirmed for a year, account by account.

    Counted from the last confirmation, else from the day on which it began to work.
    """
    since = at - ABOUT_A_YEAR
    live = ServiceAddress.objects.filter(service=OuterRef("pk"))
    recent = live.filter(stage__in=COUNTS, confirmed_at__gt=since)
    rows = (
        Service.objects.filter(
            status__in=RUNS, plan__kind__in=FIXED_VOICE, activated_on__lte=since.date()
        )
        .filter(~Exists(recent), ~Exists(live.filter(stage=AddressState.ASKED)))
        .select_related("plan", "contract__account__customer__provider")
        .order_by("contract__account", "pk")
    )
    # Somewhere in Australia it may not be a year yet; each account's own day decides.
    due = (one for one in rows.iterator(chunk_size=most) if _is_year_ago(one, at))
    return list(islice(due, most))


def _is_year_ago(service: Service, at: datetime) -> bool:
    account = service.contract.account
    row = counting(service)
    confirmed_at = row.confirmed_at if row else None
    last = local_day(account, confirmed_at) if confirmed_at else service.activated_on
    return last is not None and months_on(last, MONTHS_BETWEEN_CHECKS) <= local_day(account, at)


def open_addresses(rows: QuerySet[ServiceAddress]) -> QuerySet[ServiceAddress]:
    """Those that wait: to be confirmed, or to be sent on; of services that run."""
    waits = (AddressState.ASKED, AddressState.CONFIRMED)
    return rows.filter(stage__in=waits, service__status__in=RUNS)


@dataclass(frozen=True, kw_only=True)
class Writing:
    """Whether a way to ask for another directory entry is taken, and by which clause.

    `is_silent`: the terms name no ways, and each is taken: a rule of ours.
    """

    is_taken: bool
    is_silent: bool
    because: Because


def writing_of(service: Service, channel: Channel, on: date) -> Writing:
    """Whether a request by this channel counts as writing (rule ipnd_change; CV-VOI-04)."""
    answer = ask(binding(service.contract, on), rules.ipnd_change, channel=channel)
    taken = getattr(answer.result, "accepted", None)
    return Writing(
        is_taken=taken is not False, is_silent=answer.result is None, because=answer.because
    )


def is_listed_kind(service: Service) -> bool:
    """Whether a service has a number that directories can list."""
    return service.plan.kind in NUMBERED


def listings_of(service: Service) -> list[ListingChange]:
    """The changes asked for of a service's directory entry, the newest first. One query."""
    return list(service.listings.all())


def open_listing(service: Service) -> ListingChange | None:
    """The change that is not over yet."""
    return service.listings.filter(state__in=OPEN_LISTING).first()
