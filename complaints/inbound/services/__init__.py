"""What reached us by email and by text message: taken in, acted on where it is sure."""

from .answers import hear_text
from .mails import MailRefused, put_into_complaint, receive_mail, settle_mail

__all__ = ["MailRefused", "hear_text", "put_into_complaint", "receive_mail", "settle_mail"]
