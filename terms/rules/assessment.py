"""What the provider may ask of a customer before it gives credit."""

from dataclasses import dataclass

from terms.clause import Terms, shape
from terms.profile import Profile
from terms.result import Result, combine


@shape("security_demand")
class SecurityDemand(Terms):
    """Security may be asked for at the start, or before a suspended service goes on.

    With `assessed_for_tcp` a protected customer's credit is assessed first; `spend_limit` says
    that a limit of spend may be asked for instead.
    """

    assessed_for_tcp: bool = False
    spend_limit: bool = False


@dataclass(frozen=True, kw_only=True)
class SecurityDemandAnswer(Result):
    """Whether security may be asked for, and whether a limit of spend may."""

    may_demand: bool | None = combine("all")
    may_limit_spend: bool | None = combine("all")


def security_demand(profile: Profile, *, tcp: bool, assessed: bool) -> SecurityDemandAnswer:
    """Return whether the provider may ask for security (BS-PAY-12, GL-PAY-04).

    `assessed` says that the customer's credit was assessed for this service.
    """
    terms = profile.of(SecurityDemand)
    may = not (terms.assessed_for_tcp and tcp) or assessed
    step = "may be asked for" if may else "not before the customer's credit is assessed"
    return SecurityDemandAnswer(
        may_demand=may, may_limit_spend=terms.spend_limit, because=(terms.because(step),)
    )


@shape("credit_report")
class CreditReport(Terms):
    """A credit report needs the customer's consent, and is never asked on somebody younger."""

    from_age: int


@dataclass(frozen=True, kw_only=True)
class CreditReportAnswer(Result):
    """Whether a credit report may be asked for."""

    may_request: bool | None = combine("all")


def credit_report(
    profile: Profile, *, consented: bool, age: int | None = None
) -> CreditReportAnswer:
    """Return whether a credit report may be asked for (VP-CON-11).

    `consented` online or recorded; `age` in years, None for a business.
    """
    terms = profile.of(CreditReport)
    young = age is not None and age < terms.from_age
    step = "the customer consented" if consented else "the customer has not consented"
    if young:
        step = f"never on somebody under {terms.from_age}"
    return CreditReportAnswer(may_request=consented and not young, because=(terms.because(step),))
