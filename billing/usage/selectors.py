"""Questions about money: what is owed, what is late, what was billed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

# What may stand before a national number: access codes, the country, caller-id codes, the trunk.
ACCESS = ("0011", "0014", "0015", "0018", "0019", "00", "61", "1831", "1832", "0")
HELP_LINES = Path(__file__).with_name("help_lines.yaml")


def is_help_line(number: str) -> bool:
    """Whether a number is a help line's, whose calls appear on no bill (RF-DFV-05).

    Whatever form the switch writes it in: national, with the trunk 0, 61 or 0011 61 before it.
    """
    return not _forms(number).isdisjoint(_help_lines())


@cache
def _help_lines() -> frozenset[str]:
    rows = yaml.safe_load(HELP_LINES.read_text(encoding="utf-8"))
    return frozenset(_significant("".join(filter(str.isdigit, row["number"]))) for row in rows)


def _forms(number: str) -> set[str]:
    """The significant digits that a number may stand for: 0011 61 2 6280 0900 is 262800900.

    A written form can be read in more ways than one (61 may be a country or a beginning), so each
    reading is looked up; a help line is never missed for an ambiguity.
    """
    digits = "".join(filter(str.isdigit, number))
    found, waiting = set(), [digits]
    while waiting:
        one = waiting.pop()
        if not one or one in found:
            continue
        found.add(one)
        waiting += [one.removeprefix(prefix) for prefix in ACCESS if one.startswith(prefix)]
    return {_significant(one) for one in found}


def _significant(digits: str) -> str:
    """National digits without the trunk 0."""
    return digits.removeprefix("0")
