"""What somebody may write where it leaves in an email in the provider's name."""

from __future__ import annotations

import re

LONGEST_NAME = 100
# What mail programs make a link of: a scheme, www., an address, or a name that ends like a domain.
LINK = re.compile(r"://|\bwww\.|@|[/\\]|\w\.[a-z]{2,}\b")


def why_not_a_name(text: str) -> str:
    """Why a text can't stand as a name or position in an email, in a sentence, or "" if it can."""
    if len(text) > LONGEST_NAME:
        return f"Write at most {LONGEST_NAME} characters."
    if not text.isprintable():
        return "Write it on one line."
    if LINK.search(text):
        return "Write a name only, without links or addresses."
    return ""
