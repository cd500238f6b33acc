"""Withdraw a change of price of which customers were told."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts.catalogue.services import require_right
from contracts.variations.models import Variation
from contracts.variations.states import ChangeState, VariationAct, VariationState
from parties.people.models import User

from .deciding import locked, step
from .drafting import DECIDES, VariationRefused


def withdraw_price_change(*, change: Variation, why: str, by: User, at: datetime) -> Variation:
    """Let nobody else be told, and everybody who was keep the old price; the sweep tells them.

    Twice is once. Raises NotAuthorised, IllegalStep for what nobody was told of (drop it), and
    VariationRefused without a reason, or once the price is in force for somebody.
    """
    require_right(by, change.provider, DECIDES)
    if not why.strip():
        raise VariationRefused("Say why: everybody who was told reads it.")
    with transaction.atomic():
        row = locked(change)
        if row.state == VariationState.WITHDRAWN:
            return row
        if row.listed_at or row.changes.filter(state=ChangeState.APPLIED).exists():
            raise VariationRefused(
                "It is in force for somebody already. Draft a new change with the price that "
                "should follow."
            )
        step(row, VariationAct.WITHDRAW, by=by, why=why, at=at)
    return row
