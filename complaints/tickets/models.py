"""Complaints and their history."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from billing.invoices.models import Invoice, InvoiceLine
from contracts.catalogue.models import Plan
from contracts.equipment.models import Equipment
from contracts.requests.models import Fault
from contracts.supply.models import Chargeable, Service
from parties.accounts.models import Account
from parties.people.models import User
from records.fields import MoneyField, RateField
from records.sweeps import Swept
from terms.calendar import Channel

from .states import DONE, Act, Answer, CallDays, Cause, Ending, Happening, RemedyKind, State, Topic

CHANNELS = [(channel.value, channel.value.replace("_", " ").capitalize()) for channel in Channel]


class Complaint(Swept):
    """What someone is unhappy about, from receipt to the end."""

    reference = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="complaints")
    lodged_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: somebody who gave no name, and follows it by a secret.",
    )
    role = models.CharField(max_length=20, help_text="The lodger's standing then.")
    channel = models.CharField(max_length=12, choices=CHANNELS)
    received_at = models.DateTimeField()
    taken_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who of the staff wrote it down, if it did not come through the portal.",
    )
    caller_name = models.CharField(
        "name of who complains",
        max_length=120,
        blank=True,
        help_text="Of somebody who has no log-in here.",
    )
    caller_contact = models.CharField(
        "how to reach them", max_length=300, blank=True, help_text="The number or the place."
    )
    caller_days = models.CharField(
        "days to ring", max_length=8, choices=CallDays, default=CallDays.ANY
    )
    caller_opens = models.TimeField(
        "not before", null=True, blank=True, help_text="On the customer's clock."
    )
    caller_closes = models.TimeField("not after", null=True, blank=True)
    told_by = models.CharField(
        "letters go",
        max_length=12,
        choices=CHANNELS,
        default=Channel.EMAIL,
        help_text="How we tell the customer about this complaint from now on.",
    )
    topic = models.CharField(max_length=10, choices=Topic)
    description = models.TextField()
    wanted = models.TextField("outcome wanted", blank=True)
    hardship_related = models.BooleanField(default=False)
    disconnection_without_process = models.BooleanField(default=False)
    priority_assistance = models.BooleanField(default=False)
    safety_threat = models.BooleanField(default=False)
    is_urgent = models.BooleanField("urgent", default=False)
    urgent_because = models.JSONField(default=list, blank=True)
    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="complaints",
        help_text="Which one it is about, if one.",
    )
    disputed_invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="complaints"
    )
    disputed_lines = models.ManyToManyField(
        InvoiceLine,
        blank=True,
        related_name="+",
        help_text="Which lines of that bill; none: the bill as a whole, or something beside them.",
    )
    disputed_amount = MoneyField(null=True, blank=True)
    state = models.CharField(max_length=22, choices=State, default=State.RECEIVED)
    assigned_to = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="complaints_in_hand"
    )
    version = models.CharField(max_length=40, help_text="Of the terms that bound the account.")
    counted_from = models.DateTimeField(
        "days counted from",
        null=True,
        blank=True,
        help_text="A decline or a reopening starts them anew; otherwise from receipt.",
    )
    promised_on = models.DateField(
        "answer promised by",
        null=True,
        blank=True,
        help_text="The new day that was told when a delay was explained.",
    )
    escalated_at = models.DateTimeField("with a manager since", null=True, blank=True)
    answer_until = models.DateField(
        "customer may answer until",
        null=True,
        blank=True,
        help_text="Told in the letter before closing; the whole day is theirs.",
    )
    with_ombudsman_since = models.DateTimeField(null=True, blank=True)
    no_court_before = models.DateField(
        "no court step before", null=True, blank=True, help_text="Counted from the outcome."
    )
    ending = models.CharField("closed because", max_length=12, choices=Ending, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(
        max_length=10, choices=Cause, blank=True, help_text="What it came from, for the figures."
    )
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        help_text="The one that it is, or was, answered together with.",
    )
    merged_at = models.DateTimeField(null=True, blank=True)
    related = models.ManyToManyField(
        "self", blank=True, help_text="Those that staff see beside it; each has its own answer."
    )
    first_due_at = models.DateTimeField(
        "owed first by", null=True, blank=True, editable=False, help_text="Empty: nothing is owed."
    )
    first_due_on = models.DateField(null=True, blank=True, editable=False)
    first_duty = models.CharField(max_length=40, blank=True, editable=False)
    kept_because = models.CharField(
        "records kept because",
        max_length=300,
        blank=True,
        help_text="Why they stay beyond the time that the law sets.",
    )
    acknowledgement = models.ForeignKey(
        "notices.Notice",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["account", "-received_at"], name="complaint_newest_first"),
            models.Index(fields=["state", "received_at"], name="complaint_by_state"),
            models.Index(fields=["received_at"], name="complaints_by_receipt"),
            models.Index(fields=["closed_at"], name="complaints_by_end"),
            # On PostgreSQL what owes nothing comes last by itself.
            models.Index(
                fields=["first_due_at", "-received_at", "-id"], name="complaints_in_queue"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def starts_at(self) -> datetime:
        """The moment from which its days are counted."""
        return self.counted_from or self.received_at


class Proposal(models.Model):
    """An answer that was proposed, with what it gives; another one replaces it."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="proposals")
    text = models.TextField()
    credit = MoneyField(
        null=True, blank=True, help_text="What the customer gets back, in dollars, GST included."
    )
    invoice = models.ForeignKey(
        Invoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The bill that the credit is for.",
    )
    customer_task = models.TextField(blank=True, help_text="What the customer has to do first.")
    carry_out_on = models.DateField(
        null=True, blank=True, help_text="The day that both sides agreed on, if they did."
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    offered_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN)
    answered_at = models.DateTimeField(null=True, blank=True)
    task_done_at = models.DateTimeField(null=True, blank=True)
    carried_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["offered_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"],
                condition=models.Q(answer=Answer.OPEN),
                name="one_open_proposal",
            ),
            models.CheckConstraint(
                condition=models.Q(credit__isnull=True)
                | models.Q(credit__gt=0, invoice__isnull=False),
                name="credit_is_of_a_bill",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint}: {self.get_answer_display().lower()}"


