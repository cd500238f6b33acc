"""Prove the audit trail, or read one account's out."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from parties.accounts.models import Account
from records.audit.models import Anchor, Entry
from records.audit.selectors import discrepancies, read_out
from records.sheets import sheet


class Command(BaseCommand):
    help = "verify: name every changed, missing or added entry. export: one account's entries."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("verify", help="prove every chain and anchor; exit 1 if one is broken")
        export = verbs.add_parser("export", help="write an account's entries, for a regulator")
        export.add_argument("account", help="the account's number")
        export.add_argument("--format", choices=["json", "csv"], default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "verify":
            self._verify()
        else:
            self._export(options["account"], options["format"])

    def _verify(self) -> None:
        numbers = dict(Account.objects.values_list("pk", "number"))
        found = list(discrepancies())
        for discrepancy in found:
            of = numbers.get(discrepancy.account_id, discrepancy.account_id)
            place = (
                f"account {of}, entry {discrepancy.sequence}: " if discrepancy.account_id else ""
            )
            self.stdout.write(f"{place}{discrepancy.what}")
        if found:
            raise CommandError(f"The audit trail does not hold: {len(found)} flaws.")
        self.stdout.write(
            f"The audit trail holds: {Entry.objects.count()} entries, "
            f"{(sealed := Anchor.objects.count())} anchor{'' if sealed == 1 else 's'}."
        )
        if last := Anchor.objects.order_by("-day").first():
            self.stdout.write(
                f"The last anchor, of {last.day}, is {last.hash}. The log of that day has to show "
                "the same, and no later one: newer anchors could be gone with their entries."
            )

    def _export(self, number: str, form: str) -> None:
        account = Account.objects.filter(number=number).first()
        if account is None:
            raise CommandError(f"There is no account {number}.")
        rows = list(read_out(account.pk))
        if form == "json":
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        head = list(rows[0]) if rows else ["account"]
        self.stdout.writelines(sheet(head, (map(_plain, row.values()) for row in rows)))


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
