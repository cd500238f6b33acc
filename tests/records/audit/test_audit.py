"""The audit chain: appended, hash-chained per account; a changed or missing row is found."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from records.audit import services, tasks
from records.audit.models import Anchor, AnchoredHead, ChainHead, Entry, EntryIsPermanent
from records.audit.selectors import Discrepancy, discrepancies, fingerprint
from records.audit.services import Actor
from tests.ledger import unprotected
from tests.world import instant, make_world

pytestmark = pytest.mark.portable

AT = instant("2026-12-01 10:00")
TODAY = date(2026, 12, 1)


@pytest.fixture
def account(world):
    for number in range(5):
        services.record(
            account_id=world.account.pk, at=AT, action="change_details", after={"number": number}
        )
    return world.account


def entries(account):
    return Entry.objects.filter(account=account)


def meddle(entry: Entry, **facts) -> None:
    with unprotected():
        Entry.objects.filter(pk=entry.pk).update(**facts)


def remove(entry: Entry) -> None:
    with unprotected():
        Entry.objects.filter(pk=entry.pk)._raw_delete("default")


def remake_hash(entry: Entry, **facts) -> None:
    for name, value in facts.items():
        setattr(entry, name, value)
    entry.hash = fingerprint(entry)
    meddle(entry, **facts, hash=entry.hash)


def test_untouched_chain_holds(account):
    services.anchor_chains(on=TODAY, at=AT)

    assert list(discrepancies()) == []


def test_changed_entry_is_found_and_named(account):
    entry = entries(account)[2]
    meddle(entry, after={"number": 99})

    assert list(discrepancies()) == [Discrepancy(account.pk, entry.sequence, "changed")]


def test_changed_entry_with_a_new_hash_is_found_by_the_entry_after_it(account):
    entry = entries(account)[2]
    remake_hash(entry, after={"number": 99})

    assert list(discrepancies()) == [
        Discrepancy(account.pk, entry.sequence, "changed, and its hash made anew")
    ]


def test_changed_last_entry_with_a_new_hash_is_found_by_the_head(account):
    entry = entries(account).last()
    remake_hash(entry, actor_name="Nobody")

    assert list(discrepancies()) == [
        Discrepancy(account.pk, entry.sequence, "changed, and its hash made anew")
    ]


def test_missing_entries_are_found_and_named(account):
    for entry in entries(account)[1:3]:
        remove(entry)

    assert list(discrepancies()) == [
        Discrepancy(account.pk, 2, "missing"),
        Discrepancy(account.pk, 3, "missing"),
    ]


def test_missing_first_entry_is_found(account):
    remove(entries(account)[0])

    assert list(discrepancies()) == [Discrepancy(account.pk, 1, "missing")]


def test_missing_last_entry_is_found(account):
    last = entries(account).last()
    remove(last)

    assert list(discrepancies()) == [Discrepancy(account.pk, last.sequence, "missing")]


def test_added_entry_is_found_and_named(account):
    last = entries(account).last()
    last.pk, last.sequence, last.prev_hash = None, last.sequence + 1, last.hash
    last.hash = fingerprint(last)
    last.save()

    assert list(discrepancies()) == [Discrepancy(account.pk, last.sequence, "added")]


def test_chain_without_a_head_is_an_added_one(account):
    head = ChainHead.objects.get(account=account)
    ChainHead.objects.filter(pk=head.pk).delete()

    assert [discrepancy.what for discrepancy in discrepancies()] == ["added"] * head.sequence


def test_chain_written_anew_since_its_anchor_is_found(account):
    services.anchor_chains(on=TODAY, at=AT)
    head = ChainHead.objects.get(account=account)
    last = entries(account).last()

    remake_hash(last, actor_name="Nobody")
    ChainHead.objects.filter(pk=head.pk).update(hash=last.hash)

    assert list(discrepancies()) == [
        Discrepancy(account.pk, last.sequence, "not what an anchor saw")
    ]


def test_end_of_a_chain_that_an_anchor_saw_cannot_vanish(account):
    services.anchor_chains(on=TODAY, at=AT)
    last = entries(account).last()
    remove(last)
    ChainHead.objects.filter(account=account).update(
        sequence=last.sequence - 1, hash=last.prev_hash
    )

    assert list(discrepancies()) == [
        Discrepancy(account.pk, last.sequence, "missing, although an anchor saw it")
    ]


def test_changed_anchor_is_found(account):
    services.anchor_chains(on=TODAY, at=AT)
    with unprotected():
        AnchoredHead.objects.filter(account=account).update(sequence=2, hash="0" * 64)

    assert Discrepancy(None, 0, "the anchor of 2026-12-01 was changed") in list(discrepancies())


def test_missing_anchor_is_found(account):
    for days in range(3):
        services.anchor_chains(on=TODAY + timedelta(days), at=AT)
    with unprotected():
        Anchor.objects.filter(day=TODAY + timedelta(1)).delete()

    assert list(discrepancies()) == [
        Discrepancy(None, 0, "the anchor before that of 2026-12-03 is missing or changed")
    ]


def test_anchor_is_taken_once_a_day_over_the_chains_that_grew(account):
    other = make_world("callpro").account
    moment = AT.isoformat()

    assert tasks.anchor_chains(at=moment)
    assert not tasks.anchor_chains(at=moment)
    services.record(account_id=other.pk, at=AT, action="change_details")
    assert tasks.anchor_chains(at=(AT + timedelta(days=1)).isoformat())

    first, second = Anchor.objects.order_by("day")
    assert (first.moved, second.moved) == (2, 1)
    assert second.prev_hash == first.hash


def test_entry_cannot_be_changed_or_deleted(account):
    entry = entries(account).first()

    entry.reason = "another"
    with pytest.raises(EntryIsPermanent):
        entry.save()
    with pytest.raises(EntryIsPermanent):
        entry.delete()


@pytest.mark.parametrize(
    "meddling", [lambda rows: rows.update(reason="x"), lambda rows: rows._raw_delete("default")]
)
def test_database_itself_refuses_to_change_or_delete(account, meddling):
    services.anchor_chains(on=TODAY, at=AT)

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        meddling(entries(account))
    assert list(discrepancies()) == []


def test_repeated_looks_within_a_quarter_hour_are_one_act(account):
    actor = Actor(name="Jordan Lee")
    for _ in range(3):
        services.record_read(account_id=account.pk, at=AT, actor=actor, subject="/bills/")

    assert entries(account).filter(action="view").count() == 1


def test_verify_says_that_all_holds(account):
    out = StringIO()
    call_command("audit", "verify", stdout=out)

    assert out.getvalue() == "The audit trail holds: 6 entries, 0 anchors.\n"


def test_verify_names_the_flaw_and_fails(account):
    entry = entries(account)[2]
    meddle(entry, reason="another")
    out = StringIO()

    with pytest.raises(CommandError) as refusal:
        call_command("audit", "verify", stdout=out)

    assert refusal.value.returncode == 1
    assert out.getvalue() == f"account {account.number}, entry {entry.sequence}: changed\n"


@pytest.mark.parametrize("form", ["json", "csv"])
def test_account_is_read_out_for_a_regulator(account, form):
    out = StringIO()
    call_command("audit", "export", account.number, "--format", form, stdout=out)

    out.seek(0)
    rows = json.load(out) if form == "json" else list(csv.DictReader(out))
    assert len(rows) == 6
    assert {row["account"] for row in rows} == {account.number}
    assert rows[1]["prev"] == rows[0]["hash"]


def test_account_that_does_not_exist_cannot_be_read_out(db):
    with pytest.raises(CommandError, match="no account X1"):
        call_command("audit", "export", "X1")
