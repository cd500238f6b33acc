"""What was done to or seen of an account, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from parties.models import Account
from parties.models.appointments import ROLES
from records.audit.models import Entry
from records.audit.states import VIEW, in_words
from terms.calendar import in_words as in_day_words

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


@dataclass(frozen=True, kw_only=True)
class Change:
    """One fact that changed, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Deed:
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
        return "; ".join(f"{one.name}: {one.before} → {one.after}" for one in self.changes)


def history(account: Account) -> QuerySet[Entry]:
    """What was done to or seen of the account, newest first, without what concerns safety.

    What bears the same subject as a private entry is left out with it.
    """
    entries = Entry.objects.filter(account=account)
    private = entries.filter(is_private=True).exclude(subject="").values("subject")
    shown = entries.filter(is_private=False).exclude(subject__in=private)
    return shown.order_by("-sequence")


def deed(entry: Entry) -> Deed:
    """An entry of the account's history in words."""
    return Deed(
        at=entry.at,
        who="The portal" if entry.actor_name == "system" else entry.actor_name,
        role=dict(ROLES).get(entry.acted_as, entry.acted_as),
        for_whom=entry.for_whom,
        what=in_words(entry.action),
        about=_about(entry),
        reason=entry.reason,
        changes=tuple(
            Change(
                name=name.replace("_", " ").capitalize(),
                before=_said(entry.before.get(name)),
                after=_said(entry.after.get(name)),
            )
            for name in dict.fromkeys([*entry.before, *entry.after])
        ),
    )


def _about(entry: Entry) -> str:
    if entry.action == VIEW and entry.subject.startswith("/"):
        return PAGES.get(entry.subject.split("/")[1], "the account")
    return entry.subject


def _said(value: Any) -> str:
    """A stored value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value)) or "nothing"
    if value in (None, "", {}):
        return "nothing"
    text = str(value)
    try:
        return in_day_words(date.fromisoformat(text))
    except ValueError:
        return text.replace("_", " ")
