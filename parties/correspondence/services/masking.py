"""Hide who a customer is from those who may not know: in pages, files, PDFs and emails alike.

Whoever reads a field for a page or letter masks it there, where it is still a value: names are
left out, and free words lose what tells who somebody is. A finished page is never touched.
The content table of the tests proves that no page forgot it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from parties.accounts.models import Account
from parties.accounts.states import CustomerKind
from parties.authority import selectors as authority
from parties.authority.selectors import Permissions
from parties.people.models import User
from records.documents.models import Document
from records.documents.services import issue_document
from terms.facts import Action, Role

HIDDEN = "(hidden)"
# How the kind of a document ends that hides who the customer is.
MASKED = "_masked"
COMPANY = re.compile(r"\b(pty|ltd|limited|inc|co)\b\.?", re.IGNORECASE)


class Mask:
    """Replaces what tells who somebody is, in the fields that a page or letter is made of.

    It works on values before they are written into a page, never on the page: what a reader typed
    themselves, and the words of the page, stay as they are. Without words it changes nothing.
    `names` are those of the words in whose place a text reads better with `called`.
    """

    def __init__(
        self, words: Iterable[str] = (), *, names: Iterable[str] = (), called: str = HIDDEN
    ) -> None:
        forms = _written(words)
        self._instead = {form.casefold(): called for form in _written(names)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._found = (
            re.compile(r"(?<!\w)(?:" + "|".join(map(_pattern, longest_first)) + r")(?!\w)")
            if forms
            else None
        )

    def __bool__(self) -> bool:
        return self._found is not None

    def text(self, text: str) -> str:
        """The text without what is hidden; letters with their accents apart count as one."""
        if self._found is None:
            return text
        return self._found.sub(self._put, unicodedata.normalize("NFC", text))

    def _put(self, found: re.Match[str]) -> str:
        return self._instead.get(_plain(found.group()).casefold(), HIDDEN)

    def name(self, name: str) -> str:
        """A field that holds nothing but somebody's name."""
        return HIDDEN if self else name

    def data(self, value: Any) -> Any:
        """Plain data, at any depth, without what is hidden. Addresses of pages stay."""
        if isinstance(value, str):
            return value if value.startswith(("https://", "http://")) else self.text(value)
        if isinstance(value, list | tuple):
            return [self.data(one) for one in value]
        if isinstance(value, dict):
            return {key: self.data(one) for key, one in value.items()}
        return value


def _written(words: Iterable[str]) -> set[str]:
    """The words as they may be written, with and without accents; a single letter tells nobody."""
    known = {_plain(word) for word in words}
    return {form for word in known for form in (word, _unaccented(word)) if len(form) > 1}


def _plain(word: str) -> str:
    return " ".join(unicodedata.normalize("NFC", word).replace("’", "'").split())


def _unaccented(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    return "".join(one for one in parts if not unicodedata.combining(one))


def _pattern(word: str) -> str:
    """What finds a word: spaces and apostrophes of any kind, a whole name in any case.

    A single name, such as Will, May or Ng, counts only with a capital and outside dates: in small
    letters it is a word like others.
    """
    if " " in word or not word.isalpha():
        return f"(?i:{_loosely(word)})"
    forms = "|".join(dict.fromkeys([re.escape(word.title()), re.escape(word.upper()), word]))
    return rf"(?<!\d )(?:{forms})(?! \d)"


def _loosely(word: str) -> str:
    return re.escape(word).replace(r"\ ", r"\s+").replace("'", "['’]")


# For whoever may know everything.
NOTHING_HIDDEN = Mask()


def mask_of(permissions: Permissions) -> Mask:
    """What the person of these permissions may not read about the customer."""
    if permissions.sees_who:
        return Mask()
    return Mask(_tells(permissions.account, permissions.actor))


def mask_for(user: User, account: Account, at: datetime, *, called: str = HIDDEN) -> Mask:
    """What this person may not read about the customer at that moment; a name is `called` so."""
    on = authority.local_day(account, at)
    decision = authority.may(user, Action.VIEW_PERSONAL_DETAILS, account, on=on, at=at)
    if decision.allowed and not decision.masked:
        return Mask()
    words = _tells(account, user)
    return Mask(words, names=words & _names(account), called=called)


def masked_rendition(document: Document, account: Account) -> Document:
    """The same document without who the customer is, made when it is first asked for.

    It is the same for whoever may not know: nothing in it depends on who asked first.
    """
    kind = f"{document.kind}{MASKED}"
    made = Document.objects.filter(kind=kind, subject=document.subject).first()
    if made is not None:
        return made
    was = document.content["customer"]
    mask = Mask({*_tells(account), was["name"], was["abn"], *was["address"]} - {""})
    return issue_document(
        account_id=account.pk,
        kind=kind,
        subject=document.subject,
        title=document.title,
        template=document.template,
        content=_without_customer(document.content, mask),
        at=document.issued_at,
        on_demand=True,
    )


def _without_customer(content: dict[str, Any], mask: Mask) -> dict[str, Any]:
    """A document's facts with nobody as the customer.

    Free words are in what its lines describe, and in the reason that it gives.
    """
    told = ("description", "what")

    def rows(name: str) -> list[dict[str, Any]]:
        return [
            {key: mask.text(one) if key in told else one for key, one in row.items()}
            for row in content.get(name, [])
        ]

    reason = {"reason": mask.text(content["reason"])} if "reason" in content else {}
    return content | {
        **reason,
        "customer": {"name": HIDDEN, "abn": "", "address": []},
        "lines": rows("lines"),
        "because": rows("because"),
    }


def _tells(account: Account, reader: User | None = None) -> set[str]:
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
        if reader is None or row.user_id != reader.pk:
            words |= {row.user.email, row.user.full_name, row.named, *_forms(row.user.phone)}
            words |= set(row.user.full_name.split()) if row.role == Role.HOLDER else set()
    own = {reader.email, reader.full_name, *reader.full_name.split()} if reader else set()
    return {word for word in words if word} - own


def _names(account: Account) -> set[str]:
    """The customer's name, whole and as it may be shortened."""
    customer = account.customer
    names = {customer.name, COMPANY.sub("", customer.name).strip()}
    return names | set(customer.name.split() if customer.kind == CustomerKind.RESIDENTIAL else [])


def _forms(phone: Any) -> set[str]:
    """A phone number as people and machines write it."""
    return {str(phone), phone.as_national, phone.as_e164} if phone else set()
