"""Measure every promise, or those of the modules that are named, and exit with 1 if one is not kept.

`python -m tests.benchmarks [symbolic] [numeric] [checking] [site] [learning] [grading] [heads] [language]
[live]`
"""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.live import Live
from rich.table import Table

from tests.benchmarks import checking, grading, heads, language, learning, live, numeric, site, symbolic
from tests.benchmarks.measuring import Promise

MODULES = {
    "symbolic": symbolic,
    "numeric": numeric,
    "checking": checking,
    "learning": learning,
    "site": site,
    "grading": grading,
    "heads": heads,
    "language": language,
    "live": live,
}


def main() -> int:
    chosen = modules()
    table = Table("promise", "ours", "peer", "figure", "limit", "kept")
    console = Console()
    console = Console(width=max(console.width, 120))
    kept = True
    with Live(table, console=console, auto_refresh=False) as live:
        for name in chosen:
            for promise in MODULES[name].promises():
                kept &= promise.kept
                table.add_row(*row(promise))
                live.refresh()
    return 0 if kept else 1


def modules() -> list[str]:
    """The modules that the command line names: all of them where it names none."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="The promised speeds.")
    parser.add_argument("module", nargs="*", help=", ".join(MODULES))
    named: list[str] = parser.parse_args().module
    if unknown := [name for name in named if name not in MODULES]:
        parser.error(f"no module {', '.join(unknown)}; there are {', '.join(MODULES)}")
    return named or list(MODULES)


def row(promise: Promise) -> tuple[str, ...]:
    """A promise as the table shows it."""
    figure = f"{promise.figure:.3g}"
    if promise.limit is None:
        return promise.what, promise.ours, promise.peer, figure, "–", "–"
    limit = f"{'≥' if promise.at_least else '≤'} {promise.limit:g}"
    return promise.what, promise.ours, promise.peer, figure, limit, "yes" if promise.kept else "NO"


if __name__ == "__main__":
    sys.exit(main())
