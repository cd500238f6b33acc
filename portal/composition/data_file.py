"""All that is held about an account in one file: JSON, the PDFs, and what is what.

Left out: what concerns somebody's safety, notes among staff, and the secrets of log-ins.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import Any

import structlog
from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q, QuerySet
from phonenumber_field.phonenumber import PhoneNumber

from billing.charging.models import BilledPeriod, ChargeRequest, NotBilled
from billing.credit_management.models import (
    DebtNotice,
    Deposit,
    Handover,
    PaymentReminder,
    SuspensionNotice,
)
from billing.disputes.models import Hold
from billing.hardship.models import Arrangement, Extension, HelpRequest, Instalment
from billing.invoices.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from billing.payments.models import (
    Allocation,
    CardRequest,
    ChargeAdvice,
    Draw,
    Mandate,
    MoneyRequest,
    OnlinePayment,
    Payment,
    Refund,
    RefundAccount,
)
from billing.payments.states import DrawState
from billing.usage.models import UsageRecord
from billing.usage.selectors import is_help_line
from complaints.lodging.models import Attachment
from complaints.ombudsman.models import Referral
from complaints.tickets.models import Complaint, Event, Proposal, Remedy
from complaints.tickets.selectors import of_account, unseen_references
from contracts.agreements.models import AgreedFigure, Contract, FormerVersion
from contracts.barring.models import Bar, SimSwap
from contracts.equipment.models import Equipment
from contracts.leaving.models import EndNotice
from contracts.locations.models import ListingChange, ServiceAddress
from contracts.moving.models import Relocation
from contracts.network.models import WorkOrder
from contracts.orders.models import (
    CapacityCheck,
    Order,
    OrderLine,
    OrderTick,
    PortIn,
    Withdrawal,
)
from contracts.orders.states import SHOWN
from contracts.renewing.models import TermRenewal
from contracts.requests.models import Fault, FaultWork, OutageService
from contracts.supply.models import (
    Chargeable,
    Discount,
    PlanChange,
    Service,
    SupplyPeriod,
)
from contracts.variations.models import PriceChange, TermsChange
from parties.accounts.models import Account, Customer, TermsAcceptance
from parties.authority import selectors as authority
from parties.authority.models import Appointment, HolderEvent, Presence, Signature
from parties.correspondence.models import Preference
from parties.correspondence.services import MASKED
from parties.desk.models import Call
from parties.people.models import User
from parties.privacy import selectors as privacy
from parties.privacy.models import DataExport, PrivacyRequest
from parties.privacy.services import tell_export_ready
from parties.privacy.states import ExportState
from parties.security.models import ContactChange, EmailChange, IdentityCheck, Pause
from records.audit.services import record
from records.deadlines.models import Deadline
from records.documents.models import Document
from records.documents.pdf import PdfFailed, PdfUnavailable
from records.documents.services import ensure_file
from records.notices.models import Notice

log = structlog.get_logger(__name__)

HOLDS = timedelta(days=7)
GIVE_UP_AFTER = 5
README = """What is in this file

