"""Rows as a CSV file that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

NUMBER = re.compile(r"-?\d+(\.\d+)?")
# What spreadsheets begin a formula with, full-width signs too.
FORMULA = "=+-@|%\uff1d\uff0b\uff0d\uff20"


class _Echo:
    """A file that hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    text = "" if value is None else str(value)
    if not isinstance(value, str) or NUMBER.fullmatch(text):
        return text
    begins = text.lstrip()[:1]
    is_formula = (bool(begins) and begins in FORMULA) or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if is_formula else text


def sheet(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The lines of the file, the heading first, one at a time as they are asked for."""
    table = csv.writer(_Echo())
    yield table.writerow([cell(one) for one in head])
    for row in rows:
        yield table.writerow([cell(one) for one in row])
