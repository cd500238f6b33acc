"""The terms as anyone may read them: clauses, questions to work out, what a version changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views import View
from django.views.generic import TemplateView

from parties.accounts.selectors import declared_days, version_in_force
from portal.web.guards import current
from portal.web.sheets import csv_file
from terms import library
from terms.calendar import DeclaredDay, OutsideCalendar, reviewed_years
from terms.clause import Source
from terms.facts import BadFacts
from terms.profile import Profile
from terms.workbench import reading
from terms.workbench.calculators import Calculator, work_out
from terms.workbench.decisions import decisions
from terms.workbench.diff import diff
from terms.workbench.explain import Answer, answer_rows, by_terms

from .terms_forms import PROTECTED, CalculatorForm, ReadersForm

TCP_OF_READERS = {"protected": True, "others": False}
COLUMNS = ("id", "place", "says", "for", "feeds", "shown", "silent on", "confidence")


class Documents(TemplateView):
    """The providers whose terms can be read here, the law and the house default."""

    template_name = "public/terms/documents.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            providers=[
                (library.provider(key), library.newest(key)) for key in library.providers()
            ],
            floor=library.newest(library.FLOOR),
            default=library.newest(library.DEFAULT),
            **kwargs,
        )


class Decisions(TemplateView):
    """What programs decide about people, written from the rules that the portal asks."""

    template_name = "public/terms/decisions.html"
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        floor = library.newest(library.FLOOR)
        today = self.request.at.astimezone(floor.default_state.zone).date()
        answer = by_terms(floor.as_seen(tcp=False, on=today), "decision_disclosure", {})
        law = answer.because[0].clause
        owed_from = next(row.effective_from for row in floor.rows if row.clause == law)
        return super().get_context_data(
            decisions=decisions(),
            is_owed=answer.values["owed"],
            law=law,
            owed_from=owed_from,
            **kwargs,
        )


class VersionPage(TemplateView):
    """A page about one published version; one that does not exist is a 404."""

    request: HttpRequest

    @cached_property
    def profile(self) -> Profile:
        document, version = self.kwargs["document"], self.kwargs["version"]
        if document not in library.documents() or version not in library.versions(document):
            raise Http404
        return library.load(document, version)

    @cached_property
    def today(self) -> date:
        return self.request.at.astimezone(self.profile.default_state.zone).date()

    @cached_property
    def page(self) -> reading.Page:
        return reading.page(self.profile, self.today)

    @cached_property
    def mine(self) -> Mine | None:
        return mine(self.request, self.profile.document)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            profile=self.profile,
            title=self.profile.title,
            is_terms=self.profile.document in library.providers(),
            is_floor=self.profile.document == library.FLOOR,
            is_default=self.profile.document == library.DEFAULT,
            mine=self.mine,
            **kwargs,
        )


@dataclass(frozen=True)
class Mine:
    """The reader's own account with this provider."""

    number: str
    version: str
    tcp: bool


def mine(request: HttpRequest, document: str) -> Mine | None:
    """Return what binds the reader's current account, if it is a customer of this provider."""
    chosen = current(request).chosen
    if chosen is None or chosen.account.customer.provider.key != document:
        return None
    account = chosen.account
    on = request.at.astimezone(library.provider(document).default_state.zone).date()
    return Mine(account.number, version_in_force(account, on), account.customer.is_tcp)


class Newest(View):
    """The version that binds the reader, or else the one in force today."""

    def get(self, request: HttpRequest, document: str) -> HttpResponse:
        if document not in library.documents():
            raise Http404
        own = mine(request, document)
        zone = library.newest(document).default_state.zone
        today = request.at.astimezone(zone).date()
        version = own.version if own else library.in_force(document, today)
        return redirect("terms_version", document, version)


class Version(VersionPage):
    """Every clause in our own words, by area; searched and narrowed down by the reader."""

    template_name = "public/terms/version.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("q", "").strip()[:100]
        readers = self.readers
        tcp = TCP_OF_READERS.get(readers)
        chapters = self.page.only(asked=asked, tcp=tcp)
        versions = library.versions(self.profile.document)
        return super().get_context_data(
            q=asked,
            filters=ReadersForm({"readers": readers}),
            readers=readers,
            narrowed=bool(asked) or readers != "all",
            chapters=chapters,
            found=sum(len(chapter.passages) for chapter in chapters),
            executable=sum(bool(row.feeds) for row in self.profile.rows),
            silences=() if asked else self.page.silences,
            replaced=() if asked or tcp is False else self.page.replaced,
            readings=() if asked else self.profile.readings,
            questions=self.page.questions,
            others=[each for each in versions if each != self.profile.version],
            **kwargs,
        )

    @property
    def readers(self) -> str:
        """For whom clauses are shown: as asked, or as the reader is protected, or everyone."""
        asked = self.request.GET.get("readers")
        if asked in TCP_OF_READERS or asked == "all":
            return asked
        if self.mine is None:
            return "all"
        return "protected" if self.mine.tcp else "others"


