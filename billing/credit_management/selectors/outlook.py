"""What may happen next about unpaid money, when at the earliest, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q

from billing.credit_management.models import DebtNotice, PaymentReminder, SuspensionNotice
from billing.credit_management.states import NoticeState, Step
from billing.hardship.selectors import known_in_hardship
from billing.ledger.models import OpenItem
from billing.ledger.selectors import open_items
from billing.payments import selectors as payments
from contracts.supply.models import Service, SupplyPeriod
from contracts.supply.states import ServiceStatus, SuspensionCause
from parties.accounts.models import Account
from parties.accounts.selectors import binding, blocks_at, running_blocks, zone_of
from parties.accounts.states import BlockKind
from parties.authority.selectors import account_standing
from parties.correspondence.selectors.formal import CHANNELS
from records.notices.models import Notice
from records.notices.states import GIVEN
from records.notices.states import Channel as NoticeChannel
from terms import rules
from terms.calendar import Channel, State
from terms.clause import as_json
from terms.facts import BadFacts
from terms.money import ZERO
from terms.profile import TermsSilent

HOUSE = "default"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Why nothing is asked for or cut at the moment; a private one is named to few."""

    words: str
    until: date | None = None
    because: tuple[dict[str, Any], ...] = ()
    is_private: bool = False


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Where an account with open money stands on a day, in dollars.

    `chasable` is overdue and not contested, as far as terms and law let it be asked for.
    """

    owed: Decimal
    overdue: Decimal
    held: Decimal
    chasable: Decimal
    oldest_due: date | None
    next_due: date | None
    stops: tuple[Stop, ...]
    notice: SuspensionNotice | None
    step: Step
    on: date | None = None
    because: tuple[dict[str, Any], ...] = ()

    @property
    def is_private(self) -> bool:
        return any(one.is_private for one in self.stops)


def stops(account: Account, on: date, at: datetime) -> tuple[Stop, ...]:
    """What stops all asking and cutting on the account at an instant."""
    return tuple(_stops(account, on, at))


def _stops(account: Account, on: date, at: datetime) -> Iterator[Stop]:
    standing = account_standing(account, on)
    if not standing.is_chased:
        yield Stop(words="The holder has died or can't decide: a trained person looks after it")
    zone = zone_of(account)
    for block in blocks_at(account, at):
        last = block.ends_at.astimezone(zone).date() if block.ends_at else None
        yield Stop(
            words=BlockKind(block.kind).label,
            until=last,
            because=tuple(block.because),
            is_private=block.is_private,
        )


def outlook(account: Account, on: date, at: datetime) -> Outlook:
    """Say what comes next about an account's open money on a day, and by which clauses.

    (RF-TCP-16 to -18, RF-HARD-06; each provider's own clauses on arrears.)
    """
    items = list(open_items(account))
    late = [one for one in items if one.due_date < on and one.amount > one.held]
    ahead = [one.due_date for one in items if one.due_date >= on and one.amount > one.held]
    overdue = sum((one.amount for one in items if one.due_date < on), ZERO)
    held = sum((one.held for one in items if one.due_date < on), ZERO)
    chasable, why = _chasable(account, overdue, held, on)
    on_its_way = payments.balance(account, on).on_its_way if late else ZERO
    known: dict[str, Any] = {
        "owed": sum((one.amount for one in items), ZERO),
        "overdue": overdue,
        "held": sum((one.held for one in items), ZERO),
        "chasable": chasable,
        "oldest_due": min((one.due_date for one in late), default=None),
        "next_due": min(ahead, default=None),
        "stops": (*stops(account, on, at), *_paying(account, chasable, on_its_way)),
        "notice": live_notice(account),
    }
    if not late and not ahead:
        return Outlook(**known, step=Step.NONE, because=why if held else ())
    if known["stops"]:
        return Outlook(**known, step=Step.STOPPED, because=known["stops"][0].because)
    if not late:
        return Outlook(**known, step=Step.NOT_DUE, on=known["next_due"])
    if chasable < max(account.customer.provider.chase_above, Decimal("0.01")):
        return Outlook(**known, step=Step.SMALL, because=why)
    return _of_overdue(account, late, known, on, at)


def _paying(account: Account, chasable: Decimal, on_its_way: Decimal) -> Iterator[Stop]:
    """What a bank is about to pay, or is going to be asked for, is not asked for once more."""
    if ZERO < chasable <= on_its_way:
        yield Stop(words="A payment is on its way from the bank")
    elif ZERO < chasable <= on_its_way + payments.planned_sum(account):
        yield Stop(words="A payment by itself is planned")


def _of_overdue(
    account: Account, late: list[OpenItem], known: dict[str, Any], on: date, at: datetime
) -> Outlook:
    if suspended_for_debt(account):
        return Outlook(**known, step=Step.SUSPENDED)
    if not all_reminded(late):
        return Outlook(**known, step=Step.REMIND, on=on)
    if not _has_services(account, on):
        # Nothing is left to suspend: what follows is a person's to decide.
        return Outlook(**known, step=Step.PERSON)
    notice = known["notice"]
    if notice is not None:
        right = earliest_after(notice, on)
        if right.earliest_on is None:
            return Outlook(**known, step=Step.WAIT, because=right.because)
        step = Step.SUSPEND if on >= right.earliest_on else Step.WAIT
        return Outlook(**known, step=step, on=right.earliest_on, because=right.because)
    right = suspension_right(
        account, due_date=known["oldest_due"], received_on=on, pay_by=on, on=on
    )
    step = Step.NOTICE if right.allowed else Step.PERSON
    return Outlook(**known, step=step, on=on if right.allowed else None, because=right.because)


def _chasable(
    account: Account, overdue: Decimal, held: Decimal, on: date
) -> tuple[Decimal, tuple[dict[str, Any], ...]]:
    try:
        answer = binding(account, on).decide(
            rules.credit_management,
            complaint_open=held > ZERO,
            amount_overdue=overdue,
            amount_disputed=held,
            tcp=account.customer.is_tcp,
        )
    except TermsSilent:
        return max(overdue - held, ZERO), ()
    # What is contested is never asked for here, also where the terms would allow it.
    return min(answer.allowed_on, max(overdue - held, ZERO)), tuple(as_json(answer.because))


def all_reminded(late: list[OpenItem]) -> bool:
    """Whether a reminder went out about each of these since the day by which to pay it."""
    reminded = set(
        PaymentReminder.objects.filter(
            invoice__in=[one.invoice_id for one in late], kind="after"
        ).values_list("invoice_id", "due_date")
    )
    return all((one.invoice_id, one.due_date) in reminded for one in late)


def live_notice(account: Account) -> SuspensionNotice | None:
    """The notice of suspension that is in force."""
    rows = SuspensionNotice.objects.filter(account=account, state=NoticeState.LIVE)
    found: SuspensionNotice | None = rows.select_related(
        "notice", "account__customer__provider"
    ).first()
    return found


def notice_lives(account: Account, at: datetime) -> Exists:
    """Whether a notice of suspension is in force that its reader may be told of; asked in passing.

    Where a private reason stops it, it is shown to nobody.
    """
    private = running_blocks(at).filter(account=OuterRef("account"), is_private=True)
    rows = SuspensionNotice.objects.filter(account=account, state=NoticeState.LIVE)
    return Exists(rows.exclude(Exists(private)))


def _has_services(account: Account, on: date) -> bool:
    rows = Service.objects.filter(
        contract__account=account, status__in=[ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED]
    )
    return rows.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=on)).exists()


def suspended_for_debt(account: Account) -> list[Service]:
    """The services that stand still because of unpaid money."""
    return list(
        Service.objects.filter(
            contract__account=account,
            status=ServiceStatus.SUSPENDED,
            periods__in=SupplyPeriod.objects.filter(
                suspended=SuspensionCause.UNPAID, ends_on__isnull=True
            ),
        ).distinct()
    )


@dataclass(frozen=True, kw_only=True)
class Right:
    """Whether services may be suspended, from which day, by which clauses."""

    allowed: bool
    earliest_on: date | None
    because: tuple[dict[str, Any], ...]


def suspension_right(
    account: Account,
    *,
    due_date: date,
    received_on: date | None,
    pay_by: date | None,
    on: date,
    in_hardship: bool | None = None,
    by: Channel | None = None,
) -> Right:
    """Ask terms and law from when services may be suspended for what is overdue.

    `by` is how the notice went: some terms want it by email (VP-SUS-01). A house default gives no
    right: where the terms print none, a person decides (CP-SIL-10).
    """
    hardship = known_in_hardship(account) if in_hardship is None else in_hardship
    try:
        answer = binding(account, on, hardship=hardship).decide(
            rules.suspension,
            due_date=due_date,
            notice_given_on=received_on,
            notice_by=by,
            notice_pay_by=pay_by,
            tcp=account.customer.is_tcp,
            state=State(account.state),
        )
    except (TermsSilent, BadFacts) as silence:
        because = as_json(silence.because) if isinstance(silence, TermsSilent) else []
        return Right(allowed=False, earliest_on=None, because=tuple(because))
    return Right(
        allowed=bool(answer.allowed),
        earliest_on=answer.earliest_on,
        because=tuple(as_json(answer.because)),
    )


@dataclass(frozen=True, kw_only=True)
class Received:
    """On which day a notice counts as received, and why; None: not yet."""

    on: date | None
    because: tuple[dict[str, Any], ...] = ()


def received(row: SuspensionNotice | DebtNotice) -> Received:
    """When a notice about a debt counts as received: as the terms say, or as it is proved.

    Where the terms say nothing only proof counts: the customer opened it in the portal.
    """
    sent, zone = row.notice, zone_of(row.account)
    if sent.status not in GIVEN or sent.sent_at is None:
        return Received(on=None)
    proofs = [one for one in (row.opened_at, sent.proven_at) if one is not None]
    proof = min(proofs, default=None)
    deemed = deemed_received(row.account, sent.sent_at, proof=proof, channel=channel_of(sent))
    if deemed.on is None and proof is not None:
        return Received(on=proof.astimezone(zone).date())
    return deemed


def channel_of(notice: Notice) -> Channel:
    """How a notice went, in the terms' words."""
    return CHANNELS[NoticeChannel(notice.channel)]


def deemed_received(
    account: Account,
    sent_at: datetime,
    proof: datetime | None = None,
    *,
    channel: Channel = Channel.EMAIL,
    or_default: bool = False,
) -> Received:
    """On which day a notice counts as received by the terms; a house default says nothing, unless
    a day is only to be expected.
    """
    bound = binding(account, sent_at.astimezone(zone_of(account)).date())
    try:
        answer = bound.decide(
            rules.deemed_receipt,
            channel=channel,
            sent_at=sent_at,
            state=State(account.state),
            evidence_received_at=proof,
        )
    except TermsSilent:
        return Received(on=None)
    because = as_json(answer.because)
    if any(one.get("source") == HOUSE for one in because) and not or_default:
        return Received(on=None)
    return Received(on=answer.received_on, because=tuple(because))


def earliest_after(row: SuspensionNotice, on: date) -> Right:
    """From which day services may be suspended after this notice: never before what it states."""
    got = received(row)
    if got.on is None:
        return Right(allowed=False, earliest_on=None, because=())
    right = suspension_right(
        row.account,
        due_date=row.due_date,
        received_on=got.on,
        pay_by=row.pay_by,
        on=on,
        in_hardship=row.in_hardship or known_in_hardship(row.account),
        by=channel_of(row.notice),
    )
    if right.earliest_on is None or not right.allowed:
        return right
    first = max(right.earliest_on, row.printed_earliest)
    return Right(allowed=right.allowed, earliest_on=first, because=(*right.because, *got.because))


@dataclass(frozen=True, kw_only=True)
class LateCharge:
    """What the terms add to an invoice from a day on, as a reminder names it."""

    first_on: date
    fee: Decimal | None
    interest: Decimal | None
    because: list[dict[str, Any]]


def late_charge_ahead(account: Account, invoice: Any, on: date) -> LateCharge | None:
    """What would be added first if nothing is paid, once told; None where nothing would.

    A protected customer pays no more than it costs, and nothing where no cost is recorded.
    """
    if account.customer.is_tcp and account.customer.provider.late_payment_cost is None:
        return None
    balance = max(ZERO, invoice.outstanding - invoice.disputed)
    for days in range(1, 61):
        day = date.fromordinal(on.toordinal() + days)
        found = payments.late_charge(
            account, invoice, balance=balance, paid_on=day, charge_advised=True
        )
        if found.fee or found.interest:
            return LateCharge(
                first_on=day, fee=found.fee, interest=found.interest, because=found.because
            )
    return None
