"""Direct debits for tests: a provider that draws, a mandate, and the bank's files."""

from __future__ import annotations

from typing import Any

from billing.payments.models import DebitFile, Draw, Mandate
from billing.payments.services import (
    MandateWish,
    agree_mandate,
    decide_debit_file,
    make_debit_file,
    mind_draws,
)
from parties.accounts.models import Provider
from parties.people.states import StaffRole
from tests.billing.moneys import Story, day
from tests.world import make_staff

NUMBER = "12345678"


def draws_debits(provider: Provider) -> None:
    """Let the provider's bank take files of it."""
    provider.bank_account_name = "VPNET PTY LTD"
    provider.bank_bsb = "062-000"
    provider.bank_account_number = "10204180"
    provider.debit_user_number = "301204"
    provider.debit_user_name = "VPNET PTY LTD"
    provider.debit_bank = "CBA"
    provider.save()


def wish(**facts: Any) -> MandateWish:
    given = {
        "payer_name": "M CONTI",
        "bsb": "062 184",
        "number": NUMBER,
        "signed_as": "Mia Conti",
        "capacity": "director",
    }
    return MandateWish(**{**given, **facts})


def agree_to_debit(one: Story, on: str, **facts: Any) -> Mandate:
    """The holder lets bills be drawn from their bank account from that day on."""
    draws_debits(one.world.provider)
    return agree_mandate(
        account=one.account, by=one.world.holder, wish=wish(**facts), at=one.at(on, "09:00")
    )


def send(one: Story, for_day: str, *, on: str | None = None, clock: str = "11:00") -> DebitFile:
    """Staff make the file of a day, and another approves it where two are needed."""
    made = make_debit_file(
        provider=one.account.customer.provider,
        day=day(for_day),
        by=make_staff(StaffRole.BILLING),
        at=one.at(on or for_day, clock),
    ).file
    if made.state == "asked":
        made = decide_debit_file(
            file=made,
            approve=True,
            by=make_staff(StaffRole.BILLING),
            at=one.at(on or for_day, clock),
        ).file
    return made


def minded(one: Story, on: str, clock: str = "12:00") -> list[tuple[str, str, str]]:
    """After a sweep: day, amount and state of each draw that is not left out."""
    mind_draws(at=one.at(on, clock))
    return draws(one)


def draws(one: Story) -> list[tuple[str, str, str]]:
    rows = Draw.objects.filter(account=one.world.account).exclude(state="dropped")
    return [(row.on.isoformat(), f"{row.amount:.2f}", row.state) for row in rows.order_by("pk")]
