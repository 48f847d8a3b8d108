"""What a verification found: one row a step and a route, and one a planted fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context
from html import escape
from math import isfinite
from typing import Any

from ovlearn.checking.judgement import Judgement, Outcome
from ovlearn.checking.premises import Premise

ROUTES = ("algebra", "exact", "numeric")
GUARDS = ("shapes", "rule")  # what refuses a wrong step before any route is asked
# Rounding in double precision stays below this on any machine. How far below depends on the machine, so this
# bound is what is printed: the page in the browser and the build then say the same.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Row:
    """One step, judged by one route.

    `part`: the derivation's slug, or the title of the lemma that the step is in; `step`: its number, from
    1; `rule`: what the step did; `judgement` holds outcome, reason, worst error, where, bound and tries.
    """

    part: str
    step: int
    rule: str
    route: str
    judgement: Judgement

    @property
    def outcome(self) -> Outcome:
        """passed, failed, or not applicable."""
        return self.judgement.outcome


@dataclass(frozen=True)
class FaultRow:
    """One planted fault: `rejected_by` what saw it, `missed_by` the routes that could and did not.

    A fault that does not type-check is rejected by the shapes, and no route is asked. Some faults are true
    all the same, as A_1 1 = A_0 1 where every pattern's rows sum to 1: those are `true_by_value`, found
    only where the claim is about a constant, and it takes the step's rule to reject them.
    """

    part: str
    step: int
    fault: str
    rejected_by: tuple[str, ...] = ()
    missed_by: tuple[str, ...] = ()
    true_by_value: bool = False

    @property
    def rejected(self) -> bool:
        """Whether something saw the fault, and no route that could see it missed it."""
        return bool(self.rejected_by) and not self.missed_by


@dataclass(frozen=True)
class Report:
    """The outcome of `verify`: every step by every route.

    `passed` is true when no route failed, every step was judged by at least one route, and every planted
    fault was rejected by every route that can see it.
    """

    slug: str
    title: str
    seeds: int
    rows: tuple[Row, ...]
    faults: tuple[FaultRow, ...] = ()
    premises: tuple[Premise, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything holds, what is taken as given stands, and every fault was rejected."""
        wrong = (self.failures, self.unjudged, self.missed, self.false_premises)
        return bool(self.rows) and not any(wrong)

    @property
    def false_premises(self) -> tuple[Premise, ...]:
        """The equations taken as given that are false of the network, or that nothing could judge."""
        return tuple(each for each in self.premises if not each.stands)

    @property
    def compared(self) -> int:
        """How many steps were compared with what a run of the network recorded, not side by side alone."""
        return len({(row.part, row.step) for row in self.rows if row.judgement.compared})

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows that failed."""
        return tuple(row for row in self.rows if row.outcome == "failed")

    @property
    def missed(self) -> tuple[FaultRow, ...]:
        """The planted faults that got through."""
        return tuple(fault for fault in self.faults if not fault.rejected)

    @property
    def not_applicable(self) -> tuple[str, ...]:
        """Why routes could not judge, by rule and route, once each."""
        rows = (row for row in self.rows if row.outcome == "not applicable")
        return tuple(dict.fromkeys(f"{row.rule}, {row.route}: {row.judgement.reason}" for row in rows))

    @property
    def rejected(self) -> str:
        """How many planted faults were rejected, of how many."""
        return f"{len(self.faults) - len(self.missed)}/{len(self.faults)}"

    @property
    def unjudged(self) -> tuple[tuple[str, int], ...]:
        """Steps that no route could judge: not green, since nothing checked them."""
        steps = {(row.part, row.step) for row in self.rows}
        judged = {(row.part, row.step) for row in self.rows if row.outcome == "passed"}
        failed = {(row.part, row.step) for row in self.failures}
        return tuple(sorted(steps - judged - failed))

    @property
    def steps(self) -> int:
        """How many steps were judged, lemmas included."""
        return len({(row.part, row.step) for row in self.rows})

    @property
    def worst(self) -> Row | None:
        """The row with the largest floating-point error, if any was measured."""
        measured = [row for row in self.rows if row.judgement.error is not None]
        return max(measured, key=lambda row: row.judgement.error or 0.0, default=None)

    @property
    def bound(self) -> float:
        """The largest probability that one try of the exact route overlooks a difference."""
        return max((row.judgement.bound or 0.0 for row in self.rows), default=0.0)

    def count(self, route: str) -> Counter[Outcome]:
        """How many steps a route passed, failed or could not judge."""
        return Counter(row.outcome for row in self.rows if row.route == route)

    def rejections(self) -> dict[str, int]:
        """How many planted faults each guard and each route rejected."""
        return {name: sum(name in fault.rejected_by for fault in self.faults) for name in (*GUARDS, *ROUTES)}

    def as_data(self) -> dict[str, Any]:
        """The report as plain data that JSON can hold."""
        return {
            "slug": self.slug,
            "title": self.title,
            "passed": self.passed,
            "seeds": self.seeds,
            "rows": [
                {
                    "part": row.part,
                    "step": row.step,
                    "rule": row.rule,
                    "route": row.route,
                    **vars(row.judgement),
                    "error": _finite(row.judgement.error),
                }
                for row in self.rows
            ],
            "compared": self.compared,
            "premises": [_premise(each) for each in self.premises],
            "faults": [{**vars(fault), "rejected": fault.rejected} for fault in self.faults],
        }

    def __str__(self) -> str:
        return "\n".join(
            [
                self.summary(),
                *map(problem, self.failures),
                *map(untrue, self.false_premises),
                *map(missed, self.missed),
                *self._unjudged_lines(),
            ]
        )

    def summary(self) -> str:
        """One line: what was checked, and how it went."""
        name = self.slug or self.title or "derivation"
        verdict = "passed" if self.passed else "FAILED"
        routes = ", ".join(f"{route} {self.count(route)['passed']}/{self.steps}" for route in ROUTES)
        faults = f"; faults rejected {self.rejected}" if self.faults else ""
        error = "" if self.worst is None else f"; error {_size(self.worst.judgement.error)}"
        return f"{name}: {verdict}, {self.steps} steps, {routes}{error}{faults}"

    def _unjudged_lines(self) -> Iterator[str]:
        for part, step in self.unjudged:
            yield f"  {part}, step {step}: no route could judge it"

    def in_brief(self) -> str:
        """How many steps hold, and in how many ways that was seen.

        >>> import ovlearn as ov
        >>> ov.verify(ov.derive("ov-fold").lemma("The rank of W_OV is at most d_head"), seeds=2).in_brief()
        '2 steps, 3 ways'
        """
        ways = sum(self.count(route)["passed"] > 0 for route in ROUTES)
        return f"{_counted(self.steps, 'step')}, {_counted(ways, 'way')}"

    def in_words(self) -> str:
        """A few lines for a reader: how many steps each route judged, by what means, and how well."""
        witnessed = {(row.part, row.step) for row in self.rows if row.judgement.witness}
        sentences = [self._over_seeds(self.steps - len(witnessed))] if len(witnessed) < self.steps else []
        if witnessed:
            sentences.append(self._at_witness(len(witnessed)))
        if self.compared and len(witnessed) < self.steps:
            sentences.append(
                f"Compared with what a run recorded: {self.compared} of {_counted(self.steps, 'step')}."
            )
        if self.bound:
            sentences.append(f"{self.bound_in_words()[0].upper()}{self.bound_in_words()[1:]}.")
        if self.worst is not None:
            sentences.append(f"The rounding error is {_size(self.worst.judgement.error)}.")
        return " ".join(sentences)

    def _over_seeds(self, steps: int) -> str:
        rows = [row for row in self.rows if row.outcome == "passed" and not row.judgement.witness]
        counts = [sum(row.route == route for row in rows) for route in ROUTES]
        return (
            f"Checked by algebra in {counts[0]}, by exact arithmetic in {counts[1]} and numerically in "
            f"{counts[2]} of {_counted(steps, 'step')}, over {_counted(self.seeds, 'seed')}."
        )

    def _at_witness(self, steps: int) -> str:
        """What was done with counterexamples: seeds enter only by the runs on which they were tried too."""
        rows = [row.judgement for row in self.rows if row.judgement.witness and row.outcome == "passed"]
        exactly = sum(judged.bound is not None for judged in rows)
        floats = sum(judged.bound is None for judged in rows)
        runs = sum(judged.compared and judged.tries > 1 for judged in rows)
        put_in = f"put in at the witness, exactly in {exactly} and in floats in {floats}"
        if exactly == floats == steps:
            put_in = "put in at its witness, exactly and in floats"
        also = f" On a recorded run the sides of {runs} differ as well." if runs else ""
        return f"{_counted(steps, 'counterexample')} {put_in}.{also}"

    def bound_in_words(self) -> str:
        """How likely the exact route overlooks a difference, rounded up, and what that takes for granted."""
        where = ", if the stand-in for a softmax behaves like a random function" if self.stands_in else ""
        return (
            f"at the sizes drawn, an exact try of a step misses a difference with probability at most "
            f"{at_most(self.bound)}{where}"
        )

    @property
    def stands_in(self) -> bool:
        """Whether a softmax stood in a step that the exact route passed: its stand-in is no polynomial."""
        return any(row.judgement.stand_in for row in self.rows)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("part", "step", "rule", *ROUTES))
        body = "".join(_html_row(rows) for rows in self._by_step())
        return (
            f"<table><caption>{escape(self.summary())}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _by_step(self) -> list[list[Row]]:
        grouped: dict[tuple[str, int], list[Row]] = {}
        for row in self.rows:
            grouped.setdefault((row.part, row.step), []).append(row)
        return list(grouped.values())


def _premise(each: Premise) -> dict[str, Any]:
    reason = each.judgement.reason or each.judgement.where
    return {**{key: value for key, value in vars(each).items() if key != "judgement"}, "reason": reason}


def _finite(error: float | None) -> float | str | None:
    """An error as JSON can hold it, which has neither infinity nor NaN."""
    return error if error is None or isfinite(error) else str(error)


def _size(error: float | None) -> str:
    """How large an error is: a bound where it is rounding."""
    error = error or 0.0
    return f"below {ROUNDING:.0e}" if error < ROUNDING else at_most(error, digits=1)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def at_most(number: float, digits: int = 0) -> str:
    """A bound as text, rounded up: so many digits after the first.

    >>> at_most(7.45e-09), at_most(7.45e-09, digits=1), at_most(0.0)
    ('8e-09', '7.5e-09', '0')
    """
    if not number or not isfinite(number):
        return f"{number:g}"
    rounded = Context(prec=digits + 1, rounding=ROUND_CEILING).create_decimal(repr(float(number)))
    return f"{float(rounded):.{digits}e}"


def problem(row: Row) -> str:
    """A failed row in one line: where it stands, and what is wrong."""
    where = f" ({row.judgement.where})" if row.judgement.where else ""
    return f"  {row.part}, step {row.step} ({row.rule}), {row.route}: {row.judgement.reason}{where}"


def untrue(premise: Premise) -> str:
    """An assumption that does not stand, in one line: which, and why not."""
    where = f" ({premise.judgement.where})" if premise.judgement.where else ""
    return f"  {premise.part}, given {premise.name!r}, {premise.says}: {premise.judgement.reason}{where}"


def missed(fault: FaultRow) -> str:
    """A fault that got through, in one line."""
    by = ", ".join(fault.missed_by) or "every route"
    return f"  {fault.part}, step {fault.step}: {fault.fault} was not seen by {by}"


def _html_row(rows: list[Row]) -> str:
    first = rows[0]
    cells = [first.part, str(first.step), first.rule, *(_html_cell(row.judgement) for row in rows)]
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _html_cell(judgement: Judgement) -> str:
    if judgement.outcome != "passed":
        return f"{judgement.outcome}: {judgement.reason}"
    return "passed" if judgement.error is None else f"passed, error {_size(judgement.error)}"
