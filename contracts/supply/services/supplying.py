"""What happens to a service: it starts, changes, stands still, comes back, ends."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from contracts.agreements.selectors import ask, binding
from contracts.catalogue.models import Plan
from contracts.catalogue.selectors import list_price
from contracts.supply.models import Chargeable, Service, SupplyPeriod
from contracts.supply.states import (
    CAUSED_BY_CUSTOMER,
    LIFECYCLE,
    ChargeableKind,
    ServiceAct,
    ServiceStatus,
    SuspensionCause,
)
from parties.authority.selectors import local_day
from records.audit.services import SYSTEM, Actor, record
from terms import rules
from terms.facts import BadFacts

from .starting import charged_since, started_on

ONE_DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


class SupplyRefused(Exception):
    """The step does not fit the days on record; the message says what to do."""


def start_supply(
    *,
    service: Service,
    activated_on: date,
    at: datetime,
    unit_fee: Decimal | None = None,
    price_basis: str = "",
    provisioned_on: date | None = None,
    actor: Actor = SYSTEM,
    why: str = "",
) -> Service:
    """Note that an ordered service works since a day.

    It starts on that day, or once its customer was told or used it first, where the terms count so
    (`service_start`; BS-CON-03, VP-CON-04). It is charged from the day that the terms name: where
    they speak (`billing_start`), the day on which it was set up (`provisioned_on`), connected, or
    the customer was told that it is ready; else the day on which it works. The price is that of
    the list on the day of the contract, whatever it is now, unless another was agreed, `unit_fee`
    dollars per unit and month.
    Raises IllegalStep if it runs already, SupplyRefused if the day lies before the contract.
    """
    with transaction.atomic():
        row = _locked(service)
        row.status = LIFECYCLE.after(ServiceStatus(row.status), ServiceAct.ACTIVATE)
        row.activated_on, because = started_on(row, activated_on)
        row.save(update_fields=["status", "activated_on"])
        starts_on = charged_since(row, activated_on, provisioned_on)
        SupplyPeriod.objects.create(
            service=row,
            plan=row.plan,
            quantity=row.quantity,
            unit_fee=_ordered_at(row) if unit_fee is None else unit_fee,
            price_basis=price_basis,
            starts_on=starts_on,
            noted_at=at,
        )
        days = {"since": row.activated_on.isoformat(), "from": starts_on.isoformat()}
        _note(row, "activate_service", at, actor, why=why, after=days, because=because)
    return row


def change_supply(
    *,
    service: Service,
    on: date,
    at: datetime,
    plan: Plan | None = None,
    quantity: int | None = None,
    unit_fee: Decimal | None = None,
    actor: Actor = SYSTEM,
    why: str = "",
) -> Service:
    """Supply something else from a day on: another plan, more or fewer, another price.

    Days that were billed already are set right by the next bill. Raises SupplyRefused for a day
    outside the days of supply, or a quantity below one.
    """
    if quantity is not None and quantity < 1:
        raise SupplyRefused("The quantity is at least 1; to have none, end the service.")
    with transaction.atomic():
        row = _locked(service)
        facts: dict[str, Any] = {}
        if plan is not None:
            facts |= {"plan": plan, "unit_fee": plan.monthly_fee}
            row.plan = plan
        if quantity is not None:
            facts["quantity"] = row.quantity = quantity
        if unit_fee is not None:
            facts["unit_fee"] = unit_fee
        _change_from(row, on, at, **facts)
        row.save(update_fields=["plan", "quantity"])
        _note(
            row,
            "change_supply",
            at,
            actor,
            why=why,
            after={name: str(value) for name, value in facts.items()} | {"from": on.isoformat()},
        )
    return row


def adjust_supply(
    *,
    service: Service,
    on: date,
    at: datetime,
    quantity: int | None = None,
    unit_fee: Decimal | None = None,
    actor: Actor = SYSTEM,
    why: str = "",
) -> Service:
    """Let staff supply more or fewer of the same from a day on, or at a lower price.

    Raises SupplyRefused for a higher price on any day: a customer is told of that first, by a
    change of price; and as `change_supply` does.
    """
    if unit_fee is not None:
        meant = service.periods.exclude(ends_on__lt=on)
        if any(unit_fee > period.unit_fee for period in meant):
            raise SupplyRefused(
                "A higher price has to be told first: draft a new price for this service."
            )
    return change_supply(
        service=service, on=on, at=at, quantity=quantity, unit_fee=unit_fee, actor=actor, why=why
    )


def change_price(
    *,
    service: Service,
    on: date,
    before: Decimal,
    after: Decimal,
    at: datetime,
    actor: Actor = SYSTEM,
    why: str = "",
) -> bool:
    """Let a unit cost another price from a day on, in the basis of its price now.

    Only days that cost `before` change, up to the next day on which another plan or price is
    planned already: that one was told as it is. Returns whether any did; a service that ends
    before the day keeps its price.
    """
    with transaction.atomic():
        row = _locked(service)
        periods = list(row.periods.order_by("starts_on"))
        meant = [one for one in periods if one.ends_on is None or one.ends_on >= on]
        run: list[SupplyPeriod] = []
        for one in meant:
            if one.unit_fee != before or (run and one.plan_id != run[0].plan_id):
                break
            run.append(one)
        if not run:
            return False
        until = run[-1].ends_on
        _change_from(row, on, at, until=until, unit_fee=after)
        _note(
            row,
            "change_price",
            at,
            actor,
            why=why,
            after={"from": on.isoformat(), "price": f"{after:f}", "instead_of": f"{before:f}"},
        )
    return True


def suspend_supply(
    *,
    service: Service,
    cause: SuspensionCause,
    since: datetime,
    at: datetime,
    actor: Actor = SYSTEM,
    why: str = "",
) -> Service:
    """Note that a service stands still since an instant, and why. Raises IllegalStep."""
    with transaction.atomic():
        row = _locked(service)
        row.status = LIFECYCLE.after(ServiceStatus(row.status), ServiceAct.SUSPEND)
        row.save(update_fields=["status"])
        first = local_day(row.contract.account, since)
        _change_from(row, first, at, suspended=cause)
        _note(row, "suspend_service", at, actor, why=why, after={"cause": cause.value})
    return row


def recast_suspension(
    *, service: Service, cause: SuspensionCause, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> Service:
    """Say that a service stands still for another cause than was noted, from its first day on.

    Charges and the fee for coming back follow the right cause. Raises SupplyRefused where it does
    not stand still.
    """
    with transaction.atomic():
        row = _locked(service)
        period = row.periods.exclude(suspended="").filter(ends_on__isnull=True).first()
        if period is None:
            raise SupplyRefused("This service does not stand still.")
        before = period.suspended
        period.suspended = cause
        period.save(update_fields=["suspended"])
        _recheck(row, period.starts_on)
        row.save(update_fields=["recheck_from"])
        _note(
            row,
            "recast_suspension",
            at,
            actor,
            why=why,
            after={"from": before, "to": cause.value},
        )
    return row


def restore_supply(
    *, service: Service, since: datetime, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> Service:
    """Note that a service works again since an instant; the day counts as one without service.

    What the terms charge for coming back stands on the next bill. Raises IllegalStep.
    """
    with transaction.atomic():
        row = _locked(service)
        row.status = LIFECYCLE.after(ServiceStatus(row.status), ServiceAct.RESTORE)
        row.save(update_fields=["status"])
        last = local_day(row.contract.account, since - INSTANT)
        standing = row.periods.filter(starts_on__lte=last).order_by("-starts_on").first()
        cause = SuspensionCause(standing.suspended) if standing and standing.suspended else None
        _change_from(row, last + ONE_DAY, at, suspended="")
        _note(
            row,
            "restore_service",
            at,
            actor,
            why=why,
            after={"from": (last + ONE_DAY).isoformat()},
        )
        if cause is not None and standing is not None:
            _charge_for_return(row, cause, standing, last, at)
    return row


def await_return(
    *, service: Service, since: datetime, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> Service:
    """Note that a service may work again since an instant, and the network has yet to let it.

    What it stood still for ends with that day: from the next on it stands still for our own cause,
    and what the terms charge for coming back stands on the next bill. Again it changes nothing.
    Raises SupplyRefused where it does not stand still.
    """
    with transaction.atomic():
        row = _locked(service)
        standing = row.periods.exclude(suspended="").filter(ends_on__isnull=True).first()
        if standing is None:
            raise SupplyRefused("This service does not stand still.")
        cause = SuspensionCause(standing.suspended)
        if cause == SuspensionCause.NETWORK:
            return row
        last = local_day(row.contract.account, since)
        if cause in CAUSED_BY_CUSTOMER:
            _change_from(row, last + ONE_DAY, at, suspended=SuspensionCause.NETWORK)
        _note(row, "await_return", at, actor, why=why, after={"asked": last.isoformat()})
        _charge_for_return(row, cause, standing, last, at)
    return row


def end_supply(
    *, service: Service, last_day: date, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> Service:
    """Note a service's last day, known before or after it; it ends as a state once it is over.

    Raises SupplyRefused for a day before its first.
    """
    with transaction.atomic():
        row = _locked(service)
        first = row.periods.order_by("starts_on").first()
        if first is None or last_day < first.starts_on - ONE_DAY:
            raise SupplyRefused("The last day lies before the first day of supply.")
        row.periods.filter(starts_on__gt=last_day).delete()
        row.periods.filter(ends_on__isnull=True).update(ends_on=last_day)
        row.periods.filter(ends_on__gt=last_day).update(ends_on=last_day)
        row.ended_on = last_day
        if local_day(row.contract.account, at) > last_day:
            row.status = LIFECYCLE.after(ServiceStatus(row.status), ServiceAct.DISCONNECT)
        _recheck(row, last_day + ONE_DAY)
        row.save(update_fields=["ended_on", "status", "recheck_from"])
        _note(row, "end_service", at, actor, why=why, after={"last_day": last_day.isoformat()})
    return row


def reopen_supply(
    *,
    service: Service,
    planned: list[dict[str, Any]],
    at: datetime,
    actor: Actor = SYSTEM,
    why: str = "",
) -> Service:
    """Let a service go on whose last day was noted and has not passed, as it was planned then.

    `planned` are the periods that `planned_beyond` gave before the last day was noted. Days that
    were left out of a bill meanwhile are charged by the next. Raises SupplyRefused for what has
    no last day, or one that is over.
    """
    with transaction.atomic():
        row = _locked(service)
        last_day = row.ended_on
        if last_day is None or local_day(row.contract.account, at) > last_day:
            raise SupplyRefused("It has no last day that lies ahead.")
        cut = list(planned)
        if not cut or cut[0]["starts_on"] <= last_day.isoformat():
            running = cut.pop(0) if cut else {"ends_on": None}
            row.periods.filter(ends_on=last_day).update(ends_on=running["ends_on"])
        for facts in cut:
            SupplyPeriod.objects.create(
                service=row, noted_at=at, **facts | {"unit_fee": Decimal(facts["unit_fee"])}
            )
        row.ended_on = None
        _recheck(row, last_day + ONE_DAY)
        row.save(update_fields=["ended_on", "recheck_from"])
        _note(row, "reopen_service", at, actor, why=why, after={"not_on": last_day.isoformat()})
    return row


def planned_beyond(service: Service, last_day: date) -> list[dict[str, Any]]:
    """The periods that go beyond a day, as plain data: what an end on that day cuts off."""
    rows = service.periods.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=last_day))
    return [
        {
            "plan_id": row.plan_id,
            "quantity": row.quantity,
            "unit_fee": str(row.unit_fee),
            "price_basis": row.price_basis,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat() if row.ends_on else None,
            "suspended": row.suspended,
        }
        for row in rows.order_by("starts_on")
    ]


def confirm_billing_start(
    *, service: Service, first_day: date, at: datetime, actor: Actor = SYSTEM, why: str = ""
) -> Service:
    """Say from which day on a service is billed that came without it; days before never are.

    Raises SupplyRefused where it is known already, or for a day before its first.
    """
    with transaction.atomic():
        row = _locked(service)
        if row.billing_start_confirmed:
            raise SupplyRefused("It is known from which day on this service is billed.")
        first = row.periods.order_by("starts_on").first()
        if first is None or first_day < first.starts_on:
            raise SupplyRefused("The day lies before the first day of supply.")
        row.billing_start_confirmed = True
        row.billed_through = first_day - ONE_DAY
        row.save(update_fields=["billing_start_confirmed", "billed_through"])
        _note(
            row,
            "confirm_billing_start",
            at,
            actor,
            why=why,
            after={"from": first_day.isoformat()},
        )
    return row


def close_ended(*, at: datetime) -> int:
    """Mark services ended whose last day is over; return how many."""
    count = 0
    rows = Service.objects.filter(
        ended_on__lte=at.date() + ONE_DAY,
        status__in=[ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED],
    ).select_related("contract__account")
    for service in rows:
        with transaction.atomic():
            row = _locked(service)
            if row.ended_on is None or row.status == ServiceStatus.ENDED:
                continue
            if local_day(row.contract.account, at) <= row.ended_on:
                continue
            row.status = LIFECYCLE.after(ServiceStatus(row.status), ServiceAct.DISCONNECT)
            row.save(update_fields=["status"])
            count += 1
    return count


def agree_charge(
    *,
    service: Service | None = None,
    account: Any = None,
    kind: ChargeableKind,
    source: str,
    description: str,
    amount: Decimal,
    incurred_on: date,
    at: datetime,
    gst: str = "taxable",
    because: list[dict[str, Any]] | None = None,
    actor: Actor = SYSTEM,
) -> Chargeable:
    """Let the next bill carry an amount in dollars, GST included where it is taxable.

    The same source is charged once: a second call with the same content returns the first row.
    Raises SupplyRefused where the source was charged with another content, or for nothing.
    """
    owner = account or (service.contract.account if service else None)
    if owner is None:
        raise SupplyRefused("Say which account or service the charge belongs to.")
    if amount == 0:
        raise SupplyRefused("There is nothing to charge: give an amount other than 0.00.")
    with transaction.atomic():
        row, is_new = Chargeable.objects.get_or_create(
            account=owner,
            kind=kind,
            source=source,
            defaults={
                "service": service,
                "description": description,
                "amount": amount,
                "gst": gst,
                "incurred_on": incurred_on,
                "noted_at": at,
                "because": because or [],
            },
        )
        if not is_new and (row.amount, row.incurred_on) != (amount, incurred_on):
            raise SupplyRefused(
                f"{source} was charged already, with {row.amount} on {row.incurred_on}."
            )
        if is_new:
            record(
                account_id=owner.pk,
                at=at,
                action="agree_charge",
                actor=actor,
                subject=source,
                after={"amount": str(amount), "what": description},
                because=because or [],
            )
    return row


def _ordered_at(row: Service) -> Decimal:
    """The list price on the day of the contract: nobody was told of a later one."""
    return list_price(row.plan, row.contract.started_on)


def _charge_for_return(
    row: Service, cause: SuspensionCause, standing: SupplyPeriod, last: date, at: datetime
) -> None:
    """Charge once for coming back what the terms name, nothing where they name nothing."""
    asked = {
        SuspensionCause.UNPAID: "unpaid",
        SuspensionCause.MISTAKE: "provider_mistake",
    }.get(cause, "other")
    if asked == "other":
        return
    account = row.contract.account
    bound = binding(row.contract, last)
    try:
        answer = ask(
            bound,
            rules.reconnection_fee,
            cause=asked,
            tcp=account.customer.is_tcp,
            listed_fee=account.customer.provider.reconnection_price,
        )
    except BadFacts:
        # The terms leave the fee to a price list, and none is on it.
        return
    fee = getattr(answer.result, "fee", None)
    if fee and not _paid_for_others(row, last):
        agree_charge(
            service=row,
            kind=ChargeableKind.RECONNECTION,
            source=f"{row.public_id}:{standing.starts_on.isoformat()}",
            description="Reconnection",
            amount=fee,
            incurred_on=last,
            at=at,
            because=answer.because,
        )


def _paid_for_others(row: Service, last: date) -> bool:
    """Whether another service of the account that came back that day carries the fee already.

    The fee is for coming back, not for each service that does (A23; VP-PAY-12).
    """
    return (
        Chargeable.objects.filter(
            account_id=row.contract.account_id,
            kind=ChargeableKind.RECONNECTION,
            incurred_on=last,
        )
        .exclude(service=row)
        .exists()
    )


def _change_from(
    row: Service, on: date, at: datetime, *, until: date | None = None, **facts: Any
) -> None:
    """Let the days from `on` on be supplied otherwise; the days before stay as they are.

    So do those after `until`, the last day of a period.
    """
    periods = list(row.periods.order_by("starts_on"))
    if not periods or on < periods[0].starts_on:
        raise SupplyRefused("The day lies before the first day of supply.")
    if periods[-1].ends_on is not None and on > periods[-1].ends_on:
        # What is said about days after the end changes nothing.
        return
    for period in periods:
        if period.ends_on is not None and period.ends_on < on:
            continue
        if until is not None and period.starts_on > until:
            break
        if period.starts_on >= on:
            for name, value in facts.items():
                setattr(period, name, value)
            period.save()
            continue
        ends_on = period.ends_on
        period.ends_on = on - ONE_DAY
        period.save(update_fields=["ends_on"])
        kept = {
            name: getattr(period, name)
            for name in ("plan", "quantity", "unit_fee", "price_basis", "suspended")
        }
        SupplyPeriod.objects.create(
            service=row, starts_on=on, ends_on=ends_on, noted_at=at, **(kept | facts)
        )
    _recheck(row, on)
    row.save(update_fields=["recheck_from"])


def _recheck(row: Service, on: date) -> None:
    if row.billed_through is not None and on <= row.billed_through:
        row.recheck_from = min(filter(None, (row.recheck_from, on)))


def _locked(service: Service) -> Service:
    return (
        Service.objects.select_for_update(of=("self",))
        .select_related("contract__account__customer__provider", "plan")
        .get(pk=service.pk)
    )


def _note(
    row: Service,
    action: str,
    at: datetime,
    actor: Actor,
    *,
    why: str,
    after: dict[str, str],
    because: list[dict[str, Any]] | None = None,
) -> None:
    record(
        account_id=row.contract.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=str(row.public_id),
        reason=why,
        after=after,
        because=because or [],
    )
