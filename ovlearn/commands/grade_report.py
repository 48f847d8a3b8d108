"""From results to a report, and from a report to files: what `ovlearn grade` does once all is graded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ovlearn.commands.grade_options import why
from ovlearn.exercises.sets import set_of
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.results import Result
from ovlearn.grader.batch.submissions import Submission
from ovlearn.grader.exports import FORMATS, OF_A_ROSTER, USUAL
from ovlearn.grader.learners import history
from ovlearn.grader.learners.overrides import FILE, Override, applied, in_results, overrides_in
from ovlearn.grader.learners.records import learners_of
from ovlearn.grader.learners.roster import Roster, roster_of
from ovlearn.grader.report import Report
from ovlearn.grader.reports.feedback import set_title


@dataclass(frozen=True)
class Class:
    """What a teacher says of a class: who is in it, and points and comments of one's own."""

    roster: Roster | None
    overrides: tuple[Override, ...]
    column: str

    @property
    def usual(self) -> tuple[str, ...]:
        """The formats that are written unless one chooses: a platform's too, where the roster is its."""
        kind = self.roster.kind if self.roster else ""
        return (*USUAL, kind) if kind in OF_A_ROSTER else USUAL


def class_of(plan: Plan, out: Path | None, roster: Path | None, overrides: Path | None, column: str) -> Class:
    """Return the class. Overrides are read from the folder of results unless a file is named.

    Raises: ValueError for a file that cannot be understood.
    """
    if overrides is None and out is not None and (out / FILE).exists():
        overrides = out / FILE
    known = None if roster is None else roster_of(roster)
    return Class(known, () if overrides is None else overrides_in(overrides, plan), column)


def report_of(
    plan: Plan, found: Sequence[Submission], results: Sequence[Result], of: Class, out: Path | None
) -> Report:
    """Return the report of a run."""
    learners, unused = applied(of.overrides, learners_of(found, results, plan, of.roster), plan, of.roster)
    told = in_results(results, learners)
    past = history.after(out, learners) if out else history.History(None, {}, {})
    return Report(told, learners, past, of.roster, unused, _title(plan), of.column)


def write(out: Path, formats: Sequence[str], report: Report) -> bool:
    """Write each format, and say which could not be: one never costs the others."""
    told = []
    for name in formats:
        try:
            FORMATS[name](out, report)
        except (OSError, ValueError) as error:
            told.append(name)
            click.echo(f"ovlearn: {name} could not be written: {why(error)}", err=True)
    history.keep(out, report.history)
    return not told


def say_unused(report: Report) -> None:
    """Say which overrides are of nobody."""
    for one in report.unused:
        words = f"line {one.line} of the overrides: nobody here is called {one.learner!r}"
        click.echo(f"ovlearn: {words}", err=True)


def _title(plan: Plan) -> str:
    sets = list(dict.fromkeys(set_of(name) for name, _ in plan.exercises))
    return set_title(sets[0]) if len(sets) == 1 else f"{len(sets)} sets"
