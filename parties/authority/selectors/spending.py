"""How far an appointment's limit reaches: what counts together, and what is the tightest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from parties.accounts.models import Account
from parties.authority.models import Appointment
from terms.money import ZERO

# What appointments, by public id, have committed a month: dollars, GST included.
Committed = Callable[[frozenset[str]], Decimal]


def nothing_committed(_: frozenset[str]) -> Decimal:
    return ZERO


@dataclass(frozen=True)
class Spent:
    """A limit in dollars a month, GST included, and what is committed of it already."""

    limit: Decimal
    committed: Decimal


class SpendingLimits:
    """The appointments of an account as they follow from one another."""

    def __init__(self, rows: list[Appointment]) -> None:
        self._by_id = {row.pk: row for row in rows}
        self._replaced_by = {row.replaces_id: row for row in rows if row.replaces_id}
        self._under = defaultdict(list)
        for row in rows:
            if row.appointed_under_id:
                self._under[row.appointed_under_id].append(row)

    def tightest(self, appointment: Appointment, committed: Committed) -> Spent | None:
        """The limit with the least room left: the appointment's own, or one that it rests on.

        What was committed under an appointment, under those that it replaced, and under those
        made by it counts together. None where nothing limits it.
        """
        limits = [
            Spent(one.max_expense, committed(self._counted(one)))
            for one in {row.pk: row for row in self._bounds(appointment)}.values()
            if one.max_expense is not None
        ]
        return min(limits, key=lambda one: one.limit - one.committed, default=None)

    def _bounds(self, appointment: Appointment) -> Iterator[Appointment]:
        """The appointment, and each that it rests on, as it stands now."""
        waiting, seen = [appointment], set()
        while waiting:
            row = waiting.pop()
            if row.pk in seen:
                continue
            seen.add(row.pk)
            yield self._newest(row) if row is not appointment else row
            under = self._by_id.get(row.appointed_under_id or 0)
            if under is not None:
                waiting += [under, self._newest(under)]

    def _newest(self, row: Appointment) -> Appointment:
        while row.pk in self._replaced_by:
            row = self._replaced_by[row.pk]
        return row

    def _counted(self, appointment: Appointment) -> frozenset[str]:
        """The public ids of all whose commitments count against this one's limit."""
        found: dict[int, Appointment] = {}
        waiting = [appointment]
        while waiting:
            row = waiting.pop()
            if row.pk not in found:
                found[row.pk] = row
                waiting += self._under[row.pk]
                if row.replaces_id in self._by_id:
                    waiting.append(self._by_id[row.replaces_id])
        return frozenset(str(row.public_id) for row in found.values())


def appointment_lines(account: Account) -> SpendingLimits:
    """The account's appointments, ended ones too, as they follow from one another. One query."""
    return SpendingLimits(list(Appointment.objects.filter(account=account)))
