from .letters import tell, write
from .masking import HIDDEN, MASKED, Mask, mask_for, masked_rendition

__all__ = ["HIDDEN", "MASKED", "Mask", "mask_for", "masked_rendition", "tell", "write"]
