"""Evidence packs: complete, private where they have to be, and proof against any change."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from complaints.lodging.services import read_upload
from complaints.ombudsman import services as ombudsman
from complaints.ombudsman.models import EvidencePack
from complaints.ombudsman.services import packing
from complaints.ombudsman.states import Level, PackState
from complaints.process.services import Offer, StepRefused
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.audit.models import Entry
from records.notices.models import Notice
from tests.complaints.story import Story, bill, tell
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MADE = "2027-04-20 10:00"


@pytest.fixture
def story() -> Story:
    """seq-k-10 up to the second level: Greenlight, NSW, 184.25 contested."""
    story = tell("greenlight", state="NSW")
    invoice = bill(story, date(2027, 3, 1), "412.50")
    story.lodge(
        "2027-03-04 10:00",
        topic="bill",
        description="Calls that nobody made.",
        disputed_invoice=invoice,
        disputed_amount=Decimal("184.25"),
    )
    story.sweep("2027-03-04 10:05")
    photo = read_upload("../../list.png", io.BytesIO(b"\x89PNG\r\n\x1a\n calls"))
    said = {"by": story.world.holder, "text": "=SUM(A1) my list", "uploads": [photo]}
    story.do("2027-03-05 09:00", "add_message", **said)
    story.do("2027-03-15 09:00", "start_investigation")
    story.do("2027-03-16 09:00", "add_note", text="He calls often.")
    small = Offer(credit=Decimal("60.50"), invoice=invoice)
    story.do("2027-03-17 10:00", "propose_resolution", text="A third back.", offer=small)
    story.sweep("2027-03-17 10:05")
    story.do("2027-03-18 10:00", "decline_proposal", by=story.world.holder, text="Never!")
    story.refer("2027-03-22 09:30", Level.REFERRED)
    answer = {"reference": story.reference, "by": story.desk}
    ombudsman.answer_ombudsman(text="110.00.", at=story.when("2027-04-06 10:00"), **answer)
    story.refer("2027-04-13 10:00", Level.CASE, answer_by=date(2027, 4, 27))
    return story


def make(story: Story, **facts) -> EvidencePack:
    given = {"by": story.desk} | facts
    at = story.when(MADE)
    pack = ombudsman.ask_evidence(reference=story.reference, at=at, **given)
    assert ombudsman.make_packs(at=at + timedelta(minutes=1)) == 1
    pack.refresh_from_db()
    return pack


def opened(pack: EvidencePack) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(pack.file.read()))


def test_pack_holds_story_letters_calls_bill_clauses_audit_and_files(story):
    pack = make(story)

    archive = opened(pack)
    names = archive.namelist()
    assert {"README.txt", "story.pdf", "clocks.json", "calls.csv", "clauses.txt"} <= {*names}
    assert archive.read("story.pdf").startswith(b"%PDF")
    bills = [name for name in names if name.startswith("bills/")]
    assert len(bills) == 1
    assert archive.read(bills[0]).startswith(b"%PDF")
    letters = [name for name in names if name.startswith("letters/")]
    assert [name.split("-", 4)[-1] for name in letters][:1] == ["complaint_received.txt"]
    assert len(letters) >= 2
    assert b"A third back." in b"".join(archive.read(name) for name in letters)
    assert next(name for name in names if name.startswith("files/")).endswith("-list.png")
    assert b"RF-CMP-03" in archive.read("clauses.txt")
    assert b"RF-CMP-18" in archive.read("clauses.txt")
    levels = [one["level"] for one in json.loads(archive.read("referrals.json"))]
    assert levels == [1, 2]
    trail = list(csv.DictReader(io.StringIO(archive.read("audit.csv").decode())))
    hashes = {one["hash"] for one in trail}
    assert "lodge_complaint" in {one["action"] for one in trail}
    assert hashes == {*Entry.objects.filter(hash__in=hashes).values_list("hash", flat=True)}
    due = {one["duty"]: one["due_on"] for one in json.loads(archive.read("clocks.json"))}
    assert due["answer_ombudsman"] == "2027-04-27"
    assert (pack.done, pack.total) == (len(names) - 2, len(names) - 2)


def test_no_fee_of_the_ombudsman_and_no_note_among_staff_is_in_it(story, tmp_path):
    without, with_notes = make(story), make(story, with_notes=True)

    told = subprocess.run(
        ["pdftotext", "-", "-"], input=opened(without).read("story.pdf"), capture_output=True
    ).stdout
    assert b"Calls that nobody made." in told
    assert b"He calls often." not in told
    assert b"fee" not in told.lower()
    inside = subprocess.run(
        ["pdftotext", "-", "-"], input=opened(with_notes).read("story.pdf"), capture_output=True
    ).stdout
    assert b"He calls often." in inside


def test_anybody_can_check_it_without_the_portal(story, tmp_path):
    opened(make(story)).extractall(tmp_path)

    command = [shutil.which("sha256sum"), "-c", "SHA256SUMS"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    (tmp_path / "clocks.json").write_text("[]")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "clocks.json: FAILED" in done.stdout


def repacked(pack: EvidencePack, change) -> io.BytesIO:
    """The pack's files after somebody changed them, in a ZIP of their own."""
    archive = opened(pack)
    files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out


