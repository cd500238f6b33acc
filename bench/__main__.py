"""`make bench`: performance as ratios taken in one run. It prints a table and never fails.

Each figure is the median of paired measurements of CPU time, so it holds on a busy machine too.
A ratio under 1.15 means nothing, one over 1.5 is safe.
"""

from __future__ import annotations

import sys

from bench.measure import Row


def main() -> int:
    """Measure everything and print what was found beside its goal."""
    from bench import deadline, pages, pdf, sweeps

    print(f"{'what':<62} {'found':>10} {'goal':>10}")
    for name, module in (
        ("working days", deadline),
        ("documents", pdf),
        ("pages", pages),
        ("sweeps and runs", sweeps),
    ):
        print(f"── {name}")
        for row in module.rows():
            _show(row)
    return 0


def _show(row: Row) -> None:
    print(f"{row.what:<62} {row.found:>10.2f} {row.goal:>10}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
