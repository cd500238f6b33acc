"""Ask the network to do something for a service, from the service's own page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from contracts.network import services
from contracts.network.models import WorkOrder
from contracts.network.selectors import askable, is_asked
from contracts.network.states import WorkKind
from contracts.supply.models import Service
from contracts.supply.states import ServiceStatus, SuspensionCause
from parties.authority.selectors import role_names
from portal.web.guards import audit_actor

# Who notes what happens to a service.
SUPPLIES = "contracts.change_service"


class AskForm(forms.Form):
    """What the network is to do for a service, and why."""

    kind = forms.ChoiceField(label="What", widget=forms.RadioSelect)
    cause = forms.ChoiceField(
        label="Why it stands still", choices=SuspensionCause.choices, required=False
    )
    why = forms.CharField(
        label="Who asked for it, and how", min_length=3, max_length=200, help_text="It is kept."
    )

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(one.value, one.label) for one in askable(service)]
        if service.status != ServiceStatus.ACTIVE:
            del self.fields["cause"]


def ask_of_network(request: HttpRequest, row: Service, form: AskForm) -> WorkOrder | None:
    """Ask what a form says. Raises WorkRefused, IllegalStep."""
    given = form.cleaned_data
    return services.ask_work(
        service=row,
        kind=WorkKind(given["kind"]),
        cause=SuspensionCause(given["cause"]) if given.get("cause") else None,
        why=given["why"],
        at=request.at,
        actor=audit_actor(request, acted_as=role_names(request.user)),
    )


def may_ask(request: HttpRequest, row: Service) -> bool:
    """Whether somebody can ask the network to do something for a service."""
    return request.user.has_perm(SUPPLIES) and is_asked(row) and bool(askable(row))
