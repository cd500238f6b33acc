"""A table handed out as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.http import StreamingHttpResponse

from records.sheets import sheet

# Excel reads a file without it in the code page of the machine: "Zoë" would be "ZoÃ«".
BYTE_ORDER_MARK = "\ufeff"


def csv_file(
    name: str, head: Iterable[Any], rows: Iterable[Iterable[Any]]
) -> StreamingHttpResponse:
    """The answer that saves `name`.csv: `head`, then a line for each row as it is read."""
    return StreamingHttpResponse(
        chain([BYTE_ORDER_MARK], sheet(head, rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
