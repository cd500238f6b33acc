"""What pages and commands may use of the terms: cases, explanations, reports, renderings."""

from terms.workbench.calculators import (
    Calculator,
    Field,
    Worked,
    calculate,
    calculators,
    field_for,
    work_out,
)
from terms.workbench.cases import BadCase, Case, Outcome, Report, read_cases, run_case, run_cases
from terms.workbench.decisions import Decision, decisions
from terms.workbench.diff import diff
from terms.workbench.explain import (
    Answer,
    answer_rows,
    by_binding,
    by_terms,
    explain,
    in_plain_words,
)
from terms.workbench.lint import lint
from terms.workbench.render import render_html, render_pdf, render_text

__all__ = [
    "Answer",
    "BadCase",
    "Calculator",
    "Case",
    "Decision",
    "Field",
    "Outcome",
    "Report",
    "Worked",
    "answer_rows",
    "by_binding",
    "by_terms",
    "calculate",
    "calculators",
    "decisions",
    "diff",
    "explain",
    "field_for",
    "in_plain_words",
    "lint",
    "read_cases",
    "render_html",
    "render_pdf",
    "render_text",
    "run_case",
    "run_cases",
    "work_out",
]
