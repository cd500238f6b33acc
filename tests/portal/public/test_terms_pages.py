"""The public pages of the terms: complete, searchable, answering, and never a blank refusal."""

from __future__ import annotations

import csv
import io
import re
import shutil
from datetime import date
from html import unescape

import pytest
from django.urls import reverse

from parties.accounts.models import DeclaredDay
from portal.public.terms import answers
from portal.public.terms_forms import CalculatorForm
from terms import library
from terms.workbench import reading
from tests.world import make_world

TODAY = date(2026, 11, 22)
QUESTIONS = [
    (document, each.rule)
    for document in library.documents()
    for each in reading.page(library.newest(document), TODAY).questions
]
HARSH = [
    "",
    "0",
    "-1",
    "x",
    "<b>",
    "99999999999999999999",
    "NaN",
    "2023-01-01",
    "2031-12-31",
    "no",
]


def url_of(name: str, document: str, *more: str) -> str:
    return reverse(name, args=[document, library.latest(document), *more])


def text_of(response) -> str:
    assert response.status_code == 200
    return unescape(response.content.decode())


@pytest.mark.parametrize("document", library.documents())
def test_every_clause_stands_on_the_page_and_has_its_own(client, document, db):
    page = text_of(client.get(url_of("terms_version", document)))

    assert page.count("<h1") == 1
    for row in library.newest(document).rows:
        assert f'id="{row.clause.id}"' in page
        assert row.clause.says in page
    for row in library.newest(document).rows[::10]:
        own = text_of(client.get(url_of("clause", document, row.clause.id)))
        assert row.clause.says in own
        assert own.count("<h1") == 1


@pytest.mark.parametrize("document", library.providers())
def test_readings_and_silences_are_shown(client, document, db):
    profile = library.newest(document)

    page = text_of(client.get(url_of("terms_version", document)))

    for one in profile.readings:
        assert one.chosen in page
    assert "Where your terms don't say" in page
    assert "Default, not from your terms" in page


def test_silence_that_nothing_fills_says_so(client, db):
    page = text_of(client.get(url_of("terms_version", "callpro")))

    assert "Nothing else answers either" in page


def test_law_says_how_sure_each_row_is_and_whether_it_is_switched_on(client, db):
    page = text_of(client.get(url_of("terms_version", "floor")))

    assert "Switched off" in page
    assert "not applied until a provider switches it on" in page


def test_default_says_why_and_that_it_is_nobodys_terms(client, db):
    page = text_of(client.get(url_of("terms_version", "default")))

    assert "None of this is in any provider's terms" in page
    for row in library.newest("default").rows:
        assert not row.shows or f"Why this value: {row.shows}" in page


def test_what_the_law_replaces_is_shown_to_protected_readers_only(client, db):
    url = url_of("terms_version", "vpnet")

    assert "What the law replaces" in text_of(client.get(url, {"readers": "protected"}))
    assert 'id="law"' not in text_of(client.get(url, {"readers": "others"}))


def test_readers_see_only_what_can_bind_them(client, db):
    url = url_of("terms_version", "blueshift")
    rows = library.newest("blueshift").rows
    theirs = next(row.clause.id for row in rows if row.applies_to == "tcp")
    others = next(row.clause.id for row in rows if row.applies_to == "non_tcp")

    protected = text_of(client.get(url, {"readers": "protected"}))

    assert f'id="{theirs}"' in protected
    assert f'id="{others}"' not in protected


def test_search_finds_marks_and_counts(client, db):
    page = text_of(client.get(url_of("terms_version", "vpnet"), {"q": "15 days"}))

    assert "<mark>15</mark> <mark>days</mark>" in page
    assert 'id="VP-PAY-02"' in page
    assert 'id="VP-LIA-01"' not in page
    assert re.search(r"\d+ clauses? with “15 days”", page)


