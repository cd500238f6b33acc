"""Words, dates, money and small components for templates; see docs/design-system.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, ClearableFileInput, Select, Textarea
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from phonenumber_field.phonenumber import PhoneNumber

from parties.correspondence.selectors import phone_in_words
from parties.people.models import User
from portal.web import brand, fresh
from portal.web.guards import FORM_KEY
from portal.web.words import STATUSES, Kind
from terms.clause import Reason, as_json

register = template.Library()

SOURCES = {
    "terms": "From your terms",
    "floor": "From the law",
    "agreed": "Agreed for your service",
    "default": "Default, not from your terms",
    "silent": "Your terms do not say",
}

# What was agreed for one service, and what is not said, stands on no page.
LINKED = ("terms", "floor", "default")

# First match wins: most browsers also claim to be those that follow.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


@register.filter
def has_app(person: User) -> bool:
    """Whether somebody logs in with an authenticator app, and not with passkeys alone."""
    return fresh.has_app(person)


@register.filter
def dollars(amount: Decimal | int | str | None) -> str:
    """Write an amount as `$1,234.50`; a rate keeps all its digits, nothing is rounded."""
    if amount is None or amount == "":
        return ""
    value = Decimal(amount)
    places = max(2, -int(value.as_tuple().exponent))
    return f"{'−' if value < 0 else ''}${abs(value):,.{places}f}"


@register.filter
def day(value: date | datetime | str | None) -> str:
    """Write a date as `Tue 29 Dec 2026`; ISO strings are read first."""
    moment = _moment(value)
    return "" if moment is None else f"{moment:%a} {moment.day} {moment:%b %Y}"


@register.filter
def short_day(value: date | datetime | str | None) -> str:
    """Write a date without its year, as `Tue 29 Dec`."""
    moment = _moment(value)
    return "" if moment is None else f"{moment:%a} {moment.day} {moment:%b}"


@register.filter
def day_month(value: date | datetime | str | None) -> str:
    """Write a date as `29 Dec`, where a column is narrow and its year and weekday are known."""
    moment = _moment(value)
    return "" if moment is None else f"{moment.day} {moment:%b}"


@register.filter
def clock(value: datetime | str | None) -> str:
    """Write the time of an instant in the current zone, as `9:05 am`."""
    moment = _moment(value)
    if not isinstance(moment, datetime):
        return ""
    return f"{moment.hour % 12 or 12}:{moment:%M} {'am' if moment.hour < 12 else 'pm'}"


@register.filter
def grouped(number: str | None) -> str:
    """Write an ABN (11 digits) or ACN (9) in its usual groups: `83 116 560 742`."""
    digits = "".join(filter(str.isdigit, number or ""))
    head, tail = digits[: len(digits) % 3], digits[len(digits) % 3 :]
    return " ".join(filter(None, [head, *(tail[at : at + 3] for at in range(0, len(tail), 3))]))


@register.filter
def phone(number: PhoneNumber | None) -> str:
    """Write a phone number as people do: `0491 570 156`; a foreign one with its country."""
    return phone_in_words(number) if number else ""


@register.filter
def source_words(source: str) -> str:
    """Say where a reason comes from; a default always says that it is not from the terms."""
    return SOURCES.get(source, "")


@register.filter
def cited(reason: Mapping[str, Any]) -> str:
    """Write a reason in one line: where it is printed, what it says, whose it is."""
    place = reason.get("clause") or source_words(reason.get("source", ""))
    says = (reason.get("says") or "; ".join(reason.get("steps", ()))).rstrip(".")
    origin = f" ({reason['id']})" if reason.get("id") else ""
    return f"{place}: {says}{origin}." if says else f"{place}{origin}."


@register.filter
def readable(colour: str | None) -> str:
    """Return the brand colour as it can be read on white; the portal's own where there is none."""
    return brand.palette(colour or brand.OWN_COLOUR).light.brand


@register.filter
def is_credit(amount: Decimal | int | str) -> bool:
    """Say whether there is nothing to pay: the amount is zero or below."""
    return Decimal(amount) <= 0


@register.filter
def initials(name: str | None) -> str:
    """Return one or two letters for a mark: capitals first, then the first letters of words."""
    letters = "".join(word[0] for word in (name or "").split() if word[0].isalnum())
    return letters[:2].upper()


@register.filter
def browser(user_agent: str) -> str:
    """Say what a user agent is in two words that its owner knows: `Firefox on Windows`."""
    name = next((name for token, name in BROWSERS if token in user_agent), "A browser")
    system = next((name for token, name in SYSTEMS if token in user_agent), "")
    return f"{name} on {system}" if system else name


@register.simple_tag
def when(value: date | datetime | str | None, with_time: bool = False) -> SafeString | str:
    """Print `<time>` with the day, and the clock when asked; the exact time shows on hover."""
    moment = _moment(value)
    if moment is None:
        return ""
    text = exact = day(moment)
    if isinstance(moment, datetime):
        exact = f"{text}, {clock(moment)} {moment:%Z}".strip()
        text = f"{text}, {clock(moment)}" if with_time else text
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, text)


@register.simple_tag
def status(code: Any, word: str = "") -> SafeString:
    """Print a status as word, shape and colour. An unknown code is neutral and spelled out."""
    key = str(getattr(code, "value", code)).lower()
    known, kind = STATUSES.get(key, (key.replace("_", " ").capitalize(), Kind.NEUTRAL))
    return format_html('<span class="status status--{}">{}</span>', kind.value, word or known)