Each .json file is a list of records of one kind; documents/ holds every PDF that was issued.
Times are in UTC. Something is wrong or missing? Ask for a correction on your privacy page.
"""

Rows = Iterable[dict[str, Any]]

# What is told of records that also hold notes of staff, or the secrets of links and codes.
TERM = ("made_at", "starts_on", "ends_on", "works_from", "verified_at", "revoked_at")
POWERS = ("limits", "max_expense", "services", "statement")
APPOINTED = ("user__full_name", "role", "advocate_kind", "position", *TERM, *POWERS)
SIGNED = ("name", "how", "words", "drawing", "at", "by__full_name", "address", "user_agent")
PRESENT = ("advocate__full_name", "words", "state", "asked_at", "confirmed_at", "ended_at")
CHANGED = ("before", "after", "changed_at", "undone_at")
CHECKED = ("person__full_name", "purpose", "factor", "asked_at", "passed_at")
HAPPENED = ("kind", "since", "recorded_at", "because")
PAUSED = ("step", "person__full_name", "since", "lifted_at")
CALLED = ("caller", "step", "started_at", "ended_at")
REQUESTED = ("kind", "invoice__number", "amount", "reason", "state", "asked_at")
CHARGED = ("what", "description", "amount", "percent", "starts_on", "ends_on", "state")
BEGUN = ("amount", "surcharge", "method", "cards", "state", "started_at", "settled_at")
MANDATED = (
    *("reference", "kind", "payer_name", "bsb", "card", "number_end", "valid_to", "draw_day"),
    *("signed_as", "capacity"),
    *("second_signed_as", "agreed_at", "state", "reason", "ended_at", "because"),
)
CARDS_ASKED = ("cards", "draw_day", "signed_as", "capacity", "words", "state", "started_at")
AT_NETWORK = ("kind", "state", "cause", "asked_at", "happened_at", "problem")
PAID_TO = ("payee_name", "bsb", "number_end", "given_at", "ended_at")
GIVEN_BACK = ("amount", "state", "way", "asked_at", "decided_at", "ended_at")
DRAWN = (
    *("reference", "invoice__number", "amount", "surcharge", "on", "state", "reason", "ended_at"),
    "because",
)
AGREED = ("service__label", "kind", "amount", "basis", "ends_before", "agreed_in", "noted_at")
RENEWED = (
    "service__label",
    "state",
    "months",
    "starts_on",
    "ends_on",
    "monthly",
    "total",
    "brings_handsets",
    "handsets_on",
    "because",
    "asked_at",
    "decided_at",
)
ENDED = (
    "service__label",
    "side",
    "cause",
    "form",
    "state",
    "received_on",
    "asked_on",
    "ends_on",
    "charge",
    "parts",
    "unknown",
    "because",
    "given_at",
)
GEAR = (
    *("service__label", "item", "label", "serial", "basis", "price", "paid", "delivered_on"),
    *("place", "asked_back_on", "due_on", "came_back_on", "charged", "because"),
)
REPRICED = (
    *("service__label", "variation__says", "monthly_before", "monthly_after", "effective_on"),
    *("keeps_until", "way_out_by", "way_out_until", "told_on", "received_on", "state", "because"),
)
FORMER = ("contract__reference", "version", "last_day")
NEW_TERMS = (
    *("contract__reference", "variation__version", "variation__says", "version_before"),
    *("effective_on", "way_out_by", "way_out_until", "told_on", "received_on", "state"),
    "because",
)
ORDERED = (
    *("reference", "quotation", "state", "deposit", "offered_at", "open_until", "version"),
    *("total_ex", "total_inc", "monthly_inc", "because", "accepted_at", "signed_as"),
    *("work_began_on", "work_done", "ended_at", "ended_why"),
)
LINED = (
    *("order__reference", "label", "plan__name", "identifier", "quantity", "unit_fee", "basis"),
    *("months", "once", "vendor", "provisioned_on", "dropped_at", "dropped_why"),
)
TICKED = ("order__reference", "kind", "about", "words", "link", "because", "ticked_at")
ASSESSED = ("order__reference", "value", "finding", "reasons", "because", "checked_at")
MOVED = (
    *("line__order__reference", "numbers", "state", "advice_sent_at", "resubmitted_at"),
    *("not_before", "because", "rejected_at", "rejected_why", "requested_at", "moved_at"),
    "withdrawn_at",
)
TAKEN_BACK = (
    *("order__reference", "asked_at", "min_ex", "max_ex", "because", "amount_ex", "breakdown"),
    "settled_at",
)
FAULTS = (
    *("service__label", "reference", "trouble", "what", "since", "tried", "channel"),
    *("reported_at", "taken_at", "cost_accepted_at", "cost_accepted_by", "estimate"),
    *("state", "result", "closed_at"),
)
WORKED = ("fault__reference", "on_site", "started_at", "ended_at", "found", "words", "amount")
ADDRESSED = (
    *("service__label", "reference", "street", "suburb", "state", "postcode", "used_from"),
    *("gear", "told", "told_at", "stage", "confirmed_at", "sent_on_at", "ended_at"),
)
BARRED = (
    *("service__label", "reference", "kind", "state", "asked_at", "barred_at", "lift_asked_at"),
    "lifted_at",
)
SWAPPED = ("service__label", "reference", "form", "state", "asked_at", "ended_at", "ended_why")
LISTED = (
    *("service__label", "reference", "wanted", "listed_as", "channel", "asked_at", "state"),
    *("written_at", "done_at", "ended_why"),
)
RELOCATED = (
    *("service__label", "reference", "street", "suburb", "region", "postcode", "move_on", "said"),
    *("state", "asked_at", "quote_ex", "quote_inc", "quoted_for", "quoted_at", "agreed_at"),
    *("done_on", "ended_at", "ended_why"),
)
HIT = ("service__label", "outage__reference", "outage__what", "outage__began_at", "told")
REPLANNED = ("service__label", "from_plan__name", "to_plan__name", "state", "asked_at", "because")
REMINDED = ("invoice__number", "kind", "due_date", "amount", "sent_on")
ANNOUNCED = ("amount", "due_date", "pay_by", "printed_earliest", "given_at", "state", "because")
DEPOSITED = ("amount", "reason", "state", "asked_at", "settled_at", "applied", "given_back")
HANDED = ("kind", "to_whom", "amount", "since", "state", "recalled_at", "told_at", "because")
WISHED = ("reference", "kinds", "can_pay", "every", "first_on", "months", "words")
HELPED = (*WISHED, "state", "asked_at", "decide_by", "decided_at", "reasons", "because")
ARRANGED = ("request__reference", "state", "amount", "waived", "other_help", "accepted_at")
STEP = ("complaint__reference", "at", "act", "text", "channel", "said_by", "by__full_name")
ANSWERS = (
    *("complaint__reference", "text", "credit", "invoice__number", "customer_task"),
    *("carry_out_on", "offered_at", "answer", "answered_at", "carried_out_at"),
)
REMEDIES = (
    *("proposal__complaint__reference", "kind", "amount", "service__label", "plan__name"),
    *("monthly", "text", "done_at", "result"),
)
# Which other one it was answered with may be private by now.
NOT_OF_COMPLAINTS = (
    "safety_threat",
    "problem",
    "problem_at",
    "merged_into_id",
    "kept_because",
    "first_due_at",
    "first_due_on",
    "first_duty",
)
CONTESTED = (
    *("complaint__reference", "invoiceline__invoice__number", "invoiceline__description"),
    "invoiceline__amount_inc",
)
FILES = ("complaint__reference", "name", "media_type", "size", "sha256", "added_at")
REFERRALS = (
    *("complaint__reference", "level", "their_reference", "received_at", "answer_by"),
    *("answered_at", "ended_at"),
)
PROMISED = ("subject", "title", "due_on", "status", "done_at", "because")


class PlainEncoder(DjangoJSONEncoder):
    """Writes phone numbers as people do, beside what Django's encoder knows."""

    def default(self, o: Any) -> Any:
        return str(o) if isinstance(o, PhoneNumber) else super().default(o)


