"""What the pages of the terms write: marks in found text, for whom a clause is, how sure it is."""

import re

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from terms.profile import Row
from terms.workbench import words

register = template.Library()

SURE = {
    "verified": "Read in the instrument itself",
    "secondary": "Read in an official summary, not in the instrument itself",
    "unverified": "Could not be checked: not applied until a provider switches it on",
    "house": "House rule, not law",
}


@register.filter
def marked(text: str, asked: str) -> SafeString:
    """Escape a text and mark the words that were searched for."""
    wanted = [re.escape(word) for word in asked.split()]
    if not wanted:
        return conditional_escape(text)
    pieces = re.split(f"({'|'.join(wanted)})", text, flags=re.IGNORECASE)
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<mark>{}</mark>", piece) if at % 2 else piece,)
            for at, piece in enumerate(pieces)
        ),
    )


def _figure(name: str) -> str:
    """Write the last part of a figure's name, or of its shape's, as words."""
    return words.humanised(re.split(r"[:.]", name)[-1])


def _lower(sentence: str) -> str:
    return f"{sentence[0].lower()}{sentence[1:]}"


@register.filter
def how_sure(row: Row) -> str:
    """Say how far a row of law could be checked, and which of its figures are surer or less so."""
    figures = (f"{_figure(name)}: {_lower(SURE[conf])}" for name, conf in row.conf_of.items())
    return ". ".join((SURE[row.conf], *figures))


@register.filter
def words_of(name: str) -> str:
    """Write a name of the profiles as words."""
    return words.humanised(name)
