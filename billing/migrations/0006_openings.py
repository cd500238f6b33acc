"""From what stands on record: entries, open amounts, billed days, charges."""

import hashlib
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from django.db import migrations
from django.db.models import Max, Sum

ZERO = Decimal("0.00")
ONE_DAY = timedelta(days=1)
KINDS = {"usage": "usage", "charge": "one_off"}


def carry_over(apps, schema_editor):
    charges(apps)
    invoices(apps)
    payments(apps)
    billed_days(apps)
    balances(apps)


def charges(apps):
    """One-off charges become chargeables; the line that billed one names it."""
    Charge = apps.get_model("billing", "Charge")
    Chargeable = apps.get_model("contracts", "Chargeable")
    InvoiceLine = apps.get_model("billing", "InvoiceLine")
    for row in Charge.objects.iterator(500):
        made = Chargeable.objects.create(
            account_id=row.account_id,
            kind=row.kind,
            source=row.source,
            description=row.description,
            amount=row.amount,
            gst=row.gst,
            incurred_on=row.incurred_on,
            noted_at=_moment(row.incurred_on),
            because=row.because,
        )
        if row.line_id:
            InvoiceLine.objects.filter(pk=row.line_id).update(
                chargeable=made, kind="late" if row.kind == "late_fee" else "one_off"
            )


def invoices(apps):
    """Each invoice as it was issued, each line with its kind, and what of it is held."""
    Invoice = apps.get_model("billing", "Invoice")
    OpenItem = apps.get_model("billing", "OpenItem")
    Hold = apps.get_model("billing", "Hold")
    UsageRecord = apps.get_model("billing", "UsageRecord")
    InvoiceLine = apps.get_model("billing", "InvoiceLine")
    used = UsageRecord.objects.filter(line__isnull=False).values("line")
    InvoiceLine.objects.filter(pk__in=used).update(kind="usage")
    rows = Invoice.objects.select_related("account__customer").order_by("pk")
    for invoice in rows.iterator(500):
        invoice.bill_day = invoice.period_start
        invoice.save(update_fields=["bill_day"])
        revenue = defaultdict(lambda: ZERO)
        for line in invoice.lines.all():
            revenue[line.kind] += line.amount_ex
        _post(
            apps,
            invoice.account,
            "invoice",
            invoice.issue_date,
            f"invoice:{invoice.number}",
            [
                ("receivable", invoice.total_inc, invoice.account_id, invoice.pk, ""),
                *(
                    ("late_charges" if kind == "late" else "revenue", -sum_, None, None, kind)
                    for kind, sum_ in revenue.items()
                ),
                ("gst", -invoice.gst, None, None, ""),
            ],
        )
        holds = Hold.objects.filter(invoice=invoice, status="open")
        held = holds.aggregate(s=Sum("amount"))["s"]
        shown = holds.filter(is_private=False).aggregate(s=Sum("amount"))["s"]
        OpenItem.objects.create(
            invoice=invoice,
            account_id=invoice.account_id,
            due_date=invoice.due_date or invoice.issue_date,
            amount=invoice.total_inc,
            contested=held or ZERO,
            contested_shown=shown or ZERO,
            held=min(held or ZERO, invoice.total_inc),
            held_shown=min(shown or ZERO, invoice.total_inc),
        )


def payments(apps):
    """Each payment, what of it paid an invoice, and the rest as credit."""
    Payment = apps.get_model("billing", "Payment")
    Allocation = apps.get_model("billing", "Allocation")
    OpenItem = apps.get_model("billing", "OpenItem")
    rows = Payment.objects.select_related("account__customer").order_by("pk")
    for payment in rows.iterator(500):
        payment.provider_id = payment.account.customer.provider_id
        payment.recorded_at = _moment(payment.received_on)
        payment.posting = _post(
            apps,
            payment.account,
            "payment",
            payment.received_on,
            f"payment:{payment.public_id}",
            [
                ("clearing", payment.amount, None, None, payment.method),
                ("credit", -payment.amount, payment.account_id, None, ""),
            ],
        )
        payment.save(update_fields=["provider", "recorded_at", "posting"])
        for row in Allocation.objects.filter(payment=payment):
            row.applied_on = payment.received_on
            row.save(update_fields=["applied_on"])
            _post(
                apps,
                payment.account,
                "allocation",
                payment.received_on,
                f"allocation:{row.pk}",
                [
                    ("credit", row.amount, payment.account_id, None, ""),
                    ("receivable", -row.amount, payment.account_id, row.invoice_id, ""),
                ],
            )
            item = OpenItem.objects.get(invoice_id=row.invoice_id)
            item.amount -= row.amount
            item.held = min(item.held, item.amount)
            item.held_shown = min(item.held_shown, item.held)
            item.save(update_fields=["amount", "held", "held_shown"])


