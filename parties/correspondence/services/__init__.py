from .letterhead import letterhead
from .letters import send_again, tell, tell_holder, write
from .masking import HIDDEN, MASKED, NOTHING_HIDDEN, Mask, mask_for, mask_of, masked_rendition
from .plain_words import why_not_a_name

__all__ = [
    "HIDDEN",
    "MASKED",
    "NOTHING_HIDDEN",
    "Mask",
    "letterhead",
    "mask_for",
    "mask_of",
    "masked_rendition",
    "send_again",
    "tell",
    "tell_holder",
    "why_not_a_name",
    "write",
]
