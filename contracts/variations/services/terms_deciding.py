"""A newer version of the terms is sent to a second person, decided, dropped or withdrawn."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts.catalogue.services import needs_two, require_right
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.states import (
    OPEN,
    VARIATION,
    ChangeState,
    VariationAct,
    VariationState,
)
from parties.people.models import User

from .deciding import FRESH, step
from .drafting import AT_ONCE, VariationRefused
from .terms_drafting import TERMS_DECIDES, TERMS_DRAFTS, work_out_terms


def ask_for_terms_approval(*, change: TermsVariation, by: User, at: datetime) -> TermsVariation:
    """Send a draft to a second person; a provider with one member of staff sends it out at once.

    Sent twice, it waits once. Raises NotAuthorised, and VariationRefused while it is being worked
    out, where it would bind nobody, or where nobody chose how long reasonable notice is.
    """
    require_right(by, change.provider, TERMS_DRAFTS)
    with transaction.atomic():
        row = locked_terms(change)
        if row.state == VariationState.ASKED:
            return row
        _require_ready(row)
        step(row, VariationAct.ASK)
        if not needs_two(row.provider):
            step(row, VariationAct.APPROVE, by=by, at=at)
    return row


def decide_terms_change(
    *, change: TermsVariation, approve: bool, by: User, at: datetime, why: str = ""
) -> TermsVariation:
    """Approve a version, and so let everybody be told, or refuse it with a reason.

    It is worked out anew first: days go by, contracts begin and end. Raises NotAuthorised,
    IllegalStep, and VariationRefused for whoever drafted it, or as asking does.
    """
    require_right(by, change.provider, TERMS_DECIDES)
    if approve:
        _work_out_again(change, at)
    with transaction.atomic():
        row = locked_terms(change)
        if row.drafted_by_id == by.pk and needs_two(row.provider):
            raise VariationRefused("Whoever drafted it can't decide: another person has to.")
        if not approve:
            if not why.strip():
                raise VariationRefused("A refusal gives its reason.")
            step(row, VariationAct.REFUSE, by=by, why=why, at=at)
            return row
        VARIATION.after(VariationState(row.state), VariationAct.APPROVE)
        _require_ready(row)
        step(row, VariationAct.APPROVE, by=by, why=why, at=at)
    return row


def drop_terms_draft(*, change: TermsVariation, by: User, at: datetime) -> TermsVariation:
    """Drop what nobody was told of. Raises NotAuthorised, and IllegalStep once it was approved."""
    require_right(by, change.provider, TERMS_DRAFTS)
    with transaction.atomic():
        row = locked_terms(change)
        if row.state != VariationState.DROPPED:
            step(row, VariationAct.DROP, by=by, at=at)
    return row


def withdraw_terms_change(
    *, change: TermsVariation, why: str, by: User, at: datetime
) -> TermsVariation:
    """Let nobody else be told, and everybody who was keep the old terms; the sweep tells them.

    Twice is once. Raises NotAuthorised, IllegalStep for what nobody was told of (drop it), and
    VariationRefused without a reason, or once it binds somebody.
    """
    require_right(by, change.provider, TERMS_DECIDES)
    if not why.strip():
        raise VariationRefused("Say why: everybody who was told reads it.")
    with transaction.atomic():
        row = locked_terms(change)
        if row.state == VariationState.WITHDRAWN:
            return row
        if row.changes.filter(state=ChangeState.APPLIED).exists():
            raise VariationRefused(
                "It binds somebody already. Publish a version with the words that should follow, "
                "and draft that."
            )
        step(row, VariationAct.WITHDRAW, by=by, why=why, at=at)
    return row


def locked_terms(change: TermsVariation) -> TermsVariation:
    """The change as it stands, while nobody else moves it."""
    return (
        TermsVariation.objects.select_for_update(of=("self",))
        .select_related("provider", "drafted_by")
        .get(pk=change.pk)
    )


def _work_out_again(change: TermsVariation, at: datetime) -> None:
    """A small one at once; a large one that is older than an hour begins anew in the sweep."""
    with transaction.atomic():
        row = locked_terms(change)
        if row.state not in OPEN:
            return
        is_small = row.changes.count() <= AT_ONCE
        if not is_small and row.worked_at and at - row.worked_at < FRESH:
            return
        TermsChange.objects.filter(variation=row).delete()
        row.worked_through, row.worked_at = 0, None
        row.save(update_fields=["worked_through", "worked_at"])
    work_out_terms(row, at=at, most=AT_ONCE)
    if not is_small:
        raise VariationRefused(
            "It was worked out a while ago and is being worked out again. Come back when it is "
            "done: this page says so."
        )


def _require_ready(row: TermsVariation) -> None:
    """Raise VariationRefused for what can't be told as it stands."""
    if row.worked_at is None:
        raise VariationRefused("It is still being worked out. Come back when it is done.")
    waiting = row.changes.filter(state=ChangeState.WAITING)
    if not waiting.exists():
        raise VariationRefused("No contract pins an older version: there is nothing to tell.")
    unknown = waiting.filter(effective_on__isnull=True).count()
    if unknown:
        raise VariationRefused(
            f"For {unknown} of them the terms ask for reasonable notice: draft it again and say "
            "how many days, and why."
        )
