"""Records of complaints: erased once their time is over, and studied each quarter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from complaints.analysis import selectors as analysis
from complaints.analysis import services as analysis_services
from complaints.analysis.models import Study
from complaints.keeping import selectors as keeping
from complaints.keeping import services as keeping_services
from complaints.keeping.models import Certificate, Erased
from complaints.process.services import StepRefused
from complaints.tickets.models import Complaint
from parties.accounts.models import Provider
from portal.web.sheets import csv_file
from terms import library
from terms.calendar import in_words

from .base import StepsAdmin

AREA = {"rows": 8, "class": "vLargeTextField"}


class WhoseForm(forms.Form):
    """Of which provider, for those who work for several."""

    provider = forms.ModelChoiceField(
        label="Provider", queryset=Provider.objects.order_by("name"), to_field_name="key"
    )


class EraseForm(forms.Form):
    """Which complaints go: all that were shown, or fewer."""

    references = forms.MultipleChoiceField(
        label="Erase these for ever",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Leave at least one ticked, or go back."},
    )
    sure = forms.BooleanField(
        label="I know that nobody can bring them back",
        error_messages={"required": "Tick this, or go back."},
    )

    def __init__(self, *args: Any, offered: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["references"]
        field.choices = offered
        field.initial = [reference for reference, _ in offered]


class StudyForm(forms.Form):
    """What shows in a quarter, and what follows."""

    found = forms.CharField(
        label="What shows?",
        max_length=8000,
        widget=forms.Textarea(attrs=AREA),
        help_text="What comes again and again, what grew, where a promise was missed, and why.",
    )
    changes = forms.CharField(
        label="What is changed, by whom and until when?",
        max_length=8000,
        widget=forms.Textarea(attrs=AREA),
        help_text="Where nothing is changed, why not. Name no customer: auditors read it too.",
    )


class OfProviders(StepsAdmin):
    """Pages about all complaints of one provider."""

    provider_path = "provider"
    account_path = ""
    list_per_page = 20

    def accounts_of(self, record: Any) -> list[Any]:
        """They belong to no account."""
        return []

    def steps_now(self, request: HttpRequest, row: Any) -> list[str]:
        return list(self.steps)

    def provider_asked(self, request: HttpRequest) -> Provider | None:
        """Their own provider; else the one that the address names."""
        if request.user.provider:
            return request.user.provider
        return Provider.objects.filter(key=request.GET.get("provider", "")[:40]).first()

    def ask_provider(self, request: HttpRequest, title: str) -> HttpResponse:
        """Ask whose complaints are meant."""
        form = WhoseForm(request.POST or None)
        if form.is_valid():
            return redirect(f"{request.path}?provider={form.cleaned_data['provider'].key}")
        return self.step(request, form, title=title, action="Go on")


@admin.register(Certificate)
class CertificateAdmin(OfProviders):
    """Certificates of what was erased, and the page on which it is."""

    list_display = ("reference", "provider", "made_at", "made_by", "many", "is_private")
    list_filter = ("provider", "is_private")
    search_fields = ("reference", "erased__complaint")
    list_select_related = ("provider", "made_by")
    fields = ("reference", "provider", "made_at", "made_by", "is_private", "what", "which")
    steps = {"file": "Download as CSV"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Certificate]:
        known = keeping.certificates_known_to(request.user)
        return super().get_queryset(request).filter(pk__in=known.values("pk"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return keeping.may_erase(request.user)

    @admin.display(description="complaints")
    def many(self, row: Certificate) -> int:
        return int(row.counted.get("complaints", 0))

    @admin.display(description="what was erased")
    def what(self, row: Certificate) -> str:
        return ", ".join(f"{many} {name}" for name, many in row.counted.items() if many)

    @admin.display(description="of these complaints")
    def which(self, row: Certificate) -> str:
        """Each with the day on which it ended, and until when it was kept."""
        return "; ".join(map(_gone, row.erased.all()))

    def file(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The complaints of one certificate as a file."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        lines = row.erased.values_list("complaint", "received_on", "closed_on", "kept_until")
        heads = ["Complaint", "Received", "Closed", "Kept until"]
        return csv_file(f"erased-{row.reference}", heads, lines.iterator())

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what would go and by which clause, then erase it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        provider = self.provider_asked(request)
        if provider is None:
            return self.ask_provider(request, "Erase complaints whose time is over")
        due = keeping_services.due_now(provider, request.user, request.at)
        offered = [(one.reference, _why_now(one, kept)) for one, kept in due]
        form = EraseForm(request.POST or None, offered=offered)
        if form.is_valid():
            try:
                made = keeping_services.erase_records(
                    provider=provider,
                    references=form.cleaned_data["references"],
                    by=request.user,
                    at=request.at,
                )
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                names = ", ".join(one.reference for one in made)
                messages.success(request, f"Erased, and certified: {names}.")
                return self.list_page()
        return self.step(
            request,
            form if offered else None,
            title=f"Erase complaints whose time is over: {provider}",
            action="Erase them for ever" if offered else "Look again",
            notes="" if offered else "Nothing is over yet.",
            intro="With each goes everything that was said, sent, owed and proved about it, files "
            "included; what stays is the certificate. Bills and credits stay as long as books "
            "are kept. What is needed longer is kept by “Keep its records” on the complaint.",
            because=due[0][1].because if due else (),
        )


@admin.register(Erased)
class ErasedAdmin(OfProviders):
    """What became of a reference that nobody finds any more."""

    provider_path = "certificate__provider"
    list_display = ("complaint", "received_on", "closed_on", "kept_until", "certificate")
    search_fields = ("complaint",)
    list_select_related = ("certificate",)

    def reasons(self, row: Erased) -> Any:
        return row.certificate.because

    def get_queryset(self, request: HttpRequest) -> QuerySet[Erased]:
        known = keeping.certificates_known_to(request.user)
        return super().get_queryset(request).filter(certificate__in=known.values("pk"))


@admin.register(Study)
class StudyAdmin(OfProviders):
    """Studies of quarters, and the page on which one is written."""

    list_display = ("quarter", "provider", "by", "at")
    list_filter = ("provider",)
    search_fields = ("found", "changes")
    list_select_related = ("provider", "by")
    fields = ("provider", "first", "last", "found", "changes", "by", "at")
    steps = {"file": "Download as CSV"}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("complaints.change_study"))

    @admin.display(description="quarter", ordering="first")
    def quarter(self, row: Study) -> str:
        return f"{in_words(row.first)} to {in_words(row.last)}"

    def file(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The figures that were studied, as they were then."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        return csv_file(f"study-{row.first}", ["Figure", "Of", "Number"], row.figures)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Write the study of the last whole quarter."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        provider = self.provider_asked(request)
        if provider is None:
            return self.ask_provider(request, "Study the complaints of a quarter")
        region = library.provider(provider.key).default_state
        period = analysis.quarter_to_study(request.at, region)
        form = StudyForm(request.POST or None)
        if form.is_valid():
            try:
                row = analysis_services.study_complaints(
                    provider=provider,
                    period=period,
                    by=request.user,
                    at=request.at,
                    **form.cleaned_data,
                )
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Kept, with the figures of today.")
                return redirect("admin:complaints_study_change", row.pk)
        return self.step(
            request,
            form,
            title=f"Study the complaints of {period.first:%B} to {period.last:%B %Y}: {provider}",
            action="Keep the study",
            notes=self._figures_in_words(provider, period, request),
            intro="“Complaints in figures” shows the quarter; the figures are kept with this.",
            because=analysis.cite_study(period),
        )

    def _figures_in_words(self, provider: Provider, period: Any, request: HttpRequest) -> str:
        rows = Complaint.objects.filter(account__customer__provider=provider, safety_threat=False)
        found = analysis.figures(rows, period, request.at)
        top = [f"{one.label} {one.count}" for one in found.groups["About"][:3]]
        causes = [f"{one.label} {one.count}" for one in found.groups["Cause"][:3]]
        return (
            f"{found.received} came, {found.urgent} urgent, {found.referred} with the ombudsman; "
            f"{found.durations.closed} ended. About: {', '.join(top) or 'nothing'}. "
            f"Causes: {', '.join(causes) or 'none named'}."
        )


def _why_now(complaint: Complaint, kept: keeping.Kept) -> str:
    private = "; about somebody's safety" if complaint.safety_threat else ""
    return (
        f"{complaint.reference}: closed {in_words(kept.closed_on)}, "
        f"kept until {in_words(kept.kept_until)}{private}"
    )


def _gone(row: Erased) -> str:
    closed, kept = in_words(row.closed_on), in_words(row.kept_until)
    return f"{row.complaint} closed {closed}, kept until {kept}"
