"""Figures of complaints for staff: charts, their tables, the regulator's quarter, a CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from complaints.analysis import selectors as analysis
from complaints.analysis.selectors import Bar, Figures, Period
from complaints.tickets.selectors import known_to_staff
from parties.accounts.models import Provider
from portal.composition.discretion import sees_private
from portal.web.sheets import csv_file
from terms import library

from .payments_forms import DayField

MAY_READ = "complaints.view_complaint"
EARLIEST, LATEST = 2000, 2100
LONGEST = timedelta(days=366 * 3)
# The drawing of a row of bars, in units of its view box.
WIDE, HIGH, GAP, LABELS = 320, 20, 6, 200


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A bar with where it stands in its chart."""

    label: str
    count: int
    y: int
    width: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Bars below each other, the longest as wide as there is room."""

    title: str
    bars: list[Drawn]
    height: int
    wide: int = WIDE + LABELS + 60
    labels: int = LABELS


class PeriodForm(forms.Form):
    """Whose complaints, and of which days."""

    provider = forms.ModelChoiceField(
        label="Provider",
        queryset=Provider.objects.order_by("name"),
        to_field_name="key",
        required=False,
        empty_label="All",
    )
    first = DayField(label="From", required=False)
    last = DayField(label="To", required=False)

    def clean(self) -> dict[str, Any]:
        """Two days in order, no more than three years apart."""
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        for name, day in (("first", first), ("last", last)):
            if day and not EARLIEST <= day.year <= LATEST:
                self.add_error(name, f"Choose a year from {EARLIEST} to {LATEST}.")
        if self.errors:
            return given
        if first and last and first > last:
            self.add_error("last", "The last day is before the first: change one of them.")
        elif first and last and last - first > LONGEST:
            self.add_error("last", "That is more than three years: choose fewer.")
        elif bool(first) != bool(last):
            self.add_error("last", "Choose both days, or neither for this quarter.")
        return given


def figures(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """Show the figures of a period, or give them as a file."""
    if not request.user.has_perm(MAY_READ):
        raise PermissionDenied
    form = PeriodForm(request.GET)
    own = request.user.provider
    if own:
        del form.fields["provider"]
    is_right = form.is_valid()
    provider = own or (form.cleaned_data.get("provider") if is_right else None)
    period = _period(form if is_right else None, request, provider)
    rows = _rows(request, provider)
    found = analysis.figures(rows, period, request.at)
    report = _report(request, provider, period, rows)
    review = analysis.cause_review(rows, _month_before(request, period))
    if request.GET.get("format") == "csv" and is_right:
        return _as_file(found, report, review, period)
    context = {
        **site.each_context(request),
        "title": "Complaints in figures",
        "form": form,
        "provider": provider,
        "period": period,
        "figures": found,
        "charts": [
            chart("Received by month", found.by_month),
            chart("Open now, by age", found.ages),
            *(chart(title, bars) for title, bars in found.groups.items() if bars),
        ],
        "report": report,
        "sees_private": sees_private(request.user),
        "review": review,
        "review_month": _month_before(request, period),
        "csv": urlencode({**request.GET.dict(), "format": "csv"}),
    }
    return TemplateResponse(request, "staff/complaints/figures.html", context)


def chart(title: str, bars: list[Bar]) -> Chart:
    """Where each bar stands."""
    most = max((one.count for one in bars), default=0) or 1
    step = HIGH + GAP
    return Chart(
        title=title,
        bars=[
            Drawn(
                label=one.label,
                count=one.count,
                y=place * step,
                width=max(round(WIDE * one.count / most), 1 if one.count else 0),
            )
            for place, one in enumerate(bars)
        ],
        height=len(bars) * step,
    )


def _period(form: PeriodForm | None, request: HttpRequest, provider: Provider | None) -> Period:
    """The days that were asked for; this quarter where none were."""
    region = library.provider(provider.key).default_state if provider else _first_region()
    given = form.cleaned_data if form else {}
    if given.get("first"):
        return Period(first=given["first"], last=given["last"], region=region)
    return analysis.quarter_of(request.at.astimezone(region.zone).date(), region)


def _first_region() -> Any:
    """The clock where several providers are looked at together: the first one's."""
    return library.provider(library.providers()[0]).default_state


def _month_before(request: HttpRequest, period: Period) -> Period:
    """The month that is reviewed: the last whole one."""
    today: date = request.at.astimezone(period.region.zone).date()
    return analysis.month_of(today.replace(day=1) - timedelta(days=1), period.region)


def _rows(request: HttpRequest, provider: Provider | None) -> Any:
    """The complaints that somebody may know of."""
    rows = known_to_staff(request.user)
    return rows.filter(account__customer__provider=provider) if provider is not None else rows


def _report(request: HttpRequest, provider: Provider | None, period: Period, rows: Any) -> Any:
    """What the regulator asks for counts every complaint: for whoever may know of them all."""
    if provider is None or not sees_private(request.user):
        return None
    return analysis.report(provider, period, rows)


def _as_file(found: Figures, report: Any, review: list[Bar], period: Period) -> HttpResponseBase:
    name = f"complaints-{period.first}-{period.last}"
    return csv_file(name, ["Figure", "Of", "Number"], _lines(found, report, review))


def _lines(found: Figures, report: Any, review: list[Bar]) -> Any:
    yield from analysis.figure_rows(found)
    for one in review:
        yield "Cause, last month", one.label, one.count
    if report is not None:
        yield "Regulator", "services at the end", report.services
        yield "Regulator", "about a network outage", report.outages
        for one in report.top:
            yield "Regulator, most frequent", one.label, one.count
