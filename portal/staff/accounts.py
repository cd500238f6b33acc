"""Records about people and accounts that staff read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from parties.accounts.models import Account, Customer
from parties.appointments import services as appointments
from parties.appointments.services import InvitationRefused
from parties.authority import selectors as authority
from parties.authority.models import Invitation, Presence
from parties.authority.selectors import NotAuthorised, staff_may
from parties.people.models import StaffGrant, User
from terms.facts import Action

from .base import ReadOnlyAdmin, StepAdmin
from .customer_page import customer_page
from .forms import InviteForm


class ClaimFilter(admin.SimpleListFilter):
    title = "account holder"
    parameter_name = "holder"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("lapsed", "Invited in vain"), ("none", "Nobody has claimed it")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "lapsed":
            return authority.invitation_expired(queryset, request.at)
        return authority.unclaimed(queryset) if self.value() == "none" else queryset


@admin.register(Account)
class AccountAdmin(StepAdmin):
    """Accounts; each has its customer's page."""

    provider_path = "customer__provider"
    list_display = ("number", "customer", "provider", "status", "state", "opened_on")
    list_filter = (ClaimFilter, "customer__provider", "status", "state", "customer__kind")
    search_fields = ("number", "customer__name", "billing_email", "suburb")
    list_select_related = ("customer__provider",)
    actions = ("invite_holders",)

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return staff_may(request.user, Action.CHANGE_DETAILS).allowed

    @admin.action(description="Invite the account holders", permissions=["invite"])
    def invite_holders(
        self, request: HttpRequest, queryset: QuerySet[Account]
    ) -> HttpResponse | None:
        """Show who would be invited where; once agreed, invite, and say of each how it went."""
        accounts = list(queryset.select_related("customer__provider"))
        if "agreed" not in request.POST:
            rows = [
                {
                    "account": account,
                    "email": appointments.addresses_on_file(account)[0],
                    "refusal": appointments.why_not_invited(account),
                }
                for account in accounts
            ]
            context = {
                **self.admin_site.each_context(request),
                "title": "Invite the account holders",
                "rows": rows,
                "ready": sum(not row["refusal"] for row in rows),
                "opts": self.opts,
            }
            return TemplateResponse(request, "staff/account/invite_many.html", context)
        for account in accounts:
            self._invite(request, account)
        return None

    def _invite(self, request: HttpRequest, account: Account) -> None:
        try:
            invitation = appointments.invite_again(
                account=account,
                by=request.user,
                at=request.at,
                email=appointments.addresses_on_file(account)[0],
            )
        except (InvitationRefused, NotAuthorised) as refusal:
            messages.error(request, f"{account.number}: {refusal}")
        else:
            messages.success(request, f"{account.number}: invited at {invitation.email}.")

    def get_urls(self) -> list[Any]:
        invite = self.admin_site.admin_view(self.invite)
        return [
            path("<int:pk>/invite/", invite, name="parties_account_invite"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The customer's page: who they are, what goes on, and all that is on record."""
        account = self.get_object(request, object_id)
        if account is None or request.method != "GET":
            return super().change_view(request, object_id, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            **customer_page(request, account),
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/account/page.html", context)

    def invite(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Invite the holder of an account that nobody has claimed, again after it ran out."""
        if not staff_may(request.user, Action.CHANGE_DETAILS).allowed:
            raise PermissionDenied
        account = self.get_object(request, str(pk))
        if account is None or authority.holder(account) is not None:
            raise Http404
        addresses = appointments.addresses_on_file(account)
        form = InviteForm(request.POST or None, addresses=addresses)
        back = reverse("admin:parties_account_change", args=[pk])

        def step() -> HttpResponse:
            if form.is_valid():
                invitation = appointments.invite_again(
                    account=account,
                    by=request.user,
                    at=request.at,
                    **form.cleaned_data,
                )
                messages.success(request, f"The invitation is on its way to {invitation.email}.")
                return redirect(back)
            return self.step(
                request,
                form,
                title="Invite the account holder",
                action="Send it",
                about=account,
                back=back,
                intro="It works for 14 days; earlier links stop.",
            )

        return self.for_caller(request, account, step)

    @admin.display(ordering="customer__provider__name")
    def provider(self, account: Account) -> str:
        return account.customer.provider.name


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    provider_path = "provider"
    list_display = ("name", "provider", "kind", "is_tcp", "email")
    list_filter = ("provider", "kind", "is_tcp")
    search_fields = ("name", "email", "abn")
    list_select_related = ("provider",)

    def accounts_of(self, record: Any) -> list[Account]:
        return list(record.accounts.select_related("customer__provider"))


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """People, without anything that signs them in."""

    list_display = ("full_name", "email", "is_staff", "provider", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "provider")
    search_fields = ("full_name", "email")
    list_select_related = ("provider",)
    exclude = ("password", "user_permissions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.provider_id:
            mine = request.user.provider_id
            rows = rows.filter(provider=mine) | rows.filter(
                appointments__account__customer__provider=mine
            )
            return rows.distinct()
        return rows

    def accounts_of(self, record: Any) -> list[Account]:
        accounts = Account.objects.filter(appointments__user=record).distinct()
        return list(accounts.select_related("customer__provider"))


@admin.register(Presence)
class PresenceAdmin(ReadOnlyAdmin):
    """What advocates asked for with the customer there, and the answers."""

    provider_path = "account__customer__provider"
    list_display = ("asked_at", "advocate", "account", "words", "state", "confirmed_by")
    list_filter = ("state", "act", "account__customer__provider")
    search_fields = ("advocate__full_name", "account__number", "words")
    list_select_related = ("advocate", "account__customer", "confirmed_by")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    provider_path = "account__customer__provider"
    list_display = ("email", "account", "sent_at", "expires_at", "used_at", "wrong_tries")
    search_fields = ("email", "account__number")
    list_select_related = ("account__customer",)
    exclude = ("token_hash",)


@admin.register(StaffGrant)
class StaffGrantAdmin(ReadOnlyAdmin):
    """Which senior manager asked for whose access, and when it ended."""

    provider_path = "user__provider"
    list_display = ("user", "role", "asked_by", "from_outside", "given_at", "ended_at")
    list_filter = ("role", "from_outside")
    search_fields = ("user__full_name", "user__email", "asked_by")
    list_select_related = ("user",)
