"""The people of the authority table, the addresses it covers, and what each address answers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from billing.models import Charge, Invoice, RunProblem
from billing.services import record_payment, run_provider_bills
from complaints.models import Complaint
from complaints.services import (
    acknowledge_sent,
    lodge_complaint,
    propose_resolution,
    start_investigation,
)
from contracts.models import Plan, PlanChange
from parties.models import (
    ContactChange,
    DeclaredDay,
    HolderEvent,
    IdentityCheck,
    Presence,
    User,
)
from parties.services import ask_together, confirm_on_screen, invite_holder
from parties.states import StaffRole
from portal.together import ACTS
from records.audit.services import Actor, anchor_chains
from records.notices.services import deliver_queued
from terms.facts import Role
from tests.world import (
    World,
    appoint,
    instant,
    make_service,
    make_staff,
    make_user,
    make_world,
)

TABLE = Path(__file__).with_name("authority.txt")
AT = instant("2026-11-20 10:00")
TOKEN = "no-such-token"
# allauth answers for itself; pages of development exist only there; static text has no owner.
NOT_OURS = ("account_", "mfa_", "usersessions_", "dev_", "brand_stylesheet")
# What a POST carries, where an empty one would say nothing about who may.
POSTS: dict[str, Callable[[World], dict[str, Any]]] = {
    "switch_account": lambda world: {"account": str(world.account.public_id)},
    "lodge_complaint": lambda world: {"topic": "fault", "description": "No dial tone."},
    "complaint_message": lambda world: {"text": "Still no dial tone."},
    "complaint_decline": lambda world: {"text": "That does not mend it."},
    "admin:reason": lambda world: {"reason": "The customer called"},
    "admin:view_as": lambda world: {"reason": "The customer called"},
}


SERVICE_PAGES = ("service", "choose_plan", "confirm_plan", "withdraw_plan_change")
APPOINTMENT_PAGES = ("appointment", "change_appointment", "remove_appointment", "appointment_form")
PRESENCE_PAGES = ("together_one", "together_answer")


@dataclass(frozen=True)
class Address:
    """One address of the portal with one method."""

    method: str
    name: str
    kwargs: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.method} {self.name}"


def addresses() -> Iterator[Address]:
    """Every named address that is the portal's own, with each method that it answers."""
    seen = set()
    for name, pattern in _patterns(get_resolver().url_patterns, ""):
        if name.removeprefix("admin:").startswith(NOT_OURS):
            continue
        kwargs = tuple(pattern.pattern.converters or pattern.pattern.regex.groupindex)
        for method in _methods(name, pattern):
            address = Address(method, name, kwargs)
            if address.key not in seen:
                seen.add(address.key)
                yield address


