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


class SuspensionCause(models.TextChoices):
    """Why a service stands still; the terms say for each whether charges go on."""

    UNPAID = "unpaid", "Not paid"
    BREACH = "breach", "A breach by the customer"
    CUSTOMER = "customer", "Asked for by the customer"
    NETWORK = "network", "Work on the network"
    SAFETY = "safety", "Somebody's safety"
    MISTAKE = "mistake", "The provider's mistake"


# Whose cause it is, as the terms tell them apart.
CAUSED_BY_CUSTOMER = frozenset(
    {SuspensionCause.UNPAID, SuspensionCause.BREACH, SuspensionCause.CUSTOMER}
)


class Item(models.TextChoices):
    """What is added to a service, where the terms say from which event on it is charged."""

    EXTENSION = "extension_without_handset", "Extensions without a handset"
    HANDSET = "additional_handset", "Handsets"
    CROSS_CONNECT = "cross_connect", "Cross connects"


class ChargeableKind(models.TextChoices):
    ONE_OFF = "one_off", "One-off charge"
    SET_UP = "set_up", "Set-up"
    SUPPORT = "support", "Support and visits"
    RECONNECTION = "reconnection", "Reconnection"
    DOCUMENT = "document", "Copies and paper"
    DISHONOUR = "dishonour", "Dishonoured payment"
    LATE_FEE = "late_fee", "Late fee"
    INTEREST = "interest", "Interest"
    DISCOUNT = "discount", "Discount"
    EARLY_END = "early_end", "Leaving early"


class GstCode(models.TextChoices):
    TAXABLE = "taxable", "Taxable"
    FREE = "free", "GST-free"


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
