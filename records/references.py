"""References that people read out on the phone."""

from __future__ import annotations

import secrets

# Without the letters and digits that are mistaken for each other on the phone.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 8


def new_reference(kind: str) -> str:
    """A reference that can be read out and can't be guessed: `kind`, a dash and eight signs."""
    return f"{kind}-{random_signs(LENGTH)}"


def random_signs(many: int) -> str:
    """So many signs by chance, of those that can be told apart; five bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(many))
