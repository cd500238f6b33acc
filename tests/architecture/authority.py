"""The people of the authority table, the addresses it covers, and what each address answers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from billing.charging.models import ChargeRequest, NotBilled
from billing.credit_management.models import (
    DebtNotice,
    Deposit,
    Handover,
    PaymentReminder,
    Pursuit,
    SuspensionNotice,
)
from billing.hardship.models import Arrangement, Extension
from billing.hardship.selectors import Part
from billing.hardship.services import HelpWanted, ask_for_help, offer_help
from billing.invoices.models import CreditNote, Invoice
from billing.ledger.selectors import open_items
from billing.payments.models import (
    BankFormat,
    DebitFile,
    DebitReturns,
    GatewayEvent,
    Mandate,
    MoneyRequest,
    OnlinePayment,
    Payment,
    PaymentOption,
    Payout,
    Refund,
    RefundFile,
)
from billing.payments.services import (
    BankAccount,
    agree_mandate,
    give_refund_account,
    issue_credit_note,
    record_payment,
    try_upload,
)
from billing.runs.models import RunProblem
from billing.runs.services import run_provider_bills
from complaints.analysis.models import Study
from complaints.inbound.models import InboundMail
from complaints.keeping.models import Certificate, Erased
from complaints.lodging.models import Attachment, Draft
from complaints.lodging.services import (
    ComplaintDetails,
    keep_files,
    lodge_complaint,
    read_upload,
)
from complaints.ombudsman.models import EvidencePack
from complaints.process.services import acknowledge_sent, propose_resolution, start_investigation
from complaints.tickets.models import Complaint
from contracts.barring.models import Bar, SimSwap
from contracts.catalogue.models import FormerPrice, ListChange, VendorLink
from contracts.equipment.models import Equipment
from contracts.leaving.models import EndNotice
from contracts.locations.models import ListingChange, ServiceAddress
from contracts.moving.models import Relocation
from contracts.network.models import WorkOrder
from contracts.orders.models import (
    CapacityCheck,
    Order,
    OrderLine,
    OrderTick,
    PortIn,
    Withdrawal,
)
from contracts.renewing.models import TermRenewal
from contracts.requests.models import (
    Fault,
    FaultWork,
    Outage,
    OutageCredit,
    OutageCreditShare,
    OutageService,
    OutageUpdate,
)
from contracts.supply.models import Chargeable, PlanChange, Service
from contracts.variations.models import (
    IndexFigure,
    PriceChange,
    TermsChange,
    TermsVariation,
    Variation,
)
from parties.accounts.models import Account, DeclaredDay
from parties.appointments.services import invite_holder
from parties.authority.models import HolderEvent, Presence
from parties.correspondence.services import HIDDEN
from parties.correspondence.states import PreferenceKind
from parties.desk.models import Call
from parties.people.models import Absence, SettingChange, User
from parties.people.states import StaffRole
from parties.privacy.models import DataExport
from parties.privacy.services import ask_export, ask_privacy, choose
from parties.privacy.states import PrivacyKind
from parties.security.models import ContactChange, IdentityCheck, Pause
from parties.security.states import HighRisk
from records.audit.services import Actor, anchor_chains
from records.documents.services import issue_document
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.facts import Action, Role
from tests.billing.debits import draws_debits, wish
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
FOREVER = date(2099, 12, 31)
END_OF_TIME = instant("2099-12-31 10:00")
TOKEN = "no-such-token"
# allauth answers for itself; pages of development exist only there; static text has no owner.
NOT_OURS = re.compile(r"account_(?!history)|mfa_|usersessions_|dev_|brand_stylesheet")
# Steps that only a record in another state than the first of the account can take.
IN_STATE = {
    "admin:billing_refund_decide": "asked",
    "admin:billing_refund_again_step": "failed",
    "admin:billing_refund_keep_step": "failed",
    "admin:billing_refund_returned_step": "paid",
    "admin:contracts_workorder_again_step": "failed",
    "admin:contracts_workorder_failed_step": "asked",
}
# The admin's own pages where staff act.
STAFF_ACTS = (
    "_step",
    "_verify",
    "_code",
    "_decide",
    "_answer",
    "_end",
    "_knowledge",
    "_statement",
    "_invite",
    "_evidence",
    "_settle",
    "_lift",
    ":phone_ask",
)
# What a POST carries, where an empty one would say nothing about who may.
POSTS: dict[str, Callable[[World], dict[str, Any]]] = {
    "switch_account": lambda world: {"account": str(world.account.public_id)},
    "lodge_complaint": lambda world: {"topic": "fault"},
    "lodge_step": lambda world: {"description": "No dial tone."},
    "add_message": lambda world: {"text": "Still no dial tone."},
    "decline_proposal": lambda world: {"text": "That does not mend it."},
    "choose_preferences": lambda world: {"marketing": "yes", "reach": "post", "listing": "listed"},
    "payment_reminders": lambda world: {"by": "email"},
    "ask_privacy": lambda world: {"kind": "access", "text": "All of it, please."},
    "safe_contact": lambda world: {"channel": "email", "address": "safe@people.example"},
    "admin:parties_privacyrequest_answer": lambda world: {
        "outcome": "done",
        "answer": "Here it is.",
    },
    "more_time": lambda world: {"until": "2026-11-27"},
    "ask_for_help": lambda world: {"months": "2"},
    "accept_offer": lambda world: {"signed_as": "Mia Conti"},
    "decline_offer": lambda world: {"text": "I can't pay that."},
    "answer_question": lambda world: {"text": "Here it is."},
    "admin:reason": lambda world: {"reason": "The customer called"},
    "admin:view_as": lambda world: {"reason": "The customer called"},
}


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
        if NOT_OURS.match(name.removeprefix("admin:")):
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
    if name in ("admin:stop_viewing", "admin:logout", "admin:parties_call_end"):
        return ["POST"]
    return ["GET", "POST"] if name in POSTS or name.endswith(STAFF_ACTS) else ["GET"]


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
    make_service(account, fee="60.00", billed_through=date(2026, 10, 31))
    run_provider_bills(provider, issue_on=date(2026, 11, 1), at=AT, on_demand=True)
    invoice = Invoice.objects.get(account=account)
    record_payment(
        account=account,
        amount=Decimal("5.00"),
        received_on=date(2026, 11, 9),
        method="card",
        reference=f"PAY-{account.number}",
        at=AT,
    )
    money = {"amount": 1, "reason": "x", "asked_at": AT}
    clerk = make_staff(StaffRole.BILLING)
    MoneyRequest.objects.create(invoice=invoice, kind="credit_note", asked_by=clerk, **money)
    Refund.objects.create(account=account, asked_by="x", asked_by_id_no=clerk.pk, **money)
    paid = {"state": "paid", "decided_at": AT}
    Refund.objects.create(account=account, asked_by="x", asked_by_id_no=clerk.pk, **money, **paid)
    failed = {"state": "failed", "decided_at": AT}
    Refund.objects.create(
        account=account, asked_by="x", asked_by_id_no=clerk.pk, **money, **failed
    )
    issue_credit_note(invoice=invoice, amount=Decimal("1.00"), reason="x", at=AT)
    draws_debits(provider)
    agree_mandate(account=account, by=world.holder, wish=wish(), at=AT)
    bank_account = BankAccount(payee_name="M CONTI", bsb="062184", number="12345678")
    give_refund_account(account=account, by=world.holder, given=bank_account, at=AT)
    DebitFile.objects.create(provider=provider, day=AT.date(), asked_at=AT, asked_by=clerk)
    RefundFile.objects.create(provider=provider, day=AT.date(), asked_at=AT, asked_by=clerk)
    DebitReturns.objects.create(
        provider=provider, sha256=account.number, taken_at=AT, taken_by=clerk, count=1, total=1
    )
    online = OnlinePayment.objects.create(
        account=account,
        key=account.public_id,
        amount=Decimal("5.00"),
        method="card",
        cards="visa",
        started_at=AT,
        started_by=world.holder,
    )
    said = {"event": "evt_1", "kind": "x", "said_at": AT, "heard_at": AT, "problem": "x"}
    GatewayEvent.objects.create(provider=provider, online=online, **said)
    Payout.objects.create(
        provider=provider, name="po_1", day=AT.date(), amount=5, fees=0, told_at=AT
    )
    PaymentOption.objects.create(provider=provider, card="visa")
    SettingChange.objects.create(
        provider=provider, about="x", after={"x": "1"}, reason="x", asked_by=clerk, asked_at=AT
    )
    away = {"starts_on": AT.date(), "ends_on": AT.date(), "noted_by": clerk, "noted_at": AT}
    Absence.objects.create(user=clerk, substitute=make_staff(StaffRole.FRONT_LINE), **away)
    bank = BankFormat.objects.create(provider=provider, name="Bank")
    try_upload(form=bank, name="x.csv", data=b"Date,Amount,Reference\n09/11/2026,5.00,x\n", at=AT)
    complaint = lodge_complaint(
        account=account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(
            topic="bill",
            description="Too much.",
            disputed_invoice=invoice,
            disputed_amount=Decimal("9.00"),
        ),
    )
    _of_writing(world, complaint)
    deliver_queued(at=AT)
    acknowledge_sent(at=AT)
    desk = make_staff(StaffRole.TEAM_MANAGER)
    start_investigation(reference=complaint.reference, by=desk, at=AT)
    propose_resolution(reference=complaint.reference, by=desk, text="A credit.", at=AT)
    InboundMail.objects.create(
        provider=provider,
        message_id=account.number,
        sender="x@people.example",
        received_at=AT,
        state="set_apart",
        raw=ContentFile(b"Subject: x", name="x.eml"),
    )
    certificate = Certificate.objects.create(
        reference=f"E-{account.number}",
        provider=provider,
        made_by=desk,
        made_at=AT,
        counted={"complaints": 1},
    )
    day = AT.date()
    Erased.objects.create(
        certificate=certificate,
        complaint=f"C-{account.number}",
        received_on=day,
        closed_on=day,
        kept_until=day,
    )
    Study.objects.create(
        provider=provider,
        first=date(2000 + Study.objects.count(), 1, 1),
        last=day,
        found="x",
        changes="x",
        by=desk,
        at=AT,
    )
    pack = EvidencePack(complaint=complaint, asked_by=desk, asked_at=AT, state="ready")
    pack.file.save("x.zip", ContentFile(b"PK"))
    Chargeable.objects.create(
        account=account, kind="one_off", description="Visit", amount=1, incurred_on=AT.date()
    )
    ChargeRequest.objects.create(
        account=account,
        what="agreed",
        kind="one_off",
        asked_by=clerk,
        starts_on=AT.date(),
        **money,
    )
    NotBilled.objects.create(
        account=account,
        reason="too_old",
        what="Visit",
        starts_on=AT.date(),
        ends_on=AT.date(),
        noted_at=AT,
    )
    RunProblem.objects.create(run=invoice.run, account=account, what="x", at=AT)
    DeclaredDay.objects.get_or_create(
        state="NSW", day=AT.date(), name="Mourning", source="Gazette"
    )
    invite_holder(account=account, email="new@people.example", at=AT, by=Actor())
    ask_privacy(
        account=account, by=world.holder, kind=PrivacyKind.ACCESS, text="All of it.", at=AT
    )
    ask_export(account=account, by=world.holder, at=AT)
    choose(account=account, by=world.holder, at=AT, kind=PreferenceKind.MARKETING, value="yes")
    _orders(world, desk)
    _of_unpaid(world, invoice, desk)
    _of_people(world)
    anchor_chains(on=AT.date(), at=AT)
    WORLDS[account.number] = world
    return world


def _of_writing(world: World, complaint: Complaint) -> None:
    """A file that came with a complaint, and another complaint that is being written."""
    file = read_upload("photo.png", BytesIO(b"\x89PNG\r\n\x1a\n" + world.account.number.encode()))
    event = complaint.events.get()
    keep_files([file], at=AT, by=world.holder, complaint=complaint, event=event)
    draft = Draft.objects.create(
        account=world.account,
        by=world.holder,
        answers={"about": {"topic": ["fault"]}, "urgent": {}, "words": {"description": ["Dead."]}},
        begun_at=AT,
        expires_at=END_OF_TIME,
    )
    keep_files([file], at=AT, by=world.holder, draft=draft)


def _of_unpaid(world: World, invoice: Invoice, desk: User) -> None:
    """What being late leaves on an account: reminders, a notice, more time, help asked for."""
    account, on = world.account, AT.date()
    Pursuit.objects.create(account=account, looked_on=on, step="stopped")
    notice = Notice.objects.filter(account=account).order_by("pk").first()
    PaymentReminder.objects.create(
        invoice=invoice, kind="after", due_date=on, amount=1, sent_on=on, notice=notice
    )
    SuspensionNotice.objects.create(
        account=account,
        amount=1,
        due_date=on,
        pay_by=on,
        printed_earliest=FOREVER,
        given_at=AT,
        given_by="x",
        notice=notice,
    )
    DebtNotice.objects.create(
        account=account,
        kind="ending",
        amount=1,
        due_date=on,
        pay_by=on,
        printed_earliest=FOREVER,
        given_at=AT,
        given_by="x",
        notice=notice,
    )
    Deposit.objects.create(account=account, amount=1, reason="x", asked_at=AT, asked_by="x")
    Handover.objects.create(
        account=account, kind="listing", to_whom="x", amount=1, due_date=on, since=AT, by="x"
    )
    Handover.objects.create(
        account=account,
        kind="collector",
        to_whom="x",
        amount=1,
        due_date=on,
        since=AT,
        by="x",
        state="recalled",
        recalled_at=AT,
    )
    Extension.objects.create(
        account=account, asked_at=AT, asked_on=on, asked_by=world.holder, until=on, amount=1
    )
    asked = ask_for_help(account=account, by=world.holder, wanted=HelpWanted(), at=AT)
    part = Part(asked_for=FOREVER, due_on=FOREVER, amount=owed_now(account))
    offer_help(reference=asked.reference, by=desk, parts=[part], reasons="A pause.", at=AT)


def owed_now(account: Account) -> Decimal:
    return sum((one.amount - one.held for one in open_items(account)), Decimal(0))


def _of_people(world: World) -> None:
    """What people leave behind on an account: checks, changes, events, a question together."""
    account, holder, at = world.account, world.holder, AT
    service = account.contracts.get().services.get()
    appointment = appoint(account, make_user("Some Rep"), Role.AUTHORISED_REP, ends_on=FOREVER)
    IdentityCheck.objects.create(
        account=account, person=holder, purpose=HighRisk.EXPORT_DATA, factor="totp", asked_at=at
    )
    ContactChange.objects.create(
        account=account,
        before={},
        after={"suburb": "x"},
        by=holder,
        changed_at=at,
        undo_until=at,
        token_hash=account.number,
    )
    Pause.objects.create(
        account=account, step=HighRisk.CHANGE_DETAILS, person=holder, since=at, lifted_at=at
    )
    HolderEvent.objects.create(
        account=account,
        kind="sale",
        since=at.date(),
        evidence="x",
        recorded_by=holder,
        recorded_at=at,
    )
    Presence.objects.create(
        account=account,
        advocate=appointment.user,
        appointment=appointment,
        act="look",
        action=Action.VIEW_BILLS,
        words="x",
        asked_at=at,
        ends_at=END_OF_TIME,
    )
    Call.objects.create(
        account=account,
        appointment=appointment,
        caller="Some Rep",
        step=Action.VIEW_BILLS,
        by=make_staff(StaffRole.FRONT_LINE),
        started_at=at,
        ends_at=END_OF_TIME,
    )
    EndNotice.objects.create(
        service=service,
        side="customer",
        form="portal",
        state="asked",
        received_on=at.date(),
        ends_on=FOREVER,
        charge=1,
        unknown=["x"],
        given_at=at,
        given_by=holder,
    )
    PlanChange.objects.create(
        service=service,
        from_plan=service.plan,
        to_plan=service.plan,
        monthly_before=1,
        monthly_after=1,
        state="waiting",
        asked_on=at.date(),
        asked_at=at,
        asked_by=holder,
    )
    _new_price(service, holder)
    _new_terms(service, holder)
    _outage(service, holder)


def _formal(account: Account) -> Notice:
    """A notice that binds, to the customer's own address."""
    row = Notice.objects.filter(account=account).order_by("pk").last()
    to = {"to": account.billing_email, "addressed_to": account.billing_email}
    Notice.objects.filter(pk=row.pk).update(
        kind="price_change", status="sent", sent_at=AT, is_secret=False, **to
    )
    return row


