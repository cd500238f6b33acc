"""Where the links of letters lead: a letter names a thing by kind, and by reference or token."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

# For each kind of thing, the page that shows it. Nothing is looked up here: whoever may not see
# the thing learns from the redirect no more than they brought.
PAGES = {
    "appointment": "appointment",
    "bill": "invoice",
    "claim": "claim_account",
    "complaint": "complaint",
    "complaint-record": "admin:complaints_complaint_change",
    "fault": "fault",
    "fault-record": "admin:contracts_fault_change",
    "help-paying": "help_paying",
    "help-request-record": "admin:billing_helprequest_change",
    "contract": "contract",
    "credit": "credit_note",
    "debt-notice": "debt_notice",
    "direct-debit": "direct_debit",
    "direct-debit-record": "admin:billing_mandate_change",
    "listing": "listing",
    "bar-record": "admin:contracts_bar_change",
    "lost-phone": "lost_phone",
    "move": "move",
    "my-authority": "my_authority",
    "payment": "online_payment",
    "outage": "outage",
    "order": "order",
    "people": "people",
    "receipt": "receipt",
    "refund": "refund",
    "refund-account": "refund_account",
    "price-change": "price_change",
    "privacy": "privacy",
    "privacy-request-record": "admin:parties_privacyrequest_change",
    "service": "service",
    "service-address": "service_address",
    "service-address-record": "admin:contracts_serviceaddress_change",
    "statement": "statement",
    "stop": "stop",
    "suspension-notice": "suspension_notice",
    "terms-change": "terms_change",
    "together": "together_one",
    "undo": "undo_contact_change",
    "undo-email": "undo_email_change",
    "unpaid": "unpaid",
    "unsubscribe": "unsubscribe",
}


@never_cache
@require_safe
def go(request: HttpRequest, kind: str, reference: str = "") -> HttpResponse:
    """Lead from a letter to the page of what it names; 404 for what no page shows."""
    named = [reference] if reference else []
    try:
        return redirect(PAGES[kind], *named)
    except (KeyError, NoReverseMatch) as unknown:
        raise Http404(f"No page shows {kind} {reference}".strip()) from unknown
