"""Ends that staff note on a service's own page: the customer's, another provider's, ours."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from billing.disputes.models import Hold
from billing.disputes.states import HoldStatus
from contracts.leaving import selectors as leaving
from contracts.leaving.selectors import ProviderEnd
from contracts.leaving.services import (
    LeavingRefused,
    end_by_provider,
    give_end_notice,
    record_transfer,
)
from contracts.leaving.states import NoticeForm
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus
from parties.accounts.models import Account
from parties.authority.selectors import local_day, staff_may
from terms.calendar import in_words
from terms.facts import Action
from terms.money import in_dollars

from .leaving_forms import CustomersNoticeForm, ProviderEndForm, TransferForm
from .walking_away import WalkAwaySteps

RUNS = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)


class EndingSteps(WalkAwaySteps):
    """Adds the steps that end a service to its own page."""

    admin_site: Any
    opts: Any
    get_object: Any

    def get_urls(self) -> list[Any]:
        view, page = self.admin_site.admin_view, "contracts_service"
        return [
            path("<int:pk>/notice/", view(self.take_notice), name=f"{page}_notice_step"),
            path("<int:pk>/transfer/", view(self.transfer), name=f"{page}_transfer_step"),
            path("<int:pk>/our-end/", view(self.our_end), name=f"{page}_our_end_step"),
            *super().get_urls(),
        ]

    def ending_links(self, request: HttpRequest, row: Service) -> list[tuple[str, str]]:
        """The ends that somebody can note here, as words and address."""
        if row.status not in RUNS or not staff_may(request.user, Action.CLOSE_SERVICE).allowed:
            return []
        names = [("Moved to another provider", "transfer_step"), ("We end it", "our_end_step")]
        if row.ended_on is None:
            names.insert(0, ("The customer gives notice", "notice_step"))
        if leaving.ways_out_of(row):
            names.append(("Leaves because of a change", "walk_away_step"))
        return [
            (words, reverse(f"admin:contracts_service_{name}", args=[row.pk]))
            for words, name in names
        ]

    def take_notice(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take down a notice that the customer gave by phone, email or letter."""
        row, today = self._to_end(request, pk)
        form = CustomersNoticeForm(
            request.POST or None, today=today, initial={"received_on": today}
        )
        because: Any = ()
        if form.is_valid():
            given = form.cleaned_data | {"form": NoticeForm(form.cleaned_data["form"])}
            try:
                notice = give_end_notice(service=row, by=request.user, at=request.at, **given)
            except LeavingRefused as refusal:
                form.add_error(None, str(refusal))
                because = refusal.because
            else:
                messages.success(request, f"Taken down: {notice}. The customer is told.")
                return redirect("admin:contracts_endnotice_change", notice.pk)
        intro = "The last day and the cost follow from the terms; see “What leaving costs”."
        return self._step(
            request, row, form, "The customer gives notice", intro=intro, because=because
        )

    def transfer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note a move of which the other provider told: it ends the service, or numbers left."""
        row, today = self._to_end(request, pk)
        form = TransferForm(request.POST or None, initial={"told_on": today})
        porting = leaving.porting_of(row, on=today, today=today)
        if form.is_valid():
            try:
                notice = record_transfer(
                    service=row, by=request.user, at=request.at, **form.cleaned_data
                )
            except LeavingRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                if notice is None:
                    messages.warning(
                        request,
                        "Noted: its numbers left, the service goes on. The customer is told.",
                    )
                    return redirect("admin:contracts_service_change", pk)
                messages.success(request, f"Noted: {notice}. The customer is told.")
                return redirect("admin:contracts_endnotice_change", notice.pk)
        intro = (
            "The move ends the service on that day."
            if porting.ends_service
            else "The move ends nothing: the service goes on until the customer cancels it."
        )
        return self._step(
            request, row, form, "Moved to another provider", intro=intro, because=porting.because
        )

    def our_end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it on a ground of the terms: what would happen is shown first, then confirmed."""
        row, today = self._to_end(request, pk)
        causes = leaving.grounds_of(row, today)
        form = ProviderEndForm(request.POST or None, causes=causes)
        found: ProviderEnd | None = None
        title, action = "We end it", "Show what would happen"
        if form.is_valid():
            given = form.cleaned_data
            known = leaving.grounds_from(
                given, disputed=_holds(row.contract.account, is_private=False)
            )
            found = leaving.provider_end(row, known, at=request.at)
            if found.ends_on and given["shown_on"] == found.ends_on:
                try:
                    notice = end_by_provider(
                        service=row,
                        grounds=known,
                        by=request.user,
                        at=request.at,
                        said=given["said"],
                        shown_on=given["shown_on"],
                        blocked=_holds(row.contract.account, is_private=True),
                    )
                except LeavingRefused as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, f"Notice is given: {notice}.")
                    return redirect("admin:contracts_endnotice_change", notice.pk)
            elif found.ends_on:
                form = ProviderEndForm(
                    given | {"shown_on": found.ends_on, "holder": given["holder"]}, causes=causes
                )
                action = f"Give the notice: it ends on {in_words(found.ends_on)}"
            else:
                form.add_error(None, found.refusal)
        return self._step(
            request,
            row,
            form,
            title,
            action=action,
            intro=_our_end_intro(found, causes),
            because=found.because if found else (),
        )

    def _to_end(self, request: HttpRequest, pk: int) -> tuple[Service, date]:
        """The service, if it runs and the person may end it, and its day."""
        if not staff_may(request.user, Action.CLOSE_SERVICE).allowed:
            raise PermissionDenied
        row: Service | None = self.get_object(request, str(pk))
        if row is None or row.status not in RUNS:
            raise Http404
        return row, local_day(row.contract.account, request.at)

    def _step(
        self, request: HttpRequest, row: Service, form: Any, title: str, **context: Any
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            "staff/step.html",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "action": title,
                "about": row,
                "form": form,
                "opts": self.opts,
                "back": reverse("admin:contracts_service_change", args=[row.pk]),
                **context,
            },
        )


def _our_end_intro(found: ProviderEnd | None, causes: list[tuple[str, str]]) -> str:
    if not causes:
        return "The terms give us no right to end it: agree on an end with the customer."
    if found is None or found.ends_on is None or found.cost is None:
        return "Nothing happens yet: first you see the day, the cost and the clause."
    at_least = "" if found.cost.is_known else "at least "
    return (
        f"A notice sent now counts as received on {in_words(found.received_on)} and ends the "
        f"service on {in_words(found.ends_on)}. It costs the customer {at_least}"
        f"{in_dollars(found.cost.total)} inc GST. Confirm to send it."
    )


def _holds(account: Account, *, is_private: bool) -> bool:
    """Whether an amount is contested: openly, or so that nobody else may learn of it."""
    rows = Hold.objects.filter(invoice__account=account, status=HoldStatus.OPEN)
    return rows.filter(is_private=is_private).exists()
