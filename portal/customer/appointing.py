"""Appoint somebody in short steps; see, change and end appointments."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from contracts.supply.selectors import services_to_choose
from parties.appointments import services as appointments
from parties.appointments.services import AppointmentRefused, Signing
from parties.authority import selectors as authority
from parties.authority.models import ROLES, Appointment
from parties.authority.selectors import local_day, powers
from parties.authority.states import POWERS, SignedHow
from parties.security.states import HighRisk
from portal.web.files import pdf_download, pdf_response
from portal.web.guards import AccountPage, StepUp, current, meant_elsewhere, shown_name
from terms.facts import Action, Role

from .appointing_forms import ALL, PersonForm, PowersForm, SignForm, TimeForm, wanted_from

DRAFT = "appoint"
# Whose powers the terms give, not the appointment.
BY_TERMS = (Role.ADVOCATE, Role.CUSTOMER_CONTACT)
STEPS = {"person": PersonForm, "time": TimeForm, "powers": PowersForm}
TITLES = {
    "person": "Who should act or speak for you?",
    "time": "From when until when?",
    "powers": "What may they do?",
}


class _Wizard(AccountPage):
    """What the steps of an appointment share: the answers so far, kept in the session."""

    action = Action.ADD_REPRESENTATIVE
    section = "people"

    @cached_property
    def draft(self) -> dict[str, Any]:
        kept: dict[str, Any] = self.request.session.get(DRAFT, {})
        return kept if kept.get("account") == str(self.account.public_id) else {}

    def keep(self, **answers: Any) -> None:
        account = str(self.account.public_id)
        self.request.session[DRAFT] = {**self.draft, "account": account, **answers}
        del self.draft

    @cached_property
    def held(self) -> list[Action]:
        """What the appointing person may do, and so may pass on."""
        under = authority.appointment_by_public_id(self.account, self.decision.authority)
        if under is None:
            raise Http404
        judged = powers(under, on=self.today, at=self.request.at)
        return [action for action, decision in judged.items() if decision.allowed]

    @cached_property
    def labels(self) -> dict[str, str]:
        """The services that can be chosen: those that the appointing person may see.

        One that ended stays where it was covered: to drop it would open all the others.
        """
        replaced = self.replaced()
        rows = (replaced.services if replaced else {}) | dict(
            services_to_choose(self.account, self.today)
        )
        return {id: label for id, label in rows.items() if self.allows(Action.VIEW_BILLS, id)}

    def replaced(self) -> Appointment | None:
        """The appointment that the new one takes the place of, if any."""
        public_id = self.draft.get("replaces")
        return authority.appointment_by_public_id(self.account, public_id) if public_id else None

    @property
    def role(self) -> str:
        return next(iter(self.draft.get("person", {}).get("role", [])), Role.AUTHORISED_REP.value)

    def form_of(self, step: str, data: Any = None) -> Any:
        facts: dict[str, Any] = {"today": self.today}
        if step == "time":
            facts["needs_last_day"] = bool(self.because_of_last_day)
        if step == "person":
            facts["roles"] = appointments.possible_roles(self.account, self.today)
        if step == "powers":
            facts |= {
                "role": self.role,
                "held": self.held,
                "services": list(self.labels.items()),
            }
        return STEPS[step](data, **facts)

    @cached_property
    def because_of_last_day(self) -> list[dict[str, Any]]:
        """Why these terms need a last day of such an appointment, if they do."""
        return appointments.needs_last_day(self.account, Role(self.role), self.today)

    def answers(self) -> tuple[dict[str, dict[str, Any]], str]:
        """The clean answers of all steps, and the first step that lacks one, or ""."""
        found: dict[str, dict[str, Any]] = {}
        for step in STEPS:
            form = self.form_of(step, MultiValueDict(self.draft.get(step, {})))
            if step not in self.draft or not form.is_valid():
                return found, step
            found[step] = form.cleaned_data
        return found, ""


class AppointStep(_Wizard, FormView):  # type: ignore[type-arg]
    """One step: the person, the time, the powers."""

    template_name = "customer/people/appoint_step.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["step"] not in STEPS:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "new" in request.GET:
            request.session.pop(DRAFT, None)
        return super().get(request, *args, **kwargs)

    def get_form(self, form_class: Any = None) -> Any:
        step = self.kwargs["step"]
        if self.request.method == "POST":
            return self.form_of(step, self.request.POST)
        kept = self.draft.get(step)
        form = self.form_of(step)
        if kept:
            form.initial = {name: _unlisted(form, name, rows) for name, rows in kept.items()}
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        step = self.kwargs["step"]
        self.keep(**{step: {name: self.request.POST.getlist(name) for name in form.fields}})
        following = list(STEPS)[list(STEPS).index(step) + 1 :]
        if "powers" in following and self.role == Role.CUSTOMER_CONTACT:
            self.keep(powers={})
            following.remove("powers")
        return redirect("appoint", following[0]) if following else redirect("appoint_check")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        step = self.kwargs["step"]
        place = list(STEPS).index(step)
        return super().get_context_data(
            title=TITLES[step],
            place=place + 1,
            back=list(STEPS)[place - 1] if place else "",
            because=self.because_of_last_day if step == "time" else [],
            **kwargs,
        )


def _unlisted(form: Any, name: str, rows: list[str]) -> Any:
    field = form.fields.get(name)
    is_list = hasattr(field, "choices") and getattr(field.widget, "allow_multiple_selected", False)
    return rows if is_list else next(iter(rows), "")


class AppointForm(_Wizard, View):
    """The form as it stands, unsigned, as a PDF to print and sign."""

    def get(self, request: HttpRequest) -> HttpResponse:
        answers, missing = self.answers()
        if missing:
            return redirect("appoint", missing)
        draw = partial(
            appointments.form_to_sign,
            account=self.account,
            by=request.user,
            wanted=wanted_from(answers, self.held, self.labels),
            at=request.at,
        )
        try:
            return pdf_download(request, "appointment-to-sign.pdf", draw)
        except AppointmentRefused:
            return redirect("appoint_check")


class AppointCheck(_Wizard, StepUp, FormView):  # type: ignore[type-arg]
    """Check the answers, then sign. Asks for a second factor first."""

    template_name = "customer/people/appoint_check.html"
    form_class = SignForm

    @property
    def risk(self) -> HighRisk:  # type: ignore[override]
        return HighRisk.RAISE_LIMITS if self.draft.get("replaces") else HighRisk.ADD_REPRESENTATIVE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _, missing = self.answers()
        return redirect("appoint", missing) if missing else super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _, missing = self.answers()
        return redirect("appoint", missing) if missing else super().post(request, *args, **kwargs)

    def form_valid(self, form: SignForm) -> HttpResponse:
        answers, _ = self.answers()
        given = form.cleaned_data
        replaced = self.replaced()
        try:
            row = appointments.appoint(
                account=self.account,
                by=self.request.user,
                wanted=wanted_from(answers, self.held, self.labels),
                signing=_signing(given, self.request),
                at=self.request.at,
                replaces=replaced,
                proof=self.proof,
            )
        except AppointmentRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        self.request.session.pop(DRAFT, None)
        done = "is appointed. An invitation is on its way"
        changed = "is appointed anew, with what you changed"
        messages.success(self.request, f"{row.person} {changed if replaced else done}.")
        return redirect("appointment", row.public_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        answers, _ = self.answers()
        wanted = wanted_from(answers, self.held, self.labels)
        try:
            row = appointments.review(
                account=self.account, by=self.request.user, wanted=wanted, at=self.request.at
            )
            refusal, because = "", []
        except AppointmentRefused as refused:
            row, refusal, because = None, str(refused), refused.because
        return super().get_context_data(
            wanted=wanted,
            row=row,
            refusal=refusal,
            because=because,
            role_label=dict(ROLES)[self.role],
            reach=appointments.reach(row, at=self.request.at) if row else None,
            **kwargs,
        )


def _signing(given: dict[str, Any], request: HttpRequest) -> Signing:
    how = SignedHow(given["how"])
    file = given["file"] if how == SignedHow.UPLOADED else None
    return Signing(
        how=how,
        name=given["name"],
        drawing=given["drawing"] if how == SignedHow.DRAWN else "",
        file=file.read() if file else b"",
        media_type=given.get("media_type", "") if file else "",
        words=given["words"],
        address=request.META.get("REMOTE_ADDR"),
        user_agent=request.headers.get("User-Agent", ""),
    )


class _One(AccountPage):
    """A page about one appointment of the account."""

    section = "people"

    @cached_property
    def row(self) -> Appointment:
        found = authority.appointment_by_public_id(self.account, str(self.kwargs["public_id"]))
        if found is None:
            raise Http404
        return found


class AppointmentPage(_One, TemplateView):
    """One appointment: what it allows, where it stands, how it was signed."""

    action = Action.VIEW_PERSONAL_DETAILS
    template_name = "customer/people/appointment.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row
        judged = powers(row, on=self.today, at=self.request.at) if row.role in BY_TERMS else {}
        return super().get_context_data(
            card=authority.appointment_card(row, self.today, self.request.at),
            by_terms=row.role in BY_TERMS,
            alone=[POWERS[action] for action, one in judged.items() if one.allowed],
            may_change=self.allows(Action.ADD_REPRESENTATIVE)
            and self.allows(Action.REMOVE_REPRESENTATIVE),
            may_remove=self.allows(Action.REMOVE_REPRESENTATIVE),
            **kwargs,
        )


class ChangeAppointment(_One, View):
    """Begin the steps with the answers of an appointment that the new one will replace."""

    action = Action.ADD_REPRESENTATIVE
    also = (Action.REMOVE_REPRESENTATIVE,)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        row = self.row
        if row.revoked_at or row.role == Role.HOLDER:
            raise Http404
        start = max(row.starts_on, self.today).isoformat()
        request.session[DRAFT] = {
            "account": str(self.account.public_id),
            "replaces": str(row.public_id),
            "person": {
                "role": [row.role],
                "name": [row.person],
                "email": [row.user.email],
                "advocate_kind": [row.advocate_kind],
                "position": [row.position],
            },
            "time": {
                "starts_on": [start],
                "ends_on": [row.ends_on.isoformat() if row.ends_on else ""],
            },
            "powers": {
                "extent": ["some" if row.limits else ALL],
                "granted": [one.value for one in Action if one.value not in row.limits],
                "max_expense": [str(row.max_expense) if row.max_expense is not None else ""],
                "services": list(row.services),
                "statement": [row.statement],
            },
        }
        return redirect("appoint", "time")


class RemoveAppointment(_One, View):
    """End an appointment at once."""

    action = Action.REMOVE_REPRESENTATIVE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        if self.row.role == Role.HOLDER:
            raise Http404
        appointments.revoke(appointment=self.row, by=request.user, at=request.at)
        messages.success(request, f"{self.row.person} can no longer act here. It took effect now.")
        return redirect("people")


class AppointmentPdf(_One, View):
    """The form as it was signed, as a PDF."""

    action = Action.VIEW_PERSONAL_DETAILS

    def get(self, request: HttpRequest, **_: Any) -> HttpResponse:
        document = authority.form_of(self.row)
        if document is None:
            raise Http404
        return pdf_response(request, document)


class _Mine(LoginRequiredMixin):
    """A page about one's own standing on the current account; nobody is refused that."""

    section = "people"
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and request.user.is_staff:
            return redirect("admin:index")
        if request.user.is_authenticated and current(request).chosen is None:
            return redirect("choose_account")
        elsewhere = meant_elsewhere(request) if request.user.is_authenticated else None
        return elsewhere or super().dispatch(request, *args, **kwargs)

    @cached_property
    def row(self) -> Appointment:
        chosen = current(self.request).chosen
        found = authority.standing_of(chosen) if chosen else None
        if found is None:
            raise Http404
        return found


class MyAuthority(_Mine, TemplateView):
    """What the person may and may not do on this account, each with its reason."""

    template_name = "customer/people/my_authority.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = local_day(self.row.account, self.request.at)
        judged = powers(self.row, on=today, at=self.request.at)
        chosen = current(self.request).chosen
        return super().get_context_data(
            row=self.row,
            for_whom=shown_name(self.request, chosen) if chosen else "",
            judged=[(POWERS[action], decision) for action, decision in judged.items()],
            **kwargs,
        )


class Warrant(_Mine, View):
    """Say, as an employee, that one has authority to agree for the customer."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        words = f"I have authority to agree for {self.row.account.customer.name}"
        appointments.warrant_authority(
            appointment=self.row, by=request.user, words=words, at=request.at
        )
        messages.success(request, "Your words are kept. The account holder was told.")
        return redirect("my_authority")


class LayDown(_Mine, View):
    """Lay down one's own appointment."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.row.role == Role.HOLDER:
            raise Http404
        has_others = len(current(request).choices) > 1
        appointments.revoke(appointment=self.row, by=request.user, at=request.at, why="Laid down")
        if has_others:
            return redirect("choose_account")
        logout(request)
        return redirect("account_login")
