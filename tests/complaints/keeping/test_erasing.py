"""Records of complaints: there until their last day is over, then gone whole, and certified."""

from __future__ import annotations

from datetime import date

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import ForeignKey
from django.test import Client

from complaints.inbound.services import receive_mail
from complaints.keeping.models import Certificate, Erased
from complaints.keeping.selectors import is_over, kept_of, may_go
from complaints.keeping.services import due_now, erase_records
from complaints.ombudsman import services as ombudsman
from complaints.process.services import StepRefused
from complaints.tickets.models import Complaint, Event
from parties.people.states import StaffRole
from portal.composition.worklists.complaints import complaint_lists
from portal.web.uploads import looked_at
from records.audit.models import Entry
from records.deadlines.models import Deadline
from records.notices.models import Notice
from terms.calendar import Channel
from tests.complaints.story import Story, tell
from tests.world import make_staff

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
# RF-REC-01: 24 months after Wed 18 Aug 2027, so there on Fri 18 Aug 2029 and not after (seq-k-09).
CLOSED, LAST, AFTER = "2027-08-18 15:00", "2029-08-18 23:59", "2029-08-20 09:00"


@pytest.fixture
def story() -> Story:
    return tell("callpro", state="QLD")


def closed(story: Story, **facts) -> Complaint:
    """One that was answered by email, had a file, and was withdrawn."""
    story.lodge("2027-08-02 08:10", **facts)
    story.sweep("2027-08-02 08:15")
    if not facts.get("safety_threat"):
        mail = f"From: {story.world.holder.email}\nSubject: {story.reference}\n\nMore words."
        row = receive_mail(raw=mail.encode(), look=looked_at, at=story.when("2027-08-03 09:00"))
        assert row.complaint is not None
        photo = looked_at("light.png", ContentFile(PNG))
        story.do("2027-08-03 10:00", "add_files", uploads=[photo])
    story.do(CLOSED, "withdraw_complaint", by=story.world.holder)
    story.sweep("2027-08-18 15:05")
    return story.complaint


def erase(story: Story, moment: str = AFTER, by=None, references=None):
    by = by or make_staff(StaffRole.ADMINISTRATOR)
    return erase_records(
        provider=story.world.provider,
        references=[story.reference] if references is None else references,
        by=by,
        at=story.when(moment),
    )


def due(story: Story, by) -> list[str]:
    found = due_now(story.world.provider, by, story.when(AFTER))
    return [one.reference for one, _ in found]


def test_kept_to_the_end_of_its_last_day_and_by_which_clause(story):
    complaint = closed(story)

    kept = kept_of(complaint, story.when(CLOSED))

    assert (kept.closed_on, kept.kept_until) == (date(2027, 8, 18), date(2029, 8, 18))
    assert "RF-REC-01" in str(kept.because)
    assert is_over(complaint, story.when(LAST)) is None
    assert is_over(complaint, story.when("2029-08-19 00:00")) is not None
    assert not may_go(Complaint.objects.all(), story.when(LAST)).exists()
    with pytest.raises(StepRefused, match="None of these"):
        erase(story, LAST)
    story.hear("2029-08-10 09:00", "reopen_complaint", text="It broke again.")
    assert kept_of(story.complaint, story.when(AFTER)) is None
    with pytest.raises(StepRefused, match="None of these"):
        erase(story)


def test_everything_about_it_goes_and_the_certificate_says_so(
    story, django_capture_on_commit_callbacks
):
    complaint = closed(story)
    reference, pk = complaint.reference, complaint.pk
    files = [complaint.files.get().file.name, complaint.mails.get().raw.name]
    assert all(map(default_storage.exists, files))
    entries = Entry.objects.count()

    with django_capture_on_commit_callbacks(execute=True):
        (certificate,) = erase(story)

    assert not any(map(default_storage.exists, files))
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey) and field.related_model is Complaint:
                assert not model.objects.filter(**{f"{field.name}_id": pk}).exists(), model
    assert not Deadline.objects.filter(subject=reference).exists()
    assert not Notice.objects.filter(subject_ref=reference).exists()
    assert not Event.objects.exists()
    assert certificate.counted["complaints"] == 1
    assert certificate.counted["emails"] == certificate.counted["files"] == 1
    assert certificate.counted["letters"] >= 2
    assert "RF-REC-01" in str(certificate.because)
    row = Erased.objects.get()
    assert (row.complaint, row.kept_until) == (reference, date(2029, 8, 18))
    # The chain stays whole, and one entry more says what went.
    assert Entry.objects.count() == entries + 1
    assert Entry.objects.latest("pk").action == "complaint_erase"
    with pytest.raises(StepRefused, match="None of these"):
        erase(story)
    assert Certificate.objects.count() == 1


def test_what_is_needed_longer_stays_until_a_manager_lets_it_go(story):
    closed(story)
    at = "2027-09-01 09:00"
    with pytest.raises(StepRefused, match="team manager"):
        story.do(at, "keep_records", text="A court asks.")
    story.do(at, "keep_records", by=story.manager, text="A court asks.")
    with pytest.raises(StepRefused, match="A court asks"):
        story.do(at, "keep_records", by=story.manager, text="Again.")

    assert due(story, make_staff(StaffRole.ADMINISTRATOR)) == []
    with pytest.raises(StepRefused, match="None of these"):
        erase(story)
    story.do(AFTER, "release_records", by=story.manager, text="It is over.")
    with pytest.raises(StepRefused, match="Nothing keeps them"):
        story.do(AFTER, "release_records", by=story.manager, text="Again.")
    assert erase(story)


