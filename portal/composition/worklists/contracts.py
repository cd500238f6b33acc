"""Services, prices, equipment, faults and outages that wait for staff."""

from __future__ import annotations

from datetime import datetime

from contracts.barring.models import Bar, SimSwap
from contracts.barring.states import BarState, SwapState
from contracts.catalogue.models import ListChange
from contracts.catalogue.states import ListState
from contracts.equipment.models import Equipment
from contracts.equipment.states import Place
from contracts.leaving.models import EndNotice
from contracts.leaving.states import ALIVE, NoticeState
from contracts.locations.models import ListingChange, ServiceAddress
from contracts.locations.selectors import open_addresses
from contracts.locations.states import AddressState, ListingState
from contracts.moving.models import Relocation
from contracts.moving.states import MoveState
from contracts.network.models import WorkOrder
from contracts.network.states import WorkState
from contracts.orders.models import Order, PortIn
from contracts.orders.selectors import moves_to_send, withdrawn_unsettled
from contracts.orders.states import OrderState
from contracts.renewing.models import TermRenewal
from contracts.renewing.selectors import handsets_to_bring
from contracts.renewing.states import RenewalState
from contracts.requests.models import (
    Fault,
    Outage,
)
from contracts.requests.selectors import open_faults, to_say
from contracts.requests.states import FaultState, OutageState
from contracts.supply.models import PlanChange, Service
from contracts.supply.states import PlanChangeState
from contracts.variations.models import (
    IndexFigure,
    PriceChange,
    TermsChange,
    TermsVariation,
    Variation,
)
from contracts.variations.selectors import waiting_for_index
from contracts.variations.states import ChangeState, FigureState, VariationState
from parties.authority.selectors import staff_may
from parties.people.models import User
from terms.facts import Action

from .base import Worklist, confined


def contract_lists(user: User, at: datetime) -> list[Worklist]:
    return [
        *_lost_lists(user),
        *_order_lists(user),
        *_move_lists(user),
        *_price_lists(user, at),
        *_terms_lists(user),
        *_catalogue_lists(user),
        *_renewal_lists(user),
        *_service_lists(user, at),
        *_network_lists(user),
    ]


def _network_lists(user: User) -> list[Worklist]:
    rows = confined(user, WorkOrder.objects.all(), "service__contract__account")
    return [
        Worklist(
            "contracts.change_service",
            "Work that the network could not do",
            "contracts_workorder",
            "?state__exact=failed",
            rows.filter(state=WorkState.FAILED),
            urgent=True,
        ),
        Worklist(
            "contracts.change_service",
            "Work that the network was asked for, and is not done",
            "contracts_workorder",
            "?state__exact=asked",
            rows.filter(state=WorkState.ASKED),
        ),
    ]


def _order_lists(user: User) -> list[Worklist]:
    rows = confined(user, Order.objects.all())
    moves = confined(user, PortIn.objects.all(), "line__order__account")
    view, page = "contracts.view_order", "contracts_order"
    return [
        Worklist(
            "contracts.view_portin",
            "Numbers to ask the old provider for",
            "contracts_portin",
            "?waits=send",
            moves_to_send(moves),
            urgent=True,
        ),
        Worklist(
            view,
            "Withdrawn orders whose cost is open",
            page,
            "?waits=cost",
            withdrawn_unsettled(rows),
        ),
        Worklist(
            view,
            "Accepted orders to deliver",
            page,
            "?state__exact=accepted",
            rows.filter(state=OrderState.ACCEPTED),
        ),
        Worklist(
            view,
            "Orders that customers asked for, to look at",
            page,
            "?state__exact=asked",
            rows.filter(state=OrderState.ASKED),
        ),
        Worklist(
            view,
            "Orders that are being written",
            page,
            "?state__exact=draft",
            rows.filter(state=OrderState.DRAFT),
        ),
        Worklist(
            view,
            "Offers that wait for the customer",
            page,
            "?state__exact=offered",
            rows.filter(state=OrderState.OFFERED),
        ),
    ]