def _swap(files):
    """Change a file and its sum, but not the manifest."""
    files["clocks.json"] = b"[]"
    old = packing.SUMS
    lines = files[old].decode().splitlines()
    new = hashlib.sha256(b"[]").hexdigest()
    lines = [f"{new}  clocks.json" if one.endswith("clocks.json") else one for one in lines]
    files[old] = ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda files: files.update({"clocks.json": b"[]"}), "clocks.json: was changed"),
        (lambda files: files.pop("calls.csv"), "calls.csv: is missing"),
        (lambda files: files.update({"new.txt": b"x"}), "new.txt: was added"),
        (lambda files: files.pop("SHA256SUMS"), "is missing"),
        (lambda files: files.pop("manifest.json"), "is missing"),
        (_swap, "do not say the same"),
        (lambda files: files.update({"../../evil": b"x"}), "../../evil: was added"),
    ],
)
def test_every_change_is_named(story, change, says):
    verdict = ombudsman.verify_pack(repacked(make(story), change))

    assert says in "\n".join(verdict.flaws)
    assert verdict.made_at is None


def test_verifier_knows_our_own_pack_and_one_that_was_packed_anew(story, tmp_path, capsys):
    pack = make(story)
    ours = tmp_path / "ours.zip"
    ours.write_bytes(pack.file.read())
    call_command("evidence", "verify", str(ours))
    assert "This portal made it on 2027-04-20" in capsys.readouterr().out

    pack.file.seek(0)
    anew = tmp_path / "anew.zip"
    anew.write_bytes(repacked(pack, lambda files: None).getvalue())
    call_command("evidence", "verify", str(anew))
    assert "knows of no such pack" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"%PDF-1.7"])
def test_what_is_no_pack_is_said_in_words(tmp_path, content):
    wrong = tmp_path / "x.zip"
    wrong.write_bytes(content)

    with pytest.raises(CommandError, match="does not hold"):
        call_command("evidence", "verify", str(wrong))
    with pytest.raises(CommandError, match="can't be opened"):
        call_command("evidence", "verify", str(tmp_path / "nowhere.zip"))


def test_cells_start_no_formula(story):
    trail = opened(make(story)).read("audit.csv").decode()

    for row in csv.reader(io.StringIO(trail)):
        assert not [cell for cell in row if cell.startswith(("=", "+", "@"))]


def test_asking_twice_makes_one_and_the_maker_is_told(story):
    at = story.when(MADE)
    first = ombudsman.ask_evidence(reference=story.reference, by=story.desk, at=at)
    assert ombudsman.ask_evidence(reference=story.reference, by=story.manager, at=at) == first

    ombudsman.make_packs(at=at)
    assert ombudsman.make_packs(at=at) == 0
    told = Notice.objects.filter(kind="complaint_staff", to=story.desk.email)
    assert "evidence pack is ready" in told.first().text


def test_made_and_fetched_is_on_record_and_private(story):
    pack = make(story)
    ombudsman.fetch_evidence(pack=pack, by=story.manager, at=story.when(MADE)).close()

    found = Entry.objects.filter(
        action__startswith="complaint_evidence", after__sha256=pack.sha256
    )
    assert {one.action for one in found} == {"complaint_evidence", "complaint_evidence_fetch"}
    assert all(one.is_private for one in found)


@pytest.mark.parametrize("role", [StaffRole.CREDIT, StaffRole.AUDITOR])
def test_who_hands_out_no_records_has_none(story, role):
    with pytest.raises(NotAuthorised):
        ombudsman.ask_evidence(reference=story.reference, by=make_staff(role), at=story.when(MADE))


