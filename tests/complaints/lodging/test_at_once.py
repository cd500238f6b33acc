"""Two at the same moment make one: of drafts, of complaints without a name, of evidence packs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from django.db import connection

from complaints.lodging import services as lodging
from complaints.lodging.models import Attachment, Follow
from complaints.ombudsman import services as ombudsman
from complaints.ombudsman.models import EvidencePack
from complaints.tickets.models import Complaint
from parties.people.states import StaffRole
from records.notices.models import Notice
from terms.calendar import State
from tests.world import instant, make_provider, make_staff, make_world

AT = instant("2027-02-01 10:00")
PNG = b"\x89PNG\r\n\x1a\n"

if connection.vendor == "postgresql":

    def at_once(*calls: Callable[[], Any]) -> list[Any]:
        """Each call in a thread and connection of its own, all let go at the same moment."""
        gate = threading.Barrier(len(calls))

        def run(call: Callable[[], Any]) -> Any:
            try:
                gate.wait(10)
                return call()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return [one.result(30) for one in [pool.submit(run, call) for call in calls]]

    @pytest.mark.django_db(transaction=True)
    def test_draft_that_is_sent_twice_at_once_is_one_complaint_with_its_files():
        world = make_world()
        draft = lodging.begin_draft(account=world.account, by=world.holder, at=AT)
        file = lodging.read_upload("x.png", BytesIO(PNG))
        lodging.add_to_draft(draft=draft, uploads=[file], at=AT)
        details = lodging.ComplaintDetails(topic="fault", description="Dead.")

        def send() -> str:
            sent = lodging.send_draft(draft=draft, by=world.holder, details=details, at=AT)
            return sent.reference

        assert len({*at_once(send, send, send)}) == 1
        assert Attachment.objects.get().complaint == Complaint.objects.get()
        assert Notice.objects.filter(kind="complaint_received").count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_page_without_a_name_that_is_sent_twice_at_once_is_one_complaint():
        provider, key = make_provider(), lodging.new_page_key()

        def send() -> str:
            made = lodging.lodge_nameless(
                provider=provider,
                region=State.NSW,
                details=lodging.ComplaintDetails(topic="service", description="Rude."),
                page_key=key,
                at=AT,
            )
            return made.secret

        assert len({*at_once(send, send, send)}) == 1
        assert Follow.objects.get().complaint == Complaint.objects.get()

    @pytest.mark.django_db(transaction=True)
    def test_pack_that_two_ask_for_at_once_is_one_and_two_workers_make_one():
        world = make_world()
        complaint = lodging.lodge_complaint(
            account=world.account,
            by=world.holder,
            details=lodging.ComplaintDetails(topic="fault", description="Dead."),
            at=AT,
        )
        desk, manager = make_staff(StaffRole.FRONT_LINE), make_staff(StaffRole.TEAM_MANAGER)

        def ask(by: Any) -> Callable[[], Any]:
            return lambda: ombudsman.ask_evidence(reference=complaint.reference, by=by, at=AT).pk

        assert len({*at_once(ask(desk), ask(manager))}) == 1
        made = at_once(lambda: ombudsman.make_packs(at=AT), lambda: ombudsman.make_packs(at=AT))
        assert sum(made) == 1
        assert EvidencePack.objects.get().state == "ready"
