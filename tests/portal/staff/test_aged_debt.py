"""Aged debt: buckets by provider and by the oldest bill, as chart, table and file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.ledger.models import OpenItem
from billing.ledger.selectors import aged_accounts, aged_by_provider, as_aged
from parties.people.states import StaffRole
from tests.billing.moneys import Story, story
from tests.billing.test_beyond_suspension import contest
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.portable]
ON = date(2027, 5, 1)


def owes(provider: str = "greenlight") -> Story:
    """Three bills of 110.00: due 15 January (held 10.00), 15 February, 15 May 2027."""
    one = story(provider, "NSW", tcp=True)
    one.service("S", "100.00", "2027-01-01", basis="ex")
    for month in ("2027-01-01", "2027-02-01", "2027-05-01"):
        one.run(month)
    return one


def amounts(**facts) -> list[str]:
    (row,) = aged_by_provider(ON, **facts)
    return [f"{one:.2f}" for one in row.amounts]


def test_each_bill_lies_in_its_own_bucket_and_contested_money_apart():
    one = owes()
    dues = [bill.due_date for bill in one.invoices()]
    assert dues[0] < date(2027, 1, 31) < dues[1] < date(2027, 3, 1)
    contest(one, "10.00", "2027-04-30")
    (row,) = aged_by_provider(ON)
    assert amounts() == ["330.00", "0.00", "0.00", "110.00", "100.00"]
    assert (str(row.held), row.accounts) == ("10.00", (0, 0, 0, 0, 1))
    assert (str(row.total), str(row.overdue)) == ("540.00", "210.00")


def test_by_the_oldest_bill_all_of_an_account_lies_in_one_bucket():
    owes()
    assert amounts(by_oldest=True) == ["0.00", "0.00", "0.00", "0.00", "550.00"]


@pytest.mark.parametrize(
    ("days", "bucket"), [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)]
)
def test_the_edges_of_the_buckets(days, bucket):
    one = story("greenlight", "NSW", tcp=True)
    one.service("S", "100.00", "2027-01-01", basis="ex")
    due = one.run("2027-01-01").due_date
    (row,) = aged_by_provider(date.fromordinal(due.toordinal() + days))
    assert [at for at, amount in enumerate(row.amounts) if amount] == [bucket]
    assert [at for at, count in enumerate(row.accounts) if count] == [bucket]


def test_one_query_however_many_owe(django_assert_num_queries):
    owes("greenlight"), owes("vpnet"), owes("vpnet")
    with django_assert_num_queries(1):
        rows = aged_by_provider(ON)
    assert [row.provider for row in rows] == sorted(row.provider for row in rows)
    assert len(rows) == 2


@pytest.fixture
def shown(client, monkeypatch):
    one, other = owes("greenlight"), owes("vpnet")
    monkeypatch.setattr("django.utils.timezone.now", lambda: one.at("2027-05-01", "12:00"))

    def get(role: StaffRole = StaffRole.CREDIT, query: str = "", page: str = "aged_debt", **facts):
        sign_in_staff(client, make_staff(role, **facts))
        return client.get(reverse(f"admin:{page}") + query)

    get.one, get.other = one, other
    return get


def test_the_page_has_the_same_figures_in_chart_and_table(shown):
    text = shown().content.decode()
    assert text.count("$330.00") >= 2
    assert "<svg" in text
    assert "style=" not in text[text.index("<svg") : text.index("</svg>")]
    assert "Greenlight" in text
    assert (
        "by days past due of each account's oldest bill"
        in shown(query="?by=oldest").content.decode()
    )


def test_staff_of_one_provider_see_its_debt_alone(shown):
    text = shown(provider=shown.one.world.provider).content.decode()
    assert "Greenlight" in text
    assert "VPnet" not in text[text.index("<svg") :]
    listed = shown(page="aged_debt_accounts", provider=shown.one.world.provider)
    assert numbers(listed) == [shown.one.account.number]
    file = shown(query="?format=csv", page="aged_debt_accounts", provider=shown.one.world.provider)
    assert len(file.getvalue().decode().strip().splitlines()) == 2


def test_the_file_names_accounts_and_no_cell_is_a_formula(shown):
    customer = shown.one.world.customer
    customer.name = "=1+1"
    customer.save()
    answer = shown(query="?format=csv&sort=number", page="aged_debt_accounts")
    lines = answer.getvalue().decode().strip().splitlines()
    assert answer["Content-Type"].startswith("text/csv")
    assert len(lines) == 3
    assert ",=1+1" not in answer.getvalue().decode()
    assert f"{Decimal('330.00')}" in lines[1]


@pytest.mark.parametrize("role", [StaffRole.PRIVACY])
@pytest.mark.parametrize("page", ["aged_debt", "aged_debt_accounts"])
def test_who_may_not_see_bills_sees_no_debt(shown, role, page):
    assert shown(role, page=page).status_code == 403


def numbers(answer) -> list[str]:
    return [row.number for row in answer.context["rows"]]


@pytest.mark.parametrize(
    ("query", "whose"),
    [
        ("", ["vpnet", "greenlight"]),
        ("?sort=number", ["greenlight", "vpnet"]),
        ("?sort=oldest", ["greenlight", "vpnet"]),
        ("?bucket=older", ["greenlight"]),
        ("?bucket=to_90", ["vpnet"]),
        ("?bucket=not_due", []),
        ("?provider=vpnet", ["vpnet"]),
        ("?provider=nobody", ["vpnet", "greenlight"]),
        ("?q={greenlight}", ["greenlight"]),
        ("?q=nobody", []),
        ("?sort=%27%3B--&page=99999999999999999999", ["vpnet", "greenlight"]),
        ("?bucket=x", ["vpnet", "greenlight"]),
    ],
)
def test_accounts_that_owe_are_narrowed_and_sorted(shown, query, whose):
    """Greenlight owes 330.00, the oldest since January; VPnet owes 500.00 more since February."""
    other = shown.other
    other.pay("2027-04-01", "110.00")
    other.service("T", "500.00", "2027-05-01", basis="ex")
    other.run("2027-06-01")
    accounts = {"greenlight": shown.one.account.number, "vpnet": other.account.number}

    found = shown(query=query.format(**accounts), page="aged_debt_accounts")

    assert numbers(found) == [accounts[one] for one in whose]


def test_each_count_leads_to_a_list_of_as_many_with_links(shown):
    page = shown().content.decode()
    link = f"{reverse('admin:aged_debt_accounts')}?bucket=older"
    assert f'<a href="{link}">2</a>' in page

    listed = shown(query="?bucket=older", page="aged_debt_accounts")

    assert len(numbers(listed)) == 2
    account = reverse("admin:parties_account_change", args=[shown.one.account.pk])
    assert account in listed.content.decode()


def test_what_is_contested_in_private_shows_no_difference():
    one = owes()
    before = aged_by_provider(ON), list(map(as_aged, aged_accounts(ON)))

    contest(one, "110.00", "2027-04-30", is_private=True)
    assert OpenItem.objects.filter(held__gt=0, held_shown=0).count() == 1

    assert (aged_by_provider(ON), list(map(as_aged, aged_accounts(ON)))) == before


def test_the_list_asks_no_more_however_many_owe(shown, django_assert_num_queries):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            shown(page="aged_debt_accounts")
        return len(found)

    asked()
    few = asked()
    owes("callpro"), owes("vpnet")
    assert asked() == few


def test_nobody_owes_anything(client, monkeypatch):
    sign_in_staff(client, make_staff(StaffRole.CREDIT))
    assert "Nobody owes anything" in client.get(reverse("admin:aged_debt")).content.decode()


def test_the_command_says_dollars(capsys):
    one = owes()
    call_command("ledger", "aged", "--provider", "greenlight")
    (line,) = [row for row in capsys.readouterr().out.splitlines() if one.account.number in row]
    assert "550.00" in line
    assert "55,000.00" not in line
