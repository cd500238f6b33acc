"""A minimum term is renewed at its end, as seq-d-06 shows it; by whom, when, and taken back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from contracts.leaving import selectors as leaving
from contracts.renewing import selectors as renewing
from contracts.renewing import services
from contracts.renewing.models import TermRenewal
from contracts.renewing.services import RenewalRefused
from contracts.renewing.states import RenewalState
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.documents.models import Document
from records.notices.models import Notice
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.parties.people import signed_in
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_people_pages import prove
from tests.portal.customer.test_what_people_see import read
from tests.world import make_staff

pytestmark = pytest.mark.django_db
# 36 × 310.00 ex = 11,160.00 ex = 12,276.00 with GST.
SHOWN = (day("2030-10-13"), renewing.ZERO + 12276)


def handsets(since: str = "2024-10-14", **facts) -> Agreement:
    """Cloud PBX with rented handsets, 310.00 ex a month for 36 months (seq-d-06)."""
    given = {"since": since, "months": 36, "basis": "ex", "kind": "cloud_pbx_rental"}
    return agree("comvergence", "310.00", **given | facts)


@pytest.fixture
def one() -> Agreement:
    return handsets(state="WA")


def renew(one: Agreement, on: str = "2027-09-01", **given) -> TermRenewal:
    facts = {"service": one.fresh(), "by": one.world.holder, "at": one.at(on), "shown": SHOWN}
    return services.renew_term(**facts | given)


def decide(row: TermRenewal, one: Agreement, *, agree: bool = True, **given) -> TermRenewal:
    facts = {"why": "Payslip of August: can pay.", "by": one.staff, "at": one.at("2027-09-02")}
    return services.decide_renewal(renewal=row, agree=agree, **facts | given)


def test_seq_d_06_shows_the_new_term_its_sums_and_what_leaving_then_costs(one):
    found = renewing.renewal_offer(one.fresh(), day("2027-09-01"))

    assert (found.starts_on, found.ends_on, found.months) == (
        day("2027-10-14"),
        day("2030-10-13"),
        36,
    )
    assert (str(found.monthly), str(found.total)) == ("341.00", "12276.00")
    assert (found.handsets_replaced, found.assessed, found.refusal) == (True, True, "")
    assert {one["id"] for one in found.because} >= {"CV-CON-06", "RF-TCP-25"}
    # 14 Oct 2027 to 13 Oct 2030: 35 whole months after the first day × 341.00.
    early = leaving.cost_if_renewed(found, on=day("2027-09-01"))
    assert str(early.total) == "11935.00"


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("2027-06-14", "You can renew it from Tue 15 Jun 2027 to Wed 13 Oct 2027."),
        ("2027-06-15", ""),
        ("2027-10-13", ""),
        ("2027-10-14", "goes on from month to month"),
    ],
)
def test_it_is_renewed_in_the_last_120_days_of_the_term_alone(one, on, says):
    found = renewing.renewal_offer(one.fresh(), day(on))

    assert says in found.refusal
    assert bool(found.refusal) == bool(says)


def test_who_the_law_protects_is_assessed_first_and_then_bound_to_the_new_end(one):
    row = renew(one)
    assert (row.state, renew(one)) == (RenewalState.ASKED, row)
    assert leaving.term_card(one.fresh(), day("2027-09-01")).ends_on == day("2027-10-13")

    decide(row, one)
    with pytest.raises(IllegalStep):
        decide(row, one)
    card = leaving.term_card(one.fresh(), day("2027-11-01"))
    assert (card.ends_on, card.renewal, card.is_over) == (day("2030-10-13"), None, False)
    # Notice 1 Nov 2027 ends it on 1 Dec: 34 whole months to 1 Oct 2030 × 310.00 ex.
    left = one.leaving("2027-11-01", "2027-12-01")
    assert str(left.cost.parts[0].ex) == "10540.00"
    paper = Document.objects.get(kind="term_renewal")
    assert (paper.content["total"], paper.content["ends_on"]) == ("12276.00", "2030-10-13")
    assert Notice.objects.filter(title__contains="runs to Sun 13 Oct 2030").exists()


def test_large_business_is_renewed_at_once(one):
    one.world.customer.is_tcp = False
    one.world.customer.save()

    assert renew(one).state == RenewalState.AGREED


def test_refused_taken_back_or_let_run_the_term_ends_as_before(one):
    refused = decide(renew(one), one, agree=False, why="No income for a year.")
    assert refused.state == RenewalState.REFUSED
    back = services.take_back_renewal(
        renewal=decide(renew(one), one), by=one.world.holder, at=one.at("2027-10-13")
    )
    again = services.take_back_renewal(renewal=back, by=one.world.holder, at=one.at("2027-10-13"))

    assert (back.state, again.state) == (RenewalState.TAKEN_BACK, RenewalState.TAKEN_BACK)
    card = leaving.term_card(one.fresh(), day("2027-10-14"))
    assert (card.ends_on, card.is_over, card.follows) == (day("2027-10-13"), True, True)


def test_nothing_is_renewed_by_strangers_staff_or_for_another_sum(one):
    other = handsets()
    for by in (other.world.holder, one.staff):
        with pytest.raises(NotAuthorised):
            renew(one, by=by)
    with pytest.raises(RenewalRefused, match="Look again"):
        renew(one, shown=(SHOWN[0], SHOWN[1] - 1))
    plain = agree("vpnet", "33.00", since="2025-09-15", months=24)
    with pytest.raises(RenewalRefused, match="promise no renewal"):
        renew(plain)
    row = renew(one)
    with pytest.raises(NotAuthorised):
        decide(row, one, by=other.world.holder)
    with pytest.raises(RenewalRefused, match="Say what you found"):
        decide(row, one, why="ok")
    with pytest.raises(RenewalRefused, match="can't begin any more"):
        decide(row, one, at=one.at("2027-10-14"))
    assert TermRenewal.objects.get().state == RenewalState.ASKED


def test_new_handsets_are_owed_until_they_are_brought_and_then_it_stands(one):
    row = decide(renew(one), one)
    rows = TermRenewal.objects.all()
    assert list(renewing.handsets_to_bring(rows)) == [row]
    with pytest.raises(RenewalRefused, match="Give a day from"):
        services.note_handsets(
            renewal=row, on=day("2027-10-01"), by=one.staff, at=one.at("2027-09-20")
        )

    at = one.at("2027-10-01")
    services.note_handsets(renewal=row, on=day("2027-10-01"), by=one.staff, at=at)
    assert not renewing.handsets_to_bring(rows).exists()
    with pytest.raises(RenewalRefused, match="can't be taken back"):
        services.take_back_renewal(renewal=row, by=one.world.holder, at=one.at("2027-10-02"))


def test_customer_reads_the_choices_renews_after_a_second_factor_and_takes_it_back(
    one, monkeypatch
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-09-01"))
    client = signed_in(one.world.holder)
    page = f"/services/{one.service.public_id}/renew/"
    assert page in client.get(f"/services/{one.service.public_id}/").content.decode()
    assert page in client.get("/contract/").content.decode()
    words = read(client, page)
    for says in ("$12,276.00", "Sun 13 Oct 2030", "Updated handsets", "month to month", "Leave"):
        assert says in words
    prove(client, client.get(f"{page}confirm/")["Location"])
    assert "$11,935.00 inc GST" in read(client, f"{page}confirm/")
    sent = {"last_day": "2030-10-13", "total": "12276.00"}
    for bad in ({"total": "1.00"}, {"last_day": "soon"}, {"total": "-0"}, {"total": "9" * 40}):
        found = client.post(f"{page}confirm/", sent | bad)
        assert (found.status_code, TermRenewal.objects.count()) == (200, 0)
    assert client.post(f"{page}confirm/", sent).status_code == 302
    assert "You hear from us" in read(client, page)
    assert client.get(f"{page}confirm/").status_code == 302

    assert client.post(f"{page}back/").status_code == 302
    assert TermRenewal.objects.get().state == RenewalState.TAKEN_BACK


def test_pages_are_not_there_for_others_or_where_nothing_is_promised(one):
    page = f"/services/{one.service.public_id}/renew/"
    assert signed_in(handsets().world.holder).get(page).status_code == 404
    plain = agree("vpnet", "33.00", since="2025-09-15", months=24)
    mine = signed_in(plain.world.holder)
    assert mine.get(f"/services/{plain.service.public_id}/renew/").status_code == 404


def test_staff_find_what_waits_decide_with_a_finding_and_bring_handsets(one, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-09-02"))
    row = renew(one)
    desk = sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER), because_of=one.world.account)

    def step(name: str) -> str:
        return reverse(f"admin:contracts_termrenewal_{name}_step", args=[row.pk])

    def waits(title: str) -> int:
        lists = desk.get("/admin/").context["worklists"]
        found = next(each for each in lists if each["title"] == title)
        shown = desk.get(found["url"]).context["cl"].result_count
        assert shown == found["count"]
        return shown

    assert waits("Renewals that wait for a look at capacity to pay") == 1
    assert "$12,276.00 over the new term" in read(desk, step("agree"))
    assert "at least 5" in desk.post(step("agree"), {"why": "ok"}).content.decode()
    assert desk.post(step("agree"), {"why": "Payslips seen"}).status_code == 302
    assert waits("Renewed terms whose new handsets are to be brought") == 1
    assert desk.get(step("refuse")).status_code == 404
    assert "Give a day from" in desk.post(step("handsets"), {"on": "2030-01-01"}).content.decode()
    assert desk.post(step("handsets"), {"on": "2027-09-02"}).status_code == 302
    assert waits("Renewed terms whose new handsets are to be brought") == 0
