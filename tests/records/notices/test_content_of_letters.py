"""Bills, notices and reminders promote nothing, and reminders name the assistance policy.

RF-MSG-02 and RF-TCP-27 are asked of every template that a letter is written from.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from terms import library
from terms.rules import message_content
from terms.rules.duties import Message

TEMPLATES = Path(__file__).parents[3] / "templates" / "notices"
# What is no letter of its own, and the one letter that is marketing and says how to end it.
PARTS = {"base", "button"}
MARKETING = {"news"}
KINDS = {"invoice_issued": Message.BILL, "payment_reminder": Message.REMINDER}
PROMOTES = re.compile(
    r"\b(special offer|limited time|upgrade|sign up|save up to|bonus|discounted|best value"
    r"|new plans?|exclusive|deals?|promo\w*|refer a friend)\b",
    re.IGNORECASE,
)
OFFERS = re.compile(r"/(plans|offers|shop|deals)\b", re.IGNORECASE)
ASSISTANCE = re.compile(r"payment assistance policy", re.IGNORECASE)


def letters() -> list[str]:
    found = {path.name.partition(".")[0].removesuffix("_subject") for path in TEMPLATES.iterdir()}
    return sorted({name.removesuffix("_text") for name in found} - PARTS - MARKETING)


def allowed(kind: str, text: str) -> bool | None:
    law = library.newest(library.FLOOR).as_seen(tcp=True, on=date(2027, 1, 1))
    answer = message_content(
        law,
        message=KINDS.get(kind, Message.NOTICE),
        promotion=bool(PROMOTES.search(text)),
        link_to_offers=bool(OFFERS.search(text)),
        names_assistance=bool(ASSISTANCE.search(text)),
    )
    return answer.allowed


@pytest.mark.parametrize("kind", letters())
def test_every_letter_holds_only_what_the_law_lets_it(kind):
    bodies = [path for path in TEMPLATES.glob(f"{kind}.*") if path.suffix in (".txt", ".html")]
    assert bodies
    bodies += TEMPLATES.glob(f"{kind}_text.txt")

    for path in bodies:
        assert allowed(kind, path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("invoice_issued", "Upgrade now and save up to 20 %."),
        ("suspension_notice", "See our new plans."),
        ("payment_reminder", "https://portal.example/offers/"),
    ],
)
def test_a_promotion_in_a_letter_is_found(kind, more):
    text = (TEMPLATES / f"{kind}.txt").read_text(encoding="utf-8")

    assert allowed(kind, text + more) is False


def test_a_reminder_that_only_asks_whether_help_is_needed_is_found():
    assert allowed("payment_reminder", "Need help? Call us.") is False
