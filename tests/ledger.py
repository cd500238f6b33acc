"""Meddle with audit trail and ledger as somebody with the database's password could."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace

from django.db import connection

guards = [
    import_module("records.audit.migrations.0003_protect_entries"),
    import_module("billing.migrations.0008_protect_ledger"),
]


# What a portal has before anybody comes: a test that commits leaves it as it was.
STANDING = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "django_site",
}


def empty_tables() -> None:
    """Delete the rows of all tables that have any: a flush of two hundred tables takes seconds.

    PostgreSQL only, as a superuser, whose session looks away from triggers and foreign keys.
    """
    quote = connection.ops.quote_name
    names = set(connection.introspection.table_names()) - STANDING
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quote(name)})"  # noqa: S608 - our tables
        for name in sorted(names)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        full = [name for (name,) in cursor.fetchall()]
        cursor.execute("SET session_replication_role = replica")
        for name in full:
            cursor.execute(f"DELETE FROM {quote(name)}")  # noqa: S608 - our tables
        cursor.execute("SET session_replication_role = DEFAULT")


@contextmanager
def unprotected() -> Iterator[None]:
    """Take the database's own protection of both away for a while."""
    editor = SimpleNamespace(connection=connection)
    for guard in guards:
        guard.unprotect(None, editor)
    try:
        yield
    finally:
        for guard in guards:
            guard.protect(None, editor)
