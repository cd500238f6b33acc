from .identity import ContactChange, EmailChange, IdentityCheck
from .pauses import Pause, StopLink

__all__ = ["ContactChange", "EmailChange", "IdentityCheck", "Pause", "StopLink"]
