"""Take a bank's CSV file in: each good row once, each bad row named with what to do."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from billing.invoices.models import Invoice
from billing.ledger.models import ClosedMonth
from billing.ledger.services import MonthClosed
from billing.payments.models import BankFormat, BankImport, ImportedRow, Payment
from billing.payments.selectors import (
    REFERENCE_DIGITS,
    account_of_reference,
    has_right_check_digit,
    named_in,
    reads_as_reference,
)
from billing.payments.states import DateFormat, PaymentMethod, RowFate
from parties.accounts.models import Account, Provider
from parties.accounts.services import lock_account
from records.audit.services import SYSTEM, Actor
from terms import library
from terms.money import ZERO, in_dollars

from .amounts import PaymentRefused, read_dollars, require_amount
from .receiving import alike_payments, record_payment, record_unmatched, require_past

LARGEST_FILE = 10 * 1024 * 1024
LONGEST_REFERENCE = 60
# More than a page can take in while somebody waits for it.
MOST_ON_PAGE = 2000
# Words in a bank's column of kinds, and the way to pay that they mean.
KINDS = (
    ("bpay", PaymentMethod.BPAY),
    ("direct debit", PaymentMethod.DIRECT_DEBIT),
    ("visa", PaymentMethod.CARD),
    ("mastercard", PaymentMethod.CARD),
    ("card", PaymentMethod.CARD),
    ("cheque", PaymentMethod.CHEQUE),
    ("cash", PaymentMethod.CASH),
    ("eft", PaymentMethod.EFT),
    ("transfer", PaymentMethod.EFT),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class FileRefused(Exception):
    """The file can't be read at all; nothing was taken in, and the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Cells:
    """A row of the file as it stands there, with its number (the heading is row 1)."""

    number: int
    cells: tuple[str, ...]
    by_column: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class BankRow:
    """Money that a row says came in: dollars, day, way to pay, reference."""

    amount: Decimal
    received_on: date
    method: str
    reference: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Whose:
    """The account that money is for, the bill that it names, or why nobody knows."""

    account: Account | None = None
    invoice: Invoice | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became, or would become, of a row."""

    number: int
    fate: RowFate
    words: str
    cells: tuple[str, ...]


def try_upload(
    *, form: BankFormat, name: str, data: bytes, at: datetime, actor: Actor = SYSTEM
) -> tuple[BankImport, list[Outcome]]:
    """Keep a file and say what importing it would do; nothing is booked. Raises FileRefused."""
    if len(list(_rows(form, data))) > MOST_ON_PAGE:
        raise FileRefused(
            f"The file has more than {MOST_ON_PAGE:,} rows: export fewer days at a time, or have "
            "it imported with “manage.py bank_import”."
        )
    outcomes = read_bank_file(form=form, data=data, at=at, dry_run=True)
    upload = BankImport.objects.create(
        provider=form.provider,
        format=form,
        name=name[-120:],
        content=data,
        uploaded_at=at,
        uploaded_by=actor.name,
        **_summary(outcomes),
    )
    return upload, outcomes


def import_upload(*, upload: BankImport, at: datetime, actor: Actor = SYSTEM) -> list[Outcome]:
    """Import a file that was tried; a second call takes nothing. Raises FileRefused."""
    if upload.imported_at is not None:
        raise FileRefused("This file was imported already.")
    outcomes = read_bank_file(form=upload.format, data=bytes(upload.content), at=at, actor=actor)
    BankImport.objects.filter(pk=upload.pk).update(
        imported_at=at, content=b"", **_summary(outcomes)
    )
    return outcomes


def read_bank_file(
    *, form: BankFormat, data: bytes, at: datetime, dry_run: bool = False, actor: Actor = SYSTEM
) -> list[Outcome]:
    """Take in each row of a bank's file in a transaction of its own, and say what became of it.

    A row is known by day, amount, reference and the bank's own number or running balance; rows of
    one file that are alike count each. `dry_run` books nothing. Raises FileRefused.
    """
    provider = form.provider
    rows = list(_rows(form, data))
    if not rows:
        raise FileRefused("The file has a heading and no rows: export it again.")
    today = at.astimezone(library.provider(provider.key).default_state.zone).date()
    seen: Counter[str] = Counter()
    outcomes = []
    for cells in rows:
        try:
            fate, words = _take(form, cells, seen, today, at, dry_run, actor)
        except (PaymentRefused, MonthClosed) as refusal:
            fate, words = RowFate.REFUSED, str(refusal)
        outcomes.append(Outcome(number=cells.number, fate=fate, words=words, cells=cells.cells))
    return outcomes


def error_file(refused: list[dict[str, Any]]) -> list[list[str]]:
    """The rows that were not read, to mend and import again: number, what to do, the cells."""
    return [
        [str(one["row"]), str(one["why"]), *(str(cell) for cell in one["cells"])]
        for one in refused
    ]


def whose(provider: Provider, method: str, reference: str) -> Whose:
    """Say for which account money is: by its payment reference, then by numbers that it names."""
    digits = reads_as_reference(reference)
    is_reference = method == PaymentMethod.BPAY or len(digits) == REFERENCE_DIGITS + 1
    why = "It names neither a payment reference nor the number of a bill or an account."
    if digits and is_reference:
        if not has_right_check_digit(digits):
            return Whose(why=f"The check digit of the payment reference {digits} is wrong.")
        account = account_of_reference(provider, digits)
        if account is not None:
            return Whose(account=account)
        why = f"No account has the payment reference {digits}."
    accounts, invoices = named_in(provider, reference)
    named = {one.pk: one for one in [*accounts, *(bill.account for bill in invoices)]}
    if len(named) == 1:
        (account,) = named.values()
        return Whose(account=account, invoice=invoices[0] if len(invoices) == 1 else None)
    return Whose(why="It names several accounts." if named else why)


def _take(
    form: BankFormat,
    cells: Cells,
    seen: Counter[str],
    today: date,
    at: datetime,
    dry_run: bool,
    actor: Actor,
) -> tuple[RowFate, str]:
    """Book a row unless it is known. Raises PaymentRefused, MonthClosed."""
    row = _read(form, cells)
    if row is None:
        return RowFate.IGNORED, "Money that went out."
    require_past(row.received_on, today)
    seen[row.key] += 1
    occurrence = seen[row.key]
    known = ImportedRow.objects.filter(
        provider=form.provider, key=row.key, occurrence=occurrence
    ).select_related("payment__account")
    if found := known.first():
        return RowFate.KNOWN, _known(found.payment)
    mine = whose(form.provider, row.method, row.reference)
    if dry_run:
        _require_open_month(form.provider, row.received_on)
        return _fate(mine, row)
    try:
        with transaction.atomic():
            payment, is_new = _book(form.provider, row, mine, occurrence, at, actor)
            ImportedRow.objects.create(
                provider=form.provider,
                key=row.key,
                occurrence=occurrence,
                payment=payment,
                imported_at=at,
            )
    except IntegrityError:
        # Another import of the same row was quicker; anything else is a fault of ours.
        if (found := known.first()) is None:
            raise
        return RowFate.KNOWN, _known(found.payment)
    return _fate(mine, row) if is_new else (RowFate.KNOWN, _known(payment))


def _book(
    provider: Provider, row: BankRow, mine: Whose, occurrence: int, at: datetime, actor: Actor
) -> tuple[Payment, bool]:
    """The payment of a row, and whether it is new: the desk may have recorded it before."""
    facts: dict[str, Any] = {
        "amount": row.amount,
        "received_on": row.received_on,
        "method": row.method,
        "reference": row.reference[:LONGEST_REFERENCE],
    }
    if mine.account is None:
        made = record_unmatched(
            provider=provider, at=at, why=mine.why, occurrence=occurrence, actor=actor, **facts
        )
        return made, True
    account = lock_account(mine.account.pk)
    # One that was reversed is not this money: it was booked wrongly, or came back and came again.
    by_hand = (
        alike_payments(account, **facts)
        .filter(imported_row__isnull=True, reversed_on__isnull=True)
        .order_by("occurrence")
        .first()
    )
    if by_hand is not None:
        return by_hand, False
    made = record_payment(
        account=account,
        at=at,
        towards=mine.invoice,
        is_another=True,
        actor=actor,
        **facts,
    )
    return made, True


def _fate(mine: Whose, row: BankRow) -> tuple[RowFate, str]:
    amount = in_dollars(row.amount)
    if mine.account is None:
        return RowFate.WAITING, f"{amount}: {mine.why}"
    return RowFate.MATCHED, f"{amount} to {mine.account}"


def _known(payment: Payment) -> str:
    return f"Recorded already: {payment.account or 'waits for somebody to say whose it is'}."


def _require_open_month(provider: Provider, day: date) -> None:
    if ClosedMonth.objects.filter(provider=provider, month=day.replace(day=1)).exists():
        raise MonthClosed(f"{day:%B %Y} is closed: date the correction later.")


def _summary(outcomes: list[Outcome]) -> dict[str, object]:
    counts = Counter(one.fate.value for one in outcomes)
    return {
        "counts": {fate.value: counts[fate.value] for fate in RowFate},
        "refused": [
            {"row": one.number, "why": one.words, "cells": list(one.cells)}
            for one in outcomes
            if one.fate == RowFate.REFUSED
        ],
    }


# --- reading


def _rows(form: BankFormat, data: bytes) -> Iterator[Cells]:
    """The file's rows under its heading. Raises FileRefused."""
    if len(data) > LARGEST_FILE:
        raise FileRefused("The file is larger than 10 MB: export fewer days at a time.")
    text = _decoded(data)
    if not text.strip():
        raise FileRefused("The file is empty: export it again.")
    delimiter = "\t" if form.delimiter == "tab" else form.delimiter
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    heading: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not heading:
                heading = [cell.strip() for cell in cells]
                _require_columns(form, heading)
                continue
            yield Cells(
                number=reader.line_num,
                cells=tuple(cells),
                by_column={
                    name.casefold(): cell.strip()
                    for name, cell in zip(heading, cells, strict=False)
                },
            )
    except csv.Error as wrong:
        raise FileRefused(
            f"Line {reader.line_num} is no line of a CSV file: export it again."
        ) from wrong