def test_pack_of_a_private_complaint_is_the_privacy_roles():
    story = tell("blueshift", state="TAS")
    story.lodge(
        "2027-03-25 10:20", topic="privacy", description="He reads it.", safety_threat=True
    )
    story.sweep("2027-03-25 10:25")
    at = story.when("2027-03-26 10:00")
    for one in (story.desk, story.manager):
        with pytest.raises(StepRefused, match="privacy officer"):
            ombudsman.ask_evidence(reference=story.reference, by=one, at=at)

    officer = make_staff(StaffRole.PRIVACY)
    pack = ombudsman.ask_evidence(reference=story.reference, by=officer, at=at)
    ombudsman.make_packs(at=at)
    pack.refresh_from_db()
    trail = list(csv.DictReader(io.StringIO(opened(pack).read("audit.csv").decode())))
    assert "lodge_complaint" in {one["action"] for one in trail}
    with pytest.raises(StepRefused, match="privacy officer"):
        ombudsman.fetch_evidence(pack=pack, by=story.manager, at=at)


def test_pack_of_an_open_complaint_holds_nothing_private_of_the_account(story):
    hidden = tell("greenlight")
    hidden.world = story.world
    secret = hidden.lodge(
        "2027-03-30 10:00", description="He watches me.", topic="other", safety_threat=True
    )

    archive = opened(make(story, with_notes=True))

    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert secret.reference.encode() not in everything
    assert b"watches me" not in everything


def test_safe_address_is_in_no_letter(story):
    Notice.objects.filter(kind="complaint_letter").update(to="safe@people.example")

    archive = opened(make(story))

    letters = b"".join(archive.read(name) for name in archive.namelist() if "letters/" in name)
    assert b"safe@people.example" not in letters
    assert packing.SAFE_PLACE.encode() in letters


def test_failure_is_noted_tried_again_and_given_up(story, monkeypatch):
    at = story.when(MADE)
    pack = ombudsman.ask_evidence(reference=story.reference, by=story.desk, at=at)

    def fail(*args, **kwargs):
        raise RuntimeError("no disk")

    monkeypatch.setattr("complaints.ombudsman.services.evidence.fill", fail)
    for _ in range(5):
        assert ombudsman.make_packs(at=at) == 0
    pack.refresh_from_db()
    assert (pack.state, pack.problem) == (PackState.FAILED, "RuntimeError: no disk")


def test_file_is_deleted_after_its_days_and_the_record_stays(story):
    pack = make(story)

    ombudsman.make_packs(at=story.when(MADE) + timedelta(days=61))

    pack.refresh_from_db()
    assert (pack.state, bool(pack.file)) == (PackState.GONE, False)
    assert pack.sha256
    with pytest.raises(StepRefused, match="made again"):
        ombudsman.fetch_evidence(pack=pack, by=story.desk, at=story.when(MADE))


def test_one_click_on_the_complaints_page_and_the_file_is_there(story):
    staff = Client()
    staff.force_login(story.manager)
    page = f"/admin/complaints/complaint/{story.complaint.pk}/"
    found = staff.get(f"{page}change/")
    if found.status_code == 302:
        staff.post(found["Location"], {"reason": "The ombudsman asks"})
    assert "Make an evidence pack" in staff.get(f"{page}change/").content.decode()
    staff.post(f"{page}evidence/")
    ombudsman.make_packs(at=story.when(MADE))
    pack = EvidencePack.objects.get()

    answer = staff.get(f"{page}evidence/{pack.public_id}/")

    data = b"".join(answer.streaming_content)
    assert hashlib.sha256(data).hexdigest() == pack.sha256
    assert not ombudsman.verify_pack(io.BytesIO(data)).flaws
    credit = Client()
    credit.force_login(make_staff(StaffRole.CREDIT))
    found = credit.get(f"{page}change/")
    if found.status_code == 302:
        credit.post(found["Location"], {"reason": "Curious"})
    assert "evidence pack" not in credit.get(f"{page}change/").content.decode()
    refused = credit.post(f"{page}evidence/")
    assert EvidencePack.objects.count() == 1
    assert refused.status_code in (200, 403)
    assert credit.get(f"{page}evidence/{pack.public_id}/").status_code == 302
