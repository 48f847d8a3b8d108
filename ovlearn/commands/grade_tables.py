"""What `ovlearn grade` prints: a row an exercise, and a row a submission where they are few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.table import Column, Table
from rich.text import Text

from ovlearn.commands.terminal import wide_console
from ovlearn.grader.batch.results import Result

_FEW = 40


def print_results(results: Sequence[Result], out: Path | None) -> None:
    """Print the tables, and a line that sums them up."""
    console = wide_console(highlight=False)
    console.print(_exercises(results))
    unread = ungraded(results)
    shown = results if len(results) <= _FEW else unread
    if shown:
        console.print(_submissions(shown))
    console.print(Text(_summary(results, unread, out)), soft_wrap=True)


def ungraded(results: Sequence[Result]) -> list[Result]:
    """Return the results of hand-ins that were not graded, or not on every exercise."""
    return [one for one in results if "not graded" in (one.status, *(mark.status for mark in one.marks))]


def _exercises(results: Sequence[Result]) -> Table:
    table = Table(
        "exercise", "passed", "wrong", "not attempted", "not graded", "most frequent mistake", "seconds"
    )
    for name in dict.fromkeys(mark.exercise for one in results for mark in one.marks):
        marks = [mark for one in results for mark in one.marks if mark.exercise == name]
        counts = Counter(mark.status for mark in marks)
        mistakes = Counter(mark.mistake for mark in marks if mark.mistake).most_common(1)
        mistake = f"{mistakes[0][0]} ({mistakes[0][1]})" if mistakes else "–"
        numbers = [str(counts[status]) for status in ("passed", "wrong", "not attempted", "not graded")]
        table.add_row(name, *numbers, Text(mistake), f"{sum(mark.seconds for mark in marks):.1f}")
    return table


def _submissions(results: Sequence[Result]) -> Table:
    table = Table(Column("submission", overflow="fold"), "points", "note")
    for one in results:
        wrong = [f"{mark.exercise}: {mark.mistake or mark.status}" for mark in one.marks if not mark.passed]
        said = [one.note, ", ".join(wrong)] if one.status == "graded" else [one.note]
        told = "; ".join(each for each in said if each)
        table.add_row(Text(one.submission), f"{one.points}/{one.out_of}", Text(told))
    return table


def _summary(results: Sequence[Result], unread: Sequence[Result], out: Path | None) -> str:
    graded = len(results) - len(unread)
    lines = [f"{graded} of {len(results)} submissions graded"]
    if graded:
        mean = sum(one.points for one in results if one not in unread) / graded
        lines.append(f"mean {mean:.2f} points")
    if unread:
        lines.append(f"{len(unread)} not graded: their notes say why")
    if out is not None:
        lines.append(f"results in {out}")
    return "; ".join(lines)
