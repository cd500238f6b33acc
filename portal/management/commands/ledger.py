"""`manage.py ledger`: prove the books, read them, close a month, hand them to the accountant."""

from __future__ import annotations

import argparse
import json
from datetime import date
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.ledger.models import LedgerEntry
from billing.ledger.selectors import (
    aged_accounts,
    as_aged,
    discrepancies,
    gst_collected,
    trial_balance,
)
from billing.ledger.services import close_month
from parties.accounts.models import Provider
from records.sheets import sheet
from terms.calendar import month_end, months_on
from terms.money import ZERO

# What accounting packages call the columns of a manual journal.
XERO = ("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount")
MYOB = ("Journal Number", "Date", "Memo", "Account", "Debit", "Credit")


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as wrong:
        raise argparse.ArgumentTypeError("give a month like 2026-11") from wrong


class Command(BaseCommand):
    help = "Prove and read the ledger, close a month, export it."

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="what", required=True)
        does.add_parser("verify", help="every invoice, kept figure and GST equals its entries")
        balance = does.add_parser("trial-balance", help="the sum of each ledger account")
        debt = does.add_parser("aged", help="what is owed, by days past due")
        gst = does.add_parser("gst", help="GST collected in the quarter that a month begins")
        gst.add_argument("--quarter", type=_month, required=True, metavar="YYYY-MM")
        close = does.add_parser("close", help="let a month take no posting any more")
        close.add_argument("month", type=_month, metavar="YYYY-MM")
        export = does.add_parser("export", help="a month's entries for an accounting package")
        export.add_argument("format", choices=["xero", "myob", "json"])
        export.add_argument("month", type=_month, metavar="YYYY-MM")
        for one in (balance, debt, gst, close, export):
            one.add_argument("--provider", required=True, metavar="KEY")

    def handle(self, *, what: str, **options: Any) -> None:
        if what == "verify":
            self._verify()
            return
        key = options.pop("provider")
        provider = Provider.objects.filter(key=key).first()
        if provider is None:
            known = ", ".join(Provider.objects.values_list("key", flat=True))
            raise CommandError(f"No provider “{key}”; known are {known}.")
        getattr(self, f"_{what.replace('-', '_')}")(provider, **options)

    def _verify(self) -> None:
        found = list(discrepancies())
        for one in found:
            self.stderr.write(f"{one.what}: {one.found}, its entries say {one.expected}")
        if found:
            raise CommandError(f"{len(found)} figures differ from their entries.")
        count = LedgerEntry.objects.count()
        self.stdout.write(f"{count} entries: everything agrees.")

    def _trial_balance(self, provider: Provider, **_: Any) -> None:
        rows = trial_balance(provider)
        for name, amount in rows.items():
            self.stdout.write(f"{name:<18}{amount:>16,.2f}")
        self.stdout.write(f"{'':<18}{sum(rows.values(), ZERO):>16,.2f}")

    def _aged(self, provider: Provider, **_: Any) -> None:
        heads = ("Account", "Not due", "1-30", "31-60", "61-90", "Over 90", "Held")
        self.stdout.write(f"{heads[0]:<12}" + "".join(f"{head:>12}" for head in heads[1:]))
        for row in map(as_aged, aged_accounts(timezone.localdate(), provider=provider)):
            line = "".join(f"{amount:>12,.2f}" for amount in (*row.amounts, row.held))
            self.stdout.write(f"{row.number:<12}{line}")

    def _gst(self, provider: Provider, *, quarter: date, **_: Any) -> None:
        last = month_end(months_on(quarter, 2))
        amount = gst_collected(provider, quarter, last)
        self.stdout.write(f"GST collected {quarter} to {last}: {amount:,.2f}")

    def _close(self, provider: Provider, *, month: date, **_: Any) -> None:
        if month_end(month) >= timezone.localdate():
            raise CommandError(f"{month:%B %Y} is not over yet.")
        row = close_month(
            provider=provider, month=month, by="manage.py ledger close", at=timezone.now()
        )
        self.stdout.write(f"{row.month:%B %Y} of {provider} is closed.")

    def _export(self, provider: Provider, *, format: str, month: date, **_: Any) -> None:
        rows = (
            LedgerEntry.objects.filter(
                posting__provider=provider, posting__day__range=(month, month_end(month))
            )
            .select_related("posting", "account")
            .order_by("posting__day", "posting_id", "pk")
        )
        write = {"xero": _xero, "myob": _myob, "json": _json}[format]
        write(rows, self.stdout)


def _xero(rows: Any, out: TextIO) -> None:
    lines = (
        (
            row.posting.key,
            f"{row.posting.day:%d/%m/%Y}",
            _memo(row),
            row.get_ledger_account_display(),
            "BAS Excluded",
            row.amount,
        )
        for row in rows
    )
    out.writelines(sheet(XERO, lines))


def _myob(rows: Any, out: TextIO) -> None:
    lines = (
        (
            row.posting_id,
            f"{row.posting.day:%d/%m/%Y}",
            _memo(row),
            row.get_ledger_account_display(),
            row.amount if row.amount > ZERO else "",
            -row.amount if row.amount < ZERO else "",
        )
        for row in rows
    )
    out.writelines(sheet(MYOB, lines))


def _json(rows: Any, out: TextIO) -> None:
    plain = [
        {
            "posting": row.posting.key,
            "kind": row.posting.kind,
            "day": row.posting.day.isoformat(),
            "ledger_account": row.ledger_account,
            "account": row.account.number if row.account else None,
            "detail": row.detail,
            "amount": str(row.amount),
        }
        for row in rows
    ]
    json.dump(plain, out, indent=1)
    out.write("\n")


def _memo(row: LedgerEntry) -> str:
    parts = (row.posting.get_kind_display(), row.detail, row.account.number if row.account else "")
    return " · ".join(filter(None, parts))
