"""Keep the staff roles' groups and their admin permissions as the table says."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from parties.people.models import StaffGrant, StaffProof, User
from parties.people.states import StaffRole

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
    StaffRole.CREDIT: {
        "parties": {"view"},
        "billing": {"view", "change"},
        # What stops the asking: a complaint, and what is suspended.
        "complaints": {"view"},
        "contracts": {"view"},
        "notices": {"view"},
    },
    StaffRole.PRIVACY: {
        "parties": {"view", "change"},
        # Those about privacy and safety are theirs to work on; which, the steps themselves say.
        "complaints": {"view", "change"},
        "deadlines": {"view"},
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
# Models that only some roles see, although they see the others of the app.
ONLY_FOR: dict[str, set[StaffRole]] = {
    "staffgrant": {StaffRole.AUDITOR, StaffRole.ADMINISTRATOR},
    # What was erased once its time was over, and by whom.
    "certificate": {StaffRole.PRIVACY, StaffRole.AUDITOR, StaffRole.ADMINISTRATOR},
    "erased": {StaffRole.PRIVACY, StaffRole.AUDITOR, StaffRole.ADMINISTRATOR},
    # What managers find in the complaints of a quarter.
    "study": {StaffRole.TEAM_MANAGER, StaffRole.AUDITOR, StaffRole.ADMINISTRATOR},
    # Mail of strangers, about anything; of what names a private complaint the officers alone.
    "inboundmail": {
        StaffRole.FRONT_LINE,
        StaffRole.TEAM_MANAGER,
        StaffRole.PRIVACY,
        StaffRole.ADMINISTRATOR,
    },
}


_Granted = Group.permissions.through


def ensure_staff_roles() -> None:
    """Create each role's group and give it exactly the permissions of the table."""
    with transaction.atomic():
        known = list(Permission.objects.select_related("content_type"))
        groups = {group.name: group for group in Group.objects.all()}
        for role in StaffRole:
            if role.label not in groups:
                groups[role.label] = Group.objects.create(name=role.label)
        names = {group.pk: name for name, group in groups.items()}
        has: dict[str, set[int]] = {name: set() for name in groups}
        for group_id, permission_id in _Granted.objects.values_list("group_id", "permission_id"):
            has[names[group_id]].add(permission_id)
        for role in StaffRole:
            wanted = {permission.pk for permission in known if _granted(role, permission)}
            if wanted != has[role.label]:
                groups[role.label].permissions.set(wanted)


def _granted(role: StaffRole, permission: Permission) -> bool:
    """Whether a role's row of the table grants a permission."""
    kind = permission.content_type
    verb = permission.codename.partition("_")[0]
    return verb in ADMIN[role].get(kind.app_label, set()) and role in ONLY_FOR.get(
        kind.model, {role}
    )


def grant_staff_role(
    *,
    user: User,
    role: StaffRole,
    asked_by: str,
    at: datetime,
    by: User | None = None,
    from_outside: bool = False,
) -> StaffGrant:
    """Give a role to somebody because a senior manager asked for it (VP-PRV-08).

    A role that they hold already is given anew, so that the newest request stands.
    """
    with transaction.atomic():
        StaffGrant.objects.filter(user=user, role=role, ended_at__isnull=True).update(ended_at=at)
        grant = StaffGrant.objects.create(
            user=user,
            role=role,
            asked_by=asked_by,
            from_outside=from_outside,
            given_at=at,
            given_by=by,
        )
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.add(Group.objects.get(name=role.label))
    return grant


def end_staff_role(*, user: User, role: StaffRole, at: datetime) -> None:
    """Take a role away; without any role somebody no longer works here, from this moment."""
    with transaction.atomic():
        StaffGrant.objects.filter(user=user, role=role, ended_at__isnull=True).update(ended_at=at)
        user.groups.remove(Group.objects.get(name=role.label))
        if not user.groups.exists():
            user.is_staff = user.is_superuser = False
            user.save(update_fields=["is_staff", "is_superuser"])


def note_staff_proof(*, user: User, seen_by: str, evidence: str, at: datetime) -> StaffProof:
    """Note that somebody senior saw who a member of staff is, who lost their second factor.

    A role is given in the same way, so that the portal's own administrators have a way back too.
    Raises ValueError for somebody who doesn't work here, and where it isn't said who saw what.
    """
    if not (user.is_staff and user.is_active):
        raise ValueError(f"{user} doesn't work here. Customers show their documents to staff.")
    if not (seen_by.strip() and evidence.strip()):
        raise ValueError("Say who saw them, and what they showed.")
    return StaffProof.objects.create(
        user=user, seen_by=seen_by.strip(), evidence=evidence.strip(), seen_at=at
    )
