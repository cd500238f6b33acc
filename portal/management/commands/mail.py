"""Take in an email that a mail server hands over."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from complaints.inbound.services import MailRefused, receive_mail
from portal.web.uploads import looked_at

# By sysexits.h: data that can't be taken, and a failure after which the server tries again.
BAD_DATA, TRY_AGAIN = 65, 75


class Command(BaseCommand):
    help = "receive: take in one email from standard input, as a mail server's pipe gives it."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("receive", help="read one email from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            row = receive_mail(raw=sys.stdin.buffer.read(), look=looked_at, at=timezone.now())
        except MailRefused as refusal:
            raise CommandError(str(refusal), returncode=BAD_DATA) from refusal
        except Exception as failure:
            why = f"Not taken in, try again: {type(failure).__name__}"
            raise CommandError(why, returncode=TRY_AGAIN) from failure
        self.stdout.write(
            f"{row.message_id}: {row.get_state_display().lower()}. {row.why}".strip()
        )
