"""What others tell the portal by themselves: each message proves who sent it."""

from __future__ import annotations

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from billing.payments.services import Forged, gateway_of, hear
from contracts.network.services import WorkRefused, hear_of_work
from parties.accounts.models import Provider
from portal.adapters.network import NotTheNetwork, read_word, secret_of

log = structlog.get_logger(__name__)


@method_decorator(csrf_exempt, name="dispatch")
class PaymentHook(View):
    """What a provider's payment gateway says of payments; told again until we answer 200."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, provider: str) -> HttpResponse:
        found = Provider.objects.filter(key=provider).first()
        gateway = gateway_of(provider) if found else None
        if found is None or gateway is None:
            raise Http404(f"{provider} takes no payments here")
        if request.content_type != "application/json":
            return _refused(provider, "Send JSON.")
        try:
            word = gateway.read(request.body, request.headers.get("Stripe-Signature", ""))
        except Forged as forged:
            return _refused(provider, str(forged))
        outcome = hear(provider=found, word=word, at=request.at)
        return HttpResponse(f"{outcome}\n", content_type="text/plain")


@method_decorator(csrf_exempt, name="dispatch")
class NetworkHook(View):
    """What a provider's network says of work that it was asked for; told again until 200."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, provider: str) -> HttpResponse:
        found, secret = Provider.objects.filter(key=provider).first(), secret_of(provider)
        if found is None or secret is None:
            raise Http404(f"{provider} has no network that speaks here")
        if request.content_type != "application/json":
            return _refused(provider, "Send JSON.")
        try:
            signed = request.headers.get("X-Network-Signature", "")
            word = read_word(secret, request.body, signed, request.at)
            outcome = hear_of_work(provider=found, word=word, at=request.at)
        except (NotTheNetwork, WorkRefused) as refusal:
            return _refused(provider, str(refusal))
        return HttpResponse(f"{outcome}\n", content_type="text/plain")


def _refused(provider: str, why: str) -> HttpResponse:
    log.warning("message_refused", provider=provider, why=why)
    return HttpResponse(f"refused: {why}\n", status=400, content_type="text/plain")
