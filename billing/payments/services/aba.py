"""The banks' file of direct entries (ABA): what is drawn or paid, and what balances it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terms.money import ZERO

# What the banks' description of direct entry calls a debit and a credit.
DEBIT, CREDIT = "13", "50"
# The most that one line, or the file, can say.
MOST = Decimal("99999999.99")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line: whose bank account, dollars, and the reference that their statement shows."""

    bsb: str
    number: str
    name: str
    amount: Decimal
    reference: str


def direct_entries(
    heading: dict[str, str], day: date, entries: Iterable[Entry], *, code: str, what: str
) -> bytes:
    """The lines of a file: a head, each entry, the one of our own that balances, a foot.

    `heading` is the provider's own data, `code` whether entries are debits or credits, `what` the
    description that the bank sees.
    """
    rows = list(entries)
    total = sum((row.amount for row in rows), ZERO)
    ours = Entry(
        bsb=heading["bsb"],
        number=heading["number"],
        name=heading["name"],
        amount=total,
        reference=what,
    )
    lines = [
        "0"
        + " " * 17
        + "01"
        + f"{heading['bank']:3.3}"
        + " " * 7
        + f"{heading['user_name']:26.26}"
        + f"{heading['user_number']:0>6.6}"
        + f"{what:12.12}"
        + f"{day:%d%m%y}"
        + " " * 40,
        *(_line(heading, row, code) for row in rows),
        _line(heading, ours, CREDIT if code == DEBIT else DEBIT),
        # Debits and credits are the same: the net is nil.
        "7999-999"
        + " " * 12
        + _cents(ZERO)
        + _cents(total)
        + _cents(total)
        + " " * 24
        + f"{len(rows) + 1:06d}"
        + " " * 40,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _line(heading: dict[str, str], row: Entry, code: str) -> str:
    return (
        "1"
        + f"{row.bsb:7.7}"
        + f"{row.number:>9.9}"
        + " "
        + code
        + _cents(row.amount)
        + f"{row.name:32.32}"
        + f"{row.reference:18.18}"
        + f"{heading['bsb']:7.7}"
        + f"{heading['number']:>9.9}"
        + f"{heading['user_name']:16.16}"
        + "0" * 8
    )


def _cents(amount: Decimal) -> str:
    return f"{int(amount.scaleb(2)):010d}"