def test_what_the_ombudsman_has_or_a_pack_is_made_of_stays(story):
    complaint = closed(story)
    ombudsman.ask_evidence(
        reference=complaint.reference,
        by=make_staff(StaffRole.PRIVACY),
        at=story.when("2027-09-01 09:00"),
    )
    with pytest.raises(StepRefused, match="None of these"):
        erase(story)


@pytest.mark.parametrize(
    "role", [one for one in StaffRole if one not in (StaffRole.ADMINISTRATOR, StaffRole.PRIVACY)]
)
def test_others_erase_nothing(story, role):
    closed(story)
    with pytest.raises(StepRefused, match="administrator or a privacy officer"):
        erase(story, by=make_staff(role))


def test_staff_of_another_provider_erase_nothing_here(story):
    closed(story)
    other = tell("vpnet").world.provider
    with pytest.raises(StepRefused, match="administrator or a privacy officer"):
        erase(story, by=make_staff(StaffRole.ADMINISTRATOR, other))


def test_what_is_private_goes_by_an_officer_alone_and_is_certified_apart(story):
    plain = closed(story).reference
    officer, boss = make_staff(StaffRole.PRIVACY), make_staff(StaffRole.ADMINISTRATOR)
    private = closed(story, safety_threat=True, description="Danger.").reference
    both = [plain, private]
    assert [
        one.reference for one, _ in due_now(story.world.provider, boss, story.when(AFTER))
    ] == [plain]

    (ordinary,) = erase(story, by=boss, references=both)
    (apart,) = erase(story, by=officer, references=both)

    assert (ordinary.is_private, apart.is_private) == (False, True)
    client = Client()
    client.force_login(boss)
    for page in ("certificate", "erased"):
        shown = client.get(f"/admin/complaints/{page}/?q={private}").content.decode()
        assert apart.reference not in shown
        assert f"{private}</" not in shown
    assert client.get(f"/admin/complaints/certificate/{apart.pk}/change/").status_code == 302
    assert client.get(f"/admin/complaints/certificate/{apart.pk}/file/").status_code == 404
    client.force_login(officer)
    assert (
        private in client.get(f"/admin/complaints/certificate/{apart.pk}/change/").content.decode()
    )


def test_page_shows_first_what_goes_and_erases_what_stays_ticked(story, time_machine):
    first = closed(story).reference
    second = closed(story, description="Another matter.").reference
    time_machine.move_to(story.when(AFTER), tick=False)
    client = Client()
    boss = make_staff(StaffRole.ADMINISTRATOR, story.world.provider)
    client.force_login(boss)
    (work,) = [
        one for one in complaint_lists(boss, story.when(AFTER)) if "may be erased" in one.title
    ]
    assert work.rows.count() == 2

    page = "/admin/complaints/certificate/add/"
    shown = client.get(page).content.decode()
    assert f"{first}: closed Wed 18 Aug 2027, kept until Sat 18 Aug 2029" in shown
    unsure = client.post(page, {"references": [first]}).content.decode()
    assert "Tick this, or go back." in unsure
    strange = client.post(page, {"references": ["C-AAAAAAAA"], "sure": "on"}).content.decode()
    assert "C-AAAAAAAA" in strange
    assert Complaint.objects.count() == 2
    client.post(page, {"references": [first], "sure": "on"})

    assert [one.reference for one in Complaint.objects.all()] == [second]
    row = Certificate.objects.get()
    told = client.get(f"/admin/complaints/certificate/{row.pk}/change/").content.decode()
    assert first in told
    assert "RF-REC-01" in told
    file = b"".join(client.get(f"/admin/complaints/certificate/{row.pk}/file/").streaming_content)
    assert f"{first},2027-08-02,2027-08-18,2029-08-18" in file.decode("utf-8-sig")
    client.post(page, {"references": [second], "sure": "on"})
    assert "Nothing is over yet" in client.get(page).content.decode()


def test_two_that_were_answered_together_go_one_by_one(story):
    story.lodge("2027-08-02 08:10")
    story.sweep("2027-08-02 08:15")
    first = story.complaint
    story.do("2027-08-02 09:00", "start_investigation")
    story.lodge("2027-08-03 08:10", description="The same again.")
    story.sweep("2027-08-03 08:15")
    second = story.reference
    story.do("2027-08-03 09:00", "merge_complaints", other=first)
    story.reference = first.reference
    story.do("2027-08-04 09:00", "propose_resolution", text="We mend it.", told_by=Channel.PHONE)
    story.hear("2027-08-05 09:00", "accept_proposal")
    story.do("2027-08-06 09:00", "resolve_complaint", text="Mended.")
    story.hear("2027-08-18 15:00", "agree_to_close")
    rows = {one.reference: one for one in Complaint.objects.all()}
    assert rows[second].merged_into == first

    (one,) = erase(story, references=[first.reference])
    assert one.counted["complaints"] == 1
    left = Complaint.objects.get()
    assert (left.reference, left.merged_into, left.state) == (second, None, "closed")
    assert erase(story, references=[second])
