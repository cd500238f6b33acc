"""Send news or an offer to the customers of one provider who agreed to get it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from parties.accounts.models import Provider
from parties.privacy.services import send_news


class Command(BaseCommand):
    help = "Send news to those who agreed to it; each email has a link that ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider", help="the provider's key")
        parser.add_argument("headline")
        parser.add_argument("body", type=Path, help="a text file with the words")

    def handle(self, *args: Any, **options: Any) -> None:
        provider = Provider.objects.filter(key=options["provider"]).first()
        if provider is None:
            raise CommandError(f"There is no provider {options['provider']}.")
        body = options["body"].read_text(encoding="utf-8")
        sent = send_news(
            provider=provider, headline=options["headline"], body=body, at=timezone.now()
        )
        self.stdout.write(f"Queued for {len(sent)} customers who agreed to it.")
