"""The notices that somebody was given: how, when, when each counts as received, and its words."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View

from complaints.tickets.selectors import unseen_references
from parties.correspondence.selectors import FormalNotice, as_given, formal_notices
from portal.web.files import pdf_response
from portal.web.guards import AccountPage
from portal.web.lists import ListPage
from records.notices.models import Notice
from records.notices.paper import letters
from terms.facts import Action


def _rows(page: AccountPage) -> QuerySet[Notice]:
    unseen = unseen_references(page.account, page.request.user)
    return formal_notices(page.account, page.request.user, unseen=unseen)


class Notices(ListPage):
    """Every formal notice to the reader, newest first."""

    action = Action.VIEW_BILLS
    template_name = "customer/notices/notices.html"
    section = "contract"
    search_in = ("title",)
    sorts = {"sent": "given_at", "title": "title"}
    csv_name = "notices"
    csv_columns = {"Notice": "title", "Given": "given_at", "Sent": "sent_at", "To": "addressed_to"}

    def rows(self) -> QuerySet[Notice]:
        return _rows(self)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["notices"] = [as_given(self.account, row) for row in context["page_obj"]]
        return context


class NoticePage(AccountPage, TemplateView):
    """One notice: its words, and why it counts as received when it does."""

    action = Action.VIEW_BILLS
    template_name = "customer/notices/notice.html"
    section = "contract"

    @cached_property
    def notice(self) -> FormalNotice:
        row = _rows(self).filter(pk=self.kwargs["pk"]).first()
        if row is None:
            raise Http404
        return as_given(self.account, row)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        letter = letters(self.notice.row).exists()
        return super().get_context_data(one=self.notice, letter=letter, **kwargs)


class NoticeLetter(AccountPage, View):
    """The letter as it was printed, for whom it was written to."""

    action = Action.VIEW_BILLS

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = _rows(self).filter(pk=pk).first()
        document = letters(row).first() if row is not None else None
        if document is None:
            raise Http404
        return pdf_response(request, document)