def _new_terms(service: Service, by: User) -> None:
    """A new version of the terms that was told, and that lets the customer leave."""
    others = TermsVariation.objects.filter(provider=service.plan.provider)
    change = TermsVariation.objects.create(
        provider=service.plan.provider,
        version="undated-1",
        effective_on=FOREVER,
        harms="material",
        says="How faults are reported is written anew.",
        state="done" if others.exists() else "asked",
        drafted_by=by,
        drafted_at=AT,
        worked_at=AT,
    )
    TermsChange.objects.create(
        variation=change,
        contract=service.contract,
        version_before="undated-1",
        state="told",
        effective_on=FOREVER,
        way_out_by="terms",
        way_out_until=FOREVER,
        notice=Notice.objects.filter(account=service.contract.account).earliest("pk"),
    )


def _new_price(service: Service, by: User) -> None:
    """A higher price that was told, and that lets the customer leave."""
    change = Variation.objects.create(
        provider=service.plan.provider,
        plan=service.plan,
        way="to",
        amount=99,
        effective_on=FOREVER,
        says="Costs have risen.",
        state="asked",
        drafted_by=by,
        drafted_at=AT,
        worked_at=AT,
    )
    PriceChange.objects.create(
        variation=change,
        service=service,
        state="told",
        unit_before=1,
        unit_after=99,
        monthly_before=1,
        monthly_after=99,
        effective_on=FOREVER,
        way_out_by="terms",
        way_out_until=FOREVER,
        notice=_formal(service.contract.account),
    )
    IndexFigure.objects.create(
        provider=service.plan.provider,
        period=service.contract.account.number,
        percent=3,
        published_on=AT.date(),
        entered_by=by,
        entered_at=AT,
    )
    Equipment.objects.create(
        provider=service.plan.provider,
        service=service,
        item="modem",
        serial=service.contract.account.number,
        basis="rental",
        delivered_on=AT.date(),
        noted_by=by,
        noted_at=AT,
    )
    FormerPrice.objects.create(plan=service.plan, monthly_fee=1, replaced_on=AT.date())
    ListChange.objects.create(
        provider=service.plan.provider,
        plan=service.plan,
        kind="price",
        on=FOREVER,
        monthly_fee=1,
        why="Costs have risen.",
        entered_by=by,
        entered_at=AT,
    )


