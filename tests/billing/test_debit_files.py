"""The bank's files: debits out in its format, what it sent back in, all of it or nothing."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from billing.payments.models import DebitFile, DebitReturns, Draw, Mandate, Payment
from billing.payments.services import (
    DebitFileRefused,
    MandateWish,
    ReturnsRefused,
    agree_mandate,
    decide_debit_file,
    file_content,
    make_debit_file,
    note_return,
    resume_mandate,
    take_returns,
)
from billing.payments.states import DrawState, ReturnCode
from contracts.supply.models import Chargeable
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from terms.lifecycle import IllegalStep
from tests.billing.debits import agree_to_debit, draws, minded, send
from tests.billing.moneys import Story, agrees, day, story
from tests.world import make_staff

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "golden" / "debits-2027-02-15.aba"


def billed(key: str = "blueshift", fee: str = "61.60", **facts) -> Story:
    """A bill of 1 February 2027 that is drawn on the 15th."""
    one = story(key, "NSW", **facts)
    agree_to_debit(one, "2027-01-20")
    one.service("S", fee, "2027-02-01", basis="inc")
    one.run("2027-02-01")
    assert draws(one) == [("2027-02-15", fee, "planned")]
    return one


def make(one: Story, for_day: str = "2027-02-15", *, on: str | None = None, by=None):
    return make_debit_file(
        provider=one.account.customer.provider,
        day=day(for_day),
        by=by or make_staff(StaffRole.BILLING),
        at=one.at(on or for_day),
    )


def back(*rows: tuple[str, str, str], head: bool = True) -> bytes:
    """A bank's list of debits sent back: reference, dollars, reason."""
    lines = [f"{'0':120}"] if head else []
    for reference, amount, code in rows:
        cents = f"{int(Decimal(amount) * 100):010d}"
        line = f"2062-184 12345678{code}13{cents}{'M CONTI':32}{reference:18}"
        lines.append(f"{line}062-000 10204180{'VPNET PTY LTD':16}01301204")
    return "\r\n".join([*lines, f"{'7999-999':120}"]).encode()


def take(one: Story, data: bytes, on: str = "2027-02-17"):
    clerk = make_staff(StaffRole.BILLING)
    provider = one.account.customer.provider
    return take_returns(provider=provider, data=data, by=clerk, at=one.at(on))


def test_the_file_is_what_a_bank_reads():
    """Compared with the one worked out by hand, sign by sign; references and names made equal."""
    first, second = billed(fee="61.60"), billed(fee="1234.50")
    agree_mandate(
        account=second.account,
        by=second.world.holder,
        wish=MandateWish(
            payer_name="O'BRIEN & SONS PTY LTD (TRADING)",
            bsb="484799",
            number="987654321",
            signed_as="Mia Conti",
            capacity="director",
        ),
        at=second.at("2027-02-02"),
    )
    for number, one in enumerate((first, second), start=1):
        Draw.objects.filter(account=one.world.account).exclude(state="dropped").update(
            reference=f"D-TESTTES{number}"
        )

    row = send(first, "2027-02-15")

    content = file_content(row)
    assert content == GOLDEN.read_bytes()
    assert hashlib.sha256(content).hexdigest() == row.sha256
    lines = content.decode("ascii").split("\r\n")
    assert lines.pop() == ""
    assert {len(line) for line in lines} == {120}
    assert (row.count, row.total) == (2, Decimal("1296.10"))


def test_a_debit_never_stands_in_two_files_and_is_paid_on_the_banks_day_alone():
    one = billed()
    first = make(one, on="2027-02-12").file
    assert (first.state, draws(one)) == ("sent", [("2027-02-15", "61.60", "sent")])

    with pytest.raises(DebitFileRefused, match="Nothing is to be drawn"):
        make(one, on="2027-02-12")

    assert minded(one, "2027-02-14") == [("2027-02-15", "61.60", "sent")]
    assert one.owing == "61.60"
    assert minded(one, "2027-02-15", "06:00") == [("2027-02-15", "61.60", "paid")]
    minded(one, "2027-02-15", "07:00")
    assert (one.owing, Payment.objects.count()) == ("0.00", 1)
    assert agrees()


