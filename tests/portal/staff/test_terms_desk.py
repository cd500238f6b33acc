"""Staff bring customers to a new version of the terms: draft, look, a second person, the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.variations import services
from contracts.variations.models import TermsChange, TermsVariation
from contracts.variations.states import ChangeState, VariationState
from parties.people.states import StaffRole
from terms import library
from tests.contracts.leaving.contracts import Agreement, agree
from tests.contracts.variations.changes import biller
from tests.contracts.variations.versions import (
    NEW,
    announce_terms,
    approve_terms,
    draft_terms,
    new_terms,
    publish,
)
from tests.parties.staff import sign_in_staff
from tests.portal.customer.test_what_people_see import read
from tests.world import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return publish(tmp_path_factory.mktemp("terms") / "profiles", ("greenlight",))


@pytest.fixture(autouse=True)
def march(shelf, monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(library, "PROFILES", shelf)
    library.load.cache_clear()
    yield
    library.load.cache_clear()


@pytest.fixture
def one(monkeypatch) -> Agreement:
    made = agree("greenlight", "400.00", since="2026-02-01", months=36, negotiated=True)
    made.world.customer.is_large = True
    made.world.customer.save()
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at("2027-03-15"))
    return made


@pytest.fixture
def desk(client, one):
    return sign_in_staff(client, biller(), because_of=one.world.account)


def entered(**facts: str) -> dict[str, str]:
    return {
        "version": f"greenlight {NEW}",
        "effective_on": "2027-03-15",
        "says": "How you reach us about faults is written anew.",
        "harms": "material",
    } | facts


def page(name: str, *args) -> str:
    return reverse(f"admin:contracts_termsvariation_{name}", args=args)


def row_page(name: str, *args) -> str:
    return reverse(f"admin:contracts_termschange_{name}", args=args)


def test_draft_is_looked_at_sent_on_and_approved_by_another(desk, one, client):
    found = desk.post(page("add"), entered())
    row = TermsVariation.objects.get()
    assert found["Location"] == page("change", row.pk)
    words = read(desk, page("change", row.pk))
    assert "From Wed 14 Apr 2027 1 contract, 0 of them can leave without a fee" in words
    assert page("decide_step", row.pk) not in desk.get(page("change", row.pk)).content.decode()

    desk.post(page("ask_step", row.pk))
    assert desk.post(page("decide_step", row.pk), {"approve": "yes"}).status_code == 200
    row.refresh_from_db()
    assert row.state == VariationState.ASKED

    other = sign_in_staff(client, make_staff(StaffRole.TEAM_MANAGER))
    assert "New terms that wait for a second person" in read(other, reverse("admin:index"))
    asked = read(other, page("decide_step", row.pk))
    assert "from Wed 14 Apr 2027 1. 0 can leave without a fee" in asked
    other.post(page("decide_step", row.pk), {"approve": "yes"})
    row.refresh_from_db()
    assert row.state == VariationState.TELLING


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"version": "greenlight undated-1"}, "Select a valid choice"),
        ({"version": "vpnet 2027-03"}, "Select a valid choice"),
        ({"version": "x" * 5000}, "Select a valid choice"),
        ({"effective_on": "2027-03-14"}, "or a later day"),
        ({"effective_on": "soon"}, "Enter a valid date."),
        ({"says": "Short"}, "at least 10 characters"),
        ({"notice_days": "20"}, "Say why"),
        ({"supplier_wide": "on"}, "only where our supplier forces the change"),
    ],
)
def test_what_cannot_be_drafted_is_refused_in_words_and_what_was_typed_stays(
    desk, one, given, says
):
    sent = entered(**given)
    found = desk.post(page("add"), sent)

    assert found.status_code == 200
    text = found.content.decode()
    assert says in text
    assert sent["says"] in text
    assert not TermsVariation.objects.exists()


def test_each_contract_has_its_reasons_its_letter_and_its_line_in_the_file(desk, one):
    row = draft_terms(one, one.at("2027-03-15"))
    change = TermsChange.objects.get()

    assert one.world.account.number in read(desk, row_page("changelist") + f"?of={row.pk}")
    shown = read(desk, row_page("change", change.pk))
    assert "The notice, as it would be sent today" in shown
    assert "They bind you from Wed 14 Apr 2027" in shown
    assert "GL-VAR-07" in shown
    found = b"".join(desk.get(page("csv", row.pk)).streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(found)))
    assert [line["From"] for line in lines] == ["2027-04-14"]


def test_late_ones_wait_on_a_worklist_and_get_a_later_day(desk, one):
    approve_terms(draft_terms(one, one.at("2027-03-15")), one.at("2027-03-15"))
    services.carry_terms_changes(at=one.at("2027-03-15"))
    services.carry_terms_changes(at=one.at("2027-04-14"))
    late = new_terms(one)
    assert late.state == ChangeState.LATE
    index = read(desk, reverse("admin:index"))
    assert "Customers whom no notice of new terms reached in time" in index

    desk.post(row_page("again_step", late.pk), {"on": "2027-06-01"})
    assert new_terms(one).state == ChangeState.WAITING


def test_another_providers_staff_see_nothing_of_it(client, one):
    change = announce_terms(one, one.at("2027-03-15"))
    elsewhere = agree("vpnet", "33.00", since="2026-02-01").world.provider
    other = sign_in_staff(client, biller(elsewhere))

    assert other.get(page("change", change.variation_id)).status_code == 302
    assert other.get(page("csv", change.variation_id)).status_code == 404
    assert other.post(page("decide_step", change.variation_id)).status_code == 404
    assert other.post(row_page("keep_step", change.pk)).status_code == 404
    assert "contract__account" not in read(other, row_page("changelist"))
    assert one.world.account.number not in read(other, row_page("changelist"))


@pytest.mark.parametrize("asked", ["999999", "x", "9" * 40])
def test_a_filter_for_what_is_not_there_is_no_error(desk, one, asked):
    assert desk.get(row_page("changelist") + f"?of={asked}", follow=True).status_code == 200


def test_where_no_newer_version_is_published_the_page_says_so(client, one):
    elsewhere = agree("vpnet", "33.00", since="2026-02-01").world.provider
    other = sign_in_staff(client, biller(elsewhere))

    assert "No version but the first is published" in read(other, page("add"))


def test_lists_ask_no_more_for_more_contracts(desk, one):
    def asked() -> int:
        row = TermsVariation.objects.latest("pk")
        desk.get(page("change", row.pk))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            desk.get(page("change", row.pk))
            desk.get(row_page("changelist") + f"?of={row.pk}")
        return len(seen)

    draft_terms(one, one.at("2027-03-15"))
    before = asked()
    services.drop_draft(change=TermsVariation.objects.get(), by=biller(), at=one.at("2027-03-15"))
    for _ in range(4):
        more = agree("greenlight", "400.00", since="2026-02-01", months=36, negotiated=True)
    draft_terms(more, more.at("2027-03-15"))

    assert TermsChange.objects.filter(variation__state="draft").count() == 5
    assert asked() <= before
