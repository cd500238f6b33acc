"""Notices that end a service: given once, taken back, agreed to, carried out, billed once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing.invoices.models import Invoice
from billing.runs.services import run_provider_bills
from contracts.agreements.states import Basis, FigureKind
from contracts.leaving import selectors as leaving
from contracts.leaving.models import EndNotice
from contracts.leaving.services import (
    LeavingRefused,
    carry_out_ends,
    decide_early_end,
    give_end_notice,
    take_back_end_notice,
)
from contracts.leaving.states import NoticeForm, NoticeState
from contracts.supply.models import Chargeable, Service
from contracts.supply.services import (
    PlanChangeRefused,
    apply_plan_changes,
    change_supply,
    request_plan_change,
)
from contracts.supply.states import PlanChangeState, ServiceStatus
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from parties.security.models import Pause
from parties.security.states import HighRisk
from records.audit.models import Entry
from records.documents.models import Document
from records.notices.models import Notice
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.contracts.leaving.contracts import Agreement, agree, day
from tests.contracts.supply.test_plan_change import make_plan
from tests.world import appoint, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.portable]


def give(one: Agreement, on: str, clock: str = "10:00", by=None, **how) -> EndNotice:
    service = Service.objects.get(pk=one.service.pk)
    by = by or one.world.holder
    return give_end_notice(service=service, by=by, at=one.at(on, clock), **how)


def take_back(one: Agreement, notice: EndNotice, on: str, clock: str = "10:00", **how):
    by = how.pop("by", one.world.holder)
    return take_back_end_notice(notice=notice, by=by, at=one.at(on, clock), **how)


def sweep(one: Agreement, on: str, clock: str = "00:10") -> int:
    return carry_out_ends(at=one.at(on, clock))


def bill(one: Agreement, on: str) -> Invoice | None:
    before = set(Invoice.objects.values_list("pk", flat=True))
    run_provider_bills(
        one.world.provider, issue_on=day(on), at=one.at(on, "06:20"), on_demand=True
    )
    return Invoice.objects.exclude(pk__in=before).first()


def billed(invoice: Invoice | None) -> list[tuple[str, str, str, str]]:
    assert invoice is not None
    return sorted(
        (
            line.period_start.isoformat() if line.period_start else "",
            line.period_end.isoformat() if line.period_end else "",
            f"{line.amount_ex:.2f}",
            f"{line.amount_ex + line.gst:.2f}",
        )
        for line in invoice.lines.all()
    )


def told(headline: str) -> int:
    return Notice.objects.filter(title__contains=headline).count()


@pytest.fixture
def vpnet() -> Agreement:
    """SIP at 33.00 a month with GST from 15 Sep 2025 for 24 months, issued on the 10th."""
    made = agree("vpnet", "33.00", since="2025-09-15", months=24, bill_day=10)
    made.note(FigureKind.HARDWARE_PRICE, "960.00", Basis.INC)
    made.note(FigureKind.HARDWARE_PAID, "360.00", Basis.INC)
    made.service.billed_through = day("2027-02-09")
    made.service.save()
    return made


def test_notice_given_undone_given_again_and_the_last_bill_to_the_cent(vpnet):
    """The whole of the worked sequence: an end on the issue day, 1.10 for it, 600.00 once."""
    bill(vpnet, "2027-02-10")
    first = give(vpnet, "2027-02-08", "09:12")
    assert (first.ends_on, str(first.charge)) == (day("2027-03-10"), "600.00")
    service = Service.objects.get()
    assert (service.ended_on, service.status) == (day("2027-03-10"), ServiceStatus.ACTIVE)

    take_back(vpnet, first, "2027-02-09")
    service.refresh_from_db()
    assert service.ended_on is None
    assert service.periods.get().ends_on is None
    assert told("the notice is taken back") > 0

    second = give(vpnet, "2027-02-09", "16:00")
    assert second.ends_on == day("2027-04-10")
    assert EndNotice.objects.filter(state=NoticeState.RUNNING).count() == 1

    month = bill(vpnet, "2027-03-10")
    assert billed(month) == [("2027-03-10", "2027-04-09", "30.00", "33.00")]
    assert sweep(vpnet, "2027-04-09", "23:10") == 0
    assert not Chargeable.objects.exists()

    assert sweep(vpnet, "2027-04-10") == 1
    assert sweep(vpnet, "2027-04-10", "01:10") == 0
    final = bill(vpnet, "2027-04-10")
    assert final is not None
    # 30.00 × 1 ÷ 30 = 1.00 for the one day; the hardware's 600.00 holds its GST.
    assert billed(final) == [
        ("2027-04-10", "", "545.45", "600.00"),
        ("2027-04-10", "2027-04-10", "1.00", "1.10"),
    ]
    assert final.due_date == day("2027-04-27")

    sweep(vpnet, "2027-04-11")
    service.refresh_from_db()
    assert service.status == ServiceStatus.ENDED
    assert bill(vpnet, "2027-05-10") is None
    assert Chargeable.objects.get().because[0]["id"] == "VP-SUS-13"


def test_the_same_notice_sent_twice_is_one_and_another_is_refused(vpnet):
    first = give(vpnet, "2027-02-08")

    assert give(vpnet, "2027-02-08", "10:00") == first
    assert give(vpnet, "2027-02-09") == first
    with pytest.raises(LeavingRefused, match="take that notice back first"):
        give(vpnet, "2027-02-08", asked_on=day("2027-09-10"))
    assert EndNotice.objects.count() == 1
    assert Entry.objects.filter(action="give_end_notice").count() == 1


def test_two_notices_never_live_for_one_service(vpnet):
    first = give(vpnet, "2027-02-08")

    first.pk, first.public_id = None, "6f1f7d0e-0000-4000-8000-000000000001"
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_confirmation_is_told_with_its_paper_and_a_reminder_follows_once(vpnet):
    notice = give(vpnet, "2027-02-08")

    told_first = Notice.objects.filter(title="Your notice: Office line ends on Wed 10 Mar 2027")
    assert told_first.exists()
    assert "You can take the notice back until Tue 9 Mar 2027." in told_first.first().text
    assert "Ending it costs $600.00, GST included" in told_first.first().text
    paper = Document.objects.get(kind="end_notice", subject=str(notice.public_id))
    assert paper.content["charge"] == "600.00"

    sweep(vpnet, "2027-03-02")
    assert told("Office line ends on Wed 10 Mar 2027") == told_first.count()
    for _ in range(2):
        sweep(vpnet, "2027-03-03")
    assert told("Office line ends on Wed 10 Mar 2027") == 2 * told_first.count()


@pytest.mark.parametrize(
    ("on", "clock", "may"), [("2027-03-09", "23:59", 1), ("2027-03-10", "00:01", 0)]
)
def test_notice_is_taken_back_until_the_day_before_the_last(vpnet, on, clock, may):
    notice = give(vpnet, "2027-02-08")

    if may:
        assert take_back(vpnet, notice, on, clock).state == NoticeState.TAKEN_BACK
        assert take_back(vpnet, notice, on, clock).state == NoticeState.TAKEN_BACK
        assert Entry.objects.filter(action="take_back_end_notice").count() == 1
    else:
        with pytest.raises(LeavingRefused, match="until the day before"):
            take_back(vpnet, notice, on, clock)


def test_days_left_out_of_a_bill_are_charged_once_the_notice_is_taken_back():
    one = agree("comvergence", "310.00", since="2026-10-01", bill_day=1)
    one.service.billed_through = day("2027-04-30")
    one.service.save()
    notice = give(one, "2027-04-05")
    assert notice.ends_on == day("2027-05-05")

    # 310.00 × 5 ÷ 31 = 50.00 for 1 to 5 May.
    assert billed(bill(one, "2027-05-01"))[0][:3] == ("2027-05-01", "2027-05-05", "50.00")
    take_back(one, notice, "2027-05-03")

    lines = [line[:3] for line in billed(bill(one, "2027-06-01"))]
    assert lines == [
        ("2027-05-06", "2027-05-31", "260.00"),
        ("2027-06-01", "2027-06-30", "310.00"),
    ]


def test_price_that_was_planned_beyond_the_end_comes_back_with_the_service(vpnet):
    change_supply(
        service=vpnet.service,
        on=day("2027-06-10"),
        unit_fee=Decimal("36.00"),
        at=vpnet.at("2027-02-01"),
    )
    notice = give(vpnet, "2027-02-08")
    assert vpnet.service.periods.get().ends_on == day("2027-03-10")

    take_back(vpnet, notice, "2027-02-09")

    rows = vpnet.service.periods.order_by("starts_on")
    assert [(row.starts_on, row.ends_on, str(row.unit_fee)) for row in rows] == [
        (day("2025-09-15"), day("2027-06-09"), "33.000000"),
        (day("2027-06-10"), None, "36.000000"),
    ]


def test_open_plan_change_ends_with_the_notice_and_none_is_taken_meanwhile(vpnet):
    plan = make_plan(vpnet.world, "40.00")
    change = request_plan_change(
        service=vpnet.service,
        plan=plan,
        by=vpnet.world.holder,
        overdue=False,
        at=vpnet.at("2027-02-05"),
    )
    give(vpnet, "2027-02-08")

    change.refresh_from_db()
    assert change.state == PlanChangeState.WITHDRAWN
    assert apply_plan_changes(at=vpnet.at("2027-02-20")) == 0
    with pytest.raises(PlanChangeRefused, match="take the notice back first"):
        request_plan_change(
            service=vpnet.service,
            plan=plan,
            by=vpnet.world.holder,
            overdue=False,
            at=vpnet.at("2027-03-05"),
        )


def test_what_changed_since_it_was_shown_is_refused(vpnet):
    with pytest.raises(LeavingRefused, match="changed since you looked"):
        give(vpnet, "2027-02-09", shown=(day("2027-03-10"), Decimal("600.00")))
    assert not EndNotice.objects.exists()

    assert give(vpnet, "2027-02-08", shown=(day("2027-03-10"), Decimal("600.00")))


def test_nobody_ends_a_service_without_authority_or_while_steps_are_paused(vpnet):
    account = vpnet.world.account
    person = make_user("Jordan Lee")
    appoint(
        account, person, Role.AUTHORISED_REP, ends_on=day("2027-12-31"), limits=["close_service"]
    )
    for by in (person, make_user("Stranger"), make_staff(StaffRole.BILLING)):
        with pytest.raises(NotAuthorised):
            give(vpnet, "2027-02-08", by=by)
    Pause.objects.create(
        account=account,
        step=HighRisk.CLOSE_ACCOUNT,
        person=vpnet.world.holder,
        since=vpnet.at("2027-02-08"),
    )
    with pytest.raises(NotAuthorised):
        give(vpnet, "2027-02-08")
    assert not EndNotice.objects.exists()


def test_representative_with_a_limit_may_not_agree_to_a_dearer_end(vpnet):
    person = make_user("Jordan Lee")
    appoint(
        vpnet.world.account,
        person,
        Role.AUTHORISED_REP,
        ends_on=day("2027-12-31"),
        max_expense=Decimal("599.99"),
    )

    with pytest.raises(NotAuthorised):
        give(vpnet, "2027-02-08", by=person)
    assert give(vpnet, "2027-02-08", by=person, asked_on=day("2027-10-10")).charge == 0


def test_ended_or_ordered_service_is_refused_in_words(vpnet):
    give(vpnet, "2027-02-08")
    sweep(vpnet, "2027-03-10")
    with pytest.raises(LeavingRefused, match="ends on Wed 10 Mar 2027 already"):
        give(vpnet, "2027-03-11")

    row = vpnet.service
    new = Service.objects.create(contract=row.contract, plan=row.plan, label="N", identifier="n")
    with pytest.raises(LeavingRefused, match="has not begun"):
        give_end_notice(service=new, by=vpnet.world.holder, at=vpnet.at("2027-02-08"))


def test_notice_by_letter_runs_from_the_day_it_was_received(vpnet):
    staff = make_staff(StaffRole.TEAM_MANAGER)

    notice = give(
        vpnet,
        "2027-02-12",
        by=staff,
        form=NoticeForm.LETTER,
        received_on=day("2027-02-08"),
        said="Letter of 5 Feb",
    )

    assert notice.ends_on == day("2027-03-10")
    assert Entry.objects.get(action="give_end_notice").reason == "Letter of 5 Feb"


# ── by agreement ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def blueshift() -> Agreement:
    made = agree(
        "blueshift", "79.95", since="2026-02-25", signed="2026-02-18", months=24, state="QLD"
    )
    made.note(FigureKind.WAIVED_ITEMS, "339.00", Basis.INC)
    return made


def test_early_end_inside_the_term_waits_for_the_provider(blueshift):
    notice = give(blueshift, "2027-08-02", asked_on=day("2027-08-20"))
    assert (notice.state, str(notice.charge)) == (NoticeState.ASKED, "470.38")
    assert notice.unknown == ["the administration charge of an agreed early end"]
    assert Service.objects.get().ended_on is None
    assert sweep(blueshift, "2027-08-25") == 0

    decide_early_end(
        notice=notice, agree=True, by=blueshift.staff, why="", at=blueshift.at("2027-08-10")
    )
    assert Service.objects.get().ended_on == day("2027-08-20")
    assert sweep(blueshift, "2027-08-20") == 1
    charges = Chargeable.objects.order_by("amount")
    assert [str(row.amount) for row in charges] == ["70.63", "399.75"]
    assert all(row.because for row in charges)


def test_refused_early_end_leaves_all_as_it_is_and_says_why(blueshift):
    notice = give(blueshift, "2027-08-02", asked_on=day("2027-08-20"))

    decide_early_end(
        notice=notice,
        agree=False,
        by=blueshift.staff,
        why="The link was built for you.",
        at=blueshift.at("2027-08-03"),
    )

    assert Service.objects.get().ended_on is None
    message = Notice.objects.filter(title="We can't end Office line early").first()
    assert "The link was built for you." in message.text
    with pytest.raises(IllegalStep):
        decide_early_end(
            notice=notice, agree=True, by=blueshift.staff, why="", at=blueshift.at("2027-08-04")
        )


def test_asked_early_end_is_taken_back_and_a_plain_notice_ends_it_with_the_term(blueshift):
    asked = give(blueshift, "2027-08-02", asked_on=day("2027-08-20"))
    take_back(blueshift, asked, "2027-08-03")

    plain = give(blueshift, "2027-08-03")

    assert (plain.ends_on, str(plain.charge)) == (day("2028-02-17"), "0.00")


def test_agreement_after_the_day_asked_ends_it_today(blueshift):
    notice = give(blueshift, "2027-08-02", asked_on=day("2027-08-20"))

    decided = decide_early_end(
        notice=notice, agree=True, by=blueshift.staff, why="", at=blueshift.at("2027-08-23")
    )

    # 23 Aug to 17 Feb: five whole months still.
    assert (decided.ends_on, str(decided.charge)) == (day("2027-08-23"), "470.38")


def test_agreement_a_month_late_costs_a_month_less(blueshift):
    notice = give(blueshift, "2027-08-02", asked_on=day("2027-08-20"))

    decided = decide_early_end(
        notice=notice, agree=True, by=blueshift.staff, why="", at=blueshift.at("2027-09-23")
    )

    # 4 × 79.95 = 319.80, and 339.00 × 4 ÷ 24 = 56.50.
    assert str(decided.charge) == "376.30"


def test_request_that_nobody_answered_can_be_taken_back_after_its_day(blueshift):
    notice = give(blueshift, "2027-08-02", asked_on=day("2027-08-20"))

    assert take_back(blueshift, notice, "2027-08-25").state == NoticeState.TAKEN_BACK


def test_letter_with_another_day_is_not_taken_for_the_first(vpnet):
    staff = make_staff(StaffRole.TEAM_MANAGER)
    letter = {"by": staff, "form": NoticeForm.LETTER}
    first = give(vpnet, "2027-02-12", received_on=day("2027-02-08"), **letter)

    assert give(vpnet, "2027-02-12", received_on=day("2027-02-08"), **letter) == first
    with pytest.raises(LeavingRefused, match="take that notice back first"):
        give(vpnet, "2027-02-12", received_on=day("2027-02-09"), **letter)


def test_leaving_on_a_day_named_where_the_terms_name_no_notice():
    one = agree("callpro", "180.00", since="2026-12-01", months=12, state="ACT")
    one.note(FigureKind.QUOTED_EARLY_CHARGE, "540.00", Basis.EX, "2027-11-30", paper="Q1")

    notice = give(one, "2027-05-10", asked_on=day("2027-05-15"))

    assert (notice.ends_on, str(notice.charge)) == (day("2027-05-15"), "594.00")
    assert sweep(one, "2027-05-15") == 1
    assert Chargeable.objects.get().because[0]["id"] == "Q1"


def test_notice_is_read_for_its_service_alone(vpnet):
    other = agree("vpnet", "20.00", since="2026-09-15")
    notice = give(vpnet, "2027-02-08")

    assert leaving.living_notice(vpnet.service) == notice
    assert leaving.living_notice(other.service) is None
