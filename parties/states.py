"""Kinds and states of customers, accounts, appointments and staff, and the staff's role table."""

from django.db import models

from terms.facts import Action
from terms.lifecycle import Lifecycle


class CustomerKind(models.TextChoices):
    RESIDENTIAL = "personal", "Residential"
    BUSINESS = "business", "Small business"
    NON_PROFIT = "non_profit", "Not-for-profit"


class AccountStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    CLOSED = "closed", "Closed"


class AdvocateKind(models.TextChoices):
    INTERPRETER = "interpreter", "Interpreter"
    FINANCIAL_COUNSELLOR = "financial_counsellor", "Financial counsellor"
    LEGAL_AID = "legal_aid", "Legal aid"
    FRIEND_OR_FAMILY = "friend_or_family", "Friend or family"


class AcceptanceAct(models.TextChoices):
    ENGAGE_SERVICE = "engage_service", "Engaged the services"
    ACCEPT_QUOTE = "accept_quote", "Accepted a quotation"
    PAY_INVOICE = "pay_invoice", "Paid an invoice"
    SIGN_UP = "sign_up", "Signed up"
    VARIATION = "variation", "A variation took effect"


class PreferenceKind(models.TextChoices):
    MARKETING = "marketing", "News and offers"
    REACH = "reach", "How we reach you"
    LISTING = "listing", "Directory listing"


# What can be chosen of each kind; the first holds until something is chosen.
CHOICES: dict[PreferenceKind, list[tuple[str, str]]] = {
    PreferenceKind.MARKETING: [("no", "No news or offers"), ("yes", "Send me news and offers")],
    PreferenceKind.REACH: [("email", "By email"), ("phone", "By phone"), ("post", "By post")],
    PreferenceKind.LISTING: [
        ("unlisted", "Unlisted: in no directory"),
        ("listed", "Listed: in public directories"),
    ],
}


class PrivacyKind(models.TextChoices):
    ACCESS = "access", "See what is held about me"
    CORRECTION = "correction", "Have something corrected"


class PrivacyState(models.TextChoices):
    OPEN = "open", "Being looked into"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused, with reasons"


class ExportState(models.TextChoices):
    WAITING = "waiting", "Being made"
    READY = "ready", "Ready"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"


class SafeChannel(models.TextChoices):
    EMAIL = "email", "Email"
    PHONE = "phone", "Phone call"
    POST = "post", "Post"


# What somebody may be allowed to do, in the words that people read.
POWERS: dict[Action, str] = {
    Action.VIEW_BILLS: "See bills and services",
    Action.VIEW_PERSONAL_DETAILS: "See personal details",
    Action.DISCUSS_ISSUE: "Talk through a problem",
    Action.REQUEST_RECORDS: "Ask for records",
    Action.PAY_BILL: "Pay a bill",
    Action.LODGE_COMPLAINT: "Make a complaint",
    Action.TROUBLESHOOT: "Work on a fault",
    Action.CHANGE_DETAILS: "Change contact details",
    Action.CHANGE_PLAN: "Change a plan",
    Action.OPEN_SERVICE: "Order a service",
    Action.CLOSE_SERVICE: "End a service",
    Action.CLOSE_ACCOUNT: "Close the account",
    Action.ADD_REPRESENTATIVE: "Appoint others",
    Action.REMOVE_REPRESENTATIVE: "Remove others",
    Action.ARRANGE_HARDSHIP: "Agree on payment help",
    Action.ACCEPT_RESOLUTION: "Accept the answer to a complaint",
    Action.INCUR_EXPENSE: "Agree to other costs",
}
# The same, in the groups in which people choose them.
POWER_GROUPS: dict[str, tuple[Action, ...]] = {
    "See": (Action.VIEW_BILLS, Action.VIEW_PERSONAL_DETAILS, Action.REQUEST_RECORDS),
    "Talk and complain": (Action.DISCUSS_ISSUE, Action.LODGE_COMPLAINT, Action.TROUBLESHOOT),
    "Pay and agree": (
        Action.PAY_BILL,
        Action.ARRANGE_HARDSHIP,
        Action.ACCEPT_RESOLUTION,
        Action.INCUR_EXPENSE,
    ),
    "Change what you have": (
        Action.CHANGE_DETAILS,
        Action.CHANGE_PLAN,
        Action.OPEN_SERVICE,
        Action.CLOSE_SERVICE,
    ),
    "Decide about the account": (
        Action.ADD_REPRESENTATIVE,
        Action.REMOVE_REPRESENTATIVE,
        Action.CLOSE_ACCOUNT,
    ),
}
ONLY_WITH_CUSTOMER = "only_with_customer"
# What only a running account can have done to it; the rest goes on after it is closed.
NEEDS_RUNNING = frozenset(
    {
        Action.TROUBLESHOOT,
        Action.CHANGE_PLAN,
        Action.OPEN_SERVICE,
        Action.CLOSE_SERVICE,
        Action.CLOSE_ACCOUNT,
        Action.ADD_REPRESENTATIVE,
        Action.INCUR_EXPENSE,
    }
)


