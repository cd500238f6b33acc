"""Home, the way in for staff, and health."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


def staff_login(request: HttpRequest) -> HttpResponse:
    """Staff sign in where everyone does, second factor included."""
    target = request.GET.get("next", reverse("admin:index"))
    if request.user.is_authenticated and request.user.is_staff:
        return redirect("admin:index")
    return redirect(f"{reverse('account_login')}?next={target}")
