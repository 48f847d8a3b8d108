"""What the platforms' tables have in common: points on their scale, and a line of feedback."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from ovlearn.grader.learners.records import NOTHING, Learner
from ovlearn.grader.report import Report
from ovlearn.grader.reports.feedback import feedback_for
from ovlearn.grader.reports.feedback_html import as_html
from ovlearn.writing import write_whole


def scaled(points: int, out_of: int, most: str) -> str:
    """Return points on a platform's scale, whose end is `most`; as they are where that is no number.

    >>> scaled(6, 7, "100,00"), scaled(6, 7, "7.0"), scaled(6, 7, "")
    ('85.71', '6', '6')
    """
    try:
        end = float(most.replace(",", "."))
    except ValueError:
        end = 0.0
    if not out_of or end <= 0 or end == out_of:
        return str(points)
    return f"{points * end / out_of:.2f}"


def counts(learner: Learner) -> bool:
    """Tell whether a learner has a grade: who handed in nothing, or was not graded in full, has none yet."""
    return learner.graded and (learner.status != NOTHING or any(mark.by_hand for mark in learner.marks))


def in_words(learner: Learner) -> str:
    """Return what came of each exercise, as the HTML that a platform shows; a learner's name is not in it."""
    lines = [f"{learner.points} of {learner.out_of} points."]
    for mark in learner.marks:
        said = "by hand" if mark.by_hand else mark.mistake or mark.status
        comment = f" {mark.comment}" if mark.comment else ""
        lines.append(f"{mark.exercise}: {mark.points}/{mark.out_of}, {said}.{comment}")
    return "<br>".join(escape(line) for line in [*lines, *([learner.comment] if learner.comment else [])])


def write_csv(file: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows as they are: a platform finds its own names in them only where nothing is changed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_whole(file, text.getvalue())


def write_feedback(file: Path, report: Report) -> None:
    """Write a zip of feedback, each file called so that the platform gives it to whose it is.

    Without a hand-in that the platform named, there is nothing to be called after, and no zip.
    """
    found = list(_answers(report))
    if not found:
        file.unlink(missing_ok=True)
        return
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in found:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    write_whole(file, made.getvalue())


def _answers(report: Report) -> Iterator[tuple[str, str]]:
    for learner in report.learners:
        if learner.answers_to:
            yield learner.answers_to[0], as_html(feedback_for(learner, report.history))
