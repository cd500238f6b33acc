"""What was done or seen. Entries are appended, hash-chained per account, and never edited."""

from __future__ import annotations

from typing import Any

from django.db import models


class ChainHead(models.Model):
    """The last link of one account's chain; its row lock orders the writers of that account."""

    account = models.OneToOneField("parties.Account", on_delete=models.PROTECT, primary_key=True)
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.sequence}"


class EntryIsPermanent(Exception):
    """An audit entry is never changed or deleted."""


class Entry(models.Model):
    """One access to, or change of, a customer's record."""

    account = models.ForeignKey("parties.Account", on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        "parties.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=200, help_text="As known then; “system” for a task.")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    acted_as = models.CharField(max_length=80, blank=True, help_text="The standing or role, then.")
    for_whom = models.CharField(
        max_length=200, blank=True, help_text="Whose wish staff carried out, and their standing."
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    because = models.JSONField(default=list, blank=True)
    from_where = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    is_private = models.BooleanField(
        default=False, help_text="About somebody's safety: never shown on the account."
    )
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["account", "sequence"]
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["account", "sequence"], name="entry_once_in_chain")
        ]
        indexes = [models.Index(fields=["account", "-at"], name="entry_newest_first")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name}: {self.action} {self.subject}".rstrip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise EntryIsPermanent("An audit entry can't be changed. Record a new one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise EntryIsPermanent("An audit entry can't be deleted.")


class Anchor(models.Model):
    """One day's seal over every chain: it hashes the heads that moved and the anchor before it."""

    day = models.DateField(unique=True)
    taken_at = models.DateTimeField()
    moved = models.PositiveIntegerField(help_text="How many chains grew since the last anchor.")
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.hash[:12]}"


class AnchoredHead(models.Model):
    """Where one account's chain stood when an anchor was taken."""

    anchor = models.ForeignKey(Anchor, on_delete=models.PROTECT, related_name="heads")
    account = models.ForeignKey("parties.Account", on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "sequence"], name="head_anchored_once")
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.sequence}"
