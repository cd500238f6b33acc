"""Which protection a customer has, and which complaints are urgent."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from terms.clause import Terms, shape
from terms.facts import met, needed
from terms.money import in_dollars
from terms.profile import Profile
from terms.result import Result, combine


class CustomerKind(StrEnum):
    """For what purpose a customer buys."""

    PERSONAL = "personal"
    BUSINESS = "business"
    NON_PROFIT = "non_profit"

    @classmethod
    def _missing_(cls, value: object) -> "CustomerKind | None":
        """Read the other spellings in use."""
        return cls.NON_PROFIT if value in ("nonprofit", "not_for_profit") else None


class UrgentGround(StrEnum):
    """Why a complaint may be urgent."""

    HARDSHIP_RELATED = "hardship_related"
    DISCONNECTION_WITHOUT_PROCESS = "disconnection_without_process"
    PRIORITY_ASSISTANCE = "priority_assistance"
    DFV_SAFETY_THREAT = "dfv_safety_threat"


@shape("tcp_customer")
class TcpCustomer(Terms):
    """Up to which yearly spend in dollars a business or non-profit is protected, cap included."""

    annual_spend_max: Decimal


@dataclass(frozen=True, kw_only=True)
class TcpCustomerAnswer(Result):
    """Whether the Telecommunications Consumer Protections Code protects the customer."""

    tcp: bool = combine("any")


def tcp_customer(
    profile: Profile,
    *,
    kind: CustomerKind,
    resale: bool,
    could_negotiate: bool,
    annual_spend: Decimal | None = None,
) -> TcpCustomerAnswer:
    """Return whether the customer is protected, tested when the contract is made (BS-PARTY-02)."""
    return protected(profile.of(TcpCustomer), kind, resale, could_negotiate, annual_spend)


def protected(
    terms: TcpCustomer,
    kind: CustomerKind,
    resale: bool,
    could_negotiate: bool,
    spend: Decimal | None,
) -> TcpCustomerAnswer:
    """Test one document's definition (BS-PARTY-02, RF-TCP-01)."""
    cap = terms.annual_spend_max
    if resale:
        tcp, step = False, "buys to resell"
    elif kind == CustomerKind.PERSONAL:
        tcp, step = True, "buys for personal or home use"
    elif could_negotiate:
        tcp, step = False, "had a real chance to negotiate"
    else:
        spend = needed("annual_spend", spend)
        tcp = spend <= cap
        word = "is not" if tcp else "is"
        step = f"yearly spend {in_dollars(spend)} {word} above {in_dollars(cap)}"
    return TcpCustomerAnswer(tcp=tcp, because=(terms.because(step),))


@shape("acl_consumer")
class AclConsumer(Terms):
    """Which share of private use makes a natural person a consumer."""

    personal_use: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AclConsumerAnswer(Result):
    """Whether the customer is a consumer in the words of these terms."""

    acl_consumer: bool = combine("any")


def acl_consumer(
    profile: Profile,
    *,
    individual: bool,
    personal_use: Literal["wholly", "predominantly", "minor"],
) -> AclConsumerAnswer:
    """Return whether the customer is an ACL Consumer (BS-PARTY-03)."""
    terms = profile.of(AclConsumer)
    met = individual and personal_use in terms.personal_use
    step = f"a natural person, private use: {personal_use}" if individual else "no natural person"
    return AclConsumerAnswer(acl_consumer=met, because=(terms.because(step),))


@shape("urgent_complaint")
class UrgentComplaint(Terms):
    """Grounds of which one makes a complaint urgent."""

    grounds: tuple[UrgentGround, ...]


@dataclass(frozen=True, kw_only=True)
class UrgentComplaintAnswer(Result):
    """Whether a complaint is urgent."""

    urgent: bool = combine("any")


def urgent_complaint(
    profile: Profile,
    *,
    hardship_related: bool,
    disconnection_without_process: bool,
    priority_assistance: bool,
) -> UrgentComplaintAnswer:
    """Return whether a complaint is urgent; one ground is enough (VP-CMP-16)."""
    terms = profile.of(UrgentComplaint)
    said = (
        (UrgentGround.HARDSHIP_RELATED, hardship_related),
        (UrgentGround.DISCONNECTION_WITHOUT_PROCESS, disconnection_without_process),
        (UrgentGround.PRIORITY_ASSISTANCE, priority_assistance),
    )
    return urgent_for(terms, set(met(*(each for each in said if each[0] in terms.grounds))))


def urgent_for(terms: UrgentComplaint, given: set[UrgentGround]) -> UrgentComplaintAnswer:
    """Test one document's grounds against those that are met (VP-CMP-16, RF-CMP-06)."""
    counting = [ground for ground in terms.grounds if ground in given]
    steps = [ground.replace("_", " ") for ground in counting] or ["none of the grounds is met"]
    return UrgentComplaintAnswer(urgent=bool(counting), because=(terms.because(*steps),))
