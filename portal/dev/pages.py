"""Pages for those who build the portal; they answer only while DEBUG is on."""

from datetime import date, timedelta
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from portal.adapters.mailbox import Mail, kept, mail
from portal.web.words import STATUSES

REASONS = [
    {
        "document": "example",
        "version": "undated-1",
        "id": "EX-PAY-01",
        "clause": "Payment: when an invoice is due",
        "says": "Pay by the 15th day after the invoice; a day off moves to the next working day.",
        "steps": [
            "Issued Thu 10 Dec 2026: day 0",
            "Day 15 is Fri 25 Dec: Christmas Day",
            "Sat 26 and Sun 27 Dec: weekend; Mon 28 Dec: public holiday for Boxing Day",
            "Tue 29 Dec 2026 is a working day",
        ],
        "source": "terms",
    },
    {
        "document": "default",
        "version": "1",
        "id": "DF-PAY-02",
        "clause": None,
        "says": "Your terms set no reminder, so we send one five days before.",
        "steps": ["5 days before Tue 29 Dec is Thu 24 Dec"],
        "source": "default",
    },
]


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(
        label="Your name",
        help_text="As it stands on your invoice.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    about = forms.ChoiceField(
        label="What is it about?",
        choices=[("bill", "A bill"), ("fault", "A service that does not work")],
        widget=forms.RadioSelect,
    )
    services = forms.MultipleChoiceField(
        label="Which services?",
        choices=[("nbn", "NBN 100/40, 12 Example St"), ("sip", "SIP trunk, 10 lines")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    state = forms.ChoiceField(label="State", choices=[("", "Choose"), ("NSW", "New South Wales")])
    story = forms.CharField(label="What happened?", widget=forms.Textarea)
    evidence = forms.FileField(label="A photo or letter", required=False)
    agree = forms.BooleanField(label="I have checked these answers")


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Show every component of the design system on one page."""
    _only_while_developing()
    return render(request, "dev/components.html", _samples())


def _samples() -> dict[str, Any]:
    due = date(2026, 12, 29)
    return {
        "because": REASONS,
        "due": due,
        "late": due + timedelta(days=3),
        "statuses": list(STATUSES),
        "form": SampleForm(),
        "form_with_errors": SampleForm({"name": ""}, prefix="bad"),
        "page": Paginator(range(1, 181), 20).page(3),
        "columns": [
            {"label": "Invoice", "key": "number"},
            {"label": "Due", "key": "due"},
            {"label": "Amount", "key": "amount", "numeric": True},
        ],
        "rows": [
            ["INV-1042", "Tue 29 Dec 2026", "$1,234.50"],
            ["INV-1031", "Mon 30 Nov 2026", "$1,180.00"],
        ],
        "facts": [
            {"key": "Amount owing", "value": "$1,234.50", "because": REASONS[:1]},
            {"key": "Email for bills", "value": "accounts@example.com", "url": "#"},
        ],
        "steps": [
            {"at": due, "title": "Complaint received", "text": "By email.", "state": "done"},
            {"at": due, "title": "Proposal", "text": "Not on time.", "state": "missed"},
            {"at": due, "title": "Resolution", "because": REASONS[:1]},
        ],
        "consequences": [
            "Your NBN service stops on Tue 29 Dec 2026, in 30 days.",
            "An early termination charge of $220.00 inc GST goes on your last invoice.",
        ],
    }


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the mail that is kept in the folder, newest first."""
    _only_while_developing()
    return render(request, "dev/mailbox.html", {"mails": kept()})


@require_safe
def read_mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one kept message with its attachments."""
    return render(request, "dev/mail.html", {"mail": _mail(name)})


@require_safe
@csp_replace({"style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF]})
@xframe_options_sameorigin
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The message's HTML by itself, for the frame on its page."""
    return HttpResponse(_mail(name).html)


@require_safe
def mail_part(request: HttpRequest, name: str, part: int) -> HttpResponse:
    """Download an attachment of a kept message."""
    parts = _mail(name).parts
    if part >= len(parts):
        raise Http404("No such attachment.")
    found = parts[part]
    return HttpResponse(
        found.data,
        content_type=found.kind,
        headers={"Content-Disposition": f'attachment; filename="{found.name}"'},
    )


def _mail(name: str) -> Mail:
    _only_while_developing()
    found = mail(name)
    if found is None:
        raise Http404("No such message.")
    return found


def _only_while_developing() -> None:
    if not settings.DEV_PAGES:
        raise Http404("Only while developing.")
