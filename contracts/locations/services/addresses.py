"""An address of a service is told, confirmed, sent on for the number database, asked again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import structlog
from django.db import transaction

from contracts.locations import selectors as locations
from contracts.locations.models import ServiceAddress
from contracts.locations.selectors import RUNS, Address
from contracts.locations.states import ADDRESS, COUNTS, AddressAct, AddressState, Gear, Told
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.accounts.selectors import working_calendar, zone_of
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised
from parties.correspondence.services import tell_holder
from parties.people.models import User
from parties.security import services as security
from parties.security.models import ContactChange
from parties.security.services import require_no_pause
from records.audit.services import SYSTEM, Actor, record
from records.deadlines.services import drop_deadlines, meet_deadline, set_deadline
from records.notices.services import Link
from records.references import new_reference
from terms.calendar import in_words
from terms.facts import Action

log = structlog.get_logger(__name__)

SEND_ON = "send_address_on"
FURTHEST = timedelta(days=366)
A_SWEEP = 200
DETAILS = frozenset({"street", "suburb", "state", "postcode"})
RELIES = (
    "Calls to 000 from it show the address that you confirmed last. Help may be sent to the wrong "
    "place until you confirm the address, and such calls fail without power or internet: keep "
    "another phone at hand."
)


class LocationRefused(Exception):
    """The step does not fit the address; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where a service is used, from which day on, and with what."""

    address: Address
    used_from: date
    gear: Gear = Gear.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Who told a new address, how the audit trail names them, and by what right."""

    user: User | None
    actor: Actor
    authority: str = ""
    caller: str = ""


def tell_address(
    *,
    services: Iterable[Service],
    wish: Wish,
    by: User,
    at: datetime,
    caller: str = "",
    proof: str = "",
) -> list[ServiceAddress]:
    """Keep where services of one account are used from a day on; each has to be confirmed.

    What calls to 000 show stays as it is until then. Told twice it is once; another address
    replaces one that was not confirmed. `proof` is the identity check that was passed, `caller`
    who told staff. Raises NotAuthorised, also while high-risk steps are paused, and
    LocationRefused. (CV-VOI-05, VP-CON-13, VP-OTH-03.)
    """
    wanted = sorted(services, key=lambda one: one.pk)
    if not wanted:
        raise LocationRefused("Say which services are used there: tick one at least.")
    account = wanted[0].contract.account
    on = authority.local_day(account, at)
    if not on - FURTHEST <= wish.used_from <= on + FURTHEST:
        raise LocationRefused("Look at the day again: within a year before or after today.")
    decisions = [_require(one, by, at) for one in wanted]
    if not by.is_staff:
        require_no_pause(account, Action.CHANGE_DETAILS, at=at)
    made = []
    with transaction.atomic():
        lock_account(account.pk)
        known = {row.pk for one in wanted if (row := locations.waiting(one))}
        for service, decision in zip(wanted, decisions, strict=True):
            teller = Teller(
                user=by,
                actor=authority.with_customer(by, decision),
                authority=decision.authority,
                caller=caller,
            )
            made.append(_ask(service, wish, Told.CUSTOMER, teller, at, proof=proof))
        if any(one.pk not in known for one in made):
            _tell_asked(account, made, at)
    return made


def confirm_address(
    *, service: Service, by: User, at: datetime, caller: str = ""
) -> ServiceAddress:
    """Confirm the address that was told: from now on it is the one on file.

    A phone service's new address is to be sent on for the number database by the end of the next
    working day. Confirmed twice it is once. Raises NotAuthorised, and LocationRefused where
    nothing waits, or before the day from which it is used there.
    """
    decision = _require(service, by, at)
    account = service.contract.account
    on = authority.local_day(account, at)
    with transaction.atomic():
        lock_account(account.pk)
        row = locations.waiting(service)
        if row is None:
            known = locations.counting(service)
            if known is not None and known.confirmed_at is not None:
                return known
            raise LocationRefused("No new address waits to be confirmed. Tell us one first.")
        if row.used_from > on:
            raise LocationRefused(
                f"It is used there from {in_words(row.used_from)}. Confirm it on that day: until "
                "then calls to 000 have to show where it still is."
            )
        _confirm(row, by, at)
        actor = authority.with_customer(by, decision)
        _note(row, "confirm_service_address", at, actor, why=caller)
        _tell_confirmed(row, account, at)
    return row


def confirm_same(*, service: Service, by: User, at: datetime, caller: str = "") -> ServiceAddress:
    """Say that a service is still where it was: the address on file stays, what was told goes.

    Raises as `confirm_address`.
    """
    with transaction.atomic():
        lock_account(service.contract.account.pk)
        row, address = locations.waiting(service), locations.current_address(service)
        if row is not None and locations.address_of(row) != address:
            decision = _require(service, by, at)
            teller = Teller(
                user=by,
                actor=authority.with_customer(by, decision),
                authority=decision.authority,
                caller=caller,
            )
            wish = Wish(
                address=address,
                used_from=authority.local_day(service.contract.account, at),
                gear=Gear(row.gear),
            )
            _ask(service, wish, Told.CUSTOMER, teller, at)
        return confirm_address(service=service, by=by, at=at, caller=caller)


