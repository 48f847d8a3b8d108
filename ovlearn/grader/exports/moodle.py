"""`moodle.csv`, which Moodle imports, and `moodle-feedback.zip`, feedback that it hands back.

Where the roster is the grading worksheet of an assignment, the table is that worksheet with grades and
comments in it: *Upload grading worksheet* finds its columns `Identifier`, `Grade` and `Last modified (grade)`
by their names (`importgradeslib.php` in Moodle's source), and passes over an empty grade. Else it is one for
*Grades, Import, CSV file*, with the roster's own columns to tell learners by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ovlearn.grader.exports.platforms import counts, in_words, scaled, write_csv, write_feedback
from ovlearn.grader.learners.records import Learner
from ovlearn.grader.learners.roster import Roster
from ovlearn.grader.report import Report

_GRADE, _COMMENT, _MOST = "Grade", "Feedback comments", ("Maximum grade", "Maximum Grade")


def export(folder: Path, report: Report) -> None:
    """Write the files.

    Raises: ValueError without a roster.
    """
    if report.roster is None:
        raise ValueError("moodle: expected a roster, got none")
    learners = {one.row: one for one in report.learners if one.row is not None}
    rows = _worksheet if report.roster.kind == "moodle" else _table
    write_csv(folder / "moodle.csv", rows(report.roster, learners))
    write_feedback(folder / "moodle-feedback.zip", report)


def _worksheet(roster: Roster, learners: Mapping[int, Learner]) -> Iterator[tuple[str, ...]]:
    yield roster.header
    most = next((name for name in _MOST if name in roster.header), "")
    for number, row in enumerate(roster.rows):
        cells = dict(zip(roster.header, row, strict=False))
        learner = learners.get(number)
        if learner and counts(learner):
            cells[_GRADE] = scaled(learner.points, learner.out_of, cells.get(most, ""))
            if _COMMENT in cells:
                cells[_COMMENT] = in_words(learner)
        yield tuple(cells[name] for name in roster.header)


def _table(roster: Roster, learners: Mapping[int, Learner]) -> Iterator[tuple[str, ...]]:
    yield *roster.header, _GRADE, "Feedback"
    for number, row in enumerate(roster.rows):
        learner = learners.get(number)
        if learner and counts(learner):
            yield *row[: len(roster.header)], str(learner.points), in_words(learner)
