"""Direct debits: agreed, planned, drawn by a file, sent back, stopped; to the day and the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.disputes.services import hold_amount
from billing.hardship.services import HelpWanted, ask_for_help, withdraw_request
from billing.payments.models import Draw, Mandate, Payment
from billing.payments.selectors import chosen_day, to_stop
from billing.payments.services import (
    BankNumberRefused,
    DebitFileRefused,
    MandateRefused,
    agree_mandate,
    choose_day,
    decide_debit_file,
    end_mandate,
    make_debit_file,
    note_return,
    note_stop,
    resume_mandate,
)
from billing.payments.services.bank_numbers import unseal
from billing.payments.states import ReturnCode
from complaints.lodging.services import ComplaintDetails, lodge_complaint
from complaints.process import services as process
from complaints.tickets.models import Complaint
from complaints.tickets.states import Duty
from contracts.supply.models import Chargeable
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.appointments.services import HolderChange, record_holder_event
from parties.authority.selectors import NotAuthorised
from parties.authority.states import HolderEventKind
from parties.people.states import StaffRole
from parties.security.models import Pause
from parties.security.states import HighRisk
from records.audit.models import Entry
from records.deadlines.models import Deadline
from records.documents.models import Document
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.facts import Role
from tests.billing.debits import NUMBER, agree_to_debit, draws, draws_debits, minded, send, wish
from tests.billing.moneys import agrees, day, story, told
from tests.billing.test_help_with_paying import sweep
from tests.world import appoint, make_staff, make_user

pytestmark = pytest.mark.django_db


def contest(one, moment: str, amount: str) -> Complaint:
    on, clock = moment.split()
    return lodge_complaint(
        account=one.account,
        by=one.world.holder,
        at=one.at(on, clock),
        details=ComplaintDetails(
            topic="bill",
            description="This part is wrong.",
            disputed_invoice=one.invoices()[0],
            disputed_amount=Decimal(amount),
        ),
    )


def due(complaint: Complaint, duty: Duty):
    rows = Deadline.objects.filter(subject=complaint.reference, duty=duty)
    return rows.exclude(status="superseded").get().due_on


@pytest.fixture
def perth():
    """VPnet, WA, TCP: a mandate without a chosen day, a bill of 330.00 issued on 15 March."""
    one = story("vpnet", "WA", tcp=True, bill_day=15)
    agree_to_debit(one, "2027-03-01")
    one.service("S", "300.00", "2027-03-15")
    one.run("2027-03-15", "11:00")
    return one


def test_a_contested_part_is_left_out_across_midnight_in_sydney_and_easter(perth):
    """seq-c-05: 330.00 billed on 15 March, due on the 30th; by law drawn from 1 April."""
    one = perth
    (invoice,) = one.invoices()
    assert told(invoice) == ("2027-03-15", "2027-03-30", "300.00", "30.00", "330.00")
    # 16 to 19, 22 to 25 March are eight working days; Easter; 30 March is nine, 31 March ten.
    assert draws(one) == [("2027-04-01", "330.00", "planned")]
    letter = Notice.objects.filter(kind="invoice_issued")
    assert not letter.exists() or "1 Apr" in letter.get().text

    complaint = contest(one, "2027-03-22 21:30", "88.00")
    assert one.held == "88.00"
    assert minded(one, "2027-03-22", "21:45") == [("2027-04-01", "242.00", "planned")]
    said = Notice.objects.filter(title__contains="242.00").get()
    assert "Thu 1 Apr 2027" in said.title
    assert "$88.00 that you contest is left out. It pays" in said.text
    assert due(complaint, Duty.ACKNOWLEDGE) == day("2027-03-24")
    assert due(complaint, Duty.PROPOSE) == day("2027-04-07")

    for on in ("2027-03-30", "2027-03-31"):
        sweep(one, on)
        assert minded(one, on) == [("2027-04-01", "242.00", "planned")]
        assert one.overdue(on) == "0.00"
    assert not Notice.objects.filter(kind="payment_reminder").exists()
    send(one, "2027-04-01", on="2027-03-31", clock="15:00")
    assert draws(one) == [("2027-04-01", "242.00", "sent")]
    assert one.owing == "330.00"
    assert minded(one, "2027-04-01") == [("2027-04-01", "242.00", "paid")]
    assert one.owing == "88.00"
    (payment,) = Payment.objects.all()
    assert (payment.received_on, payment.amount) == (day("2027-04-01"), Decimal("242.00"))
    assert payment.towards == invoice

    uphold(one, complaint, invoice, "88.00", "2027-04-07")
    (note,) = one.notes()
    assert (note.subtotal_ex, note.gst) == (Decimal("80.00"), Decimal("8.00"))
    assert one.owing == "0.00"
    for on in ("2027-04-08", "2027-04-14"):
        assert minded(one, on) == [("2027-04-01", "242.00", "paid")]
    assert not Chargeable.objects.exists()
    assert agrees()


def test_an_open_complaint_stops_the_draw_of_its_part_after_the_days_to_query(perth):
    """seq-c-05, the twin: 55.00 contested on the evening before the draw."""
    one = perth
    minded(one, "2027-03-30")

    complaint = contest(one, "2027-03-31 20:00", "55.00")

    assert one.held == "55.00"
    minded(one, "2027-03-31", "20:15")
    said = Notice.objects.get(title="On Thu 1 Apr 2027 we draw $275.00").text
    assert "let you query this bill ended on Mon 22 Mar 2027" in " ".join(said.split())
    assert "an open complaint stops the draw of its part all the same" in " ".join(said.split())
    send(one, "2027-04-01", on="2027-04-01", clock="09:00")
    assert minded(one, "2027-04-01") == [("2027-04-01", "275.00", "paid")]
    assert (one.owing, one.held) == ("55.00", "55.00")
    assert complaint.reference
    assert agrees()


def uphold(one, complaint: Complaint, invoice, credit: str, on: str) -> None:
    """The desk offers the credit, the holder takes it, and it is carried out."""
    desk = make_staff(StaffRole.FRONT_LINE)
    step = {"reference": complaint.reference}
    deliver_queued(at=one.at(on, "08:55"))
    process.acknowledge_sent(at=one.at(on, "08:56"))
    process.start_investigation(**step, by=desk, at=one.at(on, "09:00"))
    process.propose_resolution(
        **step,
        by=desk,
        text="It was wrong.",
        offer=process.Offer(credit=Decimal(credit), invoice=invoice),
        at=one.at(on, "11:00"),
    )
    process.accept_proposal(**step, by=one.world.holder, at=one.at(on, "11:30"))
    process.resolve_complaint(
        **step, by=desk, text="Taken off.", confirms=False, at=one.at(on, "12:00")
    )


def test_a_draw_waits_for_the_day_of_payment_moves_off_holidays_and_is_sent_back():
    """seq-m-11: Comvergence, QLD: due on Christmas Day, drawn on the 29th, back on the 31st."""
    one = story("comvergence", "QLD", bill_day=11)
    agree_to_debit(one, "2026-12-01")
    one.service("S", "62.00", "2026-12-11")
    first = one.run("2026-12-11")
    assert told(first) == ("2026-12-11", "2026-12-25", "62.00", "6.20", "68.20")
    # 25 is Christmas, 26 and 27 are a weekend, 28 stands in for Boxing Day.
    assert draws(one) == [("2026-12-29", "68.20", "planned")]

    made = send(one, "2026-12-29", on="2026-12-24")
    for on in ("2026-12-25", "2026-12-28"):
        assert minded(one, on) == [("2026-12-29", "68.20", "sent")]
        assert one.owing == "68.20"
    minded(one, "2026-12-29")
    assert one.owing == "0.00"
    draw = Draw.objects.get()
    clerk = make_staff(StaffRole.BILLING)
    note_return(draw=draw, code=ReturnCode.REFER, by=clerk, at=one.at("2026-12-31"))
    assert one.owing == "68.20"
    end_mandate(mandate=Mandate.objects.get(), by=one.world.holder, at=one.at("2026-12-31"))
    one.run("2027-01-11")
    assert one.owing == "136.40"
    assert minded(one, "2027-01-25") == [("2026-12-29", "68.20", "returned")]
    assert not Chargeable.objects.exists()
    assert made.count == 1
    assert agrees()


@pytest.mark.parametrize(
    ("chosen", "drawn"),
    [
        # Issued on 15 March, by law from 1 April; payable by 30 March, so until 1 April.
        (None, "2027-04-01"),
        (1, "2027-04-01"),
        (20, "2027-04-01"),
    ],
)
def test_no_choice_of_a_day_comes_before_the_law_lets_it(chosen, drawn):
    one = story("vpnet", "WA", tcp=True, bill_day=15)
    agree_to_debit(one, "2027-03-01", draw_day=chosen)
    one.service("S", "300.00", "2027-03-15")
    one.run("2027-03-15")

    assert draws(one) == [(drawn, "330.00", "planned")]


@pytest.mark.parametrize(
    ("chosen", "drawn"),
    [
        # Blueshift, not protected: from the bill on (71(a)); issued on Mon 1, due on Mon 15 March.
        (None, "2027-03-15"),
        (1, "2027-03-01"),
        (5, "2027-03-05"),
        (6, "2027-03-08"),  # a Saturday
        (15, "2027-03-15"),
        (16, "2027-03-15"),
        (31, "2027-03-15"),
    ],
)
def test_a_day_is_chosen_between_the_first_that_terms_allow_and_the_day_of_payment(chosen, drawn):
    one = story("blueshift", "NSW")
    agree_to_debit(one, "2027-02-01", draw_day=chosen)
    one.service("S", "61.60", "2027-03-01")
    one.run("2027-03-01")

    assert draws(one) == [(drawn, "61.60", "planned")]


def test_nobody_but_who_may_pay_agrees_and_a_paused_account_agrees_to_nothing(perth):
    one = perth
    at = one.at("2027-03-16")
    representative = make_user("Ravi Rep")
    appoint(one.account, representative, role=Role.ADVOCATE)
    for person in (make_user("Some Stranger"), representative, make_staff(StaffRole.CREDIT)):
        with pytest.raises(NotAuthorised):
            agree_mandate(account=one.account, by=person, wish=wish(number="87654321"), at=at)
        for step in (end_mandate, resume_mandate):
            with pytest.raises(NotAuthorised):
                step(mandate=Mandate.objects.get(), by=person, at=at)
    with pytest.raises(MandateRefused, match="customer signs"):
        agree_mandate(
            account=one.account, by=make_staff(StaffRole.BILLING), wish=wish(number="8765"), at=at
        )

    Pause.objects.create(
        account=one.account, step=HighRisk.BANK_DETAILS, person=one.world.holder, since=at
    )
    with pytest.raises(NotAuthorised):
        agree_mandate(account=one.account, by=one.world.holder, wish=wish(number="8765"), at=at)
    assert Mandate.objects.get().number_end == "678"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("bsb", "06218", "six digits"),
        ("bsb", "000000", "six digits"),
        ("bsb", "06२184", "six digits"),
        ("number", "123", "four to nine digits"),
        ("number", "4111111111111111", "card's number is longer"),
        ("number", "00000", "not all zeros"),
        ("number", "12\x00345", "four to nine digits"),
        ("payer_name", "Zoë", "leave accents out"),
        ("payer_name", "x" * 33, "2 to 32"),
        ("draw_day", 0, "from 1 to 31"),
        ("draw_day", 32, "from 1 to 31"),
        ("capacity", " ", "Say as what you sign"),
        ("signed_as", " ", "your signature"),
    ],
)
def test_what_is_no_bank_account_is_refused_in_words(field, value, words):
    one = story("vpnet", "NSW")
    draws_debits(one.world.provider)

    with pytest.raises(BankNumberRefused, match=words) as refusal:
        agree_mandate(
            account=one.account,
            by=one.world.holder,
            wish=wish(**{field: value}),
            at=one.at("2027-03-01"),
        )

    assert refusal.value.field == field
    assert not Mandate.objects.exists()


def test_where_the_bank_takes_no_files_nothing_is_agreed_to():
    one = story("vpnet", "NSW")

    with pytest.raises(MandateRefused, match="not offered"):
        agree_mandate(
            account=one.account, by=one.world.holder, wish=wish(), at=one.at("2027-03-01")
        )


def test_the_same_form_twice_is_one_mandate_and_another_account_takes_its_place(perth):
    one = perth
    first = Mandate.objects.get()
    assert agree_to_debit(one, "2027-03-16") == first

    second = agree_to_debit(one, "2027-03-17", number="987654321")

    first.refresh_from_db()
    assert (first.state, second.state) == ("ended", "active")
    assert draws(one) == [("2027-04-01", "330.00", "planned")]
    assert Draw.objects.exclude(state="dropped").get().mandate == second


def test_the_number_is_sealed_and_stands_in_no_letter_document_or_record(perth):
    mandate = Mandate.objects.get()
    assert NUMBER not in mandate.sealed_number
    assert unseal(mandate.sealed_number) == NUMBER
    send(perth, "2027-04-01")

    for rows, fields in (
        (Notice.objects.all(), ("text", "html", "title")),
        (Document.objects.all(), ("content",)),
        (Entry.objects.all(), ("before", "after", "subject", "reason")),
    ):
        for row in rows:
            for name in fields:
                assert NUMBER not in str(getattr(row, name)), (row, name)
    request = Document.objects.get(kind="direct_debit_request")
    assert request.content["number_end"] == "678"
    sent = Notice.objects.filter(title__contains="by direct debit")
    assert [list(one.attachments.all()) for one in sent] == [[request], [request]]


def test_help_with_paying_leaves_the_draw_out_with_its_reason_and_its_end_brings_it_back(perth):
    one = perth
    asked = ask_for_help(
        account=one.account, by=one.world.holder, wanted=HelpWanted(), at=one.at("2027-03-22")
    )

    assert minded(one, "2027-03-22") == []
    gone = Draw.objects.get()
    assert (gone.state, gone.reason) == ("dropped", "Help with paying was asked for")
    assert Notice.objects.filter(title__startswith="We don't draw $330.00").exists()
    assert refused_file(one, "2027-04-01") == "Nothing is to be drawn by Thu 1 Apr 2027."

    withdraw_request(reference=asked.reference, by=one.world.holder, at=one.at("2027-03-24"))
    # Told anew on 24 March: 25, 30, 31 March, 1, 2, 5 to 9 April are ten working days.
    (planned,) = minded(one, "2027-03-24")
    assert planned == ("2027-04-12", "330.00", "planned")


def refused_file(one, for_day: str) -> str:
    with pytest.raises(DebitFileRefused) as refusal:
        send(one, for_day)
    return str(refusal.value)


def test_what_begins_after_the_file_was_made_takes_the_draw_out_of_it():
    """Made by one, help asked for, then approved by the other: it is left out, and said why."""
    one = story("vpnet", "WA", tcp=True, bill_day=15)
    agree_to_debit(one, "2027-03-01")
    one.service("S", "300.00", "2027-03-15")
    one.run("2027-03-15")
    clerk = make_staff(StaffRole.BILLING)
    made = make_debit_file(
        provider=one.account.customer.provider,
        day=day("2027-04-01"),
        by=clerk,
        at=one.at("2027-03-31"),
    ).file
    assert (made.state, draws(one)) == ("asked", [("2027-04-01", "330.00", "in_file")])
    ask_for_help(
        account=one.account, by=one.world.holder, wanted=HelpWanted(), at=one.at("2027-03-31")
    )

    with pytest.raises(DebitFileRefused, match="Nothing of it may be drawn"):
        decide_debit_file(
            file=made, approve=True, by=make_staff(StaffRole.BILLING), at=one.at("2027-04-01")
        )

    made.refresh_from_db()
    assert made.state == "asked"
    decide_debit_file(file=made, approve=False, by=clerk, at=one.at("2027-04-01"))
    assert minded(one, "2027-04-01") == []
    assert Draw.objects.get().reason == "Help with paying was asked for"


@pytest.mark.parametrize("how", ["block", "hold", "death"])
def test_what_is_private_leaves_the_draw_out_without_a_word(perth, how):
    one = perth
    at = one.at("2027-03-22")
    if how == "block":
        block_chasing(
            account=one.account, kind=BlockKind.SAFETY, subject="C-1", at=at, is_private=True
        )
    elif how == "hold":
        hold_amount(
            invoice=one.invoices()[0],
            amount=Decimal("10.00"),
            complaint="C-1",
            at=at,
            is_private=True,
        )
    else:
        record_holder_event(
            account=one.account,
            happened=HolderChange(
                kind=HolderEventKind.DEATH, since=day("2027-03-21"), evidence="Told by a daughter"
            ),
            by=make_staff(StaffRole.TEAM_MANAGER),
            at=at,
        )
    before = Notice.objects.count()

    assert minded(one, "2027-03-22") == []

    assert Notice.objects.count() == before
    assert Draw.objects.get().reason == ""
    assert refused_file(one, "2027-04-01") == "Nothing is to be drawn by Thu 1 Apr 2027."


def test_what_was_paid_otherwise_shrinks_the_draw_and_then_ends_it(perth):
    one = perth
    one.pay("2027-03-16", "130.00")
    assert minded(one, "2027-03-16") == [("2027-04-01", "200.00", "planned")]
    one.pay("2027-03-17", "200.00")
    assert minded(one, "2027-03-17") == []
    assert one.owing == "0.00"


def test_stopping_ends_what_is_planned_and_asks_the_bank_to_stop_what_it_has(perth):
    """RF-TCP-15: three working days; asked on Thu 1 April, before Easter's Monday was over."""
    one = perth
    send(one, "2027-04-01", on="2027-03-31")
    mandate = Mandate.objects.get()

    end_mandate(mandate=mandate, by=one.world.holder, at=one.at("2027-03-31", "16:00"))
    end_mandate(mandate=mandate, by=one.world.holder, at=one.at("2027-03-31", "16:00"))

    # 1 April, then Friday the 2nd and Monday the 5th.
    duty = Deadline.objects.get(subject=mandate.reference)
    assert (duty.due_on, duty.status) == (day("2027-04-05"), "open")
    (draw,) = to_stop(Draw.objects.all())
    note_stop(draw=draw, by=make_staff(StaffRole.BILLING), at=one.at("2027-03-31", "17:00"))
    duty.refresh_from_db()
    assert duty.status == "met"
    assert minded(one, "2027-04-01") == [("2027-04-01", "330.00", "stopped")]
    assert one.owing == "330.00"
    one.run("2027-04-15")
    assert minded(one, "2027-05-10") == [("2027-04-01", "330.00", "stopped")]


def test_a_change_of_day_by_us_waits_fourteen_days_and_one_by_the_customer_holds_at_once():
    """RF-PAY-03: told on 1 March, all 14 days are the customer's: from 16 March."""
    one = story("blueshift", "NSW", bill_day=5)
    mandate = agree_to_debit(one, "2027-02-01")
    one.service("S", "61.60", "2027-03-05", entered="2027-03-01")
    clerk = make_staff(StaffRole.BILLING)

    choose_day(mandate=mandate, day=8, by=clerk, at=one.at("2027-03-01"))

    mandate.refresh_from_db()
    assert (mandate.draw_day, mandate.later_from) == (None, day("2027-03-16"))
    assert chosen_day(mandate, day("2027-03-15")) is None
    assert chosen_day(mandate, day("2027-03-16")) == 8
    one.run("2027-03-05")
    assert draws(one) == [("2027-03-19", "61.60", "planned")]
    choose_day(mandate=mandate, day=10, by=one.world.holder, at=one.at("2027-03-06"))
    assert draws(one) == [("2027-03-10", "61.60", "planned")]
    with pytest.raises(BankNumberRefused, match="from 1 to 31"):
        choose_day(mandate=mandate, day=40, by=one.world.holder, at=one.at("2027-03-06"))
