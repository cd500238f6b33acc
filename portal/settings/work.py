"""Celery, mail and logs."""

import re
from typing import Any

import structlog

from .core import REDIS_URL
from .environment import DATA_DIR, DEBUG, ENVIRONMENT, env

CELERY_BROKER_URL = env.str("BROKER_URL", default=REDIS_URL or "filesystem://localhost")
EMBEDDED_BROKER = CELERY_BROKER_URL.startswith("filesystem")
if EMBEDDED_BROKER:
    CELERY_BROKER_TRANSPORT = "portal.adapters.broker:Transport"
    _queue = DATA_DIR / "broker"
    for _folder in ("messages", "control"):
        (_queue / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "store_processed": False,
        "polling_interval": 0.05,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800, "unacked_restore_throttle": 1}
# Codes that somebody waits for have a queue of their own. A worker that is not told which takes
# both; one that takes the urgent queue alone keeps codes from waiting behind a bill run.
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {"celery": {}, "urgent": {}}
CELERY_TASK_ROUTES = {"records.notices.deliver_urgent": {"queue": "urgent"}}
CELERY_TIMEZONE = "Australia/Sydney"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_TASK_TIME_LIMIT = 1500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

# Waking the worker at once is a courtesy; beat sweeps every few seconds anyway.
NUDGE_WORKER = env.bool("NUDGE_WORKER", default=True)

MAIL_DIR = DATA_DIR / "mail"
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default="django.core.mail.backends.smtp.EmailBackend"
    if ENVIRONMENT == "production"
    else "portal.adapters.mailbox.FolderBackend",
)
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 20
# Emails that Mailgun posts to /hooks/mail/mime/, as Anymail names its settings; without a signing
# key none are taken there, and a mail server's pipe hands them over.
ANYMAIL = {
    "WEBHOOK_SECRET": env.str("MAIL_HOOK_PASSWORD", default=""),
    "MAILGUN_WEBHOOK_SIGNING_KEY": env.str("MAILGUN_SIGNING_KEY", default=""),
}
# Text messages: kept beside the mail while developing; without a gateway production sends none.
SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", default="")
SMS_GATEWAY_TOKEN = env.str("SMS_GATEWAY_TOKEN", default="")
# A number: a name in its place would have to be registered. By itself one kept for fiction.
SMS_SENDER = env.str("SMS_SENDER", default="" if ENVIRONMENT == "production" else "+61491570157")
# With it the gateway signs the answers that it hands over; without it no answers are taken.
SMS_WEBHOOK_SECRET = env.str("SMS_WEBHOOK_SECRET", default="")
if SMS_GATEWAY_URL:
    TEXT_GATEWAY = "portal.adapters.texts.HttpGateway"
else:
    TEXT_GATEWAY = "" if ENVIRONMENT == "production" else "portal.adapters.texts.FolderGateway"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Customer portal <portal@example.com>")

# A worker that has not beaten for this long counts as gone on /readyz.
WORKER_SILENCE_SECONDS = env.int("WORKER_SILENCE_SECONDS", default=120)
OUTBOX_LAG_SECONDS = env.int("OUTBOX_LAG_SECONDS", default=600)
# Who gives this as a bearer token reads on /readyz what is not well; others only whether all is.
READYZ_TOKEN = env.str("READYZ_TOKEN", default="")

DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_USER_ID_FIELD = None  # logs carry no personal data
# A link that works without logging in is as good as a password, and a search may be a name.
_TOKEN = re.compile(r"(?<=/)[\w:.-]{38,}(?=/)")


def _without_secrets(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Leave out of the addresses that are logged what lets a reader in or tells of somebody."""
    if isinstance(request := event.get("request"), str):
        event["request"] = _TOKEN.sub("…", request.partition("?")[0])
    if isinstance(words := event.get("event"), str):
        event["event"] = _TOKEN.sub("…", words)
    return event


_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _without_secrets,
]
structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
_renderer = (
    structlog.dev.ConsoleRenderer(colors=False)
    if DEBUG
    else structlog.processors.JSONRenderer(sort_keys=True)
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _renderer,
            ],
            "foreign_pre_chain": _shared,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # PDF libraries describe every glyph and table they meet.
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
    },
}
