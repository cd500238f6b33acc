"""The simulated payment gateway for tests: its pages over real HTTP, and what it says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.test import Client

from billing.payments.models import OnlinePayment
from portal.dev import simulator


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Tests print nothing."""


@contextmanager
def serve() -> Iterator[str]:
    """Serve the simulator's API; it touches no database. Yields its base address."""
    application = get_wsgi_application()
    server = make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/dev/gateway"
    finally:
        server.shutdown()
        server.server_close()


def press(online: OnlinePayment, deed: str, at: datetime) -> list[simulator.Message]:
    """Press a button of the simulator's page; return what it then says, oldest first."""
    row = simulator.find(online.session)
    assert row is not None
    known = {event["id"] for event in row["unsent"]}
    simulator.act(row, deed, at)
    row = simulator.find(online.session)
    assert row is not None
    new = [event for event in row["unsent"] if event["id"] not in known]
    return [simulator.sign(row["provider"], event, at) for event in new]


def post(message: simulator.Message, **changed: Any) -> HttpResponse:
    """Send a message to the portal's hook; `changed` body, signature or provider."""
    return Client().post(
        f"/hooks/payments/{changed.get('provider', message.provider)}/",
        changed.get("body", message.body),
        content_type="application/json",
        headers={"Stripe-Signature": changed.get("signature", message.signature)},
    )