def _orders(world: World, by: User) -> None:
    """An offer that can be accepted, one that is being delivered, and one that was withdrawn."""
    VendorLink.objects.create(
        provider=world.provider, vendor="3CX", link="https://vendor.example/terms"
    )
    plan = world.account.contracts.get().services.get().plan
    offered = {
        "account": world.account,
        "drafted_by": by,
        "drafted_at": AT,
        "offered_by": by,
        "offered_at": AT,
        "open_until": FOREVER,
        "version": "undated-1",
        "total_ex": 1,
        "total_inc": 1,
        "monthly_inc": 1,
    }
    accepted = {"accepted_at": AT, "accepted_by": world.holder, "signed_as": "Mia Conti"}
    offer = Order.objects.create(reference=f"N-{world.account.number}", state="offered", **offered)
    OrderTick.objects.create(order=offer, kind="terms", words="I accept the terms.")
    CapacityCheck.objects.create(
        order=offer, value=1, finding="can_pay", reasons="x", checked_at=AT, checked_by=by
    )
    agreed = Order.objects.create(
        reference=f"N-A{world.account.number}", state="accepted", **offered, **accepted
    )
    for order in (offer, agreed):
        line = OrderLine.objects.create(order=order, label="Lines", plan=plan, unit_fee=1)
        PortIn.objects.create(line=line, numbers="02 5550 1199")
    OrderLine.objects.create(order=offer, label="Set-up", once=1)
    OrderLine.objects.create(order=agreed, label="Set-up", once=1)
    back = Order.objects.create(
        reference=f"N-W{world.account.number}", state="withdrawn", **offered, **accepted
    )
    Withdrawal.objects.create(order=back, asked_at=AT, asked_by=by, min_ex=1, max_ex=2)
    for kind in ("order_summary", "order_contract"):
        issue_document(
            account_id=world.account.pk,
            kind=kind,
            subject=offer.reference,
            title=kind,
            template="documents/letter.html",
            content={"customer": {"name": "Harbour Bakery", "abn": "", "address": []}},
            at=AT,
        )


