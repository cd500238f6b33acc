"""Keep the staff roles' groups and their admin permissions as the table says."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from parties.states import StaffRole

# App label → what the role may do to its records in the admin. Nothing that was told is edited:
# the admin's own classes refuse that to everyone.
_ALL_READ = {"parties", "contracts", "billing", "complaints", "deadlines", "notices", "documents"}
ADMIN: dict[StaffRole, dict[str, set[str]]] = {
    StaffRole.FRONT_LINE: {
        "parties": {"view"},
        "contracts": {"view"},
        "billing": {"view"},
        "complaints": {"view", "change"},
        "deadlines": {"view"},
        "notices": {"view"},
    },
    StaffRole.TEAM_MANAGER: {
        "parties": {"view", "change"},
        "contracts": {"view", "change"},
        "billing": {"view"},
        "complaints": {"view", "change"},
        "deadlines": {"view"},
        "notices": {"view"},
        "documents": {"view"},
    },
    StaffRole.BILLING: {
        "parties": {"view"},
        "contracts": {"view", "add", "change"},
        "billing": {"view", "add", "change"},
        "documents": {"view"},
        "notices": {"view"},
    },
    StaffRole.CREDIT: {"parties": {"view"}, "billing": {"view", "change"}, "notices": {"view"}},
    StaffRole.PRIVACY: {
        "parties": {"view", "change"},
        "complaints": {"view"},
        "audit": {"view"},
        "notices": {"view"},
    },
    StaffRole.AUDITOR: {label: {"view"} for label in _ALL_READ | {"audit"}},
    StaffRole.ADMINISTRATOR: {
        **{label: {"view", "add", "change"} for label in _ALL_READ},
        "audit": {"view"},
        "auth": {"view"},
    },
}


def ensure_staff_roles() -> None:
    """Create each role's group and give it exactly the permissions of the table."""
    with transaction.atomic():
        for role in StaffRole:
            group, _ = Group.objects.get_or_create(name=role.label)
            wanted = Q(pk__in=[])
            for label, verbs in ADMIN[role].items():
                for verb in verbs:
                    wanted |= Q(content_type__app_label=label, codename__startswith=f"{verb}_")
            group.permissions.set(Permission.objects.filter(wanted))
