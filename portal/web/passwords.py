"""Passwords that others would guess soon are refused."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from parties.people.models import User

STRONG_ENOUGH = 3
# What lies beyond makes no password weaker, and guessing how it is built takes long.
READ_AT_MOST = 72
SHORTEST_WORD = 3


class StrengthValidator:
    """Asks for a password that is hard to guess: at least 3 of zxcvbn's 4.

    It knows common passwords, words, dates, patterns of the keyboard, and the person's own name.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password that is easy to guess."""
        own = _own_words(user) if user is not None and user.pk else []
        if _score(password, own) < STRONG_ENOUGH:
            raise ValidationError(
                "This password is easy to guess. Use four words or more that don't go together.",
                code="password_too_weak",
            )

    def get_help_text(self) -> str:
        return "12 characters or more, and hard to guess: four words that don't belong together."


def _score(password: str, own: list[str]) -> int:
    """How hard the password is to guess for somebody who knows the person, 0 to 4."""
    known = sorted({word for word in own if len(word) >= SHORTEST_WORD}, key=len, reverse=True)
    # Own words say nothing new however often they stand there: what is left has to be strong.
    left = re.sub("|".join(map(re.escape, known)) or "$^", "", password, flags=re.IGNORECASE)
    return int(zxcvbn(left[:READ_AT_MOST] or "-", user_inputs=own)["score"])


def _own_words(user: User) -> list[str]:
    """What others know of the person: names, alone and run together, and their address."""
    names = user.full_name.split()
    local = user.email.partition("@")[0]
    return [user.email, local, *re.split(r"[\W\d_]+", local), *names, "".join(names)]
