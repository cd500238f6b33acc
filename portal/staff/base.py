"""What staff pages have in common: one provider's walls, a reason, steps of one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from parties.accounts.models import Account
from parties.authority.selectors import role_names, sees_in_lists, staff_may
from parties.authority.states import POWERS
from parties.desk import selectors as desk
from parties.desk import services as desk_services
from parties.desk.services import CallerMayNot
from parties.people.models import User
from parties.people.states import StaffData
from parties.security.states import HighRisk
from portal.composition.worklists import is_in_queue
from portal.web.guards import audit_actor
from records.audit.services import on_behalf, record
from terms.facts import Action

from .forms import AccountForm
from .openings import open_record


class ConfinedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows staff of one provider nothing of another's, and opens no record without a reason.

    `provider_path` leads from the model to its provider, `account_path` to the account that it
    belongs to (by itself where the provider is reached through the account). `guarded` names the
    fields that only some roles see, `reference` the field by which letters name a record.
    """

    provider_path = ""
    account_path: str | None = None
    guarded: dict[StaffData, tuple[str, ...]] = {}
    reference: str | None = None
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.provider_id and self.provider_path:
            rows = rows.filter(**{self.provider_path: request.user.provider_id})
        return rows

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the record, once it is known why somebody opens it. Raises ReasonNeeded."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        by = from_field or (None if object_id.isdigit() else self.reference)
        found = super().get_object(request, object_id, by)
        if found is not None:
            for account in self.accounts_of(found):
                if not self._is_here(request, account):
                    continue
                open_record(
                    request,
                    account,
                    subject=f"{self.opts.verbose_name} {found}",
                    in_queue=is_in_queue(request.user, account, found, request.at),
                )
        return found

    def _is_here(self, request: HttpRequest, account: Account) -> bool:
        """Whether the account is of the provider whose walls hold, where somebody has several."""
        mine = request.user.provider_id
        return not mine or account.customer.provider_id == mine

    def accounts_of(self, record: Any) -> list[Account]:
        """The accounts whose record this belongs to."""
        path = self.account_path
        if path is None:
            if not self.provider_path.endswith("customer__provider"):
                return []
            path = self.provider_path.removesuffix("customer__provider").rstrip("_")
        for step in filter(None, path.split("__")):
            record = getattr(record, step)
        return [record] if record else []

    def _hidden(self, request: HttpRequest) -> set[str]:
        return {
            name
            for data, names in self.guarded.items()
            if not sees_in_lists(request.user, data)
            for name in names
        }

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = self._hidden(request)
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose a record is stays as it is: moving it would leave no trace where it was."""
        fixed = [self._owner] if obj is not None and self._owner else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    @property
    def _owner(self) -> str:
        """The field that says to which account, customer or provider a record belongs."""
        path = self.account_path or self.provider_path
        name = path.split("__")[0]
        names = {field.name for field in self.opts.fields if field.many_to_one}
        return name if name in names and self.model is not User else ""

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = self._hidden(request)
        return [name for name in super().get_list_display(request) if name not in hidden]

    def get_search_fields(self, request: HttpRequest) -> Any:
        hidden = self._hidden(request)
        return [name for name in super().get_search_fields(request) if name not in hidden]

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Leave out what is guarded, and the choice of providers for whoever has only one."""
        hidden = self._hidden(request)
        return [
            name
            for name in super().get_list_filter(request)
            if not isinstance(name, str)
            or not (name in hidden or (request.user.provider_id and name.endswith("provider")))
        ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let an address narrow a list only by what its filters offer, or to one account.

        Django takes any field of the model's own: a hash, or an address that is not shown, could
        be guessed letter by letter from what is found.
        """
        filters = self.get_list_filter(request)
        fields = [one[0] if isinstance(one, tuple) else one for one in filters]
        offered = {str(getattr(one, "parameter_name", one)) for one in fields}
        names = offered | {"account", self.date_hierarchy or "account"}
        is_offered = any(lookup == name or lookup.startswith(f"{name}__") for name in names)
        return is_offered and super().lookup_allowed(lookup, value, request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer, and accept, only what the person could open in its own list."""
        try:
            related = self.admin_site.get_model_admin(db_field.remote_field.model)
        except NotRegistered:
            pass
        else:
            kwargs.setdefault("queryset", related.get_queryset(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and record on each account what was before and is after."""
        super().save_model(request, obj, form, change)
        before = {name: str(form.initial.get(name) or "") for name in form.changed_data}
        after = {name: str(form.cleaned_data.get(name) or "") for name in form.changed_data}
        changed = [name for name in after if after[name] != before[name] or not change]
        for account in self.accounts_of(obj):
            record(
                account_id=account.pk,
                at=request.at,
                action=f"{'change' if change else 'add'}_{self.opts.model_name}",
                actor=audit_actor(request, acted_as=role_names(request.user)),
                subject=str(obj)[:80],
                before={name: before[name] for name in changed if change},
                after={name: after[name] for name in changed},
            )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ConfinedAdmin):
    """What is only read: it was issued, sent or recorded."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StepAdmin(ReadOnlyAdmin):
    """Has pages on which staff take a step: a form, one call inward, a word about it."""

    def step(
        self,
        request: HttpRequest,
        form: Any,
        *,
        title: str,
        action: str,
        about: Any = "",
        notes: str = "",
        intro: str = "",
        because: Any = (),
        back: str = "",
    ) -> HttpResponse:
        """Show the step's form."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "action": action,
            "about": about,
            "notes": notes,
            "intro": intro,
            "because": because,
            "form": form,
            "opts": self.opts,
            "back": back or self.list_address,
        }
        return TemplateResponse(request, "staff/step.html", context)

    def list_page(self) -> HttpResponse:
        """Go back to the list."""
        return redirect(self.list_address)

    @property
    def list_address(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def record_address(self, row: Any) -> str:
        """The page of one record."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[row.pk])

    def done(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Go back to the call that it was done in, or to the list."""
        call = desk.open_call(request.user, request.at, account)
        return redirect("admin:parties_call_change", call.pk) if call else self.list_page()

    def proof(self, request: HttpRequest, account: Account, risk: HighRisk | str = "") -> str:
        """The fresh identity check that a step can rely on, or ""."""
        call = desk.open_call(request.user, request.at, account)
        return desk_services.proof_in_call(account, risk, call=call, at=request.at)

    def for_caller(
        self,
        request: HttpRequest,
        account: Account,
        step: Callable[[], HttpResponse],
        *,
        asked_of: Action | None = None,
    ) -> HttpResponse:
        """Take a step in the name of who is calling about the account, if anybody is.

        `asked_of` is what the caller must be allowed to ask for; if they are not, nothing is done
        and the page says why.
        """
        call = desk.open_call(request.user, request.at, account)
        if call is None:
            return step()
        try:
            behalf = desk_services.behalf_of(call, at=request.at, action=asked_of)
        except CallerMayNot as refusal:
            return self.caller_may_not(request, refusal)
        with on_behalf(behalf):
            return step()

    def caller_may_not(self, request: HttpRequest, refusal: CallerMayNot) -> HttpResponse:
        """Say that the caller may not ask for it, why, and what to do instead."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{refusal.call.caller} may not ask for this",
            "call": refusal.call,
            "asked": POWERS[refusal.action].lower(),
            "because": refusal.decision.because,
            "opts": self.opts,
        }
        page = "staff/caller_may_not.html"
        return TemplateResponse(request, page, context, status=403)

    def account_asked(self, request: HttpRequest) -> Account | None:
        """The account that the address names by its number, if the person may see it."""
        number = request.GET.get("account", "").strip().upper()
        accounts = self.admin_site.get_model_admin(Account)
        found = accounts.get_queryset(request).filter(number=number).first()
        # Opened as any record is: for a reason.
        return accounts.get_object(request, str(found.pk)) if found else None

    def ask_account(self, request: HttpRequest, title: str) -> HttpResponse:
        """Ask which account it is about."""
        form = AccountForm(request.POST or None)
        if form.is_valid():
            number = form.cleaned_data["account"]
            return redirect(f"{request.path}?{urlencode({'account': number})}")
        if "account" in request.GET:
            messages.error(request, "No account has this number.")
        return self.step(request, form, title=title, action="Continue")


class StepsAdmin(StepAdmin):
    """Shows on a record's page the steps that can be taken now, and the clauses it rests on.

    `steps` are the step pages by slug: each its view, which takes the request and the record's
    key. A step that `steps_now` does not offer is not found.
    """

    change_form_template = "admin/billing/steps_change_form.html"
    steps: dict[str, str] = {}

    def get_urls(self) -> list[Any]:
        pages = [
            path(
                f"<int:pk>/{slug}/",
                self.admin_site.admin_view(getattr(self, slug)),
                name=self._step_name(slug),
            )
            for slug in self.steps
        ]
        return pages + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if row is not None:
            extra = {"reasons": self.reasons(row), "steps": self.step_links(request, row)}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def step_links(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """The steps offered now, as words and address."""
        return [
            (self.steps[slug], reverse(f"admin:{self._step_name(slug)}", args=[row.pk]))
            for slug in self.steps_now(request, row)
        ]

    def _step_name(self, slug: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{slug}_step"

    def row_for_step(self, request: HttpRequest, pk: int, slug: str, action: Action) -> Any:
        """The record, if this person can take the step now. Raises PermissionDenied, Http404."""
        if not staff_may(request.user, action).allowed:
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None or slug not in self.steps_now(request, row):
            raise Http404
        return row

    def take_step(
        self,
        request: HttpRequest,
        row: Any,
        slug: str,
        form: Form,
        act: Callable[..., Any],
        *,
        refusals: tuple[type[Exception], ...],
        done: str = "Noted; they are told.",
        back_to_row: bool = False,
        **shown: Any,
    ) -> HttpResponse:
        """Take the step that a form asks for and go back to the list, or show the form.

        `act` gets what was entered besides who acts and when; what it refuses stands on the form.
        `shown` is what the page says besides.
        """
        here = self.record_address(row)
        if request.method == "POST" and form.is_valid():
            try:
                act(by=request.user, at=request.at, **form.cleaned_data)
            except refusals as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, done)
                return redirect(here) if back_to_row else self.list_page()
        words = self.steps[slug]
        page = {"title": words, "action": words, "about": row, "back": here}
        return self.step(request, form, **page | shown)

    def steps_now(self, request: HttpRequest, row: Any) -> list[str]:
        """The slugs of the steps that this person can take now."""
        raise LookupError(f"{type(self).__name__} offers no step.")

    def reasons(self, row: Any) -> Any:
        """The clauses that the record rests on."""
        return row.because


class AddStepAdmin(StepAdmin):
    """Adding one is a step for the account that the address names, and for who is calling.

    `action` is what the member of staff needs for it, `asked_of` what the caller needs.
    """

    add_title = ""
    action: Action
    asked_of: Action | None = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        # The list of all records asks each of them on every page: once for an action is enough.
        known: dict[Action, bool] = request.__dict__.setdefault("may_add", {})
        if self.action not in known:
            known[self.action] = staff_may(request.user, self.action).allowed
        return known[self.action]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        account = self.account_asked(request)
        if account is None:
            return self.ask_account(request, self.add_title)
        return self.for_caller(
            request, account, lambda: self.add_step(request, account), asked_of=self.asked_of
        )

    def add_step(self, request: HttpRequest, account: Account) -> HttpResponse:
        """Show the form, or take the step and go on."""
        raise LookupError(f"{type(self).__name__} has no step.")
