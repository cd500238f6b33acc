"""Every address × everybody, answered as authority.txt says; an address without a row fails."""

from __future__ import annotations

import pytest

from tests.architecture.authority import TABLE, Address, Asker, addresses, build_people

LINES = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.strip()]
ROWS = [line.split() for line in LINES if not line.startswith("#")]
COLUMNS = ROWS[0][2:]
EXPECTED = {" ".join(row[:2]): row[2:] for row in ROWS[1:]}


def test_every_address_has_a_row_and_every_row_an_address():
    known = {address.key for address in addresses()}

    assert sorted(known - set(EXPECTED)) == [], "add these rows to authority.txt"
    assert sorted(set(EXPECTED) - known) == [], "take these rows out of authority.txt"


# Every so manyth address each, so that workers share the table; a new address joins by itself.
SHARDS = 8


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("shard", range(SHARDS))
def test_everybody_is_answered_as_the_table_says(shard):
    askers = {name: Asker(person) for name, person in build_people().items()}
    assert list(askers) == COLUMNS

    wrong = []
    for address in sorted(addresses(), key=lambda one: one.key)[shard::SHARDS]:
        found = [asker.answer(address) for asker in askers.values()]
        expected = EXPECTED.get(address.key, [])
        if found != expected:
            wrong += [row(address, found), row(None, marks(found, expected))]

    assert not wrong, "these rows are answered otherwise (and what the table says):\n" + "\n".join(
        wrong
    )


def row(address: Address | None, cells: list[str]) -> str:
    head = f"{address.method:<5}{address.name:<42}" if address else f"{'#':<47}"
    return (head + "".join(f"{cell:<9}" for cell in cells)).rstrip()


def marks(found: list[str], expected: list[str]) -> list[str]:
    padded = expected + ["?"] * (len(found) - len(expected))
    return ["" if new == old else f"^{old}" for new, old in zip(found, padded, strict=True)]
