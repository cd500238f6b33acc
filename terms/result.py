"""Answers: frozen, carrying their reasons, and knowing how they meet the floor's answer."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from terms.clause import Reason


@dataclass(frozen=True, kw_only=True)
class Result:
    """Base of all answers. A field that is not determined is None.

    `because` has no part in equality, so that answers compare by value.
    """

    because: tuple[Reason, ...] = field(compare=False)


R = TypeVar("R", bound=Result)

_MEET: dict[str, Callable[[Any, Any], Any]] = {
    "earliest": min,
    "longest": max,
    "lowest": min,
    "highest": max,
    "all": lambda terms, floor: terms and floor,
    "any": lambda terms, floor: terms or floor,
    "both": lambda terms, floor: tuple(sorted({*terms, *floor})),
    "floor": lambda terms, floor: floor,
}


def combine(word: str, *, default: Any = None, follows: str | None = None) -> Any:
    """Declare how a field of the terms' answer meets the same field of the floor's.

    earliest, longest, lowest, highest compare; all: either refusal stands; any: either grant
    stands; both: what either lists; floor: the law's word is final. `follows` names the field
    whose origin this one shares: it is dropped where the floor decided that field in other units.
    """
    if word not in _MEET:
        raise ValueError(f"{word!r} is none of {', '.join(_MEET)}")
    return field(default=default, metadata={"combine": word, "follows": follows})


def meet(terms: R, floor: R) -> R:
    """Return the kinder of two answers, field by field; a tie is the terms' answer.

    The floor's reasons are added only where it changed a field.
    """
    values: dict[str, Any] = {}
    changed: set[str] = set()
    for one in fields(terms):
        if one.name == "because":
            continue
        mine, law = getattr(terms, one.name), getattr(floor, one.name)
        values[one.name] = _met(one.metadata.get("combine"), mine, law)
        if values[one.name] != mine:
            changed.add(one.name)
    for one in fields(terms):
        if one.metadata.get("follows") in changed:
            values[one.name] = getattr(floor, one.name)
    because = terms.because + floor.because if changed else terms.because
    return replace(terms, **values, because=because)


def _met(word: str | None, mine: Any, law: Any) -> Any:
    if law is None or (mine is not None and word is None):
        return mine
    if mine is None or word is None:
        return law
    return _MEET[word](mine, law)
