"""Where each service is used: what calls to 000 show, and what it was before."""

from __future__ import annotations

from django.db import models

from contracts.supply.models import Service
from parties.accounts.models import Account
from parties.people.models import User
from terms.calendar import Channel

from .states import COUNTS, OPEN_LISTING, AddressState, Gear, Listing, ListingState, Told


class ServiceAddress(models.Model):
    """An address of one service, as it was told at a moment; nothing edits it.

    Until it is confirmed the one before counts, which calls to 000 show. A service of which
    nothing was told has no row and lies at the account's address.
    """

    reference = models.CharField(max_length=20, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="addresses")
    street = models.CharField(max_length=150)
    suburb = models.CharField(max_length=80)
    state = models.CharField(max_length=3, choices=Account._meta.get_field("state").choices)
    postcode = models.CharField(max_length=4)
    used_from = models.DateField(help_text="The first day on which it is used there.")
    gear = models.CharField("used with", max_length=12, choices=Gear, blank=True)
    told = models.CharField("how it came", max_length=10, choices=Told)
    told_at = models.DateTimeField()
    told_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    caller = models.CharField(
        max_length=120, blank=True, help_text="Who told staff, if staff wrote it down."
    )
    stage = models.CharField(
        "how it stands", max_length=10, choices=AddressState, default=AddressState.ASKED
    )
    because = models.JSONField(default=list, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_on_at = models.DateTimeField(null=True, blank=True)
    sent_on_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_as = models.CharField("sent on as", max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "address of a service"
        verbose_name_plural = "addresses of services"
        ordering = ["service", "-told_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(stage=AddressState.ASKED),
                name="one_address_to_confirm",
            ),
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(stage__in=COUNTS),
                name="one_address_that_counts",
            ),
            models.CheckConstraint(
                condition=~models.Q(stage__in=[*COUNTS, AddressState.PAST])
                | models.Q(told=Told.ACCOUNT)
                | models.Q(confirmed_at__isnull=False),
                name="address_that_counts_was_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def line(self) -> str:
        """The address in one line."""
        return f"{self.street}, {self.suburb} {self.state} {self.postcode}"


CHANNELS = [(channel.value, channel.value.replace("_", " ").capitalize()) for channel in Channel]


class ListingChange(models.Model):
    """A request to change what directories say of a number, as it was asked for.

    Where terms want it in writing, one that came by voice waits until it comes so.
    """

    reference = models.CharField(max_length=20, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="listings")
    wanted = models.CharField("what is wanted", max_length=8, choices=Listing)
    listed_as = models.CharField("the entry as it should read", max_length=200, blank=True)
    channel = models.CharField(max_length=12, choices=CHANNELS)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=60, blank=True, help_text="The appointment relied on.")
    caller = models.CharField(
        max_length=120, blank=True, help_text="Who told staff, if staff wrote it down."
    )
    state = models.CharField(max_length=10, choices=ListingState)
    because = models.JSONField(default=list, blank=True)
    written_at = models.DateTimeField("came in writing", null=True, blank=True)
    done_at = models.DateTimeField("carried out", null=True, blank=True)
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_as = models.CharField("carried out as", max_length=80, blank=True)
    ended_why = models.CharField("why not", max_length=300, blank=True)

    class Meta:
        verbose_name = "change of a directory entry"
        verbose_name_plural = "changes of directory entries"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(state__in=OPEN_LISTING),
                name="one_open_listing_change",
            )
        ]

    def __str__(self) -> str:
        return self.reference
