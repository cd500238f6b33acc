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
    "correct_deadline": "Corrected the day of a deadline",
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
    "reset_password": "Reset the password of a log-in",
    "change_password": "Changed the password of a log-in",
    "change_log_in_email": "Changed the email address of a log-in",
    "undo_log_in_email": "Undid the change of a log-in's email address",
    "pause_account": "Stopped high-risk steps",
    "lift_pause": "Let high-risk steps work again",
    "take_call": "Took a call",
    "end_call": "Ended a call",
    "view_as_customer": "Viewed the portal as the customer sees it",
    "complaint_propose": "Proposed an answer to a complaint",
    "complaint_accept": "Accepted an answer to a complaint",
    "complaint_decline": "Declined an answer to a complaint",
    "complaint_resolve": "Carried out what was agreed about a complaint",
    "complaint_close": "Closed a complaint",
    "complaint_withdraw": "Withdrew a complaint",
    "appoint": "Appointed somebody",
    "change_appointment": "Changed an appointment",
    "revoke_appointment": "Ended an appointment",
    "accept_appointment": "Took up an appointment",
    "verify_identity": "Checked who somebody is",
    "warrant_authority": "Said to have authority",
    "doubt_authority": "Noted that somebody has no authority",
    "rely_on_authority": "Noted that somebody has authority after all",
    "note_statement": "Noted the customer's letter about an advocate",
    "request_plan_change": "Asked for another plan",
    "plan_change_agree": "Agreed to another plan",
    "plan_change_refuse": "Refused another plan",
    "plan_change_withdraw": "Took a change of plan back",
    "plan_change_apply": "Put a new plan into force",
    "change_contact": "Changed contact details",
    "undo_contact_change": "Undid a change of contact details",
    "note_access_needs": "Noted what helps when we talk",
    "record_holder_event": "Recorded what happened to the account holder",
    "send_code": "Sent a code",
    "wrong_code": "Entered a wrong code",
    "prove_identity": "Proved to be who they are",
    "ask_with_customer": "Asked for something with the customer there",
    "confirm_presence": "Confirmed what an advocate asked",
    "refuse_presence": "Refused what an advocate asked",
    "end_presence": "Ended being there together",
    "tell_notice": "Told by phone or post",
    "send_notice_again": "Sent again what could not be sent",
    "set_safe_contact": "Set a safe contact",
    "confirm_safe_contact": "Confirmed a safe contact",
    "end_safe_contact": "Ended a safe contact",
}
# What staff did to a record of a kind: the action is the verb, then the kind.
VERBS = {"add": "Added", "change": "Changed"}


def in_words(action: str) -> str:
    """Say an act in words; one on a staff page is spelled out from its verb and its kind."""
    verb, _, kind = action.partition("_")
    spelled = f"{VERBS.get(verb, verb.capitalize())} {kind.replace('_', ' ')}".strip()
    return IN_WORDS.get(action, spelled)
