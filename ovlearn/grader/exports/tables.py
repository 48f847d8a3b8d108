"""`results.csv`: a row a hand-in, columns for each exercise. `learners.csv`: a row a learner.

Each begins with the mark of UTF-8, by which Excel knows it; programs read it as `utf-8-sig`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.learners.records import Learner
from ovlearn.grader.report import Report
from ovlearn.writing import write_whole

_OF_EACH = ("mistake", "says", "seconds")
_EXECUTED = ("=", "+", "-", "@", "\t", "\r", "\n")


def export(folder: Path, report: Report) -> None:
    """Write both."""
    write_table(folder / "results.csv", as_rows(report.results))
    write_table(folder / "learners.csv", learners_as_rows(report.learners))


def write_table(file: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write rows as CSV of which a spreadsheet executes nothing."""
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    write_whole(file, "\ufeff" + text.getvalue())


def as_rows(results: Sequence[Result]) -> Iterator[list[object]]:
    """Yield a row a hand-in. Of each exercise: points, the mistake's name, what was said, seconds."""
    names = list(dict.fromkeys(mark.exercise for one in results for mark in one.marks))
    columns = [column for name in names for column in (name, *(f"{name}: {what}" for what in _OF_EACH))]
    yield ["learner", "submission", "status", "note", "points", "out_of", "seconds", *columns]
    for one in results:
        marks = {mark.exercise: mark for mark in one.marks}
        cells = [cell for name in names for cell in _cells(marks.get(name))]
        row = [one.learner, one.submission, one.status, one.note, one.points, one.out_of, one.seconds]
        yield [*row, *cells]


def learners_as_rows(learners: Sequence[Learner]) -> Iterator[list[object]]:
    """Yield a row a learner. Of each exercise: points, the mistake or status, the teacher's comment."""
    names = list(dict.fromkeys(mark.exercise for one in learners for mark in one.marks))
    columns = [column for name in names for column in (name, f"{name}: mistake", f"{name}: comment")]
    yield [
        "learner",
        "status",
        "points",
        "out_of",
        "passed",
        "by_hand",
        "sheets",
        "note",
        "comment",
        *columns,
    ]
    for one in learners:
        marks = {mark.exercise: mark for mark in one.marks}
        passed = sum(mark.passed for mark in one.marks)
        by_hand = sum(mark.by_hand for mark in one.marks)
        row = [one.name, one.status, one.points, one.out_of, passed, by_hand, len(one.sheets), one.note]
        cells = [cell for name in names for cell in _of_learner(marks.get(name))]
        yield [*row, one.comment, *cells]


def harmless(cell: object) -> object:
    """Return a cell that no spreadsheet executes: text that begins as a formula does gets a quote before it.

    >>> harmless("=1+1"), harmless(-1)
    ("'=1+1", -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_EXECUTED) else cell


def _cells(mark: Mark | None) -> tuple[object, ...]:
    if mark is None:
        return "", "", "", ""
    said = mark.says or mark.status if mark.status in ("wrong", "not graded") else mark.status
    return mark.points, mark.mistake, said, mark.seconds


def _of_learner(mark: Mark | None) -> tuple[object, ...]:
    return ("", "", "") if mark is None else (mark.points, mark.mistake or mark.status, mark.comment)
