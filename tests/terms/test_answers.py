"""Three kinds of answer that are never mixed, grounds that are named, words that are known."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.catalogue.states import ServiceKind
from terms import library, rules
from terms.binding import Binding, Standing
from terms.clause import Source
from terms.facts import BadFacts, read_facts
from terms.profile import Answered, TermsSilent
from terms.profile_file import BadProfile, read_profile
from terms.rules import RULES
from terms.rules.leaving import By
from terms.vocabulary import Card, Ground, Method, Service, Use, Word
from terms.workbench.diff import diff
from terms.workbench.docs import unnamed
from terms.workbench.examples import examples
from terms.workbench.explain import answered, bind, by_binding, by_terms, standing

ON = date(2027, 3, 1)
PROVIDERS = library.providers()


def bound(provider: str, *, tcp: bool = False) -> Binding:
    return bind(library.newest(provider), Standing(tcp=tcp, as_at=ON))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("rule", sorted(RULES.keys() - {"rule_source"}))
def test_default_answers_only_where_no_clause_speaks(provider, rule):
    profile = library.newest(provider)
    kind, ids = answered(profile, rule)
    given = examples(provider)[rule].given
    customer = standing({"tcp": False}, given, ON)
    try:
        alone = by_terms(profile, rule, given)
        answer = by_binding(bind(profile, customer), rule, given)
    except BadFacts:
        pytest.skip("the example is another document's")
    by_default = any(each.clause.source is Source.DEFAULT for each in answer.because)

    assert kind is not Answered.SEE_CLAUSE or not by_default, ids
    if alone.speaks:
        assert not by_default
        assert all(each.clause.heading for each in alone.because)
    if kind is Answered.SILENT:
        assert alone.silent
        assert not alone.speaks


def test_clause_that_speaks_is_cited_and_no_default_stands_above_it():
    with pytest.raises(TermsSilent) as silence:
        bound("greenlight").decide(rules.reconnection_fee)

    assert silence.value.speaks
    assert {reason.clause.id for reason in silence.value.because} == {"GL-PAY-08"}
    assert silence.value.because[0].steps == ("not computed here: see this clause",)


def test_what_the_document_does_not_reach_is_silence():
    with pytest.raises(TermsSilent) as silence:
        rules.desk_open(library.newest("comvergence"), desk="sales", at=None)

    assert not silence.value.speaks


def test_row_cannot_speak_of_what_another_row_is_silent_on(tmp_path):
    folder = tmp_path / "testco"
    folder.mkdir()
    path = folder / "1.yaml"
    path.write_text(
        """\
document: testco
version: "1"
title: T
calendar: {default_state: NSW, days: {working: {}}}
clauses:
  - {id: T-1, clause: "1", says: A, shown_only: true, speaks_on: [late_fee]}
  - {id: T-2, clause: null, says: B, silent_on: [late_fee]}
