"""What a customer can do about their own data: see it, take it along, correct it, say what for."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.generic import FormView, TemplateView

from parties.correspondence import selectors as correspondence
from parties.correspondence.models import Preference
from parties.correspondence.states import ASKED_TOGETHER, CHOICES, PreferenceKind
from parties.privacy import services as privacy
from parties.privacy.models import DataExport, PrivacyRequest
from parties.privacy.states import ExportState, PrivacyKind
from parties.security.states import HighRisk
from portal.web.guards import AccountPage, StepUp
from records.deadlines.selectors import deadlines_of
from terms.facts import Action

from .privacy_forms import PreferencesForm, PrivacyRequestForm

SHOWN = 10


class Privacy(AccountPage, TemplateView):
    """Choices, requests and downloads, each with where it stands."""

    action = Action.VIEW_PERSONAL_DETAILS
    template_name = "customer/privacy/privacy.html"
    section = "profile"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = list(PrivacyRequest.objects.filter(account=self.account)[:SHOWN])
        due = deadlines_of(one.reference for one in asked)
        chosen = correspondence.preferences(self.account)
        return super().get_context_data(
            form=PreferencesForm(initial={kind.value: one for kind, one in chosen.items()}),
            may_change=self.allows(Action.CHANGE_DETAILS),
            reminders=dict(CHOICES[PreferenceKind.REMINDERS])[chosen[PreferenceKind.REMINDERS]],
            earlier=[
                {
                    "kind": row.get_kind_display(),
                    "value": dict(CHOICES[PreferenceKind(row.kind)])[row.value],
                    "at": row.chosen_at,
                    "by": row.chosen_by,
                }
                for row in Preference.objects.filter(account=self.account).select_related(
                    "chosen_by"
                )[:SHOWN]
            ],
            requests=[(one, due[one.reference]) for one in asked],
            exports=DataExport.objects.filter(account=self.account, asked_by=self.request.user)[
                :SHOWN
            ],
            **kwargs,
        )


class Choose(AccountPage, View):
    """Keep the choices that were changed."""

    action = Action.CHANGE_DETAILS
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PreferencesForm(request.POST)
        if form.is_valid():
            for kind in ASKED_TOGETHER:
                privacy.choose(
                    account=self.account,
                    by=request.user,
                    at=request.at,
                    kind=kind,
                    value=form.cleaned_data[kind.value],
                )
            messages.success(request, "Your choices hold from now on.")
        else:
            messages.error(request, "Choose one answer for each question.")
        return redirect("privacy")


class AskPrivacy(AccountPage, FormView):  # type: ignore[type-arg]
    """Ask to see or to correct what is held; the day for the answer is shown at once."""

    action = Action.REQUEST_RECORDS
    template_name = "customer/privacy/ask.html"
    section = "profile"
    form_class = PrivacyRequestForm

    def get_form_kwargs(self) -> dict[str, Any]:
        kinds = [kind for kind, action in privacy.NEEDS.items() if self.allows(action)]
        return super().get_form_kwargs() | {"kinds": kinds}

    def form_valid(self, form: PrivacyRequestForm) -> HttpResponse:
        asked = privacy.ask_privacy(
            account=self.account,
            by=self.request.user,
            kind=PrivacyKind(form.cleaned_data["kind"]),
            text=form.cleaned_data["text"],
            at=self.request.at,
        )
        messages.success(
            self.request,
            f"We have your request. Its reference is {asked.reference}; "
            "the answer comes to your email address.",
        )
        return redirect(self.back)

    @property
    def back(self) -> str:
        """Where this person came from: not everybody who may ask sees the privacy page."""
        return "privacy" if self.allows(Privacy.action) else "home"


class _OwnFile:
    """A file that this person asked for, with all the customer's data."""

    action = Action.VIEW_PERSONAL_DETAILS
    also = (Action.REQUEST_RECORDS, Action.VIEW_BILLS)
    own_only = True

    def export(self) -> DataExport:
        """Return the file's row. Raises Http404 for somebody else's."""
        found = DataExport.objects.filter(
            account=self.account, asked_by=self.request.user, public_id=self.kwargs["public_id"]
        ).first()
        if found is None:
            raise Http404
        return found


class AskExport(AccountPage, StepUp, TemplateView):
    """Have a file made with all that is held; who asks is proved by a second factor first."""

    action = Action.VIEW_PERSONAL_DETAILS
    also = (Action.REQUEST_RECORDS, Action.VIEW_BILLS)
    own_only = True
    risk = HighRisk.EXPORT_DATA
    template_name = "customer/privacy/download.html"
    section = "profile"

    def post(self, request: HttpRequest) -> HttpResponse:
        privacy.ask_export(account=self.account, by=request.user, at=request.at, proof=self.proof)
        messages.success(request, "Your file is being made. We email you when it is ready.")
        return redirect("privacy")


class ExportProgress(_OwnFile, AccountPage, View):
    """How far the file is, for the page that waits."""

    def get(self, request: HttpRequest, public_id: Any) -> HttpResponse:
        return render(request, "customer/privacy/_export.html", {"export": self.export()})


class FetchExport(_OwnFile, AccountPage, StepUp, View):
    """The file itself, until its days are over; a second factor is asked for first."""

    risk = HighRisk.EXPORT_DATA

    def get(self, request: HttpRequest, public_id: Any) -> HttpResponse | FileResponse:
        export = self.export()
        if export.state != ExportState.READY or export.expires_at <= request.at:
            return render(request, "customer/privacy/gone.html", status=410)
        return FileResponse(
            export.file.open("rb"),
            as_attachment=True,
            filename=f"{self.account.number}-all-data.zip",
            content_type="application/zip",
        )
