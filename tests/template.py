"""One migrated database that every process of a test run copies instead of migrating its own.

    python -m tests.template FOLDER

Prints the value of TEST_TEMPLATE under which tests.settings and tests.conftest find it: the name
of a database on the PostgreSQL of DATABASE_URL, else a file of SQLite in the folder.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

NAME = "portal_template"


def make(folder: Path) -> str:
    """Migrate a new database, with the staff roles that a portal always has, and name it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.db import connection

    from parties.people.services import ensure_staff_roles

    name = NAME if connection.vendor == "postgresql" else str(folder / f"{NAME}.sqlite3")
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    ensure_staff_roles()
    connection.close()
    if connection.vendor == "sqlite":
        _in_one_file(name)
    return name


def _in_one_file(name: str) -> None:
    """Without its log beside it, so that readers need no lock."""
    database = sqlite3.connect(name)
    database.execute("PRAGMA journal_mode=DELETE")
    database.close()


def load(name: str, address: str) -> sqlite3.Connection:
    """Copy a file into a database in memory, which lives as long as the connection returned."""
    memory = sqlite3.connect(address, uri=True)
    source = sqlite3.connect(name)
    source.backup(memory)
    source.close()
    return memory


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))
