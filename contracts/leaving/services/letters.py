"""What is told of a notice: to the account, and to who gave it while they may know."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.leaving.models import EndNotice
from contracts.leaving.selectors import Porting
from contracts.leaving.states import Side
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.selectors import account_standing
from parties.correspondence.services import tell, tell_holder
from records.documents.models import Document
from records.documents.services import issue_document
from records.notices.services import Link
from terms import library
from terms.calendar import in_words
from terms.facts import Action
from terms.money import in_dollars

ONE_DAY = timedelta(days=1)
HEADLINES = {
    "given": "Your notice: {service} ends on {day}",
    "asked": "We have your request to end {service} on {day}",
    "agreed": "We agree: {service} ends on {day}",
    "refused": "We can't end {service} early",
    "taken_back": "You keep {service}: the notice is taken back",
    "soon": "{service} ends on {day}",
    "cost": "What ending {service} costs",
    "ended": "{service} ends today",
    "moved": "{service} ended on {day}: it moved to another provider",
    "walked_away": "You leave without a fee: {service} ends on {day}",
    "provider": "We end {service} on {day}",
}

# What the customer is sent a paper of.
CONFIRMED = ("given", "agreed", "provider", "walked_away")


def tell_of(notice: EndNotice, what: str, at: datetime) -> None:
    """Tell what became of a notice, each address once."""
    service = notice.service
    account = service.contract.account
    headline = HEADLINES[what].format(service=service.label, day=in_words(notice.ends_on))
    decided = notice.decided_why if what in ("agreed", "refused") else ""
    body = " ".join(filter(None, [_first(notice, what), *_cost(notice, what), decided]))
    to = _addressees(notice, account, at)
    confirmed = [confirmation_of(notice, at)] if what in CONFIRMED else []
    for place, (address, name) in enumerate(to.items()):
        tell(
            account,
            to=address,
            name=name,
            at=at,
            headline=headline,
            body=body,
            link=Link("service", str(service.public_id)),
            label="Open the service",
            belongs_to=str(notice.public_id),
            because=notice.because,
            # The paper names the customer: it goes to the account's own address alone.
            documents=confirmed if place == 0 else [],
        )


def tell_of_numbers(service: Service, porting: Porting, at: datetime) -> None:
    """Tell that numbers left and the service did not: it goes on until it is cancelled."""
    account = service.contract.account
    tell_holder(
        account,
        at=at,
        headline=f"Your numbers left, {service.label} didn't",
        body=f"Your numbers moved to another provider on {in_words(porting.on)}. That ends "
        f"nothing: {service.label} goes on, and so do its fees, until you give notice here.",
        link=Link("service", str(service.public_id)),
        label="See what leaving costs",
        belongs_to=str(service.public_id),
        because=porting.because,
    )


def confirmation_of(notice: EndNotice, at: datetime) -> Document:
    """Freeze the confirmation of a notice: the day, the cost with its working, the reasons."""
    service = notice.service
    account = service.contract.account
    provider = library.provider(account.customer.provider.key)
    title = f"Notice to end {service.label}"
    return issue_document(
        account_id=account.pk,
        kind="end_notice",
        subject=str(notice.public_id),
        title=title,
        template="documents/end_notice.html",
        content={
            "title": title,
            "seller": {
                "name": provider.name,
                "legal_name": provider.legal_name,
                "abn": provider.abn,
            },
            "brand": {
                "colour": provider.brand.colour,
                "mark": provider.brand.mark or provider.name[:2].upper(),
            },
            "customer": {"name": account.customer.name},
            "account_number": account.number,
            "reference": str(notice.public_id)[:8].upper(),
            "service": str(service),
            "contract": service.contract.reference,
            "side": notice.get_side_display(),
            "form": notice.get_form_display(),
            "cause": notice.cause.replace("_", " "),
            "received_on": notice.received_on.isoformat(),
            "ends_on": notice.ends_on.isoformat(),
            "charge": str(notice.charge),
            "parts": notice.parts,
            "unknown": notice.unknown,
            "because": notice.because,
        },
        at=at,
    )


def _first(notice: EndNotice, what: str) -> str:
    last = f"Its last day is {in_words(notice.ends_on)}."
    until = in_words(notice.ends_on - ONE_DAY)
    changes = "its terms change" if notice.because_of_terms_id else "its price changes"
    return {
        "given": f"{last} You can take the notice back until {until}.",
        "walked_away": f"{last} No fee for leaving is charged, because {changes}."
        + (
            f" You can take this back until {until}."
            if notice.ends_on > notice.received_on
            else ""
        ),
        "asked": "That is inside your minimum term, so we have to agree first. You hear from us. "
        "You can take the request back until then.",
        "agreed": f"{last} You can take this back until {until}.",
        "refused": "It stays as it is.",
        "taken_back": "It goes on as if the notice had never been given, and nothing is owed "
        "because of it.",
        "soon": f"{last} You can still take the notice back until {until}.",
        "cost": f"{last} We have completed what ending it costs. You can take the notice back "
        f"until {until}.",
        "ended": f"{last} The next bill is for what you used until then.",
        "moved": f"{last} The next bill is for what you used until then.",
        "provider": f"{last} {_ground(notice)} If you don't agree, complain: it costs nothing, "
        "and while we look into it you can ask the Telecommunications Industry Ombudsman too.",
    }[what]


def _ground(notice: EndNotice) -> str:
    """Why the provider ends it: the ground, the facts, and what the clause says."""
    named = notice.cause.replace("_", " ")
    facts = " ".join(filter(None, [f"The ground: {named}." if named else "", notice.said]))
    says = next((one["says"] for one in notice.because if one.get("says")), "")
    return f"{facts} {says}".strip()


def _cost(notice: EndNotice, what: str) -> list[str]:
    if what in ("refused", "taken_back"):
        return []
    if notice.unknown and notice.charge:
        words = f"Ending it costs at least {in_dollars(notice.charge)}, GST included; not known "
        words += f"yet: {', '.join(notice.unknown)}."
    elif notice.unknown:
        words = f"What ending it costs is not known yet: {', '.join(notice.unknown)}."
    elif notice.charge:
        words = f"Ending it costs {in_dollars(notice.charge)}, GST included, on your last bill."
    else:
        words = "Ending it costs nothing."
    return [words]


def _addressees(notice: EndNotice, account: Account, at: datetime) -> dict[str, str]:
    on = authority.local_day(account, at)
    standing = account_standing(account, on)
    names = {standing.to_email: standing.to_name}
    person = notice.given_by
    if notice.side == Side.CUSTOMER and not person.is_staff:
        actions = (Action.CLOSE_SERVICE, Action.VIEW_BILLS)
        if any(authority.may(person, one, account, on=on, at=at).allowed for one in actions):
            names[person.email] = str(person)
    return names