def _lost_lists(user: User) -> list[Worklist]:
    account = "service__contract__account"
    bars = confined(user, Bar.objects.all(), account)
    swaps = confined(user, SimSwap.objects.all(), account)
    view, page = "contracts.view_bar", "contracts_bar"
    return [
        Worklist(
            view,
            "Phones to bar now",
            page,
            "?state__exact=asked",
            bars.filter(state=BarState.ASKED),
            urgent=True,
        ),
        Worklist(
            view,
            "Phones to open again",
            page,
            "?state__exact=to_lift",
            bars.filter(state=BarState.TO_LIFT),
        ),
        Worklist(
            "contracts.view_simswap",
            "New SIMs to make",
            "contracts_simswap",
            "?state__exact=asked",
            swaps.filter(state=SwapState.ASKED),
        ),
    ]


def _move_lists(user: User) -> list[Worklist]:
    account = "service__contract__account"
    moves = confined(user, Relocation.objects.all(), account)
    told = open_addresses(confined(user, ServiceAddress.objects.all(), account))
    listed = confined(user, ListingChange.objects.all(), account)
    view, page = "contracts.view_relocation", "contracts_relocation"
    seen, list_of = "contracts.view_serviceaddress", "contracts_serviceaddress"
    return [
        Worklist(
            seen,
            "Addresses to send on for the number database",
            list_of,
            "?waits=send",
            told.filter(stage=AddressState.CONFIRMED),
            urgent=True,
        ),
        Worklist(
            seen,
            "Addresses that customers have not confirmed",
            list_of,
            "?waits=confirm",
            told.filter(stage=AddressState.ASKED),
        ),
        Worklist(
            "contracts.view_listingchange",
            "Directory entries to change",
            "contracts_listingchange",
            "?state__exact=accepted",
            listed.filter(state=ListingState.ACCEPTED),
        ),
        Worklist(
            "contracts.view_listingchange",
            "Directory changes that have to come in writing",
            "contracts_listingchange",
            "?state__exact=to_write",
            listed.filter(state=ListingState.TO_WRITE),
        ),
        Worklist(
            view,
            "Moves to quote, or to say no to",
            page,
            "?state__exact=asked",
            moves.filter(state=MoveState.ASKED),
        ),
        Worklist(
            view,
            "Moves that both agreed to",
            page,
            "?state__exact=agreed",
            moves.filter(state=MoveState.AGREED),
        ),
        Worklist(
            view,
            "Quotes for moves that wait for the customer",
            page,
            "?state__exact=quoted",
            moves.filter(state=MoveState.QUOTED),
        ),
    ]


def _catalogue_lists(user: User) -> list[Worklist]:
    rows = ListChange.objects.all()
    if user.provider_id:
        rows = rows.filter(provider=user.provider_id)
    page, permission = "contracts_listchange", "contracts.change_plan"
    return [
        Worklist(
            permission,
            "Changes of the price list that wait for a second person",
            page,
            "?state__exact=asked",
            rows.filter(state=ListState.ASKED),
        ),
        Worklist(
            permission,
            "Changes of the price list that the portal could not make by itself",
            page,
            "?problem__isempty=0",
            rows.exclude(problem=""),
            urgent=True,
        ),
    ]


def _price_lists(user: User, at: datetime) -> list[Worklist]:
    prices, figures = Variation.objects.all(), IndexFigure.objects.all()
    if user.provider_id:
        prices = prices.filter(provider=user.provider_id)
        figures = figures.filter(provider=user.provider_id)
    late = PriceChange.objects.filter(state=ChangeState.LATE)
    return [
        Worklist(
            "contracts.change_variation",
            "Price changes that wait for a second person",
            "contracts_variation",
            "?state__exact=asked",
            prices.filter(state=VariationState.ASKED),
        ),
        Worklist(
            "contracts.change_variation",
            "Customers whom no notice of a new price reached in time",
            "contracts_pricechange",
            "?state__exact=late",
            confined(user, late, "service__contract__account"),
            urgent=True,
        ),
        Worklist(
            "contracts.change_variation",
            "Figures of the index that wait for a second person",
            "contracts_indexfigure",
            "?state__exact=asked",
            figures.filter(state=FigureState.ASKED),
        ),
        Worklist(
            "contracts.change_variation",
            "Services whose yearly rise waits for the index",
            "contracts_service",
            "?rise=waits",
            waiting_for_index(Service.objects.all(), at.date(), user.provider),
        ),
        Worklist(
            "contracts.change_variation",
            "Price changes that the portal could not handle by itself",
            "contracts_variation",
            "?problem__isempty=0",
            prices.exclude(problem=""),
            urgent=True,
        ),
    ]


