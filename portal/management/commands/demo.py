"""Load the demo, list its log-ins, or print a staff member's code of the moment."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from parties.accounts.models import Provider
from parties.authority.models import Appointment
from parties.people.models import User
from parties.people.states import StaffRole
from portal.demo.builder import Demo, is_loaded
from portal.demo.people import DOMAIN, PASSWORD, totp_code, totp_secret

SEED = 1901


class Command(BaseCommand):
    help = "Load the demo (once), print its log-ins, or print a second-factor code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", nargs="?", default="load", choices=["load", "logins", "code"])
        parser.add_argument("name", nargs="?", help="with code: the staff member's key or email")
        parser.add_argument("--seed", type=int, default=SEED)

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options["verb"]
        if verb == "code":
            self._code(options["name"], options["seed"])
        elif verb == "logins":
            self._logins(options["seed"])
        else:
            self._load(options["seed"])

    def _load(self, seed: int) -> None:
        strangers = User.objects.exclude(email__endswith=f"@{DOMAIN}").exists()
        if settings.ENVIRONMENT == "production" and (is_loaded() or strangers):
            raise CommandError(
                "This is a production database with records in it: the demo is refused. "
                "Point DATABASE_URL to an empty database."
            )
        if is_loaded():
            if Provider.objects.exclude(complaints_email__endswith=f"@{DOMAIN}").exists():
                raise CommandError(
                    "This database holds providers that are not the demo's: the demo is refused."
                )
            self.stdout.write("The demo is there already; nothing was changed.")
            return
        self.stdout.write("Building the demo: 13 months for five providers …")
        Demo(seed=seed, at=timezone.now(), tell=self.stdout.write).build()

    def _logins(self, seed: int) -> None:
        self.stdout.write(f"Every password is  {PASSWORD}\n")
        rows = (
            Appointment.objects.filter(user__email__endswith=f"@{DOMAIN}")
            .select_related("user", "account__customer__provider")
            .order_by("account__customer__provider__name", "account__number", "role")
        )
        provider = ""
        for row in rows:
            if row.account.customer.provider.name != provider:
                provider = row.account.customer.provider.name
                self.stdout.write(f"\n{provider}")
            self.stdout.write(
                f"  {row.user.email:<34} {row.get_role_display():<27} "
                f"{row.account.customer.name} ({row.account.number})"
            )
        self.stdout.write("\nStaff (second factor: add the secret to an app, or ask for a code)")
        staff = User.objects.filter(is_staff=True, email__endswith=f"@{DOMAIN}")
        for user in staff.prefetch_related("groups").order_by("email"):
            key = user.email.partition("@")[0]
            role = next(iter(user.groups.all()), StaffRole.FRONT_LINE)
            only = f", {user.provider} only" if user.provider else ""
            self.stdout.write(
                f"  {user.email:<34} {role}{only}\n"
                f"  {'':<34} {totp_secret(key, seed)}   "
                f".venv/bin/python manage.py demo code {key}"
            )

    def _code(self, name: str | None, seed: int) -> None:
        key = (name or "").partition("@")[0]
        if not User.objects.filter(email=f"{key}@{DOMAIN}", is_staff=True).exists():
            known = User.objects.filter(is_staff=True, email__endswith=f"@{DOMAIN}")
            keys = ", ".join(sorted(user.email.partition("@")[0] for user in known))
            raise CommandError(f"Name one of the demo's staff: {keys or 'load the demo first'}.")
        self.stdout.write(totp_code(totp_secret(key, seed), timezone.now()))
