from .absences import AbsenceRefused, end_absence, note_absence
from .sessions import forget_proofs, log_out_everywhere, sessions_of, stop_password
from .settings import SettingRefused, change_settings, decide_settings, note_setting
from .staff import end_staff_role, ensure_staff_roles, grant_staff_role, note_staff_proof
from .tokens import digest, new_token

__all__ = [
    "AbsenceRefused",
    "SettingRefused",
    "change_settings",
    "decide_settings",
    "digest",
    "end_absence",
    "end_staff_role",
    "ensure_staff_roles",
    "forget_proofs",
    "grant_staff_role",
    "log_out_everywhere",
    "new_token",
    "note_absence",
    "note_setting",
    "note_staff_proof",
    "sessions_of",
    "stop_password",
]
