"""Tell the account what became of its money: received, taken back, paid back."""

from __future__ import annotations

from datetime import date, datetime

from billing.payments import selectors
from billing.payments.models import Payment, Refund
from parties.accounts.models import Account
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.services import tell_holder, write
from records.notices.services import Link
from records.notices.states import Priority
from terms.calendar import in_words
from terms.money import in_dollars


def tell_received(payment: Payment, at: datetime) -> None:
    """Send the receipt of money that is an account's now, with what is left to pay."""
    account = payment.account
    if account is None:
        return
    today = local_day(account, at)
    standing = account_standing(account, today)
    row = selectors.payments_of(account).get(pk=payment.pk)
    owed = selectors.balance(account, today, shown=True)
    write(
        "payment_received",
        account=account,
        to=standing.to_email,
        name=standing.to_name,
        at=at,
        link=Link("receipt", str(payment.public_id)),
        belongs_to=f"payment {payment.public_id}",
        priority=Priority.BULK,
        amount=payment.amount,
        received_on=payment.received_on,
        method=payment.get_method_display(),
        pays=[(one.invoice.number, one.amount) for one in row.pays],
        owing=selectors.payable(owed).owed,
    )


def tell_taken_back(payment: Payment, on: date, at: datetime) -> None:
    """Tell that a payment does not count any more, and that what it paid is open again."""
    account = payment.account
    if account is None:
        return
    _tell(
        account,
        headline="A payment was taken back",
        body=f"{in_dollars(payment.amount)}, received on {in_words(payment.received_on)}, was "
        f"taken back on {in_words(on)}. What it had paid is open again, from its own due day. "
        "Something wrong, or hard to pay? Tell us: asking for help costs nothing.",
        link=Link("receipt", str(payment.public_id)),
        label="See what it had paid",
        about=f"payment {payment.public_id}",
        at=at,
    )


def tell_paid_back(refund: Refund, at: datetime) -> None:
    """Send the receipt of credit that is paid back as money."""
    account = refund.account
    to = f" to {refund.destination}" if refund.destination else ""
    _tell(
        account,
        headline=f"We pay {in_dollars(refund.amount)} back to you",
        body=f"On {in_words(local_day(account, at))} we paid {in_dollars(refund.amount)} of your "
        f"credit back{to}. Your bank may need some working days to show it.",
        link=Link("refund", str(refund.public_id)),
        label="See the receipt",
        about=f"refund {refund.public_id}",
        at=at,
    )


def tell_not_paid_back(refund: Refund, at: datetime) -> None:
    """Tell that money that was to go back did not arrive, and where it is meanwhile."""
    to = f" to {refund.destination}" if refund.destination else ""
    _tell(
        refund.account,
        headline=f"{in_dollars(refund.amount)} could not be paid back yet",
        body=f"We wanted to pay {in_dollars(refund.amount)} of your credit back{to}, and it did "
        f"not arrive: {refund.why[:1].lower()}{refund.why[1:]}. The money is kept for you on your "
        "account: no bill takes it, and we look for another way to pay it. You need do nothing. "
        "Would you rather have your bills paid with it? Tell us.",
        link=Link("refund", str(refund.public_id)),
        label="See what became of it",
        about=f"refund {refund.public_id} {refund.tries}",
        at=at,
    )


def tell_not_coming(refund: Refund, at: datetime) -> None:
    """Tell that money that did not arrive is not paid any more, for it was taken from us."""
    _tell(
        refund.account,
        headline=f"{in_dollars(refund.amount)} is not paid back after all",
        body=f"We wanted to pay {in_dollars(refund.amount)} of your credit back, and it did not "
        "arrive. Since then the payment that it came from was taken back from us, so nothing of "
        "it is left. Something wrong? Tell us.",
        link=Link("refund", str(refund.public_id)),
        label="See what became of it",
        about=f"refund {refund.public_id} {refund.tries} gone",
        at=at,
    )


def _tell(
    account: Account, *, headline: str, body: str, link: Link, label: str, about: str, at: datetime
) -> None:
    tell_holder(
        account,
        at=at,
        headline=headline,
        body=body,
        link=link,
        label=label,
        belongs_to=about,
    )
