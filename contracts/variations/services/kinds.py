"""Which kind a change for many is of."""

from __future__ import annotations

from typing import Any

from contracts.variations.models import ChangeForMany, ChangeOfOne, PriceChange, Variation

from .base import Kind
from .new_terms import TERMS
from .prices import PRICES


def kind_of(row: ChangeForMany | ChangeOfOne) -> Kind[Any, Any]:
    """The kind of a change for many, or of what it does to one."""
    return PRICES if isinstance(row, Variation | PriceChange) else TERMS
