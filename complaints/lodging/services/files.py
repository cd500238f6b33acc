"""Files that come with a complaint: looked at, named harmlessly, kept as they came."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet

from complaints.lodging.models import Attachment, Draft
from complaints.tickets.models import Complaint, Event
from complaints.tickets.states import Happening
from parties.people.models import User
from records.audit import services as audit
from records.audit.services import record

# So many files come with one complaint or message at the most, and so many in all.
AT_ONCE = 10
IN_ALL = 60
CHUNK = 64 * 1024
# Enough of a file to know its kind.
BEGIN = 512
NAME = 100
# What a compressed part of a PDF may hold at most before we stop looking.
INFLATED = 40 * 1024 * 1024
ACTIVE_PDF = re.compile(rb"/(JavaScript|JS|Launch|RichMedia)\b")
STREAM = re.compile(rb"(?<!end)stream\r?\n")
# So near before a stream stands what it is.
DICTIONARY = 500
LOOKS_LIKE_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml)", re.I)
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
# By the kind of a file: how a name may end, the usual ending first.
ENDINGS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "application/pdf": (".pdf",),
    "text/plain": (".txt", ".log"),
}
# What a browser may show by itself: pictures that can do nothing. All else is a download.
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
KINDS_IN_WORDS = "photos (JPG, PNG, WebP, GIF, HEIC), PDF and plain text"


class FileRefused(Exception):
    """A file that is not taken; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that was looked at and can be kept."""

    name: str
    media_type: str
    size: int
    sha256: str
    file: IO[bytes]


def read_upload(name: str, file: IO[bytes]) -> Upload:
    """Look at a file. Raises FileRefused, with words for who sends it."""
    called = harmless_name(name)
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > settings.UPLOAD_MAX_BYTES:
            raise FileRefused(f"“{called}” is larger than 10 MB. Make it smaller, or send parts.")
    if not size:
        raise FileRefused(f"“{called}” is empty. Choose it again.")
    file.seek(0)
    kind = kind_of(file.read(BEGIN))
    file.seek(0)
    if kind == "" and called.lower().endswith(ENDINGS["text/plain"]) and _is_plain(file):
        kind = "text/plain"
    if kind == "":
        raise FileRefused(f"“{called}” can't be taken. You can send {KINDS_IN_WORDS}.")
    if kind == "application/pdf" and _is_active(file):
        raise FileRefused(
            f"“{called}” has a program inside. Print it to a plain PDF, or take a photo."
        )
    file.seek(0)
    return Upload(
        name=_ending_with(called, kind),
        media_type=kind,
        size=size,
        sha256=digest.hexdigest(),
        file=file,
    )


def kind_of(begin: bytes) -> str:
    """The media type by the first bytes; "" for what is not taken, and for plain text."""
    if begin.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if begin.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if begin.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if begin.startswith(b"RIFF") and begin[8:12] == b"WEBP":
        return "image/webp"
    if begin[4:8] == b"ftyp" and begin[8:12] in HEIC_BRANDS:
        return "image/heic"
    if begin.startswith(b"%PDF-"):
        return "application/pdf"
    return ""


def harmless_name(name: str) -> str:
    """The last part of a name, without what could lead elsewhere or turn the words around."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(one for one in unicodedata.normalize("NFC", last) if one.isprintable())
    kept = re.sub(r'[<>:"|?*%;]', "_", kept).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if dot and stem and len(ending) <= 5:
        return f"{stem[:NAME]}.{ending}"
    return kept[:NAME] or "file"


def _ending_with(name: str, kind: str) -> str:
    """A name that ends as its kind does, so that no program is opened by its name."""
    endings = ENDINGS[kind]
    return name if name.lower().endswith(endings) else f"{name}{endings[0]}"


