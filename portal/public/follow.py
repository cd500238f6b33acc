"""Complaints without a log-in and without a name: made, followed and answered with a secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.generic import FormView

from complaints.lodging import services as lodging
from complaints.lodging.models import Attachment
from complaints.lodging.selectors import file_cards
from complaints.process import services as process
from complaints.process.selectors import carrying_out
from complaints.tickets import selectors
from complaints.tickets.models import Complaint
from complaints.tickets.states import INTERNAL
from parties.authority.selectors import local_day
from portal.web.files import attachment_response
from portal.web.limits import NAMELESS_COMPLAINTS, SECRETS, spend, within
from terms import library
from terms.calendar import State
from terms.lifecycle import IllegalStep

from .follow_forms import SecretForm, UnnamedForm, WhyForm, WordsForm

# What a browser that showed the secret holds: the complaint, and until when it stays open there.
KEY = "follows"
ONCE = "follow_secret"
OPEN_FOR = timedelta(minutes=30)
TOO_MANY = "That was tried too often from here. Wait an hour, or call us."
NO_MATCH = "This reference and this secret do not belong together. Check both, sign by sign."
MOVED_ON = "It has moved on meanwhile, so this was not done. See below how it stands."


def open_for(request: HttpRequest, complaint: Complaint) -> None:
    """Let this browser follow a complaint for half an hour; nothing earlier stays with it."""
    request.session.cycle_key()
    until = (request.at + OPEN_FOR).isoformat()
    request.session[KEY] = {"reference": complaint.reference, "until": until}


def followed(request: HttpRequest) -> Complaint | None:
    """The complaint that this browser follows, if it is still open here."""
    kept = request.session.get(KEY)
    if not kept or datetime.fromisoformat(kept["until"]) <= request.at:
        return None
    return (
        Complaint.objects.filter(reference=kept["reference"], follow__isnull=False)
        .select_related("account__customer__provider")
        .first()
    )


class LodgeUnnamed(FormView):  # type: ignore[type-arg]
    """Make a complaint without saying who one is."""

    template_name = "public/complaints/unnamed.html"
    form_class = UnnamedForm
    request: HttpRequest

    def get_initial(self) -> dict[str, Any]:
        return {
            "page_key": lodging.new_page_key(),
            "provider": self.request.GET.get("provider", ""),
        }

    def form_valid(self, form: UnnamedForm) -> HttpResponse:
        given = form.cleaned_data
        if not spend(NAMELESS_COMPLAINTS, self.request, given["provider"].key):
            form.add_error(None, TOO_MANY)
            return self.form_invalid(form)
        try:
            made = lodging.lodge_nameless(
                provider=given["provider"],
                region=State(given["region"]),
                details=form.details(),
                page_key=given["page_key"],
                contact=given["contact"],
                uploads=given["uploads"],
                at=self.request.at,
            )
        except (lodging.LodgingRefused, lodging.FileRefused) as refusal:
            fresh = form.data.copy()
            fresh["page_key"] = lodging.new_page_key()
            form.data = fresh
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        open_for(self.request, made.complaint)
        self.request.session[ONCE] = lodging.in_groups(made.secret)
        return redirect("follow")


class Follow(FormView):  # type: ignore[type-arg]
    """Reference and secret open a complaint; where it is open, it is shown."""

    form_class = SecretForm
    request: HttpRequest

    def get_template_names(self) -> list[str]:
        if followed(self.request) is None:
            return ["public/complaints/open.html"]
        return ["public/complaints/follow.html"]

    def form_valid(self, form: SecretForm) -> HttpResponse:
        reference = form.cleaned_data["reference"]
        if not within(SECRETS, self.request, reference):
            form.add_error(None, TOO_MANY)
            return self.form_invalid(form)
        found = lodging.find_followed(reference=reference, secret=form.cleaned_data["secret"])
        if found is None:
            spend(SECRETS, self.request, reference)
            form.add_error(None, NO_MATCH)
            return self.form_invalid(form)
        open_for(self.request, found)
        return redirect("follow")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        complaint = followed(self.request)
        if complaint is None:
            return super().get_context_data(**kwargs)
        secret = self.request.session.pop(ONCE, "") if self.request.method == "GET" else ""
        return {**shown(complaint, self.request), "secret": secret, **kwargs}


def shown(complaint: Complaint, request: HttpRequest) -> dict[str, Any]:
    """What the page of a followed complaint shows: what a customer would see, and no account."""
    record = selectors.record_of(
        complaint.account, complaint.reference, local_day(complaint.account, request.at)
    )
    if record is None:
        raise Http404
    provider = library.provider(complaint.account.customer.provider.key)
    return {
        "complaint": record,
        "clocks": [one for one in record.deadlines if one.duty not in INTERNAL],
        "outlook": carrying_out(complaint.reference, request.at) if record.can_answer else None,
        "files": file_cards(_files(complaint)),
        "provider": provider,
        "until": datetime.fromisoformat(request.session[KEY]["until"]),
        "words_form": WordsForm(auto_id="words_%s"),
        "decline_form": WhyForm(auto_id="decline_%s"),
        "reopen_form": WhyForm(auto_id="reopen_%s"),
    }


def _files(complaint: Complaint) -> Any:
    return Attachment.objects.filter(complaint=complaint).exclude(event__for_staff_only=True)


# What can be done with the secret: the call, the form that it needs, and what is said after it.
STEPS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "add": (process.add_message, "words_form", "We have your words."),
    "accept": (process.accept_proposal, "", "You accepted the answer. The date is below."),
    "decline": (process.decline_proposal, "decline_form", "You declined the answer."),
    "done": (process.finish_task, "", "Thank you. Our days start now."),
    "manager": (process.ask_for_manager, "", "A manager is told."),
    "settled": (process.agree_to_close, "", "Thank you for telling us."),
    "withdraw": (process.withdraw_complaint, "", "The complaint is withdrawn."),
    "reopen": (process.reopen_complaint, "reopen_form", "It is open again."),
}


class FollowStep(View):
    """One step of who holds the secret; it needs no account and changes none."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, act: str) -> HttpResponse:
        complaint = followed(request)
        if act not in STEPS:
            raise Http404
        if complaint is None:
            messages.error(request, "Enter reference and secret once more: nothing was done.")
            return redirect("follow")
        call, name, done = STEPS[act]
        given: dict[str, Any] = {}
        if name:
            kind = WordsForm if name == "words_form" else WhyForm
            form = kind(request.POST, request.FILES, auto_id=f"{name.removesuffix('_form')}_%s")
            if not form.is_valid():
                return self._again(request, complaint, {name: form, "typed": name})
            given, again = form.cleaned_data, {name: form, "typed": name}
        else:
            again = {}
        try:
            call(reference=complaint.reference, by=None, at=request.at, **given)
        except (process.StepRefused, lodging.FileRefused) as refusal:
            messages.error(request, str(refusal))
            return self._again(request, complaint, again)
        except IllegalStep:
            messages.error(request, MOVED_ON)
            return self._again(request, complaint, again)
        messages.success(request, done)
        open_for(request, complaint)
        return redirect("follow")

    def _again(
        self, request: HttpRequest, complaint: Complaint, typed: dict[str, Any]
    ) -> HttpResponse:
        """Show it as it stands by now, with what was typed."""
        context = {**shown(complaint, request), "secret": "", **typed}
        return render(request, "public/complaints/follow.html", context)


class FollowFile(View):
    """A file of the complaint that is open here."""

    def get(self, request: HttpRequest, public_id: Any) -> FileResponse:
        complaint = followed(request)
        row = complaint and _files(complaint).filter(public_id=public_id).first()
        if not row:
            raise Http404
        return attachment_response(row)


class Leave(View):
    """Close it here: whoever uses this browser next has to know the secret."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        for key in (KEY, ONCE):
            request.session.pop(key, None)
        return redirect("follow")
