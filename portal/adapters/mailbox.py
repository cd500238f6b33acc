"""Mail and texts kept in a folder, one file per message, and read at /dev/mail/."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage as DjangoMessage

NAME = re.compile(r"[^A-Za-z0-9-]+")


class FolderBackend(BaseEmailBackend):
    """Writes each message to a file named for its Message-ID, so that a retry replaces it."""

    def send_messages(self, email_messages: Sequence[DjangoMessage]) -> int:
        for each in email_messages:
            keep(each.message())
        return len(email_messages)


def keep(message: Message) -> None:
    """Write one message to its file in the folder."""
    folder = Path(settings.MAIL_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    name = NAME.sub("-", message["Message-ID"].strip("<>"))
    draft = folder / f".{name}.part"
    draft.write_bytes(message.as_bytes())
    draft.rename(folder / f"{name}.eml")


@dataclass(frozen=True, kw_only=True)
class Part:
    """An attachment of a kept message."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A kept message."""

    name: str
    when: float
    to: str
    sender: str
    subject: str
    text: str
    html: str
    parts: tuple[Part, ...]


def kept(limit: int = 200) -> list[Mail]:
    """The newest messages in the folder."""
    files = sorted(
        Path(settings.MAIL_DIR).glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True
    )
    return [_read(file) for file in files[:limit]]


def mail(name: str) -> Mail | None:
    """One kept message by the name of its file, or None."""
    file = Path(settings.MAIL_DIR) / f"{NAME.sub('-', name)}.eml"
    return _read(file) if file.is_file() else None


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    if not isinstance(message, EmailMessage):
        raise TypeError(f"{file} holds no email")
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Mail(
        name=file.stem,
        when=file.stat().st_mtime,
        to=str(message["To"]),
        sender=str(message["From"]),
        subject=str(message["Subject"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        parts=tuple(
            Part(
                name=each.get_filename() or "attachment",
                kind=each.get_content_type(),
                data=each.get_payload(decode=True) or b"",
            )
            for each in message.iter_attachments()
        ),
    )
