"""Every case of the terms about staff, again through the portal, with stored facts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.urls import reverse

from contracts.agreements.models import Contract
from parties.authority import selectors as authority
from parties.people.models import StaffGrant
from parties.people.states import JOBS, StaffData, StaffRole
from records.audit.models import Entry
from tests.parties.staff import sign_in_staff
from tests.world import instant, make_staff, make_world

FOLDER = Path(__file__).resolve().parents[2] / "terms" / "cases"
AT = instant("2026-12-01 10:00")
ROLES = {job: role for role, job in JOBS.items()}


def cases(rule: str) -> list:
    found = (
        {"provider": file.stem} | case
        for file in sorted(FOLDER.glob("*.yaml"))
        for case in yaml.safe_load(file.read_text(encoding="utf-8"))
        if case["rule"] == rule
    )
    return [pytest.param(case, id=case["id"]) for case in found]


@pytest.mark.django_db
@pytest.mark.parametrize("case", cases("staff_access"))
def test_staff_access_is_as_the_terms_say(case):
    given = case["given"]
    account = make_world(case["provider"]).account
    staff = make_staff(ROLES.get(given["job"]) or StaffRole(given["job"]))
    grant = StaffGrant.objects.filter(user=staff)
    grant.update(from_outside=given["selected_senior"])
    if not given["senior_request"]:
        grant.update(ended_at=AT)

    decision = authority.staff_sees(
        staff,
        StaffData(given["data"]),
        account,
        on=authority.local_day(account, AT),
        remote=given["remote"],
    )

    assert decision.allowed is case["expect"]["allowed"]
    assert [reason["clause"] for reason in decision.because] == [case["clause"]]


@pytest.mark.django_db
@pytest.mark.parametrize("case", cases("access_logged"))
def test_access_by_staff_is_logged_with_its_author_where_the_terms_say_so(client, case):
    did, record = case["given"]["did"], case["given"]["record"]
    world = make_world(case["provider"])
    staff = make_staff(StaffRole.ADMINISTRATOR)
    sign_in_staff(client, staff, because_of=world.account)

    if did == "view":
        model = {"account": world.account, "customer": world.customer}[record]
        client.get(reverse(f"admin:parties_{record}_change", args=[model.pk]))
    else:
        client.post(
            f"{reverse('admin:contracts_contract_add')}?account={world.account.number}",
            {
                "reference": "K-1",
                "version": world.account.acceptances.get().version,
                "started_on": "2026-02-01",
                "agreed_in": "Q1",
                "why": "It came by post.",
            },
        )
        assert Contract.objects.filter(account=world.account).exists()

    logged = Entry.objects.filter(account=world.account, actor=staff)
    assert logged.exists() is case["expect"]["logged"]
    assert logged.filter(actor_name=str(staff)).exists() is case["expect"]["identifies_actor"]
