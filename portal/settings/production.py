"""What the portal refuses to start with in production, each with the way to mend it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from .core import DEFAULT_SECRET_KEY

SENDER = re.compile(r"\+?[0-9]{3,15}")
LEAST_SECRET = 32
KEY_LENGTH, KEY_SIGNS = 32, 12
LOCAL = re.compile(r"^(localhost|testserver|127\.|0\.0\.0\.0|\[?::1?\]?$)|\.(local|localhost)$")
DATABASE_TLS = frozenset({"require", "verify-ca", "verify-full"})


def refuse_unsafe(settings: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured when production would run on what only suits a laptop."""
    if settings["ENVIRONMENT"] != "production":
        return
    problems = [
        *_about_keys(settings),
        *_about_addresses(settings),
        *_about_services(settings),
        *_about_mail(settings),
        *_about_texts(settings),
        *_about_payments(settings),
        *_about_networks(settings),
    ]
    if problems:
        raise ImproperlyConfigured("Refusing to start in production: " + "; ".join(problems) + ".")


def _about_keys(settings: dict[str, Any]) -> Iterator[str]:
    key = settings["SECRET_KEY"]
    if key == DEFAULT_SECRET_KEY or len(key) < KEY_LENGTH:
        yield "SECRET_KEY is the default or shorter than 32 characters: set a random one"
    elif is_weak(key):
        yield "SECRET_KEY repeats itself or was made for development: set a random one"
    if settings["MFA_ENCRYPTION_KEY"]:
        try:
            Fernet(settings["MFA_ENCRYPTION_KEY"])
        except ValueError:
            yield "MFA_ENCRYPTION_KEY is no Fernet key: make one with Fernet.generate_key()"
    if settings["DEBUG"]:
        yield "DEBUG is on: unset it"


def is_weak(key: str) -> bool:
    """Whether a key has few different signs, repeats a part, or is Django's own placeholder."""
    repeats = (key + key).find(key, 1) < len(key)
    return len(set(key)) < KEY_SIGNS or repeats or key.startswith("django-insecure-")


def _about_addresses(settings: dict[str, Any]) -> Iterator[str]:
    hosts = settings["ALLOWED_HOSTS"]
    open_to_all = [host for host in hosts if host == "*" or host.startswith((".", "*"))]
    local = [host for host in hosts if LOCAL.search(host)]
    if open_to_all or not hosts:
        yield "ALLOWED_HOSTS lets any host in: name the portal's own, without * and leading dots"
    if local:
        yield f"ALLOWED_HOSTS holds {', '.join(local)}: leave it out"
    site = urlsplit(settings["SITE_URL"])
    if site.scheme != "https" or not site.hostname:
        yield "SITE_URL is not https://…: links in messages are made from it"
    elif LOCAL.search(site.hostname):
        yield "SITE_URL is this machine: set the portal's public address"
    elif site.hostname not in hosts:
        yield "SITE_URL is not among ALLOWED_HOSTS: add its host"
    if site.path or site.query or site.username:
        yield "SITE_URL holds more than scheme and host: leave the rest out"
    plain = [one for one in settings["CSRF_TRUSTED_ORIGINS"] if not one.startswith("https://")]
    wide = [one for one in settings["CSRF_TRUSTED_ORIGINS"] if "*" in one]
    if plain or wide:
        yield "CSRF_TRUSTED_ORIGINS holds an http:// origin or a *: name https:// origins"
    if not settings["HTTPS"]:
        yield "HTTPS is off: unset it"


def _about_services(settings: dict[str, Any]) -> Iterator[str]:
    database = settings["DATABASES"]["default"]
    if settings["EMBEDDED_BROKER"]:
        yield "the broker is the embedded one: set REDIS_URL or BROKER_URL"
    elif not _is_encrypted(settings["CELERY_BROKER_URL"]):
        yield "the broker is asked in the clear: give BROKER_URL or REDIS_URL with rediss://"
    if "postgresql" not in database["ENGINE"]:
        yield "the database is not PostgreSQL: set DATABASE_URL=postgres://…"
    elif (
        not str(database.get("HOST", "")).startswith("/")
        and database["OPTIONS"].get("sslmode") not in DATABASE_TLS
    ):
        yield "the database is asked in the clear: end DATABASE_URL with ?sslmode=verify-full"
    if not settings["REDIS_URL"]:
        yield "the cache is not Redis: set REDIS_URL"
    elif not _is_encrypted(settings["REDIS_URL"]):
        yield "Redis is asked in the clear: give REDIS_URL with rediss://"