def _is_plain(file: IO[bytes]) -> bool:
    file.seek(0)
    content = file.read()
    if b"\0" in content or LOOKS_LIKE_MARKUP.search(content):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_active(file: IO[bytes]) -> bool:
    """Whether a PDF holds a program or starts one; packed objects are opened to see.

    What is hidden better than that does nothing here: files are never shown inside a page.
    """
    file.seek(0)
    content = file.read()
    parts, end, left = [], 0, INFLATED
    for match in STREAM.finditer(content):
        if match.start() < end:
            continue
        parts.append(content[end : match.start()])
        closed = content.find(b"endstream", match.end())
        end = closed if closed >= 0 else len(content)
        if b"ObjStm" in parts[-1][-DICTIONARY:] and left > 0:
            objects = _unpacked(content[match.end() : end], left)
            left -= len(objects)
            parts.append(objects)
    parts.append(content[end:])
    return any(_names_action(part) for part in parts)


def _unpacked(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""


def _names_action(objects: bytes) -> bool:
    # A name may be written with its letters as numbers: /J#61vaScript.
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda one: bytes([int(one[1], 16)]), objects)
    return ACTIVE_PDF.search(plain) is not None


def keep_files(
    uploads: Iterable[Upload],
    *,
    at: datetime,
    by: User | None,
    draft: Draft | None = None,
    complaint: Complaint | None = None,
    event: Event | None = None,
) -> list[Attachment]:
    """Keep files with a draft or a complaint; the same file again is the same.

    Raises FileRefused where there would be too many. The caller holds the draft or the complaint.
    """
    wanted = list({one.sha256: one for one in uploads}.values())
    kept = Attachment.objects.filter(draft=draft) if draft else None
    if complaint is not None:
        kept = Attachment.objects.filter(complaint=complaint)
    if kept is None:
        raise LookupError("A file belongs to a draft or to a complaint.")
    known = set(kept.values_list("sha256", flat=True))
    fresh = [one for one in wanted if one.sha256 not in known]
    require_room(len(known) + len(fresh), AT_ONCE if complaint is None else IN_ALL)
    owner: Any = complaint or draft
    rows = []
    for one in fresh:
        row = Attachment(
            account=owner.account,
            draft=draft,
            complaint=complaint,
            event=event,
            name=one.name,
            media_type=one.media_type,
            size=one.size,
            sha256=one.sha256,
            by=by,
            added_at=at,
        )
        row.file.save(one.name, File(one.file), save=False)
        row.save()
        rows.append(row)
    return rows


def hand_files_in(
    rows: QuerySet[Attachment], complaint: Complaint, *, by: User, at: datetime
) -> None:
    """Let the files of a draft go with the complaint that it became."""
    known = complaint.files.values_list("sha256", flat=True)
    fresh = list(rows.filter(complaint__isnull=True).exclude(sha256__in=known))
    if not fresh:
        return
    lodged = complaint.events.get(act=Happening.LODGE)
    for row in fresh:
        row.complaint, row.event = complaint, lodged
        row.save(update_fields=["complaint", "event"])
    record_files(complaint, fresh, actor=audit.Actor(user_id=by.pk, name=str(by)), at=at)


def record_files(
    complaint: Complaint, rows: Sequence[Attachment], *, actor: audit.Actor, at: datetime
) -> None:
    """Let the audit trail say which files came, each by its name and its hash."""
    record(
        account_id=complaint.account_id,
        at=at,
        action="complaint_files",
        actor=actor,
        subject=complaint.reference,
        after={row.name: row.sha256 for row in rows},
        is_private=complaint.safety_threat,
    )


def require_room(many: int, most: int) -> None:
    """Raise FileRefused for more files than are taken."""
    if many > most:
        raise FileRefused(f"{most} files are the most. Take some out, or put photos in one PDF.")


def drop_files(rows: Sequence[Attachment]) -> None:
    """Delete files that belong to nothing that was sent, once that is certain."""
    for row in rows:
        storage, name = row.file.storage, row.file.name or ""
        row.delete()
        transaction.on_commit(partial(storage.delete, name))
