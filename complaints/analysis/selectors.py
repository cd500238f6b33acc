"""Figures of complaints: how many, how old, what was kept, why, and what a regulator asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import (
    Avg,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.functions import TruncMonth

from complaints.analysis.models import Study
from complaints.ombudsman.models import Referral
from complaints.tickets.models import CHANNELS, Complaint
from complaints.tickets.states import ENDED, IN_WORDS, OVER, PROMISES, Cause, Ending, State, Topic
from contracts.supply.models import Service
from parties.accounts.models import Provider
from parties.accounts.selectors import law
from records.deadlines.models import Deadline
from records.deadlines.states import Status
from terms import library, rules
from terms.calendar import State as Region
from terms.calendar import in_words
from terms.clause import as_json
from terms.rules.duties import Duty as LawDuty

REPORTING = "RF-CMP-17"
STUDYING = "RF-CMP-16"
MOST = 10
# So old a complaint is, in days from receipt: up to, and how that is called.
AGES = ((10, "up to 10 days"), (30, "11 to 30 days"), (60, "31 to 60 days"))
OLDER = "more than 60 days"
EIGHTY = 0.8


@dataclass(frozen=True, kw_only=True)
class Period:
    """Whole days, first and last, on the clock of the desk."""

    first: date
    last: date
    region: Region

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, datetime.min.time(), tzinfo=self.region.zone)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        after = self.last + timedelta(days=1)
        return datetime.combine(after, datetime.min.time(), tzinfo=self.region.zone)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One figure among others of its kind."""

    label: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How one duty was kept for the complaints of a period."""

    label: str
    met: int
    late: int
    missed: int
    open: int

    @property
    def share(self) -> int | None:
        """Whole per cent met in time of all that are decided: 100 is all; None where none is."""
        decided = self.met + self.late + self.missed
        return 100 * self.met // decided if decided else None


@dataclass(frozen=True, kw_only=True)
class Durations:
    """How long complaints took that ended in a period, from receipt, in days of 24 hours."""

    closed: int
    mean: float | None
    eighty: int | None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All figures of a period."""

    received: int
    still_open: int
    urgent: int
    escalated: int
    referred: int
    by_month: list[Bar]
    ages: list[Bar]
    kept: list[Kept]
    durations: Durations
    groups: dict[str, list[Bar]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a regulator asks for each quarter (RF-CMP-17), and whether this provider owes it."""

    services: int
    services_min: int
    is_owed: bool
    due_on: date | None
    received: int
    durations: Durations
    top: list[Bar]
    outages: int
    because: list[dict[str, Any]]


def quarter_of(day: date, region: Region) -> Period:
    """The quarter of the calendar year in which a day lies."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return Period(first=first, last=_months_on(first, 3) - timedelta(days=1), region=region)


def month_of(day: date, region: Region) -> Period:
    """The month in which a day lies."""
    first = day.replace(day=1)
    return Period(first=first, last=_months_on(first, 1) - timedelta(days=1), region=region)


def figures(rows: QuerySet[Complaint], period: Period, at: datetime) -> Figures:
    """The figures of the complaints among `rows`; as many queries for ten as for a million."""
    came = _came(rows, period)
    sums = came.aggregate(
        received=Count("pk"),
        urgent=Count("pk", filter=Q(is_urgent=True)),
        escalated=Count("pk", filter=Q(escalated_at__isnull=False)),
        referred=Count("pk", filter=Exists(Referral.objects.filter(complaint=OuterRef("pk")))),
    )
    running = rows.exclude(state__in=OVER)
    return Figures(
        received=sums["received"],
        still_open=running.count(),
        urgent=sums["urgent"],
        escalated=sums["escalated"],
        referred=sums["referred"],
        by_month=_by_month(rows, period),
        ages=_ages(running, at),
        kept=_kept(came),
        durations=durations(rows, period),
        groups={
            "About": _by(came, "topic", dict(Topic.choices)),
            "Cause": _by(came, "cause", {"": "Not named yet", **dict(Cause.choices)}),
            "Service": _by(came, "service__plan__name", {None: "None named"}),
            "State or territory": _by(came, "account__state", {}),
            "How it came": _by(came, "channel", dict(CHANNELS)),
            "How it ended": _by(
                _ended(rows, period).filter(state=State.CLOSED), "ending", dict(Ending.choices)
            ),
        },
    )


def durations(rows: QuerySet[Complaint], period: Period) -> Durations:
    """Mean days, and the days within which four of five had ended, of what ended in a period.

    Counted from receipt to the last closing; what was withdrawn ended, too.
    """
    took = ExpressionWrapper(F("closed_at") - F("received_at"), output_field=DurationField())
    ended = _ended(rows, period).annotate(took=took)
    found = ended.aggregate(many=Count("pk"), mean=Avg("took"))
    many, mean = found["many"], found["mean"]
    if not many or mean is None:
        return Durations(closed=0, mean=None, eighty=None)
    place = ceil(EIGHTY * many) - 1
    eighty = ended.order_by("took").values_list("took", flat=True)[place]
    return Durations(
        closed=many,
        mean=mean / timedelta(days=1),
        eighty=ceil(eighty / timedelta(days=1)),
    )


def report(provider: Provider, period: Period, rows: QuerySet[Complaint]) -> Report:
    """What is reported to the regulator for a quarter, private complaints included."""
    limits, cite = law(REPORTING, period.last)
    services = Service.objects.filter(
        contract__account__customer__provider=provider,
        activated_on__lte=period.last,
    )
    many = services.exclude(ended_on__lte=period.last).count()
    least = limits["services_min"]
    due_on, because = _report_due(period)
    step = f"{many} services of {least} from which on it is owed"
    return Report(
        services=many,
        services_min=least,
        is_owed=many >= least,
        due_on=due_on,
        received=_came(rows, period).count(),
        durations=durations(rows, period),
        top=_by(_came(rows, period), "topic", dict(Topic.choices))[:3],
        outages=_came(rows, period).filter(cause=Cause.OUTAGE).count(),
        because=[*because, *cite(step)],
    )


def cause_review(rows: QuerySet[Complaint], period: Period) -> list[Bar]:
    """What the complaints that ended in a period came from, the most frequent first.

    What still lacks a cause is one of them.
    """
    names = {"": "Not named yet", **dict(Cause.choices)}
    return _by(_ended(rows, period), "cause", names)


def lacks_cause(rows: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """Those that are over and whose cause nobody has named."""
    return rows.filter(state__in=ENDED, cause="")


def unnamed_causes(rows: QuerySet[Complaint], period: Period) -> QuerySet[Complaint]:
    """Those that ended in a period and whose cause nobody has named."""
    return _ended(rows, period).filter(state__in=ENDED, cause="")


def cite_study(period: Period) -> list[dict[str, Any]]:
    """Why a quarter is studied."""
    limits, cite = law(STUDYING, period.last)
    days = f"{in_words(period.first)} to {in_words(period.last)}"
    return cite(f"every {limits['every_months']} months: {days}")


def figure_rows(found: Figures) -> list[list[Any]]:
    """Figures as rows of what, of which, how many; as a file and a study keep them."""
    rows: list[list[Any]] = [
        ["All", label.replace("_", " "), getattr(found, label)]
        for label in ("received", "still_open", "urgent", "escalated", "referred")
    ]
    groups = (
        ("Received by month", found.by_month),
        ("Open now, by age", found.ages),
        *found.groups.items(),
    )
    rows += [[name, one.label, one.count] for name, bars in groups for one in bars]
    rows += [
        [kept.label, word, getattr(kept, word)]
        for kept in found.kept
        for word in ("met", "late", "missed", "open")
    ]
    mean = found.durations.mean
    return [
        *rows,
        ["Ended", "how many", found.durations.closed],
        ["Ended", "mean days from receipt", None if mean is None else f"{mean:.1f}"],
        ["Ended", "days within which 80 % ended", found.durations.eighty],
    ]


def quarter_to_study(at: datetime, region: Region) -> Period:
    """The last whole quarter on the desk's clock."""
    now = quarter_of(at.astimezone(region.zone).date(), region)
    return quarter_of(now.first - timedelta(days=1), region)


def owe_study(providers: QuerySet[Provider], at: datetime) -> QuerySet[Provider]:
    """The providers whose complaints of the last whole quarter nobody has studied yet.

    A quarter into which no complaint fell needs no study.
    """
    period = quarter_to_study(at, Region.NSW)
    came = _came(Complaint.objects.filter(account__customer__provider=OuterRef("pk")), period)
    studied = Study.objects.filter(provider=OuterRef("pk"), first=period.first)
    return providers.filter(Exists(came.filter(safety_threat=False))).exclude(Exists(studied))


def _report_due(period: Period) -> tuple[date | None, list[dict[str, Any]]]:
    floor = library.load(library.FLOOR, library.in_force(library.FLOOR, period.last))
    answer = rules.duty_deadline(
        floor, duty=LawDuty.REPORT_COMPLAINTS, since=period.last, state=period.region
    )
    return answer.by, as_json(answer.because)


def _came(rows: QuerySet[Complaint], period: Period) -> QuerySet[Complaint]:
    return rows.filter(received_at__gte=period.starts_at, received_at__lt=period.ends_at)


def _ended(rows: QuerySet[Complaint], period: Period) -> QuerySet[Complaint]:
    return rows.filter(
        state__in=OVER, closed_at__gte=period.starts_at, closed_at__lt=period.ends_at
    )


def _by(rows: QuerySet[Complaint], name: str, words: dict[Any, str]) -> list[Bar]:
    found = rows.order_by().values_list(name).annotate(many=Count("pk")).order_by("-many", name)
    bars = [Bar(label=words.get(value, str(value or "None")), count=many) for value, many in found]
    if len(bars) <= MOST:
        return bars
    rest = sum(one.count for one in bars[MOST - 1 :])
    return [*bars[: MOST - 1], Bar(label="All others", count=rest)]


def _by_month(rows: QuerySet[Complaint], period: Period) -> list[Bar]:
    """The twelve months that end with the period."""
    last = period.last.replace(day=1)
    months = [_months_on(last, -back) for back in range(11, -1, -1)]
    year = Period(first=months[0], last=period.last, region=period.region)
    month = TruncMonth("received_at", tzinfo=period.region.zone)
    found = _came(rows, year).annotate(month=month).order_by().values_list("month")
    counts = {when.date(): many for when, many in found.annotate(many=Count("pk"))}
    return [Bar(label=f"{one:%b %Y}", count=counts.get(one, 0)) for one in months]


def _ages(running: QuerySet[Complaint], at: datetime) -> list[Bar]:
    asked, least = {}, at
    for days, label in AGES:
        edge = at - timedelta(days=days)
        asked[label] = Count("pk", filter=Q(received_at__lte=least, received_at__gt=edge))
        least = edge
    asked[OLDER] = Count("pk", filter=Q(received_at__lte=least))
    keys = {f"age_{place}": label for place, label in enumerate(asked)}
    found = running.aggregate(**{key: asked[label] for key, label in keys.items()})
    return [Bar(label=label, count=found[key]) for key, label in keys.items()]


def _kept(came: QuerySet[Complaint]) -> list[Kept]:
    rows = Deadline.objects.filter(
        subject__in=came.order_by().values("reference"), duty__in=PROMISES
    )
    found: dict[str, dict[str, int]] = {}
    for duty, status, many in (
        rows.exclude(status=Status.SUPERSEDED)
        .order_by()
        .values_list("duty", "status")
        .annotate(many=Count("pk"))
    ):
        found.setdefault(duty, {})[status] = many
    return [
        Kept(
            label=IN_WORDS[duty],
            met=counts.get(Status.MET, 0),
            late=counts.get(Status.MET_LATE, 0),
            missed=counts.get(Status.MISSED, 0),
            open=counts.get(Status.OPEN, 0),
        )
        for duty in PROMISES
        if (counts := found.get(duty))
    ]


def _months_on(first: date, months: int) -> date:
    place = first.year * 12 + first.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)
