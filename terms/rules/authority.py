"""Who may act for a customer, and which staff may see what."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from terms.clause import Reason, Terms, shape
from terms.facts import Action, Role
from terms.money import ZERO, in_dollars
from terms.profile import Profile
from terms.result import Result, combine
from terms.vocabulary import Listed


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody and the facts of their appointment.

    `limits` are the actions that the customer withholds; `only_with_customer` withholds all that
    an advocate may do alone. `from_` and `until` are both inside. `form_received` False says that
    the signed form has not come in yet. What is not known is None.
    """

    role: Role
    limits: tuple[Action | Literal["only_with_customer"], ...] = ()
    from_: date | None = None
    until: date | None = None
    form_received_on: date | None = None
    form_received: bool | None = None
    in_writing: bool = False
    signed: bool = False
    verified: bool = False
    substitute_agreed: bool = False
    max_expense: Decimal | None = None
    employee: bool | None = None
    warrants_authority: bool = False
    provider_knows_otherwise: bool = False
    removal_notice_on: date | None = None


@shape("may")
class Anything(Terms):
    """Named for the role: it may do all that the customer can."""


@shape("may.formalities")
class Formalities(Terms):
    """An appointment needs writing, signature and verification, or an agreed substitute."""


@shape("may.dates")
class Dates(Terms):
    """An appointment works from its first to its last day; `both` must be stated."""

    both: bool


@shape("may.form")
class Form(Terms):
    """An appointment does not work before the signed form has come in."""


@shape("may.limits")
class Limits(Terms):
    """Limits stated in the appointment bind: actions withheld, dates, expense."""


@shape("may.removal")
class Removal(Terms):
    """Authority ends on the day of the customer's notice that it has ended."""


@shape("may.advocate")
class Advocate(Terms):
    """Named for the action, or for all others: whether an advocate may do it alone, and masked."""

    alone: bool
    masked: bool = False


@shape("may.only_with_customer")
class OnlyWithCustomer(Terms):
    """The customer can rule out in writing all that an advocate may do alone."""


@shape("may.consents")
class Consents(Terms):
    """Consents that an employee may give who says they have authority, if nobody knows better."""

    actions: tuple[Action, ...]


@shape("may.nobody_else")
class NobodyElse(Terms):
    """Roles that these terms do not know have no authority by themselves."""


@dataclass(frozen=True, kw_only=True)
class Permission(Result):
    """Whether somebody may; `masked` hides names and contact details."""

    allowed: bool = combine("floor")
    masked: bool = combine("floor", default=False)


@dataclass(frozen=True)
class _Expense:
    """What is asked for, and what was agreed before it."""

    amount: Decimal | None
    committed: Decimal

    def beyond(self, limit: Decimal) -> bool:
        return self.amount is not None and self.amount + self.committed > limit

    def against(self, limit: Decimal) -> str:
        now = self.amount or ZERO
        if not self.committed:
            return f"{in_dollars(now)} is more than {in_dollars(limit)}"
        return (
            f"{in_dollars(self.committed)} agreed before and {in_dollars(now)} now are "
            f"{in_dollars(self.committed + now)}; the limit is {in_dollars(limit)} a month"
        )


def may(
    profile: Profile,
    *,
    actor: Actor,
    action: Action,
    customer_present: bool,
    on: date,
    amount: Decimal | None = None,
    committed: Decimal = ZERO,
    tcp: bool = True,
) -> Permission:
    """Return whether `actor` may do `action` on a day (VP-PAR, BS-PARTY, GL-PARTY, CV-PTY).

    `customer_present` means there and agreeing; `amount` is the expense in dollars, GST included,
    and `committed` what counts against the same limit already.
    Raise TermsSilent for a role or an action of which the document does not speak.
    """
    if actor.role == Role.ADVOCATE and profile.find(Advocate, tcp=tcp, name=action):
        return _advocate(profile, actor, action, customer_present, tcp)
    standing = profile.find(Anything, tcp=tcp, name=actor.role)
    if standing is None:
        return _without_standing(profile, actor, action)
    refusal = _why_not(profile, actor, action, on, _Expense(amount, committed), tcp)
    if refusal:
        return Permission(allowed=False, because=(refusal, standing.because()))
    granted = [standing.because(f"{_words(actor.role)} may do all that the customer can")]
    limits = profile.find(Limits, tcp=tcp)
    if actor.limits and limits:
        granted.append(limits.because(f"{_words(action)} is not withheld"))
    return Permission(allowed=True, because=tuple(granted))


