"""Prove an evidence pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from complaints.ombudsman.services import verify_pack


class Command(BaseCommand):
    help = "verify FILE: name every file of an evidence pack that was changed, added or left out."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="prove a pack; exit 1 if it does not hold")
        verify.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                found = verify_pack(file)
        except OSError as failure:
            raise CommandError(
                f"{options['file']} can't be opened: {failure.strerror}"
            ) from failure
        for flaw in found.flaws:
            self.stdout.write(flaw)
        if found.flaws:
            raise CommandError(f"The pack does not hold: {len(found.flaws)} flaws.")
        self.stdout.write(f"The pack holds: {found.files} files. SHA-256 {found.sha256}")
        if found.made_at:
            self.stdout.write(f"This portal made it on {found.made_at:%Y-%m-%d %H:%M} UTC.")
        else:
            self.stdout.write(
                "This portal knows of no such pack: another one made it, or packed it anew."
            )
