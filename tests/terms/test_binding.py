"""What binds one customer: agreement, terms, law, house default; never worse for the customer."""

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms import library, rules
from terms.binding import Binding, Standing, agree
from terms.calendar import Channel, DeclaredDay, State
from terms.clause import Source, as_json
from terms.facts import Action, BadFacts, Role
from terms.profile import TermsSilent
from terms.result import combine
from terms.rules.authority import Actor
from terms.vocabulary import Method

PROVIDERS = library.providers()
providers = st.sampled_from(PROVIDERS)
states = st.sampled_from(State)
days = st.dates(date(2026, 1, 1), date(2029, 6, 30))
amounts = st.decimals(0, 5000, places=2, allow_nan=False)


def bind(provider, *, default=False, agreed=None, switched_on=frozenset(), **standing):
    standing = {"tcp": True, "as_at": date(2027, 2, 1), **standing}
    return Binding(
        library.newest(provider),
        library.newest(library.FLOOR),
        Standing(**standing),
        agreed=agreed or {},
        default=library.newest(library.DEFAULT) if default else None,
        switched_on=switched_on,
    )


def alone(rule, provider, facts):
    try:
        return rule(library.newest(provider), **facts)
    except TermsSilent:
        return None


def bound(rule, provider, facts, **standing):
    try:
        return bind(provider, **standing).decide(rule, **facts)
    except TermsSilent:
        return None


def sources(answer):
    return {reason.clause.source for reason in answer.because}


# ---- order


def test_agreed_figure_outranks_the_terms_and_is_cited():
    agreed = agree("invoice_due_date", {"days": 30}, id="Q-17", says="30 days, as quoted")

    answer = bind("greenlight", agreed=agreed).decide(
        rules.invoice_due_date, issue_date=date(2027, 2, 1), state=State.NSW
    )

    assert answer.due_date == date(2027, 3, 3)
    assert as_json(answer.because)[0]["source"] == "agreed"
    assert as_json(answer.because)[0]["clause"] is None


def test_agreed_figure_answers_where_the_terms_are_silent():
    agreed = agree(
        "invoice_due_date", {"days": 7, "rolls": False, "printed_first": False}, id="Q-1", says="7"
    )

    answer = bind("callpro", agreed=agreed).decide(
        rules.invoice_due_date, issue_date=date(2027, 2, 1), state=State.NSW
    )

    assert answer.due_date == date(2027, 2, 8)


def test_law_stands_on_top_of_what_was_agreed():
    agreed = agree("resolution_implementation", {"working_days": 20}, id="Q-2", says="20 days")

    answer = bind("vpnet", agreed=agreed).decide(
        rules.resolution_implementation,
        offered_on=date(2027, 2, 15),
        accepted_on=date(2027, 2, 17),
        urgent=False,
        state=State.NSW,
    )

    assert answer.implement_by == date(2027, 2, 24)
    assert sources(answer) == {Source.AGREED, Source.FLOOR}


@pytest.mark.parametrize(
    ("shape", "values"), [("nonsense", {}), ("invoice_due_date", {"dayz": 3}), ("roll", {"x": 1})]
)
def test_agreeing_on_what_no_rule_knows_is_refused(shape, values):
    with pytest.raises(BadFacts):
        agree(shape, values, id="Q-3", says="…")


def test_default_answers_only_where_all_are_silent_and_says_so():
    facts = {"issue_date": date(2027, 2, 1), "state": State.NSW}

    answer = bind("callpro", default=True).decide(rules.invoice_due_date, **facts)
    terms = bind("vpnet", default=True).decide(rules.invoice_due_date, **facts)

    assert sources(answer) == {Source.SILENT, Source.DEFAULT}
    assert all(reason["clause"] is None for reason in as_json(answer.because))
    assert sources(terms) == {Source.TERMS}


def test_default_does_not_mix_with_the_law():
    facts = {
        "due_date": date(2027, 2, 15),
        "notice_given_on": date(2027, 2, 16),
        "disputed": False,
        "hardship": False,
        "state": State.NSW,
    }

    protected = bind("callpro", default=True).decide(rules.suspension, **facts)
    other = bind("callpro", default=True, tcp=False).decide(rules.suspension, **facts)

    assert (protected.allowed, protected.earliest_on) == (None, date(2027, 2, 24))
    assert other.allowed is False
    assert sources(other) == {Source.SILENT, Source.DEFAULT}


