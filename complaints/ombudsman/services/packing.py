"""What goes into an evidence pack: story, clocks, letters, calls, bill, clauses, audit, files.

Every file's SHA-256 stands in a list that anybody can check, without this portal.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet

from billing.invoices.models import CreditNote
from complaints.lodging.models import Attachment
from complaints.ombudsman.models import EvidencePack, Referral
from complaints.tickets.models import Complaint, Event
from parties.accounts.selectors import zone_of
from parties.desk.models import Call
from records.audit.models import Entry
from records.audit.selectors import facts_of
from records.deadlines.models import Deadline
from records.documents.models import Document
from records.documents.pdf import PdfFailed, PdfUnavailable
from records.documents.services import draw_unissued, ensure_file
from records.notices.models import Notice
from records.sheets import sheet
from terms import library

SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"
SAFE_PLACE = "(where they asked to be reached)"
README = """Evidence of complaint {reference}

story.pdf       what was said and done, each by its day, with what was owed by when
clocks.json     every day by which something was owed, what became of it, and why
letters/        every message about it, as it was given
calls.csv       the calls of who complained, from the day of receipt on
bills/          the bill that is contested, and what was credited on it
clauses.txt     every clause that a day or a step rests on, as it is read
referrals.json  the ombudsman's letters and our answers
files/          what came with it, as it came
audit.csv       the audit trail of it: each entry with its hash and the hash before it

Nothing in here can be changed unseen. With any computer:

    sha256sum -c {sums}

and with the portal that made it:

    manage.py evidence verify FILE.zip

Times are in UTC in .csv and .json, and on the customer's clock in the story and the letters.
"""
CALLED = ("started_at", "ended_at", "caller", "step", "by__full_name", "outcome")
OWED = ("duty", "title", "due_on", "status", "set_at", "done_at", "because")
REFERRED = (
    *("level", "kind", "their_reference", "received_at", "answer_by", "answered_at"),
    *("ended_at", "outcome", "because"),
)
TRAIL = (
    *("sequence", "at", "actor_name", "acted_as", "authority", "for_whom", "action", "subject"),
    *("reason", "before", "after", "from_where", "private", "prev", "hash"),
)

Part = tuple[str, Callable[[], bytes]]


def fill(archive: zipfile.ZipFile, pack: EvidencePack, *, at: datetime) -> None:
    """Write all parts, then the manifest, then the sums; how far it is stands on the pack."""
    parts = list(_parts(pack, at))
    EvidencePack.objects.filter(pk=pack.pk).update(total=len(parts), done=0)
    sums: list[tuple[str, str, int]] = []
    for done, (name, make) in enumerate(parts, start=1):
        sums.append(_write(archive, name, make()))
        EvidencePack.objects.filter(pk=pack.pk).update(done=done)
    manifest = {
        "complaint": pack.complaint.reference,
        "pack": str(pack.public_id),
        "made_at": at.isoformat(timespec="seconds"),
        "asked_by": str(pack.asked_by),
        "with_notes": pack.with_notes,
        "files": [{"name": name, "sha256": sha, "size": size} for name, sha, size in sums],
    }
    sums.append(_write(archive, MANIFEST, _as_json(manifest)))
    archive.writestr(SUMS, "".join(f"{sha}  {name}\n" for name, sha, _ in sums))


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> tuple[str, str, int]:
    archive.writestr(name, data)
    return name, hashlib.sha256(data).hexdigest(), len(data)


def _parts(pack: EvidencePack, at: datetime) -> Iterator[Part]:
    complaint = pack.complaint
    words = README.format(reference=complaint.reference, sums=SUMS)
    yield "README.txt", words.encode
    yield "story.pdf", partial(_story, pack, at)
    yield "clocks.json", lambda: _as_json(list(_deadlines(complaint).values(*OWED)))
    for place, notice in enumerate(_letters(complaint), start=1):
        name = f"letters/{place:04}-{notice.given_at:%Y-%m-%d}-{notice.kind}.txt"
        yield name, partial(_letter, complaint, notice)
    yield "calls.csv", partial(_calls, complaint)
    for document in _bills(complaint):
        yield f"bills/{document.file_name}", partial(_pdf, document)
    yield "clauses.txt", partial(_clauses, pack)
    referrals = Referral.objects.filter(complaint=complaint)
    yield "referrals.json", lambda: _as_json(list(referrals.values(*REFERRED)))
    for row in _files(pack):
        yield f"files/{row.pk}-{row.name}", partial(_content, row)
    yield "audit.csv", partial(_audit, pack)


def _events(pack: EvidencePack) -> QuerySet[Event]:
    rows = Event.objects.filter(complaint=pack.complaint).select_related("by")
    return rows if pack.with_notes else rows.filter(for_staff_only=False)


def _deadlines(complaint: Complaint) -> QuerySet[Deadline]:
    return Deadline.objects.filter(subject=complaint.reference).order_by("set_at", "pk")


def _letters(complaint: Complaint) -> list[Notice]:
    """What was told about it; reminders among staff are none of it."""
    rows = Notice.objects.filter(account=complaint.account, subject_ref=complaint.reference)
    return list(rows.exclude(kind__endswith="_staff").order_by("given_at", "pk"))


def _letter(complaint: Complaint, notice: Notice) -> bytes:
    # A safe address is nobody's business but theirs who set it.
    to = notice.to if notice.to == notice.addressed_to else SAFE_PLACE
    zone = zone_of(complaint.account)
    sent = notice.sent_at.astimezone(zone).isoformat(" ", "seconds") if notice.sent_at else "–"
    head = {
        "To": to,
        "From": notice.sender,
        "Given": notice.given_at.astimezone(zone).isoformat(" ", "seconds"),
        "Sent or told": sent,
        "State": notice.get_status_display(),
        "Message-ID": notice.message_id,
        "Subject": notice.title,
    }
    lines = [f"{name}: {value}" for name, value in head.items()]
    return "\n".join([*lines, "", notice.words, ""]).encode()


def _calls(complaint: Complaint) -> bytes:
    """The calls of whoever complained; another person's are not evidence of this."""
    whose = Q(caller=complaint.caller_name) if complaint.caller_name else Q(pk__in=[])
    if complaint.lodged_by is not None:
        whose |= Q(appointment__user=complaint.lodged_by)
    rows = Call.objects.filter(whose, account=complaint.account)
    rows = rows.filter(started_at__gte=complaint.received_at).order_by("started_at")
    return _as_csv(CALLED, rows.values_list(*CALLED))


