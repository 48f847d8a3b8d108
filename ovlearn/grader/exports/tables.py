"""`results.csv`: a row a submission, columns for each exercise.

It begins with the mark of UTF-8, by which Excel knows it; programs read it as `utf-8-sig`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ovlearn.grader.batch.results import Mark, Result
from ovlearn.writing import write_whole

_OF_EACH = ("mistake", "says", "seconds")
_EXECUTED = ("=", "+", "-", "@", "\t", "\r", "\n")


def export(folder: Path, results: Sequence[Result]) -> None:
    """Write `results.csv`."""
    write_whole(folder / "results.csv", "\ufeff" + as_csv(results))


def as_csv(results: Sequence[Result]) -> str:
    """Return the table as text. Of each exercise: points, the mistake's name, what was said, seconds."""
    names = list(dict.fromkeys(mark.exercise for one in results for mark in one.marks))
    text = io.StringIO()
    writer = csv.writer(text)
    columns = [column for name in names for column in (name, *(f"{name}: {what}" for what in _OF_EACH))]
    writer.writerow(["submission", "status", "note", "points", "out_of", "seconds", *columns])
    for one in results:
        marks = {mark.exercise: mark for mark in one.marks}
        cells = [cell for name in names for cell in _cells(marks.get(name))]
        row = [one.submission, one.status, one.note, one.points, one.out_of, one.seconds, *cells]
        writer.writerow([harmless(cell) for cell in row])
    return text.getvalue()


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
