"""Questions about what was agreed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, Subquery, prefetch_related_objects

from parties.accounts.models import Account
from parties.accounts.selectors import binding as account_binding
from terms import library, rules
from terms.binding import Binding, agree
from terms.calendar import Channel, State
from terms.clause import Source, as_json
from terms.facts import read_facts
from terms.profile import TermsSilent

from .models import Contract


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A rule's answer as a page shows it: the result, or None where everything is silent."""

    result: Any
    because: list[dict[str, Any]]


def binding(contract: Contract, on: date, **known: Any) -> Binding:
    """What binds this contract on a day: its version, and on top the figures agreed."""
    agreed: dict[str, Any] = {}
    for shape, values in contract.agreed.items():
        agreed |= agree(
            shape,
            values,
            id=contract.agreed_in or contract.reference,
            says=f"Agreed in {contract.agreed_in or contract.reference}.",
        )
    version = version_on(contract, on)
    return account_binding(contract.account, on, version=version, agreed=agreed, **known)


def version_on(contract: Contract, on: date) -> str:
    """The version of the terms that binds a contract on a day: a newer one never reaches back.

    No query unless the day lies before the present version.
    """
    if contract.version_since is None or contract.version_since <= on:
        return contract.version
    prefetch_related_objects([contract], "former_versions")
    former = [row for row in contract.former_versions.all() if row.last_day >= on]
    return min(former, key=lambda row: row.last_day).version if former else contract.version


def contracts(account: Account, **marks: Subquery | Exists) -> list[Contract]:
    """The account's contracts with their services, plans and supply, in a fixed few queries.

    `marks` say by name what else is asked of each with them; it costs no query.
    """
    rows = Contract.objects.filter(account=account).prefetch_related(
        "services__plan", "services__periods"
    )
    found = list(rows.annotate(**marks))
    for contract in found:
        contract.account = account
        for service in contract.services.all():
            service.contract = contract
    return found


def ask(binding: Binding, rule: Callable[..., Any], **facts: Any) -> Answer:
    """Ask a rule for a page: a silence becomes an answer without a result."""
    try:
        result = binding.decide(rule, **read_facts(rule, facts))
    except TermsSilent as silence:
        return Answer(result=None, because=as_json(silence.because))
    return Answer(result=result, because=as_json(result.because))


def version_of_paper(
    account: Account, document: str, issued_on: date, *, otherwise_in_writing: bool = False
) -> tuple[str | None, list[dict[str, Any]]]:
    """The version of the terms that binds a quotation or bill of a day by itself, and why.

    None where no clause ties papers to versions, or something else was agreed in writing. A
    version counts from the day that it prints, a month alone from its last day. (CP-VAR-02.)
    """
    key = account.customer.provider.key
    answer = ask(
        account_binding(account, issued_on, version=library.in_force(key, issued_on)),
        rules.terms_version,
        document=document,
        issued_on=issued_on,
        versions=[
            {"version": one, "published_on": day}
            for one in library.versions(key)
            if (day := library.load(key, one).in_force_from) is not None
        ],
        otherwise_in_writing=otherwise_in_writing,
    )
    return getattr(answer.result, "version", None), answer.because


# What people ask of a contract first; each names the rule that answers it.
QUESTIONS = (
    ("early_termination", "What leaving early costs"),
    ("termination", "How a contract can be ended"),
    ("variation", "How terms and prices change"),
    ("late_fee", "What paying late costs"),
    ("suspension", "When a service may be suspended"),
    ("dispute_window", "Until when you can contest a bill"),
    ("liability_cap", "How far each side is liable"),
)


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """Where the answer to a question stands: a clause of the terms, or None where they are silent.

    Where they are silent the law answers, or a rule of ours.
    """

    question: str
    clause: str | None
    because: list[dict[str, Any]]


def sources(account: Account, on: date) -> list[Spoken]:
    """Which questions the terms that bind an account answer themselves, and where (CP-SIL)."""
    bound = account_binding(account, on)
    tcp = account.customer.is_tcp
    found = [
        (words, rules.rule_source(bound.profile, asked_rule=name, tcp=tcp))
        for name, words in QUESTIONS
    ]
    return [
        Spoken(question=words, clause=one.clause, because=as_json(one.because))
        for words, one in found
    ]


def rests_on_default(because: list[dict[str, Any]]) -> bool:
    """Whether an answer comes from the house default: agreement, terms and law are silent."""
    return any(reason["source"] == Source.DEFAULT.value for reason in because)


def received_on(
    bound: Binding, state: State, sent_at: datetime, channel: Channel = Channel.EMAIL
) -> date:
    """The day, by the customer's clock, on which a notice of that moment counts as received.

    As the terms deem it; where they say nothing, the day on which it was sent.
    (BS-NOT-04, GL-NOT-01.)
    """
    answer = ask(bound, rules.deemed_receipt, channel=channel.value, sent_at=sent_at, state=state)
    received_at = getattr(answer.result, "received_at", None)
    if received_at is not None:
        day: date = received_at.astimezone(state.zone).date()
        return day
    on: date | None = getattr(answer.result, "received_on", None)
    return on or sent_at.astimezone(state.zone).date()
