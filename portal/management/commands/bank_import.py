"""Import a bank's CSV file. The same file, or one that overlaps it, changes nothing twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.payments.models import BankFormat
from billing.payments.services import FileRefused, read_bank_file
from billing.payments.states import RowFate
from records.sheets import sheet


class Command(BaseCommand):
    help = "Import the payments of a bank's CSV file; each good row counts once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--provider", required=True, help="a provider's key")
        parser.add_argument("--format", required=True, help="the name of a bank format")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")
        parser.add_argument("--errors", type=Path, help="write the rows that were not read here")

    def handle(self, *args: Any, **options: Any) -> None:
        formats = BankFormat.objects.filter(provider__key=options["provider"])
        form = formats.filter(name=options["format"]).select_related("provider").first()
        if form is None:
            names = ", ".join(formats.values_list("name", flat=True)) or "none"
            raise CommandError(f"No format {options['format']!r}. There are: {names}.")
        try:
            data = options["file"].read_bytes()
        except OSError as wrong:
            raise CommandError(f"{options['file']}: {wrong.strerror}.") from wrong
        try:
            outcomes = read_bank_file(
                form=form, data=data, at=timezone.now(), dry_run=options["dry_run"]
            )
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        counts = Counter(one.fate for one in outcomes)
        for fate in RowFate:
            self.stdout.write(f"{counts[fate]:>7}  {fate.label}")
        bad = [one for one in outcomes if one.fate == RowFate.REFUSED]
        for one in bad:
            self.stderr.write(f"Row {one.number}: {one.words}")
        if options["errors"] and bad:
            with options["errors"].open("w", newline="", encoding="utf-8") as out:
                rows = ([one.number, one.words, *one.cells] for one in bad)
                out.writelines(sheet(["Row", "What to do", "Its cells"], rows))