def _words(word: str) -> str:
    return word.replace("_", " ")


def _why_not(
    profile: Profile, actor: Actor, action: Action, on: date, expense: _Expense, tcp: bool
) -> Reason | None:
    """Return the reason why an appointment does not work for this action, or None."""
    if actor.role == Role.CUSTOMER_CONTACT:
        return _removed(profile, actor, on)
    if actor.role != Role.AUTHORISED_REP:
        return None
    return (
        _informal(profile, actor, tcp)
        or _out_of_time(profile, actor, on, tcp)
        or _limited(profile, actor, action, expense, tcp)
    )


def _removed(profile: Profile, actor: Actor, on: date) -> Reason | None:
    removal = profile.find(Removal)
    if removal and actor.removal_notice_on and actor.removal_notice_on <= on:
        return removal.because(f"authority ended on {actor.removal_notice_on}")
    return None


def _informal(profile: Profile, actor: Actor, tcp: bool) -> Reason | None:
    formalities = profile.find(Formalities, tcp=tcp)
    if formalities is None:
        return None
    missing = [
        word
        for word, met in (
            ("not in writing", actor.in_writing),
            ("not signed", actor.signed or actor.substitute_agreed),
            ("not verified", actor.verified or actor.substitute_agreed),
        )
        if not met
    ]
    return formalities.because("the appointment is " + ", ".join(missing)) if missing else None


def _out_of_time(profile: Profile, actor: Actor, on: date, tcp: bool) -> Reason | None:
    dates = profile.find(Dates, tcp=tcp)
    if dates is None:
        return None
    if dates.both and (actor.from_ is None or actor.until is None):
        return dates.because("the form states no first and last day")
    if actor.from_ and on < actor.from_:
        return dates.because(f"authority starts on {actor.from_}")
    if actor.until and on > actor.until:
        return dates.because(f"authority ended on {actor.until}")
    form = profile.find(Form, tcp=tcp)
    if form and actor.form_received is False:
        return form.because("the signed form has not come in")
    if form and actor.form_received_on and on < actor.form_received_on:
        return form.because(f"the signed form came in on {actor.form_received_on}")
    return None


def _limited(
    profile: Profile, actor: Actor, action: Action, expense: _Expense, tcp: bool
) -> Reason | None:
    limits = profile.find(Limits, tcp=tcp)
    if limits is None:
        return None
    if action in actor.limits:
        return limits.because(f"{_words(action)} is withheld in the appointment")
    if actor.max_expense is not None and expense.beyond(actor.max_expense):
        return limits.because(expense.against(actor.max_expense))
    return None


def _advocate(
    profile: Profile, actor: Actor, action: Action, customer_present: bool, tcp: bool
) -> Permission:
    general = profile.find(Advocate, tcp=tcp)
    terms = profile.of(Advocate, tcp=tcp, name=action)
    also = (general.because(),) if general and terms is not general else ()
    if customer_present:
        step = "the customer is there and agrees"
        return Permission(allowed=True, because=(terms.because(step), *also))
    switch = profile.find(OnlyWithCustomer, tcp=tcp)
    if switch and ("only_with_customer" in actor.limits or action in actor.limits):
        step = "the customer wants to be there"
        return Permission(allowed=False, because=(switch.because(step), terms.because()))
    step = f"alone, an advocate may {'' if terms.alone else 'not '}{_words(action)}"
    return Permission(
        allowed=terms.alone,
        masked=terms.alone and terms.masked,
        because=(terms.because(step), *also),
    )


def _without_standing(profile: Profile, actor: Actor, action: Action) -> Permission:
    """Answer for a role without general authority: by consents, as nobody, or not at all."""
    nobody = profile.find(NobodyElse)
    if nobody:
        step = f"{_words(actor.role)} is no role under these terms"
        return Permission(allowed=False, because=(nobody.because(step),))
    consents = profile.find(Consents)
    if consents is None or action not in consents.actions or actor.employee is None:
        raise profile.silent("may", beyond=True)
    met = actor.employee and actor.warrants_authority and not actor.provider_knows_otherwise
    if not actor.employee:
        step = "not an employee of the customer"
    elif not actor.warrants_authority:
        step = "an employee who has not said that they have authority"
    elif actor.provider_knows_otherwise:
        step = "the provider knows that this employee has no authority"
    else:
        step = "an employee who says that they have authority"
    return Permission(allowed=met, because=(consents.because(step),))


