"""A bank's file: each good row counts once, each bad row is named, nothing is half-written."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from billing.payments.models import BankFormat, BankImport, ImportedRow, Payment
from billing.payments.selectors import check_digit, payment_reference, unmatched
from billing.payments.services import (
    AlreadyRecorded,
    FileRefused,
    match_payment,
    read_bank_file,
    record_payment,
    reverse_payment,
)
from billing.payments.services.importing import LARGEST_FILE
from parties.accounts.services import open_account
from parties.accounts.states import AcceptanceAct
from parties.people.states import StaffRole
from terms import library
from tests.billing.moneys import Story, agrees, day, story, told
from tests.parties.staff import sign_in_staff
from tests.world import World, instant, make_provider, make_staff, make_world

pytestmark = pytest.mark.django_db
POSTGRES = connection.vendor == "postgresql"

HEAD = "Date,Kind,Amount,Reference\n"


def bank(provider=None, **facts) -> BankFormat:
    return BankFormat.objects.create(
        provider=provider or make_provider("callpro"),
        name=f"Bank {BankFormat.objects.count()}",
        **{"kind_column": "Kind"} | facts,
    )


def take(form: BankFormat, text: str | bytes, on: str = "2027-03-10", **facts) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    outcomes = read_bank_file(form=form, data=data, at=instant(f"{on} 10:00"), **facts)
    return [one.fate.value for one in outcomes]


def words(form: BankFormat, text: str, on: str = "2027-03-10") -> list[str]:
    outcomes = read_bank_file(form=form, data=text.encode(), at=instant(f"{on} 10:00"))
    return [one.words for one in outcomes]


def account_with(pk: int) -> Story:
    """A protected small business of CALLPRO whose payment reference follows from its row."""
    world = make_world("callpro")
    account = open_account(
        customer=world.customer,
        pk=pk,
        number=f"CP{pk}",
        opened_on=day("2026-01-05"),
        version=library.in_force("callpro", day("2026-01-05")),
        act=AcceptanceAct.SIGN_UP,
        at=instant("2026-01-05 09:00"),
        state="NSW",
        street="1 Test Street",
        suburb="Testville",
        postcode="2000",
        billing_email="bills@people.example",
        bill_day=1,
    )
    return Story(World(world.provider, world.customer, account, world.holder))


def test_a_file_imported_twice_one_reference_for_two_customers_and_a_wrong_check_digit():
    a, b = account_with(39452345), account_with(51861936)
    assert payment_reference(a.account) == "394523459"
    assert payment_reference(b.account) == "518619363"
    for one in (a, b):
        one.service("S", "66.00", "2027-03-01")
    a.run("2027-03-01")
    assert [told(one.invoices()[0])[4] for one in (a, b)] == ["66.00", "66.00"]
    form = bank()
    text = HEAD + (
        "09/03/2027,BPAY,66.00,394523459\n"
        "09/03/2027,EFT,66.00,INVOICE\n"
        "09/03/2027,EFT,66.00,INVOICE\n"
        "09/03/2027,BPAY,40.00,518619364\n"
        "09/03/2027,EFT,-20.00,RENT\n"
        "09/03/2027,EFT,66.005,MARCH\n"
    )

    first = take(form, text)
    after_first = (a.owing, b.owing, a.ledger()["suspense"], a.ledger()["clearing"])
    second = take(form, text, "2027-03-11")
    waiting = list(unmatched(Payment.objects.order_by("pk")))

    assert first == ["matched", "waiting", "waiting", "waiting", "ignored", "refused"]
    assert after_first == ("0.00", "66.00", "-172.00", "238.00")
    assert second == ["known", "known", "known", "known", "ignored", "refused"]
    assert Payment.objects.count() == 4
    assert a.ledger()["clearing"] == "238.00"
    assert "check digit of the payment reference 518619364 is wrong" in waiting[2].unmatched_why

    match_payment(payment=waiting[0], account=b.account, at=b.at("2027-03-12"))
    match_payment(payment=waiting[1], account=a.account, at=a.at("2027-03-12"))
    assert (a.credit, b.owing, a.ledger()["suspense"]) == ("66.00", "0.00", "-40.00")
    match_payment(payment=waiting[2], account=b.account, at=b.at("2027-03-15"))
    assert b.credit == "40.00"
    assert "suspense" not in a.ledger()
    assert take(form, text, "2027-03-16") == second
    a.run("2027-04-01")
    assert (a.owing, a.credit, b.owing, b.credit) == ("0.00", "0.00", "26.00", "0.00")
    assert a.ledger() == {
        "receivable": "26.00",
        "revenue": "-240.00",
        "gst": "-24.00",
        "clearing": "238.00",
    }
    assert {one.received_on for one in Payment.objects.all()} == {day("2027-03-09")}
    assert agrees()


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("cp1252"),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
)
def test_files_are_read_in_the_encodings_that_banks_write(encode):
    assert take(bank(), encode(HEAD + "09/03/2027,EFT,66.00,Café\n")) == ["waiting"]
    assert Payment.objects.get().reference == "Café"


def test_a_bank_with_its_own_columns_days_and_decimal_comma():
    form = bank(
        delimiter=";",
        date_format="%d.%m.%Y",
        point=",",
        date_column="Booked",
        amount_column="In",
        debit_column="Out",
        reference_column="Text",
        kind_column="",
        currency_column="Cur",
        method="cheque",
    )
    text = (
        "Booked;Text;Out;In;Cur\n"
        "09.03.2027;HELLO;;1.234,50;AUD\n"
        "09.03.2027;RENT;20,00;;AUD\n"
        "09.03.2027;EURO;;5,00;EUR\n"
    )

    assert take(form, text) == ["waiting", "ignored", "refused"]
    row = Payment.objects.get()
    assert (row.amount, row.method) == (Decimal("1234.50"), "cheque")
    assert "only Australian dollars" in words(form, text)[2]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("09/03/2027,EFT,66.005,X", "no more than two decimals"),
        ("09/03/2027,EFT,0,X", "above $0.00"),
        ("09/03/2027,EFT,0.00,X", "above $0.00"),
        ('09/03/2027,EFT,"99,999,999,999.99",X', "below $10,000,000.00"),
        ("09/03/2027,EFT,NZD 5,X", "not in Australian dollars"),
        ("09/03/2027,EFT,,X", "no amount"),
        ("2027-03-09,EFT,5.00,X", "is no day. “Bank 0” writes 31/12/2026"),
        ("31/02/2027,EFT,5.00,X", "is no day"),
        ("11/03/2027,EFT,5.00,X", "still to come"),
        ("09/03/2027,EFT", "too short"),
    ],
)
def test_a_bad_row_is_named_with_what_to_do_and_the_others_are_kept(row, says):
    form = bank()
    text = HEAD + f"{row}\n09/03/2027,EFT,7.00,GOOD\n"

    assert take(form, text) == ["refused", "waiting"]
    assert says in words(form, text)[0]
    assert Payment.objects.get().reference == "GOOD"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (HEAD.encode(), "no rows"),
        (b"Date,Kind,Reference\n09/03/2027,EFT,X\n", "no column “Amount”"),
        (b"%PDF-1.7\x00\x01\x02", "no text"),
        (b"x" * (LARGEST_FILE + 1), "larger than 10 MB"),
        ((HEAD + '09/03/2027,EFT,5.00,"' + "x" * 140_000).encode(), "no line of a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing_and_says_what_to_do(data, says):
    with pytest.raises(FileRefused, match=says):
        take(bank(), data)
    assert not Payment.objects.exists()


def test_a_dry_run_says_what_would_happen_and_books_nothing():
    one = story("callpro", "NSW")
    form = bank()
    text = HEAD + f"09/03/2027,BPAY,5.00,{payment_reference(one.account)}\n09/03/2027,EFT,x,y\n"

    assert take(form, text, dry_run=True) == ["matched", "refused"]
    assert not Payment.objects.exists()
    assert not ImportedRow.objects.exists()


def test_overlapping_files_are_told_apart_by_the_banks_number_or_balance():
    head = "Date,Kind,Amount,Reference,Id,Balance\n"
    by_id = bank(bank_id_column="Id")
    one, two, three = (f"09/03/2027,EFT,66.00,INVOICE,{n},{n}00.00\n" for n in "123")

    assert take(by_id, head + one + two) == ["waiting", "waiting"]
    assert take(by_id, head + two + three) == ["known", "waiting"]
    by_balance = bank(make_provider("vpnet"), balance_column="Balance")
    assert take(by_balance, head + one + two) == ["waiting", "waiting"]
    assert take(by_balance, head + two + three) == ["known", "waiting"]


def test_alike_rows_with_numbers_of_their_own_count_each_on_one_account():
    one = story("callpro", "NSW")
    form = bank(bank_id_column="Id")
    reference = payment_reference(one.account)
    text = "Date,Kind,Amount,Reference,Id\n" + "".join(
        f"09/03/2027,BPAY,66.00,{reference},{n}\n" for n in "12"
    )

    assert take(form, text) == ["matched", "matched"]
    assert one.credit == "132.00"


def test_what_the_desk_recorded_already_is_known():
    one = story("callpro", "NSW")
    reference = payment_reference(one.account)
    facts = {
        "account": one.account,
        "amount": Decimal("66.00"),
        "received_on": day("2027-03-09"),
        "method": "bpay",
        "reference": reference,
        "at": one.at("2027-03-10"),
    }
    record_payment(**facts)
    form = bank()
    row = f"09/03/2027,BPAY,66.00,{reference}\n"

    assert take(form, HEAD + row) == ["known"]
    assert take(form, HEAD + row + row) == ["known", "matched"]
    assert one.credit == "132.00"
    with pytest.raises(AlreadyRecorded):
        record_payment(**facts)


def test_money_booked_wrongly_and_reversed_can_be_recorded_again_by_hand_and_by_file():
    one = story("callpro", "NSW")
    reference = payment_reference(one.account)
    facts = {
        "account": one.account,
        "amount": Decimal("66.00"),
        "received_on": day("2027-03-09"),
        "method": "bpay",
        "reference": reference,
        "at": one.at("2027-03-10"),
    }
    for _ in range(2):
        made = record_payment(**facts)
        reverse_payment(
            payment=made, on=day("2027-03-10"), why="Wrong bill", at=one.at("2027-03-10")
        )
    assert one.credit == "0.00"

    row = f"09/03/2027,BPAY,66.00,{reference}\n"

    assert take(bank(), HEAD + row) == ["matched"]
    assert one.credit == "66.00"
    assert [each.occurrence for each in Payment.objects.order_by("pk")] == [1, 2, 3]
    with pytest.raises(AlreadyRecorded):
        record_payment(**facts)
    assert agrees()


@pytest.mark.parametrize(
    ("reference", "fate"),
    [
        ("{crn}", "matched"),
        ("{spaced}", "matched"),
        ("{invoice}", "matched"),
        ("Payment for {invoice}, thanks", "matched"),
        ("{number}", "matched"),
        ("{number}X", "waiting"),
        ("{other_crn}", "waiting"),
        ("{number} {second}", "waiting"),
        ("", "waiting"),
    ],
)
def test_money_is_booked_only_where_exactly_one_account_is_named(reference, fate):
    one, second = story("callpro", "NSW"), story("callpro", "NSW")
    one.service("S", "66.00", "2027-03-01")
    crn = payment_reference(one.account)
    facts = {
        "crn": crn,
        "spaced": f"{crn[:3]} {crn[3:6]} {crn[6:]}",
        "invoice": one.run("2027-03-01").number,
        "number": one.account.number,
        "second": second.account.number,
        "other_crn": payment_reference(story("vpnet", "NSW").account),
    }

    assert take(bank(), HEAD + f'09/03/2027,EFT,66.00,"{reference.format(**facts)}"\n') == [fate]
    assert one.owing == ("0.00" if fate == "matched" else "66.00")


def test_a_bpay_reference_with_a_right_check_digit_and_no_account_waits():
    digits = "99999999"

    text = HEAD + f"09/03/2027,BPAY,66.00,{digits}{check_digit(digits)}\n"
    assert "No account has the payment reference" in words(bank(), text)[0]


# --- the page and the command


@pytest.fixture
def desk(client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: instant("2027-03-10 10:00"))
    return sign_in_staff(client, make_staff(StaffRole.BILLING))


def upload(desk, form: BankFormat, text: str, name: str = "march.csv"):
    file = SimpleUploadedFile(name, text.encode(), "text/csv")
    given = {"form": form.pk, "file": file}
    return desk.post(reverse("admin:billing_bankimport_add"), given, follow=True)


def test_staff_see_what_would_happen_then_import_and_fetch_the_rows_not_read(desk):
    one = story("callpro", "NSW")
    text = HEAD + (
        f"09/03/2027,BPAY,66.00,{payment_reference(one.account)}\n09/03/2027,EFT,66.005,=MARCH()\n"
    )

    tried = upload(desk, bank(), text).content.decode()
    assert one.account.number in tried
    assert "no more than two decimals" in tried
    assert not Payment.objects.exists()
    row = BankImport.objects.get()
    step = reverse("admin:billing_bankimport_import_step", args=[row.pk])
    done = desk.post(step, follow=True).content.decode()
    again = desk.post(step, follow=True).content.decode()
    errors = (
        desk.get(reverse("admin:billing_bankimport_errors", args=[row.pk])).getvalue().decode()
    )

    assert "1 of 2 rows booked" in done
    assert "imported already" in again
    assert "'=MARCH()" in errors
    assert one.credit == "66.00"
    row.refresh_from_db()
    assert bytes(row.content) == b""
    assert row.counts["matched"] == 1


@pytest.mark.parametrize(
    ("text", "says"), [("", "is empty"), ("Date\n1\n", "no column"), (HEAD, "no rows")]
)
def test_the_page_refuses_a_bad_file_in_words(desk, text, says):
    assert says in upload(desk, bank(), text).content.decode()
    assert not BankImport.objects.exists()


def test_staff_of_one_provider_see_no_bank_of_another(client):
    elsewhere = bank(make_provider("vpnet"))
    sign_in_staff(client, make_staff(StaffRole.BILLING, provider=make_provider("callpro")))

    found = upload(client, elsewhere, HEAD + "09/03/2027,EFT,66.00,X\n")

    assert "Select a valid choice" in found.content.decode()
    assert not BankImport.objects.exists()


def test_the_command_imports_and_writes_the_rows_not_read(tmp_path, capsys):
    form = bank()
    file, errors = tmp_path / "march.csv", tmp_path / "errors.csv"
    file.write_text(HEAD + "09/03/2026,EFT,66.00,X\n09/03/2026,EFT,66.005,Y\n")
    facts = {"provider": "callpro", "format": form.name, "errors": errors}

    call_command("bank_import", str(file), dry_run=True, **facts)
    assert not Payment.objects.exists()
    call_command("bank_import", str(file), **facts)
    call_command("bank_import", str(file), **facts)

    assert Payment.objects.count() == 1
    assert "66.005" in errors.read_text()
    assert "Row 3: Give dollars and cents" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "form", "says"),
    [("missing.csv", "Bank 0", "No such file"), ("missing.csv", "Nobody", "There are: Bank 0")],
)
def test_the_command_refuses_in_words(tmp_path, file, form, says):
    bank()

    with pytest.raises(CommandError, match=says):
        call_command("bank_import", str(tmp_path / file), provider="callpro", format=form)


if POSTGRES:

    @pytest.mark.django_db(transaction=True)
    def test_the_same_file_twice_at_the_same_moment_counts_once():
        one = story("callpro", "NSW")
        reference = payment_reference(one.account)
        form = bank()
        text = HEAD + "".join(
            f"09/03/2027,{kind},{n}.00,{ref}\n"
            for n in range(1, 11)
            for kind, ref in (("BPAY", reference), ("EFT", "INVOICE"), ("EFT", "INVOICE"))
        )
        barrier, found = threading.Barrier(2), []

        def run() -> None:
            try:
                barrier.wait(10)
                found.append(take(form, text))
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert len(found) == 2
        assert Payment.objects.count() == 30
        assert one.credit == "55.00"
        fates = [fate for fates in found for fate in fates]
        assert fates.count("known") == 30
        assert agrees()
