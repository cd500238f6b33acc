"""Give somebody a role, or take it away. A role is given because a senior manager asked for it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from parties.authority.selectors import without_who_sees
from parties.people.models import User
from parties.people.services import (
    end_staff_role,
    ensure_staff_roles,
    grant_staff_role,
    note_staff_proof,
)
from parties.people.states import StaffData, StaffRole


class Command(BaseCommand):
    help = (
        "grant: give a role to a log-in. end: take it away, from this moment. "
        "proof: note that a senior manager saw who somebody is, who lost their second factor; the "
        "emailed link then opens for 15 minutes, and takes the lost factors off. "
        "refresh: let the roles see and do what this release gives them; run after an upgrade."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        grant = verbs.add_parser("grant", help="give a role because a senior manager asked")
        end = verbs.add_parser("end", help="take a role away")
        proof = verbs.add_parser("proof", help="note who saw somebody without their factor")
        verbs.add_parser("refresh", help="give each role what this release gives it")
        for verb in (grant, end, proof):
            verb.add_argument("email")
        proof.add_argument("--seen-by", required=True, help="the senior manager's name")
        proof.add_argument("--evidence", required=True, help="what they showed, and where")
        for verb in (grant, end):
            verb.add_argument("role", choices=StaffRole.values)
        grant.add_argument("--asked-by", required=True, help="the senior manager's name")
        grant.add_argument(
            "--from-outside", action="store_true", help="selected senior: may work remotely"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "refresh":
            ensure_staff_roles()
            self.stdout.write("The roles see and do what this release gives them.")
            self._warn_where_nobody_is_officer()
            return
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {options['email']}.")
        now = timezone.now()
        if options["verb"] == "proof":
            try:
                note_staff_proof(
                    user=user, seen_by=options["seen_by"], evidence=options["evidence"], at=now
                )
            except ValueError as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write(f"Noted. For 15 minutes {user} can reset from the emailed link.")
            return
        role = StaffRole(options["role"])
        if options["verb"] == "end":
            end_staff_role(user=user, role=role, at=now)
            self.stdout.write(f"{user} is no longer {role.label}.")
            self._warn_where_nobody_is_officer()
            return
        ensure_staff_roles()
        grant_staff_role(
            user=user,
            role=role,
            asked_by=options["asked_by"],
            from_outside=options["from_outside"],
            at=now,
        )
        self.stdout.write(f"{user} is {role.label}, as {options['asked_by']} asked.")

    def _warn_where_nobody_is_officer(self) -> None:
        """Complaints about somebody's safety are seen by privacy officers alone."""
        for provider in without_who_sees(StaffData.PRIVATE).order_by("name"):
            self.stderr.write(
                f"{provider.name} has no privacy officer: nobody sees complaints about somebody's "
                "safety there. Give somebody the role."
            )