def billed_days(apps):
    """Which days of a service were billed, by label, identifier and period within the account.

    A service whose bills don't match exactly is not billed until staff confirm the day.
    """
    Service = apps.get_model("contracts", "Service")
    InvoiceLine = apps.get_model("billing", "InvoiceLine")
    BilledPeriod = apps.get_model("billing", "BilledPeriod")
    NotBilled = apps.get_model("billing", "NotBilled")
    rows = Service.objects.filter(activated_on__isnull=False).select_related("contract", "plan")
    for service in rows.iterator(500):
        label = f"{service.label} ({service.identifier})"
        alike = Service.objects.filter(
            contract__account_id=service.contract.account_id,
            label=service.label,
            identifier=service.identifier,
        ).count()
        lines = list(
            InvoiceLine.objects.filter(
                invoice__account_id=service.contract.account_id,
                service_label=label,
                kind="fee",
                period_start__isnull=False,
                period_end__isnull=False,
            ).order_by("period_start", "pk")
        )
        if _fits(service, lines) and alike == 1:
            for line in lines:
                line.service_id = service.pk
                line.save(update_fields=["service"])
                BilledPeriod.objects.create(
                    service=service,
                    line=line,
                    plan=service.plan,
                    quantity=max(service.quantity, 1),
                    unit_fee=service.plan.monthly_fee,
                    starts_on=line.period_start,
                    ends_on=line.period_end,
                    of_days=max((line.period_end - line.period_start).days + 1, 28),
                )
            service.billed_through = lines[-1].period_end if lines else None
            service.save(update_fields=["billed_through"])
            continue
        service.billing_start_confirmed = False
        service.billed_through = max((line.period_end for line in lines), default=None)
        service.save(update_fields=["billing_start_confirmed", "billed_through"])
        first = (service.billed_through or service.activated_on - ONE_DAY) + ONE_DAY
        NotBilled.objects.create(
            account_id=service.contract.account_id,
            service=service,
            reason="to_confirm",
            what=f"{label}: its bills do not say clearly through which day it was billed",
            starts_on=first,
            ends_on=service.ended_on or first,
            noted_at=_moment(first),
        )


def _fits(service, lines):
    """Whether the billed days follow each other without gap or overlap."""
    if not lines:
        return True
    return all(
        one.period_end + ONE_DAY == other.period_start
        for one, other in zip(lines, lines[1:], strict=False)
    )


def balances(apps):
    """What each account owes, disputes and has to its credit."""
    Account = apps.get_model("parties", "Account")
    Balance = apps.get_model("parties", "Balance")
    OpenItem = apps.get_model("billing", "OpenItem")
    Entry = apps.get_model("billing", "LedgerEntry")
    Invoice = apps.get_model("billing", "Invoice")
    for account in Account.objects.iterator(500):
        items = [
            item for item in OpenItem.objects.filter(account=account) if item.amount > ZERO
        ]
        credit = Entry.objects.filter(account=account, ledger_account="credit").aggregate(
            s=Sum("amount")
        )["s"]
        due = [item.due_date for item in items if item.amount > item.held]
        Balance.objects.create(
            account=account,
            owed=sum((item.amount for item in items), ZERO),
            held=sum((item.held for item in items), ZERO),
            credit=-(credit or ZERO),
            oldest_due=min(due, default=None),
        )
        account.billed_for = Invoice.objects.filter(account=account).aggregate(
            newest=Max("period_start")
        )["newest"]
        account.save(update_fields=["billed_for"])


def _post(apps, account, kind, day, key, legs):
    Posting = apps.get_model("billing", "Posting")
    Entry = apps.get_model("billing", "LedgerEntry")
    posting = Posting.objects.create(
        provider_id=account.customer.provider_id,
        kind=kind,
        day=day,
        key=key,
        content=hashlib.sha256(f"carried over {key}".encode()).hexdigest(),
        at=_moment(day),
    )
    Entry.objects.bulk_create(
        Entry(
            posting=posting,
            ledger_account=to,
            amount=amount,
            account_id=of,
            invoice_id=invoice,
            detail=detail,
        )
        for to, amount, of, invoice, detail in legs
        if amount
    )
    return posting


def _moment(day):
    return datetime.combine(day, time(12), UTC)


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_ledger_and_charging")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
