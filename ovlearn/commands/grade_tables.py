"""What `ovlearn grade` prints: a row an exercise, and a row a learner where they are few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.table import Column, Table
from rich.text import Text

from ovlearn.commands.terminal import wide_console
from ovlearn.grader.batch.results import Mark
from ovlearn.grader.learners.records import NOTHING, Learner
from ovlearn.grader.report import Report
from ovlearn.grader.reports.looking import looks
from ovlearn.grader.reports.statistics import STATUSES, counted

_FEW = 40


def print_report(report: Report, out: Path | None) -> None:
    """Print the tables, and a line that sums them up."""
    console = wide_console(highlight=False)
    console.print(_exercises(report))
    handed_in = [one for one in report.learners if one.status != NOTHING]
    shown = handed_in if len(handed_in) <= _FEW else [one for one in handed_in if not one.graded]
    if shown:
        console.print(_learners(shown))
    console.print(Text(_summary(report, handed_in, out)), soft_wrap=True)


def _exercises(report: Report) -> Table:
    seconds: defaultdict[str, float] = defaultdict(float)
    for mark in (mark for result in report.results for mark in result.marks):
        seconds[mark.exercise] += mark.seconds
    shown = STATUSES if report.roster else STATUSES[:-1]
    table = Table("exercise", *shown, "most frequent mistake", "seconds")
    for one in counted(report):
        first = one.mistakes[0] if one.mistakes else None
        mistake = f"{first.name} ({first.learners})" if first else "–"
        numbers = [str(one.now[status]) for status in shown]
        table.add_row(one.exercise, *numbers, Text(mistake), f"{seconds[one.exercise]:.1f}")
    return table


def _learners(learners: Sequence[Learner]) -> Table:
    table = Table(Column("learner", overflow="fold"), "points", "note")
    for one in learners:
        wrong = [f"{mark.exercise}: {_came(mark)}" for mark in one.marks if mark.by_hand or not mark.passed]
        said = [one.note, ", ".join(wrong)] if one.status == "graded" else [one.note]
        told = "; ".join(each for each in said if each)
        table.add_row(Text(one.name), f"{one.points}/{one.out_of}", Text(told))
    return table


def _came(mark: Mark) -> str:
    return "by hand" if mark.by_hand else mark.mistake or mark.status


def _summary(report: Report, handed_in: Sequence[Learner], out: Path | None) -> str:
    graded = [one for one in handed_in if one.graded]
    lines = [f"{len(graded)} of {len(handed_in)} learners graded"]
    if graded:
        lines.append(f"mean {sum(one.points for one in graded) / len(graded):.2f} points")
    if report.ungraded:
        lines.append(f"{len(report.ungraded)} not graded: their notes say why")
    if report.roster is not None:
        lines.append(f"{len(report.learners) - len(handed_in)} handed in nothing")
    if found := looks(report):
        lines.append(f"{len(found)} to look at")
    if out is not None:
        lines.append(f"results in {out}")
    return "; ".join(lines)
