"""The equation in its box, for the home page, and the table of what was checked."""

from __future__ import annotations

import ovlearn as ov
from ovlearn.checking import ROUTES, at_most
from rendering.pages.evidence import SEEDS, checked, derivation_link, rounded, worst
from rendering.pages.pieces import (
    compact,
    displayed,
    page,
    relation_data,
    table,
)

_CIRCUIT = "ov-circuit"


def boxed_equation() -> str:
    """The course's result."""
    checked(_CIRCUIT)
    result = ov.derive(_CIRCUIT).result
    return displayed(relation_data(result, around=r"\Large\boxed{{{}}}"))


def what_was_checked() -> str:
    """One row a derivation: its steps, those that each route passed, the worst error, the faults rejected."""
    reports = [checked(slug) for slug in ov.derivations()]
    head = ("Derivation", "Steps", "Algebra, exact, run", "Error", "Faults rejected")
    rows = table(head, map(_row, reports), numbers=len(head) - 1)
    return page(_summary(reports), compact(rows))


def _summary(reports: list[ov.Report]) -> str:
    steps, faults = sum(report.steps for report in reports), sum(len(report.faults) for report in reports)
    bound = max(report.bound for report in reports)
    error = worst(row for report in reports for row in report.rows)
    return (
        f"{len(reports)} derivations with {steps} steps hold, over {SEEDS} random networks. "
        f"No rounding error is larger than {rounded(error)}. One try of the exact route, of one step and "
        f"for the sizes that it drew, misses a difference with probability at most {at_most(bound)}. (A "
        "softmax is replaced by a hash of its scores there, and the hash is taken to be as good as random.) "
        f"{faults:,} faults were planted in the steps, and every one was rejected."
    )


def _row(report: ov.Report) -> tuple[str, ...]:
    passed = ", ".join(str(report.count(route)["passed"]) for route in ROUTES)
    error = rounded(worst(report.rows))
    return (derivation_link(report.slug), str(report.steps), passed, error, report.rejected)
