"""Every page × everybody shows the facts that content.txt says; a page without a row fails."""

from __future__ import annotations

import pytest

from tests.architecture.content import TABLE, Reader, build_readers, pages, world_of_facts

LINES = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.strip()]
ROWS = [line.split() for line in LINES if not line.startswith("#")]
COLUMNS = ROWS[0][1:]
EXPECTED = {row[0]: row[1:] for row in ROWS[1:]}


def test_every_page_has_a_row_and_every_row_a_page():
    known = {page.name for page in pages()}

    assert sorted(known - set(EXPECTED)) == [], "add these rows to content.txt"
    assert sorted(set(EXPECTED) - known) == [], "take these rows out of content.txt"


@pytest.mark.slow
@pytest.mark.django_db
def test_every_page_shows_everybody_what_the_table_says():
    world, facts = world_of_facts()
    readers = {name: Reader(user, world, facts) for name, user in build_readers(world).items()}
    assert list(readers) == COLUMNS

    wrong = []
    for page in pages():
        found = [reader.shown(page) for reader in readers.values()]
        if found != EXPECTED.get(page.name, []):
            wrong.append(row(page.name, found))

    assert not wrong, "these rows show otherwise:\n" + "\n".join(wrong)


def row(name: str, cells: list[str]) -> str:
    return (f"{name:<22}" + "".join(f"{cell:<11}" for cell in cells)).rstrip()
