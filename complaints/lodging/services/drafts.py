"""A complaint that is written step by step: kept as typed, sent once, thrown away in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from complaints.lodging.models import Attachment, Draft
from complaints.lodging.selectors import open_drafts
from complaints.tickets.models import Complaint
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority import selectors as authority
from parties.people.models import User
from records.sweeps import each
from terms.facts import Action

from .files import FileRefused, Upload, drop_files, hand_files_in, keep_files
from .receiving import ComplaintDetails, lodge_complaint

# What nobody has touched for so long is thrown away; no rule asks to keep what was never said.
KEPT_FOR = timedelta(days=30)
# So many can be under way at once: the oldest makes room for a new one.
AT_ONCE = 5


def begin_draft(*, account: Account, by: User, at: datetime) -> Draft:
    """Begin a complaint; nothing is received yet and no clock runs.

    Raises NotAuthorised if the person may not complain about this account.
    """
    on = authority.local_day(account, at)
    with transaction.atomic():
        lock_account(account.pk)
        authority.require(by, Action.LODGE_COMPLAINT, account, on=on, at=at)
        for old in list(open_drafts(account, by, at)[AT_ONCE - 1 :]):
            _throw_away(old)
        return Draft.objects.create(account=account, by=by, begun_at=at, expires_at=at + KEPT_FOR)


def save_step(
    *, draft: Draft, step: str, answers: Mapping[str, Sequence[str]], at: datetime
) -> Draft:
    """Keep what was typed in one step, right or wrong; a sent draft keeps nothing more."""
    with transaction.atomic():
        row = _locked(draft)
        if row.complaint_id is None:
            row.answers = {**row.answers, step: {key: list(of) for key, of in answers.items()}}
            row.expires_at = at + KEPT_FOR
            row.save(update_fields=["answers", "expires_at"])
    return row


def add_to_draft(*, draft: Draft, uploads: Sequence[Upload], at: datetime) -> None:
    """Keep files that are to go with the complaint. Raises FileRefused for too many."""
    with transaction.atomic():
        row = _locked(draft)
        if row.complaint_id is not None:
            raise FileRefused("It is sent already: add the file on the complaint's own page.")
        keep_files(uploads, at=at, by=row.by, draft=row)


def take_from_draft(*, draft: Draft, public_id: UUID) -> None:
    """Take a file out again, before it is sent."""
    with transaction.atomic():
        row = _locked(draft)
        drop_files(list(row.files.filter(public_id=public_id, complaint__isnull=True)))


def discard_draft(*, draft: Draft) -> None:
    """Throw away what was typed, and its files; nothing was received."""
    with transaction.atomic():
        row = _locked(draft)
        if row.complaint_id is None:
            _throw_away(row)


def send_draft(*, draft: Draft, by: User, details: ComplaintDetails, at: datetime) -> Complaint:
    """Lodge what was written, with its files; sent twice it is the same complaint.

    Raises NotAuthorised, and AmountTooHigh, as `lodge_complaint` does.
    """
    with transaction.atomic():
        # The account first, as whatever else comes to it.
        lock_account(draft.account_id)
        row = _locked(draft)
        if row.complaint is not None:
            return row.complaint
        complaint = lodge_complaint(account=row.account, by=by, details=details, at=at)
        hand_files_in(row.files.all(), complaint, by=by, at=at)
        row.answers, row.complaint = {}, complaint
        row.save(update_fields=["answers", "complaint"])
    return complaint


def drop_drafts(*, at: datetime) -> int:
    """Throw away what nobody has touched for thirty days; return how many there were."""

    def drop(row: Draft) -> int:
        _throw_away(row)
        return 1

    return each(Draft.objects.filter(expires_at__lte=at), drop, at=at)


def _locked(draft: Draft) -> Draft:
    return (
        Draft.objects.select_for_update(of=("self",))
        .select_related("account__customer__provider", "by", "complaint")
        .get(pk=draft.pk)
    )


def _throw_away(row: Draft) -> None:
    drop_files(list(Attachment.objects.filter(draft=row, complaint__isnull=True)))
    row.delete()
