"""Kinds and states of customers, accounts, appointments and staff, and the staff's role table."""

from django.db import models


class PreferenceKind(models.TextChoices):
    MARKETING = "marketing", "News and offers"
    REACH = "reach", "How we reach you"
    LISTING = "listing", "Directory listing"
    REMINDERS = "reminders", "Reminders to pay"


# What can be chosen of each kind; the first holds until something is chosen.
CHOICES: dict[PreferenceKind, list[tuple[str, str]]] = {
    PreferenceKind.MARKETING: [("no", "No news or offers"), ("yes", "Send me news and offers")],
    PreferenceKind.REACH: [("email", "By email"), ("phone", "By phone"), ("post", "By post")],
    PreferenceKind.LISTING: [
        ("unlisted", "Unlisted: in no directory"),
        ("listed", "Listed: in public directories"),
    ],
    PreferenceKind.REMINDERS: [("email", "By email"), ("text", "By text message")],
}
# What is asked on one form; reminders by text need a proven number, so they have their own page.
ASKED_TOGETHER = (PreferenceKind.MARKETING, PreferenceKind.REACH, PreferenceKind.LISTING)


class SafeChannel(models.TextChoices):
    EMAIL = "email", "Email"
    PHONE = "phone", "Phone call"
    POST = "post", "Post"
