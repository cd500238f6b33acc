"""Questions about money: what is owed, what is late, what was billed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

HELP_LINES = Path(__file__).with_name("help_lines.yaml")


def is_help_line(number: str) -> bool:
    """Whether a number is a help line's, whose calls appear on no bill (RF-DFV-05)."""
    return _digits(number) in _help_lines()


@cache
def _help_lines() -> frozenset[str]:
    rows = yaml.safe_load(HELP_LINES.read_text(encoding="utf-8"))
    return frozenset(_digits(row["number"]) for row in rows)


def _digits(number: str) -> str:
    """A number as its national digits: +61 2 6280 0900 is 0262800900."""
    digits = "".join(filter(str.isdigit, number))
    return f"0{digits[2:]}" if number.startswith("+61") and len(digits) == 11 else digits