def _decoded(data: bytes) -> str:
    marked = (encoding for mark, encoding in _BOMS if data.startswith(mark))
    encoding = next(marked, "") or _guessed(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise FileRefused("The file is no text: export it as CSV.") from wrong
    if "\x00" in text:
        raise FileRefused("The file is no text: export it as CSV.")
    return text


def _guessed(data: bytes) -> str:
    """The encoding of a file without a mark: UTF-16 where every other byte is nil."""
    start = data[:400]
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    if start[::2].count(0) > len(start) // 4:
        return "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _columns(form: BankFormat) -> list[str]:
    return [
        name
        for name in (
            form.date_column,
            form.amount_column,
            form.reference_column,
            form.debit_column,
            form.kind_column,
            form.currency_column,
            form.bank_id_column,
            form.balance_column,
        )
        if name
    ]


def _require_columns(form: BankFormat, heading: list[str]) -> None:
    there = {name.casefold() for name in heading}
    missing = [name for name in _columns(form) if name.strip().casefold() not in there]
    if missing:
        raise FileRefused(
            f"The file has no column {', '.join(f'“{name}”' for name in missing)}. It has "
            f"{', '.join(f'“{name}”' for name in heading)[:300]}: export it with that column, or "
            f"change what “{form}” says."
        )


def _read(form: BankFormat, cells: Cells) -> BankRow | None:
    """What a row says; None where money went out. Raises PaymentRefused."""

    def cell(column: str) -> str:
        if not column:
            return ""
        found = cells.by_column.get(column.strip().casefold())
        if found is None:
            raise PaymentRefused(f"The row is too short: it has no “{column}”.")
        return found

    written = cell(form.amount_column)
    if form.debit_column and cell(form.debit_column) and not written:
        return None
    currency = cell(form.currency_column)
    if currency and currency.upper() != "AUD":
        raise PaymentRefused(f"The amount is in {currency[:10]}: only Australian dollars count.")
    amount = read_dollars(written, point=form.point)
    if amount < ZERO:
        return None
    require_amount(amount)
    received_on = _day(form, cell(form.date_column))
    reference = " ".join(cell(form.reference_column).split())
    method = _method(form, cell(form.kind_column))
    identity = [
        received_on.isoformat(),
        str(amount),
        reference,
        cell(form.bank_id_column) or cell(form.balance_column),
    ]
    return BankRow(
        amount=amount,
        received_on=received_on,
        method=method,
        reference=reference or "no reference",
        key=hashlib.sha256(json.dumps(identity).encode()).hexdigest(),
    )


def _day(form: BankFormat, written: str) -> date:
    try:
        return datetime.strptime(written, form.date_format).date()  # noqa: DTZ007
    except ValueError as wrong:
        shown = DateFormat(form.date_format).label
        raise PaymentRefused(f"“{written[:30]}” is no day. “{form}” writes {shown}.") from wrong


def _method(form: BankFormat, kind: str) -> str:
    said = kind.casefold()
    return next((method.value for word, method in KINDS if word in said), form.method)
