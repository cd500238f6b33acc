"""Messages and papers that wait for staff."""

from __future__ import annotations

from datetime import datetime

from parties.people.models import User
from portal.composition.discretion import messages_known_to, papers_known_to
from records.documents.models import Document
from records.documents.states import Status as DocumentStatus
from records.notices.models import Notice
from records.notices.states import Status as NoticeStatus

from .base import Worklist, confined


def message_lists(user: User, at: datetime) -> list[Worklist]:
    notices = messages_known_to(user, confined(user, Notice.objects.all()))
    documents = confined(user, Document.objects.filter(status=DocumentStatus.FAILED))
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
            papers_known_to(user, documents),
            urgent=True,
        ),
    ]