class SignedHow(models.TextChoices):
    TYPED = "typed", "Name typed on screen"
    DRAWN = "drawn", "Drawn on screen"
    UPLOADED = "uploaded", "Signed form uploaded"
    SUBSTITUTE = "substitute", "Another way, agreed because signing was not possible"


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
    ADD_REPRESENTATIVE = "add_representative", "Let somebody act for you"
    RAISE_LIMITS = "raise_representative_limits", "Give somebody more authority"
    CLOSE_ACCOUNT = "close_account", "Close the account"
    EXPORT_DATA = "export_personal_data", "Download personal data"
    PORT_OUT = "port_out", "Move a number away"
    TRANSFER = "transfer_of_title", "Change the account holder"


# The step that an identity is checked for, where what is asked is a high-risk one.
RISK_OF: dict[Action, HighRisk] = {
    Action.REQUEST_RECORDS: HighRisk.EXPORT_DATA,
    Action.CHANGE_DETAILS: HighRisk.CHANGE_DETAILS,
    Action.CLOSE_ACCOUNT: HighRisk.CLOSE_ACCOUNT,
    Action.ADD_REPRESENTATIVE: HighRisk.ADD_REPRESENTATIVE,
}
# What an identity can be checked for: a high-risk step, or an advocate's act.
PRESENCE_CODE = "presence"
CHECKED_FOR = [*HighRisk.choices, (PRESENCE_CODE, "Confirm what an advocate asks")]


class PresenceState(models.TextChoices):
    ASKED = "asked", "Waiting for the customer"
    CONFIRMED = "confirmed", "Confirmed by the customer"
    REFUSED = "refused", "Refused by the customer"
    ENDED = "ended", "Ended"


class PresenceAct(models.TextChoices):
    CONFIRM = "confirm"
    REFUSE = "refuse"
    END = "end"


PRESENCE = Lifecycle(
    {
        (PresenceState.ASKED, PresenceAct.CONFIRM): PresenceState.CONFIRMED,
        (PresenceState.ASKED, PresenceAct.REFUSE): PresenceState.REFUSED,
        (PresenceState.ASKED, PresenceAct.END): PresenceState.ENDED,
        (PresenceState.CONFIRMED, PresenceAct.END): PresenceState.ENDED,
    }
)


class HolderEventKind(models.TextChoices):
    """What can happen to an account holder that ends their standing or that terms act on."""

    INCAPACITY = "incapacity", "Can no longer decide for themselves"
    DEATH = "death", "Has died"
    BANKRUPTCY = "bankruptcy", "Is bankrupt"
    INSOLVENCY = "insolvency", "Is insolvent"
    SALE = "sale", "Sold the business or passed the contract on"


