"""`manage.py terms VERB …`: the providers' terms at work."""

from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from terms.workbench import commands


class Command(BaseCommand):
    """Hands its arguments to the workbench and prints what it answers."""

    help = "List, show, explain, check and compare the providers' terms."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the workbench's verbs."""
        commands.add_verbs(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one verb; leave with 1 where it finds something wrong."""
        lines, well = commands.run_parsed(Namespace(**options), timezone.localdate())
        for line in lines:
            self.stdout.write(line)
        if not well:
            raise SystemExit(1)
