"""Files in forms: looked at before anything else sees them."""

from __future__ import annotations

from typing import IO, Any

from django import forms

from complaints.lodging.services import (
    AT_ONCE,
    KINDS_IN_WORDS,
    FileRefused,
    Upload,
    read_upload,
)
from portal.adapters.scanning import ScannerUnavailable, malware_in


class _Several(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; a list of `Upload` once cleaned. One that is wrong names itself."""

    widget = _Several

    def __init__(self, **kwargs: Any) -> None:
        help_text = f"Up to {AT_ONCE} files of 10 MB each: {KINDS_IN_WORDS}."
        super().__init__(**{"help_text": help_text, "required": False, **kwargs})

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:
        given = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if not given and self.required:
            raise forms.ValidationError("Choose a file first.")
        if len(given) > AT_ONCE:
            raise forms.ValidationError(
                f"{AT_ONCE} files are the most at once. Choose fewer, or put photos in one PDF."
            )
        found, problems = [], []
        for one in given:
            try:
                found.append(looked_at(one.name or "file", one))
            except FileRefused as refusal:
                problems.append(str(refusal))
        if problems:
            raise forms.ValidationError(problems)
        return found


def looked_at(name: str, file: IO[bytes]) -> Upload:
    """A file whose kind is known and in which no malware was found. Raises FileRefused."""
    upload = read_upload(name, file)
    try:
        found = malware_in(upload.file)
    except ScannerUnavailable:
        raise FileRefused(
            "We can't check files just now. Send it without them, and add them later."
        ) from None
    if found:
        raise FileRefused(f"“{upload.name}” holds malware. Scan your device first.")
    upload.file.seek(0)
    return upload