@shape("staff_access")
class StaffAccess(Terms):
    """Staff access is granted only on a senior manager's request."""


@shape("staff_access.denied")
class Denied(Terms):
    """A job that never sees some data."""

    job: str
    data: str


@shape("staff_access.remote")
class Remote(Terms):
    """Only selected senior staff have access from outside."""


@dataclass(frozen=True, kw_only=True)
class StaffAccessAnswer(Result):
    """Whether a member of staff may have access."""

    allowed: bool = combine("all")


def staff_access(
    profile: Profile,
    *,
    job: Listed,
    data: Listed,
    senior_request: bool,
    remote: bool,
    selected_senior: bool,
) -> StaffAccessAnswer:
    """Return whether staff in `job` may see `data` (VP-PRV-08, VP-PRV-09, VP-PRV-10)."""
    general = profile.of(StaffAccess)
    denied, outside = profile.find(Denied), profile.find(Remote)
    if denied and (job, data) == (denied.job, denied.data):
        reason = denied.because(f"{_words(job)} never sees {_words(data)}")
    elif not senior_request:
        reason = general.because("no senior manager asked for it")
    elif outside and remote and not selected_senior:
        reason = outside.because("remote access is for selected senior staff")
    else:
        return StaffAccessAnswer(
            allowed=True, because=(general.because("a senior manager asked for it"),)
        )
    return StaffAccessAnswer(allowed=False, because=(reason,))


@shape("access_logged")
class AccessLogged(Terms):
    """What is logged, so that the person who did it can be named."""

    acts: tuple[str, ...]
    identifies_actor: bool


@dataclass(frozen=True, kw_only=True)
class Logged(Result):
    """Whether an access is logged, and with its author."""

    logged: bool = combine("any")
    identifies_actor: bool = combine("any")


def access_logged(
    profile: Profile,
    *,
    did: Literal["view", "modify"],
    record: Literal["customer", "account"],
) -> Logged:
    """Return whether an access to a record is logged (VP-PRV-11)."""
    terms = profile.of(AccessLogged)
    logged = did in terms.acts
    return Logged(
        logged=logged,
        identifies_actor=logged and terms.identifies_actor,
        because=(terms.because(f"to {did} the record of a {record} leaves a trace"),),
    )


@shape("anonymous_contact")
class AnonymousContact(Terms):
    """Purposes for which nobody needs to say who they are, unless an account is concerned."""

    purposes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AnonymousContactAnswer(Result):
    """Whether somebody may make contact without saying who they are."""

    allowed: bool = combine("any")


def anonymous_contact(
    profile: Profile,
    *,
    purpose: Literal["general_inquiry", "complaint", "fault"],
    relates_to_account: bool,
) -> AnonymousContactAnswer:
    """Return whether a contact may be anonymous (VP-PAR-20)."""
    terms = profile.of(AnonymousContact)
    allowed = purpose in terms.purposes and not relates_to_account
    step = "an account is concerned" if relates_to_account else "no account is concerned"
    return AnonymousContactAnswer(allowed=allowed, because=(terms.because(step),))


@shape("transfer_of_account")
class TransferOfAccount(Terms):
    """Named for who hands the contract over: whether the other side must consent in writing."""

    needs_consent: bool


@dataclass(frozen=True, kw_only=True)
class TransferOfAccountAnswer(Result):
    """Whether a contract may be handed over."""

    allowed: bool = combine("all")


def transfer_of_account(
    profile: Profile, *, by: Literal["customer", "provider"], written_consent: bool
) -> TransferOfAccountAnswer:
    """Return whether one side may hand the contract over (CV-PTY-04, CV-PTY-06)."""
    terms = profile.of(TransferOfAccount, name=by)
    allowed = not terms.needs_consent or written_consent
    step = "written consent is needed" if terms.needs_consent else "no consent is needed"
    return TransferOfAccountAnswer(allowed=allowed, because=(terms.because(step),))