def send_on(*, address: ServiceAddress, sent_as: str, by: User, at: datetime) -> ServiceAddress:
    """Note that a confirmed address was sent on for the number database (VP-PRV-16, GL-PRIV-03).

    `sent_as` is how it can be found there. Noted twice it is once. Raises NotAuthorised,
    IllegalStep.
    """
    decision = _require(address.service, by, at)
    if not by.is_staff:
        raise NotAuthorised(decision, Action.CHANGE_DETAILS)
    with transaction.atomic():
        lock_account(address.service.contract.account.pk)
        row = ServiceAddress.objects.select_for_update().get(pk=address.pk)
        if row.sent_on_at is not None:
            return row
        _step(row, AddressAct.SEND)
        row.sent_on_at, row.sent_on_by, row.sent_as = at, by, sent_as
        row.save()
        meet_deadline(subject=row.reference, duty=SEND_ON, at=at)
        actor = authority.with_customer(by, decision)
        _note(row, "send_on_address", at, actor, why=sent_as)
    return row


def ask_after_move(
    *, services: Iterable[Service], address: Address, used_from: date, at: datetime
) -> list[ServiceAddress]:
    """Ask whether phone services moved along with what we moved, in the transaction of the move.

    Their holder is told once; each answers for itself, here or still at the old place.
    """
    rows = [_ask_for_us(one, address, used_from, Told.MOVE, at) for one in services]
    if rows:
        _tell_asked(rows[0].service.contract.account, rows, at)
    return rows


def settle_moved(
    *, service: Service, address: Address, used_from: date, by: User, at: datetime
) -> ServiceAddress:
    """Put the address on file of a service that we moved there and that no call to 000 shows."""
    row = _ask_for_us(service, address, used_from, Told.MOVE, at)
    _confirm(row, by, at)
    return row


def change_contact(
    *, account: Account, by: User, at: datetime, details: dict[str, str], **how: Any
) -> ContactChange | None:
    """Change contact details; with another address each phone service is asked about.

    Those with an address of their own, or that already wait, stay as they are. `how` and what is
    raised are those of `parties.security.services.change_contact`. (VP-CON-13.)
    """
    with transaction.atomic():
        before = locations.account_address(account)
        change = security.change_contact(account=account, by=by, at=at, details=details, **how)
        if change is None or not DETAILS & change.after.keys():
            return change
        account.refresh_from_db()
        address, on = locations.account_address(account), authority.local_day(account, at)
        rows = []
        for service in locations.running_voice(account):
            if service.addresses.filter(stage__in=[*COUNTS, AddressState.ASKED]).exists():
                continue
            _keep_first(service, before, at)
            rows.append(_ask_for_us(service, address, on, Told.DETAILS, at))
        if rows:
            _tell_asked(account, rows, at)
    return change


def ask_yearly(*, at: datetime) -> int:
    """Ask those whose address nobody confirmed for a year; returns how many services.

    One that can't be asked is tried again by the next sweep and stops no other. (CV-VOI-05.)
    """
    many = 0
    due = groupby(locations.to_ask_yearly(at, most=A_SWEEP), key=lambda one: one.contract.account)
    for account, services in due:
        try:
            with transaction.atomic():
                lock_account(account.pk)
                rows = [_ask_again(one, at) for one in services if not locations.waiting(one)]
                if rows:
                    _tell_asked(account, rows, at)
                many += len(rows)
        except Exception:
            log.exception("address_question_failed", account=account.number)
    return many


def ask_for_order(
    service: Service, address: Address, used_from: date, at: datetime
) -> ServiceAddress:
    """Ask about an address that changed between an order and the day on which it works."""
    row = _ask_for_us(service, address, used_from, Told.ORDER, at)
    _tell_asked(service.contract.account, [row], at)
    return row


def _ask_again(service: Service, at: datetime) -> ServiceAddress:
    on = authority.local_day(service.contract.account, at)
    address = locations.current_address(service)
    return _ask_for_us(service, address, on, Told.YEARLY, at)


def _ask_for_us(
    service: Service, address: Address, used_from: date, told: Told, at: datetime
) -> ServiceAddress:
    known = locations.counting(service)
    gear = Gear(known.gear) if known else Gear.UNKNOWN
    wish = Wish(address=address, used_from=used_from, gear=gear)
    return _ask(service, wish, told, Teller(user=None, actor=SYSTEM), at)


