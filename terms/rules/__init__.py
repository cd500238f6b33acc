"""The rules: pure functions from a profile and facts to an answer with its reasons.

Each rule stands under its own name in RULES; the shape it rests on bears that name too.
"""

from collections.abc import Callable

from terms.result import Result
from terms.rules.receipt import deemed_receipt

Rule = Callable[..., Result]

RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        # receipt
        deemed_receipt,
    )
}
