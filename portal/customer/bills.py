"""Bills: the list, one bill, its PDF, the next bill."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View
from django.views.generic import TemplateView

from billing.charging.selectors import next_bill_day
from billing.invoices import selectors as invoices
from billing.invoices.models import CreditNote, Invoice
from billing.payments import selectors as payments
from billing.payments.services import WayPast, ways_to_pay
from parties.correspondence.services import mask_of, masked_rendition
from portal.web.guards import AccountPage
from portal.web.lists import ListPage
from records.documents.pdf import PdfFailed
from records.documents.services import ensure_file
from terms.facts import Action


class Bills(ListPage):
    """The account's bills, newest first."""

    action = Action.VIEW_BILLS
    template_name = "customer/bills/bills.html"
    section = "bills"
    search_in = ("number",)
    sorts = {
        "number": "number",
        "issued": "issue_date",
        "due": "due_date",
        "total": "total_inc",
        "open": "outstanding",
    }
    csv_name = "bills"
    csv_columns = {
        "Invoice": "number",
        "Issued": "issue_date",
        "Due": "due_date",
        "Total inc GST": "total_inc",
        "Outstanding": "outstanding",
    }

    def rows(self) -> QuerySet[Invoice]:
        return payments.invoices(self.account, shown=True)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["bills"] = [payments.card(row, self.today) for row in context["page_obj"]]
        context["balance"] = payments.balance(self.account, self.today, shown=True)
        context["may_pay"] = self.allows(Action.PAY_BILL)
        return context


class InvoicePage(AccountPage, TemplateView):
    """One bill with its lines and the reasons of its figures."""

    action = Action.VIEW_BILLS
    template_name = "customer/bills/invoice.html"
    section = "bills"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = (
            payments.invoices(self.account, shown=True)
            .filter(public_id=self.kwargs["public_id"])
            .first()
        )
        if row is None:
            raise Http404
        card = payments.card(row, self.today)
        late = (
            payments.late_fee_if_paid(self.account, row, self.today)
            if card.status == "overdue"
            else None
        )
        return super().get_context_data(
            invoice=card,
            lines=invoices.lines(row, mask_of(self.permissions)),
            late=late,
            paid_by=payments.allocations(row),
            payment_reference=payments.payment_reference(self.account),
            may_pay=self.allows(Action.PAY_BILL) and card.outstanding > card.disputed,
            past=self._past(card),
            **kwargs,
        )

    def _past(self, card: payments.InvoiceCard) -> tuple[WayPast, ...]:
        """How it can be paid past the portal, where something of it is left to pay."""
        if card.outstanding <= card.disputed:
            return ()
        return ways_to_pay(self.account, amount=card.outstanding, on=self.today).past


class _IssuedPdf(AccountPage, View):
    """A document as issued, as a PDF; without who the customer is for whoever may not know."""

    action = Action.VIEW_BILLS
    page = ""

    def get(self, request: Any, public_id: Any) -> HttpResponse:
        found = self.rows().filter(account=self.account, public_id=public_id)
        row = found.select_related("document").first()
        if row is None or row.document is None:
            raise Http404
        document = row.document
        if not self.permissions.sees_who:
            document = masked_rendition(document, self.account)
        try:
            data = ensure_file(document)
        except PdfFailed:
            facts = {"on_screen": reverse(self.page, args=[public_id]), "number": row.number}
            return render(request, "customer/bills/pdf_unavailable.html", facts, status=503)
        return HttpResponse(
            data,
            content_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{document.file_name}"'},
        )

    def rows(self) -> QuerySet[Any]:
        """What the documents belong to."""
        raise LookupError(f"{type(self).__name__} names no rows")


class InvoicePdf(_IssuedPdf):
    """The bill as issued."""

    page = "invoice"

    def rows(self) -> QuerySet[Any]:
        return Invoice.objects.all()


class CreditNotePage(AccountPage, TemplateView):
    """What was given back of a bill, why, and what it paid."""

    action = Action.VIEW_BILLS
    template_name = "customer/bills/credit_note.html"
    section = "bills"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = CreditNote.objects.filter(account=self.account).select_related("invoice")
        note = rows.filter(public_id=self.kwargs["public_id"]).first()
        if note is None:
            raise Http404
        mask = mask_of(self.permissions)
        lines = list(note.lines.all())
        for line in lines:
            line.description = mask.text(line.description)
        note.reason = mask.text(note.reason)
        return super().get_context_data(
            note=note,
            lines=lines,
            pays=note.allocations.filter(undone_on__isnull=True).select_related("invoice"),
            **kwargs,
        )


class CreditNotePdf(_IssuedPdf):
    """The adjustment note as issued."""

    page = "credit_note"

    def rows(self) -> QuerySet[Any]:
        return CreditNote.objects.all()


class NextBill(AccountPage, TemplateView):
    """What the next bill would say if nothing else happened."""

    action = Action.VIEW_BILLS
    template_name = "customer/bills/next_bill.html"
    section = "bills"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        issue_on = next_bill_day(self.today, self.account.bill_day)
        return super().get_context_data(
            draft=invoices.masked_draft(
                invoices.next_invoice(self.account, on=issue_on), mask_of(self.permissions)
            ),
            issue_on=issue_on,
            **kwargs,
        )