def test_above_the_limit_another_person_sends_it():
    one = billed(fee="550.00")
    clerk, other = make_staff(StaffRole.BILLING), make_staff(StaffRole.BILLING)
    row = make(one, by=clerk).file
    assert (row.state, row.sha256) == ("asked", "")
    with pytest.raises(DebitFileRefused, match="another person"):
        decide_debit_file(file=row, approve=True, by=clerk, at=one.at("2027-02-15"))

    row = decide_debit_file(file=row, approve=True, by=other, at=one.at("2027-02-15")).file

    assert (row.state, row.decided_by) == ("sent", other)
    assert file_content(row)
    for approve in (True, False):
        with pytest.raises(IllegalStep):
            decide_debit_file(file=row, approve=approve, by=other, at=one.at("2027-02-15"))


def test_a_refused_file_lets_its_debits_be_put_in_another():
    one = billed(fee="550.00")
    row = make(one, on="2027-02-12").file
    decide_debit_file(
        file=row, approve=False, by=make_staff(StaffRole.BILLING), at=one.at("2027-02-12")
    )
    assert draws(one) == [("2027-02-15", "550.00", "planned")]

    again = send(one, "2027-02-15")

    assert (DebitFile.objects.count(), again.count) == (2, 1)


@pytest.mark.parametrize(
    ("for_day", "words"),
    [
        ("2027-02-12", "is over"),
        ("2027-02-20", "Banks do not work"),
        ("2027-03-26", "next two weeks"),
    ],
)
def test_a_day_on_which_no_bank_works_is_refused(for_day, words):
    one = billed()

    with pytest.raises(DebitFileRefused, match=words):
        make(one, for_day, on="2027-02-15")

    assert not DebitFile.objects.exists()


def test_a_provider_without_its_numbers_makes_no_file():
    one = billed()
    provider = one.world.provider
    provider.debit_user_number = ""
    provider.save()

    with pytest.raises(DebitFileRefused, match="an administrator sets them"):
        make(one)


def test_who_was_missed_is_drawn_on_the_next_day_and_told_so():
    """No file was made on Monday the 15th: drawn on Tuesday, and payable until then."""
    one = billed()

    assert minded(one, "2027-02-16") == [("2027-02-16", "61.60", "planned")]

    assert one.overdue("2027-02-16") == "0.00"
    assert Notice.objects.filter(title="On Tue 16 Feb 2027 we draw $61.60").exists()
    send(one, "2027-02-16")
    assert minded(one, "2027-02-16") == [("2027-02-16", "61.60", "paid")]


def test_a_file_that_is_not_what_was_sent_is_not_given_out():
    one = billed()
    row = send(one, "2027-02-15")
    Draw.objects.update(amount=Decimal("616.00"))

    with pytest.raises(DebitFileRefused, match="not what was sent"):
        file_content(row)


def test_what_the_bank_sent_back_is_open_again_with_the_fee_that_the_terms_name():
    """Comvergence names none; the bill is open again from the day of the return."""
    one = billed()
    send(one, "2027-02-15")
    minded(one, "2027-02-15")
    assert one.owing == "0.00"
    (draw,) = Draw.objects.all()

    took = take(one, back((draw.reference, "61.60", "6")))

    assert (took.count, took.total) == (1, Decimal("61.60"))
    assert (one.owing, draws(one)) == ("61.60", [("2027-02-15", "61.60", "returned")])
    draw.refresh_from_db()
    assert draw.reason == "The bank did not pay it"
    assert draw.payment.reversed_on == day("2027-02-17")
    assert Mandate.objects.get().state == "active"
    # What was sent back is not drawn once more by itself.
    assert minded(one, "2027-02-18") == [("2027-02-15", "61.60", "returned")]
    assert agrees()


def test_a_return_before_we_booked_the_debit_leaves_nothing_behind():
    one = billed()
    send(one, "2027-02-15")
    (draw,) = Draw.objects.all()

    take(one, back((draw.reference, "61.60", "6")), on="2027-02-15")

    assert one.owing == "61.60"
    assert Payment.objects.get().reversed_on == day("2027-02-15")
    assert agrees()


@pytest.mark.parametrize("code", ["1", "2", "3", "4", "5"])
def test_a_reason_that_lasts_pauses_at_once(code):
    one = billed()
    send(one, "2027-02-15")
    minded(one, "2027-02-15")

    take(one, back((Draw.objects.get().reference, "61.60", code)))

    mandate = Mandate.objects.get()
    assert mandate.state == "paused"
    assert ReturnCode(code).label in mandate.reason
    assert Notice.objects.filter(title="Your direct debits are paused").exists()
    one.run("2027-03-01")
    assert draws(one) == [("2027-02-15", "61.60", "returned")]
    resume_mandate(mandate=mandate, by=one.world.holder, at=one.at("2027-03-02"))
    assert draws(one)[1:] == [("2027-03-15", "61.60", "planned")]


