"""Whether what is contested, or somebody's bills meanwhile, may stay unpaid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.invoices.models import Invoice
from parties.accounts.models import Account
from parties.accounts.selectors import binding
from terms import rules
from terms.binding import Binding
from terms.calendar import State, in_words
from terms.clause import as_json
from terms.profile import TermsSilent
from terms.result import Result

HOUSE = "default"


@dataclass(frozen=True, kw_only=True)
class Withholding:
    """Whether the contested part waits, and by which clauses; `words` say why it does not."""

    allowed: bool
    words: str = ""
    because: tuple[dict[str, Any], ...] = ()


def withholding(invoice: Invoice, *, contested_on: date, in_writing: bool = True) -> Withholding:
    """Ask terms and law whether what is contested on a day may stay unpaid meanwhile.

    It does if either rule on it lets it: the window of the terms (GL-DISP-04 to -06), or the open
    complaint (VP-DIS-02, BS-DISP-03, RF-TCP-18). Where neither document speaks, it waits. Terms
    may want a dispute `in_writing` (GL-DISP-05); who and which bill is known here always.
    """
    account = invoice.account
    bound = binding(account, contested_on)
    state, tcp = State(account.state), account.customer.is_tcp
    try:
        left_out = bound.decide(
            rules.credit_management,
            complaint_open=True,
            amount_overdue=invoice.total_inc,
            amount_disputed=invoice.total_inc,
            tcp=tcp,
        )
        if _speaks(left_out) and left_out.allowed_on < invoice.total_inc:
            return Withholding(allowed=True, because=tuple(as_json(left_out.because)))
        window = bound.decide(
            rules.dispute_window,
            invoice_date=invoice.issue_date,
            lodged_on=contested_on,
            tcp=tcp,
            state=state,
        )
    except TermsSilent:
        return Withholding(allowed=True)
    because = tuple(as_json(window.because))
    if not _speaks(window):
        return Withholding(allowed=True, because=because)
    if window.may_withhold:
        return _if_noticed(bound, invoice, contested_on, in_writing, because)
    late = contested_on > window.last_day
    words = (
        f"it could be contested until {in_words(window.last_day)}"
        if late
        else "what turns out wrong is given back later"
    )
    return Withholding(allowed=False, words=words, because=because)


@dataclass(frozen=True, kw_only=True)
class Meanwhile:
    """What the terms say of bills while something else than a bill is contested.

    `missed` is the last day on which they let it be raised, counted from the newest bill, where
    that is over; it is taken all the same.
    """

    still_payable: bool
    missed: date | None
    because: tuple[dict[str, Any], ...]


def meanwhile(account: Account, on: date) -> Meanwhile | None:
    """Say what becomes of bills while something else is contested (GL-DISP-10, GL-DISP-11).

    None where neither terms nor law speak of it, and before the first bill: the days are counted
    from one (GL-AMB-23).
    """
    issued = Invoice.objects.filter(account=account, issue_date__lte=on)
    newest = issued.order_by("-issue_date").values_list("issue_date", flat=True).first()
    if newest is None:
        return None
    try:
        answer = binding(account, on).decide(
            rules.general_dispute,
            invoice_date=newest,
            notice_received_on=on,
            state=State(account.state),
        )
    except TermsSilent:
        return None
    return Meanwhile(
        still_payable=answer.bills_still_payable,
        missed=None if answer.in_time else answer.last_day,
        because=tuple(as_json(answer.because)),
    )


def _if_noticed(
    bound: Binding,
    invoice: Invoice,
    contested_on: date,
    in_writing: bool,
    because: tuple[dict[str, Any], ...],
) -> Withholding:
    """It waits, unless the terms want a notice of another form than the one that was given."""
    try:
        notice = bound.decide(
            rules.dispute_notice,
            in_writing=in_writing,
            identifies_customer=True,
            identifies_invoice=True,
            grounds_given=True,
            given_on=contested_on,
            invoice_date=invoice.issue_date,
        )
    except TermsSilent:
        return Withholding(allowed=True, because=because)
    if notice.valid or not _speaks(notice):
        return Withholding(allowed=True, because=(*because, *as_json(notice.because)[:1]))
    return Withholding(
        allowed=False,
        words="it has to be contested in writing, in the portal or by email",
        because=tuple(as_json(notice.because)),
    )


def _speaks(answer: Result) -> bool:
    """Whether the terms or the law said it, not the house."""
    return not any(one.get("source") == HOUSE for one in as_json(answer.because))
