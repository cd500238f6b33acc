"""The life of a bill run, and ways to pay."""

from django.db import models


class HoldStatus(models.TextChoices):
    OPEN = "open", "Being looked into"
    UPHELD = "upheld", "Upheld"
    DISMISSED = "dismissed", "Dismissed"