def test_two_in_a_row_pause_and_one_that_is_paid_starts_anew():
    one = billed()
    clerk = make_staff(StaffRole.BILLING)
    for month, states in (("02", "active"), ("03", "active"), ("04", "active"), ("05", "paused")):
        if month != "02":
            one.run(f"2027-{month}-01")
        planned = Draw.objects.get(state=DrawState.PLANNED)
        on = planned.on.isoformat()
        send(one, on)
        minded(one, on)
        if month != "03":
            planned.refresh_from_db()
            note_return(draw=planned, code=ReturnCode.REFER, by=clerk, at=one.at(on, "17:00"))
        assert Mandate.objects.get().state == states, month


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("D-UNKNOWN1", "61.60", "6")], "Line 2: nothing of ours has the reference D-UNKNOWN1"),
        ([("{0}", "61.61", "6")], r"is of \$61.60, not of \$61.61"),
        ([("{0}", "61.60", "6"), ("{0}", "61.60", "6")], "stands in it 2 times"),
        ([("{0}", "61.60", "6"), ("D-UNKNOWN1", "1.00", "6")], "Line 3: nothing of ours"),
        ([("{0}", "61.60", "0")], "Line 2: “0” is no reason that banks give"),
        ([("{0}", "61.60", "x")], "Line 2: “x” is no reason"),
        ([("", "61.60", "6")], "Line 2: it names no reference"),
        ([("{1}", "55.00", "6")], "the bank was not asked for"),
        ([], "It names no debit"),
    ],
)
def test_a_list_with_a_line_that_does_not_fit_changes_nothing(rows, words):
    one, other = billed(), billed(fee="55.00")
    row = send_only(one)
    references = [
        Draw.objects.get(account=story_.world.account).reference for story_ in (one, other)
    ]
    minded(one, "2027-02-15")
    data = back(*((name.format(*references), *rest) for name, *rest in rows))

    with pytest.raises(ReturnsRefused, match=words) as refusal:
        take(one, data)

    assert str(refusal.value).startswith("Nothing was taken.")
    assert (one.owing, row.count) == ("0.00", 1)
    assert not DebitReturns.objects.exists()
    assert not Payment.objects.filter(reversed_on__isnull=False).exists()


def send_only(one: Story) -> DebitFile:
    """Send one account's debit, the other's left for later."""
    others = Draw.objects.exclude(account=one.world.account)
    others.update(on=day("2027-02-19"))
    return send(one, "2027-02-15")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "It names no debit"),
        (b"\x00\x01", "signs that none uses"),
        ("2é".encode(), "signs that none uses"),
        (b"Date,Amount\n2027-02-15,61.60\n", "begins with “D”"),
        (b"2" * 30, "it has 30 signs"),
        (b"2" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_what_is_no_list_of_a_bank_is_refused_in_words(data, words):
    with pytest.raises(ReturnsRefused, match=words):
        take(billed(), data)


def test_the_same_list_or_the_same_debit_twice_is_refused_and_changes_nothing():
    one = billed()
    send(one, "2027-02-15")
    minded(one, "2027-02-15")
    (draw,) = Draw.objects.all()
    data = back((draw.reference, "61.60", "6"))
    take(one, data)

    with pytest.raises(ReturnsRefused, match="was taken on"):
        take(one, data.replace(b"\r\n", b"\n"))
    with pytest.raises(ReturnsRefused, match="was sent back already"):
        take(one, back((draw.reference, "61.60", "6"), head=False) + b"\r\n7")

    assert one.owing == "61.60"
    assert DebitReturns.objects.count() == 1
    assert Chargeable.objects.count() <= 1


def test_each_step_stands_on_the_accounts_record():
    one = billed()
    send(one, "2027-02-15")
    minded(one, "2027-02-15")
    take(one, back((Draw.objects.get().reference, "61.60", "6")))

    done = set(
        Entry.objects.filter(account_id=one.world.account.pk).values_list("action", flat=True)
    )

    assert {"agree_mandate", "plan_draw", "send_draw", "record_payment", "return_draw"} <= done
