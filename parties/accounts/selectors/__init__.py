from .bindings import (
    FLOOR,
    AcceptedTerms,
    accepted_terms,
    as_if_declared,
    binding,
    declared_days,
    law,
    terms_in_words,
    version_in_force,
    working_calendar,
    zone_of,
)
from .customers import (
    access_needs,
    account_by_public_id,
    blocks_at,
    needs_second_person,
    providers,
)

__all__ = [
    "FLOOR",
    "AcceptedTerms",
    "accepted_terms",
    "access_needs",
    "account_by_public_id",
    "as_if_declared",
    "binding",
    "blocks_at",
    "declared_days",
    "law",
    "needs_second_person",
    "providers",
    "terms_in_words",
    "version_in_force",
    "working_calendar",
    "zone_of",
]
