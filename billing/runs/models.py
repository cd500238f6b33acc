"""Bill runs, and the invoices they issue. Nothing here changes once it is issued."""

from __future__ import annotations

from django.db import models

from parties.accounts.models import Account, Provider

from .states import RunStatus


class BillRun(models.Model):
    """One provider's bills of one day. A second run of that day finds nothing left to do."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="bill_runs")
    issue_on = models.DateField()
    status = models.CharField(max_length=8, choices=RunStatus, default=RunStatus.OPEN)
    started_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    accounts_total = models.PositiveIntegerField(default=0)
    accounts_done = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-issue_on", "provider"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "issue_on"], name="one_run_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.issue_on}"


class RunProblem(models.Model):
    """An account that could not be billed, and why; the others went ahead."""

    run = models.ForeignKey(BillRun, on_delete=models.CASCADE, related_name="problems")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "account"], name="one_problem_per_account")
        ]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.what}"
