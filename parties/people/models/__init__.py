from .absences import Absence
from .people import User, UserManager
from .settings import SettingChange
from .staff import StaffGrant

__all__ = ["Absence", "SettingChange", "StaffGrant", "User", "UserManager"]
