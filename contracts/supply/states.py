"""Kinds of service, and the life of one."""

from django.db import models

from terms.lifecycle import Lifecycle


class ServiceStatus(models.TextChoices):
    ORDERED = "ordered", "Ordered"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    ENDED = "ended", "Ended"


class ServiceAct(models.TextChoices):
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESTORE = "restore"
    DISCONNECT = "disconnect"


class PlanChangeState(models.TextChoices):
    WAITING = "waiting", "Waiting for the provider"
    AGREED = "agreed", "Agreed, not yet in force"
    APPLIED = "applied", "In force"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class PlanChangeAct(models.TextChoices):
    AGREE = "agree", "Agree"
    REFUSE = "refuse", "Refuse"
    APPLY = "apply"
    WITHDRAW = "withdraw"


PLAN_CHANGE = Lifecycle(
    {
        (PlanChangeState.WAITING, PlanChangeAct.AGREE): PlanChangeState.AGREED,
        (PlanChangeState.WAITING, PlanChangeAct.REFUSE): PlanChangeState.REFUSED,
        (PlanChangeState.WAITING, PlanChangeAct.WITHDRAW): PlanChangeState.WITHDRAWN,
        (PlanChangeState.AGREED, PlanChangeAct.APPLY): PlanChangeState.APPLIED,
        (PlanChangeState.AGREED, PlanChangeAct.WITHDRAW): PlanChangeState.WITHDRAWN,
    }
)

LIFECYCLE = Lifecycle(
    {
        (ServiceStatus.ORDERED, ServiceAct.ACTIVATE): ServiceStatus.ACTIVE,
        (ServiceStatus.ACTIVE, ServiceAct.SUSPEND): ServiceStatus.SUSPENDED,
        (ServiceStatus.SUSPENDED, ServiceAct.RESTORE): ServiceStatus.ACTIVE,
        (ServiceStatus.ACTIVE, ServiceAct.DISCONNECT): ServiceStatus.ENDED,
        (ServiceStatus.SUSPENDED, ServiceAct.DISCONNECT): ServiceStatus.ENDED,
    }
)
