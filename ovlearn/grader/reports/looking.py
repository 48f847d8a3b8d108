"""What a person should look at: what a machine's limit may have cost, and what nobody's sheet can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ovlearn.grader.report import Report


@dataclass(frozen=True)
class Look:
    """One thing to look at. `again`: whether `--retry` grades it again."""

    learner: str
    exercise: str
    why: str
    again: bool = False


def looks(report: Report) -> list[Look]:
    """Return what to look at, the machine's reasons first."""
    return [*_of_machines(report), *_of_sheets(report), *_of_teachers(report)]


def _of_machines(report: Report) -> Iterator[Look]:
    for learner in report.learners:
        if learner.look:  # the whole hand-in
            yield Look(learner.name, "", learner.look, again=True)
            continue
        for mark in learner.marks:
            if mark.look and not mark.by_hand:
                yield Look(learner.name, mark.exercise, mark.look, again=True)


def _of_sheets(report: Report) -> Iterator[Look]:
    for learner in report.learners:
        if learner.status == "not graded" and not learner.look and not learner.graded:
            yield Look(learner.name, "", learner.note)
        if not learner.listed:
            yield Look(learner.name, "", f"not in the roster: {'; '.join(learner.sheets)}")
        if len(learner.sheets) > 1:
            yield Look(learner.name, "", f"{len(learner.sheets)} sheets. {learner.note}".strip())


def _of_teachers(report: Report) -> Iterator[Look]:
    for override in report.unused:
        yield Look(
            override.learner, override.exercise, f"line {override.line} of the overrides: nobody is called so"
        )
    for learner in report.learners:
        for mark in learner.marks:
            if mark.by_hand and mark.passed and mark.points < mark.out_of:
                yield Look(learner.name, mark.exercise, "points by hand, though the answer passes now")
