"""The simulator's API and its page, where a payer pays or fails; only while it is on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from . import simulated_cards, simulated_payouts, simulated_refunds, simulator


def _only_while_it_is_on() -> None:
    if not settings.PAYMENT_SIMULATOR:
        raise Http404


def _provider_of(request: HttpRequest) -> str:
    """Whose key a call carries; empty for none."""
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    is_ours = key.startswith(simulator.KEY_PREFIX)
    return key.removeprefix(simulator.KEY_PREFIX) if is_ours else ""


def _refuse(status: int, words: str) -> JsonResponse:
    problem = {"type": "invalid_request_error", "message": words}
    return JsonResponse({"error": problem}, status=status)


@csrf_exempt
@require_POST
def open_page(request: HttpRequest) -> JsonResponse:
    """POST /v1/checkout/sessions"""
    _only_while_it_is_on()
    provider = _provider_of(request)
    if not provider:
        return _refuse(401, "Invalid API key provided")
    page = f"{settings.SITE_URL}{reverse('dev_pay', args=['SESSION'])}".replace("SESSION", "{}")
    try:
        row = simulator.open_page(
            provider, request.POST, request.headers.get("Idempotency-Key", ""), page
        )
    except (KeyError, ValueError) as missing:
        return _refuse(400, f"Missing or wrong: {missing}")
    return JsonResponse(simulator.as_session(row))


@require_GET
def read_page(request: HttpRequest, session: str) -> JsonResponse:
    """GET /v1/checkout/sessions/<id>"""
    _only_while_it_is_on()
    row = simulator.find(session)
    if row is None or row["provider"] != _provider_of(request):
        return _refuse(404, f"No such checkout.session: {session}")
    return JsonResponse(simulator.as_session(row, expanded=True))


@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, session: str) -> HttpResponse:
    """The hosted page: the payer pays, fails, or goes back."""
    _only_while_it_is_on()
    row = simulator.find(session)
    if row is None:
        raise Http404
    deed = request.POST.get("deed", "")
    possible = {*simulator.TRIES}
    if row["mode"] == "setup":
        possible = {"cancel", *simulated_cards.CARDS}
    if deed not in possible or row["status"] != "open":
        return render(request, "dev/gateway_pay.html", _shown(row))
    if deed == "cancel":
        return redirect(row["cancel_url"])
    if deed == "fail" and row["method"] == "card":
        return render(request, "dev/gateway_pay.html", _shown(row) | {"declined": True})
    simulator.act(row, deed, request.at)
    simulator.send(row, _hook(row), request.at)
    return redirect(row["success_url"])


@csrf_exempt
@require_http_methods(["GET", "POST"])
def charges(request: HttpRequest) -> JsonResponse:
    """POST and GET /v1/payment_intents: take money from a kept card, or see what was taken."""
    _only_while_it_is_on()
    provider = _provider_of(request)
    if not provider:
        return _refuse(401, "Invalid API key provided")
    if request.method == "GET":
        rows = simulated_cards.charges(provider, request.GET.get("customer", ""))
        data = [simulated_cards.shown(one) for one in rows]
        return JsonResponse(
            {"object": "list", "data": data, "has_more": False, "url": "/v1/payment_intents"}
        )
    try:
        made = simulated_cards.charge(
            provider, request.POST, request.headers.get("Idempotency-Key", ""), request.at
        )
    except (KeyError, ValueError, LookupError) as missing:
        return _refuse(400, f"Missing or wrong: {missing}")
    if made["last_payment_error"]:
        problem = {
            **made["last_payment_error"],
            "message": "Your card was declined.",
            "payment_intent": simulated_cards.shown(made),
        }
        return JsonResponse({"error": problem}, status=402)
    return JsonResponse(simulated_cards.shown(made))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def refunds(request: HttpRequest) -> JsonResponse:
    """POST and GET /v1/refunds: give money of a payment back, or see what was given."""
    _only_while_it_is_on()
    provider = _provider_of(request)
    if not provider:
        return _refuse(401, "Invalid API key provided")
    if request.method == "GET":
        rows = simulated_refunds.refunds(provider, request.GET.get("payment_intent", ""))
        data = [simulated_refunds.shown(one) for one in rows]
        return JsonResponse(
            {"object": "list", "data": data, "has_more": False, "url": "/v1/refunds"}
        )
    try:
        made = simulated_refunds.give_back(
            provider, request.POST, request.headers.get("Idempotency-Key", ""), request.at
        )
    except simulated_refunds.NotGiven as refused:
        problem = {"type": "invalid_request_error", "code": str(refused), "message": "No."}
        return JsonResponse({"error": problem}, status=400)
    except (KeyError, ValueError, LookupError) as missing:
        return _refuse(400, f"Missing or wrong: {missing}")
    return JsonResponse(simulated_refunds.shown(made))


@require_GET
def payouts(request: HttpRequest) -> JsonResponse:
    """GET /v1/payouts"""
    _only_while_it_is_on()
    since = int(request.GET.get("arrival_date[gte]", "0"))
    rows = simulated_payouts.payouts(_provider_of(request))
    data = [simulated_payouts.shown(one) for one in rows if one["arrival_date"] >= since]
    return JsonResponse({"object": "list", "data": data, "has_more": False, "url": "/v1/payouts"})


@require_GET
def balance(request: HttpRequest) -> JsonResponse:
    """GET /v1/balance_transactions: what a payout is of"""
    _only_while_it_is_on()
    data = simulated_payouts.rows_of(_provider_of(request), request.GET.get("payout", ""))
    return JsonResponse(
        {"object": "list", "data": data, "has_more": False, "url": "/v1/balance_transactions"}
    )


@csrf_exempt
@require_POST
def forget(request: HttpRequest, card: str) -> JsonResponse:
    """POST /v1/payment_methods/<id>/detach"""
    _only_while_it_is_on()
    if not simulated_cards.forget(_provider_of(request), card):
        return _refuse(400, f"No such payment method: {card}")
    return JsonResponse({"id": card, "object": "payment_method", "customer": None})


@require_http_methods(["GET", "POST"])
def bank(request: HttpRequest) -> HttpResponse:
    """All simulated payments, and what the bank can still do with each."""
    _only_while_it_is_on()
    if request.POST.get("deed") == "pay_out":
        simulated_payouts.pay_out(request.POST.get("provider", ""), request.at)
        return redirect("dev_bank")
    row = simulator.find(request.POST.get("session", ""))
    if row is not None:
        deed = request.POST.get("deed", "")
        if deed == "hurry":
            simulator.hurry(row, request.at)
        else:
            simulator.act(row, deed, request.at)
        simulator.send(row, _hook(row), request.at)
        return redirect("dev_bank")
    told = simulated_refunds.answer(
        request.POST.get("refund", ""), request.POST.get("deed", ""), request.at
    )
    if told is not None:
        simulator.tell(told["provider"], told["event"], _hook(told), request.at)
        return redirect("dev_bank")
    rows = simulator.payments()
    for one in rows:
        if simulator.due(one, request.at):
            simulator.send(one, _hook(one), request.at)
    shown = {
        "rows": [_shown(one) for one in rows],
        "providers": sorted({one["provider"] for one in rows}),
        "refunds": [
            {"id": one["id"], "amount": _dollars(one["amount"])}
            for one in simulated_refunds.waiting()
        ],
    }
    return render(request, "dev/gateway_bank.html", shown)


def _hook(row: dict[str, Any]) -> str:
    return f"{settings.SITE_URL}{reverse('payment_hook', args=[row['provider']])}"


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "row": row,
        "gives_card": row["mode"] == "setup",
        "amount": _dollars(row["amount_total"] or 0),
        "is_debit": row["method"] == "au_becs_debit",
        "waits": row["status"] == "complete"
        and row["payment_status"] == "unpaid"
        and not row.get("refused"),
        "is_paid": row["payment_status"] == "paid",
        "unsent": len(row["unsent"]),
    }


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
