"""What was agreed: plans, contracts and the services supplied under them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from parties.accounts.models import Account
from parties.people.models import User
from records.fields import MoneyField
from terms import library

from .states import Basis, FigureKind


class Contract(models.Model):
    """One agreement, under the version of the terms that it pins."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contracts")
    reference = models.CharField(max_length=20, unique=True)
    version = models.CharField(max_length=40, help_text="Of the provider's terms.")
    version_since = models.DateField(
        "that version since",
        null=True,
        blank=True,
        help_text="The first day of this version; empty: since the contract began.",
    )
    started_on = models.DateField()
    minimum_months = models.PositiveSmallIntegerField(null=True, blank=True)
    price_fixed_until = models.DateField(
        null=True,
        blank=True,
        help_text="The price was agreed to stay until then; empty: as the terms have it.",
    )
    agreed = models.JSONField(
        default=dict,
        blank=True,
        help_text="Figures agreed for this contract in place of the terms': shape → values.",
    )
    agreed_in = models.CharField(
        max_length=100, blank=True, help_text="The quotation that holds them."
    )
    csg_waived_on = models.DateField(
        "Customer Service Guarantee waived on",
        null=True,
        blank=True,
        help_text="Given up expressly, for all services of this contract; empty: kept.",
    )
    csg_waived_in = models.CharField(
        "waived in", max_length=60, blank=True, help_text="The order by which it was given up."
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


class FormerVersion(models.Model):
    """A version of the terms that bound a contract up to a day, and no longer."""

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="former_versions"
    )
    version = models.CharField(max_length=40)
    last_day = models.DateField()

    class Meta:
        ordering = ["contract", "last_day"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "last_day"], name="one_former_version_to_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract}: {self.version} until {self.last_day}"


class AgreedFigure(models.Model):
    """An amount agreed for one service; the newest of a kind stands, older ones stay on record.

    No row means that nobody knows it, which is another thing than 0.00.
    """

    service = models.ForeignKey(
        "contracts.Service", on_delete=models.PROTECT, related_name="agreed_figures"
    )
    kind = models.CharField(max_length=24, choices=FigureKind)
    amount = MoneyField()
    basis = models.CharField(max_length=3, choices=Basis)
    ends_before = models.DateField(
        null=True, blank=True, help_text="Of a quoted charge: due if the service ends before."
    )
    agreed_in = models.CharField(
        max_length=100, help_text="The quotation, order form or price list that says so."
    )
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["service", "kind", "-noted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind"],
                condition=models.Q(replaced_at__isnull=True),
                name="one_agreed_figure_of_a_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gte=0), name="agreed_figure_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(kind=FigureKind.QUOTED_EARLY_CHARGE, ends_before__isnull=False)
                | (
                    ~models.Q(kind=FigureKind.QUOTED_EARLY_CHARGE)
                    & models.Q(ends_before__isnull=True)
                ),
                name="quoted_charge_says_until_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"
