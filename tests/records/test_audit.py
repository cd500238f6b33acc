"""The audit chain: appended, hash-chained per account; a changed or missing row is found."""

from __future__ import annotations

import pytest

from records.audit import services
from records.audit.models import Entry, EntryIsPermanent
from records.audit.services import Actor, Flaw
from tests.world import instant

AT = instant("2026-12-01 10:00")


@pytest.fixture
def account(world):
    for number in range(5):
        services.record(
            account_id=world.account.pk, at=AT, action="change_details", after={"number": number}
        )
    return world.account


def flaws(account) -> list[Flaw]:
    return [flaw for flaw in services.flaws() if flaw.account_id == account.pk]


def test_untouched_chain_holds(account):
    assert flaws(account) == []


def test_changed_entry_is_found_and_named(account):
    entry = Entry.objects.filter(account=account, action="change_details")[2]
    Entry.objects.filter(pk=entry.pk).update(after={"number": 99})

    assert flaws(account) == [Flaw(account.pk, entry.sequence, "changed")]


def test_missing_entry_is_found_and_named(account):
    entry = Entry.objects.filter(account=account, action="change_details")[1]
    Entry.objects.filter(pk=entry.pk)._raw_delete("default")

    assert Flaw(account.pk, entry.sequence, "missing") in flaws(account)


def test_missing_last_entry_is_found(account):
    last = Entry.objects.filter(account=account).last()
    Entry.objects.filter(pk=last.pk)._raw_delete("default")

    assert [flaw.what for flaw in flaws(account)] == ["missing at the end"]


def test_entry_cannot_be_changed_or_deleted(account):
    entry = Entry.objects.filter(account=account).first()

    entry.reason = "another"
    with pytest.raises(EntryIsPermanent):
        entry.save()
    with pytest.raises(EntryIsPermanent):
        entry.delete()


def test_repeated_looks_within_a_quarter_hour_are_one_act(account):
    actor = Actor(name="Jordan Lee")
    for _ in range(3):
        services.record_read(account_id=account.pk, at=AT, actor=actor, subject="/bills/")

    assert Entry.objects.filter(account=account, action="view").count() == 1
