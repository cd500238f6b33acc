"""What the trail calls an act, and the words in which people read it."""

from __future__ import annotations

VIEW = "view"

IN_WORDS: dict[str, str] = {
    VIEW: "Looked",
    "open_account": "Opened the account",
    "invite_holder": "Invited the account holder",
    "claim_account": "Claimed the account",
    "issue_invoice": "Issued a bill",
    "record_payment": "Recorded a payment",
    "hold_amount": "Put a contested amount on hold",
    "end_hold": "Ended the hold on a contested amount",
    "miss_deadline": "Missed a deadline",
    "lodge_complaint": "Lodged a complaint",
    "complaint_acknowledge": "Acknowledged a complaint",
    "complaint_investigate": "Began to look into a complaint",
    "complaint_ask_customer": "Asked for something about a complaint",
    "complaint_customer_answers": "Answered a question about a complaint",
    "complaint_message": "Wrote about a complaint",
    "choose_preference": "Chose",
    "ask_privacy": "Asked about the data held",
    "answer_privacy": "Answered a request about the data held",
    "ask_export": "Asked for a file with all data",
    "make_export": "Made a file with all data",
    "take_call": "Took a call",
    "end_call": "Ended a call",
    "view_as_customer": "Viewed the portal as the customer sees it",
    "complaint_propose": "Proposed an answer to a complaint",
    "complaint_accept": "Accepted an answer to a complaint",
    "complaint_decline": "Declined an answer to a complaint",
    "complaint_resolve": "Carried out what was agreed about a complaint",
    "complaint_close": "Closed a complaint",
    "complaint_withdraw": "Withdrew a complaint",
}


def in_words(action: str) -> str:
    """Say an act in words; one that the table lacks is spelled out."""
    return IN_WORDS.get(action, action.replace("_", " ").capitalize())
