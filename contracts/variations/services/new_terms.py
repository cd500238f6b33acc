"""Newer versions of the terms: each contract is bound on a day of its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from contracts.agreements.models import Contract
from contracts.agreements.selectors import binding
from contracts.agreements.services import bind_version
from contracts.supply.models import Service
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.selectors import (
    Effect,
    Told,
    contracts_to_bind,
    older_versions,
    running,
    terms_effect_of,
)
from contracts.variations.states import ChangeAct, ChangeState
from parties.accounts.models import Account
from parties.accounts.services import accept_terms, lock_account
from parties.accounts.states import AcceptanceAct
from parties.authority.selectors import local_day
from records.audit.services import SYSTEM
from records.notices.models import Notice
from terms.binding import Binding

from .base import Kind
from .terms_letters import tell_of_terms, tell_that_terms_stay


class NewTerms(Kind[TermsVariation, TermsChange]):
    """A newer version of the terms for contracts that pin an older one."""

    drafts, decides = "contracts.add_termsvariation", "contracts.change_termsvariation"
    actions = {
        ChangeAct.TELL: "tell_terms_change",
        ChangeAct.APPLY: "apply_terms_change",
        ChangeAct.WITHDRAW: "withdraw_terms_change",
        ChangeAct.TELL_AGAIN: "tell_terms_again",
        ChangeAct.LAPSE: "keep_terms",
    }
    nothing = "No contract pins an older version: there is nothing to tell."
    in_force = (
        "It binds somebody already. Publish a version with the words that should follow, and "
        "draft that."
    )

    def many(self) -> QuerySet[TermsVariation]:
        return TermsVariation.objects.select_related("provider", "drafted_by")

    def ones(self) -> QuerySet[TermsChange]:
        return TermsChange.objects.select_related("contract")

    def to_work_out(self, row: TermsVariation) -> QuerySet[Contract]:
        return contracts_to_bind(row)

    def works_out_to(
        self, row: TermsVariation, found: list[Contract], at: datetime
    ) -> list[TermsChange]:
        return [self._change_of(row, one, at) for one in found]

    def _change_of(self, row: TermsVariation, contract: Contract, at: datetime) -> TermsChange:
        for service in contract.services.all():
            service.contract = contract
        return TermsChange(
            variation=row,
            contract=contract,
            version_before=contract.version,
            **self.fields_of(terms_effect_of(row, contract, sent_at=at)),
        )

    def require_in_time(self, row: TermsVariation) -> None:
        """Nobody is told too late: a contract that needs longer is bound on a later day."""

    def is_in_force(self, row: TermsVariation) -> bool:
        return bool(row.changes.filter(state=ChangeState.APPLIED).exists())

    def held(self, change: TermsChange) -> tuple[Account, TermsChange]:
        account = lock_account(change.contract.account_id)
        row = (
            TermsChange.objects.select_for_update(of=("self",))
            .select_related("variation__provider", "notice", "contract")
            .get(pk=change.pk)
        )
        row.contract.account = account
        kept = Prefetch("services", Service.objects.select_related("plan"))
        prefetch_related_objects([row.contract], kept)
        for service in row.contract.services.all():
            service.contract = row.contract
        return account, row

    def bound(self, row: TermsChange, on: date) -> Binding:
        return binding(row.contract, on)

    def effect(
        self, row: TermsChange, *, sent_at: datetime, not_before: date | None, told: Told
    ) -> Effect:
        return terms_effect_of(
            row.variation, row.contract, sent_at=sent_at, not_before=not_before, told=told
        )

    def fields_of(self, effect: Effect) -> dict[str, Any]:
        return vars(effect) | {"way_out_by": effect.way_out_by or ""}

    def write(self, row: TermsChange, account: Account, at: datetime, *, by_post: bool) -> Notice:
        return tell_of_terms(row, account, at, by_post=by_post)

    def is_over(self, row: TermsChange, account: Account, at: datetime) -> bool:
        """Whether nothing of the contract runs any more when the version would bind it."""
        on = max(filter(None, (row.effective_on, local_day(account, at))))
        return not running(row.contract, on)

    def plan(self, row: TermsChange, at: datetime) -> ChangeAct:
        return ChangeAct.PLAN

    def apply(self, row: TermsChange, account: Account, day: date, at: datetime) -> bool:
        """Move the contract's pin, and the account's once no contract of it lags behind."""
        version = row.variation.version
        older = older_versions(row.variation.provider.key, version)
        if self.is_over(row, account, at) or row.contract.version not in older:
            # It ended first, or a newer version came.
            return False
        bind_version(contract=row.contract, version=version, on=day)
        lag = Contract.objects.filter(account=account, version__in=older)
        if not any(running(one, day) for one in lag.prefetch_related("services")):
            accept_terms(
                account=account,
                version=version,
                act=AcceptanceAct.VARIATION,
                actor=SYSTEM,
                on=day,
                at=at,
            )
        return True

    def undo(self, row: TermsChange, at: datetime) -> None:
        """Nothing was done before the day."""

    def tell_that_it_stays(
        self, row: TermsChange, account: Account, why: str, at: datetime
    ) -> None:
        tell_that_terms_stay(row, account, why, at)

    def finish(self, row: TermsVariation, at: datetime) -> bool:
        return True

    def entry_of(self, row: TermsChange) -> dict[str, Any]:
        return {
            "account_id": row.contract.account_id,
            "subject": row.contract.reference,
            "before": {"version": row.version_before},
            "after": {"version": row.variation.version},
        }


TERMS = NewTerms()
