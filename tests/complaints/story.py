"""A complaint told day by day, each step at its own hour on the customer's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing.invoices.models import Invoice
from billing.payments.services import record_payment
from billing.runs.services import run_provider_bills
from complaints.lodging import services as lodging
from complaints.ombudsman import services as ombudsman
from complaints.ombudsman.models import Referral
from complaints.ombudsman.states import Level
from complaints.process import services as process
from complaints.tickets.models import Complaint
from complaints.tickets.states import Duty
from parties.people.models import User
from parties.people.states import StaffRole
from records.deadlines.models import Deadline
from records.deadlines.services import remind_and_flag
from records.notices.services import deliver_queued
from terms.calendar import Channel, State
from tests.world import World, make_service, make_staff, make_world


@dataclass
class Story:
    """One account, its desk, and a complaint that things happen to."""

    world: World
    desk: User
    manager: User
    reference: str = ""
    officer: User | None = None

    @property
    def works(self) -> User:
        """Who works on it: the desk, or the privacy officer where there is one.

        What is private is an officer's.
        """
        if self._is_private and self.officer is None:
            officers = User.objects.filter(groups__name=StaffRole.PRIVACY.label)
            return officers.first() or make_staff(StaffRole.PRIVACY)
        return self.officer or self.desk

    @property
    def complaint(self) -> Complaint:
        return Complaint.objects.get(reference=self.reference)

    @property
    def said(self) -> process.Heard:
        """That the desk heard it on the phone; what is private its officer."""
        by = self.works if self._is_private else self.desk
        return process.Heard(staff=by, channel=Channel.PHONE)

    @property
    def _is_private(self) -> bool:
        return bool(self.reference) and self.complaint.safety_threat

    def when(self, text: str) -> datetime:
        """A moment on the customer's clock: when("2026-12-24 23:30")."""
        zone = State(self.world.account.state).zone
        return datetime.fromisoformat(text).replace(tzinfo=zone)

    def lodge(self, text: str, **facts: Any) -> Complaint:
        """Lodge on the web as the holder."""
        given = {"topic": "fault", "description": "It does not work."} | facts
        complaint = lodging.lodge_complaint(
            account=self.world.account,
            by=self.world.holder,
            at=self.when(text),
            details=lodging.ComplaintDetails(**given),
        )
        self.reference = complaint.reference
        return complaint

    def take(self, text: str, *, received: str, channel: Channel, **how: Any) -> Complaint:
        """Let the desk write down what came by phone, voicemail, email or letter."""
        facts = {"topic": "fault", "description": "It does not work."} | how.pop("facts", {})
        came = {"person": self.world.holder} | how
        complaint = lodging.lodge_for_customer(
            account=self.world.account,
            staff=self.desk,
            details=lodging.ComplaintDetails(**facts),
            arrival=lodging.Arrival(channel=channel, received_at=self.when(received), **came),
            at=self.when(text),
        )
        self.reference = complaint.reference
        return complaint

    def sweep(self, text: str) -> None:
        """What beat rings: post goes out, duties are met or missed, managers hear of misses."""
        at = self.when(text)
        deliver_queued(at=at)
        process.acknowledge_sent(at=at)
        remind_and_flag(at=at)
        process.escalate_missed(at=at)
        process.name_regulator(at=at)

    def do(self, moment: str, name: str, **facts: Any) -> Complaint:
        """Take a step of the process; by the desk unless somebody else is named."""
        given = {"by": self.works} | facts
        return getattr(process, name)(reference=self.reference, at=self.when(moment), **given)

    def hear(self, moment: str, name: str, **facts: Any) -> Complaint:
        """Write down what the holder said on the phone."""
        return self.do(moment, name, by=self.world.holder, heard=self.said, **facts)

    def refer(self, moment: str, level: Level, **says: Any) -> Referral:
        """Note a letter of the ombudsman."""
        at = self.when(moment)
        letter = ombudsman.Letter(level=level, received_at=at, **says)
        return ombudsman.refer_complaint(
            reference=self.reference, by=self.desk, letter=letter, at=at
        )

    def pay(self, moment: str, amount: str) -> None:
        at = self.when(moment)
        record_payment(
            account=self.world.account,
            amount=Decimal(amount),
            received_on=at.date(),
            method="eft",
            reference=f"{moment} {amount}",
            at=at,
        )

    def due(self, duty: Duty) -> date:
        """The day by which a duty is owed, or was: the newest."""
        return self.deadlines(duty).last().due_on

    def status(self, duty: Duty) -> str:
        return self.deadlines(duty).last().status

    def deadlines(self, duty: Duty) -> Any:
        rows = Deadline.objects.filter(subject=self.reference, duty=duty)
        return rows.exclude(status="superseded").order_by("set_at", "pk")

    def missed(self) -> list[str]:
        """The duties that were missed at any time."""
        rows = Deadline.objects.filter(subject=self.reference, status__in=["missed", "met_late"])
        return sorted(rows.values_list("duty", flat=True))


def tell(key: str = "vpnet", **facts: Any) -> Story:
    """A story on an account of a provider, with a desk and a manager."""
    world = make_world(key, **facts)
    return Story(world, make_staff(StaffRole.FRONT_LINE), make_staff(StaffRole.TEAM_MANAGER))


def bill(story: Story, issued: date, total: str) -> Invoice:
    """An invoice of one service for exactly this total, GST included."""
    account = story.world.account
    fee = Decimal(total) / Decimal("1.1")
    through = date(issued.year, issued.month, 1)
    make_service(
        account,
        fee=str(fee.quantize(Decimal("0.01"))),
        billed_through=date.fromordinal(through.toordinal() - 1),
    )
    run_provider_bills(
        story.world.provider,
        issue_on=issued,
        at=story.when(f"{issued} 06:20"),
        on_demand=True,
    )
    return Invoice.objects.get(account=account, issue_date=issued)
