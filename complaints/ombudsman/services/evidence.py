"""Ask for an evidence pack, make those that wait, hand one out; each is on record."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO

import structlog
from django.core.files import File
from django.db import transaction

from complaints.ombudsman.models import EvidencePack
from complaints.ombudsman.states import PackState
from complaints.process.services import StepRefused
from complaints.process.services.steps import happen
from complaints.tickets.models import Complaint
from complaints.tickets.services import tell_desk
from complaints.tickets.states import Happening
from parties.authority import selectors as authority
from parties.authority.selectors import local_day
from parties.people.models import User
from parties.people.states import StaffData
from records.audit import services as audit
from records.audit.services import record
from terms.facts import Action

from .packing import fill

log = structlog.get_logger(__name__)

HOLDS = timedelta(days=60)
GIVE_UP_AFTER = 5
CHUNK = 64 * 1024


def require_may_have_evidence(complaint: Complaint, by: User, at: datetime) -> audit.Actor:
    """Who hands out records may have a pack; of a private complaint the privacy role alone.

    Raises NotAuthorised, and StepRefused for a private one.
    """
    account = complaint.account
    action = Action.REQUEST_RECORDS
    decision = authority.staff_may(by, action, account, on=local_day(account, at))
    if not decision.allowed:
        raise authority.NotAuthorised(decision, action)
    if complaint.safety_threat and not authority.sees_in_lists(by, StaffData.PRIVATE):
        raise StepRefused("A privacy officer has to make this pack: ask one of them.")
    return authority.with_customer(by, decision)


def ask_evidence(
    *, reference: str, by: User, at: datetime, with_notes: bool = False
) -> EvidencePack:
    """Have a pack made by the worker; while one is being made, that is the one.

    Raises NotAuthorised, and StepRefused as `require_may_have_evidence` does.
    """
    with transaction.atomic():
        complaint = _locked(reference)
        actor = require_may_have_evidence(complaint, by, at)
        waiting = EvidencePack.objects.filter(complaint=complaint, state=PackState.WAITING)
        if (known := waiting.first()) is not None:
            return known
        pack = EvidencePack.objects.create(
            complaint=complaint, asked_by=by, asked_at=at, with_notes=with_notes
        )
        happen(
            complaint,
            Happening.EVIDENCE,
            by=by,
            at=at,
            actor=actor,
            text="Asked for, with our notes." if with_notes else "Asked for.",
            for_staff_only=True,
        )
    return pack


def fetch_evidence(*, pack: EvidencePack, by: User, at: datetime) -> IO[bytes]:
    """The file of a pack that is ready; that somebody fetched it is on record.

    Raises NotAuthorised, and StepRefused where there is no file.
    """
    with transaction.atomic():
        actor = require_may_have_evidence(pack.complaint, by, at)
        if pack.state != PackState.READY:
            raise StepRefused("There is no file: have the pack made again.")
        _record(pack, "complaint_evidence_fetch", actor, at)
    return pack.file.open("rb")


def make_packs(*, at: datetime) -> int:
    """Make the packs that wait and delete those whose days are over; return how many were made."""
    for pack in EvidencePack.objects.filter(state=PackState.READY, expires_at__lte=at):
        pack.file.delete(save=False)
        pack.state = PackState.GONE
        pack.save(update_fields=["file", "state"])
    made = 0
    for pk in list(
        EvidencePack.objects.filter(state=PackState.WAITING).values_list("pk", flat=True)
    ):
        try:
            made += _make(pk, at)
        except Exception as failure:
            _note_failure(pk, failure, at)
    return made


def _make(pk: int, at: datetime) -> int:
    pack = EvidencePack.objects.select_related(
        "complaint__account__customer__provider", "complaint__lodged_by", "asked_by"
    ).get(pk=pk)
    with TemporaryFile() as space:
        with zipfile.ZipFile(space, "w", zipfile.ZIP_DEFLATED) as archive:
            fill(archive, pack, at=at)
        space.seek(0)
        digest = hashlib.sha256()
        while chunk := space.read(CHUNK):
            digest.update(chunk)
        space.seek(0)
        return _keep(pack, File(space), digest.hexdigest(), at)


def _keep(pack: EvidencePack, file: File[bytes], sha256: str, at: datetime) -> int:
    """Keep the file and tell who asked, unless another worker was faster."""
    with transaction.atomic():
        row = EvidencePack.objects.select_for_update(of=("self",)).get(pk=pack.pk)
        if row.state != PackState.WAITING:
            return 0
        row.file.save(f"{row.public_id}.zip", file, save=False)
        row.state, row.ready_at, row.expires_at = PackState.READY, at, at + HOLDS
        row.sha256, row.problem = sha256, ""
        row.save()
        by = pack.asked_by
        _record(row, "complaint_evidence", audit.Actor(user_id=by.pk, name=str(by)), at)
        tell_desk(pack.complaint, "The evidence pack is ready", at=at, to=[by.email])
    return 1


def _record(pack: EvidencePack, action: str, actor: audit.Actor, at: datetime) -> None:
    """What leaves the house as evidence, by its hash; the customer reads nothing of it."""
    record(
        account_id=pack.complaint.account_id,
        at=at,
        action=action,
        actor=actor,
        after={"complaint": pack.complaint.reference, "sha256": pack.sha256},
        is_private=True,
    )


def _note_failure(pk: int, failure: Exception, at: datetime) -> None:
    log.exception("evidence_failed", pack=pk)
    pack = EvidencePack.objects.get(pk=pk)
    pack.attempts += 1
    pack.problem, pack.problem_at = f"{type(failure).__name__}: {failure}"[:300], at
    if pack.attempts >= GIVE_UP_AFTER:
        pack.state = PackState.FAILED
    pack.save(update_fields=["attempts", "state", "problem", "problem_at"])


def _locked(reference: str) -> Complaint:
    return (
        Complaint.objects.select_for_update(of=("self",))
        .select_related("account__customer__provider", "lodged_by", "assigned_to")
        .get(reference=reference)
    )
