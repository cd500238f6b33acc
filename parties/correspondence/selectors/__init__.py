from .contacts import (
    credit_binding,
    goes_by_post,
    phone_in_words,
    places_for_secrets,
    preferences,
    safe_contact_of,
    safe_contacts,
    safe_contacts_of,
    wanting_news,
)
from .formal import FormalNotice, as_given, formal_notices
from .phones import Phone, is_phone_number, phone_of, tail_of, text_number
from .senders import TextSender, text_sender

__all__ = [
    "FormalNotice",
    "Phone",
    "TextSender",
    "as_given",
    "credit_binding",
    "formal_notices",
    "goes_by_post",
    "is_phone_number",
    "phone_in_words",
    "phone_of",
    "places_for_secrets",
    "preferences",
    "safe_contact_of",
    "safe_contacts",
    "safe_contacts_of",
    "tail_of",
    "text_number",
    "text_sender",
    "wanting_news",
]
