"""What staff may do and see: the role table first, then the terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.db.models import Q, QuerySet

from parties.accounts import selectors as accounts
from parties.accounts.models import Account, Provider
from parties.people.models import StaffGrant, User
from parties.people.states import DATA_OF, JOBS, STAFF_MAY, STAFF_SEES, StaffData, StaffRole
from terms import rules
from terms.clause import as_json
from terms.facts import Action
from terms.vocabulary import Listed

from .decisions import Decision


def staff_may(
    actor: User,
    action: Action,
    account: Account | None = None,
    *,
    on: date | None = None,
    remote: bool = False,
) -> Decision:
    """Decide by the role table whether a member of staff may do this, then by the terms.

    The terms are asked (VP-PRV-08 to VP-PRV-10) where an account and a day are given; `remote`
    says that the person works from outside the provider's own networks.
    """
    roles = staff_roles(actor)
    named = role_names(actor)
    if not is_theirs(actor, account):
        return Decision(allowed=False, role=named)
    if not (actor.is_superuser or any(action in STAFF_MAY[role] for role in roles)):
        return Decision(allowed=False, role=named)
    if account is None or on is None:
        return Decision(allowed=True, role=named)
    return staff_sees(actor, DATA_OF.get(action, StaffData.ACCOUNT), account, on=on, remote=remote)


def staff_sees(
    actor: User, data: StaffData, account: Account, *, on: date, remote: bool = False
) -> Decision:
    """Decide whether a member of staff sees this kind of data: by role table and by the terms.

    Of several roles the one that sees most answers; the reasons are the terms' own.
    """
    roles = staff_roles(actor)
    refused = Decision(allowed=False, role=role_names(actor))
    if not is_theirs(actor, account):
        return refused
    grants = {
        grant.role: grant for grant in StaffGrant.objects.filter(user=actor, ended_at__isnull=True)
    }
    binding = accounts.binding(account, on)
    for role in roles:
        grant = grants.get(role.value)
        answer = binding.decide(
            rules.staff_access,
            job=Listed(JOBS.get(role, role.value)),
            data=Listed(data.value),
            senior_request=grant is not None,
            remote=remote,
            selected_senior=bool(grant and grant.from_outside),
        )
        because = as_json(answer.because)
        if answer.allowed and data in STAFF_SEES[role]:
            return replace(refused, allowed=True, because=because)
        refused = replace(refused, because=because)
    return refused


def sees_in_lists(actor: User, data: StaffData) -> bool:
    """Whether any of the person's roles sees this kind of data, where no one account is open."""
    return any(data in STAFF_SEES[role] for role in staff_roles(actor))


def who_sees(data: StaffData, provider: Provider) -> QuerySet[User]:
    """The active staff of a provider, or of all, of whom a role sees this kind of data."""
    here = Q(provider__isnull=True) | Q(provider=provider)
    return _seeing(data).filter(here).order_by("pk")


def without_who_sees(data: StaffData) -> QuerySet[Provider]:
    """The providers of whose active staff no role sees this kind of data."""
    seeing = _seeing(data)
    if seeing.filter(provider__isnull=True).exists():
        return Provider.objects.none()
    return Provider.objects.exclude(pk__in=seeing.values("provider"))


def _seeing(data: StaffData) -> QuerySet[User]:
    labels = [role.label for role in StaffRole if data in STAFF_SEES[role]]
    found = User.objects.filter(is_active=True, is_staff=True, groups__name__in=labels)
    return found.distinct()


def is_theirs(actor: User, account: Account | None) -> bool:
    """Whether the person works here, and for the provider of this account."""
    if not (actor.is_staff and actor.is_active):
        return False
    return not (
        account and actor.provider_id and actor.provider_id != account.customer.provider_id
    )


def role_names(actor: User) -> str:
    """The roles of a member of staff, as the audit trail names them."""
    return ", ".join(role.label for role in staff_roles(actor)) or "staff"


def staff_roles(actor: User) -> list[StaffRole]:
    """The roles that a member of staff holds, by their groups."""
    labels = {group.name for group in actor.groups.all()}
    return [role for role in StaffRole if role.label in labels]
