"""The ombudsman: referral, answer, outcome; and the pack that shows how it was handled."""

from .evidence import (
    ask_evidence,
    fetch_evidence,
    make_packs,
    require_may_have_evidence,
)
from .referring import Letter, answer_ombudsman, record_outcome, refer_complaint
from .verifying import Verdict, verify_pack

__all__ = [
    "Letter",
    "Verdict",
    "answer_ombudsman",
    "ask_evidence",
    "fetch_evidence",
    "make_packs",
    "record_outcome",
    "refer_complaint",
    "require_may_have_evidence",
    "verify_pack",
]
