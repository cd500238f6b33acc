"""Look for malware in what people upload, by whatever scanner the settings name."""

from __future__ import annotations

import socket
from typing import IO, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

CHUNK = 64 * 1024
TIMEOUT = 20


class ScannerUnavailable(Exception):
    """The file could not be looked at; nothing is known of it."""


class Scanner(Protocol):
    """What looks at a file."""

    def find(self, file: IO[bytes]) -> str:
        """The name of the malware in a file, or "". Raises ScannerUnavailable."""
        ...


class ClamdScanner:
    """Asks clamd by INSTREAM, over a socket of this machine or host:port (CLAMD_SOCKET)."""

    def find(self, file: IO[bytes]) -> str:
        """The name of the malware in a file, or "". Raises ScannerUnavailable."""
        try:
            with self._connect() as clamd:
                clamd.sendall(b"zINSTREAM\0")
                while chunk := file.read(CHUNK):
                    clamd.sendall(len(chunk).to_bytes(4, "big") + chunk)
                clamd.sendall(bytes(4))
                answer = self._answer(clamd)
        except OSError as failure:
            raise ScannerUnavailable(type(failure).__name__) from failure
        finally:
            file.seek(0)
        if answer.endswith("OK"):
            return ""
        if answer.endswith("FOUND"):
            return answer.removesuffix("FOUND").rpartition(":")[2].strip() or "malware"
        raise ScannerUnavailable(answer[:100])

    def _connect(self) -> socket.socket:
        place = settings.CLAMD_SOCKET
        if place.startswith("/"):
            clamd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            clamd.settimeout(TIMEOUT)
            clamd.connect(place)
            return clamd
        host, _, port = place.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=TIMEOUT)

    def _answer(self, clamd: socket.socket) -> str:
        parts = []
        while part := clamd.recv(4096):
            parts.append(part)
            if part.endswith(b"\0"):
                break
        return b"".join(parts).rstrip(b"\0").decode(errors="replace").strip()


def malware_in(file: IO[bytes]) -> str:
    """The name of the malware in a file, or ""; without a scanner nothing is looked for.

    Raises ScannerUnavailable: a file that nobody looked at is not taken.
    """
    if not settings.UPLOAD_SCANNER:
        return ""
    scanner: Scanner = import_string(settings.UPLOAD_SCANNER)()
    return scanner.find(file)
