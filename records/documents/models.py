"""What was issued: a frozen template name and content, and the file made from them."""

from __future__ import annotations

import uuid

from django.db import models

from .states import Status


class Document(models.Model):
    """A document whose words were fixed when it was issued; its PDF can be made at any time."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey("parties.Account", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, help_text="Public reference of what it documents.")
    title = models.CharField(max_length=200)
    template = models.CharField(max_length=100)
    content = models.JSONField()
    issued_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    file = models.FileField(upload_to="documents/%Y/%m/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], name="document_once_per_subject"),
            models.CheckConstraint(
                condition=~models.Q(status=Status.READY) | ~models.Q(sha256=""),
                name="ready_document_has_hash",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(status=Status.WAITING),
                name="document_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def file_name(self) -> str:
        """The name under which the file is downloaded or attached."""
        return f"{self.kind}-{self.subject}.pdf".replace("_", "-").lower()
