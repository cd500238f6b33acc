"""What was said: every email and text is a row first, written with the fact that it reports."""

from __future__ import annotations

import re

from django.db import models

from .states import Channel, Priority, Status

# The part of a link that lets whoever has it do something, without logging in.
TOKEN = re.compile(r"(?<=/)[\w:.-]{40,}(?=/)")


class Notice(models.Model):
    """One message to one address. Its words are fixed when it is given."""

    account = models.ForeignKey(
        "parties.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=40)
    subject_ref = models.CharField(max_length=80, blank=True, help_text="What it is about.")
    channel = models.CharField(max_length=5, choices=Channel, default=Channel.EMAIL)
    to = models.CharField(
        max_length=254, help_text="An email address, a phone number, or where to tell it."
    )
    addressed_to = models.CharField(
        max_length=254,
        help_text="The address it was written to; `to` is where it goes from there.",
    )
    addressed_by = models.CharField(max_length=5, choices=Channel, default=Channel.EMAIL)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    sender = models.CharField(max_length=200)
    reply_to = models.EmailField(blank=True)
    title = models.CharField(max_length=250)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    postal_address = models.TextField(
        blank=True, help_text="Of a letter: name and address, as they stand in its window."
    )
    posted_by = models.CharField(max_length=150, blank=True)
    tracking = models.CharField(
        "registered as", max_length=40, blank=True, help_text="The number of a registered letter."
    )
    proven_at = models.DateTimeField(
        "proven received", null=True, blank=True, help_text="By when it is proven to have arrived."
    )
    proof = models.CharField(max_length=200, blank=True)
    because = models.JSONField(default=list, blank=True)
    attachments = models.ManyToManyField("documents.Document", blank=True, related_name="+")
    is_secret = models.BooleanField(default=False, help_text="The words are wiped once sent.")
    message_id = models.CharField(max_length=120, unique=True)
    given_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True, help_text="Of whoever is sending it.")
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was handed over, or told."
    )
    error = models.CharField(max_length=300, blank=True)
    unsubscribe_url = models.URLField(blank=True, help_text="Marketing only: one click ends it.")
    opens = models.TimeField(null=True, blank=True, help_text="Delivered from this hour.")
    closes = models.TimeField(null=True, blank=True, help_text="Delivered until this hour.")
    zone = models.CharField(max_length=40, blank=True)
    instead = models.JSONField(
        default=dict,
        blank=True,
        help_text="Of a text message: the email that goes where it can't (to, text, html).",
    )
    not_after = models.DateTimeField(
        "as a text until", null=True, blank=True, help_text="From then on the email goes instead."
    )
    text_failed = models.CharField(
        "why an email went instead of a text", max_length=300, blank=True
    )

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status=Status.SENT) | models.Q(sent_at__isnull=False),
                name="sent_notice_has_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["priority", "next_try_at"],
                condition=models.Q(status__in=[Status.QUEUED, Status.SENDING]),
                name="notice_waiting",
            ),
            models.Index(fields=["account", "-given_at"], name="notice_newest_first"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def carries_secret(self) -> bool:
        """Whether whoever reads it could log in or act by it: a code, or a link that acts.

        The link that ends marketing does no more than that, and is none.
        """
        return self.is_secret or bool(TOKEN.search(self._without_unsubscribing()))

    def _without_unsubscribing(self) -> str:
        return self.text.replace(self.unsubscribe_url, "") if self.unsubscribe_url else self.text

    @property
    def words(self) -> str:
        """What was said, for others than its addressee: no link in it works, no code is told."""
        return "" if self.is_secret else TOKEN.sub("…", self.text)


class Redirect(models.Model):
    """From now on, what would go to this address goes somewhere else, and only in some hours."""

    account = models.ForeignKey(
        "parties.Account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Only messages about this account; empty means all.",
    )
    address = models.CharField(max_length=254, help_text="An email address or a phone number.")
    for_secrets = models.BooleanField(
        default=False, help_text="For codes and links that act; otherwise for all other messages."
    )
    by_hand = models.BooleanField(help_text="No email: staff tell it at `to`.")
    text_to = models.CharField(
        max_length=20, blank=True, help_text="The phone number that texts go to; empty for none."
    )
    to = models.CharField(max_length=254)
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)
    zone = models.CharField(max_length=40)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["address"],
                condition=models.Q(ended_at__isnull=True),
                name="redirect_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"Redirect {self.pk}"
