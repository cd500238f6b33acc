"""Who stands where: holder, contacts, authorised representatives and advocates of an account."""

from __future__ import annotations

import uuid

from django.db import models

from parties.states import AdvocateKind
from terms.facts import Role

from .customers import Account
from .people import User

ROLES = [
    (Role.HOLDER.value, "Account holder"),
    (Role.CUSTOMER_CONTACT.value, "Customer contact"),
    (Role.AUTHORISED_REP.value, "Authorised representative"),
    (Role.ADVOCATE.value, "Advocate"),
]


class Appointment(models.Model):
    """A person's standing on an account. Whether it allows an act is asked of the terms."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="appointments")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="appointments")
    role = models.CharField(max_length=20, choices=ROLES)
    advocate_kind = models.CharField(max_length=25, choices=AdvocateKind, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="Last day; empty means standing.")
    limits = models.JSONField(default=list, blank=True, help_text="What is withheld.")
    max_expense = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    in_writing = models.BooleanField(default=False)
    signed = models.BooleanField(default=False)
    form_received_on = models.DateField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    evidence = models.CharField(max_length=300, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["account", "role", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="appointment_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(
                    role=Role.HOLDER.value, revoked_at__isnull=True, ends_on__isnull=True
                ),
                name="one_holder_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["user", "account"], name="appointment_of_user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.account.number}"


class Invitation(models.Model):
    """An emailed way to claim an existing account; only the token's hash is kept."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=20, choices=ROLES, default=Role.HOLDER.value)
    email = models.EmailField()
    token_hash = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-sent_at"]

    def __str__(self) -> str:
        return f"{self.email} → {self.account.number}"
