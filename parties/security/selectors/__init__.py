from .pauses import pause_for, pause_of, why_paused
from .proofs import old_contact_points, open_code, why_high_risk
from .texts import has_proven, phone_for_reminders, proven_phone

__all__ = [
    "has_proven",
    "old_contact_points",
    "open_code",
    "pause_for",
    "pause_of",
    "phone_for_reminders",
    "proven_phone",
    "why_high_risk",
    "why_paused",
]
