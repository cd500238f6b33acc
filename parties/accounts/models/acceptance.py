"""Which terms were accepted, and days proclaimed by a state."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import models

from parties.accounts.states import AcceptanceAct
from terms import library
from terms.calendar import State

from .customers import Account

# Nearly every page counts days; these rows change a few times a year.
DECLARED_DAYS = "declared-days"


class TermsAcceptance(models.Model):
    """From this day the account is bound by this version, until a later row says otherwise."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="acceptances")
    version = models.CharField(max_length=40)
    act = models.CharField(max_length=20, choices=AcceptanceAct)
    binds_from = models.DateField()
    accepted_by = models.ForeignKey(
        "parties.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["account", "-binds_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "binds_from"], name="one_version_binds_from_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.version} from {self.binds_from}"

    def clean(self) -> None:
        document = self.account.customer.provider.key
        if self.version not in library.versions(document):
            raise ValidationError(
                {"version": f"“{self.version}” is no published version of {document}."}
            )


class DeclaredDay(models.Model):
    """What became known of a day after the calendar was published; open clocks follow it.

    A state proclaimed it as a holiday, confirmed one that was expected, or it is none after all.
    """

    state = models.CharField(max_length=3, choices=[(s.value, s.value) for s in State])
    day = models.DateField()
    name = models.CharField(max_length=80)
    withdrawn = models.BooleanField(
        "no holiday",
        default=False,
        help_text="Tick for an expected or declared day that is no holiday after all.",
    )
    source = models.CharField(max_length=200, help_text="Where it was proclaimed.")
    since = models.DateField(
        null=True, blank=True, editable=False, help_text="The earliest day that it ever named."
    )
    applied_at = models.DateTimeField(
        "open clocks set anew at", null=True, blank=True, editable=False
    )

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["state", "day"], name="day_declared_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.name} ({self.state}){', withdrawn' * self.withdrawn}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.since = min(self.since or self.day, self.day)
        super().save(*args, **kwargs)
        cache.delete(DECLARED_DAYS)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        gone = super().delete(*args, **kwargs)
        cache.delete(DECLARED_DAYS)
        return gone