def _ask(
    service: Service, wish: Wish, told: Told, teller: Teller, at: datetime, *, proof: str = ""
) -> ServiceAddress:
    """Keep an address that waits to be confirmed, once; one that waited before is dropped."""
    if service.status not in RUNS:
        raise LocationRefused(f"{service.label} does not run: it has no address to change.")
    row = locations.waiting(service)
    if row is not None:
        if (locations.address_of(row), row.used_from, row.gear) == (
            wish.address,
            wish.used_from,
            wish.gear,
        ):
            return row
        _step(row, AddressAct.DROP)
        row.ended_at = at
        row.save(update_fields=["stage", "ended_at"])
    on_file = _keep_first(service, locations.current_address(service), at)
    emergency = locations.emergency_of(
        service,
        authority.local_day(service.contract.account, at),
        on_file=on_file.line,
        in_use=wish.address.line,
        gear=wish.gear,
    )
    made = ServiceAddress.objects.create(
        reference=new_reference("A"),
        service=service,
        **asdict(wish.address),
        used_from=wish.used_from,
        gear=wish.gear,
        told=told,
        told_at=at,
        told_by=teller.user,
        authority=teller.authority,
        caller=teller.caller,
        because=emergency.because,
    )
    _note(made, "tell_service_address", at, teller.actor, why=teller.caller, identity_check=proof)
    return made


def _keep_first(service: Service, address: Address, at: datetime) -> ServiceAddress:
    """The row that counts; the first is what the account had until now."""
    known = locations.counting(service)
    if known is not None:
        return known
    return ServiceAddress.objects.create(
        reference=new_reference("A"),
        service=service,
        **asdict(address),
        used_from=service.activated_on or authority.local_day(service.contract.account, at),
        told=Told.ACCOUNT,
        told_at=at,
        stage=AddressState.ON_FILE,
    )


def _confirm(row: ServiceAddress, by: User, at: datetime) -> None:
    """Let an address count, and the one before be history."""
    account = row.service.contract.account
    on = authority.local_day(account, at)
    before = _keep_first(row.service, locations.current_address(row.service), at)
    emergency = locations.emergency_of(row.service, on, on_file=before.line, gear=row.gear)
    is_unsent = before.stage == AddressState.CONFIRMED
    goes_on = emergency.relies and (row.line != before.line or is_unsent)
    if is_unsent:
        drop_deadlines(subject=before.reference, at=at)
    _step(before, AddressAct.REPLACE)
    before.ended_at = at
    before.save(update_fields=["stage", "ended_at"])
    _step(row, AddressAct.CONFIRM if goes_on else AddressAct.KEEP)
    row.confirmed_at, row.confirmed_by = at, by
    row.save()
    if goes_on:
        set_deadline(
            account_id=account.pk,
            subject=row.reference,
            duty=SEND_ON,
            title=f"Send the address {row.reference} on for the number database",
            due_on=working_calendar(account, on).count(on, 1).day,
            remind_on=on,
            zone=str(zone_of(account)),
            at=at,
            because=row.because,
            about="service address",
        )


def _step(row: ServiceAddress, act: AddressAct) -> None:
    row.stage = ADDRESS.after(AddressState(row.stage), act)


def _require(service: Service, by: User, at: datetime) -> authority.Decision:
    account = service.contract.account
    on = authority.local_day(account, at)
    return authority.require(
        by, Action.CHANGE_DETAILS, account, on=on, at=at, service=str(service.public_id)
    )


def _note(
    row: ServiceAddress, action: str, at: datetime, actor: Actor, *, why: str = "", **after: str
) -> None:
    """Record it without the address: where somebody lives is read on the row alone."""
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.reference,
        reason=why[:250],
        after={
            "service": row.service.label,
            "state": AddressState(row.stage).label,
            **{name: value for name, value in after.items() if value},
        },
        because=row.because,
    )


def _tell_asked(account: Account, rows: list[ServiceAddress], at: datetime) -> None:
    """Ask for a confirmation at once; the letter names no address."""
    first = rows[0]
    names = ", ".join(one.service.label for one in rows)
    if first.told == Told.YEARLY:
        headline = f"Is the address of {names} still right?"
        body = f"We ask once a year. {RELIES} It takes one click."
    elif first.told == Told.CUSTOMER:
        headline = f"Confirm the new address of {names}"
        body = f"We have the address that you told us. {RELIES}"
    else:
        headline = f"Has {names} moved, too?"
        body = f"Your address has changed. {RELIES} Say whether it is used at the new address."
    _write(account, first, headline, body, at)


def _tell_confirmed(row: ServiceAddress, account: Account, at: datetime) -> None:
    sent = (
        " We send it on for the national number database, which emergency services use."
        if row.stage == AddressState.CONFIRMED
        else ""
    )
    headline = f"The address of {row.service.label} is confirmed"
    _write(account, row, headline, f"It is on file from now on.{sent}", at)


def _write(account: Account, row: ServiceAddress, headline: str, body: str, at: datetime) -> None:
    tell_holder(
        account,
        at=at,
        headline=headline,
        body=body,
        link=Link("service-address", str(row.service.public_id)),
        label="See the address",
        belongs_to=row.reference,
        because=row.because,
    )
