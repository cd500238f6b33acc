"""The Celery app and the table of what beat rings. Beat only rings: the work is rows that wait."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Rooms are no apps of their own, so those that beat rings are named.
ROOMS = (
    "billing.credit_management",
    "billing.hardship",
    "billing.payments",
    "billing.runs",
    "complaints.lodging",
    "complaints.ombudsman",
    "complaints.process",
    "contracts.catalogue",
    "contracts.equipment",
    "contracts.leaving",
    "contracts.network",
    "contracts.locations",
    "contracts.orders",
    "contracts.requests",
    "contracts.supply",
    "contracts.variations",
    "parties.appointments",
    "portal",
    "records.audit",
    "records.deadlines",
    "records.documents",
    "records.notices",
)
app.autodiscover_tasks(ROOMS)
app.steps["worker"].add(DjangoStructLogInitStep)

BEAT: dict[str, dict[str, Any]] = {
    "render documents": {"task": "records.documents.render_waiting", "schedule": 5},
    "deliver notices": {"task": "records.notices.deliver_queued", "schedule": 5},
    "deliver urgent notices": {"task": "records.notices.deliver_urgent", "schedule": 5},
    "note acknowledgements": {"task": "complaints.acknowledge_sent", "schedule": 15},
    "bring missed complaints to a manager": {
        "task": "complaints.escalate_missed",
        "schedule": crontab(minute="2-59/15"),
    },
    "mind private complaints": {
        "task": "complaints.mind_private",
        "schedule": crontab(minute="6-59/15"),
    },
    "mind absences": {
        "task": "complaints.mind_absences",
        "schedule": crontab(minute="*/15"),
    },
    "name the privacy regulator": {
        "task": "complaints.name_regulator",
        "schedule": crontab(minute="4-59/15"),
    },
    "make evidence packs": {"task": "complaints.make_packs", "schedule": 15},
    "throw old drafts away": {
        "task": "complaints.drop_drafts",
        "schedule": crontab(minute=50),
    },
    "make data exports": {"task": "portal.make_exports", "schedule": 15},
    "worker is alive": {"task": "portal.heartbeat", "schedule": 30},
    "remind of deadlines": {
        "task": "records.deadlines.remind_and_flag",
        "schedule": crontab(minute="*/15"),
    },
    "anchor audit chains": {
        "task": "records.audit.anchor_chains",
        "schedule": crontab(minute=5),
    },
    "apply declared days": {"task": "portal.apply_declared_days", "schedule": 60},
    "remind of appointments": {
        "task": "parties.remind_of_expiry",
        "schedule": crontab(minute=35),
    },
    "apply plan changes": {
        "task": "contracts.apply_plan_changes",
        "schedule": crontab(minute=5),
    },
    "look at unpaid money": {
        "task": "billing.pursue",
        "schedule": crontab(minute=10),
    },
    "restore what is paid": {"task": "billing.restore_paid", "schedule": 60},
    "take back debts handed over": {"task": "billing.mind_handovers", "schedule": 60},
    "review arrangements": {
        "task": "billing.review_arrangements",
        "schedule": crontab(minute=25),
    },
    "ask about payments": {
        "task": "billing.ask_about_payments",
        "schedule": crontab(minute="*/15"),
    },
    "mind direct debits": {
        "task": "billing.mind_draws",
        "schedule": crontab(minute="3-59/15"),
    },
    "draw from cards": {
        "task": "billing.charge_cards",
        "schedule": crontab(minute="8-59/15"),
    },
    "ask about cards": {
        "task": "billing.ask_about_cards",
        "schedule": crontab(minute="10-59/15"),
    },
    "warn of cards": {
        "task": "billing.warn_of_cards",
        "schedule": crontab(hour=22, minute=40),
    },
    "ask about payouts": {
        "task": "billing.ask_about_payouts",
        "schedule": crontab(minute=35),
    },
    "settle files of refunds": {
        "task": "billing.settle_refund_files",
        "schedule": crontab(minute="13-59/15"),
    },
    "send refunds": {
        "task": "billing.send_refunds",
        "schedule": crontab(minute="*/5"),
    },
    "lapse offers": {
        "task": "contracts.lapse_offers",
        "schedule": crontab(minute=20),
    },
    "carry out ends": {
        "task": "contracts.carry_out_ends",
        "schedule": crontab(minute=10),
    },
    "ask for ends": {
        "task": "contracts.ask_ends",
        "schedule": crontab(minute=15),
    },
    "ask about addresses": {
        "task": "contracts.ask_addresses",
        "schedule": crontab(hour=23, minute=30),
    },
    "ask equipment back": {
        "task": "contracts.ask_equipment_back",
        "schedule": crontab(minute=50),
    },
    "tell outages": {"task": "contracts.tell_outages", "schedule": 30},
    "give outage credits": {"task": "contracts.give_outage_credits", "schedule": 60},
    "carry list changes": {"task": "contracts.carry_list_changes", "schedule": 300},
    "carry price changes": {"task": "contracts.carry_price_changes", "schedule": 60},
    "carry terms changes": {"task": "contracts.carry_terms_changes", "schedule": 60},
    "tell yearly rises": {
        "task": "contracts.tell_yearly_rises",
        "schedule": crontab(hour=23, minute=50),
    },
    # In the evening of UTC: the morning of all of Australia.
    "remind of terms": {
        "task": "contracts.remind_of_terms",
        "schedule": crontab(hour=23, minute=40),
    },
    "run bills": {"task": "billing.run_bills", "schedule": crontab(minute=20)},
}
# A ring that nobody heard in time is dropped: the next one does the same work.
app.conf.beat_schedule = {
    name: {**entry, "options": {"expires": 60}} for name, entry in BEAT.items()
}


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    """Let Django's structured logging stand; Celery would install its own."""
    import logging.config

    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
    structlog.get_logger(__name__).debug("logging_configured")