def _outage(service: Service, by: User) -> None:
    """An outage that hits the service, not over."""
    outage = Outage.objects.create(
        reference=f"O-{service.contract.account.number}",
        provider=service.plan.provider,
        what="Internet in the north",
        postcodes=["2000"],
        began_at=AT,
        updates=1,
        owed_at=END_OF_TIME,
        declared_by=by,
        declared_at=AT,
    )
    OutageUpdate.objects.create(outage=outage, number=1, words="A fibre was cut.", at=AT, by=by)
    OutageService.objects.create(outage=outage, service=service, told=1)
    fault = Fault.objects.create(
        reference=f"F-{service.contract.account.number}",
        service=service,
        trouble="dead",
        what="No light.",
        channel="web",
        reported_by=by,
        reported_at=AT,
        taken_at=AT,
    )
    FaultWork.objects.create(
        fault=fault,
        started_at=AT,
        ended_at=END_OF_TIME,
        found="ours",
        words="x",
        amount=0,
        noted_by=by,
        noted_at=AT,
    )
    where = {"street": "9 New Street", "suburb": "Otherville", "postcode": "2001"}
    ServiceAddress.objects.create(
        reference=f"A-{service.contract.account.number}",
        service=service,
        **where,
        state="NSW",
        used_from=AT.date(),
        told="customer",
        told_at=AT,
        told_by=by,
    )
    ListingChange.objects.create(
        reference=f"D-{service.contract.account.number}",
        service=service,
        wanted="unlist",
        channel="web",
        asked_at=AT,
        asked_by=by,
        state="accepted",
    )
    for state in ("asked", "failed"):
        kind = {"asked": "suspend", "failed": "end"}[state]
        WorkOrder.objects.create(
            service=service, kind=kind, state=state, asked_at=AT, asked_by="x"
        )
    Bar.objects.create(
        reference=f"B-{service.contract.account.number}",
        service=service,
        kind="premium",
        asked_at=AT,
        asked_by=by,
    )
    SimSwap.objects.create(
        reference=f"S-{service.contract.account.number}",
        service=service,
        form="esim",
        asked_at=AT,
        asked_by=by,
    )
    TermRenewal.objects.create(
        service=service,
        state="asked",
        months=36,
        starts_on=FOREVER - timedelta(days=1),
        ends_on=FOREVER,
        monthly=1,
        total=36,
        brings_handsets=True,
        asked_at=AT,
        asked_by=by,
    )
    Relocation.objects.create(
        reference=f"R-{service.contract.account.number}",
        service=service,
        **where,
        region="NSW",
        move_on=FOREVER,
        state="quoted",
        asked_at=AT,
        asked_by=by,
        quote_ex=1,
        quote_inc=1,
    )
    credit = OutageCredit.objects.create(
        outage=outage, amount=1, services=1, reason="x", asked_by=by, asked_at=AT
    )
    OutageCreditShare.objects.create(credit=credit, service=service, amount=1)


