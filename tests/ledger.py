"""Meddle with the audit trail as somebody with the database's own password could."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace

from django.db import connection

guard = import_module("records.audit.migrations.0003_protect_entries")


@contextmanager
def unprotected() -> Iterator[None]:
    """Take the database's own protection of the audit trail away for a while."""
    editor = SimpleNamespace(connection=connection)
    guard.unprotect(None, editor)
    try:
        yield
    finally:
        guard.protect(None, editor)
