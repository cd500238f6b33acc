"""Questions about days that no deadline keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from complaints.tickets.models import Complaint
from complaints.tickets.states import Act, Answer, Topic
from parties.accounts.selectors import binding
from parties.authority.selectors import local_day
from terms import rules
from terms.clause import dump
from terms.profile import TermsSilent


@dataclass(frozen=True, kw_only=True)
class Regulator:
    """From which day the privacy regulator (OAIC) can be asked, and why; None: it need not be."""

    opens_on: date | None
    because: list[dict[str, Any]]


def privacy_regulator(complaint: Complaint, *, answered: bool = True) -> Regulator | None:
    """From when a complaint about privacy can go to the regulator; None for any other complaint.

    Without an answer after the days that the terms name; with one that the customer is not known
    to be content with, at once (VP-PRV-15). Not `answered`: as if none had been given.
    """
    if complaint.topic != Topic.PRIVACY:
        return None
    account = complaint.account
    received_on = local_day(account, complaint.received_at)
    outcome_on, satisfied = _outcome(complaint) if answered else (None, None)
    bound = binding(account, received_on, version=complaint.version)
    try:
        answer = bound.decide(
            rules.privacy_complaint,
            received_on=received_on,
            outcome_on=outcome_on,
            satisfied=satisfied,
        )
    except TermsSilent as silence:
        return Regulator(opens_on=None, because=dump(silence.because))
    return Regulator(opens_on=answer.oaic_from, because=dump(answer.because))


def _outcome(complaint: Complaint) -> tuple[date | None, bool | None]:
    """The day of our first answer, and whether the customer is content with the last."""
    refused = complaint.events.filter(act=Act.REFUSE).order_by("at").first()
    rows = list(complaint.proposals.order_by("offered_at", "pk"))
    days = [row.offered_at for row in rows] + ([refused.at] if refused else [])
    if not days:
        return None, None
    content = {Answer.ACCEPTED: True, Answer.DECLINED: False}
    satisfied = False if refused else content.get(Answer(rows[-1].answer))
    return local_day(complaint.account, min(days)), satisfied