def build_people() -> dict[str, Person]:
    """Whoever may come to an address, by the name of their column."""
    WORLDS.clear()
    url_of.cache_clear()
    world, elsewhere = build_world(), make_world("callpro")
    # Whose terms want a representative's identity checked.
    strict = build_world("blueshift", negotiated=False)

    def stands(role: Role, where: World = world, **facts: Any) -> Person:
        user = make_user("Casey Brown")
        appoint(where.account, user, role, **({"ends_on": FOREVER} | facts))
        return Person(user, where)

    def works(role: StaffRole, where: World | None = None) -> Person:
        return Person(make_staff(role, provider=where.provider if where else None), world)

    def looks_together() -> Person:
        """An advocate whose customer is there and agreed to look at things together."""
        person = stands(Role.ADVOCATE)
        Presence.objects.create(
            account=world.account,
            advocate=person.user,
            act="look",
            words="x",
            asked_at=AT,
            appointment=person.user.appointments.get(),
            action=Action.VIEW_BILLS,
            state="confirmed",
            confirmed_at=AT,
            ends_at=END_OF_TIME,
        )
        return person

    rep, advocate = Role.AUTHORISED_REP, Role.ADVOCATE
    withheld = ["view_personal_details", "accept_resolution"]
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
        "together": looks_together(),
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