""",
        encoding="utf-8",
    )

    with pytest.raises(BadProfile, match="another row is silent on late_fee"):
        read_profile(path)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_printed_clause_is_without_a_row(provider):
    profile = library.newest(provider)

    assert library.printed(profile)
    assert unnamed(profile, library.printed(profile)) == ()


def test_clause_without_a_row_is_told():
    assert unnamed(library.newest("blueshift"), ("97", "107")) == ("107",)


# ---- grounds


@pytest.mark.parametrize(
    ("provider", "cause"),
    [
        ("comvergence", "fraud"),
        ("greenlight", "vacated"),
        ("vpnet", "insolvency"),
        ("vpnet", "death"),
        ("blueshift", "fair_use"),
    ],
)
def test_cause_that_the_document_does_not_know_is_refused_with_those_it_knows(provider, cause):
    with pytest.raises(BadFacts, match="no cause under these terms; they know") as refused:
        rules.termination(
            library.newest(provider),
            notice_given_on=ON,
            by=By.PROVIDER,
            contract_start=date(2026, 1, 1),
            cause=Ground(cause),
        )

    assert refused.value.path == ("cause",)


@pytest.mark.parametrize("provider", ["blueshift", "greenlight", "comvergence"])
def test_ground_that_the_document_does_not_know_gives_no_suspension(provider):
    with pytest.raises(BadFacts, match="no ground under these terms"):
        rules.suspension(library.newest(provider), ground=Ground.COPYRIGHT)


def test_ground_that_has_nothing_to_do_with_debt_needs_no_notice_of_the_law():
    answer = bound("greenlight", tcp=True).decide(
        rules.suspension, ground=Ground.UNAUTHORISED_ACCESS, ground_since=ON
    )

    assert answer.allowed
    assert answer.earliest_on == ON


@pytest.mark.parametrize("ground", [Ground.ADVERSE_CREDIT_REPORT, Ground.NON_PAYMENT])
def test_ground_of_credit_needs_the_notice_of_the_law(ground):
    answer = bound("greenlight", tcp=True).decide(
        rules.suspension, ground=ground, due_date=date(2027, 2, 1), ground_since=ON
    )

    assert answer.allowed is False


# ---- one vocabulary


@pytest.mark.parametrize("kind", ServiceKind)
def test_every_kind_of_service_that_is_sold_is_a_known_word(kind):
    assert Service(kind.value)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Shared-Firewall", None),
        ("firewall", Service.MANAGED_FIREWALL),
        ("Managed Firewall", Service.MANAGED_FIREWALL),
        ("colo", Service.COLOCATION),
        ("COLOCATION", Service.COLOCATION),
        ("1300", Service.INBOUND),
    ],
)
def test_spellings_mean_one_service_and_others_are_refused(word, meant):
    if meant is None:
        with pytest.raises(ValueError, match="is not a valid Service"):
            Service(word)
    else:
        assert Service(word) is meant


@pytest.mark.parametrize("kind", [Service, Use, Method, Card, Ground])
def test_words_are_read_whatever_their_capitals(kind: type[Word]):
    for each in kind:
        assert kind(each.value.upper().replace("_", " ")) is each


@pytest.mark.parametrize(
    ("rule", "given", "at"),
    [
        ("permitted_use", {"service": "sip", "use": "juggling"}, "use"),
        ("payment_method", {"method": "seashells"}, "method"),
        ("payment_card", {"card": "library card"}, "card"),
        ("data_excess", {"service": "pigeon"}, "service"),
        ("rack_overuse", {"cabinet": "half", "allocated_ru": 1, "used_ru": 2}, "cabinet"),
        ("firewall_feature", {"firewall": "brick", "feature": "nat"}, "firewall"),
        ("equipment_charge", {"item": "modem", "condition": "wet"}, "condition"),
        ("terms_acceptance", {"act": "nod"}, "act"),
        ("csg_waiver", {"product": "pigeon", "agrees": False}, "product"),
    ],
)
def test_unknown_word_is_refused_and_names_the_fact(rule, given, at):
    with pytest.raises(BadFacts) as refused:
        read_facts(RULES[rule], given)

    assert refused.value.path == (at,)


# ---- readings


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_reading_of_a_version_is_kept_and_can_be_asked(provider):
    newest = library.newest(provider)

    numbers = library.readings(provider, newest.version)
    assert numbers == {"callpro": (1, 2), "vpnet": (1, 2, 3, 4)}.get(provider, (1, 2, 3))
    first = library.load(provider, f"{newest.version}#1")
    assert (first.version, first.reading) == (newest.version, 1)
    assert library.load(provider, f"{newest.version}#2").reading == 2
    with pytest.raises(LookupError):
        library.load(provider, f"{newest.version}#{numbers[-1] + 1}")


def test_decision_names_the_reading_that_it_was_taken_under():
    facts = {"unusable_from": date(2027, 2, 1)}
    first = library.load("blueshift", "undated-1#1")

    before = rules.intervening_event_exit(first, **facts)
    after = rules.intervening_event_exit(library.newest("blueshift"), **facts)

    assert before.may_terminate_from == date(2027, 2, 16)
    assert after.may_terminate_from == date(2027, 2, 15)
    assert [each.clause.reading for each in (*before.because, *after.because)] == [1, 3]


def test_readings_are_compared_like_versions():
    lines = list(
        diff(library.load("blueshift", "undated-1#1"), library.newest("blueshift")).lines()
    )

    assert lines[0] == "blueshift: undated-1, reading 1 → undated-1, reading 3"
    assert any("BS-AMB-25 is now read so" in line for line in lines)
    assert any("may terminate from" in line for line in lines)


def test_every_doubt_is_settled_by_a_row():
    for provider in PROVIDERS:
        profile = library.newest(provider)
        settled = {each for row in profile.rows for each in row.decides}

        assert {each.id for each in profile.readings} - settled == set(), provider


# ---- figures that are not known are not nothing


def test_unknown_price_is_not_nothing():
    answer = rules.relocation(
        library.newest("comvergence"),
        service=Service.NBN,
        activated_on=date(2026, 2, 1),
        minimum_months=36,
        move_on=ON,
        feasible=True,
    )

    assert answer.cost_min_ex is None


def test_listed_price_with_gst_is_what_a_customer_pays():
    lines = [
        {"description": "Trunk", "quantity": 2, "unit_price": "24.95", "gst": "taxable"}
        | {"from_list": True}
    ]
    answer = bound("vpnet").decide(
        rules.line_amounts, **read_facts(rules.line_amounts, {"lines": lines})
    )

    assert answer.total_inc == Decimal("49.90")
