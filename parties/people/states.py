"""Guards of pages: the current account, the action, the second factor."""

from __future__ import annotations

from django.db import models

from terms.facts import Action
from terms.lifecycle import Lifecycle

SESSION_KEY = "account"
PROOFS_KEY = "proofs"


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
    SAFETY = "safety", "Where somebody is reached safely"
    PRIVATE = "private", "Complaints about somebody's safety, and all that follows from them"


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
# What is private is the privacy officers' alone: for all others it is not there.
STAFF_SEES: dict[StaffRole, frozenset[StaffData]] = {
    StaffRole.FRONT_LINE: _SEES | {StaffData.SAFETY},
    StaffRole.TEAM_MANAGER: _SEES | {StaffData.SAFETY},
    StaffRole.BILLING: _SEES | {StaffData.CARD, StaffData.BANK},
    StaffRole.CREDIT: _SEES | {StaffData.BANK, StaffData.SAFETY},
    StaffRole.PRIVACY: _SEES | {StaffData.SAFETY, StaffData.PRIVATE},
    StaffRole.AUDITOR: _SEES | {StaffData.CARD, StaffData.BANK},
    StaffRole.ADMINISTRATOR: frozenset(StaffData) - {StaffData.PRIVATE},
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


class SettingState(models.TextChoices):
    """Where a change of a provider's settings stands."""

    ASKED = "asked", "Waits for a second person"
    IN_FORCE = "in_force", "In force"
    REFUSED = "refused", "Refused"


class SettingAct(models.TextChoices):
    """What happens to a change that waits."""

    APPROVE = "approve"
    REFUSE = "refuse"


SETTING_CHANGE = Lifecycle(
    {
        (SettingState.ASKED, SettingAct.APPROVE): SettingState.IN_FORCE,
        (SettingState.ASKED, SettingAct.REFUSE): SettingState.REFUSED,
    }
)
