from .sessions import forget_proofs, log_out_everywhere, sessions_of, stop_password
from .staff import end_staff_role, ensure_staff_roles, grant_staff_role
from .tokens import digest, new_token

__all__ = [
    "digest",
    "end_staff_role",
    "ensure_staff_roles",
    "forget_proofs",
    "grant_staff_role",
    "log_out_everywhere",
    "new_token",
    "sessions_of",
    "stop_password",
]
