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
from django.db.models import QuerySet
from phonenumber_field.phonenumber import PhoneNumber

from billing.models import Charge, Invoice, InvoiceLine, Payment, UsageRecord
from billing.selectors import is_help_line
from complaints.models import Event
from complaints.selectors import of_account
from contracts.models import Contract, Service
from parties import selectors
from parties.models import (
    Account,
    Appointment,
    Customer,
    DataExport,
    Preference,
    PrivacyRequest,
    TermsAcceptance,
    User,
)
from parties.services.privacy import tell_export_ready
from parties.states import ExportState
from records.audit.services import record
from records.documents.models import Document
from records.documents.services import ensure_file
from records.notices.models import Notice

log = structlog.get_logger(__name__)

HOLDS = timedelta(days=7)
GIVE_UP_AFTER = 5
README = """What is in this file

Each .json file is a list of records of one kind; documents/ holds every PDF that was issued.
Times are in UTC. Something is wrong or missing? Ask for a correction on your privacy page.
"""


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
    over = DataExport.objects.filter(state=ExportState.READY, expires_at__lte=at)
    for export in over:
        export.file.delete(save=False)
        export.state, export.file = ExportState.EXPIRED, ""
        export.save(update_fields=["state", "file"])
    return len(over)


def _make(pk: int, at: datetime) -> int:
    export = DataExport.objects.select_related("account__customer__provider", "asked_by").get(
        pk=pk
    )
    documents = list(Document.objects.filter(account=export.account).order_by("issued_at"))
    DataExport.objects.filter(pk=pk).update(total=len(documents), done=0)
    with TemporaryFile() as space:
        with zipfile.ZipFile(space, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", README)
            for name, rows in _kinds(export.account, export.asked_by):
                text = json.dumps(list(rows), cls=PlainEncoder, ensure_ascii=False, indent=1)
                archive.writestr(f"{name}.json", text)
            for done, document in enumerate(documents, start=1):
                archive.writestr(f"documents/{document.file_name}", ensure_file(document))
                DataExport.objects.filter(pk=pk).update(done=done)
        space.seek(0)
        return _keep(export, File(space), at)


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


def _kinds(account: Account, by: User) -> Iterable[tuple[str, Iterable[dict[str, Any]]]]:
    """Each kind of record with its rows as plain data."""
    of, complaints = {"account": account}, of_account(account, by)
    yield "customer", _rows(Customer.objects.filter(accounts=account))
    yield "account", _rows(Account.objects.filter(pk=account.pk))
    yield (
        "people",
        Appointment.objects.filter(**of).values(
            "role", "starts_on", "ends_on", "limits", "revoked_at", "user__full_name"
        ),
    )
    yield "terms_accepted", _rows(TermsAcceptance.objects.filter(**of))
    yield "preferences", _rows(Preference.objects.filter(**of))
    yield "privacy_requests", _rows(PrivacyRequest.objects.filter(**of))
    yield "contracts", _rows(Contract.objects.filter(**of))
    yield "services", _rows(Service.objects.filter(contract__account=account))
    calls = _rows(UsageRecord.objects.filter(service__contract__account=account))
    yield "usage", [call for call in calls if not is_help_line(call["called"])]
    yield "charges", _rows(Charge.objects.filter(**of))
    yield "bills", _rows(Invoice.objects.filter(**of))
    yield "bill_lines", _rows(InvoiceLine.objects.filter(invoice__account=account))
    yield "payments", _rows(Payment.objects.filter(**of))
    yield "complaints", _rows(complaints, without=["safety_threat"])
    yield (
        "complaint_steps",
        Event.objects.filter(complaint__in=complaints, for_staff_only=False).values(
            "complaint__reference", "at", "act", "text", "by__full_name"
        ),
    )
    yield "messages", _messages(account, by)
    yield "history", _history(account)


def _rows(rows: QuerySet[Any], without: Iterable[str] = ()) -> Iterable[dict[str, Any]]:
    hidden = {"id", *without}
    names = [field.attname for field in rows.model._meta.concrete_fields]
    return rows.order_by("pk").values(*[name for name in names if name not in hidden])


def _messages(account: Account, by: User) -> Iterable[dict[str, Any]]:
    """What was said at the account's own address or to whoever asks; no link in it works."""
    said = Notice.objects.filter(
        account=account, is_secret=False, to__in=[account.billing_email, by.email]
    )
    for one in said.iterator(500):
        facts = {"kind": one.kind, "title": one.title}
        yield facts | {"text": one.words, "given_at": one.given_at}


def _history(account: Account) -> Iterable[dict[str, Any]]:
    for entry in selectors.history(account).iterator(500):
        deed = selectors.deed(entry)
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
