from .bindings import (
    FLOOR,
    as_if_declared,
    binding,
    declared_days,
    law,
    version_in_force,
    working_calendar,
    zone_of,
)
from .customers import access_needs, account_by_public_id, blocks_at, needs_second_person

__all__ = [
    "FLOOR",
    "access_needs",
    "account_by_public_id",
    "as_if_declared",
    "binding",
    "blocks_at",
    "declared_days",
    "law",
    "needs_second_person",
    "version_in_force",
    "working_calendar",
    "zone_of",
]
