"""Run the bills of a day, with a progress bar. Running it twice bills nobody twice."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.runs.models import BillRun
from billing.runs.services import run_provider_bills
from parties.accounts.models import Account, Provider
from terms import library

WIDTH = 30


class Command(BaseCommand):
    help = "Run the bills of every provider, or of one, for a day (default: the newest bill day)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", help="a provider's key; all without it")
        parser.add_argument("--on", type=date.fromisoformat, help="YYYY-MM-DD, today or earlier")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        chosen = Provider.objects.all()
        if options["provider"]:
            chosen = chosen.filter(key=options["provider"])
            if not chosen.exists():
                keys = ", ".join(Provider.objects.values_list("key", flat=True))
                raise CommandError(f"No provider {options['provider']!r}. There are: {keys}.")
        for provider in chosen:
            today = at.astimezone(library.provider(provider.key).default_state.zone).date()
            day = options["on"] or _newest_bill_day(provider, today)
            if day > today:
                raise CommandError(f"{day} is in the future; bills are issued on their day.")
            issued = run_provider_bills(
                provider, issue_on=day, at=at, progress=self._bar(provider)
            )
            run = BillRun.objects.filter(provider=provider, issue_on=day).first()
            problems = run.problems.count() if run else 0
            self.stdout.write(
                f"{provider.name}, {day}: {issued} invoices issued"
                + (f", {problems} accounts failed (see the admin)" if problems else "")
            )

    def _bar(self, provider: Provider) -> Any:
        def show(done: int, total: int) -> None:
            if sys.stdout.isatty():
                filled = WIDTH * done // total
                bar = "█" * filled + "░" * (WIDTH - filled)
                end = "\n" if done == total else ""
                self.stdout.write(f"\r{provider.name:<16} {bar} {done}/{total}", ending=end)
                self.stdout.flush()

        return show


def _newest_bill_day(provider: Provider, today: date) -> date:
    days = set(
        Account.objects.filter(customer__provider=provider).values_list("bill_day", flat=True)
    )
    past = [today.replace(day=day) for day in days if day <= today.day]
    return max(past, default=today)
