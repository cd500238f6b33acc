"""What programs decide about people: written from the rules that the portal really asks."""

from __future__ import annotations

import ast
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from terms.rules import RULES
from terms.workbench.decisions import decisions, spoken_for

SYDNEY = ZoneInfo("Australia/Sydney")
ROOT = Path(__file__).parents[2]
APPS = ("portal", "complaints", "billing", "contracts", "parties", "records")


def asked_rules() -> set[str]:
    """Every rule that the code of the portal names: `rules.NAME`, or imported from there."""
    found: set[str] = set()
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "rules":
                found.add(node.attr)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("terms.rules"):
                found |= {each.name for each in node.names}
    return found & RULES.keys()


def test_every_rule_that_the_portal_asks_is_a_decision_or_none_for_a_reason():
    hint = "list it in terms/workbench/decisions.yaml"

    assert asked_rules() - spoken_for() == set(), hint
    assert spoken_for() - asked_rules() == set(), "the portal asks these no longer"


@pytest.mark.parametrize("decision", decisions(), ids=lambda each: each.rule)
def test_each_decision_says_what_it_uses_and_by_which_clauses(decision):
    assert decision.uses
    assert decision.clauses
    assert all(clause.heading for _, clauses in decision.clauses for clause in clauses)


def test_page_is_public_and_links_each_clause(client):
    page = client.get("/privacy/decisions/")
    text = page.content.decode()

    assert page.status_code == 200
    assert reverse("decisions") == "/privacy/decisions/"
    for each in decisions():
        assert f'id="{each.rule}"' in text
        for _, clauses in each.clauses:
            for clause in clauses:
                assert reverse("clause", args=[clause.document, clause.version, clause.id]) in text
    assert "RF-TCP-20" in text
    assert f'href="{reverse("decisions")}"' in client.get(reverse("your_terms")).content.decode()


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (
            datetime(2026, 12, 9, 23, 59, tzinfo=SYDNEY),
            "from Thu 10 Dec 2026, and it is here already",
        ),
        (datetime(2026, 12, 10, tzinfo=SYDNEY), "The law asks for this list:"),
    ],
)
def test_page_says_from_when_the_list_is_owed(client, moment, words):
    with time_machine.travel(moment):
        text = client.get("/privacy/decisions/").content.decode()

    assert words in " ".join(re.sub("<[^>]+>", "", text).split())
