"""A new version of the terms reaches each customer on its day (seq-d-10, 15 Mar 2027)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts.agreements.models import Contract, FormerVersion
from contracts.agreements.selectors import binding, version_on
from contracts.orders.selectors import version_offered
from contracts.supply.models import Service
from contracts.variations import services
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.services import VariationRefused
from contracts.variations.states import ChangeState, Harm, VariationState, WayOutBy
from parties.accounts.models import TermsAcceptance
from parties.accounts.selectors import version_in_force
from parties.accounts.states import AcceptanceAct
from parties.authority.selectors import NotAuthorised
from parties.correspondence.models import Preference
from parties.correspondence.states import PreferenceKind
from records.audit.models import Entry
from records.notices.models import Notice
from records.notices.states import Channel
from terms import library
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.contracts.variations.changes import biller, send_all
from tests.contracts.variations.versions import (
    NEW,
    announce_terms,
    approve_terms,
    draft_terms,
    new_terms,
    publish,
)

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
OLD = "undated-1"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return publish(
        tmp_path_factory.mktemp("terms") / "profiles",
        ("greenlight", "vpnet", "comvergence", "blueshift", "callpro"),
    )


@pytest.fixture(autouse=True)
def march(shelf, monkeypatch) -> Iterator[None]:
    """New Official Copy on the site on 15 March 2027."""
    monkeypatch.setattr(library, "PROFILES", shelf)
    library.load.cache_clear()
    yield
    library.load.cache_clear()


@pytest.fixture
def k() -> Agreement:
    """K: a data link fixed for 36 months to 31 Jan 2029; large business in NSW."""
    one = agree(
        "greenlight",
        "400.00",
        since="2026-02-01",
        months=36,
        kind="data",
        bill_day=1,
        negotiated=True,
    )
    one.world.customer.is_large = True
    one.world.customer.save()
    return one


def sweep(one: Agreement, on: str, clock: str = "00:10") -> None:
    services.carry_terms_changes(at=one.at(on, clock))


def pinned(one: Agreement) -> Contract:
    return Contract.objects.select_related("account__customer__provider").get(
        pk=one.service.contract_id
    )


def cites(change: TermsChange) -> set[str]:
    return {one["id"] for one in change.because}


# ── seq-d-10 ────────────────────────────────────────────────────────────────────────────────


def test_k_is_told_and_the_new_copy_binds_30_days_after(k):
    change = announce_terms(k, k.at("2027-03-15"))

    assert change.state == ChangeState.PLANNED
    assert (change.told_on, change.effective_on) == (day("2027-03-15"), day("2027-04-14"))
    assert "GL-VAR-07" in cites(change)
    assert (change.way_out_by, change.way_out_until) == ("", None)
    letter = change.notice
    assert letter.title == f"New terms for contract {k.service.contract} from Wed 14 Apr 2027"
    assert "opens no way to leave" in letter.text
    assert f"/go/terms-change/{change.public_id}/" in letter.text


def test_until_13_april_the_old_and_then_the_new_once(k):
    announce_terms(k, k.at("2027-03-15"))

    sweep(k, "2027-04-13", "23:50")
    assert pinned(k).version == OLD
    for _ in range(3):
        sweep(k, "2027-04-14")

    contract = pinned(k)
    assert (contract.version, contract.version_since) == (NEW, day("2027-04-14"))
    assert [
        version_on(contract, day(on)) for on in ("2026-02-01", "2027-04-13", "2027-04-14")
    ] == [
        OLD,
        OLD,
        NEW,
    ]
    assert binding(contract, day("2027-04-13")).profile.version == OLD
    assert FormerVersion.objects.count() == 1
    account = contract.account
    kept = TermsAcceptance.objects.get(act=AcceptanceAct.VARIATION)
    assert (kept.version, kept.binds_from) == (NEW, day("2027-04-14"))
    assert version_in_force(account, day("2027-04-13")) == OLD
    assert Entry.objects.filter(action="apply_terms_change").count() == 1
    assert TermsVariation.objects.get().state == VariationState.DONE


def test_l_takes_the_new_copy_at_once(k):
    assert version_offered(k.world.account, day("2027-03-14"))[0] == OLD
    assert version_offered(k.world.account, day("2027-03-16"))[0] == NEW


# ── every provider, as its own terms count ──────────────────────────────────────────────────


BY_LAW = (WayOutBy.LAW, "2027-04-26")
CHOSEN = {"notice_days": 30, "notice_why": "Long enough to read it."}


@pytest.mark.parametrize(
    ("key", "kind", "facts", "binds", "way_out", "clause"),
    [
        # 30 clear days; 42 days from receipt to leave, in a fixed term.
        ("vpnet", "business", {}, "2027-04-15", (WayOutBy.TERMS, "2027-04-26"), "VP-VAR-06"),
        # 14 clear days; the terms open no way out, the law does for a small business.
        ("comvergence", "business", {}, "2027-03-30", BY_LAW, "RF-TCP-24"),
        ("comvergence", "large", {}, "2027-03-30", ("", None), "CV-VAR-01"),
        # 14 days from the notice end on Easter Monday.
        (
            "blueshift",
            "personal",
            CHOSEN,
            "2027-04-14",
            (WayOutBy.TERMS, "2027-03-30"),
            "BS-VAR-05",
        ),
        ("blueshift", "business", CHOSEN, "2027-04-14", BY_LAW, "BS-VAR-02"),
        ("blueshift", "large", CHOSEN, "2027-04-14", ("", None), "BS-VAR-02"),
        # The document is silent: the house default gives 30 days, and 42 to leave.
        ("callpro", "large", {}, "2027-04-14", (WayOutBy.HOUSE, "2027-04-26"), "HD-CON-04"),
    ],
)
def test_each_document_counts_its_own_days(key, kind, facts, binds, way_out, clause):
    one = agree(key, "50.00", since="2026-02-01", months=24, negotiated=kind == "large")
    customer = one.world.customer
    customer.is_large = kind == "large"
    customer.kind = "personal" if kind == "personal" else "business"
    customer.save()
    change = announce_terms(one, one.at("2027-03-15"), **facts)

    assert change.state == ChangeState.PLANNED
    assert change.effective_on == day(binds)
    until = change.way_out_until
    assert (change.way_out_by, until and until.isoformat()) == way_out
    assert clause in cites(change)


def test_a_later_day_than_the_notice_needs_is_kept(k):
    change = announce_terms(k, k.at("2027-03-15"), effective_on=day("2027-07-01"))

    assert (change.earliest_on, change.effective_on) == (day("2027-04-14"), day("2027-07-01"))


def test_reasonable_notice_has_to_be_chosen_with_its_reason():
    one = agree("blueshift", "50.00", since="2026-02-01", months=24)
    change = draft_terms(one, one.at("2027-03-15"))

    with pytest.raises(VariationRefused, match="reasonable notice"):
        services.ask_for_approval(change=change, by=change.drafted_by, at=one.at("2027-03-15"))


# ── told late, withdrawn, ended, on paper ───────────────────────────────────────────────────


def test_a_notice_that_leaves_a_day_late_binds_nobody_until_it_is_told_anew(k):
    approve_terms(draft_terms(k, k.at("2027-03-15")), k.at("2027-03-15"))
    sweep(k, "2027-03-15", "10:00")
    send_all(k.at("2027-03-16"))
    sweep(k, "2027-03-16", "10:10")
    late = new_terms(k)
    assert (late.state, late.earliest_on) == (ChangeState.LATE, day("2027-04-15"))
    sweep(k, "2027-04-14")
    assert pinned(k).version == OLD

    at = k.at("2027-04-14")
    with pytest.raises(VariationRefused, match="Choose a day after Wed 14 Apr 2027"):
        services.tell_again(change=late, on=day("2027-04-14"), by=biller(), at=at)
    services.tell_again(change=late, on=day("2027-06-01"), by=biller(), at=at)
    services.carry_terms_changes(at=at)
    send_all(at)
    services.carry_terms_changes(at=at)
    sweep(k, "2027-05-31")
    assert pinned(k).version == OLD
    sweep(k, "2027-06-01")
    assert (pinned(k).version, new_terms(k).state) == (NEW, ChangeState.APPLIED)


def test_what_nobody_was_given_by_its_day_waits_for_staff_and_can_keep_its_terms(k):
    approve_terms(draft_terms(k, k.at("2027-03-15")), k.at("2027-03-15"))
    sweep(k, "2027-03-15", "10:00")
    sweep(k, "2027-04-14")
    late = new_terms(k)
    assert late.state == ChangeState.LATE

    services.keep_as_it_is(
        change=late, why="Its address bounced.", by=biller(), at=k.at("2027-04-14")
    )
    sweep(k, "2027-04-15")
    assert pinned(k).version == OLD
    assert "stay as they are" in Notice.objects.latest("pk").title
    assert TermsVariation.objects.get().state == VariationState.DONE


def test_withdrawn_leaves_the_old_terms_and_tells_so(k):
    change = announce_terms(k, k.at("2027-03-15"))
    for _ in range(2):
        services.withdraw_change(
            change=change.variation, why="A mistake.", by=biller(), at=k.at("2027-03-20")
        )
        sweep(k, "2027-03-20")
    sweep(k, "2027-04-14")

    assert (pinned(k).version, new_terms(k).state) == (OLD, ChangeState.WITHDRAWN)
    assert Notice.objects.filter(title__contains="stay as they are").count() == 1


def test_it_is_not_withdrawn_once_it_binds_somebody(k):
    change = announce_terms(k, k.at("2027-03-15"))
    sweep(k, "2027-04-14")

    with pytest.raises((VariationRefused, IllegalStep)):
        services.withdraw_change(
            change=change.variation, why="A mistake.", by=biller(), at=k.at("2027-04-15")
        )


def test_what_ends_before_its_day_is_never_bound(k):
    announce_terms(k, k.at("2027-03-15"))
    Service.objects.filter(pk=k.service.pk).update(ended_on=day("2027-04-10"))
    sweep(k, "2027-04-14")

    assert (pinned(k).version, new_terms(k).state) == (OLD, ChangeState.LAPSED)


def test_who_wants_letters_gets_it_on_paper_and_its_days_count_from_the_posting(k):
    Preference.objects.create(
        account=k.world.account,
        kind=PreferenceKind.REACH,
        value="post",
        chosen_at=k.at("2027-01-05"),
        chosen_by=k.world.holder,
    )
    approve_terms(draft_terms(k, k.at("2027-03-15")), k.at("2027-03-15"))
    sweep(k, "2027-03-15", "10:00")

    letter = new_terms(k).notice
    assert (letter.channel, letter.postal_address != "") == (Channel.POST, True)
    send_all(k.at("2027-03-17"))
    sweep(k, "2027-03-17", "10:10")
    late = new_terms(k)
    assert (late.told_on, late.state) == (day("2027-03-17"), ChangeState.LATE)


# ── drafts and deciders ─────────────────────────────────────────────────────────────────────


def test_the_same_draft_twice_is_one_and_another_of_that_version_is_refused(k):
    at = k.at("2027-03-15")
    first = draft_terms(k, at)

    assert draft_terms(k, at) == first
    with pytest.raises(VariationRefused, match="drafted that version already"):
        draft_terms(k, at, harms=Harm.NONE)
    assert TermsChange.objects.count() == 1


def test_contracts_under_it_or_on_their_way_to_it_are_left_out(k):
    at = k.at("2027-03-15")
    announce_terms(k, at)

    again = draft_terms(k, at)
    with pytest.raises(VariationRefused, match="No contract pins an older version"):
        services.ask_for_approval(change=again, by=again.drafted_by, at=at)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"version": OLD}, "contracts move forward only"),
        ({"version": "1999"}, "contracts move forward only"),
        ({"effective_on": day("2027-03-13")}, "terms don't reach back"),
        ({"effective_on": day("2027-03-14")}, "prints Mon 15 Mar 2027"),
        ({"effective_on": day("2040-01-01")}, "Choose a day up to"),
        ({"says": " "}, "Say what changes"),
        ({"notice_days": 3}, "Say why so many days"),
    ],
)
def test_what_cannot_be_drafted_is_refused_in_words(k, given, says):
    with pytest.raises(VariationRefused, match=says):
        draft_terms(k, k.at("2027-03-14"), **given)
    assert not TermsVariation.objects.exists()


def test_two_people_and_a_reason_for_a_no(k):
    at = k.at("2027-03-15")
    change = draft_terms(k, at)
    services.ask_for_approval(change=change, by=change.drafted_by, at=at)

    with pytest.raises(VariationRefused, match="another person"):
        services.decide_change(change=change, approve=True, by=change.drafted_by, at=at)
    with pytest.raises(VariationRefused, match="gives its reason"):
        services.decide_change(change=change, approve=False, by=biller(), at=at)
    with pytest.raises(NotAuthorised):
        services.decide_change(change=change, approve=True, by=k.world.holder, at=at)
    services.decide_change(change=change, approve=False, by=biller(), at=at, why="Not now.")
    sweep(k, "2027-03-15", "11:00")
    assert not Notice.objects.filter(kind="terms_change").exists()
