"""Changes of price: of all services on a plan, or of one alone."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from contracts.agreements.selectors import binding
from contracts.catalogue.services import replace_list_price
from contracts.supply.models import Service
from contracts.supply.selectors import period_on
from contracts.supply.services import change_price
from contracts.variations import selectors as variations
from contracts.variations.models import PriceChange, Variation
from contracts.variations.selectors import Effect, PriceEffect, Told, effect_of, prices_told
from contracts.variations.states import ChangeAct, ChangeState, PriceWay
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from records.notices.models import Notice
from terms.binding import Binding
from terms.calendar import in_words
from terms.money import ZERO

from .base import Kind, VariationRefused
from .letters import tell_of_price, tell_that_price_stays


class Prices(Kind[Variation, PriceChange]):
    """A new price for services."""

    drafts, decides = "contracts.add_variation", "contracts.change_variation"
    actions = {
        ChangeAct.TELL: "tell_price_change",
        ChangeAct.APPLY: "apply_price_change",
        ChangeAct.WITHDRAW: "withdraw_price_change",
        ChangeAct.TELL_AGAIN: "tell_price_again",
        ChangeAct.LAPSE: "keep_price",
        ChangeAct.LEAVE: "leave_because_of_price",
    }
    nothing = "Nobody would pay another price: there is nothing to tell."
    in_force = (
        "It is in force for somebody already. Draft a new change with the price that "
        "should follow."
    )

    def many(self) -> QuerySet[Variation]:
        return Variation.objects.select_related("plan", "provider", "service", "drafted_by")

    def ones(self) -> QuerySet[PriceChange]:
        return PriceChange.objects.select_related("service__contract")

    def to_work_out(self, row: Variation) -> QuerySet[Service]:
        return variations.to_work_out(row)

    def works_out_to(
        self, row: Variation, found: list[Service], at: datetime
    ) -> list[PriceChange]:
        listed = prices_told(row)
        return [self._change_of(row, one, listed, at) for one in found]

    def _change_of(
        self, row: Variation, service: Service, listed: frozenset[Decimal], at: datetime
    ) -> PriceChange:
        effect = effect_of(row, service, sent_at=at, listed=listed)
        state = ChangeState.KEEPS if effect.is_kept_for_good else ChangeState.WAITING
        fields = self.fields_of(effect)
        return PriceChange(variation=row, service=service, state=state, **fields)

    def require_in_time(self, row: Variation) -> None:
        early, day = variations.earliest_for_all(row)
        if early and day is not None:
            raise VariationRefused(
                f"{early} would be told too late for {in_words(row.effective_on)}. Told today, "
                f"the first day that suits all is {in_words(day)}: draft it for that day or a "
                "later one."
            )

    def is_in_force(self, row: Variation) -> bool:
        applied = row.changes.filter(state=ChangeState.APPLIED)
        return row.listed_at is not None or applied.exists()

    def held(self, change: PriceChange) -> tuple[Account, PriceChange]:
        account = lock_account(change.service.contract.account_id)
        row = (
            PriceChange.objects.select_for_update(of=("self",))
            .select_related("variation__plan", "variation__provider", "notice")
            .get(pk=change.pk)
        )
        row.service = (
            Service.objects.select_related("plan", "contract")
            .prefetch_related("periods")
            .get(pk=row.service_id)
        )
        row.service.contract.account = account
        return account, row

    def bound(self, row: PriceChange, on: date) -> Binding:
        return binding(row.service.contract, on)

    def effect(
        self, row: PriceChange, *, sent_at: datetime, not_before: date | None, told: Told
    ) -> PriceEffect:
        return effect_of(
            row.variation, row.service, sent_at=sent_at, not_before=not_before, told=told
        )

    def fields_of(self, effect: Effect) -> dict[str, Any]:
        fields = vars(effect)
        words = {name: fields[name] or "" for name in ("keeps", "way_out_by")}
        return fields | words

    def write(self, row: PriceChange, account: Account, at: datetime, *, by_post: bool) -> Notice:
        return tell_of_price(row, account, at, by_post=by_post)

    def is_over(self, row: PriceChange, account: Account, at: datetime) -> bool:
        ended = row.service.ended_on
        return ended is not None and row.effective_on is not None and ended < row.effective_on

    def plan(self, row: PriceChange, at: datetime) -> ChangeAct | None:
        day = row.effective_on
        ended = row.service.ended_on
        if day is None or (ended is not None and ended < day):
            # It ends first; if that is taken back, the price comes on its day all the same.
            return None
        if not _costs(row, day):
            changed = change_price(
                service=row.service,
                on=day,
                before=row.unit_before,
                after=row.unit_after,
                at=at,
                why=row.variation.says,
            )
            if not changed:
                return ChangeAct.LAPSE
        return ChangeAct.PLAN

    def apply(self, row: PriceChange, account: Account, day: date, at: datetime) -> bool:
        # Another plan, or the end of the service, may have come first.
        return _costs(row, day)

    def undo(self, row: PriceChange, at: datetime) -> None:
        if row.effective_on is None:
            return
        change_price(
            service=row.service,
            on=row.effective_on,
            before=row.unit_after,
            after=row.unit_before,
            at=at,
            why=row.variation.decided_why,
        )

    def tell_that_it_stays(
        self, row: PriceChange, account: Account, why: str, at: datetime
    ) -> None:
        tell_that_price_stays(row, account, why, at)

    def finish(self, row: Variation, at: datetime) -> bool:
        """Let new orders pay the new price from its day on."""
        if row.service_id is not None or row.listed_at is not None:
            return True
        if at.date() < row.effective_on:
            return False
        fee = row.amount if row.way == PriceWay.TO else row.plan.monthly_fee + row.amount
        replace_list_price(plan=row.plan, monthly_fee=max(fee, ZERO), on=row.effective_on)
        row.listed_at = at
        row.save(update_fields=["listed_at"])
        return True

    def entry_of(self, row: PriceChange) -> dict[str, Any]:
        return {
            "account_id": row.service.contract.account_id,
            "subject": str(row.service.public_id),
            "before": {"monthly": str(row.monthly_before)},
            "after": {"monthly": str(row.monthly_after)},
        }


PRICES = Prices()


def _costs(row: PriceChange, day: date) -> bool:
    """Whether a service costs on a day what was told."""
    period = period_on(row.service, day)
    ends = period.ends_on if period else None
    runs = ends is None or ends >= day
    return period is not None and runs and period.unit_fee == row.unit_after