def test_search_that_finds_nothing_says_what_to_try(client, db):
    page = text_of(client.get(url_of("terms_version", "vpnet"), {"q": "zeppelin"}))

    assert "No clause matches" in page


@pytest.mark.parametrize("asked", ["<script>alert(1)</script>", "\"'><img src=x>", "(.*", "\\"])
def test_search_shows_what_was_asked_as_text(client, asked, db):
    response = client.get(url_of("terms_version", "vpnet"), {"q": asked})

    page = response.content.decode()
    assert response.status_code == 200
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_clauses_come_as_a_spreadsheet(client, db):
    response = client.get(url_of("terms_csv", "vpnet"))

    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert response["Content-Type"].startswith("text/csv")
    assert [row[0] for row in rows[1:]] == [
        clause.id for clause in library.newest("vpnet").clauses
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/terms/nobody/",
        "/terms/vpnet/2",
        "/terms/vpnet/2/",
        "/terms/vpnet/undated-1/clause/VP-X/",
        "/terms/vpnet/undated-1/work-it-out/nonsense/",
        "/terms/vpnet/compare/undated-1/2/",
    ],
)
def test_what_does_not_exist_is_not_found(client, path, db):
    assert client.get(path, follow=True).status_code == 404


def test_terms_open_on_the_version_in_force(client, db):
    response = client.get(reverse("terms_document", args=["vpnet"]))

    assert response.url == url_of("terms_version", "vpnet")


def test_customer_is_told_which_version_binds_them(client, world):
    client.force_login(world.holder)

    page = text_of(client.get(reverse("terms_document", args=["vpnet"]), follow=True))

    assert f"This version binds your account {world.account.number}" in page


def test_customer_of_another_provider_is_told_nothing_about_it(client, db):
    client.force_login(make_world("greenlight").holder)

    assert "binds your account" not in text_of(client.get(url_of("terms_version", "vpnet")))


def test_strangers_cost_no_query(client, django_assert_num_queries, db):
    client.get(url_of("terms_question", "vpnet", "invoice_due_date"))

    with django_assert_num_queries(0):
        for path in ("terms_version", "terms_questions"):
            client.get(url_of(path, "vpnet"))
        client.get(url_of("terms_question", "vpnet", "invoice_due_date"))


@pytest.mark.parametrize("path", ["terms_version", "terms_questions"])
def test_customers_cost_few_queries(client, world, path, django_assert_max_num_queries):
    client.force_login(world.holder)
    client.get("/")

    with django_assert_max_num_queries(8):
        client.get(url_of(path, "vpnet"))


def test_footer_leads_a_customer_to_their_own_terms(client, world):
    client.force_login(world.holder)

    assert reverse("terms_document", args=["vpnet"]) in text_of(client.get("/"))


def test_why_leads_to_the_clause(client, db):
    page = text_of(client.get(url_of("terms_question", "vpnet", "invoice_due_date")))

    assert f'href="{url_of("clause", "vpnet", "VP-PAY-02")}"' in page


# ---- working it out


@pytest.mark.slow
@pytest.mark.parametrize(("document", "rule"), QUESTIONS)
def test_every_question_answers_its_example(client, document, rule, db):
    page = text_of(client.get(url_of("terms_question", document, rule)))

    assert page.count("<h1") == 1
    assert 'class="why"' in page
    assert "There is a problem" not in page
    assert "do not fit together" not in page
    for asked in re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', page):
        assert f'for="{asked}"' in page


@pytest.mark.parametrize("document", library.providers())
def test_question_on_which_the_terms_are_silent_is_answered_elsewhere(client, document, db):
    for silence in reading.page(library.newest(document), TODAY).silences:
        if silence.calculator:
            page = text_of(client.get(url_of("terms_question", document, silence.rule)))
            told = "Not worked out here" if silence.speaks else "Your terms don't say"
            assert told in page


