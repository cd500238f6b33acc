"""The bank account to which refunds are paid: given by the customer, sealed, taken away again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.payments.models import RefundAccount
from billing.payments.selectors import refund_account_of
from parties.accounts.models import Account
from parties.accounts.services import lock_account
from parties.authority.selectors import Decision, local_day, with_customer
from parties.correspondence.services import tell_holder
from parties.people.models import User
from parties.security.services import require_no_pause
from records.audit.services import record
from records.notices.services import Link
from terms.facts import Action

from .amounts import PaymentRefused
from .bank_numbers import read_account_number, read_bsb, read_payer_name, seal, unseal
from .mandates import require_right


@dataclass(frozen=True, kw_only=True)
class BankAccount:
    """A bank account as somebody typed it."""

    payee_name: str
    bsb: str
    number: str


def check_bank_account(given: BankAccount) -> BankAccount:
    """The bank account as banks write it. Raises BankNumberRefused."""
    return BankAccount(
        payee_name=read_payer_name(given.payee_name),
        bsb=read_bsb(given.bsb),
        number=read_account_number(given.number),
    )


def give_refund_account(
    *, account: Account, by: User, given: BankAccount, at: datetime, proof: str = ""
) -> RefundAccount:
    """Keep to which bank account refunds are paid; it takes the place of an earlier one.

    By whoever may pay, never by staff: money must not go where staff say. The same again changes
    nothing. The account is told. Raises NotAuthorised, also while high-risk steps are paused,
    BankNumberRefused, PaymentRefused.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        decision = require_right(by, locked, local_day(locked, at), at)
        if by.is_staff:
            raise PaymentRefused("The customer gives it, or whoever may pay for them.")
        if not locked.customer.provider.draws_debits:
            raise PaymentRefused("Money can't be paid to a bank account by a file here.")
        require_no_pause(locked, Action.PAY_BILL, at=at)
        clean = check_bank_account(given)
        earlier = refund_account_of(locked)
        if earlier is not None and _is_same(earlier, clean):
            return earlier
        if earlier is not None:
            _end(earlier, by, decision, at)
        row = RefundAccount.objects.create(
            account=locked,
            payee_name=clean.payee_name,
            bsb=clean.bsb,
            sealed_number=seal(clean.number),
            number_end=clean.number[-3:],
            given_at=at,
            given_by=by,
        )
        _note(row, "give_refund_account", by, decision, at, identity_check=proof)
        _tell(
            row,
            "Where we pay money back was set",
            f"What we pay back to you goes to {row} from now on. Not you? Take it away in the "
            "portal at once, and tell us.",
            at,
        )
    return row


def take_refund_account_away(*, account: Account, by: User, at: datetime) -> None:
    """Pay no more refunds to the bank account that was given; twice is harmless.

    What is in a bank's file already still goes there. Raises NotAuthorised.
    """
    with transaction.atomic():
        locked = lock_account(account.pk)
        decision = require_right(by, locked, local_day(locked, at), at)
        row = refund_account_of(locked)
        if row is None:
            return
        _end(row, by, decision, at)
        _tell(
            row,
            "Where we pay money back was taken away",
            f"Nothing more is paid back to {row}. Give another one in the portal, or we ask you "
            "when there is something to pay back.",
            at,
        )


def _is_same(row: RefundAccount, given: BankAccount) -> bool:
    kept = (row.payee_name, row.bsb, unseal(row.sealed_number))
    return kept == (given.payee_name, given.bsb, given.number)


def _end(row: RefundAccount, by: User, decision: Decision, at: datetime) -> None:
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    _note(row, "end_refund_account", by, decision, at)


def _note(
    row: RefundAccount, action: str, by: User, decision: Decision, at: datetime, **more: str
) -> None:
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=with_customer(by, decision),
        subject=str(row.public_id),
        after={"bank_account": f"ending {row.number_end}", **{k: v for k, v in more.items() if v}},
    )


def _tell(row: RefundAccount, headline: str, body: str, at: datetime) -> None:
    tell_holder(
        row.account,
        at=at,
        headline=headline,
        body=body,
        link=Link("refund-account"),
        label="See where it goes",
        belongs_to=f"refund account {row.public_id}",
    )
