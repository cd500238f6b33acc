"""The clocks of a complaint, and the steps that its handling may take."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from terms.calendar import Channel, State, in_words, months_on
from terms.clause import Reason, Terms, shape
from terms.facts import met, missing, needed, opposite
from terms.profile import Profile
from terms.result import Result, combine


@shape("complaint_deadlines")
class ComplaintDeadlines(Terms):
    """Working days from receipt to a proposal."""

    propose_working_days: int


@shape("complaint_deadlines.acknowledge")
class Acknowledge(Terms):
    """Working days from receipt to the acknowledgement."""

    working_days: int


@shape("complaint_deadlines.at_once")
class AcknowledgeAtOnce(Terms):
    """Channels on which a complaint is acknowledged there and then."""

    channels: tuple[Channel, ...]


@shape("complaint_deadlines.delay_notice")
class DelayNotice(Terms):
    """Before which working day the customer hears of a delay."""

    before_working_day: int


@shape("complaint_deadlines.urgent")
class UrgentDeadline(Terms):
    """Working days from receipt to agreeing on an urgent complaint and putting it right."""

    working_days: int


@dataclass(frozen=True, kw_only=True)
class ComplaintClocks(Result):
    """The last days for acknowledging, proposing, and telling of a delay."""

    acknowledge_by: date | None = combine("earliest")
    propose_by: date | None = combine("earliest")
    delay_notice_by: date | None = combine("earliest")


def complaint_deadlines(
    profile: Profile,
    *,
    received_at: datetime,
    channel: Channel,
    urgent: bool,
    state: State | None = None,
) -> ComplaintClocks:
    """Return the clocks of a complaint; the day of receipt is day 0 (VP-CMP-05 to -10, -17)."""
    calendar = profile.calendar(state)
    received_on = calendar.day_of(received_at)
    propose = profile.of(ComplaintDeadlines)
    acknowledge_by, acknowledging = _acknowledge(profile, received_on, channel, state)
    if urgent:
        hurry = profile.of(UrgentDeadline)
        counted = calendar.count(received_on, hurry.working_days)
        return ComplaintClocks(
            acknowledge_by=acknowledge_by,
            propose_by=counted.day,
            because=(acknowledging, hurry.because(*counted.steps)),
        )
    counted = calendar.count(received_on, propose.propose_working_days)
    because = (acknowledging, propose.because(*counted.steps))
    delay = profile.find(DelayNotice)
    if delay is None:
        return ComplaintClocks(
            acknowledge_by=acknowledge_by, propose_by=counted.day, because=because
        )
    notice = calendar.count(received_on, delay.before_working_day - 1)
    return ComplaintClocks(
        acknowledge_by=acknowledge_by,
        propose_by=counted.day,
        delay_notice_by=notice.day,
        because=(*because, delay.because(*notice.steps)),
    )


def _acknowledge(
    profile: Profile, received_on: date, channel: Channel, state: State | None
) -> tuple[date, Reason]:
    at_once = profile.find(AcknowledgeAtOnce)
    if at_once and channel in at_once.channels:
        return received_on, at_once.because(f"by {channel.replace('_', ' ')}: at once")
    terms = profile.of(Acknowledge)
    counted = profile.calendar(state).count(received_on, terms.working_days)
    return counted.day, terms.because(*counted.steps)


@shape("resolution_implementation")
class ResolutionImplementation(Terms):
    """Working days from the offer to carrying it out; from acceptance where that came later.

    `from_acceptance`: always from acceptance.
    """

    working_days: int
    from_acceptance: bool = False


@shape("resolution_implementation.customer_task")
class CustomerTask(Terms):
    """The days start again once the customer has done their own part."""


@dataclass(frozen=True, kw_only=True)
class Implementation(Result):
    """The last day for carrying out what was accepted."""

    implement_by: date | None = combine("earliest")


def resolution_implementation(
    profile: Profile,
    *,
    offered_on: date,
    accepted_on: date,
    urgent: bool,
    customer_task_done_on: date | None = None,
    received_on: date | None = None,
    agreed_date: date | None = None,
    state: State | None = None,
) -> Implementation:
    """Return by when an accepted proposal is carried out (VP-CMP-12 to -17, RF-CMP-04; A7, A8).

    An urgent complaint's days run from `received_on`. A date that both sides agreed on stands.
    """
    calendar = profile.calendar(state)
    terms = profile.of(ResolutionImplementation)
    if agreed_date:
        step = f"both agreed on {in_words(agreed_date)}"
        return Implementation(implement_by=agreed_date, because=(terms.because(step),))
    hurry = profile.of(UrgentDeadline) if urgent else None
    days = hurry.working_days if hurry else terms.working_days
    own = (hurry or terms).because
    task = profile.find(CustomerTask)
    if customer_task_done_on and task:
        counted = calendar.count(customer_task_done_on, days)
        because = (task.because(*counted.steps), own("the customer's own part is done"))
        return Implementation(implement_by=counted.day, because=because)
    if urgent:
        start = needed("received_on", received_on)
    else:
        start = accepted_on if terms.from_acceptance else offered_on
    counted = calendar.count(start, days)
    if not urgent and accepted_on > counted.day:
        counted = calendar.count(accepted_on, days)
    return Implementation(implement_by=counted.day, because=(own(*counted.steps),))


@shape("resolution_confirmation")
class ResolutionConfirmation(Terms):
    """Working days from the customer's request to the written confirmation."""

    working_days: int