class Remedy(models.Model):
    """One thing that a proposed answer gives besides a credit, and what became of it.

    What it is about depends on its kind: a late charge, a service and the plan that it moves to, a
    service where a technician comes, a piece that is replaced, the words of a letter. `monthly` is
    what the plan costs a month in dollars, GST included, as it was offered; `unit_fee` in the
    plan's own basis.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="remedies")
    kind = models.CharField(max_length=12, choices=RemedyKind)
    charge = models.ForeignKey(
        Chargeable,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: it fell away before this was carried out.",
    )
    amount = MoneyField(null=True, blank=True, help_text="Of a late charge, in dollars.")
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    unit_fee = RateField(null=True, blank=True)
    monthly = MoneyField(null=True, blank=True)
    equipment = models.ForeignKey(
        Equipment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    text = models.TextField(blank=True)
    fault = models.ForeignKey(
        Fault, on_delete=models.PROTECT, null=True, blank=True, related_name="remedies"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "remedies"
        ordering = ["proposal", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "kind"], name="remedy_once_of_a_kind"),
            models.CheckConstraint(
                condition=(
                    models.Q(kind=RemedyKind.LATE_CHARGE, amount__isnull=False)
                    | models.Q(kind=RemedyKind.PLAN, service__isnull=False, plan__isnull=False)
                    | models.Q(kind=RemedyKind.VISIT, service__isnull=False)
                    | models.Q(kind=RemedyKind.EQUIPMENT, equipment__isnull=False)
                    | (models.Q(kind=RemedyKind.APOLOGY) & ~models.Q(text=""))
                ),
                name="remedy_is_about_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal.complaint}: {self.get_kind_display().lower()}"


class Event(models.Model):
    """One step or message in a complaint; never edited."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    act = models.CharField(max_length=20, choices=[*Act.choices, *Happening.choices])
    text = models.TextField(blank=True)
    channel = models.CharField(
        max_length=12,
        choices=CHANNELS,
        blank=True,
        help_text="The way in which it was said or told, if not through the portal.",
    )
    said_by = models.CharField(
        max_length=120, blank=True, help_text="Whose words staff wrote down."
    )
    notice = models.ForeignKey(
        "notices.Notice", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    for_staff_only = models.BooleanField(default=False)
    because = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.complaint}: {self.act}"

    @property
    def what(self) -> str:
        """What happened, in words."""
        return str(DONE[self.act])
