"""Bill runs: one for each provider and day, each account in its own transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from billing.credit_management.services import assess_late_fees
from billing.runs.models import BillRun, RunProblem
from billing.runs.states import RUN_LIFECYCLE, RunAct, RunStatus
from parties.accounts.models import Account, Provider
from parties.accounts.states import AccountStatus
from terms import library

from .issuing import issue_invoice

log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]


# How far back a sweep looks for a bill day that an outage swallowed.
CATCH_UP_DAYS = 7


def run_bills(*, at: datetime) -> int:
    """Run every provider's bills of today and of days that were missed; return the invoices.

    Today is each provider's own. A run that is closed is left alone, a broken one is taken up.
    """
    issued = 0
    for provider in Provider.objects.all():
        try:
            issued += _run_recent(provider, at)
        except Exception:
            # One provider's trouble is no other's; the next sweep takes it up again.
            log.exception("bills_not_run", provider=provider.key)
    return issued


def _run_recent(provider: Provider, at: datetime) -> int:
    today = at.astimezone(library.provider(provider.key).default_state.zone).date()
    return sum(
        run_provider_bills(provider, issue_on=today - timedelta(days=back), at=at)
        for back in range(CATCH_UP_DAYS, -1, -1)
    )


def run_provider_bills(
    provider: Provider,
    *,
    issue_on: date,
    at: datetime,
    on_demand: bool = False,
    progress: Progress | None = None,
) -> int:
    """Bill every account of the provider whose bill day that is; a second run bills nobody twice.

    An account that fails is noted on the run, and the others go ahead. `on_demand` leaves PDFs to
    their first opening and sends no email: for history that is loaded, not billed.
    """
    due = Account.objects.filter(
        customer__provider=provider,
        bill_day=issue_on.day,
        status=AccountStatus.ACTIVE,
        opened_on__lte=issue_on,
    ).select_related("customer__provider")
    if not due.exists():
        return 0
    run = _begin(provider, issue_on, due.count(), at)
    if run is None:
        return 0
    issued = 0
    for done, account in enumerate(due.prefetch_related("acceptances").iterator(500), start=1):
        issued += _bill(account, run, at, on_demand)
        BillRun.objects.filter(pk=run.pk).update(accounts_done=F("accounts_done") + 1)
        if progress:
            progress(done, run.accounts_total)
    _finish(run, at)
    return issued


def _begin(provider: Provider, issue_on: date, total: int, at: datetime) -> BillRun | None:
    """Open the day's run, or take up one that was left half-way; None if it is closed."""
    with transaction.atomic():
        run, _ = BillRun.objects.get_or_create(provider=provider, issue_on=issue_on)
        run = BillRun.objects.select_for_update().get(pk=run.pk)
        if run.status == RunStatus.CLOSED:
            return None
        if run.status == RunStatus.OPEN:
            run.status = RUN_LIFECYCLE.after(RunStatus.OPEN, RunAct.START)
        run.started_at = run.started_at or at
        run.accounts_total, run.accounts_done = total, 0
        run.save()
    return run


def _bill(account: Account, run: BillRun, at: datetime, on_demand: bool) -> int:
    try:
        with transaction.atomic():
            assess_late_fees(account, on=run.issue_on)
            invoice = issue_invoice(account=account, run=run, at=at, on_demand=on_demand)
            RunProblem.objects.filter(run=run, account=account).delete()
    except Exception as failure:
        log.exception("account_not_billed", account=account.number, run=run.pk)
        RunProblem.objects.update_or_create(
            run=run,
            account=account,
            defaults={"what": f"{type(failure).__name__}: {failure}"[:300], "at": at},
        )
        return 0
    return int(invoice is not None)


def _finish(run: BillRun, at: datetime) -> None:
    """Close the run, or leave it open for the accounts that failed."""
    with transaction.atomic():
        run = BillRun.objects.select_for_update().get(pk=run.pk)
        act = RunAct.HALT if run.problems.exists() else RunAct.CLOSE
        run.status = RUN_LIFECYCLE.after(RunStatus(run.status), act)
        run.closed_at = at if act == RunAct.CLOSE else None
        run.save(update_fields=["status", "closed_at"])
