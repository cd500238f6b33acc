"""Lists that may grow without end count only as far as anybody turns their pages."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST = 2_000


class UpTo(Paginator):  # type: ignore[type-arg]
    """Counts no further than `MOST` rows: whoever needs those behind narrows the list."""

    most = MOST

    @cached_property
    def found(self) -> int:
        """How many rows there are, or one more than counts."""
        rows: Any = self.object_list
        return int(rows.order_by()[: self.most + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self.found, self.most)

    @property
    def is_more(self) -> bool:
        return self.found > self.most
