"""The law beneath every document: what its rows answer to the same questions.

Each function bears the name of the rule that it stands under, takes that rule's facts and
answers with the same result, or with None where no row protects this customer on this day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from terms.calendar import State
from terms.profile import Profile
from terms.result import Result


class Cause(StrEnum):
    """Who caused the failure that is charged for."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True)
class Standing:
    """What decides which rows of law protect a customer, beside the rule's own facts.

    `as_at` picks the edition: the day of the event that starts the clock. `visible_on` and `state`
    serve rules that have no such keys. A fact that is not known is None or False.
    """

    tcp: bool
    as_at: date
    hardship: bool = False
    dfv_safety_threat: bool = False
    disputed: bool = False
    visible_on: date | None = None
    state: State | None = None
    actual_cost: Decimal | None = None
    charge_advised: bool = False
    caused_by: Cause | None = None
    small_business: bool = False
    unreachable_path_done: bool = False


@dataclass(frozen=True)
class Law:
    """The floor as it stands for one customer of one provider."""

    floor: Profile
    standing: Standing
    provider_state: State


FLOOR: dict[str, Callable[..., Result | None]] = {}
