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
from .phones import Phone, is_phone_number, phone_of, text_number

__all__ = [
    "FormalNotice",
    "Phone",
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
    "text_number",
    "wanting_news",
]
