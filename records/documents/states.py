from django.db import models


class Status(models.TextChoices):
    ON_DEMAND = "on_demand", "Made on first opening"
    WAITING = "waiting", "Waiting to be made"
    READY = "ready", "Ready"
    FAILED = "failed", "Could not be made"
