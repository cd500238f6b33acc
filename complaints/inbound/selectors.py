"""Reading an email: who sent it, what it says, what it answers. Nothing in it is run or loaded."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

import nh3
from django.conf import settings
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from mailparser_reply import EmailReplyParser

from complaints.tickets.models import Complaint
from parties.accounts.models import Provider
from parties.authority.selectors import sees_in_lists, staff_roles
from parties.people.models import User
from parties.people.states import StaffData, StaffRole
from records.notices.models import Notice
from records.references import ALPHABET, LENGTH

from .models import InboundMail
from .states import MailState

REFERENCE = re.compile(rf"\bC-[{ALPHABET}]{{{LENGTH}}}\b", re.I)
MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
TO = ("to", "cc", "delivered-to", "x-original-to")
# What a mail server that we trust found out about the sender.
FORGED = re.compile(r"\b(dmarc|spf|dkim)=fail\b", re.I)
FOUND_OUT = ("x-mailgun-spf", "x-mailgun-dkim-check-result")
BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
MARKS = ("x-loop", "x-autoreply", "x-autorespond", "list-id", "list-unsubscribe")
ROBOTS = ("mailer-daemon@", "postmaster@", "no-reply@", "noreply@")
UNSEEN = frozenset({"script", "style", "head", "title", "template"})
BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "blockquote"})
# What of an email's layout staff see: no link, no picture, nothing that is loaded or clicked.
LAYOUT = {
    *("p", "br", "div", "span", "b", "strong", "i", "em", "u", "ul", "ol", "li", "blockquote"),
    *("pre", "hr", "table", "thead", "tbody", "tr", "th", "td"),
}
CELLS = {"th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
# Who reads what strangers wrote about anything.
READS_MAIL = frozenset({StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER, StaffRole.ADMINISTRATOR})
QUOTED = "[The letter that they quote below is left out here.]"


@dataclass(frozen=True, kw_only=True)
class ReadMail:
    """What an email says, as far as it is used."""

    message_id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    answers: tuple[str, ...]
    references: tuple[str, ...]
    automatic: str
    forged: bool
    parts: tuple[tuple[str, bytes], ...]


def read_mail(raw: bytes) -> ReadMail:
    """Read an email, however broken it is."""
    message = message_from_bytes(raw, policy=policy.default)
    sender = parseaddr(_header(message, "from"))[1].lower()[:254]
    to = tuple(address.lower() for _, address in getaddresses(_headers(message, *TO)))
    subject = " ".join(_header(message, "subject").split())[:250]
    found = MESSAGE_ID.findall(_header(message, "message-id"))
    known = found[0] if found else f"<{hashlib.sha256(raw).hexdigest()}@nowhere>"
    named = [*REFERENCE.findall(" ".join(to)), *REFERENCE.findall(subject)]
    return ReadMail(
        message_id=known,
        sender=sender,
        to=to,
        subject=subject,
        text=_text(message),
        answers=tuple(
            MESSAGE_ID.findall(" ".join(_headers(message, "in-reply-to", "references")))
        ),
        references=tuple(dict.fromkeys(one.upper() for one in named)),
        automatic=_automatic(message, sender),
        forged=any(FORGED.search(one) for one in _headers(message, "authentication-results"))
        or any(one.strip().lower() == "fail" for one in _headers(message, *FOUND_OUT)),
        parts=tuple(_attachments(message)),
    )


def complaint_of(mail: ReadMail) -> Complaint | None:
    """The one complaint that an email answers, or names; None where there is none, or several."""
    answered = set(
        Notice.objects.filter(message_id__in=mail.answers).values_list("subject_ref", flat=True)
    )
    rows = Complaint.objects.select_related("account__customer__provider", "lodged_by")
    found = list(rows.filter(reference__in=answered)[:2])
    if not found:
        found = list(rows.filter(reference__in=mail.references)[:2])
    return found[0] if len(found) == 1 else None


def provider_of(mail: ReadMail) -> Provider | None:
    """Whose desk it was sent to, by the address; a sign after + does not matter."""
    desks = {_without_tag(one) for one in mail.to}
    for provider in Provider.objects.all():
        if _without_tag(provider.complaints_email.lower()) in desks:
            return provider
    return None


def mails_known_to(user: User) -> QuerySet[InboundMail]:
    """The emails that are there for a member of staff.

    What names a complaint about somebody's safety is the privacy role's; whoever has that role and
    does not work at the desk sees nothing else of what strangers write.
    """
    private = Complaint.objects.filter(safety_threat=True)
    named = private.annotate(said=Cast(OuterRef("why"), CharField()))
    is_private = Q(complaint__in=private) | Q(Exists(named.filter(said__contains=F("reference"))))
    if not sees_in_lists(user, StaffData.PRIVATE):
        return InboundMail.objects.exclude(is_private)
    if user.is_superuser or READS_MAIL & set(staff_roles(user)):
        return InboundMail.objects.all()
    return InboundMail.objects.filter(is_private)


def set_apart(rows: QuerySet[InboundMail]) -> QuerySet[InboundMail]:
    """Those at which somebody has to look."""
    return rows.filter(state=MailState.SET_APART)


def _without_tag(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _headers(message: EmailMessage, *names: str) -> list[str]:
    found = []
    for name in names:
        try:
            found += [str(value) for value in message.get_all(name, [])]
        except (ValueError, IndexError, AttributeError, TypeError):
            # A header that the standard library can't read says nothing.
            continue
    return found


def _header(message: EmailMessage, name: str) -> str:
    return next(iter(_headers(message, name)), "")


def _automatic(message: EmailMessage, sender: str) -> str:
    """Why it is no person's mail, or "". Such mail is never acted on, so that nothing loops."""
    said = _header(message, "auto-submitted").partition(";")[0].strip().lower()
    if said not in ("", "no"):
        return "It says that it was sent automatically."
    if _header(message, "precedence").strip().lower() in BULK:
        return "It says that it is bulk mail."
    if any(_header(message, name) for name in MARKS):
        return "It carries the mark of a list or an automatic answer."
    if _header(message, "return-path").strip() == "<>" or sender.startswith(ROBOTS):
        return "It comes from a mail server or a machine."
    own = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()}
    own |= {one.lower() for one in Provider.objects.values_list("complaints_email", flat=True)}
    return "It comes from an address of ours." if sender in own else ""