def _reference(page: str, world: World) -> str:
    """What a page of this name calls its row of the account."""
    if page == "direct_debit_pdf":
        return Mandate.objects.get(account=world.account).reference
    if page == "outage":
        return f"O-{world.account.number}"
    if page in ("withdraw_order", "stop_move"):
        return f"N-A{world.account.number}"
    if "order" in page:
        return f"N-{world.account.number}"
    if page in ("move", "agree_move", "give_up_move"):
        return f"R-{world.account.number}"
    if page in ("fault", "fault_step"):
        return f"F-{world.account.number}"
    return Complaint.objects.get(account=world.account).reference


def _value(address: Address, key: str, world: World) -> Any:
    if (
        key in ("object_id", "pk")
        and address.name.count("_") > 1
        and "view_on" not in address.name
    ):
        return _record(address.name, world).pk
    invoice = Invoice.objects.get(account=world.account)
    service = world.account.contracts.get().services.get()
    appointment = world.account.appointments.filter(role=Role.AUTHORISED_REP).first()
    presence = Presence.objects.filter(account=world.account, state="asked").first()
    found: dict[str, Any] = {
        "draft_id": Draft.objects.get(account=world.account).public_id,
        "reference": _reference(address.name, world),
        "token": TOKEN,
        "kind": {"go": "people", "bar_phone": "premium", "open_phone": "premium"}.get(
            address.name, "complaint"
        ),
        "act": {
            "together_ask": "look",
            "admin:phone_ask": "look",
            "admin:contracts_service_supply_step": "suspend",
            "admin:billing_helprequest_help_step": "offer",
            "follow_step": "withdraw",
            "fault_step": "withdraw",
        }.get(address.name, "resolve"),
        "risk": HighRisk.EXPORT_DATA.value,
        "step": {"ask_for_help": "kinds", "lodge_step": "words"}.get(address.name, "person"),
        "answer": "yes" if address.name == "confirm_address" else "confirm",
        "paper": "summary",
        "service_id": service.public_id,
        "line": OrderLine.objects.filter(
            order__reference=f"N-A{world.account.number}", port__isnull=False
        ).values_list("pk", flat=True)[0],
        "pk": Notice.objects.get(account=world.account, kind="price_change").pk,
        "code": service.plan.code if address.name == "order_plan" else "no-such-plan",
        "group": 1,
        "app_label": "parties",
        "content_type_id": 1,
        "object_id": 1,
        "url": "nowhere/",
        "document": "vpnet",
        "provider": "vpnet",
        "version": "undated-1",
        "new": "undated-1",
        "id": "VP-PAY-02",
        "rule": "invoice_due_date",
        "public_id": {
            "export_progress": DataExport.objects.get(account=world.account).public_id,
            "fetch_export": DataExport.objects.get(account=world.account).public_id,
            "invoice": invoice.public_id,
            "refund": Refund.objects.get(account=world.account, state="paid").public_id,
            "credit_note": CreditNote.objects.get(account=world.account).public_id,
            "credit_note_pdf": CreditNote.objects.get(account=world.account).public_id,
            "receipt": Payment.objects.get(account=world.account).public_id,
            "online_payment": OnlinePayment.objects.get(account=world.account).public_id,
            "invoice_pdf": invoice.public_id,
            "service": service.public_id,
            "choose_plan": service.public_id,
            "report_fault": service.public_id,
            "service_address": service.public_id,
            "tell_address": service.public_id,
            "confirm_address": service.public_id,
            "ask_move": service.public_id,
            "renew_term": service.public_id,
            "confirm_renewal": service.public_id,
            "take_back_renewal": service.public_id,
            "listing": service.public_id,
            "lost_phone": service.public_id,
            "bar_phone": service.public_id,
            "open_phone": service.public_id,
            "new_sim": service.public_id,
            "stop_sim": service.public_id,
            "withdraw_listing": service.public_id,
            "service_leaving": service.public_id,
            "give_notice": service.public_id,
            "take_back_notice": service.public_id,
            "confirm_plan": service.public_id,
            "price_change": service.price_changes.get().public_id,
            "terms_change": service.contract.terms_changes.get().public_id,
            "leave_because_of_terms": service.contract.terms_changes.get().public_id,
            "leave_free": service.price_changes.get().public_id,
            "withdraw_plan_change": service.plan_changes.get().public_id,
            "appointment": appointment.public_id,
            "change_appointment": appointment.public_id,
            "remove_appointment": appointment.public_id,
            "appointment_form": appointment.public_id,
            "follow_file": Attachment.objects.get(complaint__account=world.account).public_id,
            "complaint_file": Attachment.objects.get(complaint__account=world.account).public_id,
            "admin:complaints_complaint_fetch": EvidencePack.objects.get(
                complaint__account=world.account
            ).public_id,
            "admin:complaints_complaint_file": Attachment.objects.get(
                complaint__account=world.account
            ).public_id,
            "drop_file": Attachment.objects.get(draft__account=world.account).public_id,
            "suspension_notice": SuspensionNotice.objects.get(account=world.account).public_id,
            "debt_notice": DebtNotice.objects.get(account=world.account).public_id,
            "arrangement_pdf": Arrangement.objects.get(account=world.account).public_id,
            "together_one": presence.public_id,
            "admin:phone_answer": presence.public_id,
            "together_answer": presence.public_id,
        }.get(address.name, world.account.public_id),
    }
    return found[key]


