from .people import User, UserManager
from .staff import StaffGrant

__all__ = ["StaffGrant", "User", "UserManager"]
