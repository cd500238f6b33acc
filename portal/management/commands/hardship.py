"""Report on help with paying: how many asked, what became of it, what was late."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.hardship.selectors import HelpReport, help_report
from parties.accounts.models import Provider
from terms.money import in_dollars


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError("give a day like 2026-11-27") from wrong


class Command(BaseCommand):
    help = "report: requests for help with paying, answers, arrangements; counts without names."

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="what", required=True)
        report = does.add_parser("report", help="what became of requests that came on some days")
        report.add_argument("--since", type=_day, required=True, metavar="YYYY-MM-DD")
        report.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="today, if not said")
        report.add_argument("--provider", metavar="KEY", help="one provider alone")

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate()
        first, last = options["since"], options["until"] or today
        if last < first:
            raise CommandError("The last day lies before the first.")
        provider = None
        if key := options["provider"]:
            provider = Provider.objects.filter(key=key).first()
            if provider is None:
                known = ", ".join(Provider.objects.values_list("key", flat=True))
                raise CommandError(f"No provider “{key}”; known are {known}.")
        for row in help_report(first, last, today=today, provider=provider):
            self._say(row)

    def _say(self, row: HelpReport) -> None:
        self.stdout.write(row.provider)
        for words, count in (
            ("asked for help with paying", row.asked),
            *((f"  {state}", count) for state, count in row.by_state.items()),
            ("not answered by their day", row.late),
            ("took more time by themselves", row.extensions),
            *((f"arrangement: {state}", count) for state, count in row.arrangements.items()),
        ):
            self.stdout.write(f"{count:>7}  {words}")
        self.stdout.write(f"{in_dollars(row.took_off):>12}  taken off by agreement")
