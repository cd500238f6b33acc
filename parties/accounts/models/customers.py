"""Providers, their customers, and the accounts that are billed."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from parties.accounts.states import AccountStatus, BlockKind, CustomerKind
from records.fields import MoneyField
from terms.calendar import State

NETWORK_WORK = [
    ("noted", "Staff note what was done"),
    ("asked", "The network is asked, and says when it has done it"),
]
LATE_PAYMENT = [("interest", "Interest"), ("late_fee", "A late fee")]
# What a bank's file can hold.
ABA_TEXT = RegexValidator(
    r"^[A-Za-z0-9 &'()*,./+$!%=:?@#_^-]+$",
    "Plain letters, digits and signs: banks take no others",
)
STATES = [(state.value, state.value) for state in State]
# What counts numbers of documents: taken under the row's lock, and never written by a save.
COUNTERS = frozenset({"next_invoice_number", "next_credit_note_number"})


class Provider(models.Model):
    """A telco or MSP whose terms the portal runs; its facts and brand lie beside its terms."""

    key = models.SlugField(unique=True, help_text="The folder of its terms.")
    name = models.CharField(max_length=100)
    complaints_email = models.EmailField(help_text="The desk that is reminded of deadlines.")
    invoice_prefix = models.CharField(
        max_length=8, unique=True, help_text="What its invoice numbers begin with; no two alike."
    )
    next_invoice_number = models.PositiveBigIntegerField(default=1)
    next_credit_note_number = models.PositiveBigIntegerField(default=1)
    second_person_above = MoneyField(
        null=True,
        blank=True,
        default=Decimal("200.00"),
        help_text="Credits, refunds and write-offs above it, GST included, need two people; 0: "
        "always; empty: never, for a provider with a single member of staff.",
    )
    late_payment_cost = MoneyField(
        null=True,
        blank=True,
        help_text="What a late payment really costs; caps the late fee where the law says so.",
    )
    late_payment_elected = models.CharField(
        max_length=10,
        blank=True,
        choices=LATE_PAYMENT,
        help_text="Where the terms let the provider choose.",
    )
    late_fee_amount = MoneyField(
        null=True, blank=True, help_text="Where the terms name no amount: as published."
    )
    penalty_rate_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="The statutory rate that the terms build on, per year.",
    )
    reconnection_price = MoneyField(
        null=True,
        blank=True,
        help_text="Coming back after a suspension, as on the price list, GST included; only where "
        "the terms leave it to a list. Empty: none is charged.",
    )
    chase_above = MoneyField(
        default=Decimal("10.00"),
        help_text="Nothing below it is chased, GST included; 0: everything is.",
    )
    remind_days_before = models.PositiveSmallIntegerField(
        default=3, help_text="A reminder goes out so long before a bill is due; 0 for none."
    )
    extension_days = models.PositiveSmallIntegerField(
        default=10, help_text="More time to pay that a customer takes at once; 0 for none."
    )
    extensions_a_year = models.PositiveSmallIntegerField(
        default=2, help_text="How often in any twelve months."
    )
    cooling_off_hours = models.PositiveSmallIntegerField(
        default=48, help_text="Before a full authority works; 0 for none."
    )
    customer_idle_hours = models.PositiveSmallIntegerField(
        default=336, help_text="A customer's log-in ends when it was not used for so long."
    )
    customer_session_hours = models.PositiveSmallIntegerField(
        default=336, help_text="A customer's log-in ends after so long, used or not."
    )
    staff_idle_minutes = models.PositiveSmallIntegerField(
        default=30, help_text="A staff log-in ends when it was not used for so long."
    )
    staff_session_hours = models.PositiveSmallIntegerField(
        default=12, help_text="A staff log-in ends after so long, used or not."
    )
    network_work = models.CharField(
        max_length=5,
        choices=NETWORK_WORK,
        default="noted",
        help_text="How a service comes to work, stand still, come back and be switched off.",
    )
    biller_code = models.CharField(
        "BPAY biller code",
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^\d{3,10}$", "Three to ten digits, without spaces.")],
        help_text="Printed on bills and pay pages; empty: BPAY is not offered.",
    )
    bank_account_name = models.CharField(
        max_length=32,
        blank=True,
        validators=[ABA_TEXT],
        help_text="Whom the account that customers pay to belongs to. Without all three of name, "
        "BSB and number bank transfers are not offered.",
    )
    bank_bsb = models.CharField(
        "BSB",
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^\d{3}-\d{3}$", "Six digits, written 062-000.")],
    )
    bank_account_number = models.CharField(
        max_length=9,
        blank=True,
        validators=[RegexValidator(r"^\d{4,9}$", "Four to nine digits, without spaces.")],
    )
    debit_user_number = models.CharField(
        "direct entry user number",
        max_length=6,
        blank=True,
        validators=[RegexValidator(r"^\d{6}$", "Six digits, as the bank gave them.")],
        help_text="With name and bank it lets direct debits be drawn by a file; without all three "
        "no standing direct debit is offered.",
    )
    debit_user_name = models.CharField(
        "direct entry user name",
        max_length=26,
        blank=True,
        validators=[ABA_TEXT],
        help_text="As the bank has registered it.",
    )
    debit_bank = models.CharField(
        "bank of the file",
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, for instance CBA.")],
        help_text="Its three letters, for instance CBA, NAB or WBC.",
    )
    low_risk = models.JSONField(
        default=list, blank=True, help_text="Steps of the house's own list without second factor."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save what is set here, but never the counters of document numbers.

        They go on while an object is held; one that was read before a bill run would write back
        the numbers of then, and they would be given twice.
        """
        if not self._state.adding:
            named = kwargs.get("update_fields")
            if named is None:
                unread = self.get_deferred_fields()
                columns = (one for one in self._meta.concrete_fields if not one.primary_key)
                named = [one.name for one in columns if one.attname not in unread]
            kwargs["update_fields"] = [name for name in named if name not in COUNTERS]
        super().save(*args, **kwargs)

    @property
    def asks_network(self) -> bool:
        """Whether steps at a service count once the network has done them."""
        return self.network_work == "asked"

    @property
    def takes_transfers(self) -> bool:
        """Whether it is known to which bank account customers pay."""
        return bool(self.bank_account_name and self.bank_bsb and self.bank_account_number)

    @property
    def draws_debits(self) -> bool:
        """Whether its bank takes a file of direct debits from it, paid into a known account."""
        registered = self.debit_user_number and self.debit_user_name and self.debit_bank
        return bool(registered and self.takes_transfers)


