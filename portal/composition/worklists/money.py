"""Money that waits for staff: payments, requests, debits, bills."""

from __future__ import annotations

from datetime import datetime

from billing.charging.models import ChargeRequest, NotBilled
from billing.charging.states import ChargeState, NotBilledReason
from billing.payments.models import (
    DebitFile,
    Draw,
    GatewayEvent,
    MoneyRequest,
    Payment,
    Payout,
    Refund,
    RefundFile,
)
from billing.payments.selectors import (
    FOUND_WITHIN,
    payouts_not_found,
    refunds_for_a_file,
    send_by,
    to_send,
    to_stop,
    unanswered,
    unmatched,
    unsolved,
)
from billing.payments.states import (
    DebitFileState,
    RefundState,
    RequestState,
)
from billing.runs.models import RunProblem
from contracts.requests.models import (
    OutageCredit,
)
from contracts.requests.states import CreditState
from parties.authority.selectors import staff_may
from parties.people.models import User
from terms.facts import Action

from .base import Worklist, confined


def money_lists(user: User, at: datetime) -> list[Worklist]:
    money = unmatched(Payment.objects.all())
    if user.provider_id:
        money = money.filter(provider=user.provider_id)
    return [
        Worklist(
            "billing.add_payment",
            "Money that came in, whose is not known",
            "billing_payment",
            "?state=unmatched",
            money,
        ),
        Worklist(
            "billing.add_payment",
            "Services of which nobody has confirmed from which day on to bill",
            "billing_notbilled",
            "?reason__exact=to_confirm&settled_at__isempty=1",
            confined(
                user,
                NotBilled.objects.filter(
                    reason=NotBilledReason.TO_CONFIRM, settled_at__isnull=True
                ),
            ),
            urgent=True,
        ),
        Worklist(
            "billing.add_moneyrequest",
            "Credit notes and write-offs that wait for a second person",
            "billing_moneyrequest",
            "?state__exact=asked",
            confined(
                user,
                MoneyRequest.objects.filter(state=RequestState.ASKED),
                "invoice__account",
            ),
        ),
        Worklist(
            "billing.add_chargerequest",
            "Charges and discounts that wait for a second person",
            "billing_chargerequest",
            "?state__exact=asked",
            confined(user, ChargeRequest.objects.filter(state=ChargeState.ASKED)),
        ),
        Worklist(
            "billing.add_refund",
            "Refunds that wait for a second person",
            "billing_refund",
            "?state__exact=asked",
            confined(user, Refund.objects.filter(state=RefundState.ASKED)),
        ),
        Worklist(
            "billing.add_refund",
            "Refunds that did not arrive",
            "billing_refund",
            "?state__exact=failed",
            confined(user, Refund.objects.filter(state=RefundState.FAILED)),
            urgent=True,
        ),
    ]


def debit_lists(user: User, at: datetime) -> list[Worklist]:
    rows = confined(user, Draw.objects.all())
    files = DebitFile.objects.filter(state=DebitFileState.ASKED)
    back = RefundFile.objects.filter(state=DebitFileState.ASKED)
    if user.provider_id:
        files = files.filter(provider=user.provider_id)
        back = back.filter(provider=user.provider_id)
    return [
        Worklist(
            "billing.add_debitfile",
            "Direct debits to stop at the bank: the customer asked for it",
            "billing_draw",
            "?todo=stop",
            to_stop(rows),
            urgent=True,
        ),
        Worklist(
            "billing.add_debitfile",
            "Direct debits to send to the bank",
            "billing_draw",
            "?todo=send",
            to_send(rows, send_by(at)),
            urgent=True,
        ),
        Worklist(
            "billing.add_debitfile",
            "Cards that were asked for a bill, and no answer yet",
            "billing_draw",
            "?todo=ask",
            unanswered(rows),
        ),
        Worklist(
            "billing.add_debitfile",
            "Files of direct debits that wait for a second person",
            "billing_debitfile",
            "?state__exact=asked",
            files,
        ),
        Worklist(
            "billing.add_refundfile",
            "Refunds to put in a file for the bank",
            "billing_refund",
            "?state__exact=going&way__exact=file&file__isempty=1",
            refunds_for_a_file(confined(user, Refund.objects.all())),
        ),
        Worklist(
            "billing.add_refundfile",
            "Files of refunds that wait for a second person",
            "billing_refundfile",
            "?state__exact=asked",
            back,
        ),
    ]


def outage_credit_lists(user: User, at: datetime) -> list[Worklist]:
    if not staff_may(user, Action.PAY_BILL).allowed:
        return []
    rows = OutageCredit.objects.filter(state=CreditState.ASKED)
    if user.provider_id:
        rows = rows.filter(outage__provider=user.provider_id)
    return [
        Worklist(
            "contracts.view_outagecredit",
            "Credits for outages that wait for a second person",
            "contracts_outagecredit",
            "?state__exact=asked",
            rows,
        )
    ]


def gateway_lists(user: User, at: datetime) -> list[Worklist]:
    said = unsolved(GatewayEvent.objects.all())
    payouts = payouts_not_found(Payout.objects.filter(day__lt=(at - FOUND_WITHIN).date()))
    if user.provider_id:
        said = said.filter(provider=user.provider_id)
        payouts = payouts.filter(provider=user.provider_id)
    return [
        Worklist(
            "billing.add_payment",
            "What the payment gateway said and does not fit",
            "billing_gatewayevent",
            "?state=open",
            said,
            urgent=True,
        ),
        Worklist(
            "billing.add_payment",
            "Payouts of the gateway that no bank's file has shown",
            "billing_payout",
            "?payment__isempty=1",
            payouts,
        ),
    ]


def billing_lists(user: User, at: datetime) -> list[Worklist]:
    return [
        Worklist(
            "billing.view_billrun",
            "Accounts that could not be billed",
            "billing_runproblem",
            "",
            confined(user, RunProblem.objects.all()),
            urgent=True,
        ),
    ]
