"""Emails that a mail service posts, checked by Anymail: who it is first, then what it brings."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.utils import get_request_basic_auth
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from django.conf import settings
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.utils.crypto import constant_time_compare

# Mailgun tries again for eight hours; a signature that is older has been kept by somebody.
WINDOW = timedelta(hours=9)
# An email of 40 MB as a form writes it, where each of its bytes may take three.
MOST = 128 * 1024 * 1024
MANY = 200
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class Forged(Exception):
    """A post that does not prove who sent it; the message says what is wrong."""


class NoMail(Exception):
    """A post that proves who sent it and brings no email; the message says what to set up."""


def is_set_up() -> bool:
    """Whether emails are taken in this way at all."""
    return bool(settings.ANYMAIL.get("MAILGUN_WEBHOOK_SIGNING_KEY"))


def read_post(request: WSGIRequest, at: datetime) -> bytes:
    """The email in a post of Mailgun's, byte by byte as it came there.

    Name and password are looked at before anything is read, so that a stranger can send nothing
    large; then Anymail looks at the signature (HMAC-SHA256 of time and token), and this at its age
    and that a token brings one message only. Raises Forged, NoMail.
    """
    given = get_request_basic_auth(request) or ""
    if not constant_time_compare(given, settings.ANYMAIL["WEBHOOK_SECRET"]):
        raise Forged("the name or the password in the address is wrong")
    if request.content_type not in FORMS:
        raise NoMail("no form: forward whole messages to this address")
    fields = _fields(request)
    raw = fields.pop("body-mime", b"")
    request.POST = QueryDict(urlencode({**fields, "body-mime": ""}))
    view = MailgunInboundWebhookView()
    try:
        view.run_validators(request)
        (event,) = view.parse_events(request)
    except AnymailWebhookValidationFailure as failure:
        raise Forged(str(failure).partition("\n")[0]) from failure
    except (AnymailConfigurationError, ValueError, OverflowError, OSError) as failure:
        raise NoMail(f"{type(failure).__name__}: forward whole messages to this address") from None
    if abs(at - event.timestamp) > WINDOW:
        raise Forged("it was signed too long ago, or the clocks differ")
    if not raw.strip():
        raise NoMail("no body-mime: let the address in the route end in mime/")
    mark = sha256(raw).hexdigest()
    if cache.get_or_set(f"mail-hook:{event.event_id}", mark, WINDOW.total_seconds() * 2) != mark:
        raise Forged("its token came with another message before")
    return raw


def _fields(request: WSGIRequest) -> dict[str, bytes]:
    """The fields of a form, of any length: Django's own bound is for forms that people fill in."""
    content = request.read(MOST + 1)
    if len(content) > MOST:
        raise NoMail("larger than 40 MB")
    if request.content_type == FORMS[0]:
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode("latin-1")
        form = message_from_bytes(head + content, policy=policy.HTTP)
        found = {}
        for part in form.iter_parts():
            value = part.get_payload(decode=True)
            name = part.get_param("name", header="content-disposition")
            found[str(name)] = value if isinstance(value, bytes) else b""
        return found
    try:
        pairs = parse_qsl(content.decode("ascii"), encoding="latin-1", max_num_fields=MANY)
    except ValueError:
        return {}
    return {name: value.encode("latin-1") for name, value in pairs}
