"""Whoever works here and lost their second factor gets in again by a manager who saw them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.utils import timezone

from parties.people.models import StaffProof
from records.notices.models import Notice
from tests.world import make_staff, make_user

from .test_forgotten_password import choose, follow_link, is_changed


def see(person, **changes) -> None:
    said = {"seen_by": "Sen Manager", "evidence": "Licence, at the desk", **changes}
    call_command("staff", "proof", person.email, **said)


def test_staff_on_no_account_get_in_by_a_manager_who_saw_them_and_the_link(db):
    person = make_staff()
    client, page = follow_link(person)
    assert "Show your administrator who you are" in client.get(page).content.decode()
    choose(client, page)
    assert not is_changed(person)

    see(person)
    choose(client, page)

    assert is_changed(person)
    assert not Authenticator.objects.filter(user=person).exists()
    told = Notice.objects.get(to=person.email, title="Your password was changed")
    assert "taken off" in told.text
    assert StaffProof.objects.get().used_at is not None


@pytest.mark.parametrize(
    ("minutes", "again", "counts"), [(14, False, True), (16, False, False), (0, True, False)]
)
def test_what_a_manager_saw_counts_once_and_for_15_minutes(db, minutes, again, counts):
    person = make_staff()
    see(person)
    StaffProof.objects.update(seen_at=timezone.now() - timedelta(minutes=minutes))
    if again:
        StaffProof.objects.update(used_at=timezone.now())
    client, page = follow_link(person)

    choose(client, page)

    assert is_changed(person) is counts


def test_what_a_manager_saw_of_somebody_else_does_not_count(db):
    person, other = make_staff(), make_staff()
    see(other)
    client, page = follow_link(person)

    choose(client, page)

    assert not is_changed(person)


def gone(person):
    person.is_active = False
    person.save()
    return person


@pytest.mark.parametrize(
    ("who", "changes", "says"),
    [
        (lambda: make_user("Cus Tomer"), {}, "doesn't work here"),
        (lambda: gone(make_staff()), {}, "doesn't work here"),
        (make_staff, {"evidence": " "}, "Say who saw them"),
        (make_staff, {"seen_by": ""}, "Say who saw them"),
    ],
)
def test_what_is_no_proof_is_refused_in_words(db, who, changes, says):
    with pytest.raises(CommandError, match=says):
        see(who(), **changes)
    assert not StaffProof.objects.exists()
