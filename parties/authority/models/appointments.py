"""Who stands where: holder, contacts, authorised representatives and advocates of an account."""

from __future__ import annotations

import uuid

from django.db import models

from parties.accounts.models import Account
from parties.authority.states import AdvocateKind, SignedHow
from parties.people.models import User
from records.sweeps import Swept
from terms.facts import Role

ROLES = [
    (Role.HOLDER.value, "Account holder"),
    (Role.CUSTOMER_CONTACT.value, "Customer contact"),
    (Role.AUTHORISED_REP.value, "Authorised representative"),
    (Role.ADVOCATE.value, "Advocate"),
]


class Appointment(Swept):
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
    needs_check = models.BooleanField(
        "waits for an identity check",
        default=False,
        help_text="The terms give it no effect before the person's identity is checked.",
    )
    substitute = models.CharField(
        max_length=300, blank=True, help_text="Agreed instead, with someone who can't sign."
    )
    named = models.CharField(max_length=150, blank=True, help_text="As written on the form.")
    position = models.CharField(max_length=60, blank=True, help_text="A business contact's job.")
    services = models.JSONField(
        default=dict,
        blank=True,
        help_text="The services covered, public id to label; empty for all.",
    )
    employee = models.BooleanField(null=True, blank=True)
    warrants_authority = models.BooleanField(
        default=False, help_text="An employee who said that they have authority."
    )
    provider_knows_otherwise = models.BooleanField(
        default=False, help_text="The provider knows that this employee has no authority."
    )
    statement = models.TextField(
        blank=True, help_text="The customer's written wish that an advocate does nothing alone."
    )
    awaits_acceptance = models.BooleanField(
        default=False, help_text="The appointed person has not taken it up yet."
    )
    works_from = models.DateTimeField(
        null=True, blank=True, help_text="When the cooling-off of a full authority is over."
    )
    held_at = models.DateTimeField(
        null=True, blank=True, help_text="Its cooling-off stands still since this moment: a pause."
    )
    made_at = models.DateTimeField(null=True, blank=True)
    appointed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    appointed_under = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="passed_on"
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    removal_notice_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_why = models.CharField(max_length=200, blank=True)

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

    @property
    def person(self) -> str:
        """The person's name, as the appointment gives it."""
        return self.named or str(self.user)


class Signature(models.Model):
    """How an appointment was signed, by whom and from where; kept as it was given."""

    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, related_name="signature"
    )
    how = models.CharField(max_length=12, choices=SignedHow)
    name = models.CharField(max_length=150)
    drawing = models.TextField(blank=True, help_text="The strokes, as an SVG path.")
    file = models.FileField(upload_to="appointments/%Y/%m/", blank=True)
    media_type = models.CharField(max_length=20, blank=True)
    words = models.CharField(max_length=300, blank=True, help_text="What was agreed instead.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.get_how_display()}: {self.name}"


class ExpiryReminder(models.Model):
    """A reminder that an appointment ends; each is sent once."""

    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="reminders"
    )
    days_before = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "days_before"], name="expiry_reminded_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.days_before} days before {self.appointment.ends_on}"


class Invitation(models.Model):
    """An emailed way to an account or an appointment on it; only the token's hash is kept."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=20, choices=ROLES, default=Role.HOLDER.value)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations"
    )
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
