"""Notices about unpaid money: what each says, from when it holds, what stops it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.views.generic import TemplateView

from billing.credit_management.models import DebtNotice, SuspensionNotice
from billing.credit_management.selectors import announced_right, earliest_after, outlook
from billing.credit_management.services import note_debt_notice_opened, note_opened
from billing.credit_management.states import NoticeState
from billing.payments import selectors as payments
from portal.web.guards import AccountPage
from terms.facts import Action


class NoticePage(AccountPage, TemplateView):
    """A notice that was given; that the customer's side opened it is proof of its receipt."""

    action = Action.VIEW_BILLS
    template_name = "customer/help/notice.html"
    section = "bills"
    model: Any
    note: Any
    right: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.model.objects.filter(account=self.account, public_id=self.kwargs["public_id"])
        row = rows.select_related("notice", "account__customer__provider").first()
        if row is None:
            raise Http404
        if not self.request.user.is_staff:
            type(self).note(notice=row, at=self.request.at)
            row.opened_at = row.opened_at or self.request.at
        found = outlook(self.account, self.today, self.request.at)
        is_live = row.state == NoticeState.LIVE and not found.is_private
        return super().get_context_data(
            row=row,
            title=self.title_of(row),
            is_live=is_live,
            outlook=None if found.is_private else found,
            right=type(self).right(row, self.today) if is_live else None,
            may_ask=self.allows(Action.ARRANGE_HARDSHIP),
            may_pay=self.allows(Action.PAY_BILL),
            payment_reference=payments.payment_reference(self.account),
            **kwargs,
        )

    def title_of(self, row: Any) -> str:
        """What the notice is, in the customer's words."""
        return "Notice of suspension"


class SuspensionNoticePage(NoticePage):
    """A notice of suspension."""

    model = SuspensionNotice
    note = note_opened
    right = earliest_after


class DebtNoticePage(NoticePage):
    """A notice of an end, or about a default that may be reported."""

    model = DebtNotice
    note = note_debt_notice_opened
    right = announced_right

    def title_of(self, row: Any) -> str:
        return str(row.get_kind_display())
