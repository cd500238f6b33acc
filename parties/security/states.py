"""Guards of pages: the current account, the action, the second factor."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from terms.facts import Action

# How long a second factor counts as fresh (RF-ID-01).
FRESH = timedelta(minutes=15)


class Factor(models.TextChoices):
    """How somebody proved who they are, beside the password that let them in (RF-ID-01)."""

    TOTP = "totp", "Authenticator app"
    PASSKEY = "passkey", "Passkey"
    RECOVERY_CODE = "recovery_code", "Recovery code"
    EMAILED_CODE = "emailed_code", "Code sent by email"
    TEXTED_CODE = "texted_code", "Code sent by text message"
    DOCUMENTS = "documents", "Identity documents seen by staff"


class HighRisk(models.TextChoices):
    """Steps that need a second factor; the floor's rows RF-ID-02 to RF-ID-04 list them."""

    PASSWORD_RESET = "password_reset", "Change how you log in"
    CHANGE_DETAILS = "change_details", "Change contact details"
    CHANGE_EMAIL = "change_email", "Change the email address"
    BANK_DETAILS = "change_bank_details", "Let us draw from a bank account"
    ADD_REPRESENTATIVE = "add_representative", "Let somebody act for you"
    RAISE_LIMITS = "raise_representative_limits", "Give somebody more authority"
    ADD_SERVICE = "add_phone_service", "Accept an order"
    CLOSE_ACCOUNT = "close_account", "Close the account"
    EXPORT_DATA = "export_personal_data", "Download personal data"
    SIM_SWAP = "sim_swap", "Get a new SIM, or open a phone again"
    PORT_OUT = "port_out", "Move a number away"
    TRANSFER = "transfer_of_title", "Change the account holder"


# The step that an identity is checked for, where what is asked is a high-risk one.
RISK_OF: dict[Action, HighRisk] = {
    Action.REQUEST_RECORDS: HighRisk.EXPORT_DATA,
    Action.CHANGE_DETAILS: HighRisk.CHANGE_DETAILS,
    Action.CLOSE_ACCOUNT: HighRisk.CLOSE_ACCOUNT,
    Action.ADD_REPRESENTATIVE: HighRisk.ADD_REPRESENTATIVE,
}
# What an identity can be checked for: a high-risk step, an advocate's act, a phone for reminders.
PRESENCE_CODE = "presence"
TEXT_REMINDERS = "text_reminders"
CHECKED_FOR = [
    *HighRisk.choices,
    (PRESENCE_CODE, "Confirm what an advocate asks"),
    (TEXT_REMINDERS, "Get reminders to pay by text message"),
]
# What people read of it, where a step covers more than its name says.
TOLD_AS = dict(CHECKED_FOR) | {
    HighRisk.CLOSE_ACCOUNT.value: "End a service or close the account",
    HighRisk.BANK_DETAILS.value: "Let us draw from a bank account or card",
}
