"""Who is calling: one choice, and at once what they may do and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from parties.accounts import selectors as accounts
from parties.accounts.models import Account
from parties.authority import selectors as authority
from parties.authority.selectors import local_day, staff_may
from parties.desk import selectors as desk
from parties.desk import services as desk_services
from parties.desk.models import Call
from parties.desk.services import CallerPower, CallRefused
from terms.facts import Action

from .base import StepAdmin
from .forms import EndCallForm, TakeCallForm
from .phone import phone_acts

# What staff can do for a caller: words, the page, what staff need for it, what the caller needs.
STEPS = [
    ("Check who they are", "parties_identitycheck", Action.CHANGE_DETAILS, None),
    ("Write down a complaint", "complaints_complaint", Action.LODGE_COMPLAINT, None),
    ("Write down a fault", "contracts_fault", Action.TROUBLESHOOT, Action.TROUBLESHOOT),
    (
        "Change contact details",
        "parties_contactchange",
        Action.CHANGE_DETAILS,
        Action.CHANGE_DETAILS,
    ),
    ("Something happened to the holder", "parties_holderevent", Action.ADD_REPRESENTATIVE, None),
]


class OutcomeFilter(admin.SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "Mine, still to be noted"), ("waits", "Still to be noted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "mine":
            return desk.calls_to_close(queryset.filter(by=request.user), request.at)
        if self.value() == "waits":
            return desk.calls_to_close(queryset, request.at)
        return queryset


@admin.register(Call)
class CallAdmin(StepAdmin):
    """Calls; adding one says who is calling, and what follows is done for them."""

    provider_path = "account__customer__provider"
    list_display = ("started_at", "caller", "standing", "account", "step", "by", "outcome")
    list_filter = (OutcomeFilter, "step", "account__customer__provider")
    search_fields = ("caller", "account__number", "account__customer__name", "outcome")
    list_select_related = ("account__customer", "appointment", "by")

    @admin.display(description="as")
    def standing(self, call: Call) -> str:
        return call.appointment.get_role_display() if call.appointment else "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return desk_services.may_take_calls(request.user)

    def get_urls(self) -> list[Any]:
        end = self.admin_site.admin_view(require_POST(self.end))
        return [path("<int:pk>/end/", end, name="parties_call_end"), *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Say who is calling."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        account = self.account_asked(request)
        if account is None:
            return self.ask_account(request, "Who is calling?")
        on = local_day(account, request.at)
        people = authority.people_cards(account, on, request.at)
        form = TakeCallForm(request.POST or None, people=people)
        if form.is_valid():
            try:
                call = self._taken(request, account, form.cleaned_data)
                return redirect("admin:parties_call_change", call.pk)
            except CallRefused as refusal:
                form.add_error(None, str(refusal))
        return self.step(
            request,
            form,
            title="Who is calling?",
            action="Take the call",
            about=account,
            notes=accounts.access_needs(account.customer),
            back=reverse("admin:parties_account_change", args=[account.pk]),
        )

    def _taken(self, request: HttpRequest, account: Account, given: dict[str, Any]) -> Call:
        is_known = given["person"] != TakeCallForm.SOMEBODY_ELSE
        appointment = (
            authority.appointment_by_public_id(account, given["person"]) if is_known else None
        )
        return desk_services.take_call(
            account=account,
            by=request.user,
            step=Action(given["step"]),
            at=request.at,
            appointment=appointment,
            caller=given["caller"],
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The call: what the caller may do and why, and the steps from here."""
        call = self.get_object(request, object_id)
        if call is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method != "GET":
            raise PermissionDenied
        return self._page(request, call, EndCallForm())

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the call and note how it went."""
        call = self.get_object(request, str(pk))
        if call is None or call.by_id != request.user.pk:
            raise Http404
        form = EndCallForm(request.POST)
        if form.is_valid():
            try:
                desk_services.end_call(
                    call=call,
                    by=request.user,
                    at=request.at,
                    outcome=form.cleaned_data["outcome"],
                )
                messages.success(request, f"The call with {call.caller} is over, and noted.")
                return redirect("admin:parties_account_change", call.account_id)
            except CallRefused as refusal:
                form.add_error(None, str(refusal))
        return self._page(request, call, form)

    def _page(self, request: HttpRequest, call: Call, form: EndCallForm) -> HttpResponse:
        account, at = call.account, request.at
        is_mine = call.by_id == request.user.pk
        is_open = is_mine and call.ended_at is None and call.ends_at > at
        on = local_day(account, at)
        row = call.appointment
        powers = desk_services.caller_powers(call, at=at) if is_open else []
        context = {
            **self.admin_site.each_context(request),
            "title": f"{call.caller} is calling" if is_open else f"Call from {call.caller}",
            "call": call,
            "account": account,
            "row": row,
            "status": authority.standing_status(row, on, at) if row else "",
            "needs": accounts.access_needs(account.customer),
            "powers": powers,
            "steps": self._steps(request, account, powers) if is_open else [],
            "phone_acts": phone_acts(request, call) if is_open else [],
            "is_open": is_open,
            "form": form if is_mine and not call.outcome else None,
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/call/call.html", context)

    def _steps(
        self, request: HttpRequest, account: Account, powers: list[CallerPower]
    ) -> list[dict[str, Any]]:
        """The steps that the person may take, and whether the caller may ask for them."""
        granted = {None, *(one.action for one in powers if one.decision.allowed)}
        return [
            {
                "words": words,
                "url": f"{reverse(f'admin:{page}_add')}?account={account.number}",
                "granted": asked_of in granted,
            }
            for words, page, action, asked_of in STEPS
            if staff_may(request.user, action).allowed
        ]
