from .absences import Absence
from .people import User, UserManager
from .settings import SettingChange
from .staff import StaffGrant, StaffProof

__all__ = ["Absence", "SettingChange", "StaffGrant", "StaffProof", "User", "UserManager"]
