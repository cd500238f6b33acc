"""Staff's report on a provider's own terms: below the law, silent, weaker than they need be."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from terms import library
from terms.clause import Source
from terms.workbench import reading
from terms.workbench.lint import lint

MAY_READ = "parties.view_provider"


def providers_of(request: HttpRequest) -> tuple[str, ...]:
    """Return the providers whose terms a member of staff answers for. Raise PermissionDenied."""
    if not request.user.has_perm(MAY_READ):
        raise PermissionDenied
    own = request.user.provider
    return (own.key,) if own else library.providers()


def reports(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """List the providers that can be reported on."""
    keys = providers_of(request)
    context = {
        **site.each_context(request),
        "title": "Terms against the law",
        "providers": [library.provider(key) for key in keys],
    }
    return TemplateResponse(request, "admin/terms/reports.html", context)


def report(request: HttpRequest, document: str, site: AdminSite) -> HttpResponse:
    """Show where one provider's own terms fall short of the law, and what fills their silences."""
    if document not in providers_of(request):
        raise Http404
    on = request.at.astimezone(library.provider(document).default_state.zone).date()
    profile = library.load(document, library.in_force(document, on))
    silences = reading.page(profile, on).silences
    context = {
        **site.each_context(request),
        "title": f"{library.provider(document).name}: where the terms fall short of the law",
        "profile": profile,
        "lint": lint(profile, on),
        "on": on,
        "by_default": [each for each in silences if each.source is Source.DEFAULT],
        "unanswered": [each for each in silences if each.source is None],
    }
    return TemplateResponse(request, "admin/terms/report.html", context)
