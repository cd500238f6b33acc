"""Erase the records of complaints whose time is over, and certify it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet

from complaints.inbound.models import InboundMail
from complaints.lodging.models import Attachment, Draft, Follow
from complaints.ombudsman.models import EvidencePack, Referral
from complaints.process.services import StepRefused
from complaints.tickets.models import Complaint, Event, Proposal, Remedy
from complaints.tickets.selectors import known_to_staff
from parties.accounts.models import Provider
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record
from records.deadlines.models import Deadline
from records.notices.models import Notice
from records.references import new_reference

from .models import Certificate, Erased
from .selectors import Kept, is_over, may_erase, may_go

# So many go with one click: a page that somebody has looked at.
MOST = 50


def due_now(provider: Provider, by: User, at: datetime) -> list[tuple[Complaint, Kept]]:
    """What would go now, the oldest first, with until when each had to be kept; at most 50."""
    rows = known_to_staff(by).filter(account__customer__provider=provider)
    found = may_go(rows, at).select_related("account__customer__provider")[:MOST]
    return [(one, kept) for one in found if (kept := is_over(one, at)) is not None]


def erase_records(
    *, provider: Provider, references: Sequence[str], by: User, at: datetime
) -> list[Certificate]:
    """Erase the complaints that were looked at, with all that was said, sent and owed about them.

    Their bills, credits and holds stay for as long as books are kept, the entries of the audit
    trail because it is one chain; neither holds words of the complaint. What is private gets a
    certificate of its own. Clicked twice, the second finds nothing. Raises StepRefused where
    somebody may not, or nothing of it may go any more.
    """
    if not may_erase(by) or (by.provider_id and by.provider_id != provider.pk):
        raise StepRefused("An administrator or a privacy officer erases records.")
    with transaction.atomic():
        rows = known_to_staff(by).filter(
            account__customer__provider=provider, reference__in=list(references)[:MOST]
        )
        chosen = (
            Complaint.objects.select_for_update(of=("self",))
            .filter(pk__in=may_go(rows, at).values("pk"))
            .select_related("account__customer__provider")
            .order_by("pk")
        )
        over = [(one, kept) for one in chosen if (kept := is_over(one, at)) is not None]
        if not over:
            raise StepRefused("None of these may be erased now: look at the list again.")
        certificates = []
        for is_private in (False, True):
            part = [one for one in over if one[0].safety_threat == is_private]
            if part:
                certificates.append(_certify(part, provider, is_private, by, at))
    return certificates


def _certify(
    part: list[tuple[Complaint, Kept]],
    provider: Provider,
    is_private: bool,
    by: User,
    at: datetime,
) -> Certificate:
    certificate = Certificate.objects.create(
        reference=new_reference("E"),
        provider=provider,
        is_private=is_private,
        made_by=by,
        made_at=at,
        counted={},
        because=part[0][1].because,
    )
    counted: Counter[str] = Counter()
    for complaint, kept in part:
        Erased.objects.create(
            certificate=certificate,
            complaint=complaint.reference,
            received_on=kept.received_on,
            closed_on=kept.closed_on,
            kept_until=kept.kept_until,
        )
        record(
            account_id=complaint.account_id,
            at=at,
            action="complaint_erase",
            actor=audit.Actor(user_id=by.pk, name=str(by)),
            after={"complaint": complaint.reference, "certificate": certificate.reference},
            because=kept.because,
            is_private=is_private,
        )
        counted += _erase(complaint)
    certificate.counted = dict(counted)
    certificate.save(update_fields=["counted"])
    return certificate


def _erase(complaint: Complaint) -> Counter[str]:
    """Delete everything that hangs on one complaint, and say how much of what it was."""
    mine: dict[str, Any] = {"complaint": complaint}
    events = Event.objects.filter(**mine)
    drafts = Draft.objects.filter(**mine)
    files = Attachment.objects.filter(
        Q(complaint=complaint) | Q(event__in=events) | Q(draft__in=drafts)
    )
    mails, packs = InboundMail.objects.filter(**mine), EvidencePack.objects.filter(**mine)
    clocks = Deadline.objects.filter(subject=complaint.reference)
    letters = Notice.objects.filter(subject_ref=complaint.reference)
    _forget_files(files, "file")
    _forget_files(mails, "raw")
    _forget_files(packs, "file")
    Complaint.objects.filter(merged_into=complaint).update(merged_into=None, merged_at=None)
    clocks.update(superseded_by=None, notice=None)
    remedies = Remedy.objects.filter(proposal__complaint=complaint)
    counted: Counter[str] = Counter({"complaints": 1})
    for name, rows in (
        ("files", files),
        ("drafts", drafts),
        ("emails", mails),
        ("evidence packs", packs),
        ("ombudsman's letters", Referral.objects.filter(**mine)),
        ("secrets", Follow.objects.filter(**mine)),
        ("agreed parts", remedies),
        ("answers", Proposal.objects.filter(**mine)),
        ("messages and steps", events),
        ("days owed", clocks),
    ):
        counted[name] += rows.count()
        rows.delete()
    complaint.delete()
    counted["letters"] += letters.count()
    letters.delete()
    return counted


def _forget_files(rows: QuerySet[Any], field: str) -> None:
    """Delete files once the erasing stands; what two rows share goes once."""
    for name in rows.exclude(**{field: ""}).values_list(field, flat=True).distinct():
        transaction.on_commit(partial(default_storage.delete, name))
