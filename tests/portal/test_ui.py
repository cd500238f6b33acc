"""Words, dates, money and components of the templates."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from portal.web.templatetags import ui
from portal.web.words import STATUSES, Kind
from terms.clause import Clause, Reason, Source

CHRISTMAS_EVE = datetime(2026, 12, 24, 22, 5, tzinfo=UTC)
REASON = {
    "document": "example",
    "version": "2026-01",
    "id": "EX-1",
    "clause": "4.2 Payment",
    "says": "Pay within 15 days.",
    "steps": ["Issued Thu 10 Dec", "15 days on: Fri 25 Dec"],
    "source": "terms",
}


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("1234.5"), "$1,234.50"),
        ("0", "$0.00"),
        (7, "$7.00"),
        ("-88.00", "−$88.00"),
        ("0.0825", "$0.0825"),
        ("1E+3", "$1,000.00"),
        (None, ""),
        ("", ""),
    ],
)
def test_money_is_written_without_rounding_it(amount, written):
    assert ui.dollars(amount) == written


@pytest.mark.parametrize("value", [date(2026, 12, 29), "2026-12-29"])
def test_a_day_is_written_with_its_weekday(value):
    assert ui.day(value) == "Tue 29 Dec 2026"
    assert ui.short_day(value) == "Tue 29 Dec"
    assert ui.day_month(value) == "29 Dec"


@pytest.mark.parametrize("value", [None, ""])
def test_no_day_is_written_as_nothing(value):
    assert (ui.day(value), ui.clock(value), ui.when(value)) == ("", "", "")


def test_an_instant_is_shown_on_the_clock_of_the_current_zone():
    with timezone.override("Australia/Perth"):
        shown = ui.when(CHRISTMAS_EVE, with_time=True)

    assert "Fri 25 Dec 2026, 6:05 am</time>" in shown
    assert 'datetime="2026-12-25T06:05:00+08:00"' in shown
    assert 'title="Fri 25 Dec 2026, 6:05 am AWST"' in shown


@pytest.mark.parametrize(
    ("hour", "written"), [(0, "12:00 am"), (9, "9:00 am"), (12, "12:00 pm"), (23, "11:00 pm")]
)
def test_the_clock_has_twelve_hours(hour, written):
    assert ui.clock(f"2026-12-01T{hour:02}:00:00") == written


def test_business_numbers_are_grouped():
    assert ui.grouped("83116560742") == "83 116 560 742"
    assert ui.grouped("116 560 742") == "116 560 742"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537 Edg/120", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17 like Mac OS X) Safari/604", "Safari on iPhone"),
        ("curl/8", "A browser"),
    ],
)
def test_a_user_agent_is_named_in_two_words(agent, words):
    assert ui.browser(agent) == words


def test_a_status_is_a_word_and_a_kind():
    assert ui.status("overdue") == '<span class="status status--bad">Overdue</span>'


def test_an_unknown_status_is_neutral_and_spelled_out_safely():
    assert "status--neutral" in ui.status("half_done")
    assert "Half done" in ui.status("half_done")
    assert "&lt;b&gt;" in ui.status("active", "<b>")


def test_statuses_have_words_that_no_database_would_write():
    for word, kind in STATUSES.values():
        assert "_" not in word
        assert isinstance(kind, Kind)


@pytest.mark.parametrize(
    ("left", "words"),
    [(3, "in 3 working days"), (1, "in 1 working day"), (0, "today"), (-2, "2 working days late")],
)
def test_a_deadline_says_how_long_is_left(left, words):
    shown = render("{% deadline due left %}", due=date(2026, 12, 29), left=left)

    assert words in shown
    assert "Tue 29 Dec 2026" in shown
    assert ("Missed" in shown) == (left < 0)


def test_a_deadline_met_late_stays_marked_as_missed():
    due = date(2026, 12, 29)

    shown = render(
        "{% deadline due met_on=met missed=True %}", due=due, met=due + timedelta(days=3)
    )

    assert "Missed" in shown
    assert "Done" in shown
    assert "Fri 1 Jan 2027" in shown


def test_why_shows_the_clause_its_words_and_the_steps_in_order():
    shown = render("{% why because 'this due date' %}", because=[REASON])

    assert "Why this due date?" in shown
    assert shown.index("4.2 Payment") < shown.index("Pay within 15 days.")
    assert shown.index("Issued Thu 10 Dec") < shown.index("15 days on")
    assert "From your terms, version 2026-01" in shown


def test_why_labels_a_default_as_not_from_the_terms():
    default = {**REASON, "clause": None, "source": "default", "document": "default"}

    assert "Default, not from your terms" in render("{% why because %}", because=[default])


def test_why_takes_what_a_rule_has_just_answered():
    clause = Clause(
        document="d", version="1", id="D-1", heading="9", says="No.", source=Source.FLOOR
    )

    shown = render("{% why because %}", because=(Reason(clause, ("One step",)),))

    assert "From the law" in shown
    assert "One step" in shown


def test_why_without_reasons_prints_nothing():
    assert render("{% why because %}", because=[]) == ""


def test_reasons_are_escaped():
    assert "<script>" not in render("{% why because %}", because=[{**REASON, "says": "<script>"}])


def test_a_reason_is_cited_in_one_line():
    assert ui.cited(REASON) == "4.2 Payment: Pay within 15 days (EX-1)."


def test_a_column_sorts_up_then_down_and_keeps_the_search():
    template = "{% sort_header 'Due' 'due' %}"
    up = render(template, request=RequestFactory().get("/", {"q": "nbn", "sort": "due"}))
    down = render(template, request=RequestFactory().get("/", {"sort": "-due", "page": "3"}))

    assert 'aria-sort="ascending"' in up
    assert "q=nbn" in up
    assert "sort=-due" in up
    assert 'aria-sort="descending"' in down
    assert "page=" not in down


def test_page_links_keep_the_search_and_mark_where_one_is():
    page = Paginator(range(100), 10).page(5)
    request = RequestFactory().get("/", {"q": "nbn", "page": "5"})

    shown = render("{% pagination page 'invoices' %}", page=page, request=request)

    assert "Showing 41 to 50 of 100 invoices" in shown
    assert 'href="?q=nbn&amp;page=4" rel="prev"' in shown
    assert shown.count('aria-current="page"') == 1


class Contact(forms.Form):
    name = forms.CharField(help_text="As on your invoice.")
    how = forms.ChoiceField(choices=[("e", "Email"), ("p", "Phone")], widget=forms.RadioSelect)
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"placeholder": "Note"}))
    agree = forms.BooleanField()


def test_a_field_has_its_label_help_and_class():
    shown = str(Contact())

    assert '<label class="govuk-label" for="id_name">Name</label>' in shown
    assert 'id="id_name_helptext">As on your invoice.' in shown
    assert 'aria-describedby="id_name_helptext"' in shown
    assert '<span class="optional">(optional)</span>' in shown
    assert "placeholder" not in shown
    assert "<fieldset" in shown


def test_errors_stand_in_a_linked_summary_and_beside_the_field():
    shown = str(Contact({"name": ""}))

    assert 'role="alert" tabindex="-1" autofocus' in shown
    assert '<a href="#id_name">Name</a> This field is required.' in shown
    assert '<a href="#id_how_0">How</a>' in shown
    assert 'id="id_name_error"' in shown
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="id_name_helptext id_name_error"' in shown


def test_every_choice_has_its_own_label():
    shown = str(Contact())

    assert '<label class="choice" for="id_how_0">' in shown
    assert '<label class="choice" for="id_how_1">' in shown
