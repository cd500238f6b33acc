"""What a change for many is asked by the steps that all of them take."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import QuerySet

from contracts.variations.models import ChangeForMany, ChangeOfOne
from contracts.variations.selectors import Effect, Told
from contracts.variations.states import ChangeAct
from parties.accounts.models import Account
from records.notices.models import Notice
from terms.binding import Binding

Many = TypeVar("Many", bound=ChangeForMany)
One = TypeVar("One", bound=ChangeOfOne)


class VariationRefused(Exception):
    """It can't be changed so; the message says what to do."""


class Kind(ABC, Generic[Many, One]):
    """A kind of change for many: of a price for services, of the terms for contracts.

    `drafts` and `decides` are the permissions of the two people; `actions` how each step is
    recorded; `nothing` says that a draft would change nothing for anybody, `in_force` that it is
    too late to withdraw it.
    """

    drafts: ClassVar[str]
    decides: ClassVar[str]
    actions: ClassVar[Mapping[ChangeAct, str]]
    nothing: ClassVar[str]
    in_force: ClassVar[str]

    @abstractmethod
    def many(self) -> QuerySet[Many]:
        """All changes of this kind, with what the steps read of each."""

    @abstractmethod
    def ones(self) -> QuerySet[One]:
        """What they do to each, with what a sweep reads to lock it."""

    @abstractmethod
    def to_work_out(self, row: Many) -> QuerySet[Any]:
        """Whom a draft touches and it was not worked out for yet, by number."""

    @abstractmethod
    def works_out_to(self, row: Many, found: list[Any], at: datetime) -> list[One]:
        """What a draft does to each of those, not saved."""

    @abstractmethod
    def require_in_time(self, row: Many) -> None:
        """Raise VariationRefused for a draft that some would be told of too late."""

    @abstractmethod
    def is_in_force(self, row: Many) -> bool:
        """Whether it is in force for somebody already."""

    @abstractmethod
    def held(self, change: One) -> tuple[Account, One]:
        """The account, locked, and what changes for it as it stands now."""

    @abstractmethod
    def bound(self, row: One, on: date) -> Binding:
        """The rules that bind the one on a day."""

    @abstractmethod
    def effect(
        self, row: One, *, sent_at: datetime, not_before: date | None, told: Told
    ) -> Effect:
        """What the change means for it by a notice of that moment."""

    @abstractmethod
    def fields_of(self, effect: Effect) -> dict[str, Any]:
        """An effect as a row keeps it."""

    @abstractmethod
    def write(self, row: One, account: Account, at: datetime, *, by_post: bool) -> Notice:
        """Send the formal notice."""

    @abstractmethod
    def is_over(self, row: One, account: Account, at: datetime) -> bool:
        """Whether it ends before the change would reach it."""

    @abstractmethod
    def plan(self, row: One, at: datetime) -> ChangeAct | None:
        """Do what is done before the day, once it was told in time; None: not yet."""

    @abstractmethod
    def apply(self, row: One, account: Account, day: date, at: datetime) -> bool:
        """Put it into force; False where something else came first."""

    @abstractmethod
    def undo(self, row: One, at: datetime) -> None:
        """Take back what was planned."""

    @abstractmethod
    def tell_that_it_stays(self, row: One, account: Account, why: str, at: datetime) -> None:
        """Tell whoever had heard of it that everything stays as it was."""

    @abstractmethod
    def finish(self, row: Many, at: datetime) -> bool:
        """Do what is due for the change as a whole; return whether nothing of that is left."""

    @abstractmethod
    def entry_of(self, row: One) -> dict[str, Any]:
        """Account, subject, reason, before and after, as the audit trail keeps them."""