@register.inclusion_tag("components/deadline.html")
def deadline(
    due: date | datetime | str,
    left: int | None = None,
    *,
    unit: str = "working day",
    met_on: date | datetime | str | None = None,
    missed: bool = False,
) -> dict[str, Any]:
    """Print how long is left until `due`; a missed deadline says so even after it is met late.

    `left` counts `unit`s until the due day: 0 is today, below 0 is past.
    """
    missed = missed or (met_on is None and left is not None and left < 0)
    return {
        "due": due,
        "met_on": met_on,
        "missed": missed,
        "left": _time_left(left, unit) if left is not None else "",
        "kind": _deadline_kind(left, met_on is not None, missed),
    }


@register.inclusion_tag("components/why.html")
def why(
    because: Iterable[Mapping[str, Any] | Reason] | None,
    of: str = "",
    *,
    about: str = "",
    open: bool = False,
) -> dict[str, Any]:
    """Disclose the reasons of a date or amount: `{% why invoice.because "this due date" %}`.

    `about` is read to those who cannot see what the bare "Why?" stands beside.
    """
    reasons = [
        {
            **reason,
            "source_words": source_words(reason.get("source", "")),
            "url": _clause_url(reason),
        }
        for reason in map(_stored, because or ())
    ]
    return {"reasons": reasons, "of": of, "about": "" if of else about, "open": open}


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(
    context: Context, label: str, key: str, *, numeric: bool = False
) -> dict[str, Any]:
    """Print a column heading that sorts by `key` (`?sort=key`, then `?sort=-key`)."""
    request = context["request"]
    current = request.GET.get("sort", "")
    query = request.GET.copy()
    query.pop("page", None)
    query["sort"] = f"-{key}" if current == key else key
    order = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return {"label": label, "query": query.urlencode(), "order": order, "numeric": numeric}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Page[Any], noun: str = "results") -> dict[str, Any]:
    """Print the page links of a Django `Page`, keeping search, filters and order."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "page": page,
        "noun": noun,
        "numbers": list(numbers),
        "gap": page.paginator.ELLIPSIS,
        "query": f"{query.urlencode()}&" if query else "",
    }


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Print a form field's own control with the class that its kind of widget wears."""
    widget = field.field.widget
    if isinstance(widget, Textarea):
        kind = "govuk-textarea"
    elif isinstance(widget, ClearableFileInput):
        kind = "file-input"
    elif isinstance(widget, Select):
        kind = "govuk-select"
    else:
        kind = "" if isinstance(widget, CheckboxInput) else "govuk-input"
    if widget.attrs.get("autocomplete") == "one-time-code":
        kind += " input--code"
    classes = f"{kind} {widget.attrs.get('class', '')}".strip()
    # A placeholder only repeats the label, and goes when one types.
    attrs: dict[str, Any] = {"placeholder": False} if "placeholder" in widget.attrs else {}
    return field.as_widget(attrs={**attrs, "class": classes} if classes else attrs)


@register.filter
def pairs(columns: Iterable[Any], cells: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Pair each column with its cell of a row. Raises ValueError where their numbers differ."""
    return list(zip(columns, cells, strict=True))


@register.filter
def is_choices(field: BoundField) -> bool:
    """Say whether a field is a set of radio buttons or checkboxes."""
    return getattr(field.field.widget, "input_type", "") in ("radio", "checkbox") and hasattr(
        field.field.widget, "choices"
    )


@register.filter
def choice_groups(field: BoundField) -> list[tuple[str, list[Any]]]:
    """Return a field's choices by group, each with its heading; one without if there are none."""
    options = list(field)
    groups = [(name, rows) for name, rows in field.field.choices if isinstance(rows, list | tuple)]
    if not groups:
        return [("", options)]
    counted = iter(options)
    return [(name, [next(counted) for _ in rows]) for name, rows in groups]


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Say whether a field is one checkbox, whose label stands after it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def first_control_id(field: BoundField) -> str:
    """Return the id that an error summary links to: the first choice of a group."""
    return f"{field.auto_id}_0" if is_choices(field) else field.id_for_label or field.auto_id


def _moment(value: date | datetime | str | None) -> date | datetime | None:
    if isinstance(value, str):
        value = _parse(value)
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value or None


def _parse(text: str) -> date | datetime | None:
    if not text:
        return None
    return (
        date.fromisoformat(text)
        if len(text) == len("2026-12-29")
        else datetime.fromisoformat(text)
    )


def _time_left(left: int, unit: str) -> str:
    units = unit if abs(left) == 1 else f"{unit}s"
    if left < 0:
        return f"{-left} {units} late"
    return f"in {left} {units}" if left else "today"


def _deadline_kind(left: int | None, met: bool, missed: bool) -> Kind:
    if missed:
        return Kind.BAD
    if met:
        return Kind.GOOD
    return Kind.ATTENTION if left is not None and left <= 1 else Kind.INFO


def _stored(reason: Mapping[str, Any] | Reason) -> Mapping[str, Any]:
    """Return a reason as it is stored, also when a rule has only just given it."""
    return as_json([reason])[0] if isinstance(reason, Reason) else reason


def _clause_url(reason: Mapping[str, Any]) -> str:
    """Link a reason to its clause's own page, where it has one."""
    if reason.get("source") not in LINKED:
        return ""
    try:
        return reverse(
            "clause", args=[reason["document"], reason.get("version"), reason.get("id")]
        )
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def for_account(context: Context) -> SafeString:
    """Say in a form for which account it was shown: it never falls on another, chosen since."""
    account = context["shell"]["account"]
    field = '<input type="hidden" name="{}" value="{}">'
    return format_html(field, FORM_KEY, account["id"]) if account else SafeString("")
