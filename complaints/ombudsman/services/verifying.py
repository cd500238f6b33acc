"""Prove an evidence pack: that nothing in it was changed, added or left out, and who made it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from complaints.ombudsman.models import EvidencePack

from .packing import MANIFEST, SUMS

CHUNK = 64 * 1024
# A pack that says it holds more is no pack of ours.
MOST = 2 * 1024 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is wrong with a pack, if anything, and when this portal made it, if it did."""

    flaws: tuple[str, ...]
    files: int
    sha256: str
    made_at: datetime | None


def verify_pack(file: IO[bytes]) -> Verdict:
    """Look at every file of a pack. Nothing is written anywhere."""
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    whole = digest.hexdigest()
    made = EvidencePack.objects.filter(sha256=whole).first()
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            flaws, files = _flaws(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as failure:
        flaws, files = [f"It can't be read as a ZIP file: {failure}"], 0
    return Verdict(
        flaws=tuple(flaws), files=files, sha256=whole, made_at=made.ready_at if made else None
    )


def _flaws(archive: zipfile.ZipFile) -> tuple[list[str], int]:
    names = [one.filename for one in archive.infolist()]
    if sum(one.file_size for one in archive.infolist()) > MOST:
        return ["It says that it holds more than 2 GB: not opened."], 0
    flaws = [f"{name}: stands in it twice" for name in sorted({*names}) if names.count(name) > 1]
    if SUMS not in names or MANIFEST not in names:
        return [*flaws, f"{SUMS} or {MANIFEST} is missing"], len(names)
    listed = _listed(archive.read(SUMS).decode(errors="replace"))
    for name in sorted({*names} - {*listed, SUMS}):
        flaws.append(f"{name}: was added")
    for name in sorted({*listed} - {*names}):
        flaws.append(f"{name}: is missing")
    for name in sorted({*listed} & {*names}):
        if _sha256(archive, name) != listed[name]:
            flaws.append(f"{name}: was changed")
    flaws += _against_manifest(archive.read(MANIFEST), listed)
    return flaws, len(names)


def _listed(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        sha256, _, name = line.partition("  ")
        found[name] = sha256
    return found


def _sha256(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as part:
        while chunk := part.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _against_manifest(data: bytes, listed: dict[str, str]) -> list[str]:
    try:
        files = {one["name"]: one["sha256"] for one in json.loads(data)["files"]}
    except (ValueError, KeyError, TypeError):
        return [f"{MANIFEST}: can't be read"]
    wanted = {name: sha256 for name, sha256 in listed.items() if name != MANIFEST}
    return [] if files == wanted else [f"{MANIFEST} and {SUMS} do not say the same"]
