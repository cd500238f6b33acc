"""Messages and papers that wait for staff."""

from __future__ import annotations

from datetime import datetime

from parties.authority.selectors import sees_in_lists
from parties.people.models import User
from parties.people.states import StaffData
from records.documents.models import Document
from records.documents.states import Status as DocumentStatus
from records.notices.models import Notice
from records.notices.selectors import not_redirected
from records.notices.states import Status as NoticeStatus

from .base import Worklist, confined


def message_lists(user: User, at: datetime) -> list[Worklist]:
    notices = confined(user, Notice.objects.all())
    if not sees_in_lists(user, StaffData.SAFETY):
        notices = not_redirected(notices)
    return [
        Worklist(
            "notices.view_notice",
            "Messages to tell by phone or post",
            "notices_notice",
            "?status__exact=by_hand",
            notices.filter(status=NoticeStatus.BY_HAND),
        ),
        Worklist(
            "notices.view_notice",
            "Letters to print and post",
            "notices_notice",
            "?status__exact=to_post",
            notices.filter(status=NoticeStatus.TO_POST),
            urgent=True,
        ),
        Worklist(
            "notices.view_notice",
            "Messages given up: send again, to another address, or tell",
            "notices_notice",
            "?status__exact=failed",
            notices.filter(status=NoticeStatus.FAILED),
            urgent=True,
        ),
        Worklist(
            "documents.view_document",
            "PDFs that could not be made",
            "documents_document",
            "?status__exact=failed",
            confined(user, Document.objects.filter(status=DocumentStatus.FAILED)),
            urgent=True,
        ),
    ]
