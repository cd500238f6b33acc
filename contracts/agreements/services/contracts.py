"""Keep a contract that was signed outside the portal, as its paper has it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from contracts.agreements.models import Contract
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.accounts.states import AccountStatus
from parties.authority import selectors as authority
from parties.authority.selectors import NotAuthorised, account_standing
from parties.correspondence.services import tell
from parties.people.models import User
from records.audit.services import record
from records.notices.services import Link
from terms import library
from terms.calendar import in_words
from terms.facts import Action

MONTHS_MOST = 120
IN_USE = "That reference is in use: look at the paper, or give another."


class ContractRefused(Exception):
    """The contract can't be kept so; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What the paper of a contract says.

    `version` is the version of the provider's terms that it was signed under; `minimum_months`
    None where it leaves the term open; `price_fixed_until` the last day of a price agreed to
    stay; `agreed_in` the paper itself, by its number or day.
    """

    reference: str
    version: str
    started_on: date
    agreed_in: str
    minimum_months: int | None = None
    price_fixed_until: date | None = None


def note_contract(*, account: Account, paper: Paper, why: str, by: User, at: datetime) -> Contract:
    """Keep a contract as it was signed, and tell the customer what was noted.

    Nothing in it is changed afterwards: prices change by a change of price that is told first,
    amounts of a quotation by `note_figure`. The same paper twice is one. Raises NotAuthorised,
    and ContractRefused for a closed account, a version that was never published, a reference in
    use, or days and months that can't be.
    """
    on = authority.local_day(account, at)
    decision = authority.require(by, Action.OPEN_SERVICE, account, on=on, at=at)
    if not by.is_staff:
        raise NotAuthorised(decision, Action.OPEN_SERVICE)
    with transaction.atomic():
        kept = lock_account(account.pk)
        _require_possible(kept, paper, why, on)
        known = Contract.objects.filter(reference=paper.reference).first()
        if known is not None:
            if known.account_id == kept.pk and _says(known) == paper:
                return known
            raise ContractRefused(IN_USE)
        try:
            with transaction.atomic():
                row = Contract.objects.create(account=kept, **asdict(paper))
        except IntegrityError as taken:
            # Another account took the reference at the same moment.
            raise ContractRefused(IN_USE) from taken
        record(
            account_id=kept.pk,
            at=at,
            action="note_contract",
            actor=authority.with_customer(by, decision),
            subject=row.reference,
            reason=why,
            after={name: str(value) for name, value in asdict(paper).items() if value is not None},
        )
        _tell(kept, row, on, at)
    return row


def _says(row: Contract) -> Paper:
    return Paper(**{name: getattr(row, name) for name in Paper.__dataclass_fields__})


def _require_possible(account: Account, paper: Paper, why: str, today: date) -> None:
    key = account.customer.provider.key
    if account.status == AccountStatus.CLOSED:
        raise ContractRefused(f"Account {account.number} is closed: open a new account first.")
    if not paper.reference.strip() or not paper.agreed_in.strip():
        raise ContractRefused("Give the contract's reference, and the paper that it stands on.")
    if paper.version not in library.versions(key):
        raise ContractRefused("Choose a version of the terms that was published.")
    published = library.load(key, paper.version).in_force_from
    if paper.started_on > today or (published is not None and paper.started_on < published):
        since = f" from {in_words(published)}" if published else ""
        raise ContractRefused(f"These terms can be signed{since} up to {in_words(today)}.")
    if paper.minimum_months is not None and not 1 <= paper.minimum_months <= MONTHS_MOST:
        raise ContractRefused(f"Give a term of 1 to {MONTHS_MOST} months, or leave it empty.")
    if paper.price_fixed_until is not None and paper.price_fixed_until < paper.started_on:
        raise ContractRefused("The price is fixed until a day after the contract begins.")
    if not why.strip():
        raise ContractRefused("Say why. It is kept.")


def _tell(account: Account, row: Contract, on: date, at: datetime) -> None:
    standing = account_standing(account, on)
    months = (
        f"for at least {row.minimum_months} months" if row.minimum_months else "month by month"
    )
    fixed = row.price_fixed_until
    price = f" Its price stays until {in_words(fixed)}." if fixed else ""
    tell(
        account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        headline=f"Your contract {row.reference} is on record",
        body=f"We noted it as it was signed: since {in_words(row.started_on)}, {months}, on "
        f"{row.agreed_in}.{price} Tell us if your paper says something else.",
        link=Link("contract"),
        label="Open your contract",
        belongs_to=row.reference,
    )