class Customer(models.Model):
    """Who is bound by the contract."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="customers")
    kind = models.CharField(max_length=12, choices=CustomerKind)
    name = models.CharField(max_length=150)
    abn = models.CharField("ABN", max_length=11, blank=True)
    email = models.EmailField()
    phone = PhoneNumberField(blank=True)
    resells = models.BooleanField("buys to resell", default=False)
    could_negotiate = models.BooleanField("had a real chance to negotiate", default=False)
    is_large = models.BooleanField(
        "a large business",
        default=False,
        help_text="100 staff or more, and a turnover of 10 million dollars or more: unfair "
        "contract terms law does not protect it.",
    )
    annual_spend = models.DecimalField(
        "yearly spend, estimated", max_digits=10, decimal_places=2, default=0
    )
    relay_service = models.BooleanField("uses the National Relay Service", default=False)
    interpreter_language = models.CharField(max_length=60, blank=True)
    access_notes = models.CharField("what helps when we talk", max_length=300, blank=True)
    is_tcp = models.BooleanField("protected by the TCP Code", default=False)
    tcp_because = models.JSONField(default=list, blank=True)
    tcp_decided_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """What is billed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="accounts")
    number = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=10, choices=AccountStatus, default=AccountStatus.ACTIVE)
    state = models.CharField("state of the service address", max_length=3, choices=STATES)
    street = models.CharField(max_length=150)
    suburb = models.CharField(max_length=80)
    postcode = models.CharField(max_length=4)
    billing_email = models.EmailField()
    bill_day = models.PositiveSmallIntegerField(
        default=1, help_text="1 to 31; a month without it is billed on its last day."
    )
    billed_for = models.DateField(
        null=True, blank=True, help_text="The newest bill day that has been billed."
    )
    last_old_bill_day = models.DateField(
        null=True,
        blank=True,
        help_text="After a change of bill day: the old one on which the days between are billed.",
    )
    opened_on = models.DateField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(bill_day__gte=1, bill_day__lte=31),
                name="bill_day_in_each_month",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.customer.name}"


class Balance(models.Model):
    """What an account owes, as the ledger last wrote it in the transaction that changed it.

    Written by the ledger alone; read by whatever asks whether something is owed.
    """

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, primary_key=True, related_name="balance"
    )
    owed = MoneyField(default=Decimal("0.00"))
    held = MoneyField(default=Decimal("0.00"), help_text="The contested part of what is owed.")
    credit = MoneyField(default=Decimal("0.00"), help_text="Money that is tied to no invoice yet.")
    oldest_due = models.DateField(
        null=True, blank=True, help_text="Of what is owed and not contested."
    )
    oldest_due_shown = models.DateField(
        null=True,
        blank=True,
        help_text="The same as pages may show it, without what only the privacy role may know.",
    )

    class Meta:
        verbose_name_plural = "balances"
        indexes = [models.Index(fields=["oldest_due"], name="balances_by_oldest_due")]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.owed}"


class Block(models.Model):
    """Why money on an account is not asked for and nothing is cut because of it.

    Written by whoever knows (help in hardship, an extension, a complaint, a safety threat), asked
    under the account's lock by whatever chases, debits, suspends or ends.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="blocks")
    kind = models.CharField(max_length=12, choices=BlockKind)
    subject = models.CharField(max_length=40, help_text="The reference of what blocks.")
    because = models.JSONField(default=list, blank=True)
    is_private = models.BooleanField(
        default=False, help_text="Named to the privacy role alone; for all others, no step."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "subject"],
                condition=models.Q(ends_at__isnull=True),
                name="blocked_once",
            )
        ]
        indexes = [models.Index(fields=["account", "ends_at"], name="blocks_of_account")]

    def __str__(self) -> str:
        return self.get_kind_display()
