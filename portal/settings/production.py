"""What the portal refuses to start with in production, each with the way to mend it."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .core import DEFAULT_SECRET_KEY


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
    if problems:
        raise ImproperlyConfigured("Refusing to start in production: " + "; ".join(problems) + ".")
