"""A change for many: drafted by one person, decided by another, dropped or withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path, reverse

from contracts.variations import services
from contracts.variations.services import Kind, VariationRefused
from contracts.variations.states import ChangeState, VariationState
from parties.accounts.models import Account
from parties.authority.selectors import NotAuthorised
from terms import library
from terms.calendar import in_words
from terms.lifecycle import IllegalStep

from .base import StepAdmin
from .leaving_forms import ConfirmForm
from .variations_forms import DecisionForm, LaterForm, WhyForm

REFUSALS = (VariationRefused, IllegalStep, NotAuthorised)
LATER = "Tell it for a later day"


class DraftedAdmin(StepAdmin):
    """Has the steps that every change for many takes, with what it does on each.

    `kind` names who may take them.
    """

    kind: ClassVar[Kind[Any, Any]]
    acts: ClassVar[dict[str, Callable[..., Any]]] = {
        "ask": services.ask_for_approval,
        "decide": services.decide_change,
        "drop": services.drop_draft,
        "withdraw": services.withdraw_change,
    }
    # The change in a line, and what happens if it is sent out, in words.
    about: Callable[[Any], str]
    what_it_does: Callable[[Any], str]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.kind.drafts))

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
        drafts = request.user.has_perm(self.kind.drafts)
        decides = request.user.has_perm(self.kind.decides)
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
        permission = self.kind.drafts if act in ("ask", "drop") else self.kind.decides
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


class ToldAdmin(StepAdmin):
    """What a change for many does to one: told, and where no notice came in time, decided.

    `kind` names who may take the steps; `stays` are the words of the one that lets everything stay
    as it was, `template` is the letter.
    """

    kind: ClassVar[Kind[Any, Any]]
    stays = ""
    template: ClassVar[str]
    # The account that is written to, and what the letter of a day says.
    letter_of: Callable[[Any, datetime], tuple[Account, dict[str, Any]]]

    def letter(self, row: Any, request: HttpRequest) -> str:
        """The notice as it was sent, or as it would be sent today."""
        if row.notice is not None:
            return str(row.notice.words)
        if row.effective_on is None:
            return ""
        account, facts = self.letter_of(row, request.at)
        provider = library.provider(account.customer.provider.key)
        known = {"provider": provider, "account": account, "because": row.because}
        return render_to_string(self.template, {**facts, **known}).strip()

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/again/", view(self.again), name=f"{self._page}_again_step"),
            path("<int:pk>/keep/", view(self.keep), name=f"{self._page}_keep_step"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if row is not None:
            extra = {"reasons": row.because, "letter": self.letter(row, request)}
            if row.state == ChangeState.LATE and request.user.has_perm(self.kind.decides):
                page = f"admin:{self._page}"
                extra["steps"] = [
                    (LATER, reverse(f"{page}_again_step", args=[row.pk])),
                    (self.stays, reverse(f"{page}_keep_step", args=[row.pk])),
                ]
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell it anew, for a later day."""
        return self._take(request, pk, LaterForm, services.tell_again, LATER)

    def keep(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let everything stay as it was."""
        return self._take(request, pk, WhyForm, services.keep_as_it_is, self.stays)

    def _take(
        self,
        request: HttpRequest,
        pk: int,
        form_class: type[Form],
        service: Callable[..., Any],
        title: str,
    ) -> HttpResponse:
        if not request.user.has_perm(self.kind.decides):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        form = form_class(request.POST or None)
        if form.is_valid():
            try:
                service(change=row, by=request.user, at=request.at, **form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "Done.")
                return redirect(f"admin:{self._page}_change", pk)
        earliest = in_words(row.earliest_on) if row.earliest_on else ""
        return self.step(
            request,
            form,
            title=title,
            action=title,
            about=row,
            intro=f"No notice reached it in time. By the notice that it had, the first day would "
            f"have been {earliest}."
            if earliest
            else "No notice reached it.",
            because=row.because,
        )

    @property
    def _page(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"
