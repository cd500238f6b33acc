"""A provider's settings: changed for a reason, within bounds, and some of them by two people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from parties.accounts.models import Provider
from parties.people.models import SettingChange, User
from parties.people.selectors import SETTINGS, colleagues_who_set, may_set
from parties.people.states import SETTING_CHANGE, SettingAct, SettingState


class SettingRefused(Exception):
    """A setting can't be changed so; the message says why. `name` is the setting at fault."""

    def __init__(self, problem: str, name: str | None = None) -> None:
        super().__init__(problem)
        self.name = name


def change_settings(
    *, provider: Provider, wanted: Mapping[str, Any], reason: str, by: User, at: datetime
) -> SettingChange:
    """Change what differs, at once, or ask a second person where one of the settings needs it.

    A provider with nobody else who could decide changes it alone; the record shows that. Raise
    SettingRefused for a value out of bounds, for nothing that differs, for a change of the same
    setting that waits already, and for whoever may not.
    """
    if not may_set(by, provider):
        raise SettingRefused("Only an administrator of this provider changes its settings.")
    with transaction.atomic():
        row = Provider.objects.select_for_update().get(pk=provider.pk)
        new = {name: value for name, value in wanted.items() if value != getattr(row, name)}
        if not new:
            raise SettingRefused("Nothing is different from what holds now.")
        _check(row, new)
        waiting = SettingChange.objects.filter(provider=row, state=SettingState.ASKED)
        if any(new.keys() & change.after.keys() for change in waiting):
            raise SettingRefused("A change of this waits for a second person already.")
        needs_two = any(SETTINGS[name].by_two for name in new)
        waits = needs_two and colleagues_who_set(row, by).exists()
        change = SettingChange.objects.create(
            provider=row,
            about=", ".join(SETTINGS[name].label for name in new)[:60],
            before={name: _text(getattr(row, name)) for name in new},
            after={name: _text(value) for name, value in new.items()},
            reason=reason,
            state=SettingState.ASKED if waits else SettingState.IN_FORCE,
            asked_by=by,
            asked_at=at,
        )
        if not waits:
            _apply(row, new)
    return change


def decide_settings(
    *, change: SettingChange, approve: bool, by: User, at: datetime
) -> SettingChange:
    """Put a change that waits in force, or refuse it.

    Raise SettingRefused for whoever asked for it or may not, and where the setting has changed
    since; IllegalStep where it was decided already.
    """
    with transaction.atomic():
        provider = Provider.objects.select_for_update().get(pk=change.provider_id)
        row = SettingChange.objects.select_for_update().get(pk=change.pk)
        if not may_set(by, provider):
            raise SettingRefused("Only an administrator of this provider decides about it.")
        if row.asked_by_id == by.pk and approve:
            raise SettingRefused("Whoever asked can't approve it.")
        act = SettingAct.APPROVE if approve else SettingAct.REFUSE
        row.state = SETTING_CHANGE.after(SettingState(row.state), act)
        if approve:
            now = {name: _text(getattr(provider, name)) for name in row.before}
            if now != row.before:
                raise SettingRefused("It has changed since; refuse this and ask anew.")
            new = {name: SETTINGS[name].read(text) for name, text in row.after.items()}
            _check(provider, new)
            _apply(provider, new)
        row.decided_by, row.decided_at = by, at
        row.save(update_fields=["state", "decided_by", "decided_at"])
    return row


def note_setting(
    *,
    provider: Provider,
    about: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
    by: User,
    at: datetime,
) -> SettingChange:
    """Keep on record that something else a provider sets was changed, in the same transaction."""
    return SettingChange.objects.create(
        provider=provider,
        about=about[:60],
        before={name: _text(value) for name, value in before.items()},
        after={name: _text(value) for name, value in after.items()},
        reason=reason,
        state=SettingState.IN_FORCE,
        asked_by=by,
        asked_at=at,
    )


def _check(provider: Provider, new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        problem = SETTINGS[name].problem(value)
        if problem:
            raise SettingRefused(problem, name)
        try:
            column: models.Field[Any, Any] = Provider._meta.get_field(name)  # type: ignore[assignment]
            column.clean(value, provider)
        except ValidationError as wrong:
            raise SettingRefused(" ".join(wrong.messages), name) from wrong


def _apply(provider: Provider, new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        setattr(provider, name, value)
    provider.save(update_fields=list(new))


def _text(value: Any) -> Any:
    """Return a value as it is kept: text, a list of texts, or null."""
    if value is None or isinstance(value, list):
        return value
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
