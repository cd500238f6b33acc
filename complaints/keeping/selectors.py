"""How long the records of a complaint are kept, and which may be erased (RF-REC-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from billing.disputes.models import Hold
from billing.disputes.states import HoldStatus
from complaints.clocks.services import binding_of
from complaints.keeping.models import Certificate
from complaints.ombudsman.models import EvidencePack, Referral
from complaints.ombudsman.states import PackState
from complaints.tickets.models import Complaint
from complaints.tickets.states import ENDED, State
from parties.accounts.selectors import zone_of
from parties.authority.selectors import local_day, sees_in_lists, staff_roles
from parties.people.models import User
from parties.people.states import StaffData, StaffRole
from terms import library, rules
from terms.calendar import State as Region
from terms.calendar import months_on
from terms.clause import as_json
from terms.rules.duties import Record, RecordKeeping

# Who erases: of what is private the officers alone, since it is not there for anybody else.
ERASES = frozenset({StaffRole.ADMINISTRATOR, StaffRole.PRIVACY})
FLOOR = "floor"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Until when a complaint has to be there, both days on its customer's clock, and why."""

    received_on: date
    closed_on: date
    kept_until: date
    because: list[dict[str, Any]]


def kept_of(complaint: Complaint, at: datetime) -> Kept | None:
    """The last day on which the records of a complaint that ended are kept; None: it goes on.

    By the law and the terms of today: what was made longer meanwhile holds for it too.
    """
    if complaint.state not in ENDED or complaint.closed_at is None:
        return None
    account = complaint.account
    closed_on = local_day(account, complaint.closed_at)
    answer = binding_of(complaint, on=local_day(account, at)).decide(
        rules.record_keeping, record=Record.COMPLAINT, since=closed_on
    )
    if answer.kept_until is None:
        return None
    return Kept(
        received_on=local_day(account, complaint.received_at),
        closed_on=closed_on,
        kept_until=answer.kept_until,
        because=as_json(answer.because),
    )


def is_over(complaint: Complaint, at: datetime) -> Kept | None:
    """Why its records may go now, or None: the whole of the last day is still theirs."""
    kept = kept_of(complaint, at)
    ends = kept and datetime.combine(
        kept.kept_until + timedelta(days=1), time(), tzinfo=zone_of(complaint.account)
    )
    return kept if ends and ends <= at else None


def may_go(rows: QuerySet[Complaint], at: datetime) -> QuerySet[Complaint]:
    """Those whose time is over by the law's months, and which nothing holds back; oldest first.

    A day is left out where another clock would still be on it; `is_over` is asked of each one
    before it goes. What staff keep for a reason stays, and what the ombudsman has, what still
    holds money, what a pack is being made of, and what another one is answered with.
    """
    today = at.astimezone(Region.NSW.zone).date()
    law = library.load(FLOOR, library.in_force(FLOOR, today))
    months = law.of(RecordKeeping, name=Record.COMPLAINT).months
    before = datetime.combine(months_on(today, -months), time(), tzinfo=Region.WA.zone)
    held = Hold.objects.filter(complaint=OuterRef("reference"), status=HoldStatus.OPEN)
    referred = Referral.objects.filter(complaint=OuterRef("pk"), ended_at__isnull=True)
    packed = EvidencePack.objects.filter(complaint=OuterRef("pk"), state=PackState.WAITING)
    together = Complaint.objects.filter(merged_into=OuterRef("pk"), state=State.MERGED)
    return (
        rows.filter(state__in=ENDED, closed_at__lt=before - timedelta(days=1), kept_because="")
        .filter(with_ombudsman_since__isnull=True)
        .exclude(Exists(held) | Exists(referred) | Exists(packed) | Exists(together))
        .order_by("closed_at", "pk")
    )


def may_erase(user: User) -> bool:
    """Whether somebody of the staff erases records whose time is over."""
    return bool(user.is_superuser or ERASES & set(staff_roles(user)))


def certificates_known_to(user: User) -> QuerySet[Certificate]:
    """The certificates that are there for a member of staff: private ones for officers alone."""
    rows = Certificate.objects.all()
    return rows if sees_in_lists(user, StaffData.PRIVATE) else rows.filter(is_private=False)