def _patterns(patterns: list[Any], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        if isinstance(one, URLPattern):
            if one.name:
                yield prefix + one.name, one
        else:
            inner = f"{prefix}{one.namespace}:" if one.namespace else prefix
            yield from _patterns(one.url_patterns, inner)


def _methods(name: str, pattern: URLPattern) -> list[str]:
    view = getattr(pattern.callback, "view_class", None)
    if view is not None:
        names = [one for one in view.http_method_names if one in ("get", "post")]
        return [one.upper() for one in names if hasattr(view, one)]
    if name in POSTS or name.endswith("_step"):
        return ["GET", "POST"]
    return ["POST"] if name in ("admin:stop_viewing", "admin:logout") else ["GET"]


WORLDS: dict[str, World] = {}


@dataclass(frozen=True)
class Person:
    """Who stands behind a column, and the customer whose things they ask for."""

    user: User | None
    world: World


def build_world(provider: str = "vpnet", *, negotiated: bool = True) -> World:
    """A customer that could negotiate, so that its terms alone bind, with one of everything."""
    world = make_world(provider, negotiated=negotiated)
    account, provider = world.account, world.provider
    make_service(account, fee="60.00")
    run_provider_bills(provider, issue_on=date(2026, 11, 1), at=AT, on_demand=True)
    invoice = Invoice.objects.get(account=account)
    record_payment(
        account=account, amount=Decimal("5.00"), received_on=date(2026, 11, 9), method="card",
        reference=f"PAY-{account.number}", at=AT,
    )  # fmt: skip
    complaint = lodge_complaint(
        account=account, by=world.holder, at=AT, topic="bill", description="Too much.",
        disputed_invoice=invoice, disputed_amount=Decimal("9.00"),
    )  # fmt: skip
    deliver_queued(at=AT)
    acknowledge_sent(at=AT)
    desk = make_staff(StaffRole.TEAM_MANAGER)
    start_investigation(reference=complaint.reference, by=desk, at=AT)
    propose_resolution(reference=complaint.reference, by=desk, text="A credit.", at=AT)
    Charge.objects.create(
        account=account, kind="one_off", description="Visit", amount=1, incurred_on=AT.date()
    )
    RunProblem.objects.create(run=invoice.run, account=account, what="x", at=AT)
    DeclaredDay.objects.get_or_create(
        state="NSW", day=AT.date(), name="Mourning", source="Gazette"
    )
    invite_holder(account=account, email="new@people.example", at=AT, by=Actor())
    anchor_chains(on=AT.date(), at=AT)
    _add_changes(world)
    WORLDS[account.number] = world
    return world


def _add_changes(world: World) -> None:
    """A change of plan that waits, and traces of checks, contact and holder changes."""
    account, holder = world.account, world.holder
    service = account.contracts.get().services.get()
    other = Plan.objects.create(
        provider=world.provider, code="other-plan", name="Other", kind=service.plan.kind,
        monthly_fee=70,
    )  # fmt: skip
    PlanChange.objects.create(
        service=service, from_plan=service.plan, to_plan=other, monthly_before=66,
        monthly_after=77, state="waiting", asked_on=AT.date(), asked_at=AT, asked_by=holder,
    )  # fmt: skip
    IdentityCheck.objects.create(
        account=account, person=holder, purpose="change_details", factor="emailed_code",
        asked_at=AT, expires_at=AT + timedelta(minutes=10),
    )  # fmt: skip
    ContactChange.objects.create(
        account=account, before={}, after={}, by=holder, changed_at=AT,
        token_hash=f"hash of {account.number}", undo_until=AT,
    )  # fmt: skip
    HolderEvent.objects.create(
        account=account, kind="incapacity", since=AT.date(), evidence="Letter",
        recorded_by=holder, recorded_at=AT,
    )  # fmt: skip


def beside_the_customer(advocate: User, world: World) -> None:
    """The customer has just confirmed on their screen that they look at the account together."""
    now = timezone.now()
    asked = ask_together(
        account=world.account, by=advocate, act="look", action=ACTS["look"].action, facts={},
        words="See bills together.", at=now,
    )  # fmt: skip
    confirm_on_screen(presence=asked, by=world.holder, at=now, perform=ACTS["look"].perform)


def build_people() -> dict[str, Person]:
    """Whoever may come to an address, by the name of their column."""
    world, elsewhere = build_world(), make_world("callpro")
    strict = build_world(
        "blueshift", negotiated=False
    )  # whose terms want a representative's identity checked

    def stands(role: Role, where: World = world, **facts: Any) -> Person:
        user = make_user("Casey Brown")
        appoint(where.account, user, role, **({"ends_on": date(2099, 12, 31)} | facts))
        return Person(user, where)

    def works(role: StaffRole, where: World | None = None) -> Person:
        return Person(make_staff(role, provider=where.provider if where else None), world)

    rep, advocate = Role.AUTHORISED_REP, Role.ADVOCATE
    withheld = ["view_personal_details", "accept_resolution"]
    present = stands(advocate)
    beside_the_customer(present.user, world)
    return {
        "anon": Person(None, world),
        "stranger": Person(make_world(negotiated=True).holder, world),
        "holder": Person(world.holder, world),
        "full": stands(rep),
        "limited": stands(rep, limits=withheld),
        "expired": stands(rep, ends_on=date(2026, 3, 1)),
        "unverif": stands(rep, strict, verified_at=None),
        "revoked": stands(rep, revoked_at=AT - timedelta(days=9)),
        "advocate": stands(advocate),
        "present": present,
        "forbid": stands(advocate, limits=["only_with_customer"]),
        "front": works(StaffRole.FRONT_LINE),
        "manager": works(StaffRole.TEAM_MANAGER),
        "billing": works(StaffRole.BILLING),
        "credit": works(StaffRole.CREDIT),
        "privacy": works(StaffRole.PRIVACY),
        "auditor": works(StaffRole.AUDITOR),
        "admin": works(StaffRole.ADMINISTRATOR),
        "other": works(StaffRole.ADMINISTRATOR, elsewhere),
    }


@functools.cache
def url_of(address: Address, number: str) -> str:
    """The address of that account's own thing."""
    world = WORLDS[number]
    return reverse(
        address.name, kwargs={key: _value(address, key, world) for key in address.kwargs}
    )


def _value(address: Address, key: str, world: World) -> Any:
    if (
        key in ("object_id", "pk")
        and address.name.count("_") > 1
        and "view_on" not in address.name
    ):
        return _record(address.name, world).pk
    invoice = Invoice.objects.get(account=world.account)
    service = invoice.account.contracts.get().services.get()
    presence = Presence.objects.filter(account=world.account).first()
    standing = world.account.appointments.exclude(role=Role.HOLDER).order_by("pk").first()
    found: dict[str, Any] = {
        "reference": Complaint.objects.get(account=world.account).reference,
        "token": TOKEN,
        "act": "look" if address.name == "together_ask" else "resolve",
        "risk": "change_details",
        "step": "person",
        "answer": "confirm",
        "code": "other-plan",
        "app_label": "parties",
        "content_type_id": 1,
        "object_id": 1,
        "url": "nowhere/",
        "document": "vpnet",
        "version": "undated-1",
        "new": "undated-1",
        "id": "VP-PAY-02",
        "rule": "invoice_due_date",
        "public_id": {
            "invoice": invoice.public_id,
            "invoice_pdf": invoice.public_id,
            **dict.fromkeys(SERVICE_PAGES, service.public_id),
            **dict.fromkeys(APPOINTMENT_PAGES, standing and standing.public_id),
            **dict.fromkeys(PRESENCE_PAGES, presence and presence.public_id),
        }.get(address.name)
        or world.account.public_id,
    }
    return found[key]


def _record(name: str, world: World) -> Any:
    """A record of the model that an admin page is about, of this account if it has any."""
    for model, page in admin.site._registry.items():
        if name.startswith(f"admin:{model._meta.label_lower.replace('.', '_')}_"):
            rows = list(model._default_manager.all())
            belongs = getattr(page, "accounts_of", lambda _: [])
            own = [row for row in rows if world.account in belongs(row)]
            return (own or rows)[0]
    raise LookupError(f"No model has the page {name}.")


class Asker:
    """Asks for addresses as one person, and leaves everything as it was."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.client = Client(raise_request_exception=False)
        if person.user is not None:
            self.client.force_login(person.user)

    def answer(self, address: Address) -> str:
        """What the person is told, in one word."""
        world = self.person.world
        url = url_of(address, world.account.number)
        cookies = SimpleCookie(self.client.cookies)
        with transaction.atomic():
            if address.method == "POST":
                found = self.client.post(url, POSTS.get(address.name, lambda _: {})(world))
            else:
                found = self.client.get(url)
            word = _word(found, world)
            transaction.set_rollback(True)
        self.client.cookies = cookies
        return word


def _word(found: HttpResponse, world: World) -> str:
    if found.status_code == 302:
        return _where(found.url)
    if found.status_code != 200:
        return {403: "no", 404: "none", 405: "method", 410: "gone"}.get(
            found.status_code, str(found.status_code)
        )
    shown = getattr(found, "context", None) or {}
    view = shown.get("view")
    if view is None or not hasattr(view, "decision"):
        return "yes"
    if view.account.pk != world.account.pk:
        return "own"
    return "mask" if view.masked else "yes"


def _where(url: str) -> str:
    path = url.partition("?")[0]
    words = {
        "/accounts/login/": "login",
        "/admin/login/": "login",
        "/accounts/choose/": "choose",
        "/admin/": "desk",
    }
    return words.get(path) or ("why" if path.startswith("/admin/reason/") else "yes")