@dataclass(frozen=True, kw_only=True)
class Confirmation(Result):
    """The last day for confirming in writing."""

    confirm_by: date = combine("earliest")


def resolution_confirmation(
    profile: Profile, *, requested_on: date, state: State | None = None
) -> Confirmation:
    """Return by when the resolution is confirmed in writing (VP-CMP-20)."""
    terms = profile.of(ResolutionConfirmation)
    counted = profile.calendar(state).count(requested_on, terms.working_days)
    return Confirmation(confirm_by=counted.day, because=(terms.because(*counted.steps),))


@shape("delay_duty")
class DelayDuty(Terms):
    """From how many further working days on, or above how many, the ombudsman is named.

    May be named urgent. `mass_disruption_exempt`: not where a mass disruption is behind the delay.
    """

    tio_at_extra_working_days: int
    more_than: bool = False
    mass_disruption_exempt: bool = False


@dataclass(frozen=True, kw_only=True)
class DelayDuties(Result):
    """What a delay obliges the provider to: explain, and name the ombudsman."""

    must_explain: bool = combine("any")
    must_tell_tio: bool = combine("any")


def delay_duty(
    profile: Profile,
    *,
    received_on: date,
    new_target_on: date,
    mass_disruption: bool,
    urgent: bool,
    state: State | None = None,
) -> DelayDuties:
    """Return what a new target date obliges the provider to (VP-CMP-10, -11, -18; A6, A8).

    The delay is counted from the last day for proposing.
    """
    calendar = profile.calendar(state)
    terms = profile.of(DelayDuty, name="urgent" if urgent else None)
    days = (
        profile.of(UrgentDeadline).working_days
        if urgent
        else profile.of(ComplaintDeadlines).propose_working_days
    )
    limit = calendar.count(received_on, days)
    extra = calendar.working_days_between(limit.day, new_target_on)
    threshold = terms.tio_at_extra_working_days + terms.more_than
    exempt = mass_disruption and terms.mass_disruption_exempt
    late = new_target_on > limit.day
    return DelayDuties(
        must_explain=late,
        must_tell_tio=late and not exempt and extra >= threshold,
        because=(terms.because(*limit.steps, f"{max(extra, 0)} working days more"),),
    )


@shape("complaint_cost")
class ComplaintCost(Terms):
    """What may be charged for: handling, and information that is old, bulky or unusual.

    Information costs where it was collected more than `older_than_months` ago, is listed as
    chargeable in the contract (`listed`), runs over `more_than_pages` A4 pages or is not in the
    standard form (`other_form`). `told_first`: never unless announced.
    """

    handling: bool = False
    older_than_months: int | None = None
    listed: bool = False
    more_than_pages: int | None = None
    other_form: bool = False
    told_first: bool = False


@dataclass(frozen=True, kw_only=True)
class ComplaintCostAnswer(Result):
    """Whether the customer may be charged for a complaint."""

    may_charge: bool = combine("all")


def complaint_cost(
    profile: Profile,
    *,
    tcp: bool = False,
    kind: Literal["handling", "information"] = "information",
    information_collected_on: date | None = None,
    asked_on: date | None = None,
    chargeable_under_contract: bool = False,
    told_first: bool = False,
    a4_pages: int | None = None,
    standard_form: bool = True,
) -> ComplaintCostAnswer:
    """Return whether a complaint may cost something (VP-CMP-02, BS-COMP-03, BS-COMP-05)."""
    terms = profile.of(ComplaintCost, tcp=tcp)
    if kind == "handling":
        step = "handling may be charged" if terms.handling else "handling is free"
        return ComplaintCostAnswer(may_charge=terms.handling, because=(terms.because(step),))
    grounds = [
        words
        for words, met in (
            ("handling may be charged", terms.handling),
            ("old information", _is_old(terms, information_collected_on, asked_on)),
            ("listed as chargeable", terms.listed and chargeable_under_contract),
            ("bulky", bool(terms.more_than_pages and (a4_pages or 0) > terms.more_than_pages)),
            ("not in the standard form", terms.other_form and not standard_form),
        )
        if met
    ]
    steps = grounds or ["nothing that may be charged for"]
    if terms.told_first and not told_first:
        steps.append("not announced first")
    may_charge = bool(grounds) and (told_first or not terms.told_first)
    return ComplaintCostAnswer(may_charge=may_charge, because=(terms.because(*steps),))


