"""Complaints and help: follow its clocks, answer a proposal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from django.views.generic import TemplateView

from complaints.clocks.selectors import Regulator, privacy_regulator
from complaints.lodging.selectors import file_cards, readable_files
from complaints.lodging.services import FileRefused
from complaints.process import services as process
from complaints.process.selectors import carrying_out
from complaints.tickets import selectors
from complaints.tickets.models import Complaint
from parties.correspondence.services import mask_of
from portal.web.files import attachment_response
from portal.web.guards import AccountPage
from portal.web.lists import ListPage
from terms.facts import Action
from terms.lifecycle import IllegalStep

from .complaints_forms import DeclineForm, MessageForm, ReopenForm

MOVED_ON = "The complaint has moved on meanwhile, so this was not done. See below how it stands."


class Complaints(ListPage):
    """The account's complaints, newest first, with the duty that is next."""

    action = Action.LODGE_COMPLAINT
    template_name = "customer/complaints/complaints.html"
    section = "complaints"
    search_in = ("reference", "description")
    sorts = {"received": "received_at", "state": "state", "reference": "reference"}
    csv_name = "complaints"
    csv_columns = {
        "Reference": "reference",
        "Received": "received_at",
        "About": "topic",
        "State": "state",
    }

    def rows(self) -> QuerySet[Complaint]:
        return selectors.readable(self.permissions)

    @property
    def searched(self) -> tuple[str, ...]:
        """Nobody searches words that they see only without names: hits would tell the names."""
        return self.search_in if self.permissions.sees_who else ("reference",)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["cards"] = selectors.cards(self.account, list(context["page_obj"]), self.today)
        context["today"] = self.today
        return context


class _OneComplaint(AccountPage):
    """A page about one complaint. That it was opened is as private as the complaint is."""

    @property
    def is_private(self) -> bool:  # type: ignore[override]
        return selectors.is_private(self.account, self.kwargs["reference"])


class ComplaintPage(_OneComplaint, TemplateView):
    """One complaint: where it stands, what is owed by when and why, what was said."""

    action = Action.LODGE_COMPLAINT
    template_name = "customer/complaints/complaint.html"
    section = "complaints"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        readable = selectors.readable(self.permissions)
        record = selectors.record_of(
            self.account,
            self.kwargs["reference"],
            self.today,
            readable,
            reader=self.request.user,
            mask=mask_of(self.permissions),
        )
        if record is None:
            raise Http404
        forms = {
            "message_form": MessageForm(auto_id="message_%s"),
            "decline_form": DeclineForm(auto_id="decline_%s"),
            "reopen_form": ReopenForm(auto_id="reopen_%s"),
        }
        return super().get_context_data(
            **forms
            | {
                "complaint": record,
                "sees_bills": self.allows(Action.VIEW_BILLS),
                "sees_service": self.allows(Action.VIEW_BILLS, record.service_id),
                "may_discuss": self.allows(Action.DISCUSS_ISSUE),
                "may_accept": self.allows(Action.ACCEPT_RESOLUTION),
                "with_customer": self.permissions.only_with_customer(Action.ACCEPT_RESOLUTION),
                "today": self.today,
                "regulator": self._regulator(),
                "outlook": carrying_out(record.card.reference, self.request.at)
                if record.can_answer
                else None,
                "files": file_cards(readable_files(self.permissions, self.kwargs["reference"])),
            }
            | kwargs
        )

    def _regulator(self) -> Regulator | None:
        """From when a complaint about privacy can go to the privacy regulator."""
        found = selectors.readable(self.permissions).filter(reference=self.kwargs["reference"])
        complaint = found.select_related("account__customer__provider").first()
        return privacy_regulator(complaint) if complaint else None


class ComplaintFile(_OneComplaint, View):
    """A file that came with a complaint."""

    action = Action.LODGE_COMPLAINT

    def get(self, request: HttpRequest, reference: str, public_id: UUID) -> FileResponse:
        readable = selectors.readable(self.permissions).filter(reference=reference)
        rows = readable_files(self.permissions, reference).filter(
            complaint__in=readable, public_id=public_id
        )
        row = rows.first()
        if row is None:
            raise Http404
        return attachment_response(row)


class _Step(ComplaintPage):
    """A step that the customer takes on one of their complaints."""

    http_method_names = ["post"]
    form_class: Any = None
    form_name = ""
    step: Callable[..., Any]
    done = ""

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        if not selectors.readable(self.permissions).filter(reference=reference).exists():
            raise Http404
        facts = {"reference": reference, "by": request.user, "at": request.at}
        form = (
            self.form_class(request.POST, request.FILES, auto_id=self.auto_id)
            if self.form_class
            else None
        )
        if form is not None:
            if not form.is_valid():
                return self._again(form)
            facts |= form.cleaned_data
        try:
            type(self).step(**facts)
        except (process.StepRefused, IllegalStep, FileRefused) as refusal:
            moved_on = isinstance(refusal, IllegalStep)
            return self._again(form, MOVED_ON if moved_on else str(refusal))
        messages.success(request, self.done)
        return redirect(reverse("complaint", args=[reference]))

    @property
    def auto_id(self) -> str:
        return f"{self.form_name.removesuffix('_form')}_%s"

    def _again(self, form: Any, problem: str = "") -> HttpResponse:
        """Show the complaint as it stands by now, with what was typed."""
        if problem:
            messages.error(self.request, problem)
        kept = {} if form is None else {self.form_name: form, "typed": self.form_name}
        return self.render_to_response(self.get_context_data(**kept))


class AddMessage(_Step):
    step = staticmethod(process.add_message)
    action = Action.DISCUSS_ISSUE
    form_class = MessageForm
    form_name = "message_form"
    done = "We have your message."


class Accept(_Step):
    step = staticmethod(process.accept_proposal)
    action = Action.ACCEPT_RESOLUTION
    done = "You accepted the answer. The date by which it is carried out is below."


class Decline(_Step):
    step = staticmethod(process.decline_proposal)
    action = Action.ACCEPT_RESOLUTION
    form_class = DeclineForm
    form_name = "decline_form"
    done = "You declined the answer. We look into it again; the new day for our answer is below."


class Withdraw(_Step):
    step = staticmethod(process.withdraw_complaint)
    action = Action.LODGE_COMPLAINT
    done = "The complaint is withdrawn. You can lodge it again at any time."


class AskForManager(_Step):
    step = staticmethod(process.ask_for_manager)
    action = Action.DISCUSS_ISSUE
    done = "A manager is told. You hear from them; your other dates stay as they are."


class FinishTask(_Step):
    step = staticmethod(process.finish_task)
    action = Action.DISCUSS_ISSUE
    done = "Thank you. Our days to carry it out start now; the date is below."


class Settle(_Step):
    step = staticmethod(process.agree_to_close)
    action = Action.ACCEPT_RESOLUTION
    done = "Thank you for telling us. You can have it opened again at any time."


class Reopen(_Step):
    step = staticmethod(process.reopen_complaint)
    action = Action.LODGE_COMPLAINT
    form_class = ReopenForm
    form_name = "reopen_form"
    done = "It is open again, under the same reference. The new dates are below."
