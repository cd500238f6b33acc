"""What Django looks for here: the models of every room. Code imports them from their rooms."""

from complaints.analysis.models import Study
from complaints.inbound.models import InboundMail
from complaints.keeping.models import Certificate, Erased
from complaints.lodging.models import Attachment, Draft, Follow
from complaints.ombudsman.models import EvidencePack, Referral
from complaints.tickets.models import Complaint, Event, Proposal, Remedy

__all__ = [
    "Attachment",
    "Certificate",
    "Complaint",
    "Draft",
    "Erased",
    "Event",
    "EvidencePack",
    "Follow",
    "InboundMail",
    "Proposal",
    "Referral",
    "Remedy",
    "Study",
]
