"""Reminders by text message: to a proven phone of whoever wished them, or the email goes."""

from __future__ import annotations

import pytest
from django.db import transaction

from billing.credit_management.models import PaymentReminder
from billing.credit_management.services import pursue
from billing.credit_management.services.reaching import by_text
from parties.accounts.services import block_chasing
from parties.accounts.states import BlockKind
from parties.appointments.services import HolderChange, record_holder_event
from parties.authority.selectors import NotAuthorised, account_standing
from parties.authority.states import HolderEventKind
from parties.correspondence.states import PreferenceKind, SafeChannel
from parties.people.states import StaffRole
from parties.privacy import services as privacy
from parties.security.services import enter_code, send_code, set_safe_contact
from parties.security.states import TEXT_REMINDERS, Factor
from portal.adapters.mailbox import kept
from records.audit.models import Entry
from records.notices.models import Notice
from records.notices.services import deliver_queued, redirect_messages
from records.notices.states import Channel, Status
from records.notices.texts import Refused
from terms.facts import Role
from tests.billing.moneys import Story, day
from tests.billing.test_help_with_paying import owing, sweep
from tests.world import appoint, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
MINE = "+61491570156"
DUE = "2027-05-17"


def texting(one: Story, on: str = "2027-05-10") -> Story:
    """The holder proves their mobile and wishes reminders there."""
    customer = one.world.customer
    customer.phone = MINE
    customer.save()
    holder, at = one.world.holder, one.at(on)
    check = send_code(
        account=one.account,
        person=holder,
        purpose=TEXT_REMINDERS,
        factor=Factor.TEXTED_CODE,
        at=at,
    )
    code = Notice.objects.filter(kind="identity_code").latest("pk").text.split()[0]
    enter_code(check=check, code=code, at=at)
    choose(one, "text", on)
    deliver_queued(at=at)
    return one


def choose(one: Story, value: str, on: str = "2027-05-11") -> None:
    privacy.choose(
        account=one.account,
        by=one.world.holder,
        at=one.at(on),
        kind=PreferenceKind.REMINDERS,
        value=value,
    )


def due_soon() -> Story:
    """seq-c-12: Comvergence, ACT, 148.50 due on Monday 17 May 2027."""
    return texting(owing("comvergence", "ACT", "148.50", "2027-05-03", DUE))


def reminder() -> Notice:
    return Notice.objects.get(kind="payment_reminder")


def test_a_reminder_goes_as_a_text_that_says_no_more_than_it_must(mailoutbox):
    one = due_soon()
    mailoutbox.clear()
    before = len(kept())
    sweep(one, DUE, "09:30")

    row = reminder()
    assert (row.channel, row.to, row.status) == (Channel.TEXT, MINE, Status.SENT)
    (text,) = kept()[: len(kept()) - before]
    assert text.to == MINE
    words = " ".join(text.text.split())
    assert words.startswith("Comvergence: $148.50 is due by ")
    assert "17 May" in words
    assert "payment assistance policy" in words
    assert "/go/unpaid/" in words
    for kept_back in (one.account.number, str(one.world.holder), one.world.customer.name):
        assert kept_back not in words
    assert len(words) <= 306, "two parts of a text"
    assert "RF-MSG-03" in [each["id"] for each in row.because]
    assert mailoutbox == []
    assert PaymentReminder.objects.get().notice == row


def _safe(one: Story, channel: SafeChannel, address: str) -> None:
    set_safe_contact(
        account=one.account,
        user=one.world.holder,
        channel=channel,
        address=address,
        opens=None,
        closes=None,
        safety_threat=False,
        at=one.at("2027-05-12"),
    )


def _another_phone(one: Story) -> None:
    customer = one.world.customer
    customer.phone = "+61491570158"
    customer.save()


def _led_away(one: Story) -> None:
    """Somebody else's safe contact took the number over."""
    redirect_messages(
        addresses=[(None, MINE)],
        to="safe@people.example",
        by_hand=False,
        opens=None,
        closes=None,
        zone="Australia/Sydney",
        at=one.at("2027-05-12"),
    )


def _died(one: Story) -> None:
    record_holder_event(
        account=one.account,
        happened=HolderChange(
            kind=HolderEventKind.DEATH, since=day("2027-05-12"), evidence="Her daughter rang."
        ),
        by=make_staff(StaffRole.TEAM_MANAGER),
        at=one.at("2027-05-12"),
    )


