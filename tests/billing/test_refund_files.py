"""Refunds by a file for the bank: to the account that the customer gave, in one file, or back."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from billing.payments.models import Refund, RefundAccount, RefundFile
from billing.payments.services import (
    BankAccount,
    BankNumberRefused,
    DebitFileRefused,
    PaymentRefused,
    RefundRefused,
    RefundWish,
    ReturnsRefused,
    ask_again,
    ask_refund,
    decide_refund,
    decide_refund_file,
    give_refund_account,
    make_refund_file,
    note_failure,
    refund_file_content,
    settle_refund_files,
    take_refund_account_away,
    take_returns,
)
from billing.payments.services.bank_numbers import unseal
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from parties.security.models import Pause
from parties.security.states import HighRisk
from portal.composition.worklists import worklists
from records.audit.models import Entry
from records.notices.models import Notice
from terms.facts import Role
from terms.lifecycle import IllegalStep
from tests.billing.debits import draws_debits
from tests.billing.moneys import Story, agrees, day, story
from tests.billing.test_debit_files import back
from tests.parties.security.test_attacks_at_once import at_once, kinds
from tests.parties.staff import sign_in_staff
from tests.world import appoint, make_staff, make_user

pytestmark = pytest.mark.django_db
NUMBER = "87654321"
GIVEN, ASKED, DAY, AFTER = "2027-01-11", "2027-01-12", "2027-01-13", "2027-01-14"
GOLDEN = Path(__file__).parent / "golden" / "refunds-2027-01-13.aba"


@pytest.fixture
def one() -> Story:
    """Blueshift, whose bank takes files; 300.00 of credit, of which up to 200.00 needs one."""
    found = story("blueshift", "NSW")
    draws_debits(found.world.provider)
    found.account.refresh_from_db()
    found.pay("2027-01-10", "300.00")
    return found


def given(**facts: str) -> BankAccount:
    return BankAccount(**{"payee_name": "M CONTI", "bsb": "062184", "number": NUMBER, **facts})


def give(one: Story, by: Any = None, **facts: str) -> RefundAccount:
    return give_refund_account(
        account=one.account, by=by or one.world.holder, given=given(**facts), at=one.at(GIVEN)
    )


def ask(one: Story, amount: str = "40.00", to: RefundAccount | None = None) -> Refund:
    wish = RefundWish(amount=Decimal(amount), reason="Paid too much", to=to or give(one))
    return ask_refund(account=one.account, wish=wish, by=make_staff(), at=one.at(ASKED))


def make(one: Story, on: str = DAY, by: Any = None) -> RefundFile:
    return make_refund_file(
        provider=one.account.customer.provider,
        day=day(on),
        by=by or make_staff(StaffRole.BILLING),
        at=one.at(ASKED, "11:00"),
    )


def take(one: Story, *rows: tuple[str, str, str]) -> None:
    take_returns(
        provider=one.account.customer.provider,
        data=back(*rows),
        by=make_staff(StaffRole.BILLING),
        at=one.at(AFTER),
    )


def state(row: Refund) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.why


def test_a_refund_goes_in_a_file_and_is_paid_when_the_banks_day_is_over(one):
    row = ask(one)
    assert (*state(row), one.credit) == ("going", "", "260.00")

    file = make(one)

    assert (file.state, file.count, file.total) == ("sent", 1, Decimal("40.00"))
    assert settle_refund_files(at=one.at(DAY)) == 0
    assert settle_refund_files(at=one.at(AFTER, "00:01")) == 1
    assert settle_refund_files(at=one.at(AFTER)) == 0
    assert (*state(row), one.credit) == ("paid", "", "260.00")
    (letter,) = Notice.objects.filter(title="We pay $40.00 back to you")
    assert "to the bank account ending 321" in " ".join(letter.text.split())
    assert agrees()


def test_the_file_is_what_a_bank_reads(one):
    """Compared with the one worked out by hand, sign by sign; references made equal."""
    row = ask(one, "40.05")
    file = make(one)

    content = refund_file_content(file).decode("ascii")
    content = content.replace(row.bank_reference, "RF" + "0" * 13)

    assert content == GOLDEN.read_bytes().decode("ascii")
    RefundAccount.objects.update(bsb="062-185")
    with pytest.raises(DebitFileRefused, match="is not what was sent"):
        refund_file_content(file)


def test_two_decide_about_a_file_above_the_limit(one):
    account = give(one)
    rows = [ask(one, "150.00", account), ask(one, "60.00", account)]
    clerk, other = make_staff(StaffRole.BILLING), make_staff(StaffRole.BILLING)
    file = make(one, by=clerk)
    assert (file.state, file.total) == ("asked", Decimal("210.00"))
    with pytest.raises(DebitFileRefused, match="No refund waits"):
        make(one)
    with pytest.raises(DebitFileRefused, match="another person"):
        decide_refund_file(file=file, approve=True, by=clerk, at=one.at(ASKED))
    assert settle_refund_files(at=one.at(AFTER)) == 0

    decide_refund_file(file=file, approve=False, by=clerk, at=one.at(ASKED))
    again = make(one, by=clerk)
    done = decide_refund_file(file=again, approve=True, by=other, at=one.at(ASKED))

    assert (done.state, done.count, len(done.lines)) == ("sent", 2, 2)
    with pytest.raises(IllegalStep):
        decide_refund_file(file=again, approve=True, by=other, at=one.at(ASKED))
    settle_refund_files(at=one.at(AFTER))
    assert {state(row)[0] for row in rows} == {"paid"}


def test_nothing_goes_to_an_account_that_was_taken_away_meanwhile(one):
    row = ask(one)
    take_refund_account_away(account=one.account, by=one.world.holder, at=one.at(ASKED))
    take_refund_account_away(account=one.account, by=one.world.holder, at=one.at(ASKED))

    with pytest.raises(DebitFileRefused, match="No refund waits"):
        make(one)

    assert state(row) == ("failed", "The bank account that it was to go to was taken away")
    assert one.credit == "300.00"
    with pytest.raises(RefundRefused, match="another bank account meanwhile"):
        ask_again(refund=row, of=None, to=row.to, by=make_staff(), at=one.at(ASKED))
    other = give(one, number="1234")
    ask_again(refund=row, of=None, to=other, by=make_staff(), at=one.at(ASKED))
    assert (make(one).lines[0]["to"], one.credit) == (other.pk, "260.00")
    assert agrees()


def test_a_file_that_waits_leaves_out_what_was_taken_away(one):
    account = give(one)
    row = ask(one, "210.00", account)
    decide_refund(refund=row, approve=True, by=make_staff(), at=one.at(ASKED))
    file = make(one)
    give(one, number="1234")

    other = make_staff(StaffRole.BILLING)
    done = decide_refund_file(file=file, approve=True, by=other, at=one.at(ASKED))

    assert (done.state, done.count, state(row)[0]) == ("refused", 0, "failed")


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_the_bank_sends_back_is_credit_again_and_paid_another_way(one, when):
    row = ask(one)
    make(one)
    if when == "after":
        settle_refund_files(at=one.at(AFTER, "00:01"))

    take(one, (row.bank_reference, "40.00", "3"))

    assert (*state(row), one.credit) == ("failed", "The account is closed", "300.00")
    first = row.bank_reference
    ask_again(refund=row, of=None, to=row.to, by=make_staff(), at=one.at(AFTER))
    assert row.bank_reference == first
    row.refresh_from_db()
    assert row.bank_reference != first
    make_refund_file(
        provider=one.account.customer.provider,
        day=day("2027-01-15"),
        by=make_staff(StaffRole.BILLING),
        at=one.at(AFTER),
    )
    settle_refund_files(at=one.at("2027-01-18"))
    assert (*state(row), one.credit) == ("paid", "", "260.00")
    assert agrees()


@pytest.mark.parametrize(
    ("reference", "amount", "says"),
    [
        ("{0}", "40.01", "is of $40.00, not of $40.01"),
        ("RF0000000000001", "40.00", "nothing of ours has the reference"),
        ("RFxx", "40.00", "nothing of ours has the reference"),
        ("{1}", "5.00", "the bank was not asked for RF"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_whole(one, reference, amount, says):
    account = give(one)
    row = ask(one, "40.00", account)
    make(one)
    waits = ask(one, "5.00", account)
    row.refresh_from_db()
    waits.refresh_from_db()

    with pytest.raises(ReturnsRefused) as refused:
        take(
            one,
            (row.bank_reference, "40.00", "3"),
            (reference.format(row.bank_reference, waits.bank_reference), amount, "3"),
        )

    assert says in str(refused.value) or "stands in it 2 times" in str(refused.value)
    assert state(row) == ("going", "")


def test_what_no_bank_has_can_not_come_back(one):
    row = ask(one)
    facts = {"refund": row, "why": "Closed", "by": make_staff(), "at": one.at(ASKED)}
    with pytest.raises(RefundRefused, match="in no file that was sent"):
        note_failure(**facts)
    make(one)

    note_failure(**facts)

    assert state(row) == ("failed", "Closed")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"bsb": "0621"}, "A BSB has six digits"),
        ({"bsb": "000000"}, "A BSB has six digits"),
        ({"number": "4111111111111111"}, "four to nine digits"),
        ({"number": "0000"}, "not all zeros"),
        ({"number": "12\x0034"}, "four to nine digits"),
        ({"payee_name": "Zoë Müller"}, "plain letters"),
        ({"payee_name": ""}, "plain letters"),
    ],
)
def test_what_is_no_bank_account_is_refused(one, facts, says):
    with pytest.raises(BankNumberRefused, match=says):
        give(one, **facts)
    assert not RefundAccount.objects.exists()


def test_a_bank_account_is_sealed_told_and_replaced(one):
    first = give(one)
    assert give(one) == first
    second = give(one, number="1234")

    first.refresh_from_db()
    assert (NUMBER in first.sealed_number, unseal(first.sealed_number)) == (False, NUMBER)
    assert (first.ended_at is None, second.ended_at) == (False, None)
    assert Notice.objects.filter(title="Where we pay money back was set").count() == 2
    kept = Entry.objects.filter(action="give_refund_account").values_list("after", flat=True)
    assert [one["bank_account"] for one in kept.order_by("pk")] == ["ending 321", "ending 234"]


def test_only_whoever_may_pay_gives_it_and_nobody_while_steps_are_paused(one):
    advocate = make_user("ada@example.com")
    appoint(one.account, advocate, Role.ADVOCATE)
    for stranger in (advocate, make_user("eve@example.com")):
        with pytest.raises(NotAuthorised):
            give(one, by=stranger)
        with pytest.raises(NotAuthorised):
            take_refund_account_away(account=one.account, by=stranger, at=one.at(GIVEN))
    with pytest.raises((PaymentRefused, NotAuthorised)):
        give(one, by=make_staff(StaffRole.BILLING))
    Pause.objects.create(
        account=one.account,
        step=HighRisk.BANK_DETAILS,
        person=one.world.holder,
        since=one.at(GIVEN),
    )
    with pytest.raises(NotAuthorised):
        give(one)
    assert not RefundAccount.objects.exists()


def test_a_provider_without_a_file_takes_no_bank_account():
    found = story("callpro", "NSW")
    with pytest.raises(PaymentRefused, match="by a file here"):
        give(found)


def test_staff_pay_it_by_a_file_on_their_pages(one, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at(ASKED))
    give(one)
    staff = make_staff(StaffRole.BILLING)
    desk = sign_in_staff(client, staff, because_of=one.account)
    url = f"{reverse('admin:billing_refund_add')}?account={one.account.number}"
    form = desk.get(url).context["form"]
    asked = {"amount": "40.00", "reason": "Paid too much", "to": "by_file"}
    asked |= {"key": form["key"].value()}
    assert "to the account ending 321 that" in desk.get(url).content.decode()
    seen = desk.post(url, asked)
    assert "with the next file of refunds" in seen.content.decode()
    desk.post(url, asked | {"seen": seen.context["form"]["seen"].value()})
    listed = {list_["title"]: list_["count"] for list_ in worklists(staff, one.at(ASKED))}
    assert listed["Refunds to put in a file for the bank"] == 1

    made = desk.post(
        reverse("admin:billing_refundfile_add"),
        {"provider": one.world.provider.pk, "day": "2027-01-13"},
    )
    file = RefundFile.objects.get()

    assert made.url == reverse("admin:billing_refundfile_change", args=[file.pk])
    page = desk.get(made.url).content.decode()
    assert "ends 321" in page
    assert NUMBER not in page
    taken = desk.post(reverse("admin:billing_refundfile_download", args=[file.pk]))
    assert NUMBER in taken.content.decode()
    assert Entry.objects.filter(action="download_refund_file").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only there two really run")
def test_two_at_once_put_a_refund_in_one_file(one):
    ask(one)

    found = at_once([partial(make, one), partial(make, one)])

    assert set(kinds(found)) == {RefundFile, DebitFileRefused}
    assert RefundFile.objects.get().count == 1
    assert agrees()
