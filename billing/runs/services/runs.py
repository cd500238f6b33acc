"""Bill runs: what is due goes out today, each account in its own transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from billing.charging.selectors import last_bill_day, next_bill_day
from billing.credit_management.services import assess_late_charges
from billing.runs.models import BillRun, RunProblem
from billing.runs.states import RUN_LIFECYCLE, RunAct, RunStatus
from billing.usage.models import UsageRecord
from contracts.supply.models import Chargeable, Service
from parties.accounts.models import Account, Provider
from parties.accounts.services import lock_account
from parties.accounts.states import AccountStatus
from terms import library

from .issuing import issue_invoice

log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]


def run_bills(*, at: datetime) -> int:
    """Run every provider's bills that are due today or were missed; return the invoices.

    Today is each provider's own. However long a worker was away, what is due goes out today,
    dated today, for all days since the last billed one.
    """
    issued = 0
    for provider in Provider.objects.all():
        today = at.astimezone(library.provider(provider.key).default_state.zone).date()
        try:
            issued += run_provider_bills(provider, issue_on=today, at=at)
        except Exception:
            # One provider's trouble is no other's; the next sweep takes it up again.
            log.exception("bills_not_run", provider=provider.key)
    return issued


def run_provider_bills(
    provider: Provider,
    *,
    issue_on: date,
    at: datetime,
    on_demand: bool = False,
    progress: Progress | None = None,
) -> int:
    """Bill every account of the provider with a bill day up to `issue_on` that is not billed yet.

    An account that fails is noted on the run, stays due, and the others go ahead. `on_demand`
    leaves PDFs to their first opening and sends no email: for history that is loaded, not billed.
    """
    due = accounts_due(provider, issue_on)
    total = due.count()
    if not total:
        return 0
    run = _begin(provider, issue_on, total, at)
    issued = 0
    for done, account in enumerate(due.prefetch_related("acceptances").iterator(500), start=1):
        issued += _bill(account, run, issue_on, at, on_demand)
        BillRun.objects.filter(pk=run.pk).update(accounts_done=F("accounts_done") + 1)
        if progress:
            progress(done, total)
    _finish(run, at)
    return issued


def accounts_due(provider: Provider, on: date) -> QuerySet[Account]:
    """Accounts whose newest bill day is not billed; closed ones while anything is unbilled."""
    due = Q()
    for bill_day in range(1, 32):
        newest = last_bill_day(on, bill_day)
        due |= Q(bill_day=bill_day) & (
            Q(billed_for__lt=newest) | Q(billed_for__isnull=True, opened_on__lte=newest)
        )
    unbilled = (
        Exists(
            Chargeable.objects.filter(
                account=OuterRef("pk"), line__isnull=True, not_billed__isnull=True
            )
        )
        | Exists(
            UsageRecord.objects.filter(
                service__contract__account=OuterRef("pk"), line__isnull=True, left_out=""
            )
        )
        | Exists(
            Service.objects.filter(contract__account=OuterRef("pk")).filter(
                Q(recheck_from__isnull=False)
                | Q(billed_through__lt=F("ended_on"))
                | Q(billed_through__isnull=True, ended_on__isnull=False)
            )
        )
    )
    return (
        Account.objects.filter(customer__provider=provider, opened_on__lte=on)
        .filter(due | Q(last_old_bill_day__lte=on))
        .filter(Q(status=AccountStatus.ACTIVE) | unbilled)
        .select_related("customer__provider")
        .order_by("pk")
    )


def _begin(provider: Provider, issue_on: date, total: int, at: datetime) -> BillRun:
    """Open a run, or take up the one that was left half-way."""
    with transaction.atomic():
        run = BillRun.objects.exclude(status=RunStatus.CLOSED).filter(provider=provider).first()
        if run is None:
            try:
                with transaction.atomic():
                    run = BillRun.objects.create(provider=provider, issue_on=issue_on)
            except IntegrityError:
                # Another worker opened it at the same moment: both work on the same rows.
                run = BillRun.objects.exclude(status=RunStatus.CLOSED).get(provider=provider)
        run = BillRun.objects.select_for_update().get(pk=run.pk)
        if run.status == RunStatus.OPEN:
            run.status = RUN_LIFECYCLE.after(RunStatus.OPEN, RunAct.START)
        run.started_at = run.started_at or at
        run.issue_on, run.accounts_total, run.accounts_done = issue_on, total, 0
        run.save()
    return run


def _bill(account: Account, run: BillRun, on: date, at: datetime, on_demand: bool) -> int:
    bill_day = last_bill_day(on, account.bill_day)
    if account.last_old_bill_day and account.last_old_bill_day <= on:
        bill_day = max(bill_day, account.last_old_bill_day)
    try:
        with transaction.atomic():
            assess_late_charges(account, on=on, at=at)
            issued = issue_invoice(
                account=account, bill_day=bill_day, on=on, at=at, run=run, on_demand=on_demand
            )
            RunProblem.objects.filter(account=account).delete()
    except Exception as failure:
        log.exception("account_not_billed", account=account.number, run=run.pk)
        RunProblem.objects.update_or_create(
            run=run,
            account=account,
            defaults={"what": f"{type(failure).__name__}: {failure}"[:300], "at": at},
        )
        return 0
    return int(issued.invoice is not None)


def _finish(run: BillRun, at: datetime) -> None:
    """Close the run; accounts that failed stay due and are billed by the next."""
    with transaction.atomic():
        row = BillRun.objects.select_for_update().get(pk=run.pk)
        if row.status != RunStatus.RUNNING:
            return
        row.status = RUN_LIFECYCLE.after(RunStatus(row.status), RunAct.CLOSE)
        row.closed_at = at
        row.save(update_fields=["status", "closed_at"])


def change_bill_day(*, account: Account, bill_day: int, on: date) -> Account:
    """Bill an account on another day of the month from now on.

    Where the new day comes only after the next old one, the days between are billed on that old
    day, by the days of the new period. Raises ValueError outside 1 to 31.
    """
    if not 1 <= bill_day <= 31:
        raise ValueError("A bill day is a day of the month, 1 to 31.")
    with transaction.atomic():
        row = lock_account(account.pk)
        next_old = next_bill_day(on, row.bill_day)
        next_new = next_bill_day(on, bill_day)
        row.bill_day = bill_day
        row.last_old_bill_day = next_old if next_new > next_old else None
        # The new day is due when it comes, not for one that lies before the change.
        row.billed_for = max(filter(None, (row.billed_for, last_bill_day(on, bill_day))))
        row.save(update_fields=["bill_day", "last_old_bill_day", "billed_for"])
    account.refresh_from_db()
    return row
