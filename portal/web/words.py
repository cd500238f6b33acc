"""The words that people read for the states that the database keeps."""

from enum import Enum


class Kind(Enum):
    """How a status looks; each has its own shape as well as its colour."""

    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"
    INFO = "info"
    NEUTRAL = "neutral"


STATUSES: dict[str, tuple[str, Kind]] = {
    # Invoices and money
    "draft": ("Draft", Kind.NEUTRAL),
    "issued": ("Issued", Kind.INFO),
    "due": ("Due", Kind.INFO),
    "due_soon": ("Due soon", Kind.ATTENTION),
    "part_paid": ("Part paid", Kind.ATTENTION),
    "paid": ("Paid", Kind.GOOD),
    "overdue": ("Overdue", Kind.BAD),
    "disputed": ("Disputed", Kind.ATTENTION),
    "on_hold": ("On hold", Kind.ATTENTION),
    "held": ("On hold", Kind.ATTENTION),
    "credited": ("Credited", Kind.GOOD),
    "failed": ("Failed", Kind.BAD),
    "declined": ("Declined", Kind.BAD),
    "started": ("Not finished", Kind.ATTENTION),
    "in_progress": ("On its way", Kind.INFO),
    "succeeded": ("Received", Kind.GOOD),
    "lapsed": ("Given up", Kind.NEUTRAL),
    "taken_back": ("Taken back", Kind.ATTENTION),
    "reversed": ("Taken back", Kind.BAD),
    "upheld": ("Upheld", Kind.GOOD),
    "dismissed": ("Dismissed", Kind.NEUTRAL),
    # Services, contracts, appointments
    "ordered": ("Ordered", Kind.INFO),
    "pending": ("Waiting", Kind.INFO),
    "active": ("Active", Kind.GOOD),
    "current": ("Current", Kind.GOOD),
    "suspended": ("Suspended", Kind.BAD),
    "restricted": ("Restricted", Kind.ATTENTION),
    "disconnected": ("Disconnected", Kind.NEUTRAL),
    "terminated": ("Ended", Kind.NEUTRAL),
    "ended": ("Ended", Kind.NEUTRAL),
    "expired": ("Expired", Kind.NEUTRAL),
    "expiring": ("Ends soon", Kind.ATTENTION),
    "invited": ("Invited", Kind.INFO),
    "to_confirm": ("To confirm", Kind.ATTENTION),
    "to_check": ("To be checked", Kind.ATTENTION),
    "cooling_off": ("Time to think", Kind.ATTENTION),
    "asked": ("Waiting for an answer", Kind.ATTENTION),
    "confirmed": ("Confirmed", Kind.GOOD),
    "refused": ("Refused", Kind.BAD),
    "agreed": ("Agreed", Kind.INFO),
    "applied": ("In force", Kind.GOOD),
    "withdrawn": ("Withdrawn", Kind.NEUTRAL),
    "replaced": ("Overtaken", Kind.NEUTRAL),
    "carried_out": ("Done", Kind.NEUTRAL),
    # Complaints
    "merged": ("Answered with another", Kind.NEUTRAL),
    "received": ("Received", Kind.INFO),
    "acknowledged": ("Acknowledged", Kind.INFO),
    "investigating": ("Being looked into", Kind.INFO),
    "waiting_for_customer": ("Waiting for you", Kind.ATTENTION),
    "proposed": ("Answer proposed", Kind.ATTENTION),
    "implementing": ("Being carried out", Kind.INFO),
    "resolved": ("Carried out", Kind.GOOD),
    "closed": ("Closed", Kind.NEUTRAL),
    "escalated": ("Escalated", Kind.ATTENTION),
    "referred": ("With the ombudsman", Kind.INFO),
    "urgent": ("Urgent", Kind.BAD),
    # Deadlines
    "open": ("Open", Kind.INFO),
    "met": ("Met", Kind.GOOD),
    "met_late": ("Met late", Kind.BAD),
    "missed": ("Missed", Kind.BAD),
    "superseded": ("Replaced", Kind.NEUTRAL),
    # Notices and runs
    "queued": ("Queued", Kind.INFO),
    "sending": ("Being sent", Kind.INFO),
    "sent": ("Sent", Kind.GOOD),
    "running": ("Running", Kind.INFO),
    "done": ("Done", Kind.GOOD),
    "waiting": ("Waiting", Kind.INFO),
    "ready": ("Ready", Kind.GOOD),
    "by_hand": ("To be told by staff", Kind.ATTENTION),
    "told": ("Told by staff", Kind.GOOD),
    # Clauses and what answers
    "terms_computes": ("Worked out by the portal", Kind.GOOD),
    "terms_shown": ("Shown only", Kind.NEUTRAL),
    "terms_silent": ("Your terms don't say", Kind.ATTENTION),
    "terms_see": ("Not worked out here: read the clause", Kind.ATTENTION),
    "terms_default": ("Default, not from your terms", Kind.ATTENTION),
    "terms_law": ("The law answers", Kind.INFO),
    "terms_on": ("Switched on", Kind.GOOD),
    "terms_off": ("Switched off", Kind.NEUTRAL),
    # Outages and trouble
    "down": ("Down", Kind.BAD),
    "degraded": ("Degraded", Kind.ATTENTION),
    "working": ("Working", Kind.GOOD),
}
"""Status code → the word shown and how it looks; codes that records share mean the same."""
