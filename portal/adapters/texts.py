"""Gateways for text messages: a folder while developing, a provider's HTTP gateway else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from http import HTTPStatus
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings

from records.notices.texts import Refused

from .mailbox import keep
from .signed import NotSigned, require_signed

TIMEOUT = 20  # seconds
# What is wrong with the message itself; 401 and 403 are about us, 408 and 429 about the moment.
NEVER = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.GONE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


LONGEST_ID, LONGEST_NUMBER = 200, 40


class ForgedText(Exception):
    """What was handed over is not from our gateway, is too old, or can't be read."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One text message to us: the gateway's id of it, from which number, and its words."""

    id: str
    sender: str
    text: str


def read_answer(body: bytes, signature: str, *, at: datetime) -> Answer:
    """What the gateway hands over: {"id", "from", "text"} as JSON. Raises ForgedText.

    The signature covers moment and body; the same again is told apart by its id.
    """
    try:
        require_signed(settings.SMS_WEBHOOK_SECRET, body, signature, at=at)
    except NotSigned as unsigned:
        raise ForgedText(str(unsigned)) from unsigned
    try:
        said = json.loads(body)
        answer = Answer(id=said["id"], sender=said["from"], text=said["text"])
    except (ValueError, KeyError, TypeError, RecursionError) as unread:
        raise ForgedText("It is signed, and can't be read.") from unread
    if not all(isinstance(one, str) for one in (answer.id, answer.sender, answer.text)):
        raise ForgedText("It is signed, and can't be read.")
    short = 0 < len(answer.id) <= LONGEST_ID and 0 < len(answer.sender) <= LONGEST_NUMBER
    if not short or "\0" in answer.id + answer.sender:
        raise ForgedText("Its id or its number is none.")
    return answer


class FolderGateway:
    """Keeps each text beside the emails, to be read at /dev/mail/."""

    def send(self, *, to: str, text: str, reference: str) -> None:
        message = EmailMessage()
        message["Message-ID"] = reference
        message["From"] = settings.SMS_SENDER
        message["To"] = to
        message["Subject"] = "Text message"
        message.set_content(text)
        keep(message)


class HttpGateway:
    """Posts each text as JSON to SMS_GATEWAY_URL, with the token as bearer.

    The reference goes along as `Idempotency-Key`, so that a retry is no second text. The sender
    is a number: a name would have to be registered (RF-MSG-03).
    """

    def send(self, *, to: str, text: str, reference: str) -> None:
        """Raise Refused where the message is at fault, else OSError for any answer but 2xx."""
        address = urlsplit(settings.SMS_GATEWAY_URL)
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        body = {"from": settings.SMS_SENDER, "to": to, "text": text, "reference": reference}
        headers = {
            "Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}",
            "Content-Type": "application/json",
            "Idempotency-Key": reference,
        }
        connection = kind(address.hostname or "", address.port, timeout=TIMEOUT)
        try:
            path = f"{address.path or '/'}{'?' if address.query else ''}{address.query}"
            connection.request("POST", path, json.dumps(body), headers)
            status = connection.getresponse().status
        finally:
            connection.close()
        if status in NEVER:
            raise Refused(f"the gateway for text messages refused it with {status}")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise OSError(f"the gateway for text messages answered {status}")