def test_silence_of_all_is_raised_with_its_ledger_id():
    with pytest.raises(TermsSilent) as silence:
        bind("callpro", default=True).decide(
            rules.indexation, service="other", monthly_fee=Decimal("10"), cpi_percent=Decimal("2")
        )

    assert silence.value.because[0].clause.id == "CP-SIL-28"


NEEDED = {
    rules.invoice_due_date: {"issue_date": date(2027, 2, 1)},
    rules.prorata: {
        "monthly_fee": Decimal("30"),
        "activated_on": date(2027, 4, 11),
        "bill_day": 1,
    },
    rules.late_fee: {
        "balance": Decimal("88"),
        "due_date": date(2027, 2, 16),
        "paid_on": date(2027, 3, 16),
    },
    rules.term_end: {"start_on": date(2027, 2, 1), "minimum_months": 24},
    rules.termination: {
        "notice_given_on": date(2027, 2, 1),
        "by": rules.leaving.By.CUSTOMER,
        "contract_start": date(2026, 2, 1),
    },
    rules.complaint_deadlines: {
        "received_at": datetime.combine(date(2027, 2, 8), time(10), State.NSW.zone),
        "channel": Channel.EMAIL,
        "urgent": False,
    },
    rules.plan_change: {"requested_on": date(2027, 2, 1), "overdue": False},
    rules.dispute_window: {"invoice_date": date(2027, 2, 1)},
    rules.hardship_decision: {"information_complete_on": date(2027, 2, 8)},
    rules.credit_management: {
        "complaint_open": True,
        "amount_disputed": Decimal("10"),
        "amount_overdue": Decimal("30"),
    },
    rules.suspension: {"due_date": date(2027, 2, 1), "disputed": False, "hardship": False},
    rules.may: {
        "actor": Actor(role=Role.HOLDER),
        "action": Action.VIEW_BILLS,
        "customer_present": False,
        "on": date(2027, 2, 1),
    },
    rules.payment_method: {"method": Method.BPAY},
    rules.card_surcharge: {"amount": Decimal("250"), "card": "amex"},
    rules.equipment_return: {"ended_on": date(2027, 2, 1)},
}


