"""`make bench`: performance as ratios taken in one run. It prints a table and never fails.

`make bench-large` measures what needs many rows and PostgreSQL: money over 200,000 bills.

Each figure is the median of paired measurements of CPU time, so it holds on a busy machine too.
A ratio under 1.15 means nothing, one over 1.5 is safe.
"""

from __future__ import annotations

import os
import sys

from bench.measure import Row


def main() -> int:
    """Measure everything and print what was found beside its goal."""
    from bench import deadline, money, pages, pdf, sweeps

    print(f"{'what':<62} {'found':>10} {'goal':>10}")
    parts = (
        ("working days", deadline),
        ("documents", pdf),
        ("pages", pages),
        ("sweeps and runs", sweeps),
        ("money", money),
    )
    for name, module in parts[-1:] if "BENCH_LARGE" in os.environ else parts:
        print(f"── {name}")
        for row in module.rows():
            _show(row)
    return 0


def _show(row: Row) -> None:
    print(f"{row.what:<62} {row.found:>10.2f} {row.goal:>10}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
