"""Hide who a customer is from those who may not know: in pages, files, PDFs and emails alike.

What is hidden is looked for in the finished text, so that a new page or somebody's free words
can't give it away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any

from parties.accounts.models import Account
from parties.accounts.states import CustomerKind
from parties.authority import selectors as authority
from parties.people.models import User
from records.documents.models import Document
from records.documents.services import issue_document
from terms.facts import Action, Role

HIDDEN = "(hidden)"
# How the kind of a document ends that hides who the customer is.
MASKED = "_masked"
# Shorter words say too little to hide, and are found in too many others.
SHORTEST = 3
COMPANY = re.compile(r"\b(pty|ltd|limited|inc|co)\b\.?", re.IGNORECASE)


class Mask:
    """Replaces what tells who somebody is. Without words it changes nothing.

    `names` are those of the words in whose place a text reads better with `called`.
    """

    def __init__(
        self, words: Iterable[str] = (), *, names: Iterable[str] = (), called: str = HIDDEN
    ) -> None:
        forms = _written(words)
        self._instead = {form.casefold(): called for form in _written(names)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._found = (
            re.compile(
                r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)",
                re.IGNORECASE,
            )
            if forms
            else None
        )

    def __bool__(self) -> bool:
        return self._found is not None

    def text(self, text: str) -> str:
        """The text without what is hidden."""
        return self._found.sub(self._put, text) if self._found else text

    def _put(self, found: re.Match[str]) -> str:
        return self._instead.get(found.group().casefold(), HIDDEN)

    def data(self, value: Any) -> Any:
        """Plain data, at any depth, without what is hidden."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.data(one) for one in value]
        if isinstance(value, dict):
            return {key: self.data(one) for key, one in value.items()}
        return value


def _written(words: Iterable[str]) -> set[str]:
    """The words as text and as HTML have them, without those that are too short to tell."""
    known = {word.strip() for word in words}
    return {form for word in known for form in (word, escape(word)) if len(word) >= SHORTEST}


def mask_for(user: User, account: Account, at: datetime, *, called: str = HIDDEN) -> Mask:
    """What this person may not read about the customer at that moment; a name is `called` so."""
    on = authority.local_day(account, at)
    decision = authority.may(user, Action.VIEW_PERSONAL_DETAILS, account, on=on, at=at)
    if decision.allowed and not decision.masked:
        return Mask()
    words = _tells(account, user)
    return Mask(words, names=words & _names(account), called=called)


def masked_rendition(document: Document, mask: Mask, account: Account) -> Document:
    """The same document without who the customer is, made when it is first asked for."""
    kind = f"{document.kind}{MASKED}"
    made = Document.objects.filter(kind=kind, subject=document.subject).first()
    if made is not None:
        return made
    content = mask.data(document.content)
    content["customer"] = {"name": HIDDEN, "abn": "", "address": []}
    return issue_document(
        account_id=account.pk,
        kind=kind,
        subject=document.subject,
        title=mask.text(document.title),
        template=document.template,
        content=content,
        at=document.issued_at,
        on_demand=True,
    )


def _tells(account: Account, reader: User) -> set[str]:
    """What tells who the customer is, and who else stands there, but not who reads it."""
    customer = account.customer
    words = {
        *_names(account),
        customer.email,
        customer.abn,
        account.billing_email,
        account.street,
        account.suburb,
        *_forms(customer.phone),
    }
    for row in authority.people(account):
        if row.user_id != reader.pk:
            words |= {row.user.email, row.user.full_name, row.named, *_forms(row.user.phone)}
            words |= set(row.user.full_name.split()) if row.role == Role.HOLDER else set()
    own = {reader.email, reader.full_name, *reader.full_name.split()}
    return {word for word in words if word} - own


def _names(account: Account) -> set[str]:
    """The customer's name, whole and as it may be shortened."""
    customer = account.customer
    names = {customer.name, COMPANY.sub("", customer.name).strip()}
    return names | set(customer.name.split() if customer.kind == CustomerKind.RESIDENTIAL else [])


def _forms(phone: Any) -> set[str]:
    """A phone number as people and machines write it."""
    return {str(phone), phone.as_national, phone.as_e164} if phone else set()