def _bills(complaint: Complaint) -> list[Document]:
    invoice = complaint.disputed_invoice
    if invoice is None:
        return []
    credits = CreditNote.objects.filter(invoice=invoice, document__isnull=False)
    found = [invoice.document, *(one.document for one in credits.select_related("document"))]
    return [one for one in found if one is not None]


def _pdf(document: Document) -> bytes:
    """The PDF; where it can't be drawn, what it says, so that nothing is missing."""
    try:
        return ensure_file(document)
    except PdfUnavailable:
        raise
    except PdfFailed:
        return _as_json(document.content)


def _files(pack: EvidencePack) -> QuerySet[Attachment]:
    rows = Attachment.objects.filter(complaint=pack.complaint)
    return rows if pack.with_notes else rows.exclude(event__for_staff_only=True)


def _content(row: Attachment) -> bytes:
    with row.file.open("rb") as file:
        return bytes(file.read())


def _clauses(pack: EvidencePack) -> bytes:
    """Each clause once, in the order in which it was first relied on."""
    complaint = pack.complaint
    reasons = [*complaint.urgent_because]
    for because in _deadlines(complaint).values_list("because", flat=True):
        reasons += because
    for event in _events(pack):
        reasons += event.because
    seen: dict[tuple[str, ...], str] = {}
    for one in reasons:
        key = tuple(str(one.get(name, "")) for name in ("document", "version", "id", "clause"))
        words = " · ".join(part for part in key if part not in ("", "None"))
        seen.setdefault(key, f"{words}\n{one.get('says', '')}\n")
    return "\n".join(seen.values()).encode()


def _audit(pack: EvidencePack) -> bytes:
    """The entries about it; what is private to others is none of it."""
    rows = Entry.objects.filter(
        account=pack.complaint.account, subject=pack.complaint.reference
    ).order_by("sequence")
    if not pack.complaint.safety_threat:
        rows = rows.filter(is_private=False)
    cells = ({**facts_of(row), "hash": row.hash} for row in rows)
    return _as_csv(TRAIL, ([one.get(name) for name in TRAIL] for one in cells))


def _story(pack: EvidencePack, at: datetime) -> bytes:
    complaint, zone = pack.complaint, zone_of(pack.complaint.account)
    facts = library.provider(complaint.account.customer.provider.key)
    content: dict[str, Any] = {
        "title": f"Complaint {complaint.reference}",
        "seller": {"name": facts.name, "legal_name": facts.legal_name, "abn": facts.abn},
        "brand": {
            "colour": facts.brand.colour,
            "mark": facts.brand.mark or facts.name[:2].upper(),
        },
        "customer": {"name": complaint.account.customer.name},
        "account_number": complaint.account.number,
        "reference": complaint.reference,
        "made_at": at.astimezone(zone).isoformat(),
        "received_at": complaint.received_at.astimezone(zone).isoformat(),
        "channel": complaint.get_channel_display(),
        "who": str(complaint.lodged_by or complaint.caller_name),
        "topic": complaint.get_topic_display(),
        "state": complaint.get_state_display(),
        "urgent": complaint.is_urgent,
        "description": complaint.description,
        "wanted": complaint.wanted,
        "contested": str(complaint.disputed_amount or ""),
        "invoice": str(complaint.disputed_invoice or ""),
        "clocks": [
            {
                "title": one.title,
                "due_on": one.due_on.isoformat(),
                "status": one.get_status_display(),
                "done_at": one.done_at.astimezone(zone).isoformat() if one.done_at else "",
            }
            for one in _deadlines(complaint)
        ],
        "steps": [
            {
                "at": one.at.astimezone(zone).isoformat(),
                "who": one.said_by or str(one.by or "The portal"),
                "what": one.what,
                "how": one.get_channel_display() if one.channel else "",
                "text": one.text,
                "among_staff": one.for_staff_only,
            }
            for one in _events(pack)
        ],
    }
    return draw_unissued(
        kind="complaint_story",
        title=content["title"],
        template="documents/complaint_story.html",
        content=content,
        at=at,
    )


def _as_json(data: Any) -> bytes:
    return json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1).encode()


def _as_csv(columns: tuple[str, ...], rows: Any) -> bytes:
    return "".join(sheet(columns, (map(_plain, row) for row in rows))).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False) if value else ""
    return value
