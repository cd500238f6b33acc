"""Equipment is noted, asked back when its service ends, comes back, or is charged for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from django.db import IntegrityError, transaction

from contracts.agreements.selectors import binding
from contracts.supply.models import Service
from contracts.supply.services import agree_charge
from contracts.supply.states import ChargeableKind
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised
from parties.correspondence.services import tell_holder
from parties.people.models import User
from records.audit.services import SYSTEM, Actor, record
from records.notices.services import Link
from records.sweeps import each
from terms.calendar import in_words
from terms.facts import Action
from terms.money import ZERO, in_dollars

from .models import Equipment
from .selectors import Loss, back_by, loss_of, swap_of, whose
from .states import GEAR, Basis, Broke, GearAct, Item, Place

ONE_DAY = timedelta(days=1)


class EquipmentRefused(Exception):
    """The step does not fit the piece; the message says what to do."""


def note_equipment(
    *,
    service: Service,
    item: Item,
    serial: str,
    basis: Basis,
    delivered_on: date,
    by: User,
    at: datetime,
    label: str = "",
    price: Decimal | None = None,
    paid: Decimal | None = None,
) -> Equipment:
    """Note a piece that stands at a service; its serial number is there once for each provider.

    `price` and `paid` are dollars, GST included, of what was bought. The same piece noted twice
    at the same service is one. Raises NotAuthorised, and EquipmentRefused for a number that
    stands elsewhere, a day to come, or bought equipment without its price.
    """
    account = service.contract.account
    on = authority.local_day(account, at)
    actor = _require(service, by, at)
    serial = " ".join(serial.split()).upper()
    if not serial:
        raise EquipmentRefused("Give the serial number: it stands on the piece.")
    if delivered_on > on:
        raise EquipmentRefused("That day is still to come.")
    if basis == Basis.PURCHASE and price is None:
        raise EquipmentRefused("Say what it costs: it is the customer's once that is paid.")
    known = Equipment.objects.filter(provider=service.plan.provider_id, serial=serial)
    with transaction.atomic():
        lock_account(account.pk)
        row = known.first()
        if row is None:
            try:
                with transaction.atomic():
                    row = Equipment.objects.create(
                        provider=service.plan.provider,
                        service=service,
                        item=item,
                        label=label,
                        serial=serial,
                        basis=basis,
                        price=price,
                        paid=paid,
                        delivered_on=delivered_on,
                        noted_by=by,
                        noted_at=at,
                    )
            except IntegrityError:
                # Somebody else noted it at the same moment.
                row = known.get()
            else:
                _note(row, "note_equipment", at, actor)
        if (row.service_id, row.item) != (service.pk, item):
            raise EquipmentRefused(
                f"Serial number {serial} is on record already: {row.get_item_display()}. Look at "
                "the number again."
            )
    return row


def replace_equipment(
    *, equipment: Equipment, serial: str, delivered_on: date, by: User, at: datetime
) -> Equipment:
    """Note another piece in the place of one, without charge; the old one is asked back.

    It comes as the old one came: what was bought stays bought, at the same price and as far paid.
    Where the terms print no day to bring the old one back, none is asked. Done twice it is one.
    Raises NotAuthorised, IllegalStep, and EquipmentRefused as `note_equipment` does.
    """
    with transaction.atomic():
        old, account = _locked(equipment)
        new = note_equipment(
            service=old.service,
            item=Item(old.item),
            serial=serial,
            basis=Basis(old.basis),
            delivered_on=delivered_on,
            by=by,
            at=at,
            label=old.label,
            price=old.price,
            paid=old.paid,
        )
        if new.pk == old.pk:
            raise EquipmentRefused("That is the number of the old piece: give the new one's.")
        if old.place == Place.THERE:
            on = authority.local_day(account, at)
            bound = binding(old.service.contract, on)
            old.place = GEAR.after(Place.THERE, GearAct.ASK_BACK)
            old.asked_back_on = on
            old.due_on, old.because = back_by(old, bound, delivered_on)
            old.save()
            _note(old, "ask_equipment_back", at, _require(old.service, by, at))
    return new


def ask_back_due(*, at: datetime) -> int:
    """Ask back what stands at services whose last day is over; what is the customer's stays.

    Each service is told once, with each piece and its last day. Returns how many pieces were
    asked back.
    """
    rows = (
        Equipment.objects.filter(place=Place.THERE, service__ended_on__lt=at.date() + ONE_DAY)
        .select_related("service__contract__account__customer__provider", "service__plan")
        .order_by("service", "pk")
    )
    asked = 0
    for _, group in groupby(rows, key=lambda row: row.service_id):
        asked += each([next(group)], lambda row: _ask_back(row.service, at), at=at)
    return asked


def take_back(
    *,
    equipment: Equipment,
    came_back_on: date,
    by: User,
    at: datetime,
    is_sound: bool = True,
    value: Decimal | None = None,
    caused_by: str = "other",
    why: str = "",
) -> Equipment:
    """Note that a piece came back, sound or damaged; what it cost before is set right.

    A piece that was charged as missing and comes back sound costs nothing, late or not; damaged,
    it costs what the terms say of damage. `value` is the cost of repair where they leave it to
    that. Raises NotAuthorised, IllegalStep, and EquipmentRefused for a day to come.
    """
    actor = _require(equipment.service, by, at)
    with transaction.atomic():
        row, account = _locked(equipment)
        on = authority.local_day(account, at)
        if came_back_on > on:
            raise EquipmentRefused("That day is still to come.")
        act = GearAct.TAKE_BACK if is_sound else GearAct.TAKE_BACK_DAMAGED
        late = (came_back_on - row.due_on).days if row.due_on else 0
        row.place = GEAR.after(Place(row.place), act)
        row.came_back_on = came_back_on
        loss = loss_of(
            row,
            binding(row.service.contract, on),
            condition="sound" if is_sound else "damaged",
            value=value,
            caused_by=caused_by,
            days_late=max(late, 0),
        )
        _settle(row, loss, on=came_back_on, at=at)
        row.save()
        _note(row, "take_back_equipment", at, actor, why=why)
        _tell(row, account, at)
    return row


def swap_handset(
    *,
    equipment: Equipment,
    serial: str,
    delivered_on: date,
    cause: Broke,
    by: User,
    at: datetime,
    why: str = "",
) -> Equipment:
    """Swap a rented handset that does not work: a fault is free, what was broken costs its price.

    The old one is asked back; what it costs then is less what was charged here. Done twice it is
    one. Raises NotAuthorised, IllegalStep, and EquipmentRefused as `note_equipment` does, or where
    the terms promise no swap. (CV-EQP-06.)
    """
    with transaction.atomic():
        old, account = _locked(equipment)
        on = authority.local_day(account, at)
        cost = swap_of(old, binding(old.service.contract, on), cause)
        if cost is None:
            raise EquipmentRefused(
                "The terms promise no swap of it: note that it came back, or that it is lost."
            )
        is_again = Equipment.objects.filter(
            service=old.service, serial=serial.strip(), delivered_on=delivered_on
        ).exists()
        new = replace_equipment(
            equipment=old, serial=serial, delivered_on=delivered_on, by=by, at=at
        )
        if is_again:
            return new
        row, account = _locked(old)
        if cost.amount:
            _settle(row, cost, on=on, at=at)
            row.save()
        _note(row, "swap_handset", at, _require(row.service, by, at), why=why)
        _tell_swapped(row, new, cost, account, at)
    return new


def charge_missing(
    *,
    equipment: Equipment,
    by: User,
    at: datetime,
    value: Decimal | None = None,
    caused_by: str = "other",
    why: str = "",
) -> Equipment:
    """Note that a piece is lost, or did not come back by its day, and charge what the terms say.

    `value` is its fair value where they leave the price to that. Raises NotAuthorised,
    IllegalStep, and EquipmentRefused before its day, or where nothing prices it.
    """
    actor = _require(equipment.service, by, at)
    with transaction.atomic():
        row, account = _locked(equipment)
        on = authority.local_day(account, at)
        if row.place == Place.DUE and row.due_on is not None and on <= row.due_on:
            raise EquipmentRefused(f"It can still come back until {in_words(row.due_on)}.")
        row.place = GEAR.after(Place(row.place), GearAct.MISS)
        loss = loss_of(
            row,
            binding(row.service.contract, on),
            condition="missing",
            value=value,
            caused_by=caused_by,
        )
        _settle(row, loss, on=on, at=at)
        row.save()
        _note(row, "charge_equipment", at, actor, why=why)
        _tell(row, account, at)
    return row


def printed_prices(row: Equipment) -> dict[str, Decimal | None]:
    """What the terms print for a piece that is missing, and one that is damaged, GST included."""
    bound = binding(row.service.contract, row.service.ended_on or row.delivered_on)
    return {name: loss_of(row, bound, condition=name).amount for name in ("missing", "damaged")}


def _ask_back(service: Service, at: datetime) -> int:
    """Ask back the pieces of one service, in one letter."""
    account = lock_account(service.contract.account.pk)
    today = authority.local_day(account, at)
    ended = service.ended_on
    if ended is None or today <= ended:
        return 0
    bound = binding(service.contract, ended)
    asked = []
    for row in Equipment.objects.select_for_update().filter(service=service, place=Place.THERE):
        row.service = service
        is_customers, because = whose(row, service, bound, ended)
        if is_customers:
            row.place, row.because = GEAR.after(Place.THERE, GearAct.LEAVE), because
        else:
            row.place = GEAR.after(Place.THERE, GearAct.ASK_BACK)
            row.asked_back_on = today
            row.due_on, why = back_by(row, bound, ended)
            row.because = [*because, *why]
            asked.append(row)
        row.save()
        _note(row, "ask_equipment_back" if not is_customers else "leave_equipment", at, SYSTEM)
    if asked:
        _tell_to_bring(service, asked, account, at)
    return len(asked)


def _settle(row: Equipment, loss: Loss, *, on: date, at: datetime) -> None:
    """Let the next bill carry what a piece costs now, less what it was charged before."""
    if loss.amount is None:
        raise EquipmentRefused(
            "Your terms print no price for it: give its fair value, or what repairing it costs."
        )
    before = row.charged or ZERO
    row.because = loss.because
    if loss.amount == before:
        return
    row.times_charged += 1
    agree_charge(
        service=row.service,
        kind=ChargeableKind.ONE_OFF,
        source=f"{row.public_id}:{row.times_charged}",
        description=f"{row}: {Place(row.place).label.lower()}"[:200],
        amount=loss.amount - before,
        incurred_on=on,
        at=at,
        because=loss.because,
    )
    row.charged = loss.amount


def _tell_to_bring(
    service: Service, rows: list[Equipment], account: Account, at: datetime
) -> None:
    named = "; ".join(
        f"{row}, by {in_words(row.due_on)}" if row.due_on else f"{row}, without delay"
        for row in rows
    )
    tell_holder(
        account,
        at=at,
        headline=f"Please send back our equipment of {service.label}",
        body=f"The service has ended, and this is ours: {named}. Pack it well, with its cables, "
        "and write your account number on it. What comes back sound costs nothing.",
        link=Link("service", str(service.public_id)),
        label="See the list",
        belongs_to=str(service.public_id),
        because=[reason for row in rows[:1] for reason in row.because],
    )


def _tell(row: Equipment, account: Account, at: datetime) -> None:
    """Tell what a piece costs in the end."""
    charged = row.charged or ZERO
    sums = f"It costs {in_dollars(charged)}, GST included" if charged else "It costs nothing"
    words = {
        Place.BACK: "came back sound. Thank you.",
        Place.DAMAGED: "came back damaged.",
        Place.MISSING: "is missing. If it comes back sound, that is taken back.",
    }[Place(row.place)]
    tell_holder(
        account,
        at=at,
        headline=f"{row}: {Place(row.place).label.lower()}",
        body=f"The {row} {words} {sums}; your next bill follows it.",
        link=Link("service", str(row.service.public_id)),
        label="Open the service",
        belongs_to=str(row.public_id),
        because=row.because,
    )


def _tell_swapped(
    old: Equipment, new: Equipment, cost: Loss, account: Account, at: datetime
) -> None:
    """Tell which handset comes for another, what that costs, and that the old one goes back."""
    sums = (
        f"It was broken, so it costs {in_dollars(cost.amount)}, GST included, on your next bill."
        if cost.amount
        else "That costs nothing."
    )
    by_when = f" by {in_words(old.due_on)}" if old.due_on else ""
    tell_holder(
        account,
        at=at,
        headline=f"Your {new.get_item_display()} is swapped",
        body=f"{new.serial} comes in the place of {old.serial}. {sums} Please send the old one "
        f"back{by_when}.",
        link=Link("service", str(old.service.public_id)),
        label="Open the service",
        belongs_to=str(old.public_id),
        because=cost.because,
    )


def _require(service: Service, by: User, at: datetime) -> Actor:
    """Who notes something about equipment: staff alone. Raises NotAuthorised."""
    account = service.contract.account
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    if not by.is_staff:
        raise NotAuthorised(decision, Action.OPEN_SERVICE)
    return authority.with_customer(by, decision)


def _locked(equipment: Equipment) -> tuple[Equipment, Account]:
    account = lock_account(equipment.service.contract.account.pk)
    row = (
        Equipment.objects.select_for_update(of=("self",))
        .select_related("service__contract", "service__plan")
        .get(pk=equipment.pk)
    )
    row.service.contract.account = account
    return row, account


def _note(row: Equipment, action: str, at: datetime, actor: Actor, *, why: str = "") -> None:
    record(
        account_id=row.service.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=str(row),
        reason=why,
        after={
            "place": Place(row.place).label,
            "back_by": row.due_on.isoformat() if row.due_on else "",
            "amount": str(row.charged or ZERO),
        },
        because=row.because,
    )