class ClausesFile(VersionPage):
    """The clauses as a file for a spreadsheet."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        name = f"{self.profile.document}-{self.profile.version}"
        rows = (
            (
                row.clause.id,
                row.clause.heading,
                row.clause.says,
                row.applies_to,
                " ".join(row.feeds),
                row.shows,
                " ".join(row.silent_on),
                row.conf,
            )
            for row in self.profile.rows
        )
        return csv_file(name, COLUMNS, rows)


class ClausePage(VersionPage):
    """One clause: where it is printed, what it says, what it answers, what the law does to it."""

    template_name = "public/terms/clause.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        passage = self.page.passage(self.kwargs["id"])
        if passage is None:
            raise Http404
        return super().get_context_data(
            passage=passage, area=reading.area_of(passage.clause.id), **kwargs
        )


class Questions(VersionPage):
    """All that can be worked out, by what is asked."""

    template_name = "public/terms/questions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        elsewhere = [each for each in self.page.silences if each.calculator]
        return super().get_context_data(
            questions=self.page.questions, elsewhere=elsewhere, **kwargs
        )


class WorkItOut(VersionPage):
    """One question: a form, the answer of the terms, the answer with the law on top."""

    template_name = "public/terms/question.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        calculator = self.calculator
        form = CalculatorForm(calculator, self.request.GET.dict())
        found = answers(self.profile, calculator, form, on=self.today, declared=declared_days())
        return super().get_context_data(
            calculator=calculator,
            form=form,
            floor=library.newest(library.FLOOR),
            **found,
            **kwargs,
        )

    @cached_property
    def calculator(self) -> Calculator:
        """The document's own calculator, or that of the default where the terms are silent."""
        offered = {each.rule: each for each in self.page.questions}
        for silence in self.page.silences:
            if silence.calculator:
                offered.setdefault(silence.rule, silence.calculator)
        if self.kwargs["rule"] not in offered:
            raise Http404
        return offered[self.kwargs["rule"]]


def answers(
    profile: Profile,
    calculator: Calculator,
    form: CalculatorForm,
    *,
    on: date,
    declared: tuple[DeclaredDay, ...] = (),
) -> dict[str, Any]:
    """Return the answers to a filled form, or why there is none; a fault goes to its field."""
    if not form.is_valid():
        return {}
    tcp = form.cleaned_data[PROTECTED] != "no"
    filled = form.filled(profile.default_state)
    try:
        worked = work_out(profile, calculator.rule, filled, on=on, tcp=tcp, declared=declared)
    except BadFacts as refusal:
        form.refuse(refusal)
        return {}
    except OutsideCalendar:
        first, last = reviewed_years()
        return {"outside": {"first": first, "last": last}}
    except (ArithmeticError, LookupError, ValueError):
        return {"impossible": True}
    return {
        "alone": _shown(worked.alone),
        "bound": _shown(worked.bound),
        "differ": worked.differ,
        "protected": tcp,
    }


@dataclass(frozen=True)
class Shown:
    """An answer ready for the page; `source` is terms, floor, default or empty.

    `speaks` says that clauses speak of the matter although nothing is computed.
    """

    rows: tuple[tuple[str, str], ...]
    because: tuple[Any, ...]
    silent: bool
    speaks: bool
    source: str


def _shown(answer: Answer) -> Shown:
    by = {reason.clause.source for reason in answer.because}
    source = next((each for each in (Source.DEFAULT, Source.FLOOR) if each in by), Source.TERMS)
    rows = answer_rows(answer)
    return Shown(rows, answer.because, answer.silent, answer.speaks, source.value)


class Compare(VersionPage):
    """What a newer version changes: clauses, and example customers' days and dollars."""

    template_name = "public/terms/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        new = self.kwargs["new"]
        if new not in library.versions(self.profile.document):
            raise Http404
        changed = diff(self.profile, library.load(self.profile.document, new))
        return super().get_context_data(diff=changed, **kwargs)
