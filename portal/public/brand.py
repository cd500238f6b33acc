"""The stylesheet that carries a provider's colours, so that no page needs inline style."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from portal.web import brand
from terms import library


@require_safe
@cache_control(public=True, max_age=3600)
def brand_stylesheet(request: HttpRequest, provider: str) -> HttpResponse:
    """Serve `/brand/<provider>.css`; 404 for a provider that we do not know."""
    if provider not in library.providers():
        raise Http404(f"No provider {provider!r}.")
    colours = brand.palette(library.provider(provider).brand.colour)
    return HttpResponse(brand.stylesheet(colours), content_type="text/css; charset=utf-8")