@pytest.mark.parametrize("rule", NEEDED, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("tcp", [True, False])
def test_customer_of_silent_terms_gets_every_answer_the_portal_needs(rule, tcp):
    answer = bind("callpro", default=True, tcp=tcp).decide(rule, **NEEDED[rule])

    assert answer.because
    assert Source.TERMS not in sources(answer)


# ---- the law


def test_unverified_row_counts_only_once_switched_on():
    facts = {"amount": Decimal("250.00"), "card": "amex"}
    standing = {"actual_cost": Decimal("1.10")}
    first = library.load(library.FLOOR, "2026-11-21")

    off = replace(bind("greenlight", **standing), floor=first)
    on = replace(off, switched_on=frozenset({"RF-PAY-02"}))

    assert off.decide(rules.card_surcharge, **facts).max_surcharge == Decimal("7.50")
    assert on.decide(rules.card_surcharge, **facts).max_surcharge == Decimal("1.10")


def test_unverified_figure_of_a_sure_row_counts_only_once_switched_on():
    ten = tuple(date(2027, 3, day) for day in (1, 2, 3, 8, 9, 10, 15, 16, 17, 22))
    facts = {"contacts": ten, "asked_on": date(2027, 3, 23)}

    off = bind("callpro").decide(rules.contact_frequency, **facts)
    on = bind("callpro", switched_on=frozenset({"RF-DEBT-02"})).decide(
        rules.contact_frequency, **facts
    )

    assert (off.next_on, on.next_on) == (date(2027, 3, 23), date(2027, 4, 1))


def test_cap_alone_gives_no_fee_where_the_terms_have_none():
    facts = {
        "balance": Decimal("88"),
        "due_date": date(2027, 2, 16),
        "paid_on": date(2027, 3, 16),
    }
    told = {"actual_cost": Decimal("9.30"), "charge_advised": True}

    answer = bind("callpro", default=True, **told).decide(rules.late_fee, **facts)

    assert answer.fee == 0
    assert Source.DEFAULT in sources(answer)


def test_declared_day_moves_terms_and_law():
    facts = {"requested_on": date(2027, 2, 15), "state": State.NSW}
    day = DeclaredDay(date(2027, 2, 16), State.NSW, "Day of Mourning")
    binding = bind("callpro")

    later = Binding(
        binding.profile.with_declared([day]),
        binding.floor.with_declared([day]),
        Standing(tcp=True, as_at=date(2027, 2, 1), state=State.NSW),
    )

    assert binding.decide(rules.resolution_confirmation, **facts).confirm_by == date(2027, 2, 22)
    assert later.decide(rules.resolution_confirmation, **facts).confirm_by == date(2027, 2, 23)
    assert later.calendar(State.NSW).why_off(date(2027, 2, 16)) == "Day of Mourning"


def test_unknown_word_of_combination_is_refused():
    with pytest.raises(ValueError, match="none of earliest"):
        combine("kindest")


# ---- the law never makes an answer worse


@given(providers, states, days, st.sampled_from(Channel), st.booleans())
def test_complaint_clocks_never_get_longer(provider, state, day, channel, urgent):
    received_at = datetime.combine(day, time(23, 30), state.zone)
    facts = {"received_at": received_at, "channel": channel, "urgent": urgent, "state": state}

    law = bound(rules.complaint_deadlines, provider, facts, as_at=day)
    terms = alone(rules.complaint_deadlines, provider, facts)

    assert law is not None
    if terms is not None:
        assert law.acknowledge_by <= terms.acknowledge_by
        assert law.propose_by <= terms.propose_by


@given(providers, states, days, st.integers(0, 30), st.integers(0, 30))
def test_carrying_out_never_gets_later(provider, state, offered_on, wait, task):
    accepted_on = date.fromordinal(offered_on.toordinal() + wait)
    facts = {
        "offered_on": offered_on,
        "accepted_on": accepted_on,
        "urgent": False,
        "customer_task_done_on": date.fromordinal(accepted_on.toordinal() + task)
        if task
        else None,
        "state": state,
    }

    law = bound(rules.resolution_implementation, provider, facts, as_at=offered_on)
    terms = alone(rules.resolution_implementation, provider, facts)

    if terms is not None:
        assert law.implement_by <= terms.implement_by


@given(
    providers,
    states,
    days,
    st.integers(0, 20),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_suspension_never_gets_easier(provider, state, due, wait, disputed, hardship, protected):
    facts = {
        "due_date": due,
        "notice_given_on": date.fromordinal(due.toordinal() + wait),
        "disputed": disputed,
        "hardship": hardship,
        "tcp": protected,
        "state": state,
    }

    law = bound(rules.suspension, provider, facts, as_at=due, tcp=protected, hardship=hardship)
    terms = alone(rules.suspension, provider, facts)

    if terms is not None:
        assert law.allowed <= terms.allowed
        if law.allowed and terms.earliest_on:
            assert law.earliest_on >= terms.earliest_on


@given(providers, amounts, amounts, st.booleans(), amounts, st.booleans())
def test_chasing_and_charging_never_get_worse(provider, overdue, disputed, still, cost, advised):
    chased = {"complaint_open": still, "amount_disputed": disputed, "amount_overdue": overdue}
    late = {
        "balance": overdue,
        "due_date": date(2027, 2, 16),
        "paid_on": date(2027, 3, 16),
        "bill_date": date(2027, 2, 1),
        "elected": rules.late_payment.Elected.LATE_FEE,
        "late_fee_amount": Decimal("15.00"),
    }

    told = {"actual_cost": cost, "charge_advised": advised}
    law = bound(rules.late_fee, provider, late, **told)
    terms = alone(rules.late_fee, provider, late)
    credit = bound(rules.credit_management, provider, chased)
    own = alone(rules.credit_management, provider, chased)

    if terms is not None and terms.fee is not None:
        assert law.fee <= terms.fee
    if own is not None:
        assert credit.allowed_on <= own.allowed_on


@given(providers, st.sampled_from(Action), st.booleans(), st.booleans())
def test_advocate_alone_never_sees_or_changes_under_the_law(provider, action, present, barred):
    limits = ("only_with_customer",) if barred else ()
    facts = {
        "actor": Actor(role=Role.ADVOCATE, limits=limits),
        "action": action,
        "customer_present": present,
        "on": date(2027, 2, 1),
    }

    law = bound(rules.may, provider, facts)

    if action is Action.LODGE_COMPLAINT:
        assert law.allowed
    elif action.startswith(("view_", "change_")):
        assert law.allowed is present
