"""Plain data read as typed facts, by annotation: for profiles, cases, commands and calculators."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from functools import lru_cache
from inspect import Parameter, signature
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NoReturn,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from terms.vocabulary import Listed, plain

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
R = TypeVar("R", bound="DataclassInstance")


class Action(StrEnum):
    """What somebody may want to do with a customer's account."""

    VIEW_BILLS = "view_bills"
    VIEW_PERSONAL_DETAILS = "view_personal_details"
    DISCUSS_ISSUE = "discuss_issue"
    REQUEST_RECORDS = "request_records"
    PAY_BILL = "pay_bill"
    LODGE_COMPLAINT = "lodge_complaint"
    TROUBLESHOOT = "troubleshoot"
    CHANGE_DETAILS = "change_details"
    CHANGE_PLAN = "change_plan"
    OPEN_SERVICE = "open_service"
    CLOSE_SERVICE = "close_service"
    CLOSE_ACCOUNT = "close_account"
    ADD_REPRESENTATIVE = "add_representative"
    REMOVE_REPRESENTATIVE = "remove_representative"
    ARRANGE_HARDSHIP = "arrange_hardship"
    ACCEPT_RESOLUTION = "accept_resolution"
    INCUR_EXPENSE = "incur_expense"


class Role(StrEnum):
    """How somebody stands to the customer."""

    HOLDER = "holder"
    AUTHORISED_REP = "authorised_rep"
    ADVOCATE = "advocate"
    CUSTOMER_CONTACT = "customer_contact"