def _is_old(terms: ComplaintCost, collected_on: date | None, asked_on: date | None) -> bool:
    if terms.older_than_months is None or collected_on is None or asked_on is None:
        return False
    # The months lie before the day asked, and are counted back from it.
    return collected_on < months_on(asked_on, -terms.older_than_months)


@shape("complaint_close")
class ComplaintClose(Terms):
    """A complaint closes with consent, or after an attempt at contact that stays unanswered."""

    unanswered_attempt: bool


@dataclass(frozen=True, kw_only=True)
class ComplaintCloseAnswer(Result):
    """Whether a complaint may be closed."""

    may_close: bool = combine("all")


def complaint_close(
    profile: Profile, *, consent: bool, tried_to_contact: bool, customer_replied: bool
) -> ComplaintCloseAnswer:
    """Return whether a complaint may be closed (VP-CMP-19)."""
    terms = profile.of(ComplaintClose)
    if consent:
        may_close, step = True, "the customer consents"
    elif not missing(("attempt", tried_to_contact), ("silence", opposite(customer_replied))):
        may_close, step = terms.unanswered_attempt, "an attempt at contact stays unanswered"
    else:
        may_close, step = False, "no consent, and no attempt that stays unanswered"
    return ComplaintCloseAnswer(may_close=may_close, because=(terms.because(step),))


@shape("complaint_escalation")
class ComplaintEscalation(Terms):
    """What the customer may be unhappy with so that the complaint is escalated inside."""

    unhappy_with: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Escalation(Result):
    """Whether a complaint goes to a team manager."""

    escalate: bool = combine("any")


def complaint_escalation(
    profile: Profile,
    *,
    unhappy_with: Literal["none", "timeframe", "progress", "outcome"],
    says_urgent: bool,
    asked_for_manager: bool,
) -> Escalation:
    """Return whether a complaint is escalated (VP-CMP-21, VP-CMP-22)."""
    terms = profile.of(ComplaintEscalation)
    unhappy = unhappy_with in terms.unhappy_with
    steps = met(
        (f"unhappy with {unhappy_with}", unhappy),
        ("says that it is urgent", says_urgent),
        ("asked for a manager", asked_for_manager),
    )
    return Escalation(
        escalate=bool(steps), because=(terms.because(*(steps or ["no ground to escalate"])),)
    )


@shape("vexatious_refusal")
class VexatiousRefusal(Terms):
    """A complaint may be refused only after consideration, escalation, reasons and options."""


@dataclass(frozen=True, kw_only=True)
class Refusal(Result):
    """Whether dealing with a complaint may be refused."""

    may_refuse: bool = combine("all")


def vexatious_refusal(
    profile: Profile,
    *,
    considered: bool,
    escalated: bool,
    written_reasons_sent: bool,
    external_options_told: bool,
    same_or_similar_issue: bool,
    through_external_scheme: bool,
) -> Refusal:
    """Return whether a frivolous or abusive complaint may be refused (VP-CMP-23)."""
    terms = profile.of(VexatiousRefusal)
    owed = missing(
        ("careful thought", considered),
        ("escalation", escalated),
        ("written reasons", written_reasons_sent),
        ("the external options", external_options_told),
        ("the same or a similar issue", same_or_similar_issue),
        ("no external scheme", opposite(through_external_scheme)),
    )
    step = f"missing: {', '.join(owed)}" if owed else "every step was taken"
    return Refusal(may_refuse=not owed, because=(terms.because(step),))


@shape("privacy_complaint")
class PrivacyComplaint(Terms):
    """Days without an answer after which the privacy regulator is open."""

    days: int


@dataclass(frozen=True, kw_only=True)
class PrivacyComplaintAnswer(Result):
    """From which day the privacy regulator (OAIC) may be asked; None while it may not."""

    oaic_from: date | None = combine("earliest")


def privacy_complaint(
    profile: Profile,
    *,
    received_on: date,
    outcome_on: date | None = None,
    satisfied: bool | None = None,
) -> PrivacyComplaintAnswer:
    """Return from when the OAIC is open: unhappy with the outcome, or no answer (VP-PRV-15).

    A customer who has not said so is not content.
    """
    terms = profile.of(PrivacyComplaint)
    unanswered = received_on + timedelta(days=terms.days + 1)
    if outcome_on is None:
        opens: date | None = unanswered
        step = f"no answer in {terms.days} days: from {in_words(unanswered)}"
    elif not satisfied:
        opens = min(outcome_on, unanswered)
        said = "unhappy" if satisfied is False else "not known to be content"
        step = f"{said} with the outcome: from {in_words(opens)}"
    else:
        opens, step = None, "the customer is content with the outcome"
    return PrivacyComplaintAnswer(oaic_from=opens, because=(terms.because(step),))
