"""Measure every promise, print them as a table, and exit with 1 if one is not kept."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from tests.benchmarks import checking, numeric, symbolic


def main() -> int:
    table = Table("promise", "ours", "peer", "figure", "limit", "kept")
    kept = True
    for module in (symbolic, numeric, checking):
        for promise in module.promises():
            kept &= promise.kept
            sign = "≥" if promise.at_least else "≤"
            table.add_row(
                promise.what,
                promise.ours,
                promise.peer,
                f"{promise.figure:.3g}",
                f"{sign} {promise.limit:g}",
                "yes" if promise.kept else "NO",
            )
    console = Console()
    Console(width=max(console.width, 120)).print(table)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
