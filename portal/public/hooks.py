"""What others tell the portal by themselves: each message proves who sent it."""

from __future__ import annotations

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from billing.payments.services import Forged, gateway_of, hear
from complaints.inbound.services import MailRefused, hear_text, receive_mail
from contracts.network.services import WorkRefused, hear_of_work
from parties.accounts.models import Provider
from portal.adapters import mail_hook, texts
from portal.adapters.network import NotTheNetwork, read_word, secret_of
from portal.web.middleware import reads_itself
from portal.web.uploads import looked_at
from records.notices.texts import answers_taken

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
            return _refused("gateway", "Send JSON.", provider=provider)
        try:
            word = gateway.read(request.body, request.headers.get("Stripe-Signature", ""))
        except Forged as forged:
            return _refused("gateway", str(forged), provider=provider)
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
            return _refused("network", "Send JSON.", provider=provider)
        try:
            signed = request.headers.get("X-Network-Signature", "")
            word = read_word(secret, request.body, signed, request.at)
            outcome = hear_of_work(provider=found, word=word, at=request.at)
        except (NotTheNetwork, WorkRefused) as refusal:
            return _refused("network", str(refusal), provider=provider)
        return HttpResponse(f"{outcome}\n", content_type="text/plain")


# What the service takes as: never again. Any other refusal it tries again for some hours.
NOT_ACCEPTABLE = 406


@method_decorator([csrf_exempt, reads_itself], name="dispatch")
class MailHook(View):
    """Emails that a mail service hands over; each is taken in as from a mail server's pipe."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not mail_hook.is_set_up():
            raise Http404("no mail service hands anything over here")
        try:
            raw = mail_hook.read_post(request, request.at)
            row = receive_mail(raw=raw, look=looked_at, at=request.at)
        except mail_hook.Forged as forged:
            return _refused("mail", str(forged))
        except (mail_hook.NoMail, MailRefused) as refusal:
            return _refused("mail", str(refusal), status=NOT_ACCEPTABLE)
        return HttpResponse(f"{row.get_state_display().lower()}\n", content_type="text/plain")


@method_decorator(csrf_exempt, name="dispatch")
class TextHook(View):
    """An answer to a text message, as the gateway hands it over until we answer 200."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not answers_taken():
            raise Http404("no answers by text are taken here")
        if request.content_type != "application/json":
            return _refused("texts", "Send JSON.")
        signature = request.headers.get("X-Signature", "")
        try:
            said = texts.read_answer(request.body, signature, at=request.at)
        except texts.ForgedText as forged:
            return _refused("texts", str(forged))
        row = hear_text(message_id=said.id, sender=said.sender, text=said.text, at=request.at)
        return HttpResponse(f"{row.state}\n", content_type="text/plain")


def _refused(who: str, why: str, status: int = 400, **facts: str) -> HttpResponse:
    log.warning(f"{who}_message_refused", why=why, **facts)
    return HttpResponse(f"refused: {why}\n", status=status, content_type="text/plain")
