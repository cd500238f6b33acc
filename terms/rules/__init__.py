"""The rules: pure functions from a profile and facts to an answer with its reasons.

Each rule stands under its own name in RULES; the shape it rests on bears that name too.
"""

from collections.abc import Callable

from terms.result import Result
from terms.rules.late_payment import (
    late_fee,
)
from terms.rules.payment import (
    card_check_refund,
    card_surcharge,
    direct_debit,
    invoice_due_date,
    payment_allocation,
    payment_card,
    payment_method,
)
from terms.rules.receipt import deemed_receipt

Rule = Callable[..., Result]

RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        # late payment
        late_fee,
        # payment
        invoice_due_date,
        direct_debit,
        card_surcharge,
        payment_method,
        payment_card,
        payment_allocation,
        card_check_refund,
        # receipt
        deemed_receipt,
    )
}
