"""Record the three-monthly study of complaints (RF-CMP-16)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from complaints.process.services import StepRefused
from complaints.process.services.steps import MANAGERS
from complaints.tickets.models import Complaint
from parties.accounts.models import Provider
from parties.authority.selectors import staff_roles
from parties.people.models import User

from .models import Study
from .selectors import (
    Period,
    cite_study,
    figure_rows,
    figures,
    unnamed_causes,
)


def study_complaints(
    *, provider: Provider, period: Period, found: str, changes: str, by: User, at: datetime
) -> Study:
    """Keep what a manager found in the complaints of a whole quarter, with the figures they saw.

    Those about somebody's safety are no part of it: managers do not know of them. Raises
    StepRefused where somebody may not, the quarter goes on, a cause is not named yet, or it was
    studied before.
    """
    if not (by.is_superuser or MANAGERS & set(staff_roles(by))):
        raise StepRefused("A team manager studies the complaints of a quarter.")
    if by.provider_id and by.provider_id != provider.pk:
        raise StepRefused("These complaints are another provider's.")
    if at < period.ends_at:
        raise StepRefused("The quarter goes on: study it once it is over.")
    rows = Complaint.objects.filter(account__customer__provider=provider, safety_threat=False)
    if many := unnamed_causes(rows, period).count():
        raise StepRefused(
            f"{many} complaints that ended in it have no cause yet: name them first, so that the "
            "study can count them."
        )
    try:
        with transaction.atomic():
            return Study.objects.create(
                provider=provider,
                first=period.first,
                last=period.last,
                figures=figure_rows(figures(rows, period, at)),
                found=found,
                changes=changes,
                by=by,
                at=at,
                because=cite_study(period),
            )
    except IntegrityError:
        raise StepRefused("This quarter was studied already: see its study.") from None
