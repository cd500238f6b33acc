from .people import User, UserManager
from .settings import SettingChange
from .staff import StaffGrant

__all__ = ["SettingChange", "StaffGrant", "User", "UserManager"]
