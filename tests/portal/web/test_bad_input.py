"""Whatever is sent, no page fails: it says what is wrong, or that there is nothing."""

from __future__ import annotations

import io
import socket
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from parties.people.states import StaffRole
from portal.adapters.scanning import ClamdScanner, ScannerUnavailable
from portal.customer.appointing_forms import SignForm
from records.audit.services import Actor, record
from records.sheets import cell as csv_cell
from tests.architecture.authority import addresses, build_world, url_of
from tests.parties.staff import give_reason, sign_in_staff
from tests.world import make_staff, make_user

AT = datetime(2026, 11, 27, 1, tzinfo=UTC)
HUGE = "9" * 22


# --- NUL, and numbers that fit no column


@pytest.mark.slow
@pytest.mark.django_db
def test_no_address_fails_at_a_nul_or_at_a_huge_number():
    world = build_world()
    customer, staff = (Client(raise_request_exception=False) for _ in range(2))
    customer.force_login(world.holder)
    sign_in_staff(staff, make_staff(StaffRole.TEAM_MANAGER))
    give_reason(staff, world.account)
    failed = []
    # A NUL is refused before any page looks; a number is read by the page.
    queries = (
        "?q=a%00b&sort=%00&page=%00&only=%00&next=%00&%00=1",
        f"?page={HUGE}&account={HUGE}&account__exact={HUGE}&id={HUGE}&user={HUGE}&p={HUGE}",
    )
    for address in addresses():
        client = staff if address.name.startswith("admin:") else customer
        url = url_of(address, world.account.number)
        for query in queries if address.method == "GET" else ("",):
            send = client.get if address.method == "GET" else client.post
            data = {} if address.method == "GET" else {"text": "a\x00", "a\x00": "1"}
            if send(url + query, data).status_code == 500 and "readyz" not in url:
                failed.append(f"{address.method} {url}{query}")

    assert failed == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        f"/admin/contracts/contract/{HUGE}/change/",
        f"/admin/parties/call/{HUGE}/change/",
        f"/admin/contracts/contract/?account={HUGE}",
        f"/admin/contracts/contract/?account__id__exact={HUGE}",
        f"/admin/contracts/planchange/{HUGE}/decide/",
        "/complaints/C-%00/",
        "/static/%00",
        "/terms/%00/",
        "/claim/%00/",
    ],
)
def test_address_that_means_nothing_is_answered_in_words(path):
    client = Client(raise_request_exception=False)
    sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER))
    answer = client.get(path, follow=True)
    assert answer.status_code in (200, 400, 403, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["next=%00", "q=%00", "q=a%00b&sort=%00", "%00=1"])
def test_nul_is_told_in_words(query):
    answer = Client().get(f"/accounts/login/?{query}")
    assert answer.status_code == 400
    assert "We could not read that request" in answer.content.decode()


# --- spreadsheets


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", " -x",
     "|cmd", "%0A", "\uff1d1"],
)  # fmt: skip
def test_no_cell_is_a_formula(text):
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("-5.00"), "-5.00"),
        (-3, "-3"),
        ("-12.50", "-12.50"),
        ("Harbour - Bakery", "Harbour - Bakery"),
        (None, ""),
        ("", ""),
    ],
)
def test_numbers_and_words_stay_what_they_are(value, cell):
    assert csv_cell(value) == cell


@pytest.mark.django_db
def test_what_a_command_writes_for_a_spreadsheet_holds_no_formula():
    one = build_world()
    record(
        account_id=one.account.pk,
        at=AT,
        action="account.noted",
        actor=Actor(name="=cmd()"),
        reason="@SUM(A1)",
    )
    out = io.StringIO()
    call_command("audit", "export", one.account.number, format="csv", stdout=out)
    assert "'=cmd()" in out.getvalue()
    assert ",@SUM" not in out.getvalue()


# --- passwords


@pytest.mark.parametrize(
    "weak",
    ["passwordpassword", "qwertyuiop123456", "aaaaaaaaaaaa", "123456789012", "password2026!",
     "short-1", "robinvale-robin"],
)  # fmt: skip
@pytest.mark.django_db
def test_password_that_is_easy_to_guess_is_refused(weak):
    with pytest.raises(ValidationError):
        validate_password(weak, make_user("Robin Vale"))


def test_password_that_is_hard_to_guess_is_taken():
    validate_password("calm otter sings thrice")
    validate_password("Zq7 kettle-moss 41 violet harbour drum " * 20)


# --- uploads


class FakeClamd(threading.Thread):
    """Speaks clamd's INSTREAM once, and keeps what it was sent."""

    def __init__(self, place: str, answer: bytes) -> None:
        super().__init__(daemon=True)
        self.answer, self.got = answer, b""
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(place)
        self.listening.listen()

    def run(self) -> None:
        with self.listening, self.listening.accept()[0] as client, client.makefile("rb") as file:
            assert file.read(10) == b"zINSTREAM\0"
            while size := int.from_bytes(file.read(4), "big"):
                self.got += file.read(size)
            client.sendall(self.answer)


@pytest.mark.parametrize(
    ("answer", "found"),
    [(b"stream: OK\0", ""), (b"stream: Eicar-Test FOUND\0", "Eicar-Test")],
)
def test_clamd_is_sent_the_whole_file(settings, tmp_path, answer, found):
    settings.CLAMD_SOCKET = str(tmp_path / "clamd")
    fake = FakeClamd(settings.CLAMD_SOCKET, answer)
    fake.start()
    data = b"x" * 150_000
    file = io.BytesIO(data)

    assert ClamdScanner().find(file) == found
    fake.join(5)
    assert fake.got == data
    assert file.tell() == 0


@pytest.mark.parametrize("place", ["/nowhere/clamd", "127.0.0.1:1"])
def test_scanner_that_does_not_answer_is_no_clean_file(settings, place):
    settings.CLAMD_SOCKET = place
    with pytest.raises(ScannerUnavailable):
        ClamdScanner().find(io.BytesIO(b"x"))


def test_answer_that_is_neither_is_no_clean_file(settings, tmp_path):
    settings.CLAMD_SOCKET = str(tmp_path / "clamd")
    FakeClamd(settings.CLAMD_SOCKET, b"INSTREAM size limit exceeded. ERROR\0").start()
    with pytest.raises(ScannerUnavailable, match="size limit"):
        ClamdScanner().find(io.BytesIO(b"x"))


@pytest.mark.parametrize(
    ("answer", "says"),
    [(b"stream: OK\0", ""), (b"stream: Bad FOUND\0", "malware"), (None, "can't check")],
)
def test_upload_is_taken_only_when_it_is_clean(settings, tmp_path, answer, says):
    settings.UPLOAD_SCANNER = "portal.adapters.scanning.ClamdScanner"
    settings.CLAMD_SOCKET = str(tmp_path / "clamd")
    if answer:
        FakeClamd(settings.CLAMD_SOCKET, answer).start()
    file = SimpleUploadedFile("form.pdf", b"%PDF-1.7 x")

    form = SignForm({"how": "uploaded", "name": "Mia Conti", "agreed": "on"}, {"file": file})
    form.is_valid()

    told = " ".join(form.errors.get("file", []))
    assert (says in told) if says else not told
