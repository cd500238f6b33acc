"""What was done to or seen of an account, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from parties.accounts.models import Account
from parties.authority.models import ROLES
from parties.authority.states import POWERS
from parties.correspondence.selectors import phone_in_words
from parties.security.states import CHECKED_FOR, Factor
from records.audit.models import Entry
from records.audit.states import VIEW, in_words
from terms.calendar import in_words as in_day_words
from terms.money import in_dollars

PHONE = re.compile(r"\+\d{8,15}")
# What a page of the portal is about, by the first part of its address.
PAGES = {
    "": "the account's home page",
    "bills": "bills",
    "services": "services",
    "contract": "the contract",
    "complaints": "complaints",
    "people": "people on the account",
    "profile": "the customer's details",
}


NOTHING = "nothing"
# Around the moment at which staff wrote a private complaint down for somebody.
AROUND = timedelta(hours=1)
_WRITTEN_DOWN = ("at", "actor_id", "for_whom")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Kinds of entries that a reader can ask for: what was only looked at, or all the rest.
LOOKS_ONLY, CHANGES_ONLY = "looks", "changes"
KINDS_OF_DEED = {"": "All", CHANGES_ONLY: "Changes only", LOOKS_ONLY: "Looks only"}
# Facts that only join records to each other; nobody reads them.
JOINS = frozenset({"appointment", "asked_under", "act"})
# What has words of its own, by the fact's name.
SAID_AS: dict[str, Mapping[str, str]] = {
    "role": dict(ROLES),
    "purpose": dict(CHECKED_FOR),
    "factor": dict(Factor.choices),
    "limits": {one.value: words for one, words in POWERS.items()},
}
AMOUNTS = frozenset({"total", "amount", "monthly", "max_expense"})
NAMES = {"max_expense": "At most, a month", "limits": "May not", "monthly": "A month"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One fact that changed, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """What somebody did to, or saw of, an account, in words."""

    at: datetime
    who: str
    role: str
    for_whom: str
    what: str
    about: str
    reason: str
    changes: tuple[Change, ...]

    @property
    def changed(self) -> str:
        """The changes in one line, for a file."""
        return "; ".join(
            f"{one.name}: {one.after if one.before == NOTHING else f'{one.before} → {one.after}'}"
            for one in self.changes
        )

    @property
    def when(self) -> str:
        """The time on the account's clock, for a file."""
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"


def history(account: Account, only: str = "") -> QuerySet[Entry]:
    """What was done to or seen of the account, newest first, without what concerns safety.

    What bears the same subject as a private entry, or a page's address with it, is left out with
    it; so is what staff did around the hour in which they wrote something private down: that they
    were there would hint at it. `only` looks, or changes.
    """
    entries = Entry.objects.filter(account=account)
    private = entries.filter(is_private=True).exclude(subject="").values("subject")
    shown = entries.filter(is_private=False).exclude(subject__in=private)
    for lodged in private.filter(action="lodge_complaint").values("subject", *_WRITTEN_DOWN):
        shown = shown.exclude(subject__contains=lodged["subject"])
        if lodged["for_whom"]:
            near = (lodged["at"] - AROUND, lodged["at"] + AROUND)
            shown = shown.exclude(actor_id=lodged["actor_id"], at__range=near)
    if only == LOOKS_ONLY:
        shown = shown.filter(action=VIEW)
    elif only == CHANGES_ONLY:
        shown = shown.exclude(action=VIEW)
    return shown.order_by("-at", "-sequence")


def deed(entry: Entry) -> AuditLine:
    """An entry of the account's history in words."""
    return AuditLine(
        at=entry.at,
        who="The portal" if entry.actor_name == "system" else entry.actor_name,
        role=dict(ROLES).get(entry.acted_as, entry.acted_as),
        for_whom=entry.for_whom,
        what=in_words(entry.action),
        about=_about(entry),
        reason=entry.reason,
        changes=tuple(_changes(entry)),
    )


def _changes(entry: Entry) -> Iterator[Change]:
    for name in dict.fromkeys([*entry.before, *entry.after]):
        before, after = (_said(facts.get(name), name) for facts in (entry.before, entry.after))
        if name not in JOINS and before != after:
            words = NAMES.get(name, name.replace("_", " ").capitalize())
            yield Change(name=words, before=before, after=after)


def _about(entry: Entry) -> str:
    if entry.action == VIEW and entry.subject.startswith("/"):
        return PAGES.get(entry.subject.split("/")[1], "the account")
    if _is_key(entry.subject):
        return str(entry.after.get("person") or entry.before.get("person") or "")
    return entry.subject


def _is_key(text: str) -> bool:
    """Whether a text is a record's key, which tells a reader nothing."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _said(value: Any, name: str = "") -> str:
    """A stored value as people write it; `name` is the fact's."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_said(one, name) for one in value) or NOTHING
    if value in (None, "", {}):
        return NOTHING
    text = str(value)
    if PHONE.fullmatch(text):
        return phone_in_words(text)
    if name in SAID_AS:
        return SAID_AS[name].get(text, text.replace("_", " "))
    if name in AMOUNTS:
        return in_dollars(Decimal(text))
    if name == "identity_check" and _is_key(text):
        return "passed"
    return _moment(text) or text.replace("_", " ")


def _moment(text: str) -> str:
    """A day, or the day of an instant on the page's clock, in words; empty for other texts."""
    if not DAY.match(text):
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return in_day_words((timezone.localtime(moment) if moment.tzinfo else moment).date())