BY_EMAIL = {
    "chosen again": lambda one: choose(one, "email"),
    "another phone on file": _another_phone,
    "a safe phone": lambda one: _safe(one, SafeChannel.PHONE, "0491 570 110"),
    "a safe email": lambda one: _safe(one, SafeChannel.EMAIL, "safe@people.example"),
    "the number itself as safe contact": lambda one: _safe(one, SafeChannel.PHONE, MINE),
    "led away for somebody else": _led_away,
    "the holder died": _died,
}


def test_whatever_makes_a_text_unsafe_or_unwished_sends_the_email(settings):
    one = due_soon()
    at = one.at(DUE, "09:30")

    def way(moment=at):
        return by_text(one.account, account_standing(one.account, day(DUE)), day(DUE), moment)

    assert way() is not None
    for why, happens in BY_EMAIL.items():
        with transaction.atomic():
            happens(one)
            assert way() is None, why
            transaction.set_rollback(True)
    # The hours of a weekday end at 21:00, and a text may take three hours to go (RF-DEBT-01).
    assert way(one.at(DUE, "17:59")) is not None
    assert way(one.at(DUE, "18:30")) is None
    settings.SMS_SENDER = "Telco"
    assert way() is None, "a name that nobody registered (RF-MSG-03)"
    settings.SMS_SENDER, settings.TEXT_GATEWAY = "+61491570157", ""
    assert way() is None


def test_a_private_block_leaves_neither_text_nor_email():
    one = due_soon()
    block_chasing(
        account=one.account,
        kind=BlockKind.COMPLAINT,
        subject="C-1",
        at=one.at("2027-05-12"),
        is_private=True,
    )
    sweep(one, DUE)
    assert not Notice.objects.filter(kind="payment_reminder").exists()


def test_a_text_that_is_refused_is_an_email_at_once_and_staff_see_it(monkeypatch, mailoutbox):
    one = due_soon()
    mailoutbox.clear()
    monkeypatch.setattr("portal.adapters.texts.FolderGateway.send", _refused)
    at = one.at(DUE, "09:30")
    pursue(at=at)
    deliver_queued(at=at)

    row = reminder()
    assert (row.channel, row.to, row.status) == (
        Channel.EMAIL,
        one.account.billing_email,
        Status.SENT,
    )
    assert "422" in row.text_failed
    (mail,) = mailoutbox
    assert mail.to == [one.account.billing_email]
    assert "148.50" in mail.subject
    assert "Your payment reference" in mail.body
    assert Entry.objects.filter(action="email_instead_of_text", account_id=one.account.pk).exists()
    assert PaymentReminder.objects.count() == 1


def test_a_text_that_can_not_go_in_its_hours_is_never_sent_at_night(monkeypatch, mailoutbox):
    one = due_soon()
    mailoutbox.clear()
    with monkeypatch.context() as broken:
        broken.setattr("portal.adapters.texts.FolderGateway.send", _unwell)
        pursue(at=one.at(DUE, "09:30"))
        deliver_queued(at=one.at(DUE, "09:30"))
        assert reminder().status == Status.QUEUED
    texts = len(kept())

    # The gateway is back, but not before the evening.
    deliver_queued(at=one.at(DUE, "22:30"))

    row = reminder()
    assert (row.channel, row.status) == (Channel.EMAIL, Status.SENT)
    assert len(mailoutbox) == 1
    assert not [each for each in kept()[: len(kept()) - texts] if each.to == MINE]


def _refused(*_, **__):
    raise Refused("the gateway for text messages refused it with 422")


def _unwell(*_, **__):
    raise OSError("the gateway for text messages answered 503")


def test_what_must_name_a_late_charge_goes_by_email():
    owes = owing("vpnet", "SA", "187.00", "2027-03-01", "2027-03-16", tcp=False)
    one = texting(owes, "2027-03-05")
    sweep(one, "2027-03-17")
    row = reminder()
    assert row.channel == Channel.EMAIL
    assert "our terms add a late fee of $27.50" in row.text
    assert PaymentReminder.objects.get().names_charge


def test_texts_are_the_proven_choice_of_the_holder_alone():
    one = owing("comvergence", "ACT", "148.50", "2027-05-03", DUE)
    with pytest.raises(privacy.PhoneNotProven, match="we text a code"):
        choose(one, "text")
    texting(one)
    full = appoint(one.account, make_user(), Role.AUTHORISED_REP).user
    choice = {"account": one.account, "at": one.at("2027-05-12")}
    choice["kind"] = PreferenceKind.REMINDERS
    with pytest.raises(privacy.PhoneNotProven, match="Only the account holder"):
        privacy.choose(by=full, value="text", **choice)
    with pytest.raises(NotAuthorised):
        privacy.choose(by=make_user(), value="email", **choice)
    assert privacy.choose(by=full, value="email", **choice) is not None
