"""Put something on the next bill or take it off; above the limit another person approves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.charging.models import ChargeRequest
from billing.charging.selectors.prices import Wanted, price_of
from billing.charging.states import CHARGE_REQUEST, ChargeAct, ChargeState, ChargeWhat
from contracts.supply.models import Discount, Service, SupplyPeriod
from contracts.supply.services import SupplyRefused, agree_charge
from contracts.supply.states import ChargeableKind, GstCode
from parties.accounts.models import Account
from parties.accounts.selectors import binding, needs_second_person
from parties.accounts.services import lock_account
from parties.accounts.states import AccountStatus
from parties.authority.selectors import local_day
from parties.people.models import User
from records.audit.services import Actor, record
from terms import rules
from terms.clause import Clause, Reason, Source, as_json
from terms.money import ZERO, in_dollars, to_cents
from terms.rules.lines import Gst, Line, PriceBasis

ONE_DAY = timedelta(days=1)
DAYS_A_MONTH = Decimal(365) / 12
# The same thing within so short a time is a second click.
ONE_CLICK = timedelta(minutes=10)


class ChargeRefused(Exception):
    """It can't be put on a bill like this; the message says what to do."""


def ask_charge(
    *,
    account: Account,
    wanted: Wanted,
    incurred_on: date,
    reason: str,
    by: User,
    at: datetime,
    service: Service | None = None,
) -> ChargeRequest:
    """Put a charge on the next bill, or take an amount off it, as terms or an agreement say.

    Up to the provider's limit it is done at once; above it the request waits for another person.
    Rules: support_fee, support_rate_band, document_fee, recovery_cost, collection_costs,
    gst_payable, back_billing. Raises NotPriced where nothing gives an amount, ChargeRefused for
    what is not of this account, and for what is charged once and was.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        if service is not None and service.contract.account_id != locked.pk:
            raise ChargeRefused("That service belongs to another account.")
        _require_open(locked)
        on = local_day(locked, at)
        priced = price_of(locked, wanted, incurred_on=incurred_on, on=on)
        return _ask(
            locked,
            by,
            at,
            {
                "service": service,
                "what": wanted.what,
                "subject": getattr(wanted, "subject", ""),
                "kind": priced.kind,
                "description": priced.description[:200],
                "amount": priced.amount,
                "gst": priced.gst,
                "starts_on": incurred_on,
                "reason": reason,
                "because": priced.because,
            },
        )


def ask_discount(
    *,
    service: Service,
    percent: Decimal,
    starts_on: date,
    ends_on: date,
    label: str,
    reason: str,
    by: User,
    at: datetime,
) -> ChargeRequest:
    """Take a share of a service's fee off for some days; it ends by itself.

    `percent` is above 0 and at most 100, with two decimals. Raises ChargeRefused for a share or
    days that don't fit, days that are billed already, and days of another discount.
    """
    with transaction.atomic():
        account = lock_account(service.contract.account_id)
        row = Service.objects.select_related("contract__account__customer__provider").get(
            pk=service.pk
        )
        worth = discount_worth(row, percent=percent, starts_on=starts_on, ends_on=ends_on)
        clause = Clause(
            document="agreed",
            version=row.contract.reference,
            id=row.contract.reference,
            heading=None,
            says=f"{percent.normalize():f} % off from {starts_on:%-d %b %Y} to "
            f"{ends_on:%-d %b %Y}.",
            source=Source.AGREED,
        )
        return _ask(
            account,
            by,
            at,
            {
                "service": row,
                "what": ChargeWhat.DISCOUNT,
                "kind": ChargeableKind.DISCOUNT,
                "description": label[:100],
                "amount": worth,
                "gst": GstCode.TAXABLE,
                "percent": percent,
                "starts_on": starts_on,
                "ends_on": ends_on,
                "reason": reason,
                "because": as_json((Reason(clause),)),
            },
        )


def discount_worth(
    service: Service, *, percent: Decimal, starts_on: date, ends_on: date
) -> Decimal:
    """What a discount is worth over its days, about, in dollars with GST: what it is judged by.

    Raises ChargeRefused where it does not fit.
    """
    if not ZERO < percent <= 100 or percent * 100 % 1:
        raise ChargeRefused("Give a share above 0 and up to 100 %, with two decimals at most.")
    if ends_on < starts_on:
        raise ChargeRefused("The last day lies before the first.")
    through = service.billed_through
    if through is not None and starts_on <= through:
        raise ChargeRefused(
            f"It is billed through {through:%-d %b %Y}: start on "
            f"{through + ONE_DAY:%-d %b %Y} or later, and give the days before back by a credit "
            "note."
        )
    period = SupplyPeriod.objects.filter(service=service).order_by("-starts_on").first()
    if period is None:
        raise ChargeRefused("This service has never run: note first that it works.")
    if service.ended_on is not None and starts_on > service.ended_on:
        raise ChargeRefused(f"The service ended on {service.ended_on:%-d %b %Y}.")
    if service.discounts.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise ChargeRefused("Another discount runs on some of these days.")
    months = Decimal((ends_on - starts_on).days + 1) / DAYS_A_MONTH
    fee = to_cents(period.unit_fee * period.quantity * percent / 100 * months)
    basis = PriceBasis(period.price_basis) if period.price_basis else None
    line = Line(
        description="",
        quantity=Decimal(1),
        unit_price=fee,
        gst=Gst.TAXABLE,
        price_basis=basis,
        from_list=basis is None,
    )
    bound = binding(service.contract.account, starts_on)
    worth = bound.decide(rules.line_amounts, lines=(line,)).total_inc
    if worth is None or worth <= ZERO:
        raise ChargeRefused("It would take nothing off.")
    return worth


def decide_charge(
    *, request: ChargeRequest, approve: bool, by: User, at: datetime
) -> ChargeRequest:
    """Approve or refuse what somebody else asked for.

    Raises ChargeRefused for one's own and for what no longer fits, IllegalStep if it is decided.
    """
    with transaction.atomic():
        lock_account(request.account_id)
        row = (
            ChargeRequest.objects.select_for_update(of=("self",))
            .select_related("account__customer__provider", "service__contract__account")
            .get(pk=request.pk)
        )
        if row.asked_by_id == by.pk:
            raise ChargeRefused("Whoever asked can't decide: another person has to.")
        act = ChargeAct.APPROVE if approve else ChargeAct.REFUSE
        row.state = CHARGE_REQUEST.after(ChargeState(row.state), act)
        row.decided_by, row.decided_at = by, at
        if approve:
            _require_open(row.account)
            _carry_out(row, at)
        row.save(
            update_fields=["state", "decided_by", "decided_at", "chargeable", "discount"],
        )
        _note(row, "decide_charge", by, at)
    return row


def _service(pk: int) -> Service:
    return Service.objects.select_related("contract__account__customer__provider").get(pk=pk)


def _require_open(account: Account) -> None:
    if account.status != AccountStatus.ACTIVE:
        raise ChargeRefused("The account is closed: correct a bill by a credit note instead.")


def _ask(account: Account, by: User, at: datetime, facts: dict[str, Any]) -> ChargeRequest:
    """Keep the request and do it at once, unless it is above the limit; a second click is one."""
    told_apart = (
        "service",
        "what",
        "subject",
        "description",
        "amount",
        "starts_on",
        "ends_on",
        "percent",
    )
    same = ChargeRequest.objects.filter(
        account=account,
        asked_by=by,
        asked_at__gt=at - ONE_CLICK,
        **{name: facts[name] for name in told_apart if name in facts},
    ).exclude(state=ChargeState.REFUSED)
    if found := same.first():
        return found
    _require_first(account, facts)
    row = ChargeRequest.objects.create(account=account, asked_by=by, asked_at=at, **facts)
    if not needs_second_person(account.customer.provider, row.amount):
        row.state, row.decided_at = ChargeState.DONE, at
        _carry_out(row, at)
        row.save(update_fields=["state", "decided_at", "chargeable", "discount"])
    _note(row, "ask_charge", by, at)
    return row


def _require_first(account: Account, facts: dict[str, Any]) -> None:
    """Refuse what is charged once for its subject and was. The account is locked."""
    if not facts.get("subject"):
        return
    known = ChargeRequest.objects.filter(
        account=account, what=facts["what"], subject=facts["subject"]
    ).exclude(state=ChargeState.REFUSED)
    if row := known.first():
        raise ChargeRefused(
            f"“{row}” was asked for on {row.asked_at:%-d %b %Y} for the same thing: refuse that, "
            "or give it back by a credit note and agree on another amount."
        )


def _carry_out(row: ChargeRequest, at: datetime) -> None:
    if row.what == ChargeWhat.DISCOUNT:
        row.discount = _discount(row)
        return
    try:
        row.chargeable = agree_charge(
            account=row.account,
            service=row.service,
            kind=ChargeableKind(row.kind),
            source=f"staff:{row.pk}",
            description=row.description,
            amount=-row.amount if row.what == ChargeWhat.OFF else row.amount,
            incurred_on=row.starts_on,
            at=at,
            gst=row.gst,
            because=row.because,
            actor=_actor(row.asked_by),
        )
    except SupplyRefused as refusal:
        raise ChargeRefused(str(refusal)) from refusal


def _discount(row: ChargeRequest) -> Discount:
    """The discount itself. It is asked again whether its days are still free."""
    if row.service_id is None:
        raise LookupError(f"{row} takes something off and names no service")
    service = _service(row.service_id)
    percent, ends_on = row.percent or ZERO, row.ends_on or row.starts_on
    discount_worth(service, percent=percent, starts_on=row.starts_on, ends_on=ends_on)
    return Discount.objects.create(
        service=service,
        label=row.description,
        percent=percent,
        starts_on=row.starts_on,
        ends_on=ends_on,
        because=row.because,
    )


def _actor(user: User) -> Actor:
    return Actor(user_id=user.pk, name=str(user))


def _note(row: ChargeRequest, action: str, by: User, at: datetime) -> None:
    amount = in_dollars(row.amount)
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=_actor(by),
        subject=row.description[:80],
        reason=row.reason,
        after={"what": row.get_what_display(), "amount": amount, "state": row.state},
        because=row.because,
    )
