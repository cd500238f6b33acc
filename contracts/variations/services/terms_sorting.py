"""What becomes of one contract that no notice of new terms reached in time."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from contracts.catalogue.services import require_right
from contracts.variations.models import TermsChange
from contracts.variations.states import ChangeAct, VariationAct
from parties.authority.selectors import local_day, role_names
from parties.people.models import User
from records.audit.services import Actor
from terms.calendar import in_words

from .deciding import step
from .drafting import VariationRefused
from .terms_carrying import held_terms, move_terms, note_terms
from .terms_deciding import locked_terms
from .terms_drafting import TERMS_DECIDES
from .terms_letters import tell_that_terms_stay


def tell_terms_again(*, change: TermsChange, on: date, by: User, at: datetime) -> TermsChange:
    """Tell a customer anew, for a later day, whom no notice reached in time.

    Raises NotAuthorised, VariationRefused for a day that is over, and IllegalStep for one who was
    told in time.
    """
    require_right(by, change.variation.provider, TERMS_DECIDES)
    with transaction.atomic():
        account, row = held_terms(change)
        today = local_day(account, at)
        if on <= today:
            raise VariationRefused(f"Choose a day after {in_words(today)}.")
        move_terms(row, ChangeAct.TELL_AGAIN)
        row.not_before, row.notice = on, None
        row.save()
        step(locked_terms(row.variation), VariationAct.TELL_AGAIN)
        note_terms(row, "tell_terms_again", at, _actor(by))
    return row


def keep_terms(*, change: TermsChange, why: str, by: User, at: datetime) -> TermsChange:
    """Let a contract that no notice reached in time keep its old terms.

    Raises NotAuthorised, VariationRefused without a reason, and IllegalStep as telling anew does.
    """
    require_right(by, change.variation.provider, TERMS_DECIDES)
    if not why.strip():
        raise VariationRefused("Say why. It is kept, and the customer reads it.")
    with transaction.atomic():
        account, row = held_terms(change)
        was_told = row.notice_id is not None
        move_terms(row, ChangeAct.LAPSE)
        row.save()
        note_terms(row, "keep_terms", at, _actor(by), why=why)
        if was_told:
            tell_that_terms_stay(row, account, why, at)
    return row


def _actor(by: User) -> Actor:
    return Actor(user_id=by.pk, name=str(by), acted_as=role_names(by))