def _record(name: str, world: World) -> Any:
    """A record of the model that an admin page is about, of this account if it has any."""
    for model, page in admin.site._registry.items():
        if name.startswith(f"admin:{model._meta.label_lower.replace('.', '_')}_"):
            rows = list(model._default_manager.all())
            belongs = getattr(page, "accounts_of", lambda _: [])
            own = [row for row in rows if world.account in belongs(row)]
            state = IN_STATE.get(name)
            return next(row for row in own or rows if state is None or row.state == state)
    raise LookupError(f"No model has the page {name}.")


class Asker:
    """Asks for addresses as one person, and leaves everything as it was."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.client = Client(raise_request_exception=False)
        if person.user is not None:
            self.client.force_login(person.user)
            # What only the first page of a log-in does is done once, and not taken back each time.
            self.client.get("/terms/")

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
    view = (getattr(found, "context", None) or {}).get("view")
    if view is not None and hasattr(view, "decision") and view.account.pk != world.account.pk:
        return "own"
    return "mask" if _is_masked(found) else "yes"


def _is_masked(found: HttpResponse) -> bool:
    if "-masked-" in found.get("Content-Disposition", ""):
        return True
    # The shell of a masked page names nobody either.
    marks = (HIDDEN, "a customer of")
    return not found.streaming and any(one.encode() in found.content for one in marks)


def _where(url: str) -> str:
    path = url.partition("?")[0]
    words = {
        "/accounts/login/": "login",
        "/admin/login/": "login",
        "/accounts/choose/": "choose",
        "/admin/": "desk",
    }
    if path.startswith("/identity/"):
        return "prove"
    return words.get(path) or ("why" if path.startswith("/admin/reason/") else "yes")
