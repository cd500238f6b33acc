"""An employee says that they have authority; the provider may rely on it for consents."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from parties import access, selectors
from parties.models import Appointment, User
from records.audit.services import record

from .letters import tell


def warrant_authority(*, appointment: Appointment, by: User, words: str, at: datetime) -> None:
    """Keep an employee's own word that they have authority; the holder is told (CV-PTY-02).

    Raises NotAuthorised for anyone but that employee.
    """
    if by.pk != appointment.user_id or not appointment.employee or appointment.revoked_at:
        raise access.NotAuthorised(access.Decision(allowed=False), access.Action.INCUR_EXPENSE)
    holder = selectors.holder(appointment.account)
    with transaction.atomic():
        appointment.warrants_authority = True
        appointment.save(update_fields=["warrants_authority"])
        record(
            account_id=appointment.account_id,
            at=at,
            action="warrant_authority",
            actor=access.AuditActor(
                user_id=by.pk,
                name=str(by),
                authority=str(appointment.public_id),
                acted_as=appointment.role,
            ),
            subject=str(appointment.public_id),
            reason=words,
        )
        if holder:
            tell(
                appointment.account,
                to=holder.email,
                name=str(holder),
                at=at,
                headline=f"{by} says that they may agree for you",
                body=f"Their words: “{words}” We rely on them until you say otherwise. If it is "
                "not so, remove them under People.",
                path=reverse("appointment", args=[appointment.public_id]),
                label="Look at it",
            )