def test_filled_form_is_answered_with_its_steps(client, db):
    url = url_of("terms_question", "vpnet", "invoice_due_date")

    page = text_of(client.get(url, {"issue_date": "2026-12-10", "state": "NSW"}))

    assert "Tue 29 Dec 2026" in page
    assert "Christmas Day" in page


def test_two_answers_stand_side_by_side_where_the_law_changes_one(client, db):
    url = url_of("terms_question", "vpnet", "back_billing")

    protected = text_of(client.get(url, {"charge_incurred_on": "2026-11-02", "tcp": "yes"}))
    other = text_of(client.get(url, {"charge_incurred_on": "2026-11-02", "tcp": "no"}))

    assert "With the law, which decides" in protected
    assert "The law does not change this answer" in other


def test_default_is_labelled_where_it_answers(client, db):
    page = text_of(client.get(url_of("terms_question", "callpro", "invoice_due_date")))

    assert "By the house default" in page
    assert "Default, not from your terms" in page


def test_day_that_is_none_is_named_beside_its_field(client, db):
    url = url_of("terms_question", "vpnet", "invoice_due_date")

    page = text_of(client.get(url, {"issue_date": "soon", "state": "NSW"}))

    assert "There is a problem" in page
    assert "Give a day, such as 29/12/2026." in page


def test_fact_that_is_missing_is_asked_for(client, db):
    url = url_of("terms_question", "vpnet", "invoice_due_date")

    page = text_of(client.get(url, {"issue_date": "", "state": "NSW"}))

    assert "Fill this in: the answer depends on it." in page


def test_day_beyond_the_known_holidays_is_explained(client, db):
    url = url_of("terms_question", "vpnet", "invoice_due_date")

    page = text_of(client.get(url, {"issue_date": "1999-01-01", "state": "NSW"}))

    assert "beyond the public holidays that we know" in page


def test_day_that_a_state_proclaimed_counts_here_too(client, db):
    DeclaredDay.objects.create(state="NSW", day=date(2026, 12, 29), name="Mourning", source="x")
    url = url_of("terms_question", "vpnet", "invoice_due_date")

    page = text_of(client.get(url, {"issue_date": "2026-12-10", "state": "NSW"}))

    assert "Wed 30 Dec 2026" in page


@pytest.mark.parametrize("harsh", HARSH)
def test_no_input_breaks_a_question(harsh):
    for document in library.documents():
        profile = library.newest(document)
        for question in reading.page(profile, TODAY).questions:
            form = CalculatorForm(question, {each.name: harsh for each in question.fields})
            answers(profile, question, form, on=TODAY)


# ---- versions


@pytest.fixture
def second_version(tmp_path, monkeypatch):
    """A second version of VPnet's terms, in force from 2027, that gives five days less to pay."""
    shelf = tmp_path / "profiles"
    shutil.copytree(library.PROFILES, shelf)
    old = shelf / "vpnet" / "undated-1.yaml"
    text = old.read_text(encoding="utf-8").replace("version: undated-1", 'version: "2027-01"')
    text = re.sub("in_force_from: .*", "in_force_from: 2027-01-01", text)
    text = text.replace("invoice_due_date: {days: 15", "invoice_due_date: {days: 10")
    (shelf / "vpnet" / "2027-01.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(library, "PROFILES", shelf)
    library.load.cache_clear()
    yield "2027-01"
    library.load.cache_clear()


def test_two_versions_are_compared_in_days_and_dollars(client, second_version, db):
    page = text_of(client.get(f"/terms/vpnet/compare/undated-1/{second_version}/"))

    assert "(−8 days)" in page
    assert "15 → 10" in page


def test_version_names_the_others_and_customers_are_led_to_theirs(client, second_version, world):
    client.force_login(world.holder)

    page = text_of(client.get(f"/terms/vpnet/{second_version}/"))

    assert "Another version binds your account" in page
    assert "/terms/vpnet/compare/undated-1/2027-01/" in page
