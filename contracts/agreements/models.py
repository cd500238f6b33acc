"""What was agreed: plans, contracts and the services supplied under them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from parties.accounts.models import Account
from terms import library


class Contract(models.Model):
    """One agreement, under the version of the terms that it pins."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contracts")
    reference = models.CharField(max_length=20, unique=True)
    version = models.CharField(max_length=40, help_text="Of the provider's terms.")
    started_on = models.DateField()
    minimum_months = models.PositiveSmallIntegerField(null=True, blank=True)
    agreed = models.JSONField(
        default=dict,
        blank=True,
        help_text="Figures agreed for this contract in place of the terms': shape → values.",
    )
    agreed_in = models.CharField(
        max_length=100, blank=True, help_text="The quotation that holds them."
    )

    class Meta:
        ordering = ["-started_on"]

    def __str__(self) -> str:
        return self.reference

    def clean(self) -> None:
        if self.account_id is None:
            return
        document = self.account.customer.provider.key
        if self.version not in library.versions(document):
            raise ValidationError(
                {"version": f"“{self.version}” is no published version of {document}."}
            )
