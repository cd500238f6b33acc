"""Outages as a page of an account shows them to its reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from contracts.requests.selectors import OutageNews
from parties.authority.selectors import Permissions
from parties.correspondence.services import mask_of


def shown(found: Iterable[OutageNews], permissions: Permissions) -> list[OutageNews]:
    """The same outages; what they are called gives nothing of the customer away.

    Everybody may read where an outage is. Whose services it hits, and so where they live, is
    another matter.
    """
    mask = mask_of(permissions)
    return [replace(one, card=replace(one.card, what=mask.text(one.card.what))) for one in found]
