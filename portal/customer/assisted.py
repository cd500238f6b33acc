"""Advocate and customer at once: one asks, the other confirms live, and it is done."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView

from contracts.supply.services import PlanChangeRefused
from parties.accounts.models import Account
from parties.appointments import services as appointments
from parties.appointments.services import PresenceRefused
from parties.authority import selectors as authority
from parties.authority.models import Presence
from parties.authority.selectors import local_day, may
from parties.authority.states import PresenceState
from parties.security import selectors as security
from parties.security.services import IdentityNotProven
from portal.composition.assisted import ACTS, Act, ActForm
from portal.composition.identity_forms import CodeForm
from portal.web.guards import AccountPage, current, proof_of
from terms.facts import Action, Role

REFUSALS = (PresenceRefused, IdentityNotProven, PlanChangeRefused)


class Together(AccountPage, TemplateView):
    """What can be asked for with the customer there, and what was."""

    action = Action.LODGE_COMPLAINT
    with_customer = True
    template_name = "together/list.html"
    section = "people"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_advocate = self.decision.role == Role.ADVOCATE
        # Others than the customer see only what they asked for themselves.
        mine = None if self.decision.role == Role.HOLDER else self.request.user
        return super().get_context_data(
            acts=ACTS.values() if is_advocate else [],
            presences=authority.presences(self.account, by=mine),
            **kwargs,
        )


class TogetherAsk(AccountPage, FormView):  # type: ignore[type-arg]
    """The advocate asks for one thing."""

    action = Action.LODGE_COMPLAINT
    with_customer = True
    template_name = "together/ask.html"
    section = "people"

    @cached_property
    def act(self) -> Act:
        found = ACTS.get(self.kwargs["act"])
        if found is None:
            raise Http404
        return found

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        chosen = current(request).chosen if request.user.is_authenticated else None
        if chosen and self.act.sees and not self._sees(chosen.account, self.act.sees):
            messages.error(request, "Look at the account together first, then ask for this.")
            return redirect("together_ask", "look")
        return super().dispatch(request, *args, **kwargs)

    def _sees(self, account: Account, action: Action) -> bool:
        """Whether the advocate may see now what the question is about."""
        on, at = local_day(account, self.request.at), self.request.at
        return may(self.request.user, action, account, on=on, at=at).allowed

    def get_form_class(self) -> type[ActForm]:
        return self.act.form

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "account": self.account,
            "on": self.today,
            "by": self.request.user,
        }

    def form_valid(self, form: ActForm) -> HttpResponse:
        try:
            presence = appointments.ask_together(
                account=self.account,
                by=self.request.user,
                act=self.act.key,
                action=self.act.action,
                facts=form.cleaned_data,
                words=form.words(),
                at=self.request.at,
            )
        except PresenceRefused as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        return redirect("together_one", presence.public_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(act=self.act, **kwargs)


class _One(AccountPage):
    """A page about one request; both sides see it."""

    action = Action.LODGE_COMPLAINT
    with_customer = True
    section = "people"

    @cached_property
    def presence(self) -> Presence:
        found = authority.presence_by_public_id(self.account, self.kwargs["public_id"])
        mine = found and self.request.user.pk == found.advocate_id
        if found is None or not (mine or self.decision.role == Role.HOLDER):
            raise Http404
        return found


class TogetherOne(_One, TemplateView):
    """One request: the advocate's side asks anew every few seconds, the customer's answers."""

    template_name = "together/one.html"

    def get_template_names(self) -> list[str]:
        return ["together/_state.html"] if self.request.htmx else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        presence, at = self.presence, self.request.at
        is_open = at < presence.ends_at and presence.ended_at is None
        return super().get_context_data(
            presence=presence,
            act=ACTS[presence.act],
            is_mine=presence.advocate_id == self.request.user.pk,
            waits=is_open and presence.state == PresenceState.ASKED,
            looks=is_open and presence.state == PresenceState.CONFIRMED and presence.act == "look",
            lapsed=at >= presence.ends_at and presence.state == PresenceState.ASKED,
            form=CodeForm(),
            **kwargs,
        )


class TogetherAnswer(_One, View):
    """Confirm, refuse, end, send a code, enter it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, answer: str, **_: Any) -> HttpResponse:
        steps = {
            "confirm": self._confirm,
            "end": self._end,
            "send": self._send,
            "code": self._code,
        }
        if answer not in steps:
            raise Http404
        try:
            elsewhere = steps[answer]()
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
            elsewhere = None
        return elsewhere or redirect("together_one", self.presence.public_id)

    @property
    def act(self) -> Act:
        return ACTS[self.presence.act]

    def _confirm(self) -> HttpResponse | None:
        risk, proof = self.act.risk, ""
        if risk and security.why_high_risk(self.account, risk, self.today):
            proof = proof_of(self.request, risk)
            if not proof:
                here = resolve_url("together_one", self.presence.public_id)
                target = resolve_url("prove_identity", risk.value)
                return redirect(f"{target}?{urlencode({'next': here})}")
        appointments.confirm_on_screen(
            presence=self.presence,
            by=self.request.user,
            at=self.request.at,
            perform=self.act.perform,
            proof=proof,
        )
        messages.success(self.request, "Confirmed, and done.")
        return None

    def _end(self) -> None:
        appointments.end_together(presence=self.presence, by=self.request.user, at=self.request.at)

    def _send(self) -> None:
        self._code_is_enough()
        appointments.send_presence_code(presence=self.presence, at=self.request.at)
        messages.success(self.request, "The code is on its way to the customer.")

    def _code_is_enough(self) -> None:
        """Refuse a high-risk act, and what was asked on the phone: staff note the answer there."""
        if self.act.risk:
            raise PresenceRefused("This needs the customer's own screen: a code is not enough.")
        if self.presence.through_id:
            raise PresenceRefused("This was asked for on the phone: read the code out there.")

    def _code(self) -> None:
        self._code_is_enough()
        form = CodeForm(self.request.POST)
        code = form.cleaned_data["code"] if form.is_valid() else ""
        appointments.confirm_by_code(
            presence=self.presence, code=code, at=self.request.at, perform=self.act.perform
        )
        messages.success(self.request, "Confirmed, and done.")