def sweep(*, at: datetime) -> int:
    """Delete the files whose days are over and make those that wait; return how many were made."""
    remove_expired(at=at)
    return make_waiting(at=at)


def make_waiting(*, at: datetime) -> int:
    """Make the files that wait, one after the other; return how many were made."""
    made = 0
    for pk in list(
        DataExport.objects.filter(state=ExportState.WAITING).values_list("pk", flat=True)
    ):
        try:
            made += _make(pk, at)
        except Exception as failure:
            _note_failure(pk, failure)
    return made


def remove_expired(*, at: datetime) -> int:
    """Delete the files whose days are over; return how many there were."""
    over = Q(state=ExportState.READY, expires_at__lte=at)
    left_behind = Q(state=ExportState.EXPIRED) & ~Q(file="")
    removed = 0
    for export in DataExport.objects.filter(over | left_behind):
        export.state = ExportState.EXPIRED
        export.save(update_fields=["state"])
        try:
            export.file.delete(save=False)
        except OSError as failure:
            # Nobody can fetch it any more; the next sweep tries again to delete it.
            log.warning("export_not_removed", export=export.pk, why=str(failure))
            continue
        export.file = ""
        export.save(update_fields=["file"])
        removed += 1
    return removed


def _make(pk: int, at: datetime) -> int:
    export = DataExport.objects.select_related("account__customer__provider", "asked_by").get(
        pk=pk
    )
    issued = Document.objects.filter(account=export.account)
    documents = list(issued.exclude(kind__endswith=MASKED).order_by("issued_at"))
    DataExport.objects.filter(pk=pk).update(total=len(documents), done=0)
    with TemporaryFile() as space:
        with zipfile.ZipFile(space, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", README)
            for name, rows in kinds(export.account, export.asked_by):
                archive.writestr(f"{name}.json", _as_text(list(rows)))
            for done, document in enumerate(documents, start=1):
                _add(archive, document)
                DataExport.objects.filter(pk=pk).update(done=done)
        space.seek(0)
        return _keep(export, File(space), at)


def _add(archive: zipfile.ZipFile, document: Document) -> None:
    """Put one document in; where it can't be made, what it says, so that nothing is missing."""
    try:
        archive.writestr(f"documents/{document.file_name}", ensure_file(document))
    except PdfUnavailable:
        raise
    except PdfFailed:
        archive.writestr(f"documents/{document.file_name}.json", _as_text(document.content))


def _as_text(data: Any) -> str:
    return json.dumps(data, cls=PlainEncoder, ensure_ascii=False, indent=1)


def _keep(export: DataExport, file: File[bytes], at: datetime) -> int:
    """Keep the file and tell the person, unless another worker was faster."""
    with transaction.atomic():
        row = DataExport.objects.select_for_update(of=("self",)).get(pk=export.pk)
        if row.state != ExportState.WAITING:
            return 0
        row.file.save(f"{row.public_id}.zip", file, save=False)
        row.state, row.ready_at, row.expires_at = ExportState.READY, at, at + HOLDS
        row.save(update_fields=["file", "state", "ready_at", "expires_at"])
        record(
            account_id=row.account_id,
            at=at,
            action="make_export",
            subject=export.account.number,
            after={"fetch_until": row.expires_at.isoformat(timespec="minutes")},
        )
        tell_export_ready(export, at)
    return 1


def _note_failure(pk: int, failure: Exception) -> None:
    log.warning("export_failed", export=pk, why=str(failure))
    export = DataExport.objects.get(pk=pk)
    export.attempts += 1
    if export.attempts >= GIVE_UP_AFTER:
        export.state = ExportState.FAILED
    export.save(update_fields=["attempts", "state"])


def kinds(account: Account, by: User) -> Iterable[tuple[str, Rows]]:
    """Every area's kinds of records, each with its rows as plain data."""
    for area in KINDS:
        yield from area(account, by)


def _people(account: Account, by: User) -> Iterable[tuple[str, Rows]]:
    """Who the customer is and who acts for them; of log-ins only the asker's own."""
    of = {"account": account}
    yield "customer", _rows(Customer.objects.filter(accounts=account))
    yield "account", _rows(Account.objects.filter(pk=account.pk))
    yield "you", _rows(User.objects.filter(pk=by.pk), only=("email", "full_name", "phone"))
    yield "your_email_changes", _rows(EmailChange.objects.filter(user=by), only=CHANGED)
    yield "people", _rows(Appointment.objects.filter(**of), only=APPOINTED)
    yield "signatures", _rows(Signature.objects.filter(appointment__account=account), only=SIGNED)
    yield "asked_with_customer_there", _rows(Presence.objects.filter(**of), only=PRESENT)
    yield "contact_changes", _rows(ContactChange.objects.filter(**of), only=CHANGED)
    yield "identity_checks", _rows(IdentityCheck.objects.filter(**of), only=CHECKED)
    yield "holder_events", _rows(HolderEvent.objects.filter(**of), only=HAPPENED)
    yield "pauses", _rows(Pause.objects.filter(**of), only=PAUSED)
    yield "calls", _rows(Call.objects.filter(**of), only=CALLED)
    yield "preferences", _rows(Preference.objects.filter(**of))
    yield "privacy_requests", _rows(PrivacyRequest.objects.filter(**of))


def _agreed(account: Account, by: User) -> Iterable[tuple[str, Rows]]:
    yield "terms_accepted", _rows(TermsAcceptance.objects.filter(account=account))
    yield "contracts", _rows(Contract.objects.filter(account=account))
    former = FormerVersion.objects.filter(contract__account=account)
    yield "former_terms_of_contracts", _rows(former, only=FORMER)
    terms_told = TermsChange.objects.filter(contract__account=account, notice__isnull=False)
    yield "new_terms_of_contracts", _rows(terms_told, only=NEW_TERMS)
    yield "services", _rows(Service.objects.filter(contract__account=account))
    # A paper that was never offered is nobody's but the provider's; a refusal was told.
    seen = Order.objects.filter(account=account, state__in=SHOWN)
    yield "orders", _rows(seen, only=ORDERED)
    yield "order_lines", _rows(OrderLine.objects.filter(order__in=seen), only=LINED)
    yield "order_confirmations", _rows(OrderTick.objects.filter(order__in=seen), only=TICKED)
    checked = CapacityCheck.objects.filter(order__account=account)
    yield "capacity_checks", _rows(checked, only=ASSESSED)
    yield "numbers_moving_in", _rows(PortIn.objects.filter(line__order__in=seen), only=MOVED)
    yield "withdrawn_orders", _rows(Withdrawal.objects.filter(order__in=seen), only=TAKEN_BACK)
    of_services = {"service__contract__account": account}
    yield "agreed_figures", _rows(AgreedFigure.objects.filter(**of_services), only=AGREED)
    yield "supply", _rows(SupplyPeriod.objects.filter(**of_services))
    yield "discounts", _rows(Discount.objects.filter(**of_services))
    yield "end_notices", _rows(EndNotice.objects.filter(**of_services), only=ENDED)
    gear = Equipment.objects.filter(**of_services)
    yield "equipment", _rows(gear, only=GEAR)
    told_of = ServiceAddress.objects.filter(**of_services)
    yield "addresses_of_services", _rows(told_of, only=ADDRESSED)
    yield "bars_of_phones", _rows(Bar.objects.filter(**of_services), only=BARRED)
    yield "new_sims", _rows(SimSwap.objects.filter(**of_services), only=SWAPPED)
    listed = ListingChange.objects.filter(**of_services)
    yield "directory_changes", _rows(listed, only=LISTED)
    renewed = TermRenewal.objects.filter(**of_services)
    yield "renewals_of_terms", _rows(renewed, only=RENEWED)
    moved = Relocation.objects.filter(**of_services)
    yield "moves_of_services", _rows(moved, only=RELOCATED)
    yield "outages", _rows(OutageService.objects.filter(**of_services), only=HIT)
    yield "faults", _rows(Fault.objects.filter(**of_services), only=FAULTS)
    mended = FaultWork.objects.filter(fault__service__contract__account=account)
    yield "work_on_faults", _rows(mended, only=WORKED)
    yield "work_at_the_network", _rows(WorkOrder.objects.filter(**of_services), only=AT_NETWORK)
    told = PriceChange.objects.filter(**of_services, notice__isnull=False)
    yield "price_changes", _rows(told, only=REPRICED)
    changes = PlanChange.objects.filter(service__contract__account=account)
    yield "plan_changes", _rows(changes, only=REPLANNED)


def _billed(account: Account, by: User) -> Iterable[tuple[str, Rows]]:
    of = {"account": account}
    calls = _rows(UsageRecord.objects.filter(service__contract__account=account))
    yield "usage", [call for call in calls if not is_help_line(call["called"])]
    yield "charges", _rows(Chargeable.objects.filter(**of))
    yield "charges_by_staff", _rows(ChargeRequest.objects.filter(**of), only=CHARGED)
    yield "not_billed", _rows(NotBilled.objects.filter(**of))
    yield "bills", _rows(Invoice.objects.filter(**of))
    yield "bill_lines", _rows(InvoiceLine.objects.filter(invoice__account=account))
    yield "payments", _rows(Payment.objects.filter(**of))
    yield "begun_in_the_portal", _rows(OnlinePayment.objects.filter(**of), only=BEGUN)
    yield "direct_debit_requests", _rows(Mandate.objects.filter(**of), only=MANDATED)
    yield "card_requests", _rows(CardRequest.objects.filter(**of), only=CARDS_ASKED)
    drawn = Draw.objects.filter(**of).exclude(state=DrawState.DROPPED, reason="")
    yield "direct_debits", _rows(drawn, only=DRAWN)
    paid = Allocation.objects.filter(payment__account=account)
    yield "paid_by", _rows(paid, only=("payment__reference", "invoice__number", "amount"))
    notes = CreditNote.objects.filter(**of)
    yield "credit_notes", _rows(notes, without=["asked_by", "approved_by"])
    yield "credit_note_lines", _rows(CreditNoteLine.objects.filter(credit_note__in=notes))
    yield "bank_accounts_for_refunds", _rows(RefundAccount.objects.filter(**of), only=PAID_TO)
    yield "refunds", _rows(Refund.objects.filter(**of), only=GIVEN_BACK)
    asked = MoneyRequest.objects.filter(invoice__account=account)
    yield "money_requests", _rows(asked, only=REQUESTED)
    reminded = PaymentReminder.objects.filter(invoice__account=account)
    yield "payment_reminders", _rows(reminded, only=REMINDED)
    yield "suspension_notices", _rows(SuspensionNotice.objects.filter(**of), only=ANNOUNCED)
    told = DebtNotice.objects.filter(**of)
    yield "debt_notices", _rows(told, only=("kind", *ANNOUNCED))
    yield "deposits", _rows(Deposit.objects.filter(**of), only=DEPOSITED)
    yield "debts_handed_over", _rows(Handover.objects.filter(**of), only=HANDED)
    yield "more_time", _rows(Extension.objects.filter(**of), only=("asked_on", "until", "amount"))
    yield "help_requests", _rows(HelpRequest.objects.filter(**of), only=HELPED)
    yield "payment_arrangements", _rows(Arrangement.objects.filter(**of), only=ARRANGED)
    parts = Instalment.objects.filter(arrangement__account=account)
    yield "instalments", _rows(parts, only=("arrangement__request__reference", "due_on", "amount"))
    billed = BilledPeriod.objects.filter(service__contract__account=account)
    yield "billed_days", _rows(billed)
    yield "late_charge_notices", _rows(ChargeAdvice.objects.filter(invoice__account=account))


def _complained(account: Account, by: User) -> Iterable[tuple[str, Rows]]:
    """Complaints that the asker may read, and what they hold up."""
    complaints = of_account(account, by)
    yield "complaints", _rows(complaints, without=NOT_OF_COMPLAINTS)
    contested = Complaint.disputed_lines.through.objects.filter(complaint__in=complaints)
    yield "complaint_lines", _rows(contested, only=CONTESTED)
    steps = Event.objects.filter(complaint__in=complaints, for_staff_only=False)
    yield "complaint_steps", _rows(steps, only=STEP)
    answers = Proposal.objects.filter(complaint__in=complaints)
    yield "complaint_answers", _rows(answers, only=ANSWERS)
    given = Remedy.objects.filter(proposal__complaint__in=complaints)
    yield "complaint_remedies", _rows(given, only=REMEDIES)
    files = Attachment.objects.filter(complaint__in=complaints).exclude(event__for_staff_only=True)
    yield "complaint_files", _rows(files, only=FILES)
    referrals = Referral.objects.filter(complaint__in=complaints)
    yield "complaint_referrals", _rows(referrals, only=REFERRALS)
    held = Hold.objects.filter(invoice__account=account)
    yield "disputed_amounts", _rows(held.exclude(complaint__in=unseen_references(account, by)))


def _recorded(account: Account, by: User) -> Iterable[tuple[str, Rows]]:
    """What is due, messages to the asker, and what was done."""
    unseen = unseen_references(account, by)
    due = Deadline.objects.filter(account=account).exclude(subject__in=unseen)
    yield "deadlines", _rows(due, only=PROMISED)
    to = {by.email}
    if authority.holder(account) == by:
        to |= {account.billing_email, account.customer.email, str(account.customer.phone)}
    told = Notice.objects.filter(account=account, is_secret=False, to__in=to - {""})
    told = told.exclude(subject_ref__in=unseen)
    yield "messages", _messages(told)
    yield "history", _history(account)


def _rows(rows: QuerySet[Any], without: Iterable[str] = (), only: Iterable[str] = ()) -> Rows:
    """Rows as plain data, all fields but some, or some alone."""
    hidden = {"id", *without}
    names = list(only) or [field.attname for field in rows.model._meta.concrete_fields]
    return rows.order_by("pk").values(*[name for name in names if name not in hidden])


def _messages(told: QuerySet[Notice]) -> Rows:
    """What was said to them; no link in it works."""
    for one in told.order_by("pk").iterator(500):
        yield {
            "kind": one.kind,
            "channel": one.channel,
            "to": one.to,
            "title": one.title,
            "text": one.words,
            "given_at": one.given_at,
        }


def _history(account: Account) -> Iterable[dict[str, Any]]:
    for entry in privacy.history(account).iterator(500):
        deed = privacy.deed(entry)
        yield {
            "at": deed.at,
            "who": deed.who,
            "as": deed.role,
            "for": deed.for_whom,
            "what": deed.what,
            "about": deed.about,
            "changed": deed.changed,
            "reason": deed.reason,
        }


# Who holds which kinds of records: an area adds its function here.
KINDS = (_people, _agreed, _billed, _complained, _recorded)
