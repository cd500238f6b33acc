"""A change for many: drafted by one person, decided by another, dropped or withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from contracts.variations.services import VariationRefused
from contracts.variations.states import VariationState
from parties.authority.selectors import NotAuthorised
from terms.lifecycle import IllegalStep

from .base import StepAdmin
from .leaving_forms import ConfirmForm
from .variations_forms import DecisionForm, WhyForm

REFUSALS = (VariationRefused, IllegalStep, NotAuthorised)


class DraftedAdmin(StepAdmin):
    """Has the steps that every change for many takes, with what it does on each.

    `acts` name the service of each step; `drafts` and `decides` are the permissions.
    """

    drafts = ""
    decides = ""
    acts: ClassVar[dict[str, Callable[..., Any]]] = {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.drafts))

    def about(self, row: Any) -> str:
        """The change in a line."""
        raise NotImplementedError

    def what_it_does(self, row: Any) -> str:
        """What happens if it is sent out, in words."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        steps = (
            ("ask", self.ask),
            ("decide", self.decide),
            ("drop", self.drop),
            ("withdraw", self.withdraw),
        )
        return [
            *(
                path(f"<int:pk>/{name}/", view(do), name=f"{self._page}_{name}_step")
                for name, do in steps
            ),
            *super().get_urls(),
        ]

    def steps_of(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """What can be done with it now by this person: the words and the address of each step."""
        found = []
        drafts, decides = request.user.has_perm(self.drafts), request.user.has_perm(self.decides)
        is_mine = row.drafted_by_id == request.user.pk
        if row.state == VariationState.DRAFT and drafts:
            found.append(("Send it to a second person", "ask"))
        if row.state == VariationState.ASKED and decides and not is_mine:
            found.append(("Decide", "decide"))
        if row.state in (VariationState.DRAFT, VariationState.ASKED) and drafts:
            found.append(("Drop it", "drop"))
        if row.state in (VariationState.TELLING, VariationState.TOLD) and decides:
            found.append(("Withdraw it", "withdraw"))
        return [
            (words, reverse(f"admin:{self._page}_{name}_step", args=[row.pk]))
            for words, name in found
        ]

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a draft to a second person."""
        return self._take(request, pk, "ask", ConfirmForm, "Send it on", "Sent on.")

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve what somebody else drafted, or refuse it."""
        return self._take(request, pk, "decide", DecisionForm, "Decide", "Decided.")

    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Drop what nobody was told of."""
        return self._take(request, pk, "drop", ConfirmForm, "Drop it", "Dropped.")

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let everything stay as it was, by a letter to whoever was told."""
        done = "Withdrawn. Whoever was told gets a letter."
        return self._take(request, pk, "withdraw", WhyForm, "Withdraw it", done)

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        act: str,
        form_class: type[Form],
        title: str,
        done: str,
    ) -> HttpResponse:
        permission = self.drafts if act in ("ask", "drop") else self.decides
        if not request.user.has_perm(permission):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        is_sent = request.method == "POST"
        form = form_class(request.POST if is_sent else None)
        if is_sent and form.is_valid():
            try:
                self.acts[act](change=row, by=request.user, at=request.at, **form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, done)
                return redirect(f"admin:{self._page}_change", pk)
        return self.step(
            request,
            form,
            title=title,
            action=title,
            about=self.about(row),
            notes=self.what_it_does(row),
            intro=f"Drafted by {row.drafted_by}: {row.says}",
            back=reverse(f"admin:{self._page}_change", args=[pk]),
        )

    @property
    def _page(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"
