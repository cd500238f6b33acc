"""The tabs of the customer's page: each area offers its records there, with one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from billing.payments.selectors import card, invoices, payments_of, receipt
from complaints.tickets.models import Complaint
from complaints.tickets.selectors import cards, known_to_staff
from contracts.orders.models import Order
from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.authority.selectors import standing_status
from parties.people.models import User
from parties.people.states import StaffData
from parties.privacy.selectors import deed, history
from records.documents.models import Document
from records.notices.models import Notice

from .discretion import messages_known_to, papers_known_to

Shown = Callable[[Account, list[Any], date, datetime], list[Any]]


def _as_they_are(account: Account, rows: list[Any], on: date, at: datetime) -> list[Any]:
    return rows


def _all(user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows


def _standings(account: Account, rows: list[Any], on: date, at: datetime) -> list[Any]:
    return [{"row": row, "status": standing_status(row, on, at)} for row in rows]


def _messages(account: Account) -> QuerySet[Notice]:
    return Notice.objects.filter(account=account).order_by("-given_at", "-pk")


@dataclass(frozen=True)
class Tab:
    """One part of the customer's page: whose rows it shows, who sees it, where the whole list is.

    `known` narrows its rows to those that are there for a member of staff, where these are fewer.
    `find` names the parameter by which that list finds the account, `shown` turns a page of rows
    into what the template reads.
    """

    key: str
    label: str
    permission: str
    rows: Callable[[Account], QuerySet[Any]]
    page: str
    data: StaffData = StaffData.ACCOUNT
    find: str = "account__id__exact"
    shown: Shown = _as_they_are
    known: Callable[[User, QuerySet[Any]], QuerySet[Any]] = _all

    def seen(self, user: User, account: Account) -> QuerySet[Any]:
        """Its rows of an account, as far as they are there for this person."""
        return self.known(user, self.rows(account))


def _complaints(account: Account) -> QuerySet[Complaint]:
    return Complaint.objects.filter(account=account).order_by("-received_at")


TABS = (
    Tab(
        "people",
        "People",
        "parties.view_appointment",
        lambda account: account.appointments.select_related("user").order_by("-starts_on", "-pk"),
        "parties_appointment",
        StaffData.CONTACT,
        shown=_standings,
    ),
    Tab(
        "services",
        "Services",
        "contracts.view_service",
        lambda account: (
            Service.objects.filter(contract__account=account)
            .select_related("plan")
            .order_by("-activated_on", "-pk")
        ),
        "contracts_service",
        find="q",
    ),
    Tab(
        "orders",
        "Orders",
        "contracts.view_order",
        lambda account: Order.objects.filter(account=account).order_by("-drafted_at", "-pk"),
        "contracts_order",
        find="q",
    ),
    Tab(
        "bills",
        "Bills",
        "billing.view_invoice",
        lambda account: invoices(account).order_by("-issue_date", "-number"),
        "billing_invoice",
        StaffData.BILLING,
        shown=lambda account, rows, on, at: [(row.pk, card(row, on)) for row in rows],
    ),
    Tab(
        "payments",
        "Payments",
        "billing.view_payment",
        lambda account: payments_of(account).order_by("-received_on", "-pk"),
        "billing_payment",
        StaffData.CARD,
        shown=lambda account, rows, on, at: [(row.pk, receipt(row)) for row in rows],
    ),
    Tab(
        "complaints",
        "Complaints",
        "complaints.view_complaint",
        _complaints,
        "complaints_complaint",
        known=known_to_staff,
        shown=lambda account, rows, on, at: list(
            zip([row.pk for row in rows], cards(account, rows, on), strict=True)
        ),
    ),
    Tab(
        "messages",
        "Messages",
        "notices.view_notice",
        _messages,
        "notices_notice",
        StaffData.CONTACT,
        known=messages_known_to,
    ),
    Tab(
        "documents",
        "Documents",
        "documents.view_document",
        lambda account: Document.objects.filter(account=account).order_by("-issued_at", "-pk"),
        "documents_document",
        known=papers_known_to,
    ),
    Tab(
        "history",
        "History",
        "audit.view_entry",
        history,
        "audit_entry",
        shown=lambda account, rows, on, at: [deed(row) for row in rows],
    ),
)
