"""States that move by a table, and the refusal of any other move."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


class IllegalStep(Exception):
    """The table has no such step; the message says which steps are possible."""

    def __init__(self, state: StrEnum, act: StrEnum, possible: tuple[StrEnum, ...]) -> None:
        steps = ", ".join(possible) if possible else "nothing"
        super().__init__(f"cannot {act} what is {state}; possible: {steps}")
        self.state = state
        self.act = act
        self.possible = possible


@dataclass(frozen=True)
class Lifecycle(Generic[S, A]):
    """A table of (state, act) → next state."""

    table: Mapping[tuple[S, A], S]

    def after(self, state: S, act: A) -> S:
        """Return the state that `act` leads to; raise IllegalStep where the table has none."""
        try:
            return self.table[state, act]
        except KeyError:
            raise IllegalStep(state, act, self.acts(state)) from None

    def acts(self, state: S) -> tuple[A, ...]:
        """Return the acts that are possible in `state`, in the table's order."""
        return tuple(act for (at, act) in self.table if at == state)

    def __str__(self) -> str:
        """Return the table as aligned lines of text."""
        rows = [(str(at), str(act), str(then)) for (at, act), then in self.table.items()]
        wide = max((len(at) for at, _, _ in rows), default=0)
        mid = max((len(act) for _, act, _ in rows), default=0)
        return "\n".join(f"{at:<{wide}}  {act:<{mid}}  → {then}" for at, act, then in rows)
