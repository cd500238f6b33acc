from .contacts import (
    credit_binding,
    phone_in_words,
    places_for_secrets,
    preferences,
    safe_contact_of,
    safe_contacts,
    safe_contacts_of,
    wanting_news,
)
from .phones import Phone, is_phone_number, phone_of, text_number

__all__ = [
    "Phone",
    "credit_binding",
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
