"""Making a complaint: short steps, kept as they are typed, sent from the last page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import MultipleChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView

from billing.disputes.selectors import Meanwhile, meanwhile
from billing.disputes.services import AmountTooHigh
from complaints.lodging import selectors
from complaints.lodging import services as lodging
from complaints.lodging.models import Draft
from complaints.tickets.states import Topic
from contracts.supply.selectors import service_ids
from parties.correspondence.services import mask_of
from portal.web.guards import AccountPage
from terms.facts import Action
from terms.money import in_dollars

from .lodging_forms import STEPS, TITLES, Asker, StepForm, details_of, path

AGAIN = "The bill was paid in part meanwhile, or another complaint contests it"


class _Lodging(AccountPage):
    """What the steps share. That somebody writes a complaint is nobody else's business yet."""

    action = Action.LODGE_COMPLAINT
    section = "complaints"
    is_private = True

    @cached_property
    def asker(self) -> Asker:
        return Asker(
            account=self.account,
            sees_bills=self.allows(Action.VIEW_BILLS),
            services=frozenset(
                public_id
                for public_id in service_ids(self.account)
                if self.allows(Action.VIEW_BILLS, public_id)
            ),
            mask=mask_of(self.permissions),
        )

    def form_of(self, step: str, data: Any, told: dict[str, Any], files: Any = None) -> StepForm:
        return STEPS[step](data, files, asker=self.asker, told=told)

    def answers(self, kept: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """The clean answers so far, and the first step that lacks one, or "" where none does."""
        told: dict[str, Any] = {}
        for step in STEPS:
            if step == "files" or step not in path(told, self.asker):
                continue
            form = self.form_of(step, MultiValueDict(kept.get(step, {})), told)
            if step not in kept or not form.is_valid():
                return told, step
            told |= form.cleaned_data
        return told, ""


class Lodge(_Lodging, TemplateView):
    """The first step, with what it costs and what was begun earlier."""

    template_name = "customer/complaints/lodge.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        initial: dict[str, Any] = {}
        if self.request.GET.get("bill"):
            initial = {"topic": Topic.BILL}
        elif self.request.GET.get("service"):
            initial = {"topic": Topic.FAULT, "service": self.request.GET["service"]}
        form = kwargs.pop("form", None) or STEPS["about"](asker=self.asker, initial=initial)
        begun = selectors.open_drafts(self.account, self.request.user, self.request.at)
        return super().get_context_data(
            form=form,
            title=TITLES["about"],
            step="about",
            cost=lodging.cost_of_handling(self.account, self.request.at),
            begun=begun,
            place=1,
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin; a form that lacks something is shown again with what was typed."""
        form = self.form_of("about", request.POST, {})
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        draft = lodging.begin_draft(account=self.account, by=request.user, at=request.at)
        typed = {name: request.POST.getlist(name) for name in form.fields}
        lodging.save_step(draft=draft, step="about", answers=typed, at=request.at)
        if bill := request.GET.get("bill"):
            chosen = {"disputed_invoice": [bill]}
            lodging.save_step(draft=draft, step="bill", answers=chosen, at=request.at)
        return redirect("lodge_step", draft.public_id, "urgent")


class _OneDraft(_Lodging):
    """A page about somebody's own draft; nobody else's is there."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.wanted: UUID = kwargs["draft_id"]
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def draft(self) -> Draft:
        found = selectors.draft_of(self.account, self.request.user, self.wanted, self.request.at)
        if found is None:
            raise Http404
        return found

    @cached_property
    def told(self) -> dict[str, Any]:
        return self.answers(self.draft.answers)[0]

    def urgency(self) -> lodging.Outlook | None:
        """What follows from what was ticked so far, if it is urgent."""
        if "urgent" not in self.draft.answers:
            return None
        outlook = lodging.foretell(
            account=self.account, details=details_of(self.told), at=self.request.at
        )
        return outlook if outlook.urgent or self.told.get("safety_threat") else None


class LodgeStep(_OneDraft, TemplateView):
    """One step in between."""

    template_name = "customer/complaints/lodge.html"

    @property
    def step(self) -> str:
        return str(self.kwargs["step"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.draft.complaint is not None:
            return redirect("complaint", self.draft.complaint.reference)
        if elsewhere := self._elsewhere():
            return elsewhere
        return super().get(request, *args, **kwargs)

    def _elsewhere(self) -> HttpResponse | None:
        """Where to go first if an earlier step lacks something, or this one is not needed."""
        if self.step not in STEPS:
            raise Http404
        told, missing = self.answers(self.draft.answers)
        steps = path(told, self.asker)
        if self.step not in steps:
            return redirect("lodge_step", self.draft.public_id, missing or "files")
        if missing and steps.index(missing) < steps.index(self.step):
            return redirect("lodge_step", self.draft.public_id, missing)
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or self._kept_form()
        steps = path(self.told, self.asker)
        place = steps.index(self.step)
        return super().get_context_data(
            form=form,
            title=TITLES[self.step],
            draft=self.draft,
            files=self.draft.files.all() if self.step == "files" else [],
            back=steps[place - 1] if place else "",
            place=place + 1,
            many=len(steps),
            outlook=self.urgency(),
            **kwargs,
        )

    def _kept_form(self) -> StepForm:
        """The step's form with what was typed before, without complaints about it."""
        kept = self.draft.answers.get(self.step, {})
        form = STEPS[self.step]
        several = {
            name
            for name, field in form.base_fields.items()
            if isinstance(field, MultipleChoiceField)
        }
        initial = {
            name: rows if name in several else next(iter(rows), "") for name, rows in kept.items()
        }
        return form(asker=self.asker, told=self.told, initial=initial)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep what was typed, right or wrong, then go on or say what is missing."""
        if self.draft.complaint is not None:
            return redirect("complaint", self.draft.complaint.reference)
        if elsewhere := self._elsewhere():
            return elsewhere
        form = self.form_of(self.step, request.POST, self.told, request.FILES)
        if self.step == "files":
            return self._take_files(form)
        typed = {name: request.POST.getlist(name) for name in form.fields}
        lodging.save_step(draft=self.draft, step=self.step, answers=typed, at=request.at)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        self.draft.answers[self.step] = typed
        if "files" in self.draft.answers and not self.answers(self.draft.answers)[1]:
            # Changed from the last page: all the rest is there.
            return redirect("lodge_check", self.draft.public_id)
        steps = path({**self.told, **form.cleaned_data}, self.asker)
        return redirect("lodge_step", self.draft.public_id, steps[steps.index(self.step) + 1])

    def _take_files(self, form: StepForm) -> HttpResponse:
        if form.is_valid():
            try:
                lodging.add_to_draft(
                    draft=self.draft, uploads=form.cleaned_data["uploads"], at=self.request.at
                )
            except lodging.FileRefused as refusal:
                form.add_error("uploads", str(refusal))
            else:
                lodging.save_step(draft=self.draft, step="files", answers={}, at=self.request.at)
                more = "more" in self.request.POST
                return redirect("lodge_step", self.draft.public_id, "files" if more else "check")
        return self.render_to_response(self.get_context_data(form=form))


class LodgeCheck(_OneDraft, TemplateView):
    """All that was said, what follows and by when; sending it makes it a complaint."""

    template_name = "customer/complaints/lodge_check.html"

    def _missing(self) -> str:
        return self.answers(self.draft.answers)[1]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.draft.complaint is not None:
            return redirect("complaint", self.draft.complaint.reference)
        if missing := self._missing():
            return redirect("lodge_step", self.draft.public_id, missing)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        steps = path(self.told, self.asker)
        return super().get_context_data(
            draft=self.draft,
            title=TITLES["check"],
            place=len(steps),
            many=len(steps),
            rows=self._rows(steps),
            files=self.draft.files.all(),
            outlook=lodging.foretell(
                account=self.account, details=details_of(self.told), at=self.request.at
            ),
            is_private=self.told.get("safety_threat"),
            bills=self._bills_meanwhile(),
            cost=lodging.cost_of_handling(self.account, self.request.at),
            **kwargs,
        )

    def _bills_meanwhile(self) -> Meanwhile | None:
        """What becomes of bills while this is looked into, where it contests none."""
        if self.told.get("disputed_invoice") or not self.asker.sees_bills:
            return None
        return meanwhile(self.account, self.today)

    def _rows(self, steps: list[str]) -> list[dict[str, str]]:
        """What was said, each with the step that changes it."""
        told = self.told
        urgent: Any = STEPS["urgent"].base_fields
        rows = [("About", Topic(told["topic"]).label, "about")]
        if told.get("service"):
            rows.append(("Service", self.asker.mask.text(str(told["service"])), "about"))
        ticked = [urgent[name].label for name in urgent if told.get(name)]
        rows.append(("Urgent", "; ".join(ticked) or "None of it", "urgent"))
        if told.get("disputed_invoice"):
            lines = [self.asker.mask.text(str(line)) for line in told["disputed_lines"]]
            which = f": {'; '.join(lines)}" if lines else ""
            amount = in_dollars(told["disputed_amount"])
            words = f"{amount} of bill {told['disputed_invoice']}{which}"
            rows.append(("You contest", words, "line"))
        elif "bill" in steps:
            rows.append(("You contest", "No bill", "bill"))
        rows.append(("What happened", told["description"], "words"))
        rows.append(("What would put it right", told["wanted"] or "Not said", "words"))
        return [
            {
                "key": key,
                "value": value,
                "url": reverse("lodge_step", args=[self.draft.public_id, step]),
            }
            for key, value, step in rows
        ]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send it; sent twice it is the same complaint."""
        if self.draft.complaint is not None:
            return redirect("complaint", self.draft.complaint.reference)
        if missing := self._missing():
            messages.error(request, "Something is missing still: see below.")
            return redirect("lodge_step", self.draft.public_id, missing)
        try:
            complaint = lodging.send_draft(
                draft=self.draft,
                by=request.user,
                details=details_of(self.told),
                at=request.at,
            )
        except AmountTooHigh as refusal:
            messages.error(request, f"{AGAIN}. {refusal}")
            return redirect("lodge_step", self.draft.public_id, "line")
        messages.success(
            request, f"We have your complaint. Its reference is {complaint.reference}."
        )
        return redirect("complaint", complaint.reference)


class DropFile(_OneDraft, View):
    """Take a file out again."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, public_id: UUID, **_: Any) -> HttpResponse:
        lodging.take_from_draft(draft=self.draft, public_id=public_id)
        messages.success(request, "The file is taken out.")
        return redirect("lodge_step", self.wanted, "files")


class DropDraft(_OneDraft, View):
    """Throw away what was begun."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        if self.draft.complaint is not None:
            return redirect("complaint", self.draft.complaint.reference)
        lodging.discard_draft(draft=self.draft)
        messages.success(request, "It is thrown away. Nothing was sent.")
        return redirect("complaints")
