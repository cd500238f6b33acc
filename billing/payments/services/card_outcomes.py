"""What becomes of a bill drawn from a card: paid, not paid, tried once more, taken back."""

from __future__ import annotations

from datetime import datetime

from billing.payments.models import Draw, Mandate, OnlinePayment
from billing.payments.states import (
    DRAW,
    MISSES_THAT_PAUSE,
    TO_DRAW,
    DrawAct,
    DrawState,
    OnlineState,
)
from parties.correspondence.services import tell_holder
from records.audit.services import record
from records.notices.services import Link
from terms.calendar import in_words
from terms.money import in_dollars

from .draws import plan_draws
from .gateway import Word
from .mandates import pause_mandate


def follow_draw(row: OnlinePayment, word: Word, at: datetime) -> bool:
    """Bring the draw of a card payment in step with what the gateway said of the payment.

    True where the draw has told the customer what there is to tell. What is said again, or of a
    draw that went another way meanwhile, changes nothing. The caller holds the account's lock.
    """
    rows = Draw.objects.select_for_update(of=("self",)).filter(online=row)
    draw = rows.select_related("invoice", "mandate").first()
    if draw is None:
        return False
    draw.account = draw.mandate.account = row.account
    if row.state == OnlineState.SUCCEEDED and draw.state == DrawState.SENT:
        draw.state = DRAW.after(DrawState(draw.state), DrawAct.SETTLE)
        draw.payment, draw.ended_at = row.payment, at
        draw.save(update_fields=["state", "payment", "ended_at"])
        Mandate.objects.filter(pk=draw.mandate_id).update(misses=0)
    elif row.state == OnlineState.FAILED and draw.state == DrawState.SENT:
        _return(draw, word.why or "the bank did not pay it", at)
        _count_miss(draw, word, at)
    elif row.state == OnlineState.TAKEN_BACK and draw.state == DrawState.PAID:
        _return(draw, "the bank took it back", at)
        pause_mandate(_locked(draw), "Your bank took a card payment back", at)
    return row.state in (OnlineState.FAILED, OnlineState.IN_PROGRESS)


def _return(draw: Draw, why: str, at: datetime) -> None:
    draw.state = DRAW.after(DrawState(draw.state), DrawAct.RETURN)
    draw.reason, draw.ended_at = f"{why[:1].upper()}{why[1:200]}", at
    draw.save(update_fields=["state", "reason", "ended_at"])
    record(
        account_id=draw.account_id,
        at=at,
        action="card_did_not_pay",
        subject=draw.invoice.number,
        after={"reference": draw.reference, "amount": str(draw.total), "why": draw.reason},
    )


def _count_miss(draw: Draw, word: Word, at: datetime) -> None:
    """Plan the one more try, or pause where it would fail, too; tell the customer which."""
    mandate = _locked(draw)
    mandate.misses += 1
    mandate.save(update_fields=["misses"])
    if word.lasts:
        _tell(draw, None, at)
        pause_mandate(mandate, f"Your card did not pay: {word.why}", at)
    elif mandate.misses >= MISSES_THAT_PAUSE:
        _tell(draw, None, at)
        pause_mandate(mandate, f"Your card did not pay {mandate.misses} times in a row", at)
    else:
        plan_draws(draw.account, at=at, told_by_bill=draw.invoice_id)
        again = Draw.objects.filter(invoice=draw.invoice_id, state__in=TO_DRAW).first()
        _tell(draw, again, at)


def _locked(draw: Draw) -> Mandate:
    mandate = Mandate.objects.select_for_update(of=("self",)).get(pk=draw.mandate_id)
    mandate.account = draw.account
    return mandate


def _tell(draw: Draw, again: Draw | None, at: datetime) -> None:
    account = draw.account
    way_on = "The bill is still to be paid; please pay it another way."
    if again is not None:
        way_on = (
            f"We try once more on {in_words(again.on)}, {in_dollars(again.total)}; you can also "
            "pay it another way before."
        )
    tell_holder(
        account,
        at=at,
        headline=f"Your card did not pay {in_dollars(draw.total)}",
        body=f"For bill {draw.invoice} we asked {draw.mandate.source}: "
        f"{draw.reason[:1].lower()}{draw.reason[1:]}. Nothing was taken. {way_on} Hard to pay? "
        "Tell us: asking for help costs nothing.",
        link=Link("direct-debit"),
        label="See what is drawn",
        belongs_to=draw.reference,
    )
