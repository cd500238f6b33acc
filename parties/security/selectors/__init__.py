from .pauses import pause_for, pause_of, why_paused
from .proofs import old_contact_points, open_code, why_high_risk

__all__ = [
    "old_contact_points",
    "open_code",
    "pause_for",
    "pause_of",
    "why_high_risk",
    "why_paused",
]
