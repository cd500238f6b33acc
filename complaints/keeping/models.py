"""What shows that records of complaints were erased once their time was over."""

from __future__ import annotations

from typing import Any

from django.db import models

from parties.accounts.models import Provider
from parties.people.models import User


class Certificate(models.Model):
    """One act of erasing: by whom, when, by which rule, and how much of what went."""

    reference = models.CharField(max_length=20, unique=True)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    is_private = models.BooleanField(
        default=False, help_text="Of complaints about somebody's safety: the officers' alone."
    )
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    counted: Any = models.JSONField(help_text="How many of each kind of record went.")
    because: Any = models.JSONField(default=list)

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = "certificate of erasure"
        verbose_name_plural = "certificates of erasure"

    def __str__(self) -> str:
        return self.reference


class Erased(models.Model):
    """One complaint whose records are gone: what stays of it names nobody."""

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="erased")
    complaint = models.CharField("reference", max_length=20, unique=True)
    received_on = models.DateField()
    closed_on = models.DateField()
    kept_until = models.DateField(help_text="The last day on which it had to be there.")

    class Meta:
        ordering = ["closed_on", "complaint"]
        verbose_name = "erased complaint"

    def __str__(self) -> str:
        return self.complaint
