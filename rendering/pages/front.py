"""The fragments of the home page: the equation in its box, and a table of what was checked."""

from __future__ import annotations

import ovlearn as ov
from ovlearn.checking import ROUTES, at_most
from ovlearn.symbolic import GLOSSARY, factors
from ovlearn.symbolic.notation import parse
from rendering.pages.evidence import SEEDS, checked, derivation_link, rounded, worst
from rendering.pages.pieces import (
    compact,
    displayed,
    inline,
    page,
    relation_data,
    shape,
    table,
    with_symbols,
)

_CIRCUIT = "ov-circuit"


def boxed_equation() -> str:
    """The course's result, with each factor of its right side in words."""
    checked(_CIRCUIT)
    derivation = ov.derive(_CIRCUIT)
    box = displayed(relation_data(derivation.result, around=r"\Large\boxed{{{}}}"))
    return page(box, "\n".join(map(_in_words, factors(derivation.result.rhs))))


def what_was_checked() -> str:
    """One row a derivation: its steps, those that each route passed, the worst error, the faults rejected."""
    reports = [checked(slug) for slug in ov.derivations()]
    head = ("Derivation", "Steps", "Algebra, exact, run", "Error", "Faults rejected")
    rows = table(head, map(_row, reports), numbers=len(head) - 1)
    return page(_summary(reports), compact(rows))


def _in_words(matrix: object) -> str:
    entry = GLOSSARY[parse(str(matrix))[0]]
    return f"- {inline(matrix, one_head=True)}, {shape(entry.shape)}: {with_symbols(entry.meaning)}"


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
