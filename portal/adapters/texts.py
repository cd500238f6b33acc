"""Gateways for text messages: a folder while developing, a provider's HTTP gateway else."""

from __future__ import annotations

import json
from email.message import EmailMessage
from http import HTTPStatus
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings

from records.notices.texts import Refused

from .mailbox import keep

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
