"""What pages and commands may use of the terms: cases, explanations, reports, renderings."""

from terms.workbench.cases import BadCase, Case, Outcome, Report, read_cases, run_case, run_cases

__all__ = ["BadCase", "Case", "Outcome", "Report", "read_cases", "run_case", "run_cases"]
