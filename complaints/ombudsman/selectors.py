"""Questions about what the ombudsman has."""

from __future__ import annotations

from complaints.tickets.models import Complaint

from .models import Referral


def open_referral(complaint: Complaint) -> Referral | None:
    """The letter of the ombudsman that counts now, answered or not; None where there is none."""
    return Referral.objects.filter(complaint=complaint, ended_at__isnull=True).last()
