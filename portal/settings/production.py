"""What the portal refuses to start with in production, each with the way to mend it."""

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .core import DEFAULT_SECRET_KEY

SENDER = re.compile(r"\+?[0-9]{3,15}")


def refuse_unsafe(settings: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured when production would run on what only suits a laptop."""
    if settings["ENVIRONMENT"] != "production":
        return
    problems = []
    if settings["SECRET_KEY"] == DEFAULT_SECRET_KEY or len(settings["SECRET_KEY"]) < 32:
        problems.append(
            "SECRET_KEY is the default or shorter than 32 characters: set a random one"
        )
    if settings["DEBUG"]:
        problems.append("DEBUG is on: unset it")
    if settings["EMBEDDED_BROKER"]:
        problems.append("the broker is the embedded one: set REDIS_URL or BROKER_URL")
    if "postgresql" not in settings["DATABASES"]["default"]["ENGINE"]:
        problems.append("the database is not PostgreSQL: set DATABASE_URL=postgres://…")
    if not settings["REDIS_URL"]:
        problems.append("the cache is not Redis: set REDIS_URL")
    if settings["EMAIL_BACKEND"].startswith("portal."):
        problems.append("mail would stay in a folder: unset EMAIL_BACKEND and set EMAIL_HOST")
    problems += _about_texts(settings)
    if problems:
        raise ImproperlyConfigured("Refusing to start in production: " + "; ".join(problems) + ".")


def _about_texts(settings: dict[str, Any]) -> list[str]:
    """Without a gateway the portal offers no texts; with half of one it would lose them."""
    if not settings["SMS_GATEWAY_URL"]:
        return []
    problems = []
    if not settings["SMS_GATEWAY_URL"].startswith("https://"):
        problems.append("texts would travel in the clear: give SMS_GATEWAY_URL with https://")
    if not settings["SMS_GATEWAY_TOKEN"]:
        problems.append("the gateway for texts would refuse us: set SMS_GATEWAY_TOKEN")
    if not SENDER.fullmatch(settings["SMS_SENDER"]):
        problems.append("texts need a number to come from: set SMS_SENDER, like +61491570156")
    return problems