class BadFacts(ValueError):
    """Facts that a rule cannot take; `path` leads to the one at fault."""

    def __init__(self, path: tuple[str | int, ...], problem: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


class Unknown:
    """A fact that is said not to be known.

    It may be handed to a rule that does not use it; whatever a rule does with it raises BadFacts,
    so that nothing unknown is ever taken for no, none or zero.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"Unknown({self._name!r})"

    def _used(self, *_: object) -> NoReturn:
        raise BadFacts((self._name,), "this document's rule needs it; it is not known")

    __bool__ = __eq__ = __ne__ = __hash__ = __lt__ = __le__ = __gt__ = __ge__ = _used
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _used
    __truediv__ = __rtruediv__ = __int__ = __str__ = __format__ = _used
    __iter__ = __len__ = __contains__ = __getitem__ = _used
    __getattr__ = _used


def met(*alternatives: tuple[T, bool]) -> list[T]:
    """Return which of several alternatives hold, where one is enough.

    One that is not known does not matter beside one that holds; raise BadFacts where none does.
    """
    found = [what for what, holds in alternatives if holds is True]
    return found or [what for what, holds in alternatives if holds]


def missing(*wanted: tuple[T, bool]) -> list[T]:
    """Return what is missing of all that is wanted.

    One that is not known does not matter beside one that is missing; raise BadFacts where none is.
    """
    found = [what for what, has in wanted if has is False]
    return found or [what for what, has in wanted if not has]


def opposite(fact: bool) -> bool:
    """Return the opposite of a fact; of one that is not known it is not known either."""
    return fact if isinstance(fact, Unknown) else not fact


def needed(name: str, value: T | None) -> T:
    """Return a fact that this document's rule cannot do without; raise BadFacts if it is None."""
    if value is None:
        raise BadFacts((name,), "this document's rule needs it")
    return value


def read_facts(rule: Callable[..., Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return `plain` as the typed keyword arguments of `rule`, the profile left out.

    Null says that a fact is not known: the rule refuses it only where it needs it (`Unknown`).
    Raise BadFacts for an unknown key, a missing one, or a value of the wrong kind.
    """
    wanted = _arguments(rule)
    names = {_python_name(key): key for key in plain}
    unknown = [key for name, key in names.items() if name not in wanted]
    if unknown:
        known = ", ".join(sorted(wanted))
        raise BadFacts((unknown[0],), f"the rule does not know this key; it knows {known}")
    missing = [name for name, (_, must) in wanted.items() if must and name not in names]
    if missing:
        raise BadFacts((missing[0],), "the rule needs this key")
    return {name: _fact(wanted[name][0], plain[key], key) for name, key in names.items()}


def _fact(kind: Any, value: Any, key: str) -> Any:
    """Return one fact as its annotation says; null where that knows no null is `Unknown`."""
    nullable = kind is Any or type(None) in get_args(kind)
    return Unknown(key) if value is None and not nullable else coerce(kind, value, (key,))


def known(answer: R) -> R:
    """Return an answer whose every field is known; raise BadFacts for one that is `Unknown`."""
    for one in fields(answer):
        value = getattr(answer, one.name)
        if isinstance(value, Unknown):
            bool(value)
    return answer


def takes(rule: Callable[..., Any], name: str) -> bool:
    """Say whether a rule has a fact of that name."""
    return name in _arguments(rule)


@lru_cache(maxsize=512)
def _arguments(rule: Callable[..., Any]) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(rule)
    return {
        name: (hints[name], each.default is Parameter.empty)
        for name, each in signature(rule).parameters.items()
        if each.kind is Parameter.KEYWORD_ONLY
    }


def coerce(kind: Any, value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """Return plain `value` as the annotation `kind` says; raise BadFacts if it does not fit."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union(get_args(kind), value, path)
    if kind is Any:
        return value
    if value is None:
        if kind is type(None):
            return None
        raise BadFacts(path, "must not be empty")
    if origin is Literal:
        return _literal(get_args(kind), value, path)
    if origin is tuple:
        return _tuple(get_args(kind)[0], value, path)
    if origin is frozenset:
        return frozenset(_tuple(get_args(kind)[0], value, path))
    if origin in (dict, Mapping):
        return _mapping(get_args(kind), value, path)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value, path)
    return _scalar(kind, value, path)


def _union(kinds: tuple[Any, ...], value: Any, path: tuple[str | int, ...]) -> Any:
    if value is None and type(None) in kinds:
        return None
    refusals = []
    for kind in kinds:
        if kind is not type(None):
            try:
                return coerce(kind, value, path)
            except BadFacts as refusal:
                refusals.append(refusal)
    raise refusals[0]


def _literal(words: tuple[Any, ...], value: Any, path: tuple[str | int, ...]) -> Any:
    if value not in words:
        raise BadFacts(path, f"{value!r} is none of {', '.join(map(str, words))}")
    return value


def _tuple(kind: Any, value: Any, path: tuple[str | int, ...]) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise BadFacts(path, "must be a list")
    return tuple(coerce(kind, each, (*path, at)) for at, each in enumerate(value))


def _mapping(kinds: tuple[Any, ...], value: Any, path: tuple[str | int, ...]) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise BadFacts(path, "must be a mapping")
    return {
        coerce(kinds[0], key, (*path, key)): coerce(kinds[1], each, (*path, key))
        for key, each in value.items()
    }


def _dataclass(kind: type[Any], value: Any, path: tuple[str | int, ...]) -> Any:
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise BadFacts(path, "must be a mapping")
    given = {_python_name(key): (key, each) for key, each in value.items()}
    return kind(**fields_from(kind, given, path))


def fields_from(
    kind: type[Any],
    given: Mapping[str, tuple[str, Any]],
    path: tuple[str | int, ...],
    leave_out: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return the values of a dataclass's fields; refuse keys too many or too few, naming all."""
    wanted = {one.name: one for one in fields(kind) if one.init and one.name not in leave_out}
    must = {
        name
        for name, one in wanted.items()
        if one.default is MISSING and one.default_factory is MISSING
    }
    if not must <= given.keys() <= wanted.keys():
        found = ", ".join(sorted(given)) or "nothing"
        extra = sorted(given[name][0] for name in given.keys() - wanted.keys())
        raise BadFacts(
            (*path, extra[0]) if extra else path,
            f"expected {_keys_listed(wanted, must)}; found {found}",
        )
    hints = hints_of(kind)
    return {name: coerce(hints[name], each, (*path, key)) for name, (key, each) in given.items()}


_HINTS: dict[type[Any], dict[str, Any]] = {}


def hints_of(kind: type[Any]) -> dict[str, Any]:
    """Return the types of a dataclass's fields; working them out is slow, and they stay."""
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _keys_listed(wanted: Mapping[str, Any], must: set[str]) -> str:
    if not wanted:
        return "no keys"
    return ", ".join(name if name in must else f"{name} (optional)" for name in wanted)


def _scalar(kind: Any, value: Any, path: tuple[str | int, ...]) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            words = ", ".join(str(each.value) for each in kind)
            raise BadFacts(path, f"{value!r} is none of {words}") from None
    reader = _READERS.get(kind)
    if reader is None:
        raise TypeError(f"no way is known to read a {kind!r} at {path!r}")
    try:
        return reader(value)
    except (ValueError, InvalidOperation):
        raise BadFacts(path, f"{value!r} is not {_NAMES[kind]}") from None


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError
    return Decimal(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError
    return int(value)


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _date(value: Any) -> date:
    if isinstance(value, str):
        value = date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError
    return value


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError
    return value


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(_text(value))


def _listed(value: Any) -> Any:
    return Listed(plain(_text(value)))


_READERS: dict[Any, Callable[[Any], Any]] = {
    Listed: _listed,
    Decimal: _decimal,
    str: _text,
    int: _int,
    bool: _bool,
    date: _date,
    datetime: _instant,
    time: _time,
}
_NAMES = {
    Decimal: 'a decimal in quotes, as "27.50"',
    str: "text",
    Listed: "a word",
    int: "a whole number",
    bool: "true or false",
    date: "a date, as 2026-12-24",
    datetime: "an instant with its offset, as 2026-12-24T10:00:00+11:00",
    time: 'a time in quotes, as "08:30"',
}


def _python_name(key: str) -> str:
    return f"{key}_" if key == "from" else key