class StaffRole(models.TextChoices):
    """The groups that staff belong to; their labels are the groups' names."""

    FRONT_LINE = "front_line", "Front line"
    TEAM_MANAGER = "team_manager", "Team manager"
    BILLING = "billing", "Billing"
    CREDIT = "credit", "Credit"
    PRIVACY = "privacy", "Privacy officer"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"


class StaffData(models.TextChoices):
    """Kinds of data about a customer that not every member of staff sees."""

    ACCOUNT = "account_record", "The account's record"
    CONTACT = "contact_details", "Names, addresses, phones and emails"
    BILLING = "billing_details", "Bills and payments"
    CARD = "card_details", "Card details"
    BANK = "bank_details", "Bank details"
    SAFETY = "safety", "That somebody's safety is at stake"


_READS = frozenset({Action.VIEW_BILLS, Action.VIEW_PERSONAL_DETAILS, Action.DISCUSS_ISSUE})
_SERVES = _READS | {
    Action.REQUEST_RECORDS,
    Action.LODGE_COMPLAINT,
    Action.TROUBLESHOOT,
    Action.CHANGE_DETAILS,
}
# What each role of staff may do for a customer; the least that the work needs.
STAFF_MAY: dict[StaffRole, frozenset[Action]] = {
    StaffRole.FRONT_LINE: _SERVES | {Action.CHANGE_PLAN, Action.OPEN_SERVICE},
    StaffRole.TEAM_MANAGER: _SERVES
    | {Action.CHANGE_PLAN, Action.OPEN_SERVICE, Action.CLOSE_SERVICE, Action.ACCEPT_RESOLUTION}
    | {Action.ADD_REPRESENTATIVE, Action.REMOVE_REPRESENTATIVE, Action.ARRANGE_HARDSHIP},
    StaffRole.BILLING: _READS | {Action.PAY_BILL, Action.REQUEST_RECORDS},
    StaffRole.CREDIT: _READS | {Action.ARRANGE_HARDSHIP},
    StaffRole.PRIVACY: _READS | {Action.REQUEST_RECORDS, Action.CHANGE_DETAILS},
    StaffRole.AUDITOR: _READS,
    StaffRole.ADMINISTRATOR: frozenset(Action),
}
_SEES = frozenset({StaffData.ACCOUNT, StaffData.CONTACT, StaffData.BILLING})
# What each role sees of a customer; whoever talks with customers has to know of a safe contact.
STAFF_SEES: dict[StaffRole, frozenset[StaffData]] = {
    StaffRole.FRONT_LINE: _SEES | {StaffData.SAFETY},
    StaffRole.TEAM_MANAGER: _SEES | {StaffData.SAFETY},
    StaffRole.BILLING: _SEES | {StaffData.CARD, StaffData.BANK},
    StaffRole.CREDIT: _SEES | {StaffData.BANK, StaffData.SAFETY},
    StaffRole.PRIVACY: _SEES | {StaffData.SAFETY},
    StaffRole.AUDITOR: _SEES | {StaffData.CARD, StaffData.BANK},
    StaffRole.ADMINISTRATOR: frozenset(StaffData),
}
# The kind of data that an action lays open; all others need the account's record.
DATA_OF: dict[Action, StaffData] = {
    Action.VIEW_BILLS: StaffData.BILLING,
    Action.PAY_BILL: StaffData.CARD,
    Action.VIEW_PERSONAL_DETAILS: StaffData.CONTACT,
    Action.CHANGE_DETAILS: StaffData.CONTACT,
}
# The terms' word for a role's job, where it is another.
JOBS: dict[StaffRole, str] = {StaffRole.FRONT_LINE: "fault_management"}
# Who talks with customers on the phone; an auditor reads and does nothing else.
TAKES_CALLS = frozenset(StaffRole) - {StaffRole.AUDITOR}
# Who may see the portal as a customer sees it, to help on the phone.
VIEWS_AS_CUSTOMER = frozenset(
    {StaffRole.FRONT_LINE, StaffRole.TEAM_MANAGER, StaffRole.ADMINISTRATOR}
)