def _terms_lists(user: User) -> list[Worklist]:
    versions = TermsVariation.objects.all()
    if user.provider_id:
        versions = versions.filter(provider=user.provider_id)
    late = TermsChange.objects.filter(state=ChangeState.LATE)
    permission = "contracts.change_termsvariation"
    return [
        Worklist(
            permission,
            "New terms that wait for a second person",
            "contracts_termsvariation",
            "?state__exact=asked",
            versions.filter(state=VariationState.ASKED),
        ),
        Worklist(
            permission,
            "Customers whom no notice of new terms reached in time",
            "contracts_termschange",
            "?state__exact=late",
            confined(user, late, "contract__account"),
            urgent=True,
        ),
        Worklist(
            permission,
            "New terms that the portal could not handle by itself",
            "contracts_termsvariation",
            "?problem__isempty=0",
            versions.exclude(problem=""),
            urgent=True,
        ),
    ]


def _renewal_lists(user: User) -> list[Worklist]:
    renewals = confined(user, TermRenewal.objects.all(), "service__contract__account")
    view, page = "contracts.view_termrenewal", "contracts_termrenewal"
    return [
        Worklist(
            view,
            "Renewals that wait for a look at capacity to pay",
            page,
            "?state__exact=asked",
            renewals.filter(state=RenewalState.ASKED),
        ),
        Worklist(
            view,
            "Renewed terms whose new handsets are to be brought",
            page,
            "?waits=handsets",
            handsets_to_bring(renewals),
        ),
    ]


def _service_lists(user: User, at: datetime) -> list[Worklist]:
    changes = PlanChange.objects.filter(state=PlanChangeState.WAITING)
    notices = confined(user, EndNotice.objects.all(), "service__contract__account")
    view, page = "contracts.view_endnotice", "contracts_endnotice"
    return [
        Worklist(
            "contracts.view_equipment",
            "Equipment that should be back already",
            "contracts_equipment",
            "?overdue=yes",
            confined(
                user,
                Equipment.objects.filter(place=Place.DUE, due_on__lt=at.date()),
                "service__contract__account",
            ),
        ),
        Worklist(
            "contracts.view_planchange",
            "Plan changes that wait for our decision",
            "contracts_planchange",
            "?state__exact=waiting",
            confined(user, changes, "service__contract__account"),
        ),
        Worklist(
            view,
            "Requests to leave early that wait for our decision",
            page,
            "?state__exact=asked",
            notices.filter(state=NoticeState.ASKED),
        ),
        Worklist(
            view,
            "Notices whose cost is not complete",
            page,
            "?cost=open",
            notices.filter(state__in=ALIVE).exclude(unknown=[]),
        ),
        Worklist(
            view,
            "Services that end by notice",
            page,
            "?state__exact=running",
            notices.filter(state=NoticeState.RUNNING),
        ),
    ]


def _fault_lists(user: User) -> list[Worklist]:
    rows = open_faults(confined(user, Fault.objects.all(), "service__contract__account"))
    view, page = "contracts.view_fault", "contracts_fault"
    new = rows.filter(state=FaultState.REPORTED)
    return [
        Worklist(view, "Faults to take in hand", page, "?waits=new", new, urgent=True),
        Worklist(view, "Faults that are not over", page, "?waits=open", rows),
    ]


def outage_lists(user: User, at: datetime) -> list[Worklist]:
    if not staff_may(user, Action.TROUBLESHOOT).allowed:
        return []
    view, page, rows = "contracts.view_outage", "contracts_outage", Outage.objects.all()
    if user.provider_id:
        rows = rows.filter(provider=user.provider_id)
    running = rows.filter(state=OutageState.RUNNING)
    return [
        Worklist(
            view,
            "Outages of which customers have to hear now",
            page,
            "?word=owed",
            to_say(rows, at),
            urgent=True,
        ),
        *_fault_lists(user),
        Worklist(
            view, "Outages and planned work, not over yet", page, "?state__exact=running", running
        ),
    ]
