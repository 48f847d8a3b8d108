"""`results.csv`: a row a submission, a column an exercise."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ovlearn.grading.batch.keeping import write
from ovlearn.grading.batch.results import Mark, Result

_EXECUTED = ("=", "+", "-", "@", "\t", "\r", "\n")


def export(folder: Path, results: Sequence[Result]) -> None:
    """Write `results.csv`."""
    write(folder / "results.csv", as_csv(results))


def as_csv(results: Sequence[Result]) -> str:
    """Return the table as text. For each exercise there are its points, what was said, and its seconds."""
    names = list(dict.fromkeys(mark.exercise for one in results for mark in one.marks))
    text = io.StringIO()
    writer = csv.writer(text)
    columns = [column for name in names for column in (name, f"{name}: says", f"{name}: seconds")]
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
        return "", "", ""
    return mark.points, mark.status if mark.status != "wrong" else mark.says, mark.seconds
