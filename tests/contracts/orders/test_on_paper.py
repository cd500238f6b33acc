"""Orders of people without a log-in: a new customer in one step, an offer signed on paper."""

from __future__ import annotations

import pytest
from django.urls import reverse

from contracts.catalogue.states import ServiceKind
from contracts.orders import services
from contracts.orders.models import Order
from contracts.orders.services import LineWish, OrderRefused, TicksMissing
from contracts.orders.states import OrderState
from contracts.supply.models import Service
from parties.accounts.models import Account, Customer
from parties.accounts.services import NewCustomer
from parties.accounts.states import CustomerKind
from parties.authority.models import Invitation
from parties.authority.selectors import NotAuthorised
from parties.people.states import StaffRole
from records.documents.models import Document
from records.notices.models import Notice
from tests.contracts.leaving.contracts import day
from tests.contracts.orders.orders import Shop, open_shop
from tests.parties.staff import sign_in_staff
from tests.world import make_staff

pytestmark = pytest.mark.django_db
DAY = "2026-12-01"
NEW = "admin:contracts_order_new_customer_step"
WHO = {
    "kind": CustomerKind.RESIDENTIAL.value,
    "name": "Pat Lim",
    "email": "pat@new.example",
    "street": "1 High Street",
    "suburb": "Preston",
    "state": "VIC",
    "postcode": "3072",
    "bill_day": 5,
}


@pytest.fixture
def shop(monkeypatch) -> Shop:
    made = open_shop()
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.at(DAY))
    return made


def take_down(shop: Shop, line: LineWish, **facts) -> Order:
    given = {"who": NewCustomer(**WHO), "by": shop.staff, "at": shop.at(DAY)} | facts
    return services.order_for_new_customer(provider=shop.world.provider, line=line, **given)


@pytest.fixture
def line(shop) -> LineWish:
    return LineWish(label="Line", plan=shop.plan("29.00", ServiceKind.SIP_TRUNK), months=24)


@pytest.fixture
def offered(shop, line) -> Order:
    """24 × 29.00 ex = 765.60, offered to Pat, who has no log-in."""
    return shop.offer(take_down(shop, line), DAY)


def sign(shop: Shop, order: Order, when: str = "2026-12-03", **facts) -> Order:
    given = {
        "ticked": [one.pk for one in order.ticks.all()],
        "signed_as": "Pat Lim",
        "signed_on": day("2026-12-02"),
        "total_signed": order.total_inc,
        "by": shop.staff,
    } | facts
    return services.accept_on_paper(order=order, at=shop.at(when), **given)


def test_customer_account_order_and_invitation_are_made_together_and_once(shop, line):
    row = take_down(shop, line)
    assert take_down(shop, line) == row

    account = row.account
    assert (account.customer.name, account.state, account.bill_day) == ("Pat Lim", "VIC", 5)
    assert account.customer.is_tcp
    assert account.number.removeprefix(shop.world.provider.invoice_prefix).isdigit()
    assert Invitation.objects.get(account=account).email == "pat@new.example"
    other = LineWish(label="Other", plan=line.plan, months=24)
    with pytest.raises(OrderRefused, match=f"account {account.number}: write the order there"):
        take_down(shop, other)


def test_nothing_is_kept_of_what_is_refused(shop, line):
    before = Customer.objects.count()
    bad = LineWish(label="Line", plan=line.plan, quantity=0)
    with pytest.raises(OrderRefused, match="Give how many"):
        take_down(shop, bad)
    for by in (make_staff(StaffRole.AUDITOR), shop.holder):
        with pytest.raises(NotAuthorised):
            take_down(shop, line, by=by)

    assert (Customer.objects.count(), Order.objects.count()) == (before, 0)


def test_paper_binds_as_an_acceptance_and_tells_the_customer_alone(shop, offered):
    row = sign(shop, offered)
    assert sign(shop, offered) == row

    assert (row.state, row.signed_as) == (OrderState.ACCEPTED, "Pat Lim")
    assert row.authority == "On paper, signed 2026-12-02"
    assert all(one.ticked_at for one in row.ticks.all())
    assert Document.objects.filter(kind=services.CONTRACT, subject=row.reference).exists()
    told = Notice.objects.filter(account=row.account).values_list("to", flat=True)
    assert set(told) == {"pat@new.example"}
    service = shop.activate(row.lines.get(), "2026-12-08")
    assert service.contract.started_on == day("2026-12-03")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"ticked": []}, "Confirm each of these"),
        ({"signed_as": " "}, "signs the order"),
        ({"signed_on": day("2026-11-30")}, "Give the day on the paper"),
        ({"signed_on": day("2026-12-04")}, "Give the day on the paper"),
        ({"total_signed": 0}, "not the total of this offer"),
        ({"when": "2027-02-01"}, "This offer is over"),
    ],
)
def test_paper_that_does_not_fit_is_refused_with_what_to_do(shop, offered, facts, says):
    with pytest.raises((OrderRefused, TicksMissing), match=says):
        sign(shop, offered, **facts)
    assert Order.objects.get().state == OrderState.OFFERED


def test_who_has_a_log_in_signs_there(shop, line):
    order = shop.offer(shop.draft(line, DAY), DAY)
    with pytest.raises(OrderRefused, match="They have a log-in"):
        sign(shop, order)
    with pytest.raises(NotAuthorised):
        sign(shop, order, by=shop.holder)


def test_staff_from_a_new_customer_to_a_service_that_works(shop, line, client):
    desk = sign_in_staff(client, shop.staff)
    page = reverse(NEW)
    assert page in desk.get(reverse("admin:contracts_order_changelist")).content.decode()
    chosen = desk.post(page, {"provider": shop.world.provider.pk})["Location"]
    assert desk.get(f"{page}?provider=no-such").status_code == 404
    typed = WHO | {"label": "Line", "plan": line.plan.pk, "quantity": "1", "months": "24"}
    for bad, says in (
        ({"postcode": "30"}, "four digits"),
        ({"abn": "12"}, "eleven digits"),
        ({"bill_day": "32"}, "less than or equal to 31"),
        ({"email": "pat"}, "valid email"),
        ({"annual_spend": "-1"}, "$"),
    ):
        found = desk.post(chosen, typed | bad).content.decode()
        assert says in found
        assert 'value="Pat Lim"' in found
    assert not Account.objects.filter(customer__name="Pat Lim").exists()
    desk.post(chosen, typed)
    order = Order.objects.get()

    desk = sign_in_staff(client, shop.staff, because_of=order.account)
    shop.offer(order, DAY)
    paper = reverse("admin:contracts_order_paper_step", args=[order.pk])
    ticks = [one.pk for one in order.ticks.all()]
    signed = {"signed_as": "Pat Lim", "signed_on": DAY, "total_signed": "765.60"}
    assert "Confirm each" in desk.post(paper, signed).content.decode()
    assert desk.post(paper, signed | {"ticked": ticks}).status_code == 302
    shop.activate(order.lines.get(), DAY)
    assert Service.objects.get().contract.account == order.account


def test_staff_who_open_nothing_have_no_such_page(shop, client):
    auditor = sign_in_staff(client, make_staff(StaffRole.AUDITOR))
    assert auditor.get(reverse(NEW)).status_code == 403
