"""New versions of the terms for tests: published, drafted, approved, told, and really sent."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from contracts.variations import services
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.services import TermsDraft
from contracts.variations.states import Harm
from terms import library
from tests.contracts.leaving.contracts import Agreement, day
from tests.contracts.variations.changes import biller, send_all

NEW = "2027-03"


def publish(shelf: Path, keys: tuple[str, ...]) -> Path:
    """A copy of the library in which each provider has a second version, of 15 March 2027."""
    shutil.copytree(library.PROFILES, shelf)
    for key in keys:
        old = library.versions(key)[-1]
        text = (shelf / key / f"{old}.yaml").read_text(encoding="utf-8")
        text = re.sub(r"(?m)^version: .*$", f'version: "{NEW}"', text, count=1)
        text = re.sub(r"(?m)^reading: .*\n", "", text, count=1)
        text = re.sub(r"(?m)^in_force_from: .*$", "in_force_from: 2027-03-15", text, count=1)
        (shelf / key / f"{NEW}.yaml").write_text(text, encoding="utf-8")
    return shelf


def draft_terms(one: Agreement, at: datetime, **facts: Any) -> TermsVariation:
    by = facts.pop("by", None) or biller()
    given: dict[str, Any] = {
        "version": NEW,
        "effective_on": day("2027-03-15"),
        "says": "How you can reach us about faults is written anew.",
        "harms": Harm.MATERIAL,
    } | facts
    return services.draft_terms_change(
        provider=one.world.provider, draft=TermsDraft(**given), by=by, at=at
    )


def approve_terms(change: TermsVariation, at: datetime) -> TermsVariation:
    """Sent to a second person, who approves."""
    services.ask_for_approval(change=change, by=change.drafted_by, at=at)
    return services.decide_change(change=change, approve=True, by=biller(), at=at)


def announce_terms(one: Agreement, at: datetime, **facts: Any) -> TermsChange:
    """Drafted, approved, told and sent at one moment; what it does to this contract."""
    approve_terms(draft_terms(one, at, **facts), at)
    services.carry_terms_changes(at=at)
    send_all(at)
    services.carry_terms_changes(at=at)
    return new_terms(one)


def new_terms(one: Agreement) -> TermsChange:
    return (
        TermsChange.objects.select_related("variation__provider", "notice", "contract__account")
        .filter(contract=one.service.contract)
        .latest("pk")
    )
