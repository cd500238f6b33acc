"""People's data: choices with their history, requests with the law's clock, one file with all."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import timezone

from complaints.lodging.services import ComplaintDetails, lodge_complaint
from parties.accounts.models import Account, Customer
from parties.authority.models import Appointment
from parties.authority.selectors import NotAuthorised
from parties.correspondence import selectors as correspondence
from parties.correspondence.models import Preference
from parties.correspondence.states import PreferenceKind
from parties.people.models import User
from parties.people.states import PROOFS_KEY, StaffRole
from parties.privacy import services as privacy
from parties.privacy.models import DataExport, PrivacyRequest
from parties.privacy.states import ExportState, PrivacyKind, PrivacyState
from parties.security.states import HighRisk
from portal import tasks
from portal.composition import data_file as exports
from records.audit.models import Entry
from records.audit.services import record
from records.deadlines.models import Deadline
from records.notices.models import Notice
from records.notices.services import deliver_queued
from terms.facts import Role
from tests.parties.staff import sign_in_staff
from tests.world import appoint, instant, make_service, make_staff, make_user, make_world

pytestmark = pytest.mark.portable

AT = instant("2026-06-01 10:00")
FOREVER = date(2099, 12, 31)


@pytest.fixture
def as_holder(client, world):
    """The holder, who has just given a second factor."""
    return confirm(client, world.holder)


def confirm(client, user):
    """Sign in, with a second factor given a moment ago."""
    client.force_login(user)
    session = client.session
    account = Appointment.objects.filter(user=user).first().account
    proof = {
        "check": "proof-1",
        "account": str(account.public_id),
        "at": timezone.now().isoformat(),
    }
    session[PROOFS_KEY] = {HighRisk.EXPORT_DATA.value: proof}
    session.save()
    return client


def agree(world, value="yes"):
    return privacy.choose(
        account=world.account,
        by=world.holder,
        at=AT,
        kind=PreferenceKind.MARKETING,
        value=value,
    )


# --- choices


def test_nothing_is_sent_or_listed_until_it_is_chosen(world):
    assert correspondence.preferences(world.account) == {
        PreferenceKind.MARKETING: "no",
        PreferenceKind.REACH: "email",
        PreferenceKind.LISTING: "unlisted",
        PreferenceKind.REMINDERS: "email",
    }


def test_choices_are_kept_with_their_history(as_holder, world):
    for listing in ("listed", "unlisted"):
        as_holder.post(
            reverse("choose_preferences"),
            {"marketing": "yes", "reach": "phone", "listing": listing},
        )

    rows = Preference.objects.filter(account=world.account, kind="listing")
    assert [row.value for row in rows] == ["unlisted", "listed"]
    assert correspondence.preferences(world.account)[PreferenceKind.MARKETING] == "yes"
    text = as_holder.get(reverse("privacy")).content.decode()
    assert "Directory listing, Listed" in text
    entry = Entry.objects.filter(action="choose_preference").order_by("sequence").last()
    assert (entry.before, entry.after) == ({"listing": "listed"}, {"listing": "unlisted"})


def test_something_that_is_no_choice_is_refused(world):
    with pytest.raises(ValueError, match="no choice"):
        agree(world, "perhaps")


def test_stranger_chooses_nothing(world):
    with pytest.raises(NotAuthorised):
        privacy.choose(
            account=world.account, by=make_user(), at=AT, kind=PreferenceKind.REACH, value="post"
        )


# --- marketing


def test_news_goes_to_those_who_agreed_with_a_way_out_in_one_click(world, mailoutbox, tmp_path):
    make_world()  # never asked
    agree(world)
    words = tmp_path / "news.txt"
    words.write_text("A new plan for bakers.")

    call_command("news", "vpnet", "A new plan", str(words))
    deliver_queued(at=instant("2099-01-01 10:00"))

    (mail,) = mailoutbox
    assert mail.to == [world.account.billing_email]
    way_out = mail.extra_headers["List-Unsubscribe"]
    assert way_out.startswith("<http")
    assert way_out.strip("<>") in mail.body
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with pytest.raises(CommandError, match="no provider"):
        call_command("news", "nobody", "A new plan", str(words))


def test_bills_and_reminders_carry_no_way_out_of_marketing(world, mailoutbox):
    lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="fault", description="x"),
    )
    deliver_queued(at=AT)

    assert "List-Unsubscribe" not in mailoutbox[0].extra_headers


def test_link_ends_marketing_at_once_and_without_a_log_in(client, world):
    agree(world)
    link = privacy.unsubscribe_link(world.account).address

    looked = client.get(link)
    assert "Stop news and offers?" in looked.content.decode()
    assert correspondence.preferences(world.account)[PreferenceKind.MARKETING] == "yes"
    client.handler.enforce_csrf_checks = True
    done = client.post(link, {"List-Unsubscribe": "One-Click"})

    assert "no more news" in done.content.decode()
    assert correspondence.preferences(world.account)[PreferenceKind.MARKETING] == "no"
    assert world.customer.name not in done.content.decode()
    assert client.post(link).status_code == 200


def test_link_that_was_changed_ends_nothing(client, world):
    agree(world)
    link = privacy.unsubscribe_link(world.account).address

    assert client.post(link[:-3] + "xx/").status_code == 404
    assert correspondence.preferences(world.account)[PreferenceKind.MARKETING] == "yes"


# --- requests


@pytest.mark.parametrize(
    ("kind", "row"),
    [(PrivacyKind.ACCESS, "RF-PRIV-01"), (PrivacyKind.CORRECTION, "RF-PRIV-02")],
)
def test_request_gets_a_reference_and_the_laws_day(as_holder, world, kind, row):
    as_holder.post(reverse("ask_privacy"), {"kind": kind.value, "text": "My name is Contí."})

    asked = PrivacyRequest.objects.get()
    deadline = Deadline.objects.get(subject=asked.reference)
    today = asked.asked_at.astimezone(AT.tzinfo).date()
    assert deadline.due_on == today + timedelta(days=30)
    assert [reason["id"] for reason in deadline.because] == [row]
    assert asked.reference in as_holder.get(reverse("privacy")).content.decode()


@pytest.mark.parametrize("outcome", ["done", "refused"])
def test_privacy_officer_answers_in_writing_and_meets_the_deadline(
    client, world, mailoutbox, outcome
):
    asked = privacy.ask_privacy(
        account=world.account,
        by=world.holder,
        kind=PrivacyKind.CORRECTION,
        text="My name is Contí.",
        at=AT,
    )
    officer = make_staff(StaffRole.PRIVACY)
    sign_in_staff(client, officer)
    page = reverse("admin:parties_privacyrequest_answer", args=[asked.pk])

    assert client.get(page).status_code == 200
    assert client.post(page, {"outcome": outcome, "answer": "no"}).status_code == 200
    client.post(page, {"outcome": outcome, "answer": "We looked at your passport and agree."})

    asked.refresh_from_db()
    assert (asked.state, asked.answered_by) == (outcome, officer)
    assert Deadline.objects.get(subject=asked.reference).status in ("met", "met_late")
    deliver_queued(at=instant("2099-01-01 10:00"))
    assert asked.reference in mailoutbox[-1].subject
    assert "your passport" in mailoutbox[-1].body
    client.post(page, {"outcome": outcome, "answer": "Something else afterwards."})
    asked.refresh_from_db()
    assert "passport" in asked.answer


def test_front_line_answers_no_privacy_request(client, world):
    asked = privacy.ask_privacy(
        account=world.account, by=world.holder, kind=PrivacyKind.ACCESS, text="All.", at=AT
    )
    sign_in_staff(client, make_staff(StaffRole.FRONT_LINE), because_of=world.account)

    page = reverse("admin:parties_privacyrequest_answer", args=[asked.pk])
    assert client.get(page).status_code == 403


# --- all data in one file


def test_file_is_asked_for_only_with_a_second_factor(client, world):
    client.force_login(world.holder)

    for answer in (client.get(reverse("ask_export")), client.post(reverse("ask_export"))):
        assert answer.url.startswith("/identity/")
    assert not DataExport.objects.exists()


def test_file_holds_all_records_and_pdfs_and_nothing_about_safety(as_holder, world, invoice):
    record(account_id=world.account.pk, at=AT, action="set_safe_contact", is_private=True)
    lodge_complaint(
        account=world.account,
        by=world.holder,
        at=AT,
        details=ComplaintDetails(topic="fault", description="Dead line", safety_threat=True),
    )
    as_holder.post(reverse("ask_export"))
    as_holder.post(reverse("ask_export"))
    export = DataExport.objects.get()
    assert "Making your file" in as_holder.get(reverse("privacy")).content.decode()

    assert exports.make_waiting(at=AT) == 1
    export.refresh_from_db()
    exports_page = as_holder.get(reverse("export_progress", args=[export.public_id]))
    assert "Fetch the file" in exports_page.content.decode()
    DataExport.objects.update(expires_at=instant("2099-01-01 10:00"))
    fetched = as_holder.get(reverse("fetch_export", args=[export.public_id]))

    archive = zipfile.ZipFile(io.BytesIO(fetched.getvalue()))
    bills = json.loads(archive.read("bills.json"))
    assert [bill["number"] for bill in bills] == [invoice.number]
    (complaint,) = json.loads(archive.read("complaints.json"))
    assert complaint["description"] == "Dead line"
    assert "safety_threat" not in complaint
    pdf = archive.read(f"documents/{invoice.document.file_name}")
    assert pdf.startswith(b"%PDF")
    assert "safe" not in archive.read("history.json").decode()
    assert Notice.objects.filter(title="Your download is ready").count() == 1
    assert exports.make_waiting(at=AT) == 0


def test_file_is_deleted_after_seven_days(as_holder, world):
    as_holder.post(reverse("ask_export"))
    tasks.make_exports(at=AT.isoformat())
    export = DataExport.objects.get()
    assert export.expires_at == AT + timedelta(days=7)
    file = export.file

    tasks.make_exports(at=(AT + timedelta(days=7)).isoformat())

    export.refresh_from_db()
    assert export.state == ExportState.EXPIRED
    assert not file.storage.exists(file.name)
    assert as_holder.get(reverse("fetch_export", args=[export.public_id])).status_code == 410


def test_file_that_fails_is_tried_again_and_given_up_in_the_end(as_holder, world, monkeypatch):
    as_holder.post(reverse("ask_export"))

    def full(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(exports, "_keep", full)
    for _ in range(exports.GIVE_UP_AFTER):
        assert exports.make_waiting(at=AT) == 0

    assert DataExport.objects.get().state == ExportState.FAILED


def test_nobody_else_fetches_the_file(client, as_holder, world):
    as_holder.post(reverse("ask_export"))
    exports.make_waiting(at=instant("2098-01-01 10:00"))
    export = DataExport.objects.get()
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=FOREVER)
    confirm(client, friend)

    assert client.get(reverse("fetch_export", args=[export.public_id])).status_code == 404


def test_advocate_gets_no_file_with_the_customers_data(world):
    advocate = make_user("Kim Abbott")
    appoint(world.account, advocate, Role.ADVOCATE)

    with pytest.raises(NotAuthorised):
        privacy.ask_export(account=world.account, by=advocate, at=AT)


# What the file holds of each model that leads to an account or a person, or why it holds nothing.
IN_FILE = {
    "Account": "account",
    "Allocation": "paid_by",
    "Appointment": "people",
    "AgreedFigure": "agreed_figures",
    "Call": "calls",
    "Chargeable": "charges",
    "NotBilled": "not_billed",
    "ChargeRequest": "charges_by_staff",
    "CreditNote": "credit_notes",
    "CreditNoteLine": "credit_note_lines",
    "Refund": "refunds",
    "RefundAccount": "bank_accounts_for_refunds",
    "OnlinePayment": "begun_in_the_portal",
    "MoneyRequest": "money_requests",
    "SupplyPeriod": "supply",
    "BilledPeriod": "billed_days",
    "Discount": "discounts",
    "ChargeAdvice": "late_charge_notices",
    "Complaint": "complaints",
    "ContactChange": "contact_changes",
    "Contract": "contracts",
    "Customer": "customer",
    "Deadline": "deadlines",
    "EmailChange": "your_email_changes",
    "EndNotice": "end_notices",
    "TermRenewal": "renewals_of_terms",
    "Entry": "history",
    "Event": "complaint_steps",
    "PaymentReminder": "payment_reminders",
    "SuspensionNotice": "suspension_notices",
    "DebtNotice": "debt_notices",
    "Deposit": "deposits",
    "CardRequest": "card_requests",
    "Draw": "direct_debits",
    "Mandate": "direct_debit_requests",
    "Handover": "debts_handed_over",
    "Extension": "more_time",
    "Equipment": "equipment",
    "HelpRequest": "help_requests",
    "Arrangement": "payment_arrangements",
    "Instalment": "instalments",
    "Hold": "disputed_amounts",
    "HolderEvent": "holder_events",
    "IdentityCheck": "identity_checks",
    "Invoice": "bills",
    "InvoiceLine": "bill_lines",
    "Notice": "messages",
    "Pause": "pauses",
    "Order": "orders",
    "OrderLine": "order_lines",
    "OrderTick": "order_confirmations",
    "CapacityCheck": "capacity_checks",
    "PortIn": "numbers_moving_in",
    "Withdrawal": "withdrawn_orders",
    "Bar": "bars_of_phones",
    "SimSwap": "new_sims",
    "ListingChange": "directory_changes",
    "Relocation": "moves_of_services",
    "ServiceAddress": "addresses_of_services",
    "Fault": "faults",
    "FaultWork": "work_on_faults",
    "OutageService": "outages",
    "Payment": "payments",
    "PlanChange": "plan_changes",
    "PriceChange": "price_changes",
    "Preference": "preferences",
    "Presence": "asked_with_customer_there",
    "PrivacyRequest": "privacy_requests",
    "Attachment": "complaint_files",
    "Proposal": "complaint_answers",
    "Remedy": "complaint_remedies",
    "Complaint_disputed_lines": "complaint_lines",
    "Referral": "complaint_referrals",
    "Service": "services",
    "Signature": "signatures",
    "FormerVersion": "former_terms_of_contracts",
    "TermsAcceptance": "terms_accepted",
    "TermsChange": "new_terms_of_contracts",
    "UsageRecord": "usage",
    "WorkOrder": "work_at_the_network",
    "User": "you",
}
LEFT_OUT = {
    "AnchoredHead": "seals, no data",
    "BillRun": "the provider's, not the customer's",
    "ChainHead": "seals, no data",
    "DataExport": "the file itself",
    "Document": "the PDFs",
    "Draft": "what its writer has not sent, seen by them alone",
    "EvidencePack": "what it holds is there; the file is made for others",
    "ExpiryReminder": "the messages",
    "Follow": "secrets of links",
    "GatewayEvent": "the payments, which are there",
    "DebitFile": "the direct debits, which are there",
    "DebitReturns": "the direct debits, which are there",
    "PaymentOption": "the provider's, not the customer's",
    "RefundFile": "the refunds, which are there",
    "Payout": "the provider's, not the customer's",
    "BankFormat": "the provider's, not the customer's",
    "BankImport": "the payments, which are there",
    "ImportedRow": "the payments, which are there",
    "Certificate": "the provider's; it names nobody's account",
    "Erased": "what is gone is held no longer",
    "Study": "the provider's, not the customer's",
    "InboundMail": "its words stand in the complaint; what does not is nobody's yet",
    "Invitation": "the messages; what is left is a secret",
    "Plan": "the provider's, not the customer's",
    "ListChange": "what the provider's price list offers, not the customer's",
    "VendorLink": "the provider's, not the customer's",
    "IndexFigure": "the provider's, not the customer's",
    "Outage": "the provider's; what it did to the customer is in outages",
    "OutageCredit": "the provider's; what the customer got is in charges",
    "OutageCreditShare": "the charges, which are there",
    "OutageUpdate": "the provider's, not the customer's",
    "TermsVariation": "the provider's; what it does is in new_terms_of_contracts",
    "Variation": "the provider's; what it does to the customer is in price_changes",
    "Provider": "the provider's, not the customer's",
    "Balance": "the sums of bills and payments, which are there",
    "ClosedMonth": "the provider's, not the customer's",
    "LedgerEntry": "the bills, payments and credit notes, which are there",
    "OpenItem": "the sums of bills and payments, which are there",
    "Posting": "the bills, payments and credit notes, which are there",
    "Block": "what stops the asking may concern safety; the history says the rest",
    "Pursuit": "to staff, worked out anew each day",
    "Redirect": "safety",
    "Reminder": "to staff",
    "RunProblem": "to staff",
    "SafeContact": "safety",
    "SettingChange": "of the provider",
    "Absence": "of staff",
    "StaffGrant": "of staff",
    "StaffProof": "of staff",
    "TermReminder": "the messages",
    "StopLink": "secrets of links",
}
HOUSE = ("parties", "contracts", "billing", "complaints", "records")


def of_house():
    """The models that lead to an account or a person, over however many others."""
    ours = {m for m in apps.get_models() if m.__module__.startswith(HOUSE)}
    found = {Account, User}
    while more := {m for m in ours - found if any(f.related_model in found for f in relations(m))}:
        found |= more
    return found | {Customer}


def relations(model):
    return [field for field in model._meta.concrete_fields if field.is_relation]


def data_of(world, by):
    """What the file of somebody holds, by kind."""
    return {name: list(rows) for name, rows in exports.kinds(world.account, by)}


def test_file_holds_or_leaves_out_knowingly_every_model_of_an_account_or_a_person(world):
    held = data_of(world, world.holder)

    names = {model.__name__ for model in of_house()}
    assert names <= IN_FILE.keys() | LEFT_OUT.keys()
    assert set(IN_FILE.values()) == held.keys()


def test_file_holds_no_secret_of_a_link_or_a_code_and_no_note_of_staff(world):
    secret = {"code_hash", "token_hash", "password", "sent_to"}
    of_staff = {"evidence", "why", "outcome", "revoked_why", "decided_why", "error"}

    for name, rows in exports.kinds(world.account, world.holder):
        fields = getattr(getattr(rows, "query", None), "values_select", ())
        assert not set(fields) & (secret | of_staff), name


def test_file_of_one_person_holds_nothing_of_anothers_safety_or_messages(world):
    friend = make_user("Jordan Lee")
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=FOREVER)
    world.account.billing_email = world.holder.email
    world.account.save()
    facts = {"topic": "fault", "description": "Dead line", "safety_threat": True}
    hidden = lodge_complaint(
        account=world.account, by=world.holder, at=AT, details=ComplaintDetails(**facts)
    )

    friends, own = (
        json.dumps(data_of(world, by), cls=exports.PlainEncoder) for by in (friend, world.holder)
    )

    assert hidden.reference not in friends
    assert hidden.reference in own


def test_who_acts_for_some_services_alone_gets_no_file_of_all(world):
    friend = make_user("Jordan Lee")
    service = {str(make_service(world.account).public_id): "Shop lines"}
    appoint(world.account, friend, Role.AUTHORISED_REP, ends_on=FOREVER, services=service)

    with pytest.raises(NotAuthorised):
        privacy.ask_export(account=world.account, by=friend, at=AT)


def test_advocate_asks_for_records_and_reads_an_answer_that_names_nobody(
    world, client, mailoutbox
):
    advocate = make_user("Kim Abbott")
    appoint(world.account, advocate, Role.ADVOCATE)
    client.force_login(advocate)
    form = reverse("ask_privacy")
    assert form in client.get("/").content.decode()
    page = client.get(form).content.decode()
    assert "corrected" not in page
    assert f'href="{reverse("privacy")}"' not in page

    answer = client.post(form, {"kind": "access", "text": "The last bill, please."}, follow=True)
    privacy.answer_privacy(
        asked=PrivacyRequest.objects.get(),
        by=make_staff(StaffRole.PRIVACY),
        outcome=PrivacyState.DONE,
        answer="Harbour Bakery owes nothing.",
        at=AT,
    )
    deliver_queued(at=instant("2099-01-01 10:00"))

    assert answer.status_code == 200
    told = next(mail for mail in mailoutbox if advocate.email in mail.to)
    assert "the customer owes nothing." in told.body
    assert "/privacy/" not in told.body


def test_advocate_asks_for_no_correction(world, client):
    advocate = make_user("Kim Abbott")
    appoint(world.account, advocate, Role.ADVOCATE)
    client.force_login(advocate)

    page = client.post(reverse("ask_privacy"), {"kind": "correction", "text": "It is wrong."})

    assert "it is all you may ask for" in page.content.decode()
    assert not PrivacyRequest.objects.exists()


def ready_export(world) -> DataExport:
    export = DataExport.objects.create(
        account=world.account,
        asked_by=world.holder,
        asked_at=AT,
        state=ExportState.READY,
        expires_at=AT + timedelta(days=7),
    )
    export.file.save("data.zip", ContentFile(b"PK"))
    return export


def test_file_that_cannot_be_deleted_stops_no_other_and_is_tried_again(world, monkeypatch):
    stuck, other = ready_export(world), ready_export(world)
    delete = FieldFile.delete

    def refuse(file, save=True):
        if file.instance.pk == stuck.pk:
            raise PermissionError("read-only")
        delete(file, save=save)

    later = AT + timedelta(days=8)
    with monkeypatch.context() as patch:
        patch.setattr(FieldFile, "delete", refuse)
        assert exports.remove_expired(at=later) == 1

    stuck.refresh_from_db()
    other.refresh_from_db()
    assert (stuck.state, bool(stuck.file)) == (ExportState.EXPIRED, True)
    assert (other.state, bool(other.file)) == (ExportState.EXPIRED, False)
    assert exports.remove_expired(at=later) == 1
