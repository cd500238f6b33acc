"""Reach into somebody's sessions from outside: end them, or take away what they proved there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from parties.people import states as people
from parties.people.models import User


def sessions_of(user: User) -> Iterator[SessionBase]:
    """Every session in which this person is logged in."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for row in UserSession.objects.filter(user=user):
        yield store(row.session_key)


def log_out_everywhere(user: User) -> None:
    """End all of a person's sessions."""
    for session in sessions_of(user):
        session.flush()


def stop_password(user: User, *, at: datetime) -> None:
    """Let nobody log in with the password so far, and end all sessions: it has to be reset."""
    user.set_unusable_password()
    user.password_stopped_at = at
    user.save(update_fields=["password", "password_stopped_at"])
    log_out_everywhere(user)


def forget_proofs(user: User) -> None:
    """Let no proof of identity count that was given in a session so far."""
    for session in sessions_of(user):
        if session.pop(people.PROOFS_KEY, None):
            session.save()