def _is_encrypted(url: str) -> bool:
    """Whether a service is reached by TLS, or by a socket of this machine."""
    return url.startswith(("rediss://", "amqps://", "unix://", "redis+socket://"))


def _about_mail(settings: dict[str, Any]) -> Iterator[str]:
    if settings["EMAIL_BACKEND"].startswith("portal."):
        yield "mail would stay in a folder: unset EMAIL_BACKEND and set EMAIL_HOST"
    elif settings["EMAIL_BACKEND"].endswith((".console.EmailBackend", ".locmem.EmailBackend")):
        yield "mail would go nowhere: unset EMAIL_BACKEND and set EMAIL_HOST"
    elif not (settings["EMAIL_USE_TLS"] or settings["EMAIL_USE_SSL"]):
        yield "mail would travel in the clear: set EMAIL_USE_TLS or EMAIL_USE_SSL"
    name, _, password = settings["ANYMAIL"]["WEBHOOK_SECRET"].partition(":")
    if settings["ANYMAIL"]["MAILGUN_WEBHOOK_SIGNING_KEY"]:
        if not name or len(password) < KEY_LENGTH or is_weak(password):
            yield "anybody could post mail: set MAIL_HOOK_PASSWORD to name:32 random signs"
    elif name:
        yield "emails that are posted can't be proved: set MAILGUN_SIGNING_KEY"


def _about_texts(settings: dict[str, Any]) -> Iterator[str]:
    """Without a gateway the portal offers no texts; with half of one it would lose them."""
    if not settings["SMS_GATEWAY_URL"]:
        return
    if not settings["SMS_GATEWAY_URL"].startswith("https://"):
        yield "texts would travel in the clear: give SMS_GATEWAY_URL with https://"
    if not settings["SMS_GATEWAY_TOKEN"]:
        yield "the gateway for texts would refuse us: set SMS_GATEWAY_TOKEN"
    if not SENDER.fullmatch(settings["SMS_SENDER"]):
        yield "texts need a number to come from: set SMS_SENDER, like +61491570156"
    if settings["SMS_WEBHOOK_SECRET"] and len(settings["SMS_WEBHOOK_SECRET"]) < LEAST_SECRET:
        yield f"answers to texts could be forged: SMS_WEBHOOK_SECRET has {LEAST_SECRET} characters"


def _about_payments(settings: dict[str, Any]) -> Iterator[str]:
    """Without keys nobody pays in the portal; with half of them money would come unheard."""
    if settings["PAYMENT_SIMULATOR"]:
        yield "payments would go to the simulator: unset PAYMENT_SIMULATOR"
    if not settings["STRIPE_KEYS"]:
        return
    if not settings["STRIPE_API_BASE"].startswith("https://"):
        yield "payments would travel in the clear: give STRIPE_API_BASE with https://"
    secrets = settings["STRIPE_WEBHOOK_SECRETS"]
    for provider in sorted(set(settings["STRIPE_KEYS"]) - set(secrets)):
        yield f"what Stripe says to {provider} can't be proved: name it in STRIPE_WEBHOOK_SECRETS"
    if len(set(secrets.values())) < len(secrets):
        yield "two providers share a secret in STRIPE_WEBHOOK_SECRETS: each endpoint has its own"


def _about_networks(settings: dict[str, Any]) -> Iterator[str]:
    """What a network says moves charges: nobody else may be able to say it."""
    secrets = settings["NETWORK_HOOK_SECRETS"]
    for provider, secret in sorted(secrets.items()):
        if len(secret) < KEY_LENGTH:
            yield f"the secret of {provider} in NETWORK_HOOK_SECRETS is shorter than 32 signs"
    if len(set(secrets.values())) < len(secrets):
        yield "two providers share a secret in NETWORK_HOOK_SECRETS: each network has its own"
