"""What requests for automatic payments say, their paper, and what is told about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from billing.payments.models import Mandate
from billing.payments.states import DAYS_TO_NEXT_TRY
from parties.accounts.models import Account
from parties.accounts.selectors import FLOOR
from parties.authority import selectors as authority
from parties.authority.selectors import account_standing, local_day
from parties.correspondence.services import letterhead, tell, tell_holder
from parties.people.models import User
from records.audit.services import Actor, record
from records.documents.models import Document
from records.documents.services import issue_document
from records.notices.services import Link
from terms import library
from terms.facts import Action
from terms.money import in_dollars
from terms.profile import Profile
from terms.rules.duties import Duty, DutyDeadline
from terms.rules.floor import VisibleFirst
from terms.rules.payment import DebitChange, DebitChangeNotice

from .ways import Way


def request_words(account: Account, day: int | None, on: date) -> list[tuple[str, str]]:
    """What a request for direct debits says: what, when, what not, how to stop (RF-PAY-07)."""
    name = library.provider(account.customer.provider.key).name
    when = "on the day by which it is to be paid"
    if day:
        when = (
            f"on day {day} of the month, where that lies between the first day that "
            "terms and law allow and the day by which the bill is to be paid; else on the latter"
        )
    return [
        (
            "What is drawn",
            f"{name} draws what each bill asks for: what you owe of it and don't "
            "contest. The amount differs from bill to bill.",
        ),
        (
            "When",
            f"Each bill is drawn {when}. A day that is no working day moves to the next one. "
            f"{_seen(account, on)}",
        ),
        *_both(on, "Direct debit"),
        (
            "If your bank does not pay",
            "The bill is open again. What that costs, if anything, is in "
            "your terms. After two in a row we draw nothing until you tell us to go on.",
        ),
        (
            "Your bank account",
            "Make sure that it can be debited and holds enough on the day. We "
            "use its number for this alone; our staff see only how it ends.",
        ),
    ]


def card_words(account: Account, cards: Iterable[Way], on: date) -> list[tuple[str, str]]:
    """What somebody who lets bills be paid by a card agrees to: as a request for debits says it.

    `cards` are the ways that are taken, each with what it adds to 100 dollars.
    """
    name = library.provider(account.customer.provider.key).name
    added = "; ".join(f"{one.label}: {_adds(one)}" for one in cards)
    return [
        (
            "What is drawn",
            f"{name} draws what each bill asks for: what you owe of it and don't contest. The "
            "amount differs from bill to bill.",
        ),
        ("What is added", f"{added}. Each bill says it before; no more than that is taken."),
        (
            "When",
            "Each bill is drawn on the day by which it is to be paid, or on the day of the month "
            "that you choose, where that lies between the first day that terms and law allow and "
            "the day by which to pay. A day that is no working day moves to the next one. "
            f"{_seen(account, on)}",
        ),
        *_both(on, "Automatic payment"),
        (
            "If your card does not pay",
            f"The bill stays open: we tell you, and try once more {DAYS_TO_NEXT_TRY} days later. "
            "After two in a row, or where the card has run out or was reported lost, we draw "
            "nothing until you tell us to go on.",
        ),
        (
            "Your card",
            "You give its number to the payment service, never to us. We see which kind of card "
            "it is, its last four digits and until when it is valid.",
        ),
    ]


def _adds(way: Way) -> str:
    if not way.surcharge:
        return "nothing is added"
    return f"{in_dollars(way.surcharge)} is added to each $100.00"


def _seen(account: Account, on: date) -> str:
    """How long before it is drawn a bill is seen (RF-TCP-14)."""
    if not account.customer.is_tcp:
        return "Each bill shows before that day how much is drawn, and when."
    sight = law_of(on).of(VisibleFirst).working_days
    return (
        f"You see each bill at least {sight} working days before it is drawn, with the amount and "
        "the day."
    )


def _both(on: date, page: str) -> list[tuple[str, str]]:
    """What holds for bank accounts and cards alike."""
    law = law_of(on)
    stop = law.of(DutyDeadline, name=Duty.STOP_DIRECT_DEBIT).working_days
    change = law.of(DebitChangeNotice, name=DebitChange.TERMS).days
    return [
        (
            "What is not drawn",
            "Money that you contest, and nothing at all while you have help with "
            "paying, more time, or an arrangement.",
        ),
        (
            "How to change or stop it",
            f"In the portal under {page}, at once and for free; or "
            f"by writing to us or calling: it is done within {stop} working days. "
            "Your bank can stop it, too.",
        ),
        ("If we change something", f"We tell you at least {change} days before."),
    ]


def law_of(on: date) -> Profile:
    """The law of a day, as it protects those whom it protects most."""
    return library.load(FLOOR, library.in_force(FLOOR, on)).as_seen(tcp=True, on=on)


def draw_up(row: Mandate, words: list[tuple[str, str]], on: date, at: datetime) -> Document:
    """Freeze the request as it was signed."""
    account = row.account
    title = "Card payment request" if row.is_card else "Direct debit request"
    facts = library.provider(account.customer.provider.key)
    head = letterhead(account, facts)
    # Who may not know the customer sees none of what stands there.
    head["customer"] |= {
        "payer": row.payer_name,
        "signed": row.signed_as,
        "capacity": row.capacity,
        "second": row.second_signed_as,
    }
    return issue_document(
        account_id=account.pk,
        kind="direct_debit_request",
        subject=row.reference,
        title=f"{title} {row.reference}",
        template="documents/direct_debit_request.html",
        content={
            "title": f"{title} {row.reference}",
            "heading": title,
            **head,
            "account_number": account.number,
            "reference": row.reference,
            "agreed_on": on.isoformat(),
            "user_number": account.customer.provider.debit_user_number,
            "bsb": row.bsb,
            "number_end": row.number_end,
            "card": row.get_card_display() if row.is_card else "",
            "words": [list(one) for one in words],
            "because": row.because,
        },
        at=at,
    )


def note_mandate(row: Mandate, action: str, actor: Actor, at: datetime, **more: str) -> None:
    """Keep on record what became of a mandate."""
    record(
        account_id=row.account_id,
        at=at,
        action=action,
        actor=actor,
        subject=row.reference,
        after={
            ("card" if row.is_card else "bank_account"): f"ending {row.number_end}",
            "state": row.get_state_display(),
            **{key: value for key, value in more.items() if value},
        },
        because=row.because,
    )


def tell_agreed(row: Mandate, by: User, at: datetime) -> None:
    """Send the copy to the account, and to who signed where that is somebody else."""
    account = row.account
    way = "card" if row.is_card else "direct debit"
    on = local_day(account, at)
    standing = account_standing(account, on)
    knows = authority.may(by, Action.VIEW_PERSONAL_DETAILS, account, on=on, at=at)
    sees = knows.allowed and not knows.masked
    people = {standing.to_email: (standing.to_name, True)}
    people.setdefault(by.email, (str(by), sees))
    for email, (name, with_copy) in people.items():
        tell(
            account,
            to=email,
            name=name,
            at=at,
            headline=f"Your bills are paid by {way} from now on",
            body=f"They are drawn from {row.source}. Each bill says "
            "how much, and when. Not agreed to, or no longer wanted? You can stop it in the "
            "portal at once, or by telling us or your bank.",
            link=Link("direct-debit"),
            label="See or stop it",
            belongs_to=row.reference,
            documents=[row.document] if with_copy and row.document else [],
        )


def tell_of(row: Mandate, headline: str, body: str, at: datetime) -> None:
    """Tell the account something about its mandate."""
    tell_holder(
        row.account,
        at=at,
        headline=headline,
        body=body,
        link=Link("direct-debit"),
        label="See what is drawn",
        belongs_to=row.reference,
    )
