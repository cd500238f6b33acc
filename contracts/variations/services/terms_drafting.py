"""Draft a newer version of the terms, and work out from which day it binds each contract."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction

from contracts.catalogue.services import provider_day, require_right
from contracts.variations.models import TermsVariation
from contracts.variations.selectors import versions_to_bring
from contracts.variations.states import OPEN, Forced, Harm
from parties.accounts.models import Provider
from parties.people.models import User
from terms import library
from terms.calendar import in_words, months_on

from .base import VariationRefused
from .drafting import FURTHEST_MONTHS
from .new_terms import TERMS
from .working_out import AT_ONCE, work_out


@dataclass(frozen=True, kw_only=True)
class TermsDraft:
    """What staff say of a newer version of the terms.

    `effective_on` is the first day that is wanted, `says` what changes, as customers read it.
    `notice_days` with `notice_why` is what the provider chooses where the terms ask for reasonable
    notice; `offers_way_out` lets those leave free whom the terms only allow to be let.
    """

    version: str
    effective_on: date
    says: str
    harms: Harm
    forced_by: Forced | None = None
    supplier_wide: bool = False
    offers_way_out: bool = False
    notice_days: int | None = None
    notice_why: str = ""


def draft_terms_change(
    *, provider: Provider, draft: TermsDraft, by: User, at: datetime
) -> TermsVariation:
    """Keep a draft and work out which contracts it binds, from when and with which way out.

    Nobody is told and nothing changes. The same draft made twice is one. Raises NotAuthorised, and
    VariationRefused for a version that was not published, a day that is over, or before the
    version's own, or while another draft of that version waits.
    """
    require_right(by, provider, TERMS.drafts)
    _require_possible(provider, draft, provider_day(provider, at))
    given = asdict(draft) | {"forced_by": draft.forced_by or ""}
    with transaction.atomic():
        # Two who draft the same at the same moment make one.
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        open_one = TermsVariation.objects.filter(
            provider=provider, version=draft.version, state__in=OPEN
        ).first()
        if open_one is not None:
            if all(getattr(open_one, name) == value for name, value in given.items()):
                return open_one
            raise VariationRefused(
                f"{open_one.drafted_by} drafted that version already: drop that draft first."
            )
        change = TermsVariation.objects.create(
            provider=provider, drafted_by=by, drafted_at=at, **given
        )
    work_out(change, at=at, most=AT_ONCE)
    change.refresh_from_db()
    return change


def _require_possible(provider: Provider, draft: TermsDraft, today: date) -> None:
    """Raise VariationRefused for what no customer could be told."""
    if draft.version not in versions_to_bring(provider.key):
        raise VariationRefused(
            "Choose a version that was published after another one: contracts move forward only."
        )
    if draft.effective_on < today:
        raise VariationRefused(f"Choose {in_words(today)} or a later day: terms don't reach back.")
    printed = library.load(provider.key, draft.version).in_force_from
    if printed is not None and draft.effective_on < printed:
        raise VariationRefused(f"This version prints {in_words(printed)}: choose no sooner day.")
    furthest = months_on(today, FURTHEST_MONTHS)
    if draft.effective_on > furthest:
        raise VariationRefused(f"Choose a day up to {in_words(furthest)}.")
    if not draft.says.strip():
        raise VariationRefused("Say what changes: customers read it.")
    if draft.notice_days is not None and not draft.notice_why.strip():
        raise VariationRefused("Say why so many days' notice are reasonable. It is kept.")
