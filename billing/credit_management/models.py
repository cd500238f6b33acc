"""Where asking for unpaid money stands, what was sent about it, and notices of suspension."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from billing.invoices.models import Invoice
from parties.accounts.models import Account
from records.fields import MoneyField
from records.notices.models import Notice
from records.sweeps import Swept

from .states import (
    DebtNoticeKind,
    DepositState,
    HandoverKind,
    HandoverState,
    NoticeState,
    ReminderKind,
    Step,
)


class Pursuit(Swept):
    """What the last sweep decided about an account with open money, and why."""

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, primary_key=True, related_name="pursuit"
    )
    looked_on = models.DateField(
        null=True, blank=True, help_text="The customer's day on which it was looked at last."
    )
    step = models.CharField(max_length=10, choices=Step, default=Step.NONE)
    amount = MoneyField(default=0, help_text="Overdue and not contested on that day.")
    next_on = models.DateField(null=True, blank=True)
    stopped_by = models.CharField(max_length=300, blank=True)
    is_private = models.BooleanField(default=False)
    because = models.JSONField(default=list, blank=True)
    end_from = models.DateField(
        "services can be ended from",
        null=True,
        blank=True,
        help_text="From here on services can be ended; empty: not now.",
    )
    must_end_by = models.DateField(
        "suspended at the longest until",
        null=True,
        blank=True,
        help_text="The last day that a suspension may last.",
    )
    collect_from = models.DateField(
        "collector from", null=True, blank=True, help_text="From here on a collector may come in."
    )
    list_from = models.DateField(
        "next step to a listing from",
        null=True,
        blank=True,
        help_text="From here on the next step to a listing is possible.",
    )

    class Meta:
        verbose_name = "account with open money"
        verbose_name_plural = "accounts with open money"
        ordering = ["next_on", "pk"]
        indexes = [models.Index(fields=["step", "next_on"], name="pursuits_by_step")]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.get_step_display()}"


class PaymentReminder(models.Model):
    """That a reminder went out about an invoice; once for each day by which it can be paid."""

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="payment_reminders"
    )
    kind = models.CharField(max_length=6, choices=ReminderKind)
    due_date = models.DateField()
    amount = MoneyField()
    sent_on = models.DateField(help_text="By the customer's clock, when it was written.")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")
    names_charge = models.BooleanField(
        default=False, help_text="It says what the terms add from when on."
    )
    is_advised = models.BooleanField(
        default=False, help_text="It was really given, so the charge is advised."
    )

    class Meta:
        ordering = ["-sent_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "kind", "due_date"], name="reminded_once_for_a_day"
            )
        ]
        indexes = [
            models.Index(
                fields=["notice"],
                condition=Q(names_charge=True, is_advised=False),
                name="reminders_to_advise",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.invoice}"


class SuspensionNotice(Swept):
    """A notice that services will be suspended unless what is overdue is paid (RF-TCP-17)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="suspension_notices"
    )
    amount = MoneyField(help_text="Overdue and not contested when it was given; good for less.")
    due_date = models.DateField(help_text="The oldest day by which it was to be paid.")
    invoices = models.ManyToManyField(Invoice, related_name="+")
    pay_by = models.DateField(help_text="The last day to pay that it states.")
    printed_earliest = models.DateField(
        help_text="The earliest day of suspension that it states; never sooner."
    )
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=150)
    in_hardship = models.BooleanField(
        default=False, help_text="The provider knew that the customer struggles."
    )
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(
        null=True, blank=True, help_text="When the customer opened it in the portal, or proof."
    )
    state = models.CharField(max_length=10, choices=NoticeState, default=NoticeState.LIVE)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=300, blank=True)
    because = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state=NoticeState.LIVE),
                name="one_suspension_notice_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account.number}, {self.given_at:%d %b %Y}"


class DebtNotice(Swept):
    """A written notice about a debt beyond suspension: an end, or a default to be reported.

    It is good for what it names or less, never for more (RF-TCP-16, RF-TCP-17, RF-DEBT-03).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debt_notices")
    kind = models.CharField(max_length=11, choices=DebtNoticeKind)
    amount = MoneyField(help_text="Overdue and not contested when it was given; good for less.")
    due_date = models.DateField(help_text="The oldest day by which it was to be paid.")
    invoices = models.ManyToManyField(Invoice, related_name="+")
    pay_by = models.DateField(help_text="The last day to pay that it states.")
    printed_earliest = models.DateField(help_text="The earliest day of what it announces.")
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=150)
    in_hardship = models.BooleanField(
        default=False, help_text="The provider knew that the customer struggles."
    )
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(
        null=True, blank=True, help_text="When the customer opened it in the portal, or proof."
    )
    state = models.CharField(max_length=10, choices=NoticeState, default=NoticeState.LIVE)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=300, blank=True)
    because = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = "notice of an end or a default"
        verbose_name_plural = "notices of an end or a default"
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=Q(state=NoticeState.LIVE),
                name="one_debt_notice_of_a_kind_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.get_kind_display()}, {self.given_at:%d %b %Y}"


class Handover(Swept):
    """A debt that is with a collector, or reported as a default; taken back when it has to be."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="handovers")
    kind = models.CharField(max_length=9, choices=HandoverKind)
    to_whom = models.CharField(max_length=100, help_text="As the customer reads it.")
    amount = MoneyField(help_text="Overdue and not contested on that day.")
    due_date = models.DateField(help_text="The oldest day by which it was to be paid.")
    invoices = models.ManyToManyField(Invoice, related_name="+")
    since = models.DateTimeField()
    by = models.CharField(max_length=150)
    state = models.CharField(max_length=8, choices=HandoverState, default=HandoverState.ACTIVE)
    recalled_at = models.DateTimeField(null=True, blank=True)
    recalled_because = models.CharField(max_length=300, blank=True)
    tell_by = models.DateField(
        null=True, blank=True, help_text="By when they have to be told; empty: at once."
    )
    told_at = models.DateTimeField(null=True, blank=True)
    told_how = models.CharField(max_length=200, blank=True)
    is_private = models.BooleanField(
        default=False, help_text="Taken back for a reason that only the privacy role may know."
    )
    because = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = "debt with a collector or a credit reporting body"
        verbose_name_plural = "debts with collectors and credit reporting bodies"
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=Q(state=HandoverState.ACTIVE),
                name="handed_over_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=Q(state=HandoverState.ACTIVE),
                name="handovers_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.get_kind_display()} since {self.since:%d %b %Y}"


class Deposit(models.Model):
    """Security that a customer was asked for; what of it is held stands in the ledger."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="deposits")
    amount = MoneyField(help_text="As asked for.")
    reason = models.CharField(max_length=300, help_text="The customer reads it.")
    state = models.CharField(max_length=8, choices=DepositState, default=DepositState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    settled_at = models.DateTimeField(null=True, blank=True)
    applied = MoneyField(default=0, help_text="What of it paid the last bills, when settled.")
    given_back = MoneyField(default=0, help_text="What of it became credit, when settled.")
    because = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="deposit_is_positive"),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=[DepositState.ASKED, DepositState.HELD]),
                name="one_deposit_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account.number}: deposit"
