"""Staff's report on the terms: complete, confined to the member's provider."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from parties.people.states import StaffRole
from terms import library
from tests.world import make_provider, make_staff


def url(document: str) -> str:
    return reverse("admin:terms_report", args=[document])


@pytest.mark.parametrize("document", library.providers())
def test_report_of_each_provider_has_all_its_parts(client, document, db):
    client.force_login(make_staff(StaffRole.AUDITOR))

    page = client.get(url(document)).content.decode()

    for part in ("Below the law", "Silent: only the law", "Runs on the house default", "by hand"):
        assert part in page


def test_report_shows_both_answers_and_both_places(client, db):
    client.force_login(make_staff(StaffRole.AUDITOR))

    page = client.get(url("vpnet")).content.decode()

    assert "VP-BIL-09" in page
    assert "RF-TCP-07" in page


def test_report_lists_what_runs_on_the_house_default(client, db):
    client.force_login(make_staff(StaffRole.AUDITOR))

    page = client.get(url("callpro")).content.decode()

    assert "HD-PAY-01" in page
    assert "Answered by nothing at all" in page


def test_staff_of_one_provider_read_only_its_report(client, db):
    client.force_login(make_staff(StaffRole.AUDITOR, make_provider("vpnet")))

    assert client.get(url("vpnet")).status_code == 200
    assert client.get(url("greenlight")).status_code == 404
    listed = client.get(reverse("admin:terms_reports")).content.decode()
    assert url("vpnet") in listed
    assert url("greenlight") not in listed


def test_staff_without_a_role_read_none(client, db):
    user = make_staff(StaffRole.AUDITOR)
    user.groups.remove(Group.objects.get(name=StaffRole.AUDITOR.label))
    client.force_login(user)

    assert client.get(url("vpnet")).status_code == 403


def test_customers_read_none(client, world):
    client.force_login(world.holder)

    assert client.get(url("vpnet")).status_code == 302