def _text(message: EmailMessage) -> str:
    """The plain text, pieces between photos included; of an email in HTML alone, its words."""
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    if body.get_content_type() == "text/html":
        reader = _Words()
        reader.feed(_content(body))
        reader.close()
        content = "".join(reader.words)
    else:
        pieces = [one for one in _leaves(message) if one is body or _is_words(one, "plain")]
        content = "\n\n".join(map(_content, pieces))
    content = content.replace("\0", "").replace("\r\n", "\n")
    return re.sub(r"\n{3,}", "\n\n", content).strip()


def laid_out(raw: bytes) -> str:
    """An email's HTML as staff may see it, "" where it has none.

    Cleaned by nh3 down to paragraphs, lists and tables: nothing in it runs, is loaded from
    elsewhere, or leads anywhere. Safe to show without being escaped again.
    """
    message = message_from_bytes(raw, policy=policy.default)
    html = next((one for one in _leaves(message) if _is_words(one, "html")), None)
    if html is None:
        return ""
    return nh3.clean(
        _content(html).replace("\0", ""),
        tags=LAYOUT,
        attributes=CELLS,
        clean_content_tags=set(UNSEEN),
        url_schemes=set(),
    ).strip()


def _is_words(part: MIMEPart, subtype: str) -> bool:
    """Whether a part is something that the sender wrote, and no file that hangs on it."""
    is_file = part.get_filename() or part.get_content_disposition() == "attachment"
    return part.get_content_type() == f"text/{subtype}" and not is_file


def _content(part: MIMEPart) -> str:
    """The words of a part, also where it names a character set that nobody knows."""
    try:
        return str(part.get_content())
    except (LookupError, ValueError, KeyError, UnicodeError):
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def own_words(text: str) -> str:
    """What the sender wrote, without the letter that hangs below it.

    Only what is marked as quoted to the last line is left out: an answer between its lines stays,
    with all around it, and so does everything where it is not sure. The whole email is kept.
    """
    replies = EmailReplyParser(languages=["en"]).read(text=text).replies
    if len(replies) < 2:
        return text
    first = str(replies[0].content).strip()
    rest = text.partition(first)[2].strip() if first else ""
    lines = [line for line in rest.splitlines() if line.strip()]
    marked = [line.lstrip().startswith(">") for line in lines]
    # The line that says who wrote it, which may be broken in two, and then the quoted letter.
    if not any(marked) or marked.index(True) > 2 or not all(marked[marked.index(True) :]):
        return text
    return f"{first}\n{QUOTED}"


def _attachments(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """Every file in it: those that hang on it, and photos that stand between its words."""
    words = message.get_body(preferencelist=("plain", "html"))
    for part in _leaves(message):
        if part is words or _is_words(part, "plain") or _is_words(part, "html"):
            continue
        if part.is_multipart():
            yield part.get_filename() or "message.eml", part.as_bytes()
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield part.get_filename() or "file", payload


def _leaves(message: MIMEPart) -> Iterator[MIMEPart]:
    """The parts that hold no others; an email within an email is one of them."""
    if not message.get_content_type().startswith("multipart/"):
        yield message
    elif message.is_multipart():
        for part in message.iter_parts():
            yield from _leaves(part)


class _Words(HTMLParser):
    """Takes the words out of HTML; no address in it is ever asked."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen += 1
        elif tag in BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(self.unseen - 1, 0)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.words.append(data)
