from .preferences import Preference
from .safety import SafeContact

__all__ = ["Preference", "SafeContact"]
