from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from billing.payments import services


@shared_task(name="billing.ask_about_payments")
def ask_about_payments(*, at: str | None = None) -> int:
    """Ask the gateway about payments of which it has not told."""
    return services.ask_about_payments(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.mind_draws")
def mind_draws(*, at: str | None = None) -> int:
    """Plan direct debits, and book those whose day has come."""
    return services.mind_draws(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.charge_cards")
def charge_cards(*, at: str | None = None) -> int:
    """Draw from cards what is planned for today."""
    return services.charge_cards(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.ask_about_cards")
def ask_about_cards(*, at: str | None = None) -> int:
    """Ask the gateway about cards of which it has not told, and forget those that have ended."""
    return services.ask_about_cards(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.warn_of_cards")
def warn_of_cards(*, at: str | None = None) -> int:
    """Tell whoever pays by a card that runs out soon."""
    return services.warn_of_cards(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.ask_about_payouts")
def ask_about_payouts(*, at: str | None = None) -> int:
    """Ask the gateway what it paid to our bank."""
    return services.ask_about_payouts(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.send_refunds")
def send_refunds(*, at: str | None = None) -> int:
    """Ask the gateway for refunds that are on their way."""
    return services.send_refunds(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="billing.settle_refund_files")
def settle_refund_files(*, at: str | None = None) -> int:
    """Let refunds be paid once the day of their bank's file is over."""
    return services.settle_refund_files(at=datetime.fromisoformat(at) if at else timezone.now())
